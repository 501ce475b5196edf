//! What went wrong in an execution, and which step is to blame: symptom and cause of a finding.
//!
//! Both are derived from the steps of the execution alone, never from the name of a function, a version or a
//! scenario. The symptom is what was observed. The cause is the step that destroyed the last record of a
//! store ([`evidence`]), or that gave up what kept others out (the page-table lock, the call itself, the
//! frame) while a CPU still held a translation that the page table no longer had ([`translation`]).
//!
//! A step in front of a store is its cause only if it left something behind that the store went through: a
//! translation, D in it, or the hold of a device. Whoever drops the page-table lock while others can tell
//! that a flush is to come has not let go yet. While an mmu gather is open that is the cause all the same
//! where the page has gone elsewhere in between, and no other step is to blame; reclaim's batch is for others
//! to ask for, and what they do without asking is theirs.
//!
//! Does not claim: that mending the cause would mend the version. Where the steps do not tell, there is no
//! cause.

mod copies;
mod evidence;
mod hands;
mod translation;

use crate::clean_means_equal::resting;
use crate::finding::{Finding, Rule};
use crate::livelock::Cycle;
use crate::owed::without_promise;
use crate::trace::Row;
use evidence::Stored;
use model::{Action, Actor, Child, Flaw, Happened, World, ZERO_FRAME};
use translation::Owed;

pub use translation::GivenUp;

/// What was observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Symptom {
    /// A store went where it belonged, and a later load does not see it.
    LostWrite,
    /// A load went through a translation that the page table no longer had, or returned what a discard had
    /// taken away.
    StaleLoad,
    /// A store went through a translation that the page table no longer had.
    StaleStore,
    /// An access did what a call that has returned takes away, and the page table still allowed it.
    Unrevoked,
    /// A load or store reached a frame that had been given back to the allocator, or a frame was given back
    /// that a CPU could reach.
    FreedWhileReachable,
    /// A store of one process shows in another.
    SharedStore,
    /// A page looks clean that is newer than its backing. No load has shown it yet.
    DirtyBitLost,
    /// A rule of the kernel is broken; deadlock and livelock are such rules.
    RuleBroken(Rule),
}

/// Why it happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cause {
    /// The step at fault, from 1.
    pub step: u32,
    /// What it did.
    pub kind: CauseKind,
}

/// What the step at fault did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CauseKind {
    /// It destroyed the last record that the page is newer than its backing.
    DirtyBitDropped,
    /// It let others in, returned or freed the page while a CPU still had a translation that had been taken
    /// out of the page table.
    FlushOwed {
        /// How it let go.
        given_up: GivenUp,
        /// The CPU that still had it.
        cpu: usize,
        /// The step that had taken the translation out of the page table, or write permission or D out of the
        /// entry.
        cleared: u32,
    },
    /// The CPU stored through a clean translation without setting D in the page table: the processor breaks
    /// the contract.
    StoredWithoutDirty,
    /// It threw the page away although the page was known to be newer than its backing.
    DataDropped,
    /// It took the page away while a device held it for write.
    HeldPageTaken,
    /// It kept a hold of a page that was no longer mapped there: a device stores to the wrong page.
    StaleHold,
    /// It gave back what a call had taken away: a page that a discard had, or the write permission that
    /// mprotect had.
    MappedAgain,
    /// It changed what a mapping allows while a fault that had seen the old state was still under way.
    NotExcluded,
    /// It put another page in the place of this one, or a copy of it into a child, that does not hold what it
    /// held.
    NotCopied,
    /// It let a child run, or its fork give up the page table, without the page.
    NotInherited,
    /// It returned or gave up the page table, and the entry still allows what the call takes away.
    NotRevoked,
    /// It left a page writable in one process that others have too: another process, or all, as the zero page.
    SharedWritable,
    /// It took a page for one process's own, or left it so, that others have too or can get.
    NotExclusive,
    /// It goes back to where it came from, and so does everybody else, for ever.
    GoesRound {
        /// The first step of the first round.
        since: u32,
    },
    /// It broke the rule.
    BrokeRule,
}

/// Symptom and cause of a finding, with the steps between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// What was observed.
    pub symptom: Symptom,
    /// Why; `None` if the steps do not tell.
    pub cause: Option<Cause>,
    /// The store that the finding is about, if it is about one.
    pub store: Option<u32>,
    /// The step after which no copy of the stored value was left where the page is.
    pub lost: Option<u32>,
}

