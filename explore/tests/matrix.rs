//! The table of versions against the table of expected verdicts, and what stands behind a cell.

use corpus::{Case, Surface, surfaces};
use explore::answers::cell::{Cell, Effort, Mark, Verdict, cell};
use explore::answers::matrix::{Matrix, MatrixOptions, matrix};
use impls::{Loss, Scenario, Version, expected_rows, find, registry};
use model::Profile;
use oracle::{Goal, trace};

const EFFORT: Effort = Effort { budget: 300_000, samples: 1000 };

fn version(name: &str) -> &'static Version {
    find(name).unwrap_or_else(|e| panic!("{e}"))
}

/// Every version on these CPUs, with one kernel around all, or each one's own.
fn tables(hardware: Vec<Surface>, kernel: Option<Profile>) -> Vec<Matrix> {
    let versions = registry().iter().collect();
    matrix(&MatrixOptions { versions, hardware, kernel, knobs: Vec::new(), effort: EFFORT }, || {})
}

#[test]
fn every_cell_is_as_expected_and_exhausted() {
    let tables = tables(surfaces(), Some(Profile::V6_0));
    assert_eq!(tables.len(), surfaces().len());
    check(&tables);
}

/// With its own kernel around it a version does the same, but for 5.18 and swapcache-dirty: that kernel frees
/// the slot of a page that is written to.
#[test]
fn every_cell_is_as_expected_with_each_versions_own_kernel() {
    check(&tables(vec![surfaces()[0]], None));
}

fn check(tables: &[Matrix]) {
    for table in tables {
        assert_eq!(table.squares().count(), registry().len() * Scenario::ALL.len());
        for (row, square) in table.squares() {
            let at = format!("{} {} {}", table.hardware, row.version.name, square.scenario.name());
            assert_eq!(square.mark, Mark::AsExpected, "{at}: expected {:?}, {square:?}", square.expected);
            let Some(cell) = &square.cell else { continue };
            assert!(cell.exhausted, "{at} is too large to be exhausted");
            if let Some(expected) = square.expected {
                assert_eq!(expected == Loss::Required, wrong(cell), "{at}");
            }
            let Some(shown) = &cell.shown else { continue };
            // What is shown replays, as what it is.
            let trace = trace(row.version, &shown.case);
            assert_eq!(trace.judges.of(shown.finding.judge()), Some(shown.finding), "{at}: {}", shown.case);
            if wrong(cell) {
                assert!(trace.scenario().is_none_or(|s| s == square.scenario), "{at}: {}", shown.case);
            }
        }
    }
}

fn wrong(cell: &Cell) -> bool {
    matches!(cell.verdict, Verdict::Wrong { .. })
}

#[test]
fn every_version_has_a_row_for_every_hardware_and_no_row_is_for_another() {
    let hardware: Vec<_> = surfaces().iter().map(|s| s.name).collect();
    for version in registry() {
        for name in &hardware {
            let row = expected_rows().iter().find(|r| r.version == version.name && r.hardware == *name);
            assert!(row.is_some(), "{} has no row for {name} in expected.tsv", version.name);
        }
    }
    for row in expected_rows() {
        let name = row.hardware.trim_end_matches("@native");
        assert!(hardware.contains(&name), "{}: {name}", row.version);
    }
}

/// A scenario without programs would be as expected for nothing.
#[test]
fn every_scenario_has_programs() {
    let programs = corpus::scenario_programs();
    for scenario in Scenario::ALL {
        let has = programs.iter().any(|e| e.scenario.as_deref() == Some(scenario.name()));
        assert!(has, "{}", scenario.name());
    }
    for entry in programs {
        assert!(
            Scenario::ALL.iter().any(|s| Some(s.name()) == entry.scenario.as_deref()),
            "{}: {:?}",
            entry.place,
            entry.scenario
        );
    }
}

#[test]
fn a_program_that_is_too_large_is_sampled_and_says_so() {
    let program: Case = "cpu0: W0 F0 I0 D0 | cpu1: W0".parse().expect("a case");
    let small = Effort { budget: 100, samples: 3000 };
    let of = |name| cell(version(name), Scenario::SampledDirty, std::slice::from_ref(&program), small);
    let lost = of("v1");
    assert!(wrong(&lost) && !lost.exhausted && lost.samples == 3000, "{lost:?}");
    let shown = lost.shown.expect("a case");
    assert_eq!(trace(version("v1"), &shown.case).finding, Some(shown.finding));
    let silent = of("v3");
    assert_eq!((silent.verdict, silent.states, silent.samples), (Verdict::Silent, 100, 3000));
}

