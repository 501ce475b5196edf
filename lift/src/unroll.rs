//! The paths of a listing, as a tree in the same terms as those of C.

use crate::kinds;
use crate::tree::{Atom, Label, Term, Tree};
use model::Action;
use model::listing::{Doing, Node};
use std::rc::Rc;

/// What the listing knows at a place.
#[derive(Clone, Copy, Default)]
struct Held {
    /// How often the variable, its W, and orig have changed.
    count: [usize; 3],
    /// What was answered when exclusive was asked last.
    exclusive: Option<bool>,
    /// The page is a hole.
    hole: bool,
    /// A, D and W of the variable, where an edit has set them.
    bits: [Option<bool>; 3],
}

/// What differs from release to release.
#[derive(Clone, Copy, Debug)]
pub struct Release {
    /// A clean lazyfree folio that somebody references stays lazyfree.
    pub stays_lazy_free: bool,
    /// A device-exclusive entry has no protection of its own.
    pub restores_exclusive_by_vma: bool,
}

/// The paths of the lines of a listing that end as given; `None` if it has lines that are not compared.
/// Places are the numbers of lines, as they read.
pub fn unroll(nodes: &[Node], end: &Term, release: Release) -> Option<Rc<Tree>> {
    if !comparable(nodes) {
        return None;
    }
    let end = end.clone();
    let last = lines(nodes);
    let finish = move |held: &Held| {
        let term = match &end {
            Term::Next { .. } => Term::Next { hole: held.hole },
            other => other.clone(),
        };
        Rc::new(Tree::End(term, last..last))
    };
    let unroller = Unroller { release };
    Some(unroller.block(nodes, 0, Held::default(), &finish))
}

/// How many lines there are, comments left out.
pub fn lines(nodes: &[Node]) -> usize {
    model::listing::nodes(nodes).len()
}

fn comparable(nodes: &[Node]) -> bool {
    nodes.iter().all(|node| {
        !matches!(node, Node::EachPage(_) | Node::EachMapping(_) | Node::Jump(_))
            && node.blocks().all(|b| comparable(b))
    })
}

struct Unroller {
    release: Release,
}

type Then<'a> = &'a dyn Fn(&Held) -> Rc<Tree>;

impl Unroller {
    fn block(&self, nodes: &[Node], at: usize, held: Held, then: Then<'_>) -> Rc<Tree> {
        let Some((node, rest)) = nodes.split_first() else { return then(&held) };
        if node.is_comment() {
            return self.block(rest, at, held, then);
        }
        let behind = at + lines(std::slice::from_ref(node));
        let go_on = |held: &Held| self.block(rest, behind, *held, then);
        match node {
            Node::Do(what, other) => {
                let no = |held: &Held| self.block(other, at + 1, *held, &go_on);
                self.doing(*what, at, held, &go_on, &no, other.is_empty())
            }
            Node::If(what, yes, no) => {
                let on_yes = |held: &Held| self.block(yes, at + 1, *held, &go_on);
                let on_no = |held: &Held| self.block(no, at + 1 + lines(yes), *held, &go_on);
                self.doing(*what, at, held, &on_yes, &on_no, false)
            }
            Node::Next => end(Term::Next { hole: held.hole }, at),
            Node::Again => end(Term::Again, at),
            Node::Return => end(Term::Return, at),
            Node::Fail => end(Term::Fail, at),
            Node::Retry => end(Term::Retry, at),
            Node::Finish => end(Term::Finish, at),
            _ => go_on(&held),
        }
    }

