//! I2, clean means equal.
//!
//! Claims: if nothing records that a page is newer than its backing (PG_dirty, a dirty entry, a
//! dirty word that an actor has taken out and not yet dropped, a device that still writes through a reference or pin, a write to swap
//! in progress), then what reclaim would
//! leave in its place is legal: the slot's bytes for a page in the swap cache, zeros for a lazyfree page. It fires
//! when the fact is dropped, long before anyone can read the loss, and also when a later store hides it.
//!
//! Does not claim: that the program ever reads the page again, or that reclaim ever gets there: a finding of this
//! judge alone is a fact dropped, not yet data lost. It looks at the page and the folio that the step worked on.

use crate::finding::{Finding, Legal, Place};
use model::{ACTORS, Actor, Frame, Machine, MigrationEntryBits, PAGES, SYSTEM_FRAMES, World};

#[inline]
pub(crate) fn judge(world: &World, machine: &Machine, place: &Place, step: u32) -> Option<Finding> {
    let Place { actor, pte, .. } = *place;
    let frame = if pte.is_present() || pte.is_migration() {
        pte.frame()
    } else if pte.is_swap() {
        machine.cached_folio(pte.slot())? as Frame
    } else if pte.is_none() && actor.has(Actor::HOLDS_PTE) && actor.pte.is_present() {
        actor.pte.frame()
    } else {
        return None;
    };
    if frame as usize >= SYSTEM_FRAMES {
        return None;
    }
    let folio = &machine.folios[frame as usize];
    if folio.dirty() || !folio.uptodate() || folio.writeback() != 0 || (folio.swapbacked() && !folio.swapcache()) {
        return None;
    }
    backing_is_legal(world, machine, place, frame, step)
}

fn backing_is_legal(world: &World, machine: &Machine, place: &Place, frame: Frame, step: u32) -> Option<Finding> {
    let Place { mm, page, .. } = *place;
    let folio = &machine.folios[frame as usize];
    let backing = if folio.swapcache() { machine.slots[folio.slot() as usize].data } else { [0; ACTORS] };
    let words = &machine.shadow.words[mm][page];
    let word = (0..ACTORS).find(|&w| !words[w].allows(backing[w]))?;
    if remembered(world, machine, frame) {
        return None;
    }
    Some(Finding::CleanButNewer {
        step,
        mm,
        page,
        word,
        backing: backing[word],
        legal: Legal { last: words[word].last, or_zero: words[word].zero_ok() },
    })
}

/// Whether anything but PG_dirty says that the frame is newer than its backing.
fn remembered(world: &World, machine: &Machine, frame: Frame) -> bool {
    let entry_counts = world.config.knobs.migration_entry == MigrationEntryBits::Ungated;
    let by_entry = machine.pte.iter().flatten().any(|p| {
        p.frame() == frame
            && ((p.is_present() && p.dirty()) || (p.is_migration() && p.carries_dirty() && entry_counts))
    });
    let by_actor = || {
        machine.actors.iter().any(|a| {
            let of = if a.has(Actor::HOLDS_PTE) { a.pte.frame() } else { a.folio };
            (a.has(Actor::HOLDS_DIRTY) && of == frame) || (a.has(Actor::OWES_DIRTY) && a.folio == frame)
        })
    };
    // A device still writes to the page; whoever holds it for the device dirties it when that is over.
    let by_holder = || {
        let held = |page, pin| machine.held_for_write(page, pin) && machine.held(page, pin) == Some(frame);
        (0..PAGES).any(|page| held(page, false) || held(page, true))
    };
    by_entry || by_actor() || by_holder()
}
