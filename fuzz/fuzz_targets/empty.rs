//! Nothing at all: the executions a second that no target can exceed. The mutator is that of the other
//! targets.
#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|_input: &[u8]| -> Corpus { Corpus::Keep });
lostwrite_fuzz::mutate_operations!();
