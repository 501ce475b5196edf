//! Which word each use sees: the variable of the listing, or orig.

use crate::kinds;
use crate::subject::Subject;
use crate::tree::{Atom, Label, Place, Tree};
use impls::text::Problem;
use model::Action;
use model::listing::Doing;
use std::collections::BTreeMap;
use std::rc::Rc;

/// What the listing holds at a place.
#[derive(Clone)]
struct Held {
    /// The word in the variable.
    main: Option<usize>,
    /// The word in orig.
    orig: Option<usize>,
    /// For each word the one from which it has its W.
    roots: BTreeMap<usize, usize>,
    /// Of which kinds the entry can be.
    kinds: u32,
    /// How often the variable, its W, and orig have changed.
    count: [usize; 3],
    /// The walk has read the entry into the variable.
    walked: bool,
    /// Whether the variable was set at all.
    set: bool,
    /// The words that edits made.
    edited: Vec<usize>,
}

/// A tree of listing steps from a tree of words.
///
/// # Errors
/// If some use needs a third word.
pub fn words(tree: &Rc<Tree>, kinds: u32, subject: &Subject) -> Result<Rc<Tree>, Problem> {
    let walk = subject.walk;
    let walked = walk == Some(Action::MapsSource);
    let held = Held {
        main: subject.has_word.then_some(0),
        orig: None,
        roots: BTreeMap::new(),
        kinds,
        count: [0; 3],
        walked,
        set: walk.is_some() || subject.has_word,
        edited: Vec::new(),
    };
    go(tree, &held)
}

fn step(action: Action, place: &Place, rest: Rc<Tree>) -> Rc<Tree> {
    Rc::new(Tree::Do(Label::Do(Doing::Step(action)), place.clone(), rest))
}

fn go(tree: &Rc<Tree>, held: &Held) -> Result<Rc<Tree>, Problem> {
    match &**tree {
        Tree::End(..) => Ok(Rc::clone(tree)),
        Tree::Ask(atom, place, yes, no) => {
            let (mut on_yes, mut on_no) = (held.clone(), held.clone());
            let atom = match atom {
                Atom::Kind(set) => {
                    on_yes.kinds &= set;
                    on_no.kinds &= !set;
                    atom.clone()
                }
                Atom::Bit(action, word) => bit(*action, *word, held, place)?,
                other => other.clone(),
            };
            Ok(Rc::new(Tree::Ask(atom, place.clone(), go(yes, &on_yes)?, go(no, &on_no)?)))
        }
        Tree::Do(label, place, rest) => of(label, place, rest, held),
    }
}

fn of(label: &Label, place: &Place, rest: &Rc<Tree>, held: &Held) -> Result<Rc<Tree>, Problem> {
    let mut now = held.clone();
    match label {
        Label::Read(word) => {
            now.roots.insert(*word, *word);
            if held.walked {
                // The walk has read it.
                now.walked = false;
                now.main = Some(*word);
                return go(rest, &now);
            }
            let asked = !held.set && asks_kind(rest);
            if !asked && !needs(rest, *word, *word) {
                now.main = held.main.or(Some(*word));
                return go(rest, &now);
            }
            let keep = held.main.filter(|old| uses(rest, *old));
            now.set = true;
            now.main = Some(*word);
            now.count[0] += 1;
            now.count[1] += 1;
            keep_orig(keep, &mut now);
            Ok(saved(keep, place, step(Action::ReadPte, place, go(rest, &now)?)))
        }
        Label::Clear { word, kept } => {
            let root = held.main.and_then(|main| held.roots.get(&main)).copied().unwrap_or(*word);
            now.roots.insert(*word, root);
            let present = held.kinds & kinds::of(Action::PtePresent).unwrap_or(0);
            let old = held.main.filter(|old| uses(rest, *old));
            if held.kinds != 0 && present == 0 {
                // Neither A nor D: the word that comes back is the one that was there.
                if let (false, Some(old)) = (kept, held.main) {
                    return Ok(step(Action::ClearPteIgnored, place, go(&renamed(rest, *word, old), &now)?));
                }
                now.main = Some(*word);
                now.set = true;
                now.count[0] += 1;
                let rest = match held.main {
                    Some(old) => renamed(rest, old, *word),
                    None => Rc::clone(rest),
                };
                return Ok(step(Action::ClearPte, place, go(&rest, &now)?));
            }
            let new = uses(rest, *word);
            if old.is_none() && !new && held.main.is_some() {
                let action = if *kept { Action::ClearPte } else { Action::ClearPteIgnored };
                return Ok(Rc::new(Tree::Do(Label::Either(action), place.clone(), go(rest, &now)?)));
            }
            if old.is_some() && !new {
                now.roots.insert(*word, root);
                return Ok(step(Action::ClearPteIgnored, place, go(rest, &now)?));
            }
            now.main = Some(*word);
            now.set = true;
            now.count[0] += 1;
            keep_orig(old, &mut now);
            Ok(saved(old, place, step(Action::ClearPte, place, go(rest, &now)?)))
        }
        Label::Edit(action, from, to) => {
            let changes_w = [Action::Modify, Action::MkWrite, Action::WrProtect].contains(action);
            let before = needed(held, *from, place, &mut now)?;
            let root = now.roots.get(from).copied().unwrap_or(*from);
            now.edited.push(*to);
            now.roots.insert(*to, if changes_w { *to } else { root });
            let keep = Some(*from).filter(|old| uses(rest, *old) || changes_w && needs(rest, usize::MAX, root));
            let keep = keep.filter(|old| now.orig != Some(*old));
            now.main = Some(*to);
            now.count[0] += 1;
            now.count[1] += usize::from(changes_w);
            keep_orig(keep, &mut now);
            let tree = saved(keep, place, step(*action, place, go(rest, &now)?));
            Ok(before.map_or_else(|| Rc::clone(&tree), |action| step(action, place, Rc::clone(&tree))))
        }
        Label::Set(word, cleared) => {
            let before = needed(held, *word, place, &mut now)?;
            let edited = held.edited.contains(word);
            let action = if *cleared && !edited { Action::RestorePte } else { Action::SetPte };
            let tree = step(action, place, go(rest, &now)?);
            Ok(before.map_or_else(|| Rc::clone(&tree), |action| step(action, place, Rc::clone(&tree))))
        }
        Label::Uses(action, word) => {
            let before = needed(held, *word, place, &mut now)?;
            let tree = step(*action, place, go(rest, &now)?);
            Ok(before.map_or_else(|| Rc::clone(&tree), |action| step(action, place, Rc::clone(&tree))))
        }
        other => Ok(Rc::new(Tree::Do(other.clone(), place.clone(), go(rest, &now)?))),
    }
}

