//! Programs alone, their interleavings exhausted: no version believed correct is flagged, and all of them can
//! end in the same ways.
#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use report::targets::environment::VERSIONS;
use report::targets::programs_bytes_on;
use std::sync::LazyLock;

fuzz_target!(
    init: { LazyLock::force(&VERSIONS); },
    |input: &[u8]| -> Corpus { lostwrite_fuzz::settle(programs_bytes_on(&VERSIONS, input)) }
);
lostwrite_fuzz::mutate_operations!();