/// Diagnoses a finding from the execution that has it.
pub(crate) fn diagnose(world: &World, rows: &[Row], finding: &Finding, cycle: Option<Cycle>) -> Diagnosis {
    let end = (finding.step() as usize).min(rows.len());
    let rows = &hands::fruitful(&rows[..end])[..];
    match *finding {
        Finding::WrongValue { stale: true, .. } => access(rows, Symptom::StaleLoad),
        Finding::WrongValue { mm, page, word, got, legal, .. } => {
            wrong_value(world, rows, &Stored { mm, page, word, value: legal.last }, got)
        }
        Finding::CleanButNewer { mm, page, word, legal, .. } => {
            clean_but_newer(world, rows, &Stored { mm, page, word, value: legal.last }, finding.step())
        }
        Finding::Revoked { .. } => {
            let store = matches!(rows.last().map(|r| r.event.happened), Some(Happened::Store { .. }));
            let stale = rows.last().is_some_and(translation::is_stale);
            access(
                rows,
                match (stale, store) {
                    (false, _) => Symptom::Unrevoked,
                    (true, true) => Symptom::StaleStore,
                    (true, false) => Symptom::StaleLoad,
                },
            )
        }
        Finding::Broken { rule, .. } => broken(rows, rule, cycle),
    }
}

/// A clean page is not what its backing holds. If the page itself does not hold what was stored either, the
/// store went astray, and the flags of the folio have nothing to do with it.
fn clean_but_newer(world: &World, rows: &[Row], of: &Stored, step: u32) -> Diagnosis {
    if let Some(last) = rows.last().filter(|last| !of.is_in(&last.after)) {
        let got = last.after.content(of.mm, of.page)[of.word];
        let diagnosis = wrong_value(world, rows, of, got);
        // No load has shown it yet.
        let symptom = match diagnosis.symptom {
            Symptom::LostWrite => Symptom::DirtyBitLost,
            symptom => symptom,
        };
        return Diagnosis { symptom, ..diagnosis };
    }
    let store = last_store(rows, of);
    let cause = unrecorded(world, rows, of, store, rows.len());
    let cause = cause.unwrap_or(Cause { step, kind: CauseKind::DirtyBitDropped });
    let astray = matches!(cause.kind, CauseKind::FlushOwed { .. });
    Diagnosis {
        symptom: if astray { Symptom::StaleStore } else { Symptom::DirtyBitLost },
        cause: Some(cause),
        store: store.map(|at| rows[at].step),
        lost: None,
    }
}

/// An access through a translation that was no longer there: the last step.
fn access(rows: &[Row], symptom: Symptom) -> Diagnosis {
    let Some(at) = rows.len().checked_sub(1) else {
        return Diagnosis { symptom, cause: None, store: None, lost: None };
    };
    let owed = translation::owed(rows, at);
    let store = matches!(rows[at].event.happened, Happened::Store { .. }).then(|| rows[at].step);
    let freed = owed.is_some_and(|owed| owed.freed);
    Diagnosis {
        symptom: if freed { Symptom::FreedWhileReachable } else { symptom },
        cause: owed.and_then(|owed| owed.cause.or(owed.deferred)).or_else(|| copies::not_revoked(rows, at)),
        store,
        lost: None,
    }
}

