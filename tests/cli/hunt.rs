//! `hunt` and the main job.

use crate::common::{cells, lostwrite, printed};
use predicates::prelude::*;

#[test]
fn hunt_finds_what_pre_fix_loses_and_nothing_else() {
    let args = ["hunt", "--executions", "2000", "--impl", "pre-fix", "--impl", "v3"];
    let out = printed(&lostwrite(&args).success());
    assert!(out.starts_with("2000 executions on each of pre-fix, v3\n"), "{out}");
    assert!(out.lines().any(|l| l.starts_with("pre-fix swapcache-dirty: execution ")), "{out}");
    assert!(out.contains("flags on versions believed correct: 0"), "{out}");
    assert!(!out.lines().any(|l| l.starts_with("v3:")), "{out}");
    // What made the executions worth running: a line per goal, with count and share.
    for goal in oracle::Goal::ALL {
        let line = out.lines().find(|l| l.starts_with(goal.text())).unwrap_or_else(|| panic!("{goal:?}: {out}"));
        let [_, count, share] = cells(line)[..] else { panic!("{line}") };
        let count: u32 = count.parse().expect("a number");
        assert!(count <= 2000 && (share == "NEVER") == (count == 0), "{line}");
    }
    let line = out.lines().find(|l| l.starts_with("a page moved to or from the device")).expect("found above");
    assert!(cells(line)[1].parse::<u32>().is_ok_and(|n| n > 200), "{line}");
    assert_eq!(out, printed(&lostwrite(&args).success()), "the same seed finds the same");
    // What a hunt prints replays.
    let line = out.lines().find(|l| l.starts_with("pre-fix swapcache-dirty: ")).expect("found above");
    let case = line.splitn(3, ": ").nth(2).expect("execution, steps, case");
    lostwrite(&["replay", "--impl", "pre-fix", case]).success().stdout(predicate::str::contains("WRONG VALUE"));
}

#[test]
fn the_main_job_finds_everything_that_is_expected() {
    let out = printed(&lostwrite(&["--time", "1", "--threads", "1"]).success());
    assert!(out.lines().last().is_some_and(|l| l == "everything as expected"), "{out}");
    let row = |version: &str| {
        let line = out.lines().find(|l| l.starts_with(&format!("{version} "))).unwrap_or_else(|| panic!("{out}"));
        // Cells are two blanks apart.
        line.split("  ").map(str::trim).filter(|c| !c.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(row("version")[1..7], ["dirty", "dirty", "load", "store", "dirty", "restore"]);
    for (version, lost) in [
        ("pre-fix", [true, true, true, false, true, true]),
        ("v1", [false, false, true, false, true, true]),
        ("v2", [false; 6]),
        ("v3", [false; 6]),
    ] {
        let cells: Vec<_> = row(version)[1..7].iter().map(|c| c.starts_with("LOST")).collect();
        assert_eq!(cells, lost, "{version}: {out}");
    }
    // The hunt starts from nothing; in a second it finds at least the losses that need no second CPU.
    assert!(row("pre-fix")[1] == "LOST (both)" && row("pre-fix")[2] == "LOST (both)", "{out}");
    for scenario in ["swapcache-dirty:", "lazyfree-dirty:", "stale-load:", "sampled-dirty:", "sampled-restore:"] {
        assert!(out.contains(&format!("--- {scenario}")), "{scenario}: {out}");
    }
    assert!(!out.contains("--- stale-store:") && !out.contains("UNEXPECTED"), "{out}");
}

#[test]
fn hunt_takes_kernels_hardware_and_knobs() {
    let hunt = |args: &[&str]| {
        let all = [&["hunt", "--impl", "v3", "--executions", "3000"], args].concat();
        printed(&lostwrite(&all).success())
    };
    let out = hunt(&["--kernel", "7.3", "--hardware", "w1", "--knob", "swap-in=writable-clean"]);
    let found: Vec<_> = out.lines().filter(|l| l.starts_with("v3 ")).collect();
    assert!(!found.is_empty() && found.iter().all(|l| l.contains(": kernel=7.3 hw=w1 ")), "{out}");
    let out = hunt(&["--kernel", "6.0", "--hardware", "hw0"]);
    assert!(!out.lines().any(|l| l.starts_with("v3 ") || l.starts_with("v3:")), "{out}");
}
