//! One version that is known to lose data, `LOSTWRITE_SUBJECT` or else pre-fix: a fuzzer that works crashes
//! soon.
#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use report::targets::environment::SUBJECT;
use std::sync::LazyLock;

fuzz_target!(
    init: { LazyLock::force(&SUBJECT); },
    |input: &[u8]| -> Corpus { lostwrite_fuzz::settle(lostwrite_fuzz::rediscover(input)) }
);
lostwrite_fuzz::mutate_operations!();
