//! Versions that are not built in: they are values like any other, and nothing is expected of them.

use corpus::{Environment, surfaces};
use explore::answers::cell::{Effort, Mark, Verdict};
use explore::answers::matrix::{MatrixOptions, matrix};
use explore::answers::mutants::mutants;
use explore::hunt::{HuntOptions, Limit, Origin, hunt};
use explore::shrink::Signature;
use impls::{PERFECT, Standing, Version};
use model::{Config, Profile};
use oracle::Judge;

/// A built-in version's listing under another name.
fn own(of: &str, name: &'static str, standing: Standing) -> &'static Version {
    let built_in = impls::find(of).unwrap_or_else(|e| panic!("{e}"));
    Box::leak(Box::new(Version { name, standing, ..built_in.clone() }))
}

fn options(versions: Vec<&'static Version>, environment: Environment) -> HuntOptions {
    let limit = Limit::Executions(2048);
    HuntOptions { versions, origin: Origin::Generator, environment, seed: 1, from: 0, limit, at_home: true }
}

/// A version is no name: an alarm on one that the registry does not have is shrunk like any other.
#[test]
fn an_alarm_on_a_version_that_is_not_registered_is_shrunk() {
    let trusted = own("pre-fix", "trusted", Standing::BuiltIn { correct: true });
    let report = hunt(&options(vec![trusted], Environment::default()), |_| {});
    assert!(report.alarm_count > 0 && !report.alarms.is_empty());
    for alarm in &report.alarms {
        let signature = Signature::all(trusted, &alarm.case).into_iter().find(|s| s.judge() == alarm.judge);
        let signature = signature.expect("it is flagged");
        let again = explore::shrink::shrink_to(&alarm.case, signature, &explore::shrink::Limits::default());
        assert_eq!(again.case, alarm.case, "there was more to shrink");
    }
}

#[test]
fn what_is_found_on_a_version_without_expectations_is_told_whoever_speaks() {
    let versions = vec![own("pre-fix", "mine", Standing::Own), own("v3", "same", Standing::Own)];
    let report = hunt(&options(versions.clone(), Environment::default()), |_| {});
    assert_eq!(report.alarm_count, 0);
    assert!(report.flagged[&0] > 0 && !report.flagged.contains_key(&1), "{:?}", report.flagged);
    assert!(report.found.keys().all(|class| class.version == 0), "{:?}", report.found);
    for judge in [Judge::LastWrite, Judge::CleanMeansEqual] {
        assert!(report.found.keys().any(|class| class.judge == judge), "{judge:?}: {:?}", report.found);
    }
    for (class, found) in &report.found {
        assert!(found.case.config.keeps_contract(), "{}", found.case);
        let trace = oracle::trace(versions[0], &found.case);
        assert!(trace.judges.of(class.judge).is_some(), "{class:?}: {}", found.case);
    }
}

/// On a CPU that breaks the contract every version loses. That counts only if the hunt was asked for such a
/// CPU.
#[test]
fn a_loss_that_is_the_cpus_counts_if_it_was_asked_for() {
    let same = own("v3", "same", Standing::Own);
    // Bytes name any CPU, and any driver.
    let bytes = HuntOptions { origin: Origin::Bytes, ..options(vec![same], Environment::default()) };
    let report = hunt(&bytes, |_| {});
    assert!(report.flagged.is_empty() && report.off_contract[&0] > 0, "{report:?}");
    let surface = surfaces().into_iter().find(|s| {
        let hardware = Config { hardware: s.hardware, ..Config::default() };
        !hardware.keeps_contract()
    });
    // Nor does it count where the release loses the same.
    let versions = vec![own("pre-fix", "mine", Standing::Own), same];
    let report = hunt(&options(versions, Environment { surface, ..Environment::default() }), |_| {});
    assert!(report.flagged[&0] > 0 && !report.flagged.contains_key(&1), "{report:?}");
    assert!(report.off_contract.is_empty(), "{report:?}");
}

/// Whatever a version is called, its listing decides what is found, and no row of the table decides whether
/// that is good.
#[test]
fn the_listing_of_v1_under_another_name_has_the_row_of_v1_and_no_expectations() {
    let v1 = impls::find("v1").expect("registered");
    let hardware = surfaces().into_iter().filter(|s| s.name == PERFECT).collect();
    let versions = vec![v1, own("v1", "mine", Standing::Own), own("v1", "v3", Standing::Own)];
    let effort = Effort { budget: 300_000, samples: 100 };
    let options = MatrixOptions { versions, hardware, kernel: Some(Profile::V6_0), knobs: Vec::new(), effort };
    let tables = matrix(&options, || {});
    let rows = &tables[0].rows;
    for row in &rows[1..] {
        for (built_in, square) in rows[0].cells.iter().zip(&row.cells) {
            let of = |s: &explore::answers::matrix::Square| {
                s.cell.as_ref().map(|c| (c.verdict, c.states, c.others.clone()))
            };
            assert_eq!(of(square), of(built_in), "{:?}", square.scenario);
            let found = square.cell.as_ref().is_some_and(explore::answers::cell::Cell::shows_anything);
            assert_eq!(square.mark, if found { Mark::Found } else { Mark::Nothing });
            assert_eq!(square.expected, None);
        }
    }
    assert!(rows[0].cells.iter().all(|s| s.mark == Mark::AsExpected));
    assert!(tables[0].as_expected() && !tables[0].is_fine());
}

#[test]
fn what_the_original_shows_is_told_beside_its_mutants() {
    let effort = Effort { budget: 20_000, samples: 200 };
    let versions = [own("pre-fix", "mine", Standing::Own), own("v3", "same", Standing::Own)];
    let reports = mutants(&versions, effort, || {});
    assert!(reports[0].shows.iter().any(|(verdict, _)| *verdict == Verdict::Wrong { stale: false }));
    assert!(reports[1].shows.is_empty(), "{:?}", reports[1].shows);
    assert!(reports[1].caught() > 0);
}
