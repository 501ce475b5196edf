//! Where the record of a store rests, step by step, and when the last one goes.
//!
//! A store is safe as long as something says that its page is newer than its backing: D in the page table or
//! in a word that somebody has taken out of it, PG_dirty, a write to swap under way; or as long as the
//! backing holds the value, or there is none.

use crate::clean_means_equal::{remembered, resting};
use crate::trace::Row;
use model::{Actor, Happened, Machine, World};

/// A value in a word of a page.
#[derive(Clone, Copy)]
pub(super) struct Stored {
    pub mm: usize,
    pub page: usize,
    pub word: usize,
    pub value: u8,
}

impl Stored {
    pub fn is_in(&self, machine: &Machine) -> bool {
        machine.content(self.mm, self.page)[self.word] == self.value
    }
}

/// The last row that takes a value away from where the page is, not before row `from`.
pub(super) fn lost(rows: &[Row], of: &Stored, from: usize) -> Option<usize> {
    (from..rows.len()).rev().find(|&at| of.is_in(&rows[at].before) && !of.is_in(&rows[at].after))
}

/// The last row with which a page came to hold a value; none if that was its store.
pub(super) fn became(rows: &[Row], of: &Stored) -> Option<usize> {
    let at = rows.iter().rposition(|r| !of.is_in(&r.before) && of.is_in(&r.after))?;
    (!matches!(rows[at].event.happened, Happened::Store { .. })).then_some(at)
}

/// The row from which on nothing recorded the store of a value, up to row `end`; not before row `from`. An
/// earlier time without a record does not matter if it was made good.
pub(super) fn dropped(world: &World, rows: &[Row], of: &Stored, from: usize, end: usize) -> Option<usize> {
    let unrecorded = |at: usize| !is_recorded(world, &rows[at].after, of);
    let last = end.checked_sub(1).filter(|&last| last >= from && unrecorded(last))?;
    (from..=last).rev().take_while(|&at| unrecorded(at)).last()
}

/// Whether anything says that the page is newer than its backing, or the backing has the value too or is
/// about to get it. A page without a backing needs no record yet; it gets one when it gets a slot, and a
/// lazyfree page does not.
pub(super) fn is_recorded(world: &World, machine: &Machine, of: &Stored) -> bool {
    let Some(frame) = resting(machine, of.mm, of.page) else { return true };
    let folio = &machine.folios[frame as usize];
    let backed = folio.swapcache() && machine.slots[folio.slot() as usize].data[of.word] == of.value;
    backed || folio.dirty() || folio.writeback() == 1 || remembered(world, machine, frame)
}

/// Whether a row takes away the last dirty word of the frame that holds a page.
pub(super) fn drops_dirty(world: &World, row: &Row, of: &Stored) -> bool {
    let says = |machine: &Machine| {
        resting(machine, of.mm, of.page).is_some_and(|frame| remembered(world, machine, frame))
    };
    says(&row.before) && !says(&row.after)
}

/// Whether a row destroys the last that said a page was written which row `store` still stores to. The page
/// has left its frame by then, at this row or with the word that was read before it. A discard may.
pub(super) fn throws_record_away(world: &World, row: &Row, store: &Row) -> bool {
    let Happened::Store { mm, page, frame, .. } = store.event.happened else { return false };
    let is_there = |machine: &Machine| resting(machine, mm.into(), page.into()) == Some(frame);
    let by_discard =
        || row.event.transition.actor().is_some_and(|by| row.before.actors[by].has(Actor::DISCARDING));
    let says = |machine: &Machine| machine.folios[frame as usize].dirty() || remembered(world, machine, frame);
    is_there(&row.before) && !is_there(&store.before) && says(&row.before) && !says(&row.after) && !by_discard()
}