/// A load returned `got` where it should have returned what `of` says.
fn wrong_value(world: &World, rows: &[Row], of: &Stored, got: u8) -> Diagnosis {
    let store = last_store(rows, of);
    // What the parent had lost before it forked the child never had.
    if let Some(forked) = copies::forked_without(rows, of, store) {
        return wrong_value(world, &rows[..forked], &Stored { mm: 0, ..*of }, got);
    }
    let step = |at: usize| rows[at].step;
    // A value that nobody stored in this address space, or that a discard took away, is there again.
    let lost = evidence::lost(rows, of, store.unwrap_or(0));
    let overwritten = || {
        lost.filter(|&at| matches!(rows[at].event.happened, Happened::Store { mm, .. } if mm as usize != of.mm))
    };
    if let Some(foreign) = foreign_store(rows, &Stored { value: got, ..*of }).or_else(overwritten) {
        let owed = translation::owed(rows, foreign);
        let deferred = owed.and_then(|owed| owed.deferred);
        let shared = || translation::shared_writable(rows, foreign);
        return Diagnosis {
            symptom: Symptom::SharedStore,
            cause: owed.and_then(|owed| owed.cause).or_else(shared).or(deferred),
            store: Some(step(foreign)),
            lost: None,
        };
    }
    if of.value == 0 && store.is_none() {
        let back = || copies::back(rows, &Stored { value: got, ..*of });
        let cause = copies::out_of_turn(rows).or_else(back);
        return Diagnosis { symptom: Symptom::StaleLoad, cause, store: None, lost: None };
    }
    // A store between the change of an entry and its flush is in order, as long as nobody has let go of what
    // keeps others out.
    let stale = store.filter(|&at| translation::is_stale(&rows[at])).and_then(|at| translation::owed(rows, at));
    let astray = |owed: Owed, cause| Diagnosis {
        symptom: if owed.freed { Symptom::FreedWhileReachable } else { Symptom::StaleStore },
        cause: Some(cause),
        store: store.map(step),
        lost: lost.map(step),
    };
    if let Some((owed, at)) = stale.zip(store)
        && let Some(cause) = let_go(world, rows, of, at, &owed)
    {
        return astray(owed, cause);
    }
    // What is stored to the zero page is nowhere.
    let nowhere = store.filter(|&at| matches!(rows[at].event.happened, Happened::Store { frame: ZERO_FRAME, .. }));
    if let Some(cause) = nowhere.and_then(|store| translation::shared_writable(rows, store)) {
        return Diagnosis { symptom: Symptom::LostWrite, cause: Some(cause), store: store.map(step), lost: None };
    }
    let recorded = lost.and_then(|at| unrecorded(world, rows, of, store, at));
    // Somebody came in before the flush and copied the page, and the store came behind that.
    let copied = |lost: usize| {
        let before = store.and_then(|store| rows.get(began(rows, lost)..store));
        before.is_some_and(|before| has_copied(before, &rows[lost]))
    };
    // D of the store was in the entry, and went with the page: the data came too late to be missed.
    let thrown_away = store.filter(|_| stale.is_some() && lost.is_none()).and_then(|store| {
        let before = began(rows, store)..store;
        before.rev().find(|&at| evidence::throws_record_away(world, &rows[at], &rows[store]))
    });
    if let Some(at) = thrown_away {
        let cause = Some(Cause { step: step(at), kind: CauseKind::DirtyBitDropped });
        return Diagnosis { symptom: Symptom::LostWrite, cause, store: store.map(step), lost: None };
    }
    if let Some((owed, deferred)) = stale.and_then(|owed| owed.deferred.map(|cause| (owed, cause)))
        && recorded.map_or_else(|| lost.is_none_or(copied), |cause| cause == deferred)
    {
        return astray(owed, deferred);
    }
    let dropped = || {
        let at = lost?;
        let kind = if copies::moves(&rows[at], of) { CauseKind::NotCopied } else { CauseKind::DataDropped };
        Some(Cause { step: step(at), kind })
    };
    let inherited = || copies::not_inherited(rows, of, store).filter(|_| lost.is_none());
    let taken = store.and_then(|at| translation::taken_from_holder(rows, at));
    let taken = taken.map(|at| Cause { step: step(at), kind: CauseKind::HeldPageTaken });
    let held = || {
        let at = translation::stale_hold(rows, store?)?;
        Some(Cause { step: step(at), kind: CauseKind::StaleHold })
    };
    let cause = recorded.or_else(|| copies::out_of_turn(rows)).or_else(dropped);
    let cause = cause.or(taken).or_else(held).or_else(inherited);
    // Whoever has isolated the old page may have what was written to it, for all that is worth.
    let lost = lost.filter(|_| cause.is_none_or(|cause| cause.kind != CauseKind::NotCopied));
    Diagnosis { symptom: Symptom::LostWrite, cause, store: store.map(step), lost: lost.map(step) }
}

/// Whether the actor of a row copies a page in earlier rows.
fn has_copied(rows: &[Row], by: &Row) -> bool {
    let own = |r: &&Row| r.event.transition == by.event.transition;
    rows.iter().filter(own).any(|r| matches!(r.action, Some(Action::CopyFolio | Action::CopyToDst)))
}

/// Who let go with the flush owed of the translation that the store of row `at` went through. Not if a flush
/// in time would not have helped: the store was under way by then, without a record, and came to where the
/// page still was. A discard that has not returned yet may take such a store.
fn let_go(world: &World, rows: &[Row], of: &Stored, at: usize, owed: &Owed) -> Option<Cause> {
    let cause = owed.cause?;
    let let_go = &rows[cause.step as usize - 1];
    let recorded = || evidence::is_recorded(world, &without_promise(&let_go.after, of.word), of);
    let by_discard =
        |row: &Row| row.event.transition.actor().is_some_and(|by| row.before.actors[by].has(Actor::DISCARDING));
    let not_helped = !owed.freed
        && under_way(rows, at, let_go)
        && of.is_in(&rows[at].after)
        && !by_discard(&rows[owed.cleared])
        && !recorded();
    (!not_helped).then_some(cause)
}

/// Whether the access of row `at` had got its translation after an earlier row. The CPU answers a flush
/// behind the access.
fn under_way(rows: &[Row], at: usize, then: &Row) -> bool {
    let Some(cpu) = rows[at].event.transition.actor() else { return false };
    let then = &then.after.actors[cpu];
    then.has(Actor::MID_ACCESS) && then.op == rows[at].before.actors[cpu].op
}

