//! Whether two trees of paths do the same, in whatever order they ask what does not change meanwhile.

use crate::tree::{Atom, Label, Place, Term, Tree};
use model::Action;
use model::listing::Doing;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Whether an answer still holds after other steps.
pub const fn lasts(action: Action) -> bool {
    matches!(
        action,
        Action::Exclusive
            | Action::Unsharing
            | Action::VmaLocked
            | Action::VmaWritable
            | Action::DefersFlush
            | Action::MapsFolio
            | Action::MapsSource
    )
}

/// Whether a step, if it succeeds, makes an exclusive page one that is not.
pub fn shares(doing: Doing) -> bool {
    matches!(doing, Doing::Step(Action::ShareAnon) | Doing::Call("page_try_share_anon_rmap"))
}

/// Where the second tree's pieces stand in the first one's text.
pub type Places = BTreeMap<usize, Place>;

/// The most comparisons.
const MOST: usize = 60_000;

struct Compare {
    known: Vec<(Atom, bool, Place)>,
    /// The folio lock is held all along: the swap cache stays as it is.
    locked: bool,
    /// Where C asked last for the kind of the entry.
    kind: Option<Place>,
    places: Places,
    left: usize,
}

/// Compares the paths of C with those of a listing, for some kinds of entries. If they do the same: where each
/// line of the listing stands in C.
pub fn compare(c: &Rc<Tree>, listing: &Rc<Tree>, all: u32, locked: bool) -> Option<Places> {
    let mut compare = Compare { known: Vec::new(), locked, kind: None, places: Places::new(), left: MOST };
    compare.trees(c, listing, all).then_some(compare.places)
}

impl Compare {
    fn trees(&mut self, c: &Rc<Tree>, listing: &Rc<Tree>, all: u32) -> bool {
        if self.left == 0 {
            return false;
        }
        self.left -= 1;
        let length = self.known.len();
        let same = self.both(c, listing, all);
        self.known.truncate(length);
        same
    }

    fn answer(&self, atom: &Atom) -> Option<bool> {
        self.known.iter().rev().find(|(a, ..)| a == atom).map(|(_, holds, _)| *holds)
    }

    /// After a step only some answers still hold; the others come back when the path is left.
    fn after<T>(&mut self, doing: Option<Doing>, then: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.known.clone();
        let (shared, locked) = (doing.is_some_and(shares), self.locked);
        self.known.retain(|(atom, ..)| match atom {
            Atom::Pure(Action::Exclusive) => !shared,
            Atom::Pure(Action::InSwapCache) => locked,
            Atom::Pure(Action::SwapBacked) => locked && doing != Some(Doing::Step(Action::SetSwapBacked)),
            Atom::Pure(action) => lasts(*action),
            Atom::RefsExplained => false,
            _ => true,
        });
        let out = then(self);
        self.known = before;
        out
    }

    fn note(&mut self, listing: &Place, c: &Place) {
        self.places.entry(listing.start).or_insert_with(|| c.clone());
    }

    fn both(&mut self, c: &Rc<Tree>, listing: &Rc<Tree>, all: u32) -> bool {
        match (&**c, &**listing) {
            (Tree::End(Term::Never, _), _) | (_, Tree::End(Term::Never, _)) => true,
            (Tree::Ask(Atom::Kind(set), place, yes, no), other) => {
                if let Tree::Ask(Atom::Kind(_), there, ..) = other {
                    self.note(there, place);
                }
                self.kind = Some(place.clone());
                (all & set == 0 || self.trees(yes, listing, all & set))
                    && (all & !set == 0 || self.trees(no, listing, all & !set))
            }
            (other, Tree::Ask(Atom::Kind(set), there, yes, no)) => {
                let (Tree::Do(_, here, _) | Tree::Ask(_, here, ..) | Tree::End(_, here)) = other;
                let place = self.kind.clone().unwrap_or_else(|| here.clone());
                self.note(there, &place);
                (all & set == 0 || self.trees(c, yes, all & set))
                    && (all & !set == 0 || self.trees(c, no, all & !set))
            }
            (Tree::Ask(Atom::Act(a), place, yes, no), Tree::Ask(Atom::Act(b), there, on_yes, on_no)) => {
                if a != b {
                    return false;
                }
                self.note(there, place);
                self.after(Some(*a), |x| x.trees(yes, on_yes, all))
                    && self.after(None, |x| x.trees(no, on_no, all))
            }
            (Tree::Ask(Atom::Act(a), place, yes, no), Tree::Do(Label::Do(b), there, rest)) => {
                if a != b {
                    return false;
                }
                self.note(there, place);
                self.after(Some(*a), |x| x.trees(yes, rest, all)) && self.after(None, |x| x.trees(no, rest, all))
            }
            (Tree::Do(Label::Do(a), place, rest), Tree::Ask(Atom::Act(b), there, yes, no)) => {
                if a != b {
                    return false;
                }
                self.note(there, place);
                self.after(Some(*a), |x| x.trees(rest, yes, all)) && self.after(None, |x| x.trees(rest, no, all))
            }
            (Tree::Ask(atom, place, yes, no), other) if !matches!(atom, Atom::Act(_)) => {
                if let Tree::Ask(b, there, ..) = other
                    && b == atom
                {
                    self.note(there, place);
                }
                match self.answer(atom) {
                    Some(true) => self.trees(yes, listing, all),
                    Some(false) => self.trees(no, listing, all),
                    None => [(true, yes), (false, no)].into_iter().all(|(holds, branch)| {
                        self.known.push((atom.clone(), holds, place.clone()));
                        let same = self.trees(branch, listing, all);
                        self.known.pop();
                        same
                    }),
                }
            }
            (other, Tree::Ask(atom, there, yes, no)) if !matches!(atom, Atom::Act(_)) => {
                let (Tree::Do(_, here, _) | Tree::Ask(_, here, ..) | Tree::End(_, here)) = other;
                let place = self.known.iter().rev().find(|(a, ..)| a == atom).map_or(here, |(.., p)| p).clone();
                self.note(there, &place);
                match self.answer(atom) {
                    Some(true) => self.trees(c, yes, all),
                    Some(false) => self.trees(c, no, all),
                    None => [(true, yes), (false, no)].into_iter().all(|(holds, branch)| {
                        self.known.push((atom.clone(), holds, place.clone()));
                        let same = self.trees(c, branch, all);
                        self.known.pop();
                        same
                    }),
                }
            }
            (Tree::Do(a, place, rest), Tree::Do(b, there, other)) => {
                let either = matches!(
                    (a, b),
                    (Label::Either(_), Label::Do(Doing::Step(Action::ClearPte | Action::ClearPteIgnored)))
                );
                if a != b && !either {
                    return false;
                }
                self.note(there, place);
                let doing = if let Label::Do(doing) = a { Some(*doing) } else { None };
                self.after(doing, |x| x.trees(rest, other, all))
            }
            (Tree::End(a, place), Tree::End(b, there)) => {
                self.note(there, place);
                a == b
            }
            _ => false,
        }
    }
}

/// The kinds of entries that a function sees; one for those that see none.
pub const fn seen(kinds: u32) -> u32 {
    if kinds == 0 { 1 } else { kinds }
}
