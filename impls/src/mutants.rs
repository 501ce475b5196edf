//! Mutants: versions with a fault put in on purpose, named as the ground truth names them.

use crate::version::{Provenance, Standing, Version};
use model::listing::{Doing, Node};
use model::{Action, MigrationEntryBits};
use std::sync::LazyLock;

/// A version with a fault put in.
#[derive(Clone, Debug)]
pub struct Mutant {
    /// The name in the ground truth.
    pub name: &'static str,
    /// The version that the fault was put into.
    pub of: &'static str,
    /// The faulty version. Of the older kernel it goes by the mutant's name, of the newer one with the
    /// kernel's behind.
    pub version: Version,
}

static MUTANTS: LazyLock<Vec<Mutant>> = LazyLock::new(|| {
    let mut all = faults_in("6.1.192", ["bugA", "bugB", "bugC", "bugD", "bugE"]);
    all.extend(faults_in("7.3", ["bugA@7.3", "bugB@7.3", "bugC@7.3", "bugD@7.3", "bugE@7.3"]));
    all
});

fn faults_in(of: &'static str, names: [&'static str; 5]) -> Vec<Mutant> {
    let shipped = crate::find(of).expect("a registered version");
    // What the version says of its steps is not true of a mutant's; what is true of every version stays.
    let listing = shipped.listing();
    let as_shipped = edited(listing, &|n| if n.is_comment() { None } else { Some(n) });
    let unmarked = without(&as_shipped, Action::PtePresentDirty);
    let mutant = |n: usize, title, listing: &[Node], migration_entry| {
        let version = Version {
            name: names[n],
            title,
            provenance: Provenance { author: "mutant", date: "-", source: shipped.provenance.source },
            standing: Standing::Mutant,
            migration_entry,
            ..shipped.edited(0, listing.to_vec()).expect("nothing is called that was not called before")
        };
        let name = names[n].split('@').next().unwrap_or(names[n]);
        Mutant { name, of, version }
    };
    vec![
        mutant(0, "the step that marks the folio dirty is out", &unmarked, None),
        mutant(1, "bugA, and the migration entry carries no D", &unmarked, Some(MigrationEntryBits::None)),
        mutant(
            2,
            "the word that the clear returns is ignored, D is taken from the earlier read",
            &replaced(&as_shipped, Action::ClearPte, Action::ClearPteIgnored),
            None,
        ),
        mutant(3, "the range flush comes after the page-table lock is dropped", &flush_last(&as_shipped), None),
        mutant(
            4,
            "bugA, and the restored pte takes D from the migration entry without asking the folio",
            &unmarked,
            Some(MigrationEntryBits::Ungated),
        ),
    ]
}

/// The mutants that the ground truth ran on real kernels (7.3's bugB, bugD and bugE were not run there).
#[must_use]
pub fn mutants() -> &'static [Mutant] {
    &MUTANTS
}

/// A mutant of a version by its name in the ground truth.
///
/// # Errors
/// With the names that exist.
pub fn mutant(of: &str, name: &str) -> Result<&'static Version, String> {
    let found = mutants().iter().find(|m| m.of == of && m.name == name);
    found.map(|m| &m.version).ok_or_else(|| {
        let names: Vec<_> = mutants().iter().filter(|m| m.of == of).map(|m| m.name).collect();
        format!("{of} has the mutants {}, found '{name}'", names.join(", "))
    })
}

/// The listing with every node mapped, innermost first; `None` drops the node.
fn edited(nodes: &[Node], edit: &impl Fn(Node) -> Option<Node>) -> Vec<Node> {
    nodes.iter().filter_map(|n| edit(n.with_blocks(|block| edited(block, edit)))).collect()
}

/// The listing without the branches on a condition and the steps of that name.
fn without(nodes: &[Node], action: Action) -> Vec<Node> {
    edited(nodes, &|n| match n {
        Node::Do(Doing::Step(a), _) | Node::If(Doing::Step(a), _, _) if a == action => None,
        n => Some(n),
    })
}

/// The listing with one step in the place of another.
fn replaced(nodes: &[Node], from: Action, to: Action) -> Vec<Node> {
    edited(nodes, &|n| match n {
        Node::Do(Doing::Step(a), other) if a == from => Some(Node::Do(to.into(), other)),
        n => Some(n),
    })
}

/// The listing with its range flush moved to the end.
fn flush_last(nodes: &[Node]) -> Vec<Node> {
    let is_flush = |n: &&Node| matches!(n, Node::If(Doing::Step(Action::AnyCleared), _, _));
    let flush = nodes.iter().filter(is_flush).cloned().collect::<Vec<_>>();
    nodes.iter().filter(|n| !is_flush(n)).cloned().chain(flush).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bug_a_lacks_exactly_the_marking() {
        let lines = model::listing::lines(crate::find("6.1.192").expect("registered").listing());
        let mutant = model::listing::lines(mutants()[0].version.listing());
        let gone: Vec<_> = lines.iter().filter(|l| !mutant.contains(l)).map(|l| l.trim()).collect();
        assert_eq!(gone, ["if present(pte) and dirty(pte)", "mark folio dirty"]);
    }
}
