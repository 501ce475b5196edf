//! Partial-order reduction: of the transitions of a state, those of some movers only, if whatever the other
//! movers may do in the meantime commutes with them.
//!
//! A set of movers is closed (*persistent* in Godefroid's words: Partial-Order Methods for the Verification
//! of Concurrent Systems, 1996) if nothing that the movers outside may ever do touches what the next
//! transition of a mover inside touches or is judged by. The closed set with the fewest enabled transitions
//! is taken. A set all of whose transitions lead to states that have been expanded is not enough: then the
//! state is expanded again with all of its transitions, so that nothing is left out for ever (Bosnacki, Leue
//! and Lluch Lafuente, Partial-Order Reduction for General State Exploring Algorithms, 2009).

use model::{ACTORS, Enabled, Footprint, Machine, Prospects, Transition, World};
use oracle::guard::guarded;

/// Actors, then the CPUs' interrupts.
const MOVERS: usize = 2 * ACTORS;

/// What may be left out in the states of a case.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reduction {
    prospects: Prospects,
}

impl Reduction {
    /// `None` if nothing can be left out.
    pub fn of(world: &World) -> Option<Reduction> {
        Prospects::of(world).map(|prospects| Reduction { prospects })
    }

    /// The transitions to take. A CPU that two initiators have asked answers one after the other, and a
    /// writable entry that maps a shared page is judged by who has the page-table lock: then all of them.
    pub fn choose(&self, world: &World, machine: &Machine, enabled: Enabled) -> Enabled {
        if enabled.len() < 2 || machine.shares_writable() || machine.asked_twice() {
            return enabled;
        }
        if machine.all_on_one(world) {
            return enabled;
        }
        guarded(|| self.smallest(world, machine, enabled)).flatten().unwrap_or(enabled)
    }

    fn smallest(&self, world: &World, machine: &Machine, enabled: Enabled) -> Option<Enabled> {
        let mut next = [Footprint::default(); MOVERS];
        let mut ever = [Footprint::default(); MOVERS];
        let mut alive = 0u32;
        for mover in 0..MOVERS {
            let transition = Transition::from_index(mover as u8)?;
            if let Some(actor) = transition.actor() {
                if world.op(machine, actor).is_none() {
                    continue;
                }
                ever[mover] = machine.prospect(world, &self.prospects, actor);
                let judged = machine.judged_after(world, transition);
                next[mover] = machine.footprint(world, transition).judged_by(judged).holding_ptl(machine, actor);
            } else if enabled.has(transition) || machine.is_asked(mover - ACTORS) {
                next[mover] = machine.footprint(world, transition);
                ever[mover] = next[mover];
            } else {
                continue;
            }
            alive |= 1 << mover;
        }
        let movers = |set: u32| (0..MOVERS).filter(move |mover| set & 1 << mover != 0);
        let mut best = None;
        for first in movers(alive) {
            let mut inside = 1u32 << first;
            loop {
                let outside = movers(alive & !inside);
                let more = outside.filter(|o| movers(inside).any(|i| next[i].conflicts(&ever[*o])));
                let grown = more.fold(inside, |set, mover| set | 1 << mover);
                if grown == inside {
                    break;
                }
                inside = grown;
            }
            let chosen = Enabled(enabled.0 & inside as u16);
            if !chosen.is_empty() && best.is_none_or(|b: Enabled| chosen.len() < b.len()) {
                best = Some(chosen);
            }
        }
        best
    }
}
