//! `replay`.

use crate::common::{S1, lostwrite, printed, repository, written};
use predicates::prelude::*;

#[test]
fn replay_marks_where_the_fact_and_the_data_went() {
    let out = printed(&lostwrite(&["replay", "--impl", "pre-fix", S1]).success());
    let marks = ["DIRTY BIT LOST", "DATA LOST", "WRONG VALUE: 1, expected 2"];
    let places: Vec<_> = marks.iter().map(|m| out.find(m).unwrap_or_else(|| panic!("{m}: {out}"))).collect();
    assert!(places.is_sorted(), "{out}");
    // Each mark stands under the step that it is about.
    let above = |mark: &str| {
        let lines: Vec<_> = out.lines().collect();
        let at = lines.iter().position(|l| l.contains(mark)).expect("found above");
        lines[at - 1].to_owned()
    };
    assert!(above(marks[0]).contains("install migration entry"), "{out}");
    assert!(above(marks[1]).contains("-swapcache"), "{out}");
    assert!(above(marks[2]).contains("R0 load f0 -> [1]"), "{out}");
    assert!(out.contains(&format!("replay: lostwrite replay --impl pre-fix '{S1}'")), "{out}");
}

#[test]
fn replay_of_a_correct_version_says_nothing() {
    lostwrite(&["replay", "--impl", "v3", S1])
        .success()
        .stdout(predicate::str::contains("no judge says anything").and(predicate::str::contains("<==").not()));
}

#[test]
fn replay_takes_every_version_of_the_thread_unless_told() {
    let out = printed(&lostwrite(&["replay", "--quiet", S1]).success());
    let first: Vec<_> = out.lines().map(|l| l.split_whitespace().next().unwrap_or("")).collect();
    assert_eq!(first, ["pre-fix", "v1", "v2", "v3"], "{out}");
    assert!(out.lines().skip(1).all(|l| l.ends_with(" ok")), "{out}");
    let out = printed(&lostwrite(&["replay", "-q", "--impl", "bugA", "--impl", "6.1.192", S1]).code(1));
    assert!(out.starts_with("bugA ") && out.contains("expected 2"), "{out}");
    assert!(out.lines().nth(2).is_some_and(|l| l.starts_with("6.1.192") && l.ends_with(" ok")), "{out}");
}

#[test]
fn replay_prints_every_step_if_asked() {
    let steps = |args: &[&str]| printed(&lostwrite(args).success()).lines().count();
    let all = steps(&["replay", "--full", "--impl", "pre-fix", S1]);
    assert!(all > 124 && steps(&["replay", "--impl", "pre-fix", S1]) < all, "{all}");
}

#[test]
fn case_files_replay_as_they_say() {
    for file in ["thread.case", "controls.case", "regressions.case", "interleavings.case"] {
        let path = repository(&format!("corpus/cases/{file}"));
        let mut args = vec!["replay", "--quiet", &path];
        args.extend(impls::registry().iter().flat_map(|v| ["--impl", v.name]));
        lostwrite(&args).success();
    }
}

#[test]
fn a_case_file_that_expects_something_else_exits_with_1() {
    for (expect, complaint) in
        [("v3=lost", "v3: expected lost, found ok"), ("pre-fix=ok", "pre-fix: expected ok, found lost")]
    {
        let (_folder, path) = written("wrong.case", format!("expect: {expect}\n{S1}\n"));
        lostwrite(&["replay", "--quiet", &path])
            .code(1)
            .stdout(predicate::str::contains(format!("wrong.case:2: {complaint}")));
    }
}

/// What the options say holds, whatever the case says.
#[test]
fn replay_takes_kernels_hardware_and_knobs() {
    let case = "kernel=6.0 cpu0: W0 F0 I0 D0 | cpu1: R0 W0 | schedule: 0*24 1*2 0*5 1*2";
    let replay =
        |args: &[&str]| printed(&lostwrite(&[&["replay", "--impl", "v3", case], args].concat()).success());
    assert!(replay(&[]).contains("no judge says anything"));
    // A CPU that breaks the contract is nobody's alarm.
    let out = replay(&["--hardware", "w1"]);
    assert!(out.contains("WRONG VALUE: 0, expected 1") && out.contains("case: kernel=6.0 hw=w1 "), "{out}");
    let out = replay(&["--kernel", "7.3", "--knob", "flush=double", "--knob", "sticky=off"]);
    assert!(out.contains("case: kernel=7.3 sticky=off flush=double cpu0: "), "{out}");
}
