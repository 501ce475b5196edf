//! The versions believed correct, or those that `LOSTWRITE_IMPLS` names, and those of `LOSTWRITE_IMPL_FILES`:
//! nothing is flagged, and no two of them diverge.

use report::targets::differential_bytes_on;
use report::targets::environment::VERSIONS;
use std::sync::LazyLock;

fn main() {
    LazyLock::force(&VERSIONS);
    afl::fuzz!(|input: &[u8]| _ = differential_bytes_on(&VERSIONS, input).or_abort());
}