/// The cause of a store that nothing recorded any more before row `end`. D is set before the data are stored,
/// so that the record may be gone by the time of the store: the search goes back to where the storing
/// operation began.
fn unrecorded(world: &World, rows: &[Row], of: &Stored, store: Option<usize>, end: usize) -> Option<Cause> {
    let cause = |at: usize, kind| Some(Cause { step: rows[at].step, kind });
    let from = store.map_or(0, |at| began(rows, at));
    let at = evidence::dropped(world, rows, of, from, end)?;
    let Some(store) = store.filter(|&store| at < store || !evidence::is_recorded(world, &rows[at].before, of))
    else {
        return cause(at, CauseKind::DirtyBitDropped);
    };
    // The store itself left no record. If the translation said that D was set, somebody had taken it out of
    // the entry, and may owe the flush; if not, the CPU is at fault.
    let owed = translation::owed(rows, store);
    let let_go = owed.and_then(|owed| let_go(world, rows, of, store, &owed));
    // The D of the store may have been in the entry already.
    let under_way =
        || evidence::drops_dirty(world, &rows[at], of).then(|| cause(at, CauseKind::DirtyBitDropped))?;
    let cleaned = || cause(translation::cleaned(rows, store)?, CauseKind::DirtyBitDropped);
    let deferred = owed.and_then(|owed| owed.deferred);
    let_go.or_else(under_way).or(deferred).or_else(cleaned).or_else(|| cause(store, CauseKind::StoredWithoutDirty))
}

/// The first row of the operation that row `at` belongs to.
fn began(rows: &[Row], at: usize) -> usize {
    let Some(actor) = rows[at].event.transition.actor() else { return at };
    let nth = rows[at].before.actors[actor].op;
    let own = |r: &Row| r.event.transition.actor() == Some(actor);
    let first = rows[..at].iter().rposition(|r| own(r) && r.before.actors[actor].op != nth);
    (first.map_or(0, |before| before + 1)..at).find(|&n| own(&rows[n])).unwrap_or(at)
}

fn broken(rows: &[Row], rule: Rule, cycle: Option<Cycle>) -> Diagnosis {
    let nothing = Diagnosis { symptom: Symptom::RuleBroken(rule), cause: None, store: None, lost: None };
    let Some(row) = rows.last() else { return nothing };
    match rule {
        Rule::Flaw(Flaw::FreedWhileWritable | Flaw::FreedWhileReadable) => {
            let cause = translation::owed_of_freed(rows);
            let freeing = Cause { step: row.step, kind: CauseKind::BrokeRule };
            Diagnosis { symptom: Symptom::FreedWhileReachable, cause: Some(cause.unwrap_or(freeing)), ..nothing }
        }
        Rule::Livelock => Diagnosis { cause: cycle.map(|cycle| goes_round(rows, cycle)), ..nothing },
        // Of what never happens no step is at fault, and of what is left over at the end another one than the
        // last.
        Rule::Deadlock | Rule::LeakedReference | Rule::Impossible => nothing,
        _ => Diagnosis { cause: Some(Cause { step: row.step, kind: CauseKind::BrokeRule }), ..nothing },
    }
}

/// The step of a round that turns back: the first of an operation that begins again, else the last of the
/// round.
fn goes_round(rows: &[Row], cycle: Cycle) -> Cause {
    let since = cycle.since as usize - 1;
    let retried = rows[since..].iter().find(|row| row.event.retried);
    let step = retried.map_or(cycle.end(), |row| row.step);
    Cause { step, kind: CauseKind::GoesRound { since: cycle.since } }
}

/// The last store of a value; of a child also one that its parent did before it forked.
fn last_store(rows: &[Row], of: &Stored) -> Option<usize> {
    rows.iter().rposition(|r| match r.event.happened {
        Happened::Store { mm, page, value, .. } => {
            let here = mm as usize == of.mm || (of.mm == 1 && r.after.child != Child::Alive);
            here && (page as usize, value) == (of.page, of.value) && r.event.transition.actor() == Some(of.word)
        }
        _ => false,
    })
}

/// The store of another address space to the frame that the last row loads from, or that the page is in.
fn foreign_store(rows: &[Row], of: &Stored) -> Option<usize> {
    let last = rows.last()?;
    let frame = match last.event.happened {
        Happened::Load { frame, .. } => frame,
        _ => resting(&last.after, of.mm, of.page)?,
    };
    rows.iter().rposition(|r| match r.event.happened {
        Happened::Store { mm, page, frame: stored, value } => {
            let there = mm as usize != of.mm && r.after.child == Child::Alive && stored == frame;
            there && (page as usize, value) == (of.page, of.value) && r.event.transition.actor() == Some(of.word)
        }
        _ => false,
    })
}