fn keep_orig(keep: Option<usize>, now: &mut Held) {
    if keep.is_some() {
        now.orig = keep;
        now.count[2] += 1;
    }
}

fn saved(keep: Option<usize>, place: &Place, rest: Rc<Tree>) -> Rc<Tree> {
    if keep.is_some() { step(Action::SaveOrig, place, rest) } else { rest }
}

/// The word has to be in the variable: it is, or it is in orig, and comes back.
fn needed(held: &Held, word: usize, place: &Place, now: &mut Held) -> Result<Option<Action>, Problem> {
    if held.main == Some(word) {
        return Ok(None);
    }
    if held.orig == Some(word) {
        now.main = Some(word);
        now.count[0] += 1;
        now.count[1] += 1;
        return Ok(Some(Action::UseOrig));
    }
    Err(gone(place))
}

fn gone(place: &Place) -> Problem {
    Problem::error(place.clone(), "a word that is gone", "the listing holds two others here")
        .help("a listing has two words, the variable and orig: use fewer, or ask before")
}

fn bit(action: Action, word: usize, held: &Held, place: &Place) -> Result<Atom, Problem> {
    let root = |w: usize| held.roots.get(&w).copied().unwrap_or(w);
    let fits = |in_it: Option<usize>| match action {
        Action::PteWritable => in_it.is_some_and(|w| root(w) == root(word)),
        _ => in_it == Some(word),
    };
    if fits(held.main) {
        let count = if action == Action::PteWritable { held.count[1] } else { held.count[0] };
        return Ok(Atom::Bit(action, count));
    }
    let of_orig = match action {
        Action::PteWritable => Some(Action::OrigWritable),
        Action::PteDirty => Some(Action::OrigDirty),
        _ => None,
    };
    match of_orig {
        Some(action) if fits(held.orig) => Ok(Atom::Bit(action, held.count[2])),
        _ => Err(gone(place)),
    }
}

/// Whether a word is used below: not only its W, which a clear does not change.
fn uses(tree: &Rc<Tree>, word: usize) -> bool {
    match &**tree {
        Tree::End(..) => false,
        Tree::Ask(atom, _, yes, no) => {
            matches!(atom, Atom::Bit(action, w) if *w == word && *action != Action::PteWritable)
                || uses(yes, word)
                || uses(no, word)
        }
        Tree::Do(label, _, rest) => {
            matches!(label, Label::Set(w, _) | Label::Uses(_, w) | Label::Edit(_, w, _) if *w == word)
                || uses(rest, word)
        }
    }
}

/// Whether a word, or the W of a root, is used below.
fn needs(tree: &Rc<Tree>, word: usize, root: usize) -> bool {
    match &**tree {
        Tree::End(..) => false,
        Tree::Ask(atom, _, yes, no) => {
            matches!(atom, Atom::Bit(action, w) if *w == word || *action == Action::PteWritable && *w == root)
                || needs(yes, word, root)
                || needs(no, word, root)
        }
        Tree::Do(label, _, rest) => {
            matches!(label, Label::Set(w, _) | Label::Uses(_, w) | Label::Edit(_, w, _) if *w == word)
                || needs(rest, word, root)
        }
    }
}

fn asks_kind(tree: &Rc<Tree>) -> bool {
    match &**tree {
        Tree::End(..) => false,
        Tree::Ask(Atom::Kind(_), ..) => true,
        Tree::Ask(_, _, yes, no) => asks_kind(yes) || asks_kind(no),
        Tree::Do(_, _, rest) => asks_kind(rest),
    }
}

/// The same tree with one word for another.
fn renamed(tree: &Rc<Tree>, from: usize, to: usize) -> Rc<Tree> {
    let name = |w: &usize| if *w == from { to } else { *w };
    Rc::new(match &**tree {
        Tree::End(term, place) => Tree::End(term.clone(), place.clone()),
        Tree::Ask(atom, place, yes, no) => {
            let atom = match atom {
                Atom::Bit(action, w) if *action != Action::PteWritable => Atom::Bit(*action, name(w)),
                other => other.clone(),
            };
            Tree::Ask(atom, place.clone(), renamed(yes, from, to), renamed(no, from, to))
        }
        Tree::Do(label, place, rest) => {
            let label = match label {
                Label::Set(w, cleared) => Label::Set(name(w), *cleared),
                Label::Uses(action, w) => Label::Uses(*action, name(w)),
                Label::Edit(action, w, made) => Label::Edit(*action, name(w), *made),
                other => other.clone(),
            };
            Tree::Do(label, place.clone(), renamed(rest, from, to))
        }
    })
}
