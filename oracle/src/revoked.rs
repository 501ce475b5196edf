//! P2, revoked access: once a call that discards or revokes has returned, nobody reaches what it took away.
//!
//! Claims: after MADV_DONTNEED has returned, no CPU loads from or stores to a frame in which the page was
//! reachable when the call began, whatever the bytes are, until the allocator hands the frame out again;
//! after mprotect to read-only has returned, no CPU stores to the page.
//!
//! Does not claim: anything about accesses while the call is under way (they may come before or after it),
//! about MADV_FREE (which revokes nothing), or about devices, which reach a page through references of their
//! own.

use crate::finding::{Finding, Revocation};
use model::{Assumption, Event, Happened, Machine, OpKind, World};

pub(crate) fn judge(world: &World, machine: &Machine, event: &Event, step: u32) -> Option<Finding> {
    let (mm, page, frame, store) = match event.happened {
        Happened::Load { mm, page, frame, .. } => (mm as usize, page as usize, frame, false),
        Happened::Store { mm, page, frame, .. } => (mm as usize, page as usize, frame, true),
        Happened::Nothing => return None,
    };
    let by_cpu = event.op.is_some_and(|op| op.kind.accesses());
    if !by_cpu && world.assumed.has(Assumption::DeviceAfterRevoke) {
        return None;
    }
    let revoked = mm == 0 && machine.shadow.is_revoked(page, frame);
    let what = if revoked {
        Revocation::Page
    } else if store && machine.vma_read_only(mm, page) && !protecting(world, machine, page) {
        Revocation::Stores
    } else {
        return None;
    };
    Some(Finding::Revoked { step, actor: event.transition.actor()?, page, what })
}

/// Whether an mprotect of the page has begun and not returned.
fn protecting(world: &World, machine: &Machine, page: usize) -> bool {
    world.assumed.has(Assumption::ProtectInFlight)
        && (0..world.programs.actors as usize).any(|i| {
            let begun = machine.actors[i].has(model::Actor::BEGUN);
            let op = world.op(machine, i).filter(|_| begun);
            op.is_some_and(|op| op.kind == OpKind::Protect && op.arg as usize == page)
        })
}
