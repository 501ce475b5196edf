//! Exactly uniform over the complete interleavings of a case's programs on a version, by counting paths on
//! the state graph (as for combinatorial structures: Nijenhuis and Wilf, *Combinatorial Algorithms*, 1978;
//! for random testing of systems: Oudinet, Denise, Gaudel, *A new dichotomic algorithm for the uniform random
//! generation of words in regular languages*, 2013).
//!
//! One number below the count is drawn, and the interleaving of that number is played. [`Interleavings`] says
//! what counts as one. It costs the exploration of all states once, and is meant for programs that are small
//! enough for that and have too many interleavings for anything but drawing.

use crate::schedulers::Sampler;
use crate::schedulers::interleavings::Interleavings;
use model::{Enabled, Machine, Transition};
use num_bigint::BigUint;
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::sync::Arc;

/// A scheduler for one execution of the version and the programs that were counted.
#[derive(Clone, Debug)]
pub struct Uniform {
    interleavings: Arc<Interleavings>,
    /// What is still to be chosen where several can move, the last first.
    choices: Vec<Transition>,
}

impl Uniform {
    /// Draws an interleaving.
    ///
    /// # Panics
    /// If there is none to draw.
    pub fn new(interleavings: Arc<Interleavings>, rng: &mut Xoshiro256PlusPlus) -> Uniform {
        let mut uniform = Uniform { interleavings, choices: Vec::new() };
        uniform.restart(rng);
        uniform
    }
}

impl Sampler for Uniform {
    /// What the interleaving says; on another version or program, the next one in cyclic order that can move.
    fn pick(&mut self, enabled: Enabled, _: &Machine, _: &mut Xoshiro256PlusPlus) -> Transition {
        self.choices.pop().map_or(enabled.nth(0), |choice| enabled.repair(choice))
    }

    fn restart(&mut self, rng: &mut Xoshiro256PlusPlus) {
        let number = below(self.interleavings.count(), rng);
        let graph = self.interleavings.graph();
        let path = self.interleavings.nth(&number);
        // Where only one can move nobody is asked.
        let chosen = path.into_iter().filter(|(state, _)| graph.edges(*state).len() > 1).map(|(_, via)| via);
        self.choices = chosen.collect();
        self.choices.reverse();
    }
}

/// A number below another, each as likely as any: digits are drawn until what they make is below.
fn below(bound: &BigUint, rng: &mut Xoshiro256PlusPlus) -> BigUint {
    assert!(*bound != BigUint::ZERO, "no interleaving is complete, so that none can be drawn");
    let bits = bound.bits();
    loop {
        let mut digits: Vec<u32> = (0..bits.div_ceil(32)).map(|_| rng.random()).collect();
        if let Some(last) = digits.last_mut()
            && !bits.is_multiple_of(32)
        {
            *last &= (1 << (bits % 32)) - 1;
        }
        let number = BigUint::new(digits);
        if number < *bound {
            return number;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn numbers_below_a_bound_are_as_likely_as_each_other() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
        let bound = BigUint::from(5u32);
        let mut counts = [0u32; 5];
        for _ in 0..50_000 {
            let number = below(&bound, &mut rng);
            counts[usize::try_from(number).expect("below five")] += 1;
        }
        assert!(counts.iter().all(|n| (9_600..10_400).contains(n)), "{counts:?}");
    }

    #[test]
    fn numbers_of_several_digits_come_up_to_the_bound() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(2);
        let bound = BigUint::from(3u32) << 100;
        let half = BigUint::from(3u32) << 99;
        let numbers: Vec<_> = (0..1000).map(|_| below(&bound, &mut rng)).collect();
        assert!(numbers.iter().all(|n| *n < bound));
        let upper = numbers.iter().filter(|n| **n >= half).count();
        assert!((430..570).contains(&upper), "{upper} of 1000 in the upper half");
    }
}
