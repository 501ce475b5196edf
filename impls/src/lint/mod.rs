//! Whether a listing makes sense as collect: every path through it is walked, and what cannot be is an error.
//!
//! A path is followed in the abstract: which locks and references it holds, what became of the entry and the
//! folio of the round. Sets of such states flow through the listing until nothing new comes up, so that the
//! pages of the range are all of one kind, and every branch is taken both ways unless its answer is already
//! known.
//!
//! What would deadlock, use what is not there, or leave the operation with something in its hands is an **error**. What only
//! loses data, or shows old data, is a **warning**: such a listing may be the very thing to be tried.

mod refusal;
mod state;

use model::Action;
use model::listing::{Doing, Function, Node, nodes};
use state::{Entry, Round, State};
use std::collections::BTreeSet;

/// Something that the lint has to say.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Complaint {
    /// Whether the listing cannot be run at all; otherwise it may lose data.
    pub is_error: bool,
    /// Which line of the function, as [`model::listing::nodes`] counts; past the last one for its end.
    pub line: usize,
    /// What was found, and what was expected.
    pub what: String,
}

type States = BTreeSet<State>;

/// Everything that is wrong with a listing of collect, errors first. `find` knows the functions that it may
/// call.
#[must_use]
pub fn lint<'a>(listing: &'a [Node], find: &'a dyn Fn(&str) -> Option<&'a Function>) -> Vec<Complaint> {
    let all = nodes(listing);
    let tells_exclusive = all.iter().any(|n| n.doing() == Some(Doing::Step(Action::Exclusive)));
    let mut walk = Walk {
        find,
        tells_exclusive,
        complaints: BTreeSet::new(),
        reached: BTreeSet::new(),
        next: States::new(),
        again: States::new(),
        left: BTreeSet::new(),
        within: None,
        depth: 0,
    };
    let end = walk.block(listing, 0, [State::default()].into(), false);
    let mut ends = std::mem::take(&mut walk.left);
    ends.extend(end.into_iter().map(|s| (all.len(), false, s)));
    for (at, failed, s) in ends {
        walk.expect(at, !failed, "collect does not fail; expected `return`");
        walk.expect(at, !s.ptl, "the listing ends with the page-table lock held; expected UnlockPtl before");
        walk.warn(at, !s.owed, "entries were cleared, and no flush follows; CPUs keep using the old ones");
    }
    for (line, _) in all.iter().enumerate() {
        if !walk.reached.contains(&line) {
            walk.complain(line, true, "no path comes here; expected it to be left out");
            break;
        }
    }
    let mut complaints: Vec<_> = walk.complaints.into_iter().collect();
    complaints.sort_by_key(|c| !c.is_error);
    complaints
}

/// How many lines a node stands on.
fn size(node: &Node) -> usize {
    usize::from(!node.is_comment()) + node.blocks().flatten().map(size).sum::<usize>()
}

struct Walk<'a> {
    find: &'a dyn Fn(&str) -> Option<&'a Function>,
    /// The listing asks for `Exclusive` somewhere.
    tells_exclusive: bool,
    complaints: BTreeSet<Complaint>,
    reached: BTreeSet<usize>,
    /// States that went on to the next round.
    next: States,
    /// States that begin the round again.
    again: States,
    /// Where the function was left, whether it failed, and how.
    left: BTreeSet<(usize, bool, State)>,
    /// The line of the call whose callee is walked through.
    within: Option<usize>,
    depth: usize,
}

