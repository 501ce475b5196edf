//! Which step left a CPU with a translation that the page table no longer had.

use super::{Cause, CauseKind};
use crate::trace::Row;
use model::{ACTORS, Action, Actor, Frame, Happened, MMS, Machine, PAGES};

/// How somebody let go of what kept others out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GivenUp {
    /// The page-table lock was dropped.
    Lock,
    /// The mmu gather ended.
    Gather,
    /// The system call returned.
    Call,
    /// The frame was given back to the allocator.
    Frame,
}

/// What is known of a translation that a CPU should not have had any more.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owed {
    /// The step that let go while the flush was owed.
    pub cause: Option<Cause>,
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
            actor.has(Actor::MID_ACCESS) && actor.folio == self.frame && actor.page as usize == self.page
        };
        let allows = (!self.write || entry.write()) && (!self.dirty || entry.dirty());
        (entry.valid() && entry.frame() == self.frame && allows) || mid_access()
    }
}

/// The translation that the access of a row went through.
fn used(row: &Row) -> Option<Cached> {
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

/// Whether the store of a row went through a translation that the page table no longer had, or no longer
/// allowed to write through.
pub(super) fn is_stale(row: &Row) -> bool {
    used(row).is_some_and(|cached| !Cached { dirty: false, ..cached }.backed(&row.before))
}

/// Who owed the flush of the translation that the access of row `at` went through.
pub(super) fn owed(rows: &[Row], at: usize) -> Option<Owed> {
    let cached = used(&rows[at])?;
    let freed = |cleared: usize| rows[cleared..at].iter().any(|r| frees(r, cached.frame));
    let cleared = cleared(rows, at, cached)?;
    Some(Owed { cause: given_up(rows, cleared, at, cached), freed: freed(cleared) })
}

/// The row that took D out of the entry, if the store of row `at` went through a translation that says D is
/// set.
pub(super) fn cleaned(rows: &[Row], at: usize) -> Option<usize> {
    let cached = used(&rows[at]).filter(|cached| cached.dirty)?;
    cleared(rows, at, cached)
}

/// Who owed the flush of a writable translation to the frame that the last row gives back.
pub(super) fn owed_of_freed(rows: &[Row]) -> Option<Cause> {
    let at = rows.len() - 1;
    let before = &rows[at].before;
    for cpu in 0..ACTORS {
        for (mm, page) in (0..MMS).flat_map(|mm| (0..PAGES).map(move |page| (mm, page))) {
            let entry = before.tlb[cpu][mm][page];
            let cached = Cached { cpu, mm, page, frame: entry.frame(), write: true, dirty: false };
            if entry.valid() && entry.write() && frees(&rows[at], entry.frame()) {
                let cause = cleared(rows, at, cached).and_then(|c| given_up(rows, c, rows.len(), cached));
                if cause.is_some() {
                    return cause;
                }
            }
        }
    }
    None
}

/// The row that left the page of the store of row `at` writable while another process maps it too.
pub(super) fn shared_writable(rows: &[Row], at: usize) -> Option<usize> {
    let stored = used(&rows[at])?;
    let is_shared = |machine: &Machine| {
        let maps = |mm: usize, page: usize| {
            let pte = machine.pte[mm][page];
            pte.is_present() && pte.frame() == stored.frame
        };
        let others = (0..MMS).filter(|mm| *mm != stored.mm);
        let mapped = others.flat_map(|mm| (0..PAGES).map(move |page| (mm, page))).any(|(mm, page)| maps(mm, page));
        mapped && maps(stored.mm, stored.page) && machine.pte[stored.mm][stored.page].write()
    };
    rows[..=at].iter().rposition(|r| !is_shared(&r.before) && is_shared(&r.after))
}

/// The last row before `at` that took the translation's permission out of the page table.
fn cleared(rows: &[Row], at: usize, cached: Cached) -> Option<usize> {
    rows[..at].iter().rposition(|r| cached.backed(&r.before) && !cached.backed(&r.after))
}

fn frees(row: &Row, frame: Frame) -> bool {
    let folio = |m: &Machine| m.folios.get(frame as usize).is_some_and(|f| f.allocated());
    folio(&row.before) && !folio(&row.after)
}

/// The first row by which whoever cleared the entry in row `cleared` let go, while the CPU still had the
/// translation. An mmu gather that is open, and a batch of reclaim, tell others that a flush is owed:
/// dropping the lock is no letting go then.
fn given_up(rows: &[Row], cleared: usize, end: usize, cached: Cached) -> Option<Cause> {
    let by = rows[cleared].event.transition.actor()?;
    let nth = rows[cleared].before.actors[by].op;
    for row in &rows[cleared..end.min(rows.len())] {
        let own = row.event.transition.actor() == Some(by) && row.before.actors[by].op == nth;
        let given_up = if frees(row, cached.frame) {
            GivenUp::Frame
        } else if !own || !cached.is_in(&row.after) {
            continue;
        } else if row.event.returned {
            GivenUp::Call
        } else {
            let told = row.before.actors[by].has(Actor::OWED | Actor::BATCH);
            match row.action {
                Some(Action::GatherEnd) => GivenUp::Gather,
                _ if row.before.ptl[cached.mm] as usize == by + 1 && row.after.ptl[cached.mm] == 0 && !told => {
                    GivenUp::Lock
                }
                _ => continue,
            }
        };
        let kind = CauseKind::FlushOwed { given_up, cpu: cached.cpu, cleared: rows[cleared].step };
        return Some(Cause { step: row.step, kind });
    }
    None
}
