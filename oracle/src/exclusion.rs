//! Whether an invariant that is broken now can be seen to be broken.
//!
//! A locked folio is not reclaimed, migrated or discarded by anybody but the lock's owner, and a mapped folio
//! not without the page-table lock of the mapping. Whoever holds such a lock may break an invariant and mend
//! it before letting go: nobody can act on what lies between. So a judge of invariants asks [`is_mended`]
//! before it speaks.
//!
//! The answer comes from one continuation, in which the holder goes on until it lets go. Where that one mends
//! what another does not, the judge speaks in the other one when the lock is released: a violation is never
//! missed, only said later. No continuation is asked where nobody is excluded, so that what is broken for
//! good is still said at once.

use crate::guard::{guarded, quietly};
use model::{Assumption, Frame, Machine, Transition, World};

/// More steps than any listing takes while it holds a lock. Who has not let go by then does not mend
/// anything.
const BOUND: usize = 1024;

/// Who keeps others from acting on the state of a folio that address space `mm` maps.
pub(crate) fn excluder(machine: &Machine, frame: Frame, mm: usize) -> Option<usize> {
    let folio = machine.folios.get(frame as usize)?;
    let by_entry = || match machine.ptl[mm] {
        0 => None,
        // Reclaim of a folio that nobody maps takes no page-table lock.
        holder => (folio.mapcount() != 0).then(|| holder as usize - 1),
    };
    folio.lock_owner().or_else(by_entry)
}

/// Whether whoever excludes the others is going to mend what is broken. `excluder`: who that is in a machine,
/// if anybody; `broken`: whether it still is.
pub(crate) fn is_mended(
    world: &World,
    machine: &Machine,
    excluder: impl Fn(&Machine) -> Option<usize>,
    broken: impl Fn(&Machine) -> bool,
) -> bool {
    if !world.assumed.has(Assumption::MendedUnderLock) {
        return false;
    }
    let mut machine = *machine;
    // A listing with a fault may come to a step that cannot be carried out: then nothing is mended.
    let look = || {
        for _ in 0..BOUND {
            let Some(holder) = excluder(&machine) else { return false };
            let Some(transition) = next(world, &machine, holder) else { return false };
            machine.step(world, transition);
            if !broken(&machine) {
                return true;
            }
        }
        false
    };
    quietly(|| guarded(look)).unwrap_or(false)
}

/// The holder moves; while it waits, those that it waits for.
fn next(world: &World, machine: &Machine, holder: usize) -> Option<Transition> {
    let holder = Transition::run(holder);
    if machine.can_take(world, holder) {
        return Some(holder);
    }
    let enabled = machine.enabled(world);
    let interrupts = |t: &Transition| t.cpu().is_some();
    enabled.iter().find(interrupts).or_else(|| enabled.iter().next())
}
