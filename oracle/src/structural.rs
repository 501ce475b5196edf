//! Structural rules: what holds between steps in any correct kernel, whatever the data.
//!
//! Claims: I1, no page is freed while a TLB maps it writable; I3, a writable entry maps an exclusive page (5.19); I4, a
//! migration entry names a locked and referenced folio; I5, at least as many references as mappings and swap cache,
//! no count dropped that nobody held, and at the
//! end none left over; I6, only the owner of the page-table lock writes entries, the hardware's A
//! and D aside; locks are released by their owners; nothing ends in a deadlock or a livelock.
//!
//! Does not claim: anything about data. It looks at the page and the folio that the step worked on.

use crate::execution::End;
use crate::finding::{Finding, Rule};
use model::{Actor, Event, FRAMES, Folio, Machine, OpKind, PAGES, PteKind, World, ZERO_FRAME};

pub(crate) fn judge(world: &World, machine: &Machine, event: &Event, step: u32) -> Option<Finding> {
    let broken = |rule| Some(Finding::Broken { step, rule });
    if let Some(flaw) = event.flaw {
        return broken(Rule::Flaw(flaw));
    }
    let actor = &machine.actors[event.transition.actor()?];
    let page = if actor.has(Actor::BEGUN) { actor.page as usize } else { event.op?.range().0 };
    let mm = if actor.has(Actor::BEGUN) { actor.mm as usize } else { event.op?.kind.mm() };
    let pte = machine.pte[mm][page];
    match pte.kind() {
        PteKind::Present if pte.frame() != ZERO_FRAME => {
            let folio = &machine.folios[pte.frame() as usize];
            if world.config.knobs.exclusive && breaks_i3(machine, event, mm, page) {
                return broken(Rule::WritableNotExclusive);
            }
            if folio.refs < folio.mapcount() + u8::from(folio.swapcache()) {
                return broken(Rule::TooFewReferences);
            }
        }
        PteKind::Migration => {
            let folio = &machine.folios[pte.frame() as usize];
            if !folio.locked() || folio.refs == 0 {
                return broken(Rule::MigrationEntryUnlocked);
            }
        }
        _ => {}
    }
    let frame = actor.folio as usize;
    if frame < FRAMES {
        let folio = &machine.folios[frame];
        // Zero references with nothing mapped is a frozen or a freed folio.
        if folio.refs != 0 && folio.refs < folio.mapcount() + u8::from(folio.swapcache()) {
            return broken(Rule::TooFewReferences);
        }
    }
    None
}

/// I3, which holds whenever nobody has the page-table lock: fork clears the exclusive mark before it write-protects the entry, and does
/// several pages under one lock.
fn breaks_i3(machine: &Machine, event: &Event, mm: usize, page: usize) -> bool {
    let writable_shared = |page: usize| {
        let pte = machine.pte[mm][page];
        let maps_folio = pte.is_present() && pte.write() && pte.frame() != ZERO_FRAME;
        maps_folio && !machine.folios[pte.frame() as usize].exclusive()
    };
    let forking = event.op.is_some_and(|op| op.kind == OpKind::Fork);
    machine.ptl[mm] == 0 && if forking { (0..PAGES).any(writable_shared) } else { writable_shared(page) }
}

/// What is left when everything is over: nothing that somebody has to drop.
pub(crate) fn judge_end(machine: &Machine, step: u32, end: End) -> Option<Finding> {
    let leaked = |f: &Folio| f.refs > f.mapcount() + u8::from(f.swapcache());
    let rule = match end {
        End::Complete if machine.folios.iter().any(leaked) => Rule::LeakedReference,
        End::Complete => return None,
        End::Deadlock => Rule::Deadlock,
        End::StepBound => Rule::Livelock,
    };
    Some(Finding::Broken { step, rule })
}
