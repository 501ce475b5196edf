//! Pages that take the place of others, and what was never done: a page that was not filled, not given to the
//! child, not taken away.
//!
//! Of a step that is missing there is no row. To blame is the row that made its absence count: that mapped
//! the page, or let others come in.

use super::evidence::{Stored, became};
use super::{Cause, CauseKind, began};
use crate::clean_means_equal::resting;
use crate::trace::Row;
use model::{Action, Actor, Child, Flaw, Happened, Machine, OpKind, SYSTEM_FRAMES};

/// Whether a row puts another frame in the place of the one that holds a value.
pub(super) fn moves(row: &Row, of: &Stored) -> bool {
    let at = |machine| resting(machine, of.mm, of.page);
    matches!((at(&row.before), at(&row.after)), (Some(old), Some(new)) if old != new)
}

/// How a page came to hold a value again that it should not.
pub(super) fn back(rows: &[Row], got: &Stored) -> Option<Cause> {
    let cause = |at: usize, kind| Some(Cause { step: rows[at].step, kind });
    // Bytes that were in a frame before it became the page's.
    let unfilled = rows.iter().rposition(|row| {
        let filled = |frame: u8| row.after.folios.get(frame as usize).is_none_or(|f| f.uptodate());
        let new = resting(&row.after, got.mm, got.page)
            .filter(|new| Some(*new) != resting(&row.before, got.mm, got.page));
        new.is_some_and(|new| {
            !filled(new) && row.after.data(new)[got.word] == got.value && !reads_from_swap(row, new)
        })
    });
    if let Some(at) = unfilled {
        return cause(at, CauseKind::NotCopied);
    }
    let is_discarded = || {
        let kinds = [OpKind::DontNeed, OpKind::Free];
        rows.iter().any(|row| kinds.iter().any(|kind| is_call(row, got.page, *kind)))
    };
    if let Some(at) = became(rows, got) {
        let kind = if moves(&rows[at], got) { CauseKind::NotCopied } else { CauseKind::MappedAgain };
        return (kind == CauseKind::NotCopied || is_discarded()).then(|| cause(at, kind))?;
    }
    let discard = |row: &Row| is_call(row, got.page, OpKind::DontNeed);
    let returned = rows.iter().rposition(|row| row.event.returned && discard(row)).filter(|_| got.mm == 0)?;
    let all_along = (began(rows, returned)..=returned).all(|at| got.is_in(&rows[at].after));
    if all_along { let_stand(rows, returned) } else { None }
}

/// Whether a frame is in the swap cache, and what it will hold is not read yet.
fn reads_from_swap(row: &Row, frame: u8) -> bool {
    (frame as usize) < SYSTEM_FRAMES && row.after.folios[frame as usize].swapcache()
}

/// The rows of the fork that made the child: the first, and the one that lets the child run. None of a value
/// that was stored later.
fn fork(rows: &[Row], of: &Stored, store: Option<usize>) -> Option<(usize, usize)> {
    let runs = |row: &Row| row.before.child != Child::Alive && row.after.child == Child::Alive;
    let forked = rows.iter().rposition(runs).filter(|_| of.mm == 1)?;
    let begun = began(rows, forked);
    (store.is_none_or(|store| store < begun) && !of.is_in(&rows[forked].after)).then_some((begun, forked))
}

fn parent_had(row: &Row, of: &Stored) -> bool {
    Stored { mm: 0, ..*of }.is_in(&row.before)
}

/// The first row of a fork at which the parent did not have a value any more that it had stored.
pub(super) fn forked_without(rows: &[Row], of: &Stored, store: Option<usize>) -> Option<usize> {
    let (begun, _) = fork(rows, of, store)?;
    let lost = || super::evidence::lost(&rows[..begun], &Stored { mm: 0, ..*of }, store.unwrap_or(0));
    (!parent_had(&rows[begun], of) && lost().is_some()).then_some(begun)
}

