//! The program for Shuttle is the case: it loses where the version does, and nowhere else.

use corpus::Case;
use peers::shuttle::{Choice, losses};

fn lost(name: &str, line: &str, choice: Choice) -> u64 {
    let version = impls::find(name).unwrap_or_else(|e| panic!("{e}"));
    let case: Case = line.parse().unwrap_or_else(|e| panic!("{line}: {e}"));
    losses(version, &case, choice, 1, 2000)
}

#[test]
fn it_loses_where_the_version_does() {
    let plain = "cpu0: W0 P0 R0 W0 D0 | kswapd: P0";
    let race = "cpu0: W0 F0 I0 D0 | cpu1: W0";
    for choice in [Choice::Random, Choice::Pct(3)] {
        assert!(lost("pre-fix", plain, choice) > 0, "pre-fix, {choice:?}");
        for line in [plain, race] {
            assert_eq!(lost("v3", line, choice), 0, "v3 on {line}, {choice:?}");
        }
        assert_eq!(lost("v1", plain, choice), 0, "v1 without the race, {choice:?}");
    }
    assert!(lost("v1", race, Choice::Pct(3)) > 0, "v1 in the race");
}
