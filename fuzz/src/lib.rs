//! What the fuzz targets share: a verdict as libFuzzer wants it, and mutation on operations instead of bytes.

#[cfg(feature = "model-coverage")]
mod counters;

use corpus::bytes::{VERSION, decode, encode};
use corpus::{Case, Shape, crossover, generate, mutate};
use explore::{Recorder, SamplerKind};
use impls::Version;
use libfuzzer_sys::Corpus;
use lostwrite::Subject;
use lostwrite::targets::{Verdict, correct, differential_bytes_on, rediscover_bytes};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use std::sync::LazyLock;

/// What `rediscover` looks for: `LOSTWRITE_SUBJECT`, `LOSTWRITE_SCENARIO`, `LOSTWRITE_KERNEL` and `LOSTWRITE_HARDWARE`
/// say, or else any loss of pre-fix. The process ends with 2 if one of them names what does not exist.
pub static SUBJECT: LazyLock<Subject> = LazyLock::new(|| {
    let setting = |name: &str| std::env::var(format!("LOSTWRITE_{name}")).ok();
    Subject::from_settings(setting).unwrap_or_else(|unknown| stop(&unknown))
});

/// The versions that `differential` runs: those that `LOSTWRITE_IMPLS` names, with commas between them, else every version that is
/// believed correct. The process ends with 2 if there is no such version.
pub static VERSIONS: LazyLock<Vec<&'static Version>> = LazyLock::new(|| match std::env::var("LOSTWRITE_IMPLS") {
    Ok(names) => {
        let find = |name| impls::find(name).unwrap_or_else(|unknown| stop(&format!("IMPLS: {unknown}")));
        names.split(',').map(find).collect()
    }
    Err(_) => correct().to_vec(),
});

fn stop(setting: &str) -> ! {
    eprintln!("LOSTWRITE_{setting}");
    std::process::exit(2)
}

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

/// Tells libFuzzer what came of an input. An alarm is printed and ends the process, so that libFuzzer keeps the input.
#[must_use]
pub fn settle(verdict: Verdict) -> Corpus {
    match verdict {
        Verdict::Rejected => Corpus::Reject,
        Verdict::Fine => Corpus::Keep,
        Verdict::Alarm(report) => {
            eprintln!("{report}");
            std::process::abort()
        }
    }
}

/// Makes libFuzzer mutate and cross over operations and runs of the schedule, with its own byte mutators now and then.
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

/// Mutates the case in `data[..size]` in place; bytes that are no case are replaced by a generated one. Returns the
/// new size, at most `max_size`. One time in eight the engine's `byte_mutator` changes bytes instead, since it knows
/// what the target compared them with.
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
    let mut case = match decode(&data[..size]) {
        Ok(case) => case,
        Err(_) => generate(&mut rng, &Shape::default()),
    };
    mutate(&mut rng, &mut case);
    draw_missing_schedule(&mut rng, &mut case);
    put(&case, &mut data[..max_size])
}

/// Crosses two cases over into `out` and returns the size. Of two inputs of which one is no case, it is the other one.
pub fn crossover_bytes(one: &[u8], other: &[u8], out: &mut [u8], seed: u32) -> usize {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed.into());
    let mut child = match (decode(one), decode(other)) {
        (Ok(one), Ok(other)) => crossover(&mut rng, &one, &other),
        (Ok(case), Err(_)) | (Err(_), Ok(case)) => case,
        (Err(_), Err(_)) => generate(&mut rng, &Shape::default()),
    };
    draw_missing_schedule(&mut rng, &mut child);
    put(&child, out)
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

/// Writes a case. What does not fit is cut off: first the last runs, then the last operations, since every prefix of
/// the byte form is a case.
fn put(case: &Case, out: &mut [u8]) -> usize {
    let bytes = encode(case);
    let size = bytes.len().min(out.len());
    out[..size].copy_from_slice(&bytes[..size]);
    size
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Stands for the engine's byte mutators: any bytes of any size.
    fn scramble(data: &mut [u8], _size: usize, max_size: usize) -> usize {
        data.fill(0xa5);
        max_size / 2
    }

    fn mutated(input: &[u8], max_size: usize, seed: u32) -> Vec<u8> {
        let mut data = input.to_vec();
        data.resize(input.len().max(max_size), 0xee);
        let size = mutate_bytes(&mut data, input.len(), max_size, seed, scramble);
        assert!(size <= max_size, "{size} bytes, at most {max_size} allowed");
        data.truncate(size);
        data
    }

    fn crossed(one: &[u8], other: &[u8], max_size: usize, seed: u32) -> Vec<u8> {
        let mut out = vec![0xee; max_size];
        let size = crossover_bytes(one, other, &mut out, seed);
        out.truncate(size);
        out
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
        fn mutants_decode_fit_and_repeat(input in input(), max_size in max_size(), seed: u32) {
            let mutant = mutated(&input, max_size, seed);
            prop_assert!(decode(&mutant).is_ok());
            prop_assert_eq!(mutated(&input, max_size, seed), mutant);
        }

        #[test]
        fn children_decode_fit_and_repeat(
            one in input(), other in input(), max_size in max_size(), seed: u32
        ) {
            let child = crossed(&one, &other, max_size, seed);
            prop_assert!(decode(&child).is_ok());
            prop_assert_eq!(crossed(&one, &other, max_size, seed), child);
        }

        /// A schedule that does not fit loses its last runs and nothing else.
        #[test]
        fn what_does_not_fit_is_cut_from_the_end(input in input(), max_size in 0..64_usize) {
            let case = Case::from_unversioned(&input);
            let header = encode(&case).len() - 2 * case.schedule.runs().len();
            let mut out = vec![0xee; header + max_size];
            let size = put(&case, &mut out);
            let kept = decode(&out[..size]).expect("a prefix is a case");
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
