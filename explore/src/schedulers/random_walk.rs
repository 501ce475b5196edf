//! Random walk: uniform among the enabled transitions at every step.
//!
//! Not uniform over interleavings: a long stretch without a context switch is exponentially unlikely.

use crate::schedulers::Sampler;
use model::{Enabled, Machine, Transition};
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;

/// The random walk.
#[derive(Clone, Copy, Debug, Default)]
pub struct RandomWalk;

impl Sampler for RandomWalk {
    fn pick(&mut self, enabled: Enabled, _: &Machine, rng: &mut Xoshiro256PlusPlus) -> Transition {
        enabled.nth(rng.random_range(0..enabled.len()))
    }

    fn restart(&mut self, _: &mut Xoshiro256PlusPlus) {}
}
