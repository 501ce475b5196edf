//! What the tests of the judges share: cases from text, versions with a fault put in, who spoke.

#![allow(dead_code, reason = "each test binary uses its own part")]

use corpus::Case;
use impls::{Provenance, Version};
use model::listing::Node;
use model::{Action, Code};
use oracle::{Judge, Judges, Summary};

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
    let provenance = Provenance { author: "mutant", date: "-", source: "v3 with a change" };
    Version::new("mutant", title, provenance, listing).with_a_fault()
}

/// v3 with a fault put into the kernel around it: into the listing of that name.
pub fn faulty_around(title: &'static str, place: &str, edit: &dyn Fn(&[Node]) -> Vec<Node>) -> Version {
    let mut version = faulty(title, version("v3").listing.clone());
    let mut environment = model::environment();
    let listing = environment.iter_mut().find(|(name, _)| *name == place).expect("a listing of that name");
    let changed = edit(&listing.1);
    assert_ne!(listing.1, changed, "{title}: nothing changed");
    listing.1 = changed;
    version.code = Code::link(&environment, &version.listing);
    version
}

/// The listing with every node replaced by what `edit` makes of it, innermost first.
pub fn edited(nodes: &[Node], edit: &dyn Fn(Node) -> Vec<Node>) -> Vec<Node> {
    let inner = |node: &Node| match node {
        Node::Do(action, other) => Node::Do(*action, edited(other, edit)),
        Node::If(action, yes, no) => Node::If(*action, edited(yes, edit), edited(no, edit)),
        Node::EachPage(body) => Node::EachPage(edited(body, edit)),
        Node::EachMapping(body) => Node::EachMapping(edited(body, edit)),
        other => other.clone(),
    };
    nodes.iter().flat_map(|node| edit(inner(node))).collect()
}

/// Whether a node is that step, or a branch on it.
pub fn is(node: &Node, action: Action) -> bool {
    matches!(node, Node::Do(a, _) | Node::If(a, _, _) if *a == action)
}

/// A plain step.
pub fn step(action: Action) -> Node {
    Node::Do(action, Vec::new())
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
