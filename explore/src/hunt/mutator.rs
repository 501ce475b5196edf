//! What a fuzzing engine does to an input: mutation and crossover of operations and runs of the schedule, on
//! the byte form.
//!
//! Whatever comes in, what comes out decodes. Everything is drawn from the generator that is passed, so that
//! an engine's seed repeats its run.

use crate::schedulers::{Recorder, SamplerKind};
use corpus::bytes::{decode, encode};
use corpus::{Case, Shape, crossover, generate, mutate};
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;

/// A mutant of an input, at most `max_size` bytes long; of bytes that are no case, a mutant of a generated
/// one.
#[must_use]
pub fn mutant(rng: &mut Xoshiro256PlusPlus, input: &[u8], max_size: usize) -> Vec<u8> {
    let mut case = decode(input).unwrap_or_else(|_| generate(rng, &Shape::default()));
    mutate(rng, &mut case);
    draw_missing_schedule(rng, &mut case);
    fitting(&case, max_size)
}

/// A child of two inputs, at most `max_size` bytes long. If one of them is no case, it is the other one; if
/// both are none, a generated one.
#[must_use]
pub fn child(rng: &mut Xoshiro256PlusPlus, one: &[u8], other: &[u8], max_size: usize) -> Vec<u8> {
    let mut child = match (decode(one), decode(other)) {
        (Ok(one), Ok(other)) => crossover(rng, &one, &other),
        (Ok(case), Err(_)) | (Err(_), Ok(case)) => case,
        (Err(_), Err(_)) => generate(rng, &Shape::default()),
    };
    draw_missing_schedule(rng, &mut child);
    fitting(&child, max_size)
}

/// Draws a schedule for a case that has none: without one, actors run one after the other and never race.
fn draw_missing_schedule(rng: &mut Xoshiro256PlusPlus, case: &mut Case) {
    if !case.schedule.is_empty() || case.is_sequential() {
        return;
    }
    let recorder = Recorder::new(SamplerKind::draw(rng), rng.clone());
    let versions = impls::registry();
    let version = &versions[rng.random_range(0..versions.len())];
    *case = recorder.draw_for(case.clone(), version);
}

/// The bytes of a case. What does not fit is cut off: first the last runs, then the last operations, since
/// every prefix of the byte form is a case.
fn fitting(case: &Case, max_size: usize) -> Vec<u8> {
    let mut bytes = encode(case);
    bytes.truncate(max_size);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use corpus::bytes::VERSION;
    use proptest::prelude::*;
    use rand::SeedableRng;

    fn mutated(input: &[u8], max_size: usize, seed: u64) -> Vec<u8> {
        mutant(&mut Xoshiro256PlusPlus::seed_from_u64(seed), input, max_size)
    }

    fn crossed(one: &[u8], other: &[u8], max_size: usize, seed: u64) -> Vec<u8> {
        child(&mut Xoshiro256PlusPlus::seed_from_u64(seed), one, other, max_size)
    }

    /// Anything, with and without a version that decodes.
    fn input() -> impl Strategy<Value = Vec<u8>> {
        let bytes = prop::collection::vec(any::<u8>(), 0..200);
        (any::<bool>(), bytes).prop_map(|(valid, mut bytes)| {
            if let Some(first) = bytes.first_mut().filter(|_| valid) {
                *first = VERSION;
            }
            bytes
        })
    }

    /// From too small for a header to more than any case needs.
    fn max_size() -> impl Strategy<Value = usize> {
        prop_oneof![1..=8_usize, 1..=1024_usize]
    }

    proptest! {
        #[test]
        fn mutants_decode_fit_and_repeat(input in input(), max_size in max_size(), seed: u64) {
            let mutant = mutated(&input, max_size, seed);
            prop_assert!(decode(&mutant).is_ok());
            prop_assert!(mutant.len() <= max_size);
            prop_assert_eq!(mutated(&input, max_size, seed), mutant);
        }

        #[test]
        fn children_decode_fit_and_repeat(
            one in input(), other in input(), max_size in max_size(), seed: u64
        ) {
            let child = crossed(&one, &other, max_size, seed);
            prop_assert!(decode(&child).is_ok());
            prop_assert!(child.len() <= max_size);
            prop_assert_eq!(crossed(&one, &other, max_size, seed), child);
        }

        /// A schedule that does not fit loses its last runs and nothing else.
        #[test]
        fn what_does_not_fit_is_cut_from_the_end(input in input(), room in 0..64_usize) {
            let case = Case::from_unversioned(&input);
            let header = encode(&case).len() - 2 * case.schedule.runs().len();
            let kept = decode(&fitting(&case, header + room)).expect("a prefix is a case");
            prop_assert_eq!((kept.config, &kept.programs), (case.config, &case.programs));
            prop_assert!(case.schedule.runs().starts_with(kept.schedule.runs()));
        }
    }

    #[test]
    fn no_room_is_no_panic() {
        for seed in 0..64 {
            assert!(mutated(&[VERSION, 3], 0, seed).is_empty());
            assert!(crossed(&[VERSION, 3], &[], 0, seed).is_empty());
        }
    }

    #[test]
    fn actors_that_could_race_get_a_schedule() {
        let mut racing = 0;
        for seed in 0..1000 {
            let child = decode(&crossed(&[], &[], 4096, seed)).expect("children decode");
            if !child.is_sequential() {
                racing += 1;
                assert!(!child.schedule.is_empty(), "seed {seed}: {child}");
            }
        }
        assert!(racing > 100, "{racing} of 1000");
    }
}
