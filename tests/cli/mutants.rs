//! `mutants`, and mutants by name.

use crate::common::{S1, cells, complained, lostwrite, printed};
use predicates::prelude::*;

#[test]
fn mutants_tells_who_caught_what_and_what_survives() {
    let args = ["mutants", "--impl", "v3", "--samples", "100"];
    // The exit code depends on the table of survivors, which has a test of its own.
    let out = printed(&lostwrite(&args).code(predicate::in_iter([0, 1])));
    let row = out.lines().find(|l| l.starts_with("v3 ")).unwrap_or_else(|| panic!("{out}"));
    let (caught, all) = cells(row)[2].split_once('/').expect("n/m");
    let (caught, all): (usize, usize) = (caught.parse().expect("a number"), all.parse().expect("a number"));
    let survivors = out.lines().filter(|l| l.starts_with("survives: v3: ")).count();
    assert!(caught > 20 && caught + survivors == all, "{out}");
    let json = lostwrite(&[&args[..], &["--format", "json"]].concat()).code(predicate::in_iter([0, 1]));
    let json: serde_json::Value = serde_json::from_str(&printed(&json)).expect("JSON");
    assert_eq!((&json["format"], &json["versions"][0]["caught"]), (&2.into(), &caught.into()));
    lostwrite(&["mutants", "--impl", "v9"])
        .code(2)
        .stderr(predicate::str::contains("unknown implementation 'v9'"));
}

/// The mutants of the two kernels that were recorded have names of their own.
#[test]
fn a_mutant_of_the_ground_truth_is_named_with_its_kernel() {
    lostwrite(&["diff", "6.1.192", "bugA"]).success().stdout(predicate::str::contains("no difference").not());
    lostwrite(&["diff", "7.3", "bugA@7.3"]).success().stdout(predicate::str::contains("MarkFolioDirty"));
    lostwrite(&["replay", "--impl", "bugA@7.3", "kernel=6.0 W0 P0 R0 W0 D0 P0 R0"])
        .code(1)
        .stdout(predicate::str::contains("WRONG VALUE: 1, expected 2"));
}

/// A mutant replays by its place.
#[test]
fn a_mutant_is_named_by_version_and_place() {
    let out = printed(&lostwrite(&["diff", "v3", "v3/drop 1"]).success());
    assert!(out.contains("LockPtl"), "{out}");
    lostwrite(&["replay", "--impl", "v3/drop 18", S1]).code(1).stdout(predicate::str::contains("WRONG VALUE"));
    let e = complained(&lostwrite(&["replay", "--impl", "v3/drop 99", S1]).code(2).stdout(""));
    assert!(e.contains("v3 has no mutant 'drop 99'; expected drop 1, drop 2"), "{e}");
}