    /// A step or a condition: what follows if it holds, and if not.
    fn doing(&self, what: Doing, at: usize, held: Held, yes: Then<'_>, no: Then<'_>, alike: bool) -> Rc<Tree> {
        use Action as A;
        let Doing::Step(action) = what else {
            if alike {
                return Rc::new(Tree::Do(Label::Do(what), at..at, yes(&held)));
            }
            return Rc::new(Tree::Ask(Atom::Act(what), at..at, yes(&held), no(&held)));
        };
        let ask = |atom, yes, no| Rc::new(Tree::Ask(atom, at..at, yes, no));
        let bit = |action, n: usize| Atom::Bit(action, held.count[n]);
        match action {
            A::CollectHole => {
                let hole = Held { hole: true, ..held };
                ask(Atom::Kind(kinds::of(action).unwrap_or(0)), yes(&hole), no(&held))
            }
            A::Exclusive => {
                let answered = |holds| Held { exclusive: Some(holds), ..held };
                ask(Atom::Pure(action), yes(&answered(true)), no(&answered(false)))
            }
            A::Insertable => {
                let read = Held { count: [held.count[0] + 1, held.count[1] + 1, held.count[2]], ..held };
                let set = kinds::set("none,zero").unwrap_or(0);
                let asked = ask(Atom::Kind(set), yes(&read), no(&read));
                Rc::new(Tree::Do(Label::Do(Doing::Step(A::ReadPte)), at..at, asked))
            }
            A::PtePresentDirty => {
                let (on_yes, on_no) = (yes(&held), no(&held));
                let dirty = ask(bit(A::PteDirty, 0), on_yes, Rc::clone(&on_no));
                ask(Atom::Kind(kinds::of(A::PtePresent).unwrap_or(0)), dirty, on_no)
            }
            A::PteYoungOrDirty => {
                let (on_yes, on_no) = (yes(&held), no(&held));
                let dirty = ask(bit(A::PteDirty, 0), Rc::clone(&on_yes), on_no);
                ask(bit(A::PteYoung, 0), on_yes, dirty)
            }
            A::CachedOrDirty => {
                let (on_yes, on_no) = (yes(&held), no(&held));
                let dirty = ask(Atom::Pure(A::FolioDirty), Rc::clone(&on_yes), on_no);
                ask(Atom::Pure(A::InSwapCache), on_yes, dirty)
            }
            A::Discardable => {
                let (on_yes, on_no) = (yes(&held), no(&held));
                let refs = ask(Atom::RefsExplained, on_yes, Rc::clone(&on_no));
                ask(Atom::Pure(A::FolioDirty), on_no, refs)
            }
            A::CleanAfterFreeze => ask(Atom::Pure(A::FolioDirty), no(&held), yes(&held)),
            A::StaysLazyFree if !self.release.stays_lazy_free => no(&held),
            A::StaysLazyFree => ask(Atom::Pure(A::FolioDirty), no(&held), yes(&held)),
            // Nothing, if the word has W.
            A::MkWrite => {
                let bits = [held.bits[0], held.bits[1], Some(true)];
                let now = Held { count: [held.count[0] + 1, held.count[1] + 1, held.count[2]], bits, ..held };
                let edited = Rc::new(Tree::Do(Label::Do(what), at..at, yes(&now)));
                ask(bit(A::PteWritable, 1), yes(&held), edited)
            }
            // The zero page is not exclusive; only a writable VMA may have writable entries.
            A::CanChangeWritable => {
                let on_no = no(&held);
                let asked = ask(Atom::Pure(action), yes(&held), Rc::clone(&on_no));
                let writable = ask(Atom::Pure(A::VmaWritable), asked, Rc::clone(&on_no));
                ask(Atom::Kind(kinds::of(A::PteZeroPage).unwrap_or(0)), on_no, writable)
            }
            // Nothing, if the entry is readable, or a swap entry.
            A::ProtectEntry => {
                let rest = yes(&held);
                let protected = Rc::new(Tree::Do(Label::Do(what), at..at, Rc::clone(&rest)));
                let own = if self.release.restores_exclusive_by_vma {
                    "migration,device"
                } else {
                    "migration,device,device-exclusive"
                };
                let set = kinds::set(own).unwrap_or(0);
                ask(Atom::Kind(set), ask(bit(A::PteWritable, 1), protected, Rc::clone(&rest)), rest)
            }
            // The zero page has no mapping and is not queued.
            A::ZapRmap => {
                let rest = yes(&held);
                let zapped = Rc::new(Tree::Do(Label::Do(what), at..at, Rc::clone(&rest)));
                ask(Atom::Kind(kinds::of(A::PteZeroPage).unwrap_or(0)), rest, zapped)
            }
            // Nothing, if the word has none.
            A::CarryYoung | A::CarryDirty => {
                let asked = if action == A::CarryYoung { A::PteYoung } else { A::PteDirty };
                let rest = yes(&held);
                ask(bit(asked, 0), Rc::new(Tree::Do(Label::Do(what), at..at, Rc::clone(&rest))), rest)
            }
            A::PteYoung | A::PteDirty | A::PteWritable
                if held.bits
                    [if action == A::PteYoung { 0 } else { 1 + usize::from(action == A::PteWritable) }]
                .is_some() =>
            {
                let of = if action == A::PteYoung { 0 } else { 1 + usize::from(action == A::PteWritable) };
                if held.bits[of] == Some(true) { yes(&held) } else { no(&held) }
            }
            A::PteDirty | A::PteYoung => ask(bit(action, 0), yes(&held), no(&held)),
            A::PteWritable => ask(bit(action, 1), yes(&held), no(&held)),
            A::OrigDirty | A::OrigWritable => ask(bit(action, 2), yes(&held), no(&held)),
            action if kinds::of(action).is_some() => {
                ask(Atom::Kind(kinds::of(action).unwrap_or(0)), yes(&held), no(&held))
            }
            action if action.can_fail() && action.is_local() => ask(Atom::Pure(action), yes(&held), no(&held)),
            action if action.can_fail() && !alike => ask(Atom::Act(what), yes(&held), no(&held)),
            action => {
                let mut now = held;
                match action {
                    A::ReadPte | A::UseOrig | A::Modify | A::MkWrite | A::WrProtect => {
                        now.count[0] += 1;
                        now.count[1] += 1;
                    }
                    A::ClearPte | A::MkOld | A::MkClean | A::MkDirty => now.count[0] += 1,
                    A::SaveOrig => now.count[2] += 1,
                    _ => {}
                }
                now.bits = match action {
                    A::ReadPte | A::UseOrig => [None; 3],
                    A::ClearPte => [None, None, held.bits[2]],
                    A::Modify => [held.bits[0], held.bits[1], None],
                    A::WrProtect => [held.bits[0], held.bits[1], Some(false)],
                    A::MkOld => [Some(false), held.bits[1], held.bits[2]],
                    A::MkClean => [held.bits[0], Some(false), held.bits[2]],
                    A::MkDirty => [held.bits[0], Some(true), held.bits[2]],
                    _ => held.bits,
                };
                let label = match action {
                    A::InstallMigrationEntry | A::ReplaceByMigrationEntry | A::InstallSwapEntry => {
                        Label::Install(action, held.exclusive)
                    }
                    _ => Label::Do(what),
                };
                Rc::new(Tree::Do(label, at..at, yes(&now)))
            }
        }
    }
}

fn end(term: Term, at: usize) -> Rc<Tree> {
    Rc::new(Tree::End(term, at..at))
}
