//! A night as JUnit XML, for CI systems: a test for each version, each canary, and the job itself.

use super::{case, failed, skipped, xml};
use crate::night::replay;
use night::{CanaryState, Colour, FindingReport, Report, Status};
use quick_junit::{TestCaseStatus, TestSuite};

/// The report as JUnit XML.
///
/// # Errors
/// If it cannot be written as XML.
pub fn night_junit(report: &Report) -> Result<String, String> {
    xml("lostwrite nightly", [versions(report), canaries(report), job(report)])
}

fn text(findings: &[&FindingReport]) -> String {
    let of = |f: &&FindingReport| {
        let r = &f.record;
        format!("{} {}\n{}\n", r.key, r.message, replay(r))
    };
    findings.iter().map(of).collect::<Vec<_>>().join("\n")
}

/// A version passes if nothing about it is red.
fn versions(report: &Report) -> TestSuite {
    let mut suite = TestSuite::new("versions");
    let others = report.findings.iter().map(|f| &f.record.version).filter(|v| !report.versions.contains(v));
    let mut names: Vec<&String> = report.versions.iter().chain(others).collect();
    names.dedup();
    for name in names {
        let red: Vec<_> =
            report.findings.iter().filter(|f| f.record.version == *name && f.colour == Colour::Red).collect();
        let status = match red.first() {
            None => TestCaseStatus::success(),
            Some(first) => {
                failed(format!("{} red findings; the first: {}", red.len(), first.record.message), &text(&red))
            }
        };
        suite.add_test_case(case(name, "nightly.version", status));
    }
    suite
}

fn canaries(report: &Report) -> TestSuite {
    let mut suite = TestSuite::new("canaries");
    for c in &report.canaries {
        let name = format!("{} {} on {}", c.canary.version, c.canary.scenario, c.canary.hardware);
        let spent = format!("{} executions of the lane {}", c.executions, c.canary.lane.name());
        let status = match c.state {
            CanaryState::Found => TestCaseStatus::success(),
            CanaryState::Undecided => skipped(format!("not decided: {spent}, of a budget of {}", c.canary.budget)),
            CanaryState::Late | CanaryState::Missed => {
                let at = c.found_at.map_or("not found".to_owned(), |at| format!("found at {at}"));
                failed(format!("{at}, with a budget of {}", c.canary.budget), &spent)
            }
        };
        suite.add_test_case(case(&name, "nightly.canary", status));
    }
    if let Some(families) = &report.families {
        let status = match families.unexpected.len() {
            0 => TestCaseStatus::success(),
            n => failed(format!("{n} not as expected"), &families.unexpected.join("\n")),
        };
        suite.add_test_case(case("historical bugs", "nightly.canary", status));
    }
    suite
}

/// The job passes if it came to its end and nothing is red.
fn job(report: &Report) -> TestSuite {
    let mut suite = TestSuite::new("job");
    let status = match (report.red, report.status) {
        (true, _) => failed(format!("{} reasons", report.reasons.len()), &report.reasons.join("\n")),
        (false, Status::Complete) => TestCaseStatus::success(),
        (false, status) => skipped(format!("the night is {}", status.word())),
    };
    let mut night = case("night", "nightly.job", status);
    night.set_system_out(report.notes.join("\n"));
    suite.add_test_case(night);
    suite
}
