//! Which step left a CPU with a translation that the page table no longer had.

use super::{Cause, CauseKind};
use crate::clean_means_equal::resting;
use crate::owed::is_told;
use crate::trace::Row;
use model::{ACTORS, Action, Actor, Child, Frame, Happened, MMS, Machine, OpKind, PAGES, Pte, ZERO_FRAME};

/// How somebody let go of what kept others out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GivenUp {
    /// The page-table lock was dropped.
    Lock,
    /// The mmu gather ended.
    Gather,
    /// The system call returned.
    Call,
    /// The page was written out, and may be thrown away without a look at what comes later.
    Io,
    /// The frame was given back to the allocator.
    Frame,
    /// Another page was mapped in its place.
    Map,
}

/// What is known of a translation that a CPU should not have had any more.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owed {
    /// The row that took the translation's permission out of the page table.
    pub cleared: usize,
    /// The step that let go while the flush was owed.
    pub cause: Option<Cause>,
    /// The step that dropped the page-table lock while an open mmu gather, or a lock that they wait for, told
    /// others that a flush was to come.
    pub deferred: Option<Cause>,
    /// The frame was given back to the allocator before the access.
    pub freed: bool,
}

/// A translation that a CPU has cached.
#[derive(Clone, Copy)]
struct Cached {
    cpu: usize,
    mm: usize,
    page: usize,
    frame: Frame,
    write: bool,
    dirty: bool,
}

impl Cached {
    /// Whether the page table still allows what the translation does.
    fn backed(&self, machine: &Machine) -> bool {
        let pte = machine.pte[self.mm][self.page];
        let maps = pte.is_present() && pte.frame() == self.frame;
        maps && (!self.write || pte.write()) && (!self.dirty || pte.dirty())
    }

    /// Whether the CPU has it.
    fn is_in(&self, machine: &Machine) -> bool {
        let entry = machine.tlb[self.cpu][self.mm][self.page];
        let mid_access = || {
            let actor = &machine.actors[self.cpu];
            let here = (actor.mm as usize, actor.page as usize) == (self.mm, self.page);
            actor.has(Actor::MID_ACCESS) && here && actor.folio == self.frame
        };
        let allows = (!self.write || entry.write()) && (!self.dirty || entry.dirty());
        (entry.valid() && entry.frame() == self.frame && allows) || mid_access()
    }
}

/// The translation that the access of a row went through; none if it was no CPU's.
fn used(row: &Row) -> Option<Cached> {
    if !is_by_cpu(row) {
        return None;
    }
    let (mm, page, frame, store) = match row.event.happened {
        Happened::Load { mm, page, frame, .. } => (mm, page, frame, false),
        Happened::Store { mm, page, frame, .. } => (mm, page, frame, true),
        Happened::Nothing => return None,
    };
    let cpu = row.event.transition.actor()?;
    let entry = row.before.tlb[cpu][mm as usize][page as usize];
    let dirty = store && entry.valid() && entry.dirty();
    Some(Cached { cpu, mm: mm.into(), page: page.into(), frame, write: store, dirty })
}

/// Whether the access of a row went through a translation that the page table no longer had, or no longer
/// allowed to write through.
pub(super) fn is_stale(row: &Row) -> bool {
    used(row).is_some_and(|cached| !Cached { dirty: false, ..cached }.backed(&row.before))
}

/// Whether the access of a row is a user thread's. A device reaches a page through what it holds.
pub(super) fn is_by_cpu(row: &Row) -> bool {
    row.event.op.is_some_and(|op| op.kind.accesses())
}

/// Who owed the flush of the translation that the access of row `at` went through. What it was allowed to do
/// may have gone from the page table in two steps: first D, then the rest.
pub(super) fn owed(rows: &[Row], at: usize) -> Option<Owed> {
    let cached = used(&rows[at])?;
    let owed = |cached| Some(followed(rows, cleared(rows, at, cached)?, at, cached));
    // A page is freed because nothing maps it any more, whatever became of its entry before that.
    let unmapped = owed(Cached { write: false, dirty: false, ..cached }).filter(|owed| owed.freed);
    let less = [cached, Cached { dirty: false, ..cached }].into_iter().filter_map(owed);
    unmapped.or_else(|| less.max_by_key(|owed| owed.cause.is_some()))
}

/// The row that took D out of the entry, if the store of row `at` went through a translation that says D is
/// set.
pub(super) fn cleaned(rows: &[Row], at: usize) -> Option<usize> {
    let cached = used(&rows[at]).filter(|cached| cached.dirty)?;
    cleared(rows, at, cached)
}

