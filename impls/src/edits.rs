//! Every small mistake in a listing: each step left out, each two neighbours in the wrong order.
//!
//! Steps are numbered as the listing reads, from 1: a step that may fail counts before what its failure leads
//! to, a condition before what it guards. A step goes with its alternative, a condition with its branches.
//! What judges do not catch is either a step that is not needed or a judge that is blind.

use crate::version::{Standing, Version};
use model::Code;
use model::listing::Node;

/// A listing with one mistake.
#[derive(Clone, Debug)]
pub struct Edit {
    /// Where and what: `drop 12: mark folio dirty`, `swap 7/8: pte = clear, flush this page`.
    pub name: String,
    /// The listing.
    pub listing: Vec<Node>,
}

impl Edit {
    /// The part of the name that tells it from others: `drop 12`.
    #[must_use]
    pub fn place(&self) -> &str {
        self.name.split(':').next().unwrap_or_default()
    }

    /// The version with this listing in the place of its own. Its name stays in memory for good.
    #[must_use]
    pub fn of(&self, original: &Version) -> Version {
        Version {
            name: format!("{}/{}", original.name, self.place()).leak(),
            title: self.name.clone().leak(),
            standing: Standing::Mutant,
            loses: Vec::new(),
            code: Code::link(&model::environment(), &self.listing),
            listing: self.listing.clone(),
            ..original.clone()
        }
    }
}

/// Every edit of a listing, in the order of the places.
#[must_use]
pub fn edits(listing: &[Node]) -> Vec<Edit> {
    let mut out = Vec::new();
    let mut number = 0;
    block(listing, &mut number, &mut |name, block| out.push(Edit { name, listing: block }));
    out.sort_by_key(|e| e.name.starts_with("swap"));
    out
}

/// Hands every edit of a block to `emit`, as the whole edited block; counts the steps.
fn block(nodes: &[Node], number: &mut usize, emit: &mut dyn FnMut(String, Vec<Node>)) {
    // The step before, if nothing but remarks came since: its place in the block, its number, its words.
    let mut before: Option<(usize, usize, &'static str)> = None;
    for (at, node) in nodes.iter().enumerate() {
        let mut replaced = |name: String, with: Option<Node>| {
            let mut edited = nodes.to_vec();
            edited.splice(at..=at, with);
            emit(name, edited);
        };
        let mine = *number + 1;
        match node {
            Node::Do(action, other) => {
                *number = mine;
                replaced(format!("drop {mine}: {}", action.text()), None);
                block(other, number, &mut |name, b| replaced(name, Some(Node::Do(*action, b))));
            }
            Node::If(action, yes, no) => {
                *number = mine;
                replaced(format!("drop {mine}: if {}", action.text()), None);
                block(yes, number, &mut |name, b| replaced(name, Some(Node::If(*action, b, no.clone()))));
                block(no, number, &mut |name, b| replaced(name, Some(Node::If(*action, yes.clone(), b))));
            }
            Node::EachPage(body) => block(body, number, &mut |name, b| replaced(name, Some(Node::EachPage(b)))),
            Node::EachMapping(body) => {
                block(body, number, &mut |name, b| replaced(name, Some(Node::EachMapping(b))));
            }
            _ => {}
        }
        match node {
            Node::Do(action, _) | Node::If(action, _, _) => {
                if let Some((other, its, words)) = before
                    && nodes[other] != *node
                {
                    let mut edited = nodes.to_vec();
                    edited.swap(other, at);
                    emit(format!("swap {its}/{mine}: {words}, {}", action.text()), edited);
                }
                before = Some((at, mine, action.text()));
            }
            Node::At(_) | Node::Why(_) => {}
            _ => before = None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::listing;
    use model::listing::lines;

    #[test]
    fn every_step_is_left_out_once_and_every_two_neighbours_change_places() {
        let listing = listing! {
            at "f";
            LockPtl;
            each_page {
                ReadPte;
                why "because";
                TrylockFolio else { PutFolio; next; }
                if PteDirty { MarkFolioDirty; } else { GetFolio; }
            }
            UnlockPtl;
            UnlockPtl;
        };
        let names: Vec<_> = edits(&listing).into_iter().map(|e| e.name).collect();
        assert_eq!(
            names,
            [
                "drop 1: lock ptl",
                "drop 2: pte = read",
                "drop 3: trylock folio",
                "drop 4: put folio",
                "drop 5: if dirty(pte)",
                "drop 6: mark folio dirty",
                "drop 7: get folio",
                "drop 8: unlock ptl",
                "drop 9: unlock ptl",
                "swap 2/3: pte = read, trylock folio",
                "swap 3/5: trylock folio, dirty(pte)",
            ]
        );
    }

    #[test]
    fn an_edit_changes_its_place_and_nothing_else() {
        let listing = listing! { LockPtl; each_page { ReadPte; if PteDirty { MarkFolioDirty; } } UnlockPtl; };
        let of = |place: &str| {
            let edit = edits(&listing).into_iter().find(|e| e.place() == place).expect("an edit there");
            lines(&edit.listing)
        };
        let all = lines(&listing);
        let without = |gone: &[usize]| -> Vec<String> {
            (0..all.len()).filter(|n| !gone.contains(n)).map(|n| all[n].clone()).collect()
        };
        assert_eq!(of("drop 1"), without(&[0]));
        assert_eq!(of("drop 3"), without(&[3, 4]), "a condition goes with its branch");
        assert_eq!(of("swap 2/3"), [0, 1, 3, 4, 2, 5].map(|n| all[n].clone()));
    }

    /// What knows where an execution is has the same numbers.
    #[test]
    fn steps_have_the_numbers_that_the_linked_code_gives_them() {
        for version in crate::registry() {
            let drops: Vec<_> =
                edits(&version.listing).into_iter().filter(|e| e.name.starts_with("drop")).collect();
            let code = &version.code;
            let places = || (0..code.len() as model::Pc).filter_map(|pc| Some((code.subject_step(pc)?, pc)));
            for (n, edit) in drops.iter().enumerate() {
                let (_, pc) = places().find(|(step, _)| *step == n + 1).expect("each step is in the code");
                let words = code.at(pc).action.text();
                let name = [format!("drop {}: {words}", n + 1), format!("drop {}: if {words}", n + 1)];
                assert!(name.contains(&edit.name), "{}: {} is {words}", version.name, edit.name);
            }
            assert_eq!(places().map(|(step, _)| step).max(), Some(drops.len()), "{}", version.name);
        }
    }
}
