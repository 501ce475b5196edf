//! The three values of a comparison: agree, diverge, incomparable (`docs/gaps.md`).

mod common;

use common::{case, version};
use oracle::{Comparison, compare, outcome};

fn compared(left: &str, right: &str, line: &str) -> Comparison {
    let case = case(line);
    let (l, r) = (outcome(version(left), &case).0, outcome(version(right), &case).0);
    let there = compare(&case, &l, &r);
    assert_eq!(there, compare(&case, &r, &l), "{left} and {right} on {line}: the order must not matter");
    there
}

#[test]
fn a_version_agrees_with_itself_and_v2_with_v3() {
    for line in ["kernel=6.0 W0 D0", "kernel=6.0 W0 P0 R0 W0 D0 P0 R0", "kernel=6.1.192 W0 W1 DD0 R0 R1 P0"] {
        assert_eq!(compared("v2", "v3", line), Comparison::Agree, "{line}");
        assert_eq!(compared("v3", "v3", line), Comparison::Agree, "{line}");
    }
}

/// Exactly one side loses: that is no legitimate difference, however many actors there are.
#[test]
fn a_loss_on_one_side_diverges() {
    for line in [
        "kernel=6.0 W0 P0 R0 W0 D0 P0 R0",
        "kernel=6.0 W0 F0 W0 I0 D0 U0 P0 R0",
        "kernel=6.0 shared=0 cpu0: D0 | cpu1: R0 Z0 R0 | schedule: 1*2 0*8 1*30",
    ] {
        assert_eq!(compared("pre-fix", "v3", line), Comparison::Diverge, "{line}");
    }
}

/// The same schedule is another interleaving to a version with other steps, and both may be right: somewhere
/// a second CPU's access comes before the end of the migration on one side and after it on the other.
#[test]
fn legal_differences_under_several_actors_are_incomparable() {
    let mut seen = 0;
    for steps in 1..64 {
        let line = format!("kernel=6.0 cpu0: W0 D0 | cpu1: R0 | schedule: 0*{steps} 1*8 0*64");
        let (left, judges, _) = outcome(version("v2"), &case(&line));
        assert!(judges.is_silent() && left.is_silent(), "v2 on {line}: {judges:?}");
        let (right, judges, _) = outcome(version("v3"), &case(&line));
        assert!(judges.is_silent() && right.is_silent(), "v3 on {line}: {judges:?}");
        let comparison = compared("v2", "v3", &line);
        assert_ne!(comparison, Comparison::Diverge, "{line}");
        assert_eq!(comparison == Comparison::Agree, left == right, "{line}");
        seen += u32::from(comparison == Comparison::Incomparable);
    }
    assert!(seen > 0, "no schedule told v2 and v3 apart");
}

/// madvise(2) allows two fates for data given to MADV_FREE. The mark that v3 gives a device page decides
/// here, and 6.1.192 does not give it.
#[test]
fn two_fates_of_a_lazyfree_page_are_incomparable() {
    assert_eq!(compared("v3", "6.1.192", "kernel=6.0 W0 F0 D0 R0"), Comparison::Incomparable);
}

/// A disk completes its writes between steps, so that one actor is not alone either: somewhere a write ends
/// before the page is migrated on one side and after it on the other.
#[test]
fn a_disk_makes_one_actor_incomparable() {
    let mut seen = 0;
    for steps in 60..120 {
        let line = format!("kernel=6.0 swap=disk W0 D0 W0 P0 W0 D0 | schedule: 0*{steps} w*2");
        let comparison = compared("v2", "v3", &line);
        assert_ne!(comparison, Comparison::Diverge, "{line}");
        seen += u32::from(comparison == Comparison::Incomparable);
    }
    assert!(seen > 0, "no schedule told v2 and v3 apart");
}