/// Who owed the flush of a translation to the frame that the last row gives back.
pub(super) fn owed_of_freed(rows: &[Row]) -> Option<Cause> {
    let at = rows.len() - 1;
    let before = &rows[at].before;
    for cpu in 0..ACTORS {
        for (mm, page) in (0..MMS).flat_map(|mm| (0..PAGES).map(move |page| (mm, page))) {
            let entry = before.tlb[cpu][mm][page];
            let cached = Cached { cpu, mm, page, frame: entry.frame(), write: false, dirty: false };
            if entry.valid() && frees(&rows[at], entry.frame()) {
                let cause = cleared(rows, at, cached).and_then(|c| followed(rows, c, rows.len(), cached).cause);
                if cause.is_some() {
                    return cause;
                }
            }
        }
    }
    None
}

/// The row that left the page of the store of row `at` writable while others have it too, as they always have
/// the zero page: maps it, or finds it in the swap cache. Where the page had been taken for this process's
/// alone before that, the row that did so or left it so.
pub(super) fn shared_writable(rows: &[Row], at: usize) -> Option<Cause> {
    let stored = used(&rows[at])?;
    let is_elsewhere = |machine: &Machine| {
        let mut others = (0..MMS).filter(|mm| *mm != stored.mm);
        let has = |mm: usize| (0..PAGES).any(|page| resting(machine, mm, page) == Some(stored.frame));
        stored.frame == ZERO_FRAME || others.any(has)
    };
    let is_shared = |m: &Machine| Cached { dirty: false, ..stored }.backed(m) && is_elsewhere(m);
    // Under the page-table lock an entry may be taken out and put back.
    let apart = |r: &Row| r.after.ptl[stored.mm] == 0 && !is_shared(&r.after);
    let since = rows[..at].iter().rposition(apart).map_or(0, |apart| apart + 1);
    let shared = (since..at).find(|&n| !is_shared(&rows[n].before) && is_shared(&rows[n].after))?;
    // PG_anon_exclusive goes before the page leaves the page table.
    let claimed = |m: &Machine| {
        let exclusive = m.folios.get(stored.frame as usize).is_some_and(|folio| folio.exclusive());
        exclusive && (is_elsewhere(m) || is_swapped_out(m, stored.frame))
    };
    let claim = rows[..shared].iter().rposition(|r| claimed(&r.after) && !claimed(&r.before));
    let claim = claim.filter(|&n| rows[n..shared].iter().all(|r| claimed(&r.after)));
    let (at, kind) = claim.map_or((shared, CauseKind::SharedWritable), |claim| (claim, CauseKind::NotExclusive));
    Some(Cause { step: rows[at].step, kind })
}

/// Whether an entry says that a page is in the slot of the folio in this frame.
fn is_swapped_out(machine: &Machine, frame: Frame) -> bool {
    let folio = &machine.folios[frame as usize];
    let to_slot = |pte: &Pte| pte.is_swap() && pte.slot() == folio.slot();
    folio.swapcache() && machine.pte.iter().flatten().any(to_slot)
}

/// The last row before `at` that took the translation's permission out of the page table, if the CPU has had
/// the translation since: what it cached later, it found in the page table later.
fn cleared(rows: &[Row], at: usize, cached: Cached) -> Option<usize> {
    if cached.backed(&rows[at].before) {
        return None;
    }
    let cleared = rows[..at].iter().rposition(|r| cached.backed(&r.before) && !cached.backed(&r.after))?;
    rows[cleared..=at].iter().all(|r| cached.is_in(&r.before)).then_some(cleared)
}

fn frees(row: &Row, frame: Frame) -> bool {
    let folio = |m: &Machine| m.folios.get(frame as usize).is_some_and(|f| f.allocated());
    folio(&row.before) && !folio(&row.after)
}

/// What became of the debt of whoever cleared the entry in row `cleared`, up to row `end`, while the CPU
/// still had the translation.
fn followed(rows: &[Row], cleared: usize, end: usize, cached: Cached) -> Owed {
    let mut owed = Owed { cleared, cause: None, deferred: None, freed: false };
    let Some(by) = rows[cleared].event.transition.actor() else { return owed };
    let nth = rows[cleared].before.actors[by].op;
    let own = |r: &Row| r.event.transition.actor() == Some(by) && r.before.actors[by].op == nth;
    let (mut gathers, mut batched) = (false, false);
    for (at, row) in rows[..end].iter().enumerate() {
        if own(row) {
            gathers = match row.action {
                Some(Action::GatherBegin) => true,
                Some(Action::GatherEnd) => false,
                _ => gathers && !row.event.retried,
            };
        }
        if at < cleared {
            continue;
        }
        let freed = frees(row, cached.frame);
        owed.freed |= freed;
        batched |= is_batched(&row.after, by);
        let unlocks = || own(row) && row.before.ptl[cached.mm] as usize == by + 1 && row.after.ptl[cached.mm] == 0;
        let given_up = if freed {
            GivenUp::Frame
        } else if !cached.is_in(&row.after) {
            continue;
        } else if revokes(row, cached) || (own(row) && row.event.returned) {
            GivenUp::Call
        } else if own(row) && row.action == Some(Action::GatherEnd) {
            GivenUp::Gather
        } else if own(row) && maps_another(row, cached) {
            GivenUp::Map
        } else if own(row) && batched && writes_out(row, cached) && was_dirty(&rows[cleared], cached) {
            GivenUp::Io
        } else if unlocks() {
            GivenUp::Lock
        } else {
            continue;
        };
        let kind = CauseKind::FlushOwed { given_up, cpu: cached.cpu, cleared: rows[cleared].step };
        let cause = Cause { step: row.step, kind };
        if given_up == GivenUp::Lock && (is_batched(&row.before, by) || nobody_comes(&row.before, cached)) {
            continue;
        } else if given_up == GivenUp::Lock && is_told(&row.before, by, gathers) {
            owed.deferred.get_or_insert(cause);
        } else {
            owed.cause.get_or_insert(cause);
        }
    }
    owed
}

