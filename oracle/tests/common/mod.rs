//! What the tests of the judges share: cases from text, versions with a fault put in, who spoke.

#![allow(dead_code, reason = "each test binary uses its own part")]

use corpus::Case;
use impls::{Provenance, Standing, Subject, Version};
use model::Action;
use model::listing::{Doing, Node};
use oracle::{Judge, Judges, Summary};
use std::sync::Arc;

/// A case in text form.
pub fn case(line: &str) -> Case {
    line.parse().unwrap_or_else(|e| panic!("{line}: {e}"))
}

/// A version of the registry.
pub fn version(name: &str) -> &'static Version {
    impls::find(name).unwrap_or_else(|e| panic!("{e}"))
}

/// Runs a case with all judges.
pub fn judged(version: &Version, case: &Case) -> (Judges, Summary) {
    let mut judges = Judges::default();
    let summary = oracle::replay(version, case, &mut judges);
    (judges, summary)
}

/// The judges that said something.
pub fn heard(judges: &Judges) -> Vec<Judge> {
    judges.iter().map(|f| f.judge()).collect()
}

/// A version with a fault put in on purpose.
pub fn faulty(title: &'static str, listing: Vec<Node>) -> Version {
    let v3 = version("v3");
    let edited = v3.edited(0, listing).expect("it links");
    named(title, edited)
}

/// A version with a fault, or none.
pub fn named(title: &'static str, version: Version) -> Version {
    let provenance = Provenance { author: "mutant", date: "-", source: "v3 with a change" };
    Version { name: "mutant", title, provenance, standing: Standing::Mutant, ..version }
}

/// Lines of a function.
pub fn listing(lines: &str) -> Vec<Node> {
    impls::text::body(lines).unwrap_or_else(|e| panic!("{lines}: {e:?}"))
}

/// 6.0 with v3's collect and a fault in another function.
pub fn faulty_around(title: &'static str, place: &str, edit: &dyn Fn(&[Node]) -> Vec<Node>) -> Version {
    let v3 = version("v3");
    let shipped = v3.body(place, v3.kernel).expect("a function of that name");
    let changed = edit(&shipped.function.body);
    assert_ne!(shipped.function.body, changed, "{title}: nothing changed");
    let functions = v3.functions().iter().cloned().chain([Arc::new(shipped.with(changed))]).collect();
    let subject = Subject::new(functions).expect("it links");
    named(title, Version { subject: Arc::new(subject), ..v3.clone() })
}

/// The listing with every node replaced by what `edit` makes of it, innermost first.
pub fn edited(nodes: &[Node], edit: &dyn Fn(Node) -> Vec<Node>) -> Vec<Node> {
    nodes.iter().flat_map(|node| edit(node.with_blocks(|block| edited(block, edit)))).collect()
}

/// Whether a node is that step, or a branch on it.
pub fn is(node: &Node, action: Action) -> bool {
    node.doing() == Some(Doing::Step(action))
}

/// A plain step.
pub fn step(action: Action) -> Node {
    Node::Do(action.into(), Vec::new())
}

/// The listing without some steps, or branches on them.
pub fn without(nodes: &[Node], actions: &[Action]) -> Vec<Node> {
    edited(nodes, &|node| if actions.iter().any(|a| is(&node, *a)) { vec![] } else { vec![node] })
}

/// The listing with a step added behind each step of a name.
pub fn with_after(nodes: &[Node], place: Action, added: Action) -> Vec<Node> {
    edited(nodes, &|node| if is(&node, place) { vec![node, step(added)] } else { vec![node] })
}

/// The listing with a step added before each step of a name.
pub fn with_before(nodes: &[Node], place: Action, added: Action) -> Vec<Node> {
    edited(nodes, &|node| if is(&node, place) { vec![step(added), node] } else { vec![node] })
}
