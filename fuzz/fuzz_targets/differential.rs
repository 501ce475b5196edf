//! The versions believed correct, or those that `LOSTWRITE_IMPLS` names, and those of `LOSTWRITE_IMPL_FILES`:
//! nothing is flagged, and no two of them diverge.
#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use report::targets::environment::VERSIONS;
use std::sync::LazyLock;

fuzz_target!(
    init: { LazyLock::force(&VERSIONS); },
    |input: &[u8]| -> Corpus { lostwrite_fuzz::settle(lostwrite_fuzz::differential(input)) }
);
lostwrite_fuzz::mutate_operations!();
