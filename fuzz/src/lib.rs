//! What the libFuzzer targets share: a verdict as libFuzzer wants it, and mutation on operations instead of
//! bytes.

#[cfg(feature = "model-coverage")]
mod counters;

use corpus::bytes::VERSION;
use explore::hunt::mutator;
use libfuzzer_sys::Corpus;
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use report::targets::environment::{SUBJECT, VERSIONS};
use report::targets::{Verdict, differential_bytes_on, rediscover_bytes};

/// The body of `rediscover`, on [`SUBJECT`].
#[must_use]
pub fn rediscover(input: &[u8]) -> Verdict {
    let verdict = rediscover_bytes(&SUBJECT, input);
    #[cfg(feature = "model-coverage")]
    counters::count(SUBJECT.version, &SUBJECT.environment, input);
    verdict
}

/// The body of `differential`, on [`VERSIONS`].
#[must_use]
pub fn differential(input: &[u8]) -> Verdict {
    let verdict = differential_bytes_on(&VERSIONS, input);
    #[cfg(feature = "model-coverage")]
    counters::count(impls::find("v3").expect("v3 is built in"), &corpus::Environment::default(), input);
    verdict
}

/// Tells libFuzzer what came of an input. An alarm ends the process, so that libFuzzer keeps the input.
#[must_use]
pub fn settle(verdict: Verdict) -> Corpus {
    match verdict.or_abort() {
        Verdict::Rejected => Corpus::Reject,
        _ => Corpus::Keep,
    }
}

/// Makes libFuzzer mutate and cross over operations and runs of the schedule, with its own byte mutators now
/// and then.
#[macro_export]
macro_rules! mutate_operations {
    () => {
        libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
            $crate::mutate_bytes(data, size, max_size, seed, libfuzzer_sys::fuzzer_mutate)
        });
        libfuzzer_sys::fuzz_crossover!(|one: &[u8], other: &[u8], out: &mut [u8], seed: u32| {
            $crate::crossover_bytes(one, other, out, seed)
        });
    };
}

/// Mutates the case in `data[..size]` in place and returns the new size, at most `max_size`. One time in
/// eight the engine's `byte_mutator` changes bytes instead, since it knows what the target compared them
/// with.
pub fn mutate_bytes(
    data: &mut [u8],
    size: usize,
    max_size: usize,
    seed: u32,
    byte_mutator: impl FnOnce(&mut [u8], usize, usize) -> usize,
) -> usize {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed.into());
    if rng.random_ratio(1, 8) {
        let size = byte_mutator(data, size, max_size).max(1).min(max_size);
        if let Some(version) = data[..size].first_mut() {
            *version = VERSION;
        }
        return size;
    }
    put(&mutator::mutant(&mut rng, &data[..size], max_size), data)
}

/// Crosses two inputs over into `out` and returns the size.
pub fn crossover_bytes(one: &[u8], other: &[u8], out: &mut [u8], seed: u32) -> usize {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed.into());
    put(&mutator::child(&mut rng, one, other, out.len()), out)
}

fn put(bytes: &[u8], out: &mut [u8]) -> usize {
    out[..bytes.len()].copy_from_slice(bytes);
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use corpus::bytes::decode;

    const MAX_SIZE: usize = 100;

    /// Stands for the engine's byte mutators: any bytes of any size.
    fn scramble(data: &mut [u8], _size: usize, max_size: usize) -> usize {
        data.fill(0xa5);
        max_size / 2
    }

    fn mutated(input: &[u8], max_size: usize, seed: u32) -> Vec<u8> {
        let mut data = input.to_vec();
        data.resize(max_size, 0xee);
        let size = mutate_bytes(&mut data, input.len(), max_size, seed, scramble);
        data.truncate(size);
        data
    }

    #[test]
    fn operations_are_mutated_and_bytes_now_and_then() {
        let input = [VERSION, 3, 1, 4];
        let mut scrambled = 0;
        for seed in 0..800 {
            let mutant = mutated(&input, MAX_SIZE, seed);
            assert!(decode(&mutant).is_ok());
            assert_eq!(mutated(&input, MAX_SIZE, seed), mutant);
            scrambled += usize::from(mutant[1..].iter().all(|b| *b == 0xa5));
        }
        assert!((50..200).contains(&scrambled), "{scrambled} of 800");
    }

    #[test]
    fn children_are_cases_that_fit() {
        for seed in 0..100 {
            let mut out = [0xee; MAX_SIZE];
            let size = crossover_bytes(&[VERSION, 3, 1, 4], &[VERSION], &mut out, seed);
            assert!(decode(&out[..size]).is_ok());
        }
    }

    #[test]
    fn no_room_is_no_panic() {
        for seed in 0..64 {
            assert!(mutated(&[], 0, seed).is_empty());
            assert_eq!(crossover_bytes(&[VERSION, 3], &[], &mut [], seed), 0);
        }
    }
}