/// Whether an actor has noted the flush in reclaim's batch: whoever needs it before that can ask for it.
fn is_batched(machine: &Machine, by: usize) -> bool {
    machine.actors[by].has(Actor::BATCH)
}

/// Whether the address space has no user threads any more that could come in when its lock is dropped.
fn nobody_comes(machine: &Machine, cached: Cached) -> bool {
    cached.mm == 1 && machine.child == Child::Exiting
}

/// Whether a call returns with the row that promises that nobody uses the translation any more, whoever has
/// taken it out of the page table.
fn revokes(row: &Row, cached: Cached) -> bool {
    let Some(op) = row.event.op.filter(|_| row.event.returned && cached.mm == 0) else { return false };
    let Cached { page, frame, .. } = cached;
    match op.kind {
        OpKind::DontNeed => {
            let taken = |m: &Machine| m.shadow.is_revoked(page, frame);
            !taken(&row.before) && taken(&row.after)
        }
        OpKind::Protect => cached.write && op.arg as usize == page && row.after.vma_read_only(0, page),
        // A store from now on has to stay, and the page is no longer where the translation leads.
        OpKind::Free => op.arg as usize == page && resting(&row.after, 0, page) != Some(frame),
        _ => false,
    }
}

/// Whether a row maps another frame where the translation led: whoever walks the page table now goes there.
fn maps_another(row: &Row, cached: Cached) -> bool {
    let pte = |m: &Machine| m.pte[cached.mm][cached.page];
    let (old, new) = (pte(&row.before), pte(&row.after));
    old != new && new.is_present() && new.frame() != cached.frame
}

/// Whether a row begins to write the page out. Reclaim flushes its batch before that if an entry was dirty: a
/// store may be missed by the write.
fn writes_out(row: &Row, cached: Cached) -> bool {
    let under_way = |m: &Machine| m.folios.get(cached.frame as usize).is_some_and(|f| f.writeback() != 0);
    !under_way(&row.before) && under_way(&row.after)
}

/// Whether the entry that a row cleared was dirty.
fn was_dirty(row: &Row, cached: Cached) -> bool {
    row.before.pte[cached.mm][cached.page].dirty()
}

/// The row by which the page of the store of row `at` left the frame, if a device stores there through a hold
/// for write.
pub(super) fn taken_from_holder(rows: &[Row], at: usize) -> Option<usize> {
    let row = &rows[at];
    let Happened::Store { mm, page, frame, .. } = row.event.happened else { return None };
    let (mm, page) = (mm as usize, page as usize);
    let holds = |m: &Machine| {
        let held = |pin| m.held_for_write(page, pin) && m.held(page, pin) == Some(frame);
        held(false) || held(true)
    };
    if is_by_cpu(row) || !holds(&row.before) {
        return None;
    }
    let is_there = |m: &Machine| resting(m, mm, page) == Some(frame);
    let left = rows[..at].iter().rposition(|r| is_there(&r.before) && !is_there(&r.after))?;
    (!is_there(&row.before) && holds(&rows[left].before)).then_some(left)
}

/// The row that kept a hold of the frame that the device's store of row `at` goes to, if no entry mapped the page
/// there by then.
pub(super) fn stale_hold(rows: &[Row], at: usize) -> Option<usize> {
    let row = &rows[at];
    let Happened::Store { mm, page, frame, .. } = row.event.happened else { return None };
    let (mm, page) = (mm as usize, page as usize);
    let holds = |m: &Machine| [false, true].map(|pin| m.held(page, pin)).contains(&Some(frame));
    if is_by_cpu(row) {
        return None;
    }
    let held = rows[..at].iter().rposition(|r| !holds(&r.before) && holds(&r.after))?;
    let pte = rows[held].before.pte[mm][page];
    (!pte.is_present() || pte.frame() != frame).then_some(held)
}
