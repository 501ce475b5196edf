//! One version that is known to lose data, `LOSTWRITE_SUBJECT` or else pre-fix: a fuzzer that works crashes
//! soon.

use report::targets::environment::SUBJECT;
use report::targets::rediscover_bytes;
use std::sync::LazyLock;

fn main() {
    LazyLock::force(&SUBJECT);
    afl::fuzz!(|input: &[u8]| _ = rediscover_bytes(&SUBJECT, input).or_abort());
}
