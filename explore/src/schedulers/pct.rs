//! PCT: probabilistic concurrency testing (Burckhardt, Kothari, Musuvathi, Nagarakatte, ASPLOS 2010).
//!
//! Every transition source has a random priority; the highest enabled one moves. At `depth - 1` random steps
//! the one that would move drops below all others. A bug of depth d in n threads and k steps is found with
//! probability at least 1/(n k^(d-1)). Deviations: k is a guess drawn per execution, since programs are drawn
//! too; shoot-down interrupts and the swap device are threads of their own; an actor whose operation starts
//! again yields to all others, or the highest priority could wait for a lower one forever.

use crate::schedulers::Sampler;
use model::{Enabled, Machine, Transition};
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;

const SOURCES: usize = Transition::COUNT as usize;

/// A PCT scheduler for one execution.
#[derive(Clone, Debug)]
pub struct Pct {
    depth: u32,
    priority: [u32; SOURCES],
    change: Vec<u32>,
    step: u32,
    lowest: u32,
}

impl Pct {
    /// Draws priorities and `depth - 1` change points.
    pub fn new(depth: u32, rng: &mut Xoshiro256PlusPlus) -> Pct {
        let mut priority = [0; SOURCES];
        for p in &mut priority {
            *p = rng.random_range(depth + 1..1 << 24);
        }
        let steps = 16 << rng.random_range(0..4);
        let change = (1..depth).map(|_| rng.random_range(0..steps)).collect();
        Pct { depth, priority, change, step: 0, lowest: depth }
    }
}

impl Sampler for Pct {
    fn pick(&mut self, enabled: Enabled, _: &Machine, _: &mut Xoshiro256PlusPlus) -> Transition {
        let highest = |p: &[u32; SOURCES]| {
            enabled.iter().max_by_key(|t| p[t.index() as usize]).expect("something is enabled")
        };
        let mut choice = highest(&self.priority);
        if self.change.contains(&self.step) {
            self.priority[choice.index() as usize] = self.lowest;
            self.lowest = self.lowest.saturating_sub(1);
            choice = highest(&self.priority);
        }
        self.step += 1;
        choice
    }

    fn retried(&mut self, moved: Transition) {
        let lowest = self.priority.iter().min().copied().unwrap_or(0);
        self.priority[moved.index() as usize] = lowest.saturating_sub(1);
        if lowest == 0 {
            for (i, p) in self.priority.iter_mut().enumerate() {
                *p += u32::from(i != moved.index() as usize);
            }
        }
    }

    fn restart(&mut self, rng: &mut Xoshiro256PlusPlus) {
        *self = Pct::new(self.depth, rng);
    }
}
