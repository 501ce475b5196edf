//! The paths of a function as a tree: what it does, what it asks, where it ends.

use model::Action;
use model::listing::Doing;
use std::ops::Range;
use std::rc::Rc;

/// A place in the C: bytes of the text.
pub type Place = Range<usize>;

/// What a path does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Label {
    /// A step or a call that cannot fail, or whose failure nobody asks for.
    Do(Doing),
    /// A clear whose word nobody looks at any more: whether the variable takes it makes no difference.
    Either(Action),
    /// The entry is read: the word has this number.
    Read(usize),
    /// The entry is cleared: the word that comes back, and whether C keeps it.
    Clear {
        /// Its number.
        word: usize,
        /// C puts it into a variable.
        kept: bool,
    },
    /// A word is stored in the entry, which was cleared before (true), or was not.
    Set(usize, bool),
    /// An edit of a word, which makes another one.
    Edit(Action, usize, usize),
    /// A step that uses a word, as it is.
    Uses(Action, usize),
    /// A swap or migration entry is installed; whether it says that the page was exclusive, if it says so.
    Install(Action, Option<bool>),
    /// The mapping goes: one half of this step.
    HalfRmap(Action),
    /// The page is queued for freeing: the other half, where it is not a put.
    Queue,
}

/// What a path asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Atom {
    /// Of which kinds the entry is.
    Kind(u32),
    /// A bit of a word.
    Bit(Action, usize),
    /// Whether a step or a call succeeds.
    Act(Doing),
    /// A condition.
    Pure(Action),
    /// The reference count is what isolation and mappings explain.
    RefsExplained,
    /// Something that the model does not have.
    Free(String),
    /// A variable that counts from round to round.
    Counter(String),
}

/// Where a path ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Term {
    /// The next round; of a page that was selected without a source.
    Next {
        /// It was.
        hole: bool,
    },
    /// The same round again.
    Again,
    /// The function returns.
    Return,
    /// It tells the caller that it failed.
    Fail,
    /// The loop over the pages begins.
    Loop,
    /// C says that it never comes here.
    Never,
    /// The operation begins again, or is over.
    Retry,
    /// The operation is over.
    Finish,
}

/// A tree of paths.
#[derive(Debug)]
pub enum Tree {
    /// It does something.
    Do(Label, Place, Rc<Tree>),
    /// It asks something.
    Ask(Atom, Place, Rc<Tree>, Rc<Tree>),
    /// It ends.
    End(Term, Place),
}

impl PartialEq for Tree {
    /// Where things stand in C is no matter.
    fn eq(&self, other: &Tree) -> bool {
        match (self, other) {
            (Tree::Do(a, _, x), Tree::Do(b, _, y)) => a == b && same(x, y),
            (Tree::Ask(a, _, x, v), Tree::Ask(b, _, y, w)) => a == b && same(x, y) && same(v, w),
            (Tree::End(a, _), Tree::End(b, _)) => a == b,
            _ => false,
        }
    }
}

/// Whether two trees do the same.
pub fn same(a: &Rc<Tree>, b: &Rc<Tree>) -> bool {
    Rc::ptr_eq(a, b) || a == b
}

/// What happens on a path.
#[derive(Clone, Debug)]
pub enum Event {
    /// It does something.
    Do(Label, Place),
    /// It asks something, and this is the answer.
    Ask(Atom, bool, Place),
}

/// One path.
#[derive(Clone, Debug)]
pub struct Path {
    /// What happens.
    pub events: Vec<Event>,
    /// Where it ends.
    pub end: Term,
    /// Where that is in C.
    pub place: Place,
}

/// The tree of all paths, which come in the order in which they were found: yes before no.
pub fn tree(paths: &[Path]) -> Rc<Tree> {
    grow(paths, 0)
}

fn grow(paths: &[Path], at: usize) -> Rc<Tree> {
    let first = &paths[0];
    match first.events.get(at) {
        None => Rc::new(Tree::End(first.end.clone(), first.place.clone())),
        Some(Event::Do(label, place)) => Rc::new(Tree::Do(label.clone(), place.clone(), grow(paths, at + 1))),
        Some(Event::Ask(atom, _, place)) => {
            let yes = |p: &Path| matches!(p.events.get(at), Some(Event::Ask(_, true, _)));
            let cut = paths.iter().take_while(|p| yes(p)).count();
            // Both ways are always tried; one alone is an answer that was known, which asks nothing.
            if cut == 0 || cut == paths.len() {
                return grow(paths, at + 1);
            }
            Rc::new(Tree::Ask(
                atom.clone(),
                place.clone(),
                grow(&paths[..cut], at + 1),
                grow(&paths[cut..], at + 1),
            ))
        }
    }
}
