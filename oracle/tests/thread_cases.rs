//! The cases that come with lostwrite, and the recorded sequences, on every version.

mod common;

use common::{judged, version};
use corpus::{Entry, Expect};
use impls::{Loss, PERFECT, Scenario, Version};
use model::Profile;
use oracle::{
    Cause, CauseKind, Comparison, End, Finding, GivenUp, Judge, Symptom, Trace, compare, outcome, trace,
};

fn entries() -> Vec<Entry> {
    corpus::builtin().into_iter().flat_map(|f| f.entries).collect()
}

/// Those that were written to show the scenarios. What shrinking has left shows what it shows.
fn written() -> Vec<Entry> {
    entries().into_iter().filter(|e| !e.place.starts_with(corpus::REGRESSIONS_FOLDER)).collect()
}

/// Every entry with every version that it names.
fn expectations(entries: Vec<Entry>) -> impl Iterator<Item = (Entry, &'static Version, Expect)> {
    entries.into_iter().flat_map(|entry| {
        let expect = entry.expect.clone();
        expect.into_iter().map(move |(name, expect)| (entry.clone(), version(&name), expect))
    })
}

/// At least of every version that is believed correct, and of no version twice.
#[test]
fn every_case_says_what_to_expect() {
    for entry in entries() {
        for version in impls::registry() {
            let named = entry.expect.iter().filter(|(name, _)| name == version.name).count();
            assert!(
                named == 1 || (named == 0 && !version.is_believed_correct()),
                "{}: {}",
                entry.place,
                version.name
            );
        }
        for (name, expect) in &entry.expect {
            let held_to_it = version(name).is_correct_on(&entry.case.config);
            assert!(!held_to_it || *expect == Expect::Ok, "{}: {name}", entry.place);
        }
    }
}

#[test]
fn every_verdict_is_as_the_case_says() {
    for (entry, version, expect) in expectations(entries()) {
        let (judges, summary) = judged(version, &entry.case);
        let at = format!("{}: {}: {judges:?}", entry.place, version.name);
        let says = |judge| judges.of(judge).is_some();
        let [lost, revoked, broken] = [Judge::LastWrite, Judge::Revoked, Judge::Structural].map(says);
        match expect {
            Expect::Ok => assert!(judges.is_silent(), "{at}"),
            Expect::Lost => assert!(lost, "{at}"),
            Expect::Revoked => assert!(!lost && revoked, "{at}"),
            Expect::Broken => assert!(!lost && !revoked && broken, "{at}"),
            Expect::Dropped => {
                assert!(!lost && !revoked && !broken && says(Judge::CleanMeansEqual), "{at}");
            }
        }
        // A CPU that breaks the contract may do more than lose something.
        let keeps = entry.case.config.keeps_contract();
        assert!(summary.end == End::Complete || !keeps, "{at}");
        assert!(!broken || !keeps || expect == Expect::Broken, "{at}");
    }
}

/// The hardware on which the cases of a scenario run.
fn hardware_of(scenario: &str) -> &'static str {
    if scenario == Scenario::BlindStore.name() { "w1" } else { PERFECT }
}

/// The table of expected verdicts, version by scenario, is what the cases show: a loss where one is required,
/// and none where it is forbidden.
#[test]
fn the_cases_show_the_table_of_the_registry() {
    for entry in written() {
        let Some(scenario) = &entry.scenario else { continue };
        assert!(Scenario::ALL.iter().any(|s| s.name() == scenario), "{}: {scenario}", entry.place);
        assert_eq!(entry.case.surface().name, hardware_of(scenario), "{}", entry.place);
    }
    for version in impls::registry() {
        for scenario in Scenario::ALL {
            let shown = expectations(written()).any(|(entry, v, expect)| {
                v.name == version.name
                    && entry.scenario.as_deref() == Some(scenario.name())
                    && expect == Expect::Lost
            });
            let expected = version.expects_on(scenario, hardware_of(scenario.name()));
            assert_eq!(shown, expected == Some(Loss::Required), "{} {}", version.name, scenario.name());
        }
    }
}

#[test]
fn a_loss_is_named_after_its_scenario() {
    for (entry, version, expect) in expectations(entries()) {
        let found = trace(version, &entry.case).scenario().map(Scenario::name);
        let expected = if expect == Expect::Lost { entry.scenario.as_deref() } else { None };
        assert_eq!(found, expected, "{}: {}", entry.place, version.name);
    }
}