/// The fork after which the child did not have what its parent's page held.
pub(super) fn not_inherited(rows: &[Row], of: &Stored, store: Option<usize>) -> Option<Cause> {
    let (begun, forked) = fork(rows, of, store)?;
    if !parent_had(&rows[begun], of) {
        return None;
    }
    let is_there = |machine| resting(machine, 1, of.page).is_some();
    let mapped = (begun..=forked).rev().find(|&at| !is_there(&rows[at].before) && is_there(&rows[at].after));
    let cause = |at: usize, kind| Some(Cause { step: rows[at].step, kind });
    match mapped {
        Some(at) => cause(at, CauseKind::NotCopied),
        None => cause(unlock(rows, begun, forked, 1).unwrap_or(forked), CauseKind::NotInherited),
    }
}

/// The call that should have taken away what the access of row `at` still finds in the page table.
pub(super) fn not_revoked(rows: &[Row], at: usize) -> Option<Cause> {
    let (page, store) = match rows[at].event.happened {
        Happened::Load { mm: 0, page, .. } => (page as usize, false),
        Happened::Store { mm: 0, page, .. } => (page as usize, true),
        _ => return None,
    };
    let revokes = |row: &Row| {
        let protects = store && row.after.vma_read_only(0, page) && is_call(row, page, OpKind::Protect);
        row.event.returned && (protects || is_call(row, page, OpKind::DontNeed))
    };
    let returned = rows[..at].iter().rposition(revokes)?;
    // Nothing but the hardware has changed the entry since, and the call has put back what it found.
    let entry = |m: &Machine| Some(m.pte[0][page]).filter(|pte| pte.is_present());
    let plain = |m: &Machine| entry(m).map(|pte| pte.with_accessed(true).with_dirty(true));
    let same = |m: &Machine| plain(m).is_some() && plain(m) == plain(&rows[at].before);
    let stands = same(&rows[began(rows, returned)].before) && (returned..at).all(|at| same(&rows[at].after));
    if stands {
        return let_stand(rows, returned);
    }
    // Somebody has made an entry since that allows it, whatever the call did to the one that it found.
    let allows = |m: &Machine| entry(m).is_some_and(|pte| !store || pte.write());
    let allowed = (returned..at).rev().find(|&at| !allows(&rows[at].before) && allows(&rows[at].after))?;
    let by = rows[allowed].event.transition.actor()?;
    let changed = |at: &usize| !rows[*at].before.vma_read_only(0, page) && rows[*at].after.vma_read_only(0, page);
    let changed = (began(rows, returned)..=returned).find(changed).filter(|&at| {
        let other = &rows[at].after.actors[by];
        other.has(Actor::MMAP_READ) && other.op == rows[allowed].before.actors[by].op
    });
    Some(match changed {
        Some(at) => Cause { step: rows[at].step, kind: CauseKind::NotExcluded },
        None => Cause { step: rows[allowed].step, kind: CauseKind::MappedAgain },
    })
}

/// A call lets an entry stand: where it gives up the page table for the last time, else where it returns.
fn let_stand(rows: &[Row], returned: usize) -> Option<Cause> {
    let at = unlock(rows, began(rows, returned), returned, 0).unwrap_or(returned);
    Some(Cause { step: rows[at].step, kind: CauseKind::NotRevoked })
}

fn is_call(row: &Row, page: usize, kind: OpKind) -> bool {
    row.event.op.is_some_and(|op| op.kind == kind && op.arg as usize == page)
}

/// The last row of an operation, between two of its rows, that drops a page-table lock.
fn unlock(rows: &[Row], from: usize, to: usize, mm: usize) -> Option<usize> {
    let by = rows[to].event.transition;
    let owner = by.actor()? as u8 + 1;
    let drops = |row: &Row| row.event.transition == by && row.before.ptl[mm] == owner && row.after.ptl[mm] == 0;
    (from..=to).rev().find(|&at| drops(&rows[at]))
}

/// The first row that writes the page table without its lock, or releases the lock of another: whatever is
/// lost behind it may be lost to that.
pub(super) fn out_of_turn(rows: &[Row]) -> Option<Cause> {
    let flawed = |row: &&Row| match row.event.flaw {
        Some(Flaw::PteWithoutLock) => true,
        Some(Flaw::NotLockOwner) => row.action == Some(Action::UnlockPtl),
        _ => false,
    };
    rows.iter().find(flawed).map(|row| Cause { step: row.step, kind: CauseKind::BrokeRule })
}
