//! Coverage of the model as libFuzzer's extra counters, under the feature `model-coverage`.
//!
//! libFuzzer counts what is in a section of this name as it counts the edges of the code: it clears it before
//! each execution, and keeps an input that sets a byte which no other has set. What it costs and what it
//! brings is in `docs/searching.md`.
#![allow(
    unsafe_code,
    reason = "an attribute that names a section is unsafe: whoever reads the section must agree on its type"
)]

use corpus::{Environment, bytes};
use explore::coverage::{Coverage, Feature, Steps};
use impls::Version;
use model::Profile;
use oracle::replay;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};

/// Twice as many as there are features that ten thousand generated cases show.
const COUNTERS: usize = 1 << 14;

// Sound: libFuzzer takes the section for bytes, every byte is a valid AtomicU8, and it reads and clears them
// only between two executions, on the thread that runs them. `used`, because nothing here reads what is
// stored.
#[used]
#[unsafe(link_section = "__libfuzzer_extra_counters")]
static SEEN: [AtomicU8; COUNTERS] = [const { AtomicU8::new(0) }; COUNTERS];

fn set(feature: Feature) {
    SEEN[(feature.number() >> 32) as usize % COUNTERS].store(1, Ordering::Relaxed);
}

/// Counts what an input covers on a version, in a run of its own. A process asks for one version only.
///
/// On a CPU that breaks the contract a version may ask for what the model cannot do, and under an engine a
/// panic is the end: such cases are not counted.
pub fn count(version: &'static Version, environment: &Environment, input: &[u8]) {
    static STEPS: [OnceLock<Steps>; Profile::ALL.len()] = [const { OnceLock::new() }; Profile::ALL.len()];
    let Ok(mut case) = bytes::decode(input) else { return };
    if !environment.is_empty() {
        case = environment.of(&case);
    }
    if case.config.keeps_contract() {
        let release = case.config.profile;
        let steps = STEPS[release as usize].get_or_init(|| Steps::of(version.code(release)));
        replay(version, &case, &mut Coverage::new(steps, set));
    }
}
