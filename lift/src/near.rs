//! Bodies that differ from a built-in one by little.

use impls::{Body, Provenance, Version, edits};
use model::Action;
use model::listing::{Doing, Node};
use std::sync::Arc;

/// Every body with one step left out, two in another order, or a condition on the word in another form.
pub fn near(body: &Arc<Body>) -> Vec<Vec<Node>> {
    let mut out = Vec::new();
    for (from, to) in [
        (Action::PteDirty, Action::PtePresentDirty),
        (Action::PtePresentDirty, Action::PteDirty),
        (Action::ClearPte, Action::ClearPteIgnored),
    ] {
        let other = replaced(&body.function.body, from, to);
        if other != body.function.body {
            out.push(other);
        }
    }
    let nowhere = Provenance { author: "", date: "", source: "" };
    if let Ok(version) = Version::new(body.function.name, "", nowhere, vec![Arc::clone(body)]) {
        out.extend(edits(&version).into_iter().map(|edit| edit.listing));
    }
    out
}

fn replaced(nodes: &[Node], from: Action, to: Action) -> Vec<Node> {
    let doing = |what: Doing| if what == Doing::Step(from) { Doing::Step(to) } else { what };
    let with = |node: &Node| match node.with_blocks(|block| replaced(block, from, to)) {
        Node::Do(what, other) => Node::Do(doing(what), other),
        Node::If(what, yes, no) => Node::If(doing(what), yes, no),
        other => other,
    };
    nodes.iter().map(with).collect()
}
