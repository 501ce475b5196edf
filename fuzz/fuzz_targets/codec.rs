//! Text, JSON and bytes hold the same case.
#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use report::targets::codec_bytes;

fuzz_target!(|input: &[u8]| -> Corpus { lostwrite_fuzz::settle(codec_bytes(input)) });
lostwrite_fuzz::mutate_operations!();
