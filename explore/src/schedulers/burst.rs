//! Bursts: run one actor, switch mostly where an operation ends, and where only the hardware can interfere.
//!
//! System calls are long and accesses short, so a walk that may switch at every step seldom finishes the
//! calls that set a race up, and PCT has to guess how many steps that takes. Here an actor goes on until its
//! operation returns; then another one may take over. In the middle of an operation a switch has a small
//! chance, and a larger one while the actor holds the page-table lock: the lock keeps every kernel path out,
//! so what happens there is decided by accesses alone, which are short. The chances are drawn per execution.

use crate::schedulers::Sampler;
use model::{ACTORS, Actor, Enabled, Machine, Transition};
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;

/// A burst scheduler for one execution.
#[derive(Clone, Debug)]
pub struct Burst {
    current: Option<Transition>,
    /// A switch inside an operation happens once in this many steps.
    inside: u32,
    /// ... and while the page-table lock is held, once in this many.
    locked: u32,
    /// A switch between two operations happens once in this many returns.
    between: u32,
}

impl Burst {
    /// Draws the rates.
    pub fn new(rng: &mut Xoshiro256PlusPlus) -> Burst {
        Burst {
            current: None,
            inside: 8 << rng.random_range(0..4),
            locked: 2 << rng.random_range(0..4),
            between: rng.random_range(2..6),
        }
    }
}

impl Sampler for Burst {
    fn pick(&mut self, enabled: Enabled, machine: &Machine, rng: &mut Xoshiro256PlusPlus) -> Transition {
        let stay = self.current.filter(|c| enabled.has(*c)).filter(|c| {
            let actor = c.actor().filter(|a| *a < ACTORS);
            let inside = actor.is_some_and(|a| machine.actors[a].has(Actor::BEGUN));
            let locked = actor.is_some_and(|a| machine.ptl.contains(&(a as u8 + 1)));
            let rate = match (locked, inside) {
                (true, _) => self.locked,
                (_, true) => self.inside,
                _ => self.between,
            };
            !rng.random_ratio(1, rate)
        });
        let choice = stay.unwrap_or_else(|| enabled.nth(rng.random_range(0..enabled.len())));
        // An interrupt or a completion is a moment, not something to go on with.
        if choice.actor().is_some() {
            self.current = Some(choice);
        }
        choice
    }

    fn retried(&mut self, _: Transition) {
        self.current = None;
    }

    fn restart(&mut self, rng: &mut Xoshiro256PlusPlus) {
        *self = Burst::new(rng);
    }
}
