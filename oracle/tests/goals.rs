//! Non-vacuity of the judge of non-vacuity: a small case reaches each goal, and one beside it does not.

mod common;

use common::{case, version};
use oracle::{Goal, Goals};

fn reached(name: &str, line: &str) -> Goals {
    let mut goals = Goals::default();
    oracle::replay(version(name), &case(line), &mut goals);
    goals
}

/// Goal, version, a case that reaches it, a case that comes close and does not. The drain reaches goals too:
/// it reclaims and reads every page.
const CASES: [(Goal, &str, &str, &str); 19] = [
    (Goal::Migrated, "v3", "kernel=6.0 W0 D0", "kernel=6.0 W0 P0 R0 D0"),
    (Goal::Restored, "v3", "kernel=6.0 W0 P0 R0 D0", "kernel=6.0 W0 D0 R0"),
    (Goal::ExtraReference, "v3", "kernel=6.0 W0 I0 D0", "kernel=6.0 W0 D0 I0"),
    (
        Goal::IsolationFailed,
        "v3",
        "kernel=6.0 cpu0: W0 D0 | kswapd: P0 | schedule: 0*8 1*2 0*30",
        "kernel=6.0 cpu0: W0 D0 | kswapd: P0 | schedule: 0*8 1*3 0*30",
    ),
    (Goal::PinnedBackOff, "v3", "kernel=6.0 W0 IP0 D0", "kernel=6.0 W0 I0 D0"),
    (Goal::SlowPath, "v3", "kernel=6.0 W0 K+ D0", "kernel=6.0 W0 K+ K- D0"),
    (Goal::Split, "7.3", "kernel=7.3 large=0,1 D0", "kernel=7.3 D0"),
    (
        Goal::WaitedOnEntry,
        "v3",
        "kernel=6.0 cpu0: W0 D0 | cpu1: R0 | schedule: 0*22 1*4",
        "kernel=6.0 cpu0: W0 D0 | cpu1: R0",
    ),
    (Goal::Wrote, "v3", "kernel=6.0 W0", "kernel=6.0 R0"),
    (Goal::DroppedClean, "v3", "kernel=6.0 W0 P0 R0", "kernel=6.0 W0 F0"),
    (Goal::DiscardedLazyFree, "v3", "kernel=6.0 W0 F0", "kernel=6.0 W0 F0 W0"),
    (
        Goal::BatchedFlush,
        "v3",
        "kernel=6.1.192 cpu0: W0 R0 | kswapd: P0 | schedule: 0*8 1*40",
        "kernel=6.0 cpu0: W0 R0 | kswapd: P0 | schedule: 0*8 1*40",
    ),
    (
        Goal::StaleUse,
        "v3",
        "kernel=6.0 shared=0 cpu0: D0 | cpu1: R0 R0 | schedule: 1*2 0*6 1*2",
        "kernel=6.0 shared=0 cpu0: D0 | cpu1: R0 R0 | schedule: 1*4 0*6",
    ),
    (
        Goal::ShotDown,
        "v3",
        "kernel=6.0 cpu0: Z0 | cpu1: W0 | schedule: 1*8",
        "kernel=6.0 cpu0: Z0 | cpu1: W0 | schedule: 0*9",
    ),
    (Goal::Copied, "v3", "kernel=6.0 W0 K+ W0", "kernel=6.0 W0 IP0 K+"),
    (Goal::CopiedAtFork, "v3", "kernel=6.0 W0 IP0 K+", "kernel=6.0 W0 I0 K+"),
    (
        Goal::GupBackedOff,
        "v3",
        "kernel=6.0 cpu0: W0 D0 | cpu1: I0 | schedule: 0*8 1 0*5 1*2",
        "kernel=6.0 cpu0: W0 D0 | cpu1: I0 | schedule: 0*8 1*3",
    ),
    (Goal::DmaStore, "v3", "kernel=6.0 IW0 B0", "kernel=6.0 I0 B0"),
    (Goal::ExclusiveRestored, "v3", "kernel=6.0 W0 X0", "kernel=6.0 W0 D0"),
];

#[test]
fn every_goal_is_reached_by_a_small_case() {
    assert_eq!(CASES.map(|(goal, ..)| goal), Goal::ALL);
    for (goal, name, line, _) in CASES {
        assert!(reached(name, line).has(goal), "{goal:?} ({}): {name} on {line}", goal.text());
    }
}

#[test]
fn no_goal_is_reached_where_it_must_not_be() {
    for (goal, name, _, line) in CASES {
        assert!(!reached(name, line).has(goal), "{goal:?} ({}): {name} on {line}", goal.text());
    }
}

/// The least that can happen reaches nothing.
#[test]
fn reading_an_empty_page_reaches_no_goal() {
    let goals = reached("v3", "kernel=6.0 R0");
    assert!(Goal::ALL.iter().all(|goal| !goals.has(*goal)), "{goals:?}");
}

#[test]
fn joined_goals_are_those_of_both() {
    let (mut one, other) = (reached("v3", "kernel=6.0 W0 X0"), reached("v3", "kernel=6.0 IW0 B0"));
    assert!(!one.has(Goal::DmaStore) && !other.has(Goal::ExclusiveRestored));
    one.join(other);
    assert!(one.has(Goal::DmaStore) && one.has(Goal::ExclusiveRestored));
}
