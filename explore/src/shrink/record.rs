//! What the choices of a schedule did: which operation each of them moved.
//!
//! With it a schedule follows an operation that goes away or to another actor, so that what is left stays
//! aligned.

use corpus::Case;
use impls::Version;
use model::{Event, Machine, Transition, World};
use oracle::guard::guarded;
use oracle::{Observer, replay};

/// A choice as it was carried out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taken {
    /// What moved, which is not what was chosen if that could not move.
    pub who: Transition,
    /// Which operation: its actor, and its place in the program.
    pub op: Option<(usize, usize)>,
}

struct Recording {
    choices: usize,
    taken: Vec<Taken>,
}

impl Observer for Recording {
    fn after(&mut self, _: &World, machine: &Machine, event: &Event, _: u32) {
        // The drain makes the choices that the schedule has not made.
        if machine.draining || self.taken.len() >= self.choices {
            return;
        }
        let op = event.transition.actor().map(|actor| {
            let next = machine.actors[actor].op as usize;
            (actor, next - usize::from(event.returned))
        });
        self.taken.push(Taken { who: event.transition, op });
    }
}

/// Carries the schedule of a case out.
pub(super) fn record(version: &Version, case: &Case) -> Vec<Taken> {
    let mut recording = Recording { choices: case.schedule.len(), taken: Vec::new() };
    let ran = guarded(|| replay(version, case, &mut recording));
    if ran.is_some() { recording.taken } else { Vec::new() }
}
