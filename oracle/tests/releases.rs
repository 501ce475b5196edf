//! Verdicts that hang on what one release does in the surroundings.

mod common;

use common::{case, heard, judged, version};
use oracle::Judge;

/// The page is under writeback, mapped writable and clean again, and so in the TLB: MADV_PAGEOUT leaves it.
/// Up to 6.9 its flush for A drops the TLB entry as well, and the next store finds the page table; later the
/// store goes through the entry of a CPU that does not look again (`w1`), behind the write to swap.
#[test]
fn the_flush_of_madv_pageout_is_gone_since_6_10() {
    let lost = |kernel: &str| {
        (40..80).any(|n| {
            let line = format!("{kernel} hw=w1 swap=disk cpu0: W0 P0 R0 P0 W0 | schedule: 0*{n} w*2 0*9");
            heard(&judged(version("v3"), &case(&line)).0).contains(&Judge::LastWrite)
        })
    };
    assert!(!lost("kernel=6.1.192 swap-in=writable-clean"));
    assert!(lost("kernel=7.0-rc6"));
    assert!(lost("kernel=7.3"));
}