/// The cause comes before the step at which the data was lost, and that before the load which shows it; each
/// of them is such a step.
#[test]
fn cause_and_loss_stand_where_they_belong() {
    for (entry, version, expect) in expectations(written()) {
        let trace = trace(version, &entry.case);
        let at = format!("{}: {}: {:?}", entry.place, version.name, trace.diagnosis);
        let finding = trace.finding.map_or(0, |f| f.step());
        let diagnosis = trace.diagnosis;
        let lost = diagnosis.and_then(|d| d.lost);
        let cause = diagnosis.and_then(|d| d.cause);
        match (expect, entry.scenario.as_deref()) {
            (Expect::Lost, Some("swapcache-dirty" | "lazyfree-dirty" | "sampled-dirty" | "sampled-restore")) => {
                let (Some(cause), Some(lost)) = (cause, lost) else { panic!("{at}") };
                assert_eq!(diagnosis.map(|d| d.symptom), Some(Symptom::LostWrite), "{at}");
                assert_eq!(cause.kind, CauseKind::DirtyBitDropped, "{at}");
                assert!(cause.step < lost && lost <= finding, "{at} found {finding}");
                by_collect(&trace, cause.step, &at);
                last_copy_goes(&trace, lost, &at);
            }
            // No step of the kernel is at fault: the CPU stores without setting D.
            (Expect::Lost, Some("blind-store")) => {
                let (Some(cause), Some(lost)) = (cause, lost) else { panic!("{at}") };
                assert_eq!(cause.kind, CauseKind::StoredWithoutDirty, "{at}");
                assert_eq!(diagnosis.and_then(|d| d.store), Some(cause.step), "{at}");
                last_copy_goes(&trace, lost, &at);
            }
            (Expect::Lost, Some("stale-load" | "split-window")) => {
                assert_eq!(diagnosis.map(|d| d.symptom), Some(Symptom::StaleLoad), "{at}");
                flush_is_owed(&trace, &at);
            }
            (Expect::Lost, Some("stale-store")) => {
                assert_eq!(diagnosis.map(|d| d.symptom), Some(Symptom::StaleStore), "{at}");
                flush_is_owed(&trace, &at);
            }
            (Expect::Dropped, _) => {
                let Some(cause) = cause else { panic!("{at}") };
                assert_eq!(diagnosis.map(|d| d.symptom), Some(Symptom::DirtyBitLost), "{at}");
                assert!(cause.step <= finding && lost.is_none(), "{at}");
                by_collect(&trace, cause.step, &at);
            }
            (Expect::Ok, _) => assert_eq!(diagnosis, None, "{at}"),
            _ => {}
        }
    }
}

/// The page-table lock is dropped by collect while a CPU has a translation that collect has taken away.
fn flush_is_owed(trace: &Trace, at: &str) {
    let Some(Cause { step, kind }) = trace.diagnosis.and_then(|d| d.cause) else { panic!("{at}") };
    let CauseKind::FlushOwed { given_up: GivenUp::Lock, cpu, cleared } = kind else { panic!("{at}") };
    by_collect(trace, step, at);
    by_collect(trace, cleared, at);
    let row = trace.row(step).expect("a row");
    assert!(row.before.ptl[0] != 0 && row.after.ptl[0] == 0, "{at}");
    let page = trace.row(cleared).map(|r| r.before.actors[r.event.transition.actor().expect("an actor")].page);
    assert!(row.after.tlb[cpu][0][page.expect("a page") as usize].valid(), "{at}");
}

fn by_collect(trace: &Trace, step: u32, at: &str) {
    let row = trace.row(step).expect("a row");
    assert_eq!(row.step, step);
    assert!(row.subject_step.is_some(), "{at}");
}

fn last_copy_goes(trace: &Trace, step: u32, at: &str) {
    let Some(Finding::WrongValue { page, word, got, legal, .. }) = trace.finding else { panic!("{at}") };
    let row = &trace.rows[step as usize - 1];
    assert_eq!(row.before.content(0, page)[word], legal.last, "{at}");
    assert_eq!(row.after.content(0, page)[word], got, "{at}");
}

/// The sequences that ran on a real kernel, on every version, as the two kernels that the model has. v1 has
/// its races, but none with one CPU.
#[test]
fn recorded_sequences_are_fine_on_what_is_correct_with_one_cpu() {
    let sequences = corpus::ground_truth_sequences();
    assert!(sequences.len() > 1000, "only {} sequences", sequences.len());
    for mut case in sequences {
        for profile in Profile::ALL {
            case.config = model::Config::of(profile);
            let of = |name| {
                let (outcome, judges, summary) = outcome(version(name), &case);
                assert!(judges.is_silent(), "{name} on {case}: {judges:?}");
                assert_eq!(summary.end, End::Complete, "{name} on {case}");
                outcome
            };
            let [_, v2, v3, _] = ["v1", "v2", "v3", "6.1.192"].map(of);
            assert_eq!(compare(&case, &v2, &v3), Comparison::Agree, "{case}");
        }
    }
}

/// The other half of the claim above: the sequences can tell a version that loses.
#[test]
fn recorded_sequences_show_the_loss_of_pre_fix() {
    let lost = corpus::ground_truth_sequences()
        .iter()
        .filter(|case| judged(version("pre-fix"), case).0.of(Judge::LastWrite).is_some())
        .count();
    assert!(lost > 100, "only {lost} sequences lose");
}