#[test]
fn a_loss_of_another_scenario_is_not_this_ones() {
    let program: Case = "cpu0: W0 F0 I0 D0 | cpu1: R0 W0".parse().expect("a case");
    let found = cell(version("v1"), Scenario::BlindStore, &[program], EFFORT);
    assert_eq!(found.verdict, Verdict::Silent);
    assert!(found.others.iter().eq(&[Scenario::SampledDirty]), "{:?}", found.others);
}

#[test]
fn a_fact_that_is_dropped_and_never_shown_is_told_apart() {
    let program: Case = "W0 P0 R0 W0 D0 W0 P0 R0".parse().expect("a case");
    let found = cell(version("pre-fix"), Scenario::SwapcacheDirty, &[program], EFFORT);
    assert_eq!(found.verdict, Verdict::Dropped);
    assert!(found.shown.is_some());
}

#[test]
fn marks_compare_what_was_found_with_what_is_expected() {
    let programs = |scenario: Scenario| -> Vec<Case> {
        let entries = corpus::scenario_programs().into_iter();
        entries.filter(|e| e.scenario.as_deref() == Some(scenario.name())).map(|e| e.case).collect()
    };
    let of = |name, scenario| cell(version(name), scenario, &programs(scenario), EFFORT);
    let lost = of("pre-fix", Scenario::SwapcacheDirty);
    let silent = of("v2", Scenario::SwapcacheDirty);
    for (cell, expected, mark) in [
        (&lost, Some(Loss::Required), Mark::AsExpected),
        (&lost, Some(Loss::Allowed), Mark::AsExpected),
        (&lost, Some(Loss::Forbidden), Mark::NotExpected),
        (&lost, None, Mark::AsExpected),
        (&silent, Some(Loss::Required), Mark::NotFound),
        (&silent, Some(Loss::Allowed), Mark::AsExpected),
        (&silent, Some(Loss::Forbidden), Mark::AsExpected),
        (&silent, None, Mark::AsExpected),
    ] {
        assert_eq!(cell.mark(expected, false), mark, "{expected:?} {:?}", cell.verdict);
    }
    let dropped = Cell { verdict: Verdict::Dropped, ..silent.clone() };
    assert_eq!(dropped.mark(Some(Loss::Forbidden), true), Mark::NotExpected);
    assert_eq!(dropped.mark(Some(Loss::Forbidden), false), Mark::AsExpected);
    let broken = Cell { verdict: Verdict::Broken, ..silent };
    assert_eq!(broken.mark(None, false), Mark::NotExpected);
}

/// What the programs reach is counted over all their interleavings and the drains, and nothing else is.
#[test]
fn what_a_cell_reached_is_reported_and_what_cannot_be_is_not() {
    let program: Case = "cpu0: W0 D0 | cpu1: R0".parse().expect("a case");
    let goals = cell(version("v3"), Scenario::SampledDirty, std::slice::from_ref(&program), EFFORT).goals;
    for (goal, reached) in [
        (Goal::Migrated, true),
        (Goal::WaitedOnEntry, true),
        // In the drain only.
        (Goal::Wrote, true),
        // Nobody takes a reference by GUP, forks, or has a large folio.
        (Goal::GupBackedOff, false),
        (Goal::SlowPath, false),
        (Goal::Split, false),
        (Goal::DmaStore, false),
    ] {
        assert_eq!(goals.has(goal), reached, "{}", goal.text());
    }
    let all = goals.list(true).count() + goals.list(false).count();
    assert_eq!(all, Goal::ALL.len());
    // Drawn, not exhausted: nothing else.
    let small = Effort { budget: 10, samples: 1000 };
    let drawn = cell(version("v3"), Scenario::SampledDirty, &[program], small).goals;
    assert!(drawn.has(Goal::Migrated) && drawn.list(true).all(|goal| goals.has(goal)), "{drawn:?}");
}
