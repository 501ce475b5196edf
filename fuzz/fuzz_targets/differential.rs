//! The versions believed correct: nothing is flagged, and no two of them diverge.
#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|input: &[u8]| -> Corpus { lostwrite_fuzz::settle(lostwrite_fuzz::differential(input)) });
lostwrite_fuzz::mutate_operations!();
