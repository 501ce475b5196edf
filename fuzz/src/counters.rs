//! Coverage of the model as libFuzzer's extra counters, under the feature `model-coverage`.
//!
//! libFuzzer counts what is in a section of this name as it counts the edges of the code: it clears it before each
//! execution, and keeps an input that sets a byte which no other has set. What it costs and what it brings is in
//! `docs/coverage.md`.
#![allow(
    unsafe_code,
    reason = "an attribute that names a section is unsafe: whoever reads the section must agree on its type"
)]

use corpus::{Case, bytes};
use explore::{Coverage, Feature, Steps};
use impls::Version;
use lostwrite::targets::{Verdict, report};
use oracle::{Judge, Judges, replay};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU8, Ordering};

/// Twice as many as there are features that ten thousand generated cases show.
const COUNTERS: usize = 1 << 14;

// Sound: libFuzzer takes the section for bytes, every byte is a valid AtomicU8, and it reads and clears them only
// between two executions, on the thread that runs them. `used`, because nothing here reads what is stored.
#[used]
#[unsafe(link_section = "__libfuzzer_extra_counters")]
static SEEN: [AtomicU8; COUNTERS] = [const { AtomicU8::new(0) }; COUNTERS];

fn count(feature: Feature) {
    SEEN[(feature.number() >> 32) as usize % COUNTERS].store(1, Ordering::Relaxed);
}

/// Runs a case on a version and counts what it covers.
fn cover(version: &Version, steps: &Steps, case: &Case) -> Judges {
    let mut coverage = Coverage::new(steps, count);
    replay(version, case, &mut coverage);
    coverage.judges
}

/// The body of `rediscover`, counting what its one run covers.
pub fn rediscover(subject: &'static Version, input: &[u8]) -> Verdict {
    static STEPS: LazyLock<Steps> = LazyLock::new(|| Steps::of(*crate::SUBJECT));
    let Ok(case) = bytes::decode(input) else { return Verdict::Rejected };
    match cover(subject, &STEPS, &case).of(Judge::LastWrite) {
        Some(_) => Verdict::Alarm(report(subject, &case)),
        None => Verdict::Fine,
    }
}

/// The body of `differential`, and what the input covers on v3, in a run of its own.
pub fn differential(input: &[u8]) -> Verdict {
    static V3: LazyLock<(&'static Version, Steps)> = LazyLock::new(|| {
        let v3 = impls::find("v3").expect("v3 is built in");
        (v3, Steps::of(v3))
    });
    let verdict = lostwrite::targets::differential_bytes(input);
    if verdict == Verdict::Fine
        && let Ok(case) = bytes::decode(input)
        && case.config.keeps_contract()
    {
        cover(V3.0, &V3.1, &case);
    }
    verdict
}
