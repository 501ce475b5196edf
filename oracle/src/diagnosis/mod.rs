//! What went wrong in an execution, and which step is to blame: symptom and cause of a finding.
//!
//! Both are derived from the steps of the execution alone, never from the name of a function, a version or a scenario. The symptom is
//! what was observed. The cause is the step that destroyed the last record of a store ([`evidence`]), or that gave up what kept
//! others out (the page-table lock, the call itself, the frame) while a CPU still held a translation that the page table no longer
//! had ([`translation`]).
//!
//! Does not claim: that mending the cause would mend the version. Where the steps do not tell, there is no cause.

mod evidence;
mod translation;

use crate::finding::{Finding, Rule};
use crate::trace::Row;
use evidence::Stored;
use model::{Child, Flaw, Happened, World};

pub use translation::GivenUp;

/// What was observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Symptom {
    /// A store went where it belonged, and a later load does not see it.
    LostWrite,
    /// A load went through a translation that the page table no longer had, or returned what a discard had taken away.
    StaleLoad,
    /// A store went through a translation that the page table no longer had.
    StaleStore,
    /// A load or store reached a frame that had been given back to the allocator, or a frame was given back that a CPU could store to.
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
    /// It let others in, returned or freed the page while a CPU still had a translation that had been taken out of the page table.
    FlushOwed {
        /// How it let go.
        given_up: GivenUp,
        /// The CPU that still had it.
        cpu: usize,
        /// The step that had taken the translation out of the page table, or write permission or D out of the entry.
        cleared: u32,
    },
    /// The CPU stored through a clean translation without setting D in the page table: the processor breaks the contract.
    StoredWithoutDirty,
    /// It threw the page away although the page was known to be newer than its backing.
    DataDropped,
    /// It mapped a page again that a discard had taken away.
    MappedAgain,
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
pub(crate) fn diagnose(world: &World, rows: &[Row], finding: &Finding) -> Diagnosis {
    let end = (finding.step() as usize).min(rows.len());
    let rows = &rows[..end];
    match *finding {
        Finding::WrongValue { stale: true, .. } => access(rows, Symptom::StaleLoad),
        Finding::WrongValue { mm, page, word, got, legal, .. } => {
            wrong_value(world, rows, &Stored { mm, page, word, value: legal.last }, got)
        }
        Finding::CleanButNewer { mm, page, word, legal, .. } => {
            let of = Stored { mm, page, word, value: legal.last };
            let store = last_store(rows, &of);
            let dropped = evidence::dropped(world, rows, &of, store.unwrap_or(0), end);
            let cause = dropped.and_then(|at| unrecorded(rows, store, at));
            let known = Cause { step: finding.step(), kind: CauseKind::DirtyBitDropped };
            Diagnosis {
                symptom: Symptom::DirtyBitLost,
                cause: Some(cause.unwrap_or(known)),
                store: store.map(|at| rows[at].step),
                lost: None,
            }
        }
        Finding::Revoked { .. } => {
            let store = matches!(rows.last().map(|r| r.event.happened), Some(Happened::Store { .. }));
            access(rows, if store { Symptom::StaleStore } else { Symptom::StaleLoad })
        }
        Finding::Broken { rule, .. } => broken(rows, rule),
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
        cause: owed.and_then(|owed| owed.cause),
        store,
        lost: None,
    }
}

/// A load returned `got` where it should have returned what `of` says.
fn wrong_value(world: &World, rows: &[Row], of: &Stored, got: u8) -> Diagnosis {
    let store = last_store(rows, of);
    let step = |at: usize| rows[at].step;
    // A value that nobody stored in this address space, or that a discard took away, is there again.
    if let Some(foreign) = foreign_store(rows, &Stored { value: got, ..*of }) {
        let owed = translation::owed(rows, foreign);
        return Diagnosis {
            symptom: Symptom::SharedStore,
            cause: owed.and_then(|owed| owed.cause),
            store: Some(step(foreign)),
            lost: None,
        };
    }
    if of.value == 0 && store.is_none() {
        let again = evidence::became(rows, &Stored { value: got, ..*of });
        let cause = again.map(|at| Cause { step: step(at), kind: CauseKind::MappedAgain });
        return Diagnosis { symptom: Symptom::StaleLoad, cause, store: None, lost: None };
    }
    let lost = evidence::lost(rows, of, store.unwrap_or(0));
    // A store between the change of an entry and its flush is in order, as long as nobody has let go of what keeps others out.
    let stale = store.filter(|&at| translation::is_stale(&rows[at])).and_then(|at| translation::owed(rows, at));
    if let Some(owed) = stale.filter(|owed| owed.cause.is_some() || owed.freed) {
        return Diagnosis {
            symptom: if owed.freed { Symptom::FreedWhileReachable } else { Symptom::StaleStore },
            cause: owed.cause,
            store: store.map(step),
            lost: lost.map(step),
        };
    }
    let dropped = lost.and_then(|at| evidence::dropped(world, rows, of, store.unwrap_or(0), at));
    let cause = match (dropped, lost) {
        (Some(at), _) => unrecorded(rows, store, at),
        (None, Some(at)) => Some(Cause { step: step(at), kind: CauseKind::DataDropped }),
        (None, None) => None,
    };
    Diagnosis { symptom: Symptom::LostWrite, cause, store: store.map(step), lost: lost.map(step) }
}

/// The cause if row `at` is the first from which on nothing recorded the store: that step, unless the store itself left no record.
fn unrecorded(rows: &[Row], store: Option<usize>, at: usize) -> Option<Cause> {
    if store != Some(at) {
        return Some(Cause { step: rows[at].step, kind: CauseKind::DirtyBitDropped });
    }
    // The translation said that D was set already. Whoever cleared D owes the flush; if nobody did, the CPU is at fault.
    let owed = translation::owed(rows, at).and_then(|owed| owed.cause);
    Some(owed.unwrap_or(Cause { step: rows[at].step, kind: CauseKind::StoredWithoutDirty }))
}

fn broken(rows: &[Row], rule: Rule) -> Diagnosis {
    let nothing = Diagnosis { symptom: Symptom::RuleBroken(rule), cause: None, store: None, lost: None };
    let Some(row) = rows.last() else { return nothing };
    match rule {
        Rule::Flaw(Flaw::FreedWhileWritable) => {
            let cause = translation::owed_of_freed(rows);
            let freeing = Cause { step: row.step, kind: CauseKind::BrokeRule };
            Diagnosis { symptom: Symptom::FreedWhileReachable, cause: Some(cause.unwrap_or(freeing)), ..nothing }
        }
        // Of what never happens no step is at fault, and of what is left over at the end another one than the last.
        Rule::Deadlock | Rule::Livelock | Rule::LeakedReference | Rule::Impossible => nothing,
        _ => Diagnosis { cause: Some(Cause { step: row.step, kind: CauseKind::BrokeRule }), ..nothing },
    }
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

/// The store of another address space to the frame that the last row loads from.
fn foreign_store(rows: &[Row], of: &Stored) -> Option<usize> {
    let Happened::Load { frame, .. } = rows.last()?.event.happened else { return None };
    rows.iter().rposition(|r| match r.event.happened {
        Happened::Store { mm, page, frame: stored, value } => {
            let there = mm as usize != of.mm && r.after.child == Child::Alive && stored == frame;
            there && (page as usize, value) == (of.page, of.value) && r.event.transition.actor() == Some(of.word)
        }
        _ => false,
    })
}
