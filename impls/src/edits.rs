//! Every small mistake in a listing: each step left out, each two neighbours in the wrong order.
//!
//! Steps are numbered as the listing reads, from 1: a step that may fail counts before what its failure leads
//! to, a condition before what it guards. A step goes with its alternative, a condition with its branches.
//! What judges do not catch is either a step that is not needed or a judge that is blind.

use crate::version::{Standing, Version};
use model::listing::{Doing, Node};

/// A version's function with one mistake.
#[derive(Clone, Debug)]
pub struct Edit {
    /// Where and what: `drop 12: mark folio dirty`, `swap 7/8: pte = clear, flush this page`; of a version that
    /// replaces several functions, with the function before the number from the second on.
    pub name: String,
    /// The same with the names of steps in the place of their words, which may change: `drop 12:
    /// MarkFolioDirty`, `swap 7/8: ClearPte, FlushPage`.
    pub key: String,
    /// Which of the version's functions it is in.
    pub function: usize,
    /// What the function does then.
    pub listing: Vec<Node>,
}

impl Edit {
    /// The part of the name that tells it from others: `drop 12`.
    #[must_use]
    pub fn place(&self) -> &str {
        self.name.split(':').next().unwrap_or_default()
    }

    /// The version with this mistake. Its name stays in memory for good.
    ///
    /// # Panics
    /// Never: an edit calls nothing that the original does not.
    #[must_use]
    pub fn of(&self, original: &Version) -> Version {
        let edited = original.edited(self.function, self.listing.clone());
        Version {
            name: crate::kept(&format!("{}/{}", original.name, self.place())),
            title: crate::kept(&self.name),
            standing: Standing::Mutant,
            ..edited.unwrap_or_else(|e| panic!("{}: {e}", self.name))
        }
    }
}

/// Every edit of a version's functions, in the order of the places.
#[must_use]
pub fn edits(version: &Version) -> Vec<Edit> {
    let mut out = Vec::new();
    for (function, body) in version.functions().iter().enumerate() {
        let prefix = if function == 0 { String::new() } else { format!("{} ", body.function.name) };
        let mut number = 0;
        let mut of_function = Vec::new();
        let mut emit = |what: What, listing| {
            let (name, key) = (what.told(&prefix, Doing::text), what.told(&prefix, Doing::name));
            of_function.push(Edit { name, key, function, listing });
        };
        block(&body.function.body, &mut number, &mut emit);
        of_function.sort_by_key(|e: &Edit| e.key.starts_with("swap"));
        out.append(&mut of_function);
    }
    out
}

/// What an edit does: with a step, a condition, or two neighbours, each with its number.
#[derive(Clone, Copy)]
enum What {
    Drop(usize, Doing),
    DropIf(usize, Doing),
    Swap([(usize, Doing); 2]),
}

impl What {
    fn told(self, prefix: &str, of: fn(Doing) -> &'static str) -> String {
        match self {
            What::Drop(n, what) => format!("drop {prefix}{n}: {}", of(what)),
            What::DropIf(n, what) => format!("drop {prefix}{n}: if {}", of(what)),
            What::Swap([(n, one), (m, other)]) => format!("swap {prefix}{n}/{m}: {}, {}", of(one), of(other)),
        }
    }
}

/// Hands every edit of a block to `emit`, as the whole edited block; counts the steps.
fn block(nodes: &[Node], number: &mut usize, emit: &mut dyn FnMut(What, Vec<Node>)) {
    // The step before, if nothing but comments came since: its place in the block, its number, what it does.
    let mut before: Option<(usize, usize, Doing)> = None;
    for (at, node) in nodes.iter().enumerate() {
        let mut replaced = |edit: What, with: Option<Node>| {
            let mut edited = nodes.to_vec();
            edited.splice(at..=at, with);
            emit(edit, edited);
        };
        let mine = *number + 1;
        match node {
            Node::Do(what, _) => {
                *number = mine;
                replaced(What::Drop(mine, *what), None);
            }
            Node::If(what, _, _) => {
                *number = mine;
                replaced(What::DropIf(mine, *what), None);
            }
            _ => {}
        }
        for inside in 0..node.blocks().count() {
            let Some(old) = node.blocks().nth(inside) else { continue };
            block(old, number, &mut |edit, new| {
                let mut n = 0;
                let with = node.with_blocks(|block| {
                    n += 1;
                    if n - 1 == inside { new.clone() } else { block.to_vec() }
                });
                replaced(edit, Some(with));
            });
        }
        match node {
            Node::Do(what, _) | Node::If(what, _, _) => {
                if let Some((other, its, that)) = before
                    && nodes[other] != *node
                {
                    let mut edited = nodes.to_vec();
                    edited.swap(other, at);
                    emit(What::Swap([(its, that), (mine, *what)]), edited);
                }
                before = Some((at, mine, *what));
            }
            node if node.is_comment() => {}
            _ => before = None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::body;
    use model::listing::{lines, steps};

    /// v3 with another collect.
    fn version(text: &str) -> Version {
        let v3 = crate::find("v3").expect("registered");
        v3.edited(0, body(text).expect("a listing")).expect("it links")
    }

    #[test]
    fn every_step_is_left_out_once_and_every_two_neighbours_change_places() {
        let version = version(
            "LockPtl
            each_page {
                ReadPte
                # because
                TrylockFolio else { PutFolio; next }
                if PteDirty { MarkFolioDirty } else { GetFolio }
            }
            UnlockPtl
            UnlockPtl",
        );
        let names: Vec<_> = edits(&version).into_iter().map(|e| e.name).collect();
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
        let version = version("LockPtl; each_page { ReadPte; if PteDirty { MarkFolioDirty } }; UnlockPtl");
        let of = |place: &str| {
            let edit = edits(&version).into_iter().find(|e| e.place() == place).expect("an edit there");
            lines(&edit.listing)
        };
        let all = lines(version.listing());
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
            let steps = steps(version.listing());
            let drops: Vec<_> = edits(version).into_iter().filter(|e| e.name.starts_with("drop")).collect();
            assert_eq!(drops.len(), steps.len());
            let code = version.code(version.kernel);
            let mut last = 0;
            for pc in 0..code.len() as model::Pc {
                let Some(step) = code.subject_step(pc) else { continue };
                last = last.max(step);
                let what = steps[step - 1];
                let of_the_step = code.at(pc).action.text() == what.text();
                assert!(
                    of_the_step || crate::text::is_put_in(code.at(pc).action),
                    "{}: step {step}",
                    version.name
                );
                assert!(drops[step - 1].name.ends_with(what.text()), "{}", drops[step - 1].name);
            }
            assert_eq!(last, steps.len(), "{}", version.name);
        }
    }
}