impl Walk<'_> {
    fn complain(&mut self, line: usize, is_error: bool, what: &str) {
        let line = self.within.unwrap_or(line);
        self.complaints.insert(Complaint { is_error, line, what: what.to_owned() });
    }

    fn expect(&mut self, at: usize, fine: bool, otherwise: &str) {
        if !fine {
            self.complain(at, true, otherwise);
        }
    }

    fn warn(&mut self, at: usize, fine: bool, otherwise: &str) {
        if !fine {
            self.complain(at, false, otherwise);
        }
    }

    /// Lets states through a block whose first line has that number; what falls out of its end comes back.
    fn block(&mut self, nodes: &[Node], first: usize, mut states: States, looping: bool) -> States {
        let mut line = first;
        for node in nodes {
            if states.is_empty() {
                break;
            }
            if !node.is_comment() {
                if self.within.is_none() {
                    self.reached.insert(line);
                }
                states = self.node(node, line, states, looping);
            }
            line += size(node);
        }
        states
    }

    fn node(&mut self, node: &Node, at: usize, states: States, looping: bool) -> States {
        let inside = at + 1;
        match node {
            Node::Why(_) | Node::Remark(_) => states,
            Node::Do(what, other) => {
                let can_fail = self.can_fail(*what);
                self.expect(at, other.is_empty() || can_fail, "this never fails; expected no else");
                let (mut yes, no) = self.doing(*what, at, &states, looping);
                if other.is_empty() {
                    yes.extend(no);
                } else {
                    yes.extend(self.block(other, inside, no, looping));
                }
                yes
            }
            Node::If(what, then, other) => {
                let can_fail = self.can_fail(*what);
                self.expect(at, can_fail, "this never fails; expected a condition");
                self.expect(at, !(then.is_empty() && other.is_empty()), "expected something in the branch");
                let (yes, no) = self.doing(*what, at, &states, looping);
                let mut out = self.block(then, inside, yes, looping);
                let behind = inside + then.iter().map(size).sum::<usize>();
                out.extend(self.block(other, behind, no, looping));
                out
            }
            Node::EachPage(body) => {
                self.expect(at, !looping, "a loop over the pages inside a loop over the pages; expected one");
                self.expect(at, has_step(body), "a loop without a step; expected at least one in it");
                if looping { states } else { self.each_page(body, at, &states) }
            }
            Node::Next | Node::Again if !looping => {
                self.complain(at, true, "there is no round to leave here; expected it inside each_page");
                States::new()
            }
            Node::Next => {
                let over = states.iter().map(|s| self.round_over(at, s)).collect::<Vec<_>>();
                self.next.extend(over);
                States::new()
            }
            Node::Again => {
                for s in states {
                    self.expect(
                        at,
                        s.round.stepped,
                        "the round begins again without a step taken; expected one before, or it never ends",
                    );
                    let s = self.round_over(at, &s);
                    self.again.insert(s);
                }
                States::new()
            }
            Node::Return | Node::Fail => {
                for s in states {
                    let s = if looping && self.within.is_none() { self.round_over(at, &s) } else { s };
                    self.left.insert((at, *node == Node::Fail, s));
                }
                States::new()
            }
            Node::EachMapping(_) | Node::Retry | Node::Finish | Node::Jump(_) => {
                self.complain(
                    at,
                    true,
                    "not a line of collect; expected steps, calls, if, each_page, next, again, return",
                );
                states
            }
        }
    }

    fn can_fail(&self, what: Doing) -> bool {
        match what {
            Doing::Step(action) => state::can_fail(action),
            Doing::Call(name) => {
                (self.find)(name).is_none_or(|f| nodes(&f.body).iter().any(|n| matches!(n, Node::Fail)))
            }
        }
    }

    /// The states in which a step or a call succeeds, and those in which it fails.
    fn doing(&mut self, what: Doing, at: usize, states: &States, looping: bool) -> (States, States) {
        let name = match what {
            Doing::Step(action) => return self.split(action, at, states, looping),
            Doing::Call(name) => name,
        };
        // A call is walked through as if the function stood there.
        let Some(function) = (self.find)(name).filter(|_| self.depth < DEEPEST) else {
            return (states.clone(), States::new());
        };
        let outside = std::mem::take(&mut self.left);
        let within = self.within.replace(self.within.unwrap_or(at));
        self.depth += 1;
        let mut yes = self.block(&function.body, 0, states.clone(), looping);
        self.depth -= 1;
        self.within = within;
        let mut no = States::new();
        for (_, failed, s) in std::mem::replace(&mut self.left, outside) {
            if failed {
                no.insert(s)
            } else {
                yes.insert(s)
            };
        }
        (yes, no)
    }

    /// Round after round, until no new state comes up.
    fn each_page(&mut self, body: &[Node], at: usize, states: &States) -> States {
        let end = at;
        let fresh = |s: &State| State { round: Round::default(), ..*s };
        let mut seen = States::new();
        let mut out = States::new();
        let mut new: States = states.iter().map(fresh).collect();
        while !new.is_empty() {
            seen.extend(&new);
            let fallen = self.block(body, at + 1, new, true);
            let over = fallen.iter().map(|s| self.round_over(end, s)).collect::<Vec<_>>();
            out.extend(over);
            out.append(&mut self.next);
            let again = std::mem::take(&mut self.again);
            new = out.iter().chain(&again).map(fresh).filter(|s| !seen.contains(s)).collect();
        }
        if out.is_empty() && self.left.is_empty() {
            self.complain(
                at,
                true,
                "no path gets past the first page; expected next, return or the end of the round",
            );
        }
        out.iter().map(fresh).collect()
    }

    /// What must hold when a round is left, and what it leaves behind.
    fn round_over(&mut self, at: usize, s: &State) -> State {
        let r = s.round;
        let collected = r.entry == Entry::Migration;
        self.expect(
            at,
            r.entry != Entry::Cleared,
            "the entry stays empty, though the page is mapped; expected RestorePte or InstallMigrationEntry",
        );
        self.expect(
            at,
            r.unmapped == collected,
            if collected {
                "a migration entry, and the mapping still counts; expected RemoveRmap"
            } else {
                "the mapping does not count any more, and there is no migration entry; expected none or both"
            },
        );
        self.expect(
            at,
            r.locked == collected,
            if collected {
                "a migration entry, and the folio is not locked; expected it locked until migration is over"
            } else {
                "the folio stays locked, and is not collected; expected UnlockFolio before"
            },
        );
        self.expect(
            at,
            r.refs == u8::from(collected),
            if collected {
                "expected exactly the reference of one GetFolio on a collected folio"
            } else {
                "a reference stays on a folio that is not collected; expected PutFolio before"
            },
        );
        State { owed: s.owed || (collected && r.unflushed), ..*s }
    }

    /// The states in which an action succeeds, and those in which it fails.
    fn split(&mut self, action: Action, at: usize, states: &States, looping: bool) -> (States, States) {
        if let Some(refusal) = refusal::refusal(action) {
            self.complain(at, true, refusal);
        }
        if !looping && !state::of_the_range(action) {
            self.complain(at, true, "this is about a page; expected it inside each_page");
        }
        let (mut yes, mut no) = (States::new(), States::new());
        for s in states {
            let mut s = *s;
            s.round.stepped |= !action.is_local();
            self.requirements(action, at, &s, looping);
            let known = state::known(action, &s);
            if known != Some(false) {
                yes.insert(state::after(action, s));
            }
            if state::can_fail(action) && known != Some(true) {
                no.insert(state::after_failing(action, s));
            }
        }
        (yes, no)
    }

    /// What an action needs.
    fn requirements(&mut self, action: Action, at: usize, s: &State, looping: bool) {
        use Action as A;
        let r = s.round;
        match action {
            A::LockPtl => self.expect(at, !s.ptl, "the page-table lock is already held: a deadlock"),
            A::UnlockPtl => {
                self.expect(at, s.ptl, "the page-table lock is not held; expected LockPtl before");
                self.warn(
                    at,
                    r.entry != Entry::Cleared,
                    "the lock is dropped while the entry is empty: a fault maps a new page there",
                );
                let owed = s.owed || (r.unflushed && r.entry != Entry::Mapped);
                self.warn(
                    at,
                    !owed,
                    "the lock is dropped with the flush of cleared entries owed: MADV_DONTNEED can return meanwhile",
                );
            }
            A::LockFolio | A::SplitFolio => {
                self.expect(at, !s.ptl, "this sleeps, and the page-table lock is held; expected UnlockPtl before");
            }
            _ => {}
        }
        let writes = matches!(action, A::ClearPte | A::ClearPteIgnored | A::RestorePte | A::InstallMigrationEntry);
        if looping && (writes || action == A::ReadPte) {
            self.expect(at, s.ptl, "the entry is used without the page-table lock; expected LockPtl before");
        }
        if looping && state::tests_word(action) {
            self.expect(at, r.read, "no word has been read yet; expected ReadPte before");
        }
        if looping && state::needs_folio(action) {
            self.expect(at, r.folio, "no folio has been chosen yet; expected Collectable, with an else, before");
        }
        match action {
            A::TrylockFolio | A::LockFolio => {
                self.expect(at, !r.locked, "the folio is already locked here; expected it unlocked");
            }
            A::UnlockFolio => {
                self.expect(at, r.locked, "the folio is not locked here; expected TrylockFolio before")
            }
            A::SplitFolio => self.expect(at, r.locked, "expected the folio locked for the split"),
            A::PutFolio => {
                self.expect(at, r.refs > 0, "no reference of this round is left; expected GetFolio before")
            }
            A::ClearPte | A::ClearPteIgnored => {
                self.expect(at, r.entry == Entry::Mapped, "the entry is already cleared; expected that once");
                self.warn(
                    at,
                    action == A::ClearPte,
                    "the word that comes back is thrown away, and with it a late D unless the folio is marked dirty in any case",
                );
            }
            A::ReadPte => {
                self.expect(at, r.entry == Entry::Mapped, "the read takes the place of the word that was cleared");
            }
            A::ShareAnon => self.warn(
                at,
                r.entry == Entry::Cleared,
                "the page stops being exclusive while it is mapped: a pin can come until the entry is cleared",
            ),
            A::RestorePte => {
                self.expect(
                    at,
                    r.entry == Entry::Cleared && !r.unmapped,
                    "nothing to put back; expected a cleared entry whose mapping still counts",
                );
                self.warn(at, !r.shared, "the page is mapped again, maybe writable, and not exclusive any more");
            }
            A::InstallMigrationEntry => {
                self.expect(at, r.entry != Entry::Migration, "there is a migration entry already; expected one");
                self.expect(
                    at,
                    r.exclusive.is_some() || !self.tells_exclusive,
                    "the entry's kind depends on Exclusive; expected it asked on every path to here, or on none",
                );
                self.expect(
                    at,
                    r.large == Some(false),
                    "a page of a large folio cannot migrate by itself; expected LargeFolio asked on every path to here",
                );
                self.warn(
                    at,
                    r.marked || r.dirty == Some(false) || r.present == Some(false),
                    "the word that was cleared may have D, and the folio is not marked dirty yet: it has to be before the folio is unlocked",
                );
                self.warn(
                    at,
                    r.entry == Entry::Cleared,
                    "the entry is overwritten and its last word not looked at",
                );
            }
            A::RemoveRmap => self.expect(at, !r.unmapped, "the mapping is already removed; expected it once"),
            _ => {}
        }
    }
}

/// Calls in calls: more than any function has.
const DEEPEST: usize = 32;

fn has_step(body: &[Node]) -> bool {
    nodes(body).into_iter().filter_map(Node::doing).any(|what| what.action().is_none_or(|a| !a.is_local()))
}

#[cfg(test)]
mod tests;
