//! Structural rules: what holds between steps in any correct kernel, whatever the data.
//!
//! Claims: I1, no page is freed while a TLB maps it, whatever a load would return; I3, a writable entry maps
//! an exclusive page (5.19); I4, a migration entry names a locked and referenced folio; I5, at least as many
//! references as mappings and swap cache, no count dropped that nobody held, and at the end none left over;
//! I6, only the owner of the page-table lock writes entries, the hardware's A and D aside; locks are released
//! by their owners; nothing ends in a deadlock or a livelock.
//!
//! Does not claim: anything about data. It looks at the page and the folio that the step worked on. Counts
//! and migration entries may be wrong for a moment under a lock that keeps everybody else away
//! ([`crate::exclusion`]).

use crate::exclusion::{excluder, is_mended};
use crate::execution::End;
use crate::finding::{Finding, Place, Rule};
use model::{Assumption, Event, FRAMES, Folio, Machine, OpKind, PAGES, World, ZERO_FRAME};

#[inline]
pub(crate) fn judge(world: &World, machine: &Machine, event: &Event, place: &Place, step: u32) -> Option<Finding> {
    let broken = |rule| Some(Finding::Broken { step, rule });
    if let Some(flaw) = event.flaw {
        return broken(Rule::Flaw(flaw));
    }
    let Place { actor, mm, page, pte } = *place;
    if pte.is_present() && pte.frame() != ZERO_FRAME {
        if world.config.knobs.exclusive && breaks_i3(world, machine, event, mm, page) {
            return broken(Rule::WritableNotExclusive);
        }
        let frame = pte.frame() as usize;
        if too_few_references(&machine.folios[frame]) && !counts_again(world, machine, frame, mm) {
            return broken(Rule::TooFewReferences);
        }
    } else if pte.is_migration() && unlocked_entry(machine, mm, page) {
        // Whoever has the page-table lock is the only one who can see the entry.
        let holder = |m: &Machine| (m.ptl[mm] as usize).checked_sub(1);
        if !is_mended(world, machine, holder, |m| unlocked_entry(m, mm, page)) {
            return broken(Rule::MigrationEntryUnlocked);
        }
    }
    let frame = actor.folio as usize;
    if frame < FRAMES {
        let folio = &machine.folios[frame];
        // Zero references with nothing mapped is a frozen or a freed folio.
        if folio.refs != 0 && too_few_references(folio) && !counts_again(world, machine, frame, mm) {
            return broken(Rule::TooFewReferences);
        }
    }
    None
}

/// I4 is broken.
fn unlocked_entry(machine: &Machine, mm: usize, page: usize) -> bool {
    let pte = machine.pte[mm][page];
    pte.is_migration() && {
        let folio = &machine.folios[pte.frame() as usize];
        !folio.locked() || folio.refs == 0
    }
}

/// Whether whoever keeps others away from the folio is going to make its counts right.
#[inline(never)]
fn counts_again(world: &World, machine: &Machine, frame: usize, mm: usize) -> bool {
    let broken = |m: &Machine| too_few_references(&m.folios[frame]) || m.folios[frame].refs == 0;
    is_mended(world, machine, |m| excluder(m, frame as model::Frame, mm), broken)
}

const fn too_few_references(folio: &Folio) -> bool {
    folio.refs < folio.mapcount() + folio.swapcache() as u8
}

/// I3, which holds whenever nobody has the page-table lock: fork clears the exclusive mark before it
/// write-protects the entry, and does several pages under one lock.
fn breaks_i3(world: &World, machine: &Machine, event: &Event, mm: usize, page: usize) -> bool {
    let writable_shared = |page: usize| {
        let pte = machine.pte[mm][page];
        let maps_folio = pte.is_present() && pte.write() && pte.frame() != ZERO_FRAME;
        maps_folio && !machine.folios[pte.frame() as usize].exclusive()
    };
    let forking = event.op.is_some_and(|op| op.kind == OpKind::Fork);
    let visible = machine.ptl[mm] == 0 || !world.assumed.has(Assumption::ExclusiveUnderLock);
    visible && if forking { (0..PAGES).any(writable_shared) } else { writable_shared(page) }
}

/// What is left when everything is over: nothing that somebody has to drop.
pub(crate) fn judge_end(machine: &Machine, step: u32, end: End) -> Option<Finding> {
    let leaked = |f: &Folio| f.refs > f.mapcount() + u8::from(f.swapcache());
    let rule = match end {
        End::Complete if machine.folios.iter().any(leaked) => Rule::LeakedReference,
        End::Complete => return None,
        End::Deadlock => Rule::Deadlock,
        End::Livelock | End::StepBound => Rule::Livelock,
        End::Impossible => Rule::Impossible,
    };
    Some(Finding::Broken { step, rule })
}
