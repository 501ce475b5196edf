//! The versions believed correct, or those that `LOSTWRITE_IMPLS` names: nothing is flagged, and no two of them diverge.
#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use lostwrite::settings::VERSIONS;
use lostwrite::targets::differential_bytes_on;
use std::sync::LazyLock;

fuzz_target!(
    init: { LazyLock::force(&VERSIONS); },
    |input: &[u8]| -> Corpus { lostwrite_fuzz::settle(differential_bytes_on(&VERSIONS, input)) }
);
lostwrite_fuzz::mutate_operations!();
