//! I2, clean means equal.
//!
//! Claims: if nothing records that a page is newer than its backing (PG_dirty, a dirty entry, a dirty word
//! that an actor has taken out and not yet dropped, a device that still writes through a reference or pin, a
//! write to swap in progress), then what reclaim would leave in its place is legal: the slot's bytes for a
//! page in the swap cache, zeros for a lazyfree page. It fires when the dirty bit is lost, long before anyone
//! can read the loss, and also when a later store hides it.
//!
//! Does not claim: that the program ever reads the page again, or that reclaim ever gets there: a finding of
//! this judge alone is a dirty bit lost, not yet data lost. It looks at the page and the folio that the step
//! worked on. It is silent while somebody holds a lock that keeps reclaim away and is going to record the
//! store before it lets go ([`crate::exclusion`]).

use crate::exclusion::{excluder, is_mended};
use crate::finding::{Finding, Legal, Place};
use model::{ACTORS, Actor, Assumption, Frame, Machine, MigrationEntryBits, PAGES, PteKind, SYSTEM_FRAMES, World};

#[inline]
pub(crate) fn judge(world: &World, machine: &Machine, place: &Place, step: u32) -> Option<Finding> {
    let Place { actor, mm, page, pte } = *place;
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
    let (word, backing) = newer(world, machine, mm, page, frame)?;
    if mends(world, machine, mm, page, frame) {
        return None;
    }
    let legal = machine.shadow.words[mm][page][word];
    let legal = Legal { last: legal.last, or_zero: legal.zero_ok() };
    Some(Finding::CleanButNewer { step, mm, page, word, backing, legal })
}

/// The first word of which the frame holds the only legal value while nothing records that, and what the
/// backing holds.
#[inline]
pub(crate) fn newer(
    world: &World,
    machine: &Machine,
    mm: usize,
    page: usize,
    frame: Frame,
) -> Option<(usize, u8)> {
    let folio = &machine.folios[frame as usize];
    let written = || folio.writeback() != 0 && world.assumed.has(Assumption::WritebackUnderWay);
    if folio.dirty() || !folio.uptodate() || written() || (folio.swapbacked() && !folio.swapcache()) {
        return None;
    }
    let backing = if folio.swapcache() { machine.slots[folio.slot() as usize].data } else { [0; ACTORS] };
    let words = &machine.shadow.words[mm][page];
    let word = (0..ACTORS).find(|&w| !words[w].allows(backing[w]))?;
    (!remembered(world, machine, frame)).then_some((word, backing[word]))
}

/// Whether whoever keeps reclaim away from the folio is going to record the store. The page may have moved to
/// another frame by then.
#[inline(never)]
fn mends(world: &World, machine: &Machine, mm: usize, page: usize, frame: Frame) -> bool {
    let at = |m: &Machine| resting(m, mm, page).unwrap_or(frame);
    is_mended(world, machine, |m| excluder(m, at(m), mm), |m| is_newer(world, m, mm, page))
}

/// The same as [`newer`] of a page wherever it is; a page that is only in its backing by now was thrown away.
fn is_newer(world: &World, machine: &Machine, mm: usize, page: usize) -> bool {
    match resting(machine, mm, page) {
        Some(frame) => newer(world, machine, mm, page, frame).is_some(),
        None => {
            let content = machine.content(mm, page);
            (0..ACTORS).any(|w| !machine.shadow.words[mm][page][w].allows(content[w]))
        }
    }
}

/// The frame that holds a page, if one does: mapped, behind a migration entry, in the swap cache, or behind a
/// word that an actor has taken out of the page table.
pub(crate) fn resting(machine: &Machine, mm: usize, page: usize) -> Option<Frame> {
    let mut pte = machine.pte[mm][page];
    if pte.is_none() {
        let here = |a: &&Actor| a.has(Actor::HOLDS_PTE) && (a.mm as usize, a.page as usize) == (mm, page);
        pte = machine.actors.iter().find(here)?.pte;
    }
    match pte.kind() {
        PteKind::None => None,
        PteKind::Swap => machine.cached_folio(pte.slot()).map(|f| f as Frame),
        _ => Some(pte.frame()).filter(|f| (*f as usize) < machine.folios.len()),
    }
}

/// Whether anything but PG_dirty says that the frame is newer than its backing.
pub(crate) fn remembered(world: &World, machine: &Machine, frame: Frame) -> bool {
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
    by_entry
        || (world.assumed.has(Assumption::DirtyBitInHand) && by_actor())
        || (world.assumed.has(Assumption::HeldForWrite) && by_holder())
}
