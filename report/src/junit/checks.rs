//! What a CI system calls directly, as JUnit XML: replayed cases, the model beside real kernels, the table of
//! versions.

use super::{case, failed, skipped, xml};
use crate::command::{replay_line_of, replay_of};
use crate::{Caveats, Detail, Witness, finding_text, timeline};
use corpus::Case;
use explore::answers::cell::{Cell, Mark, Verdict};
use explore::answers::check::Checked;
use explore::answers::matrix::Matrix;
use impls::Version;
use oracle::{ColumnReport, Conformance, Trace};
use quick_junit::{TestCaseStatus, TestSuite};

/// A case on a version, and what is wrong with what came out, if anything is.
pub struct Replayed<'a> {
    /// Where the case stands: file and line.
    pub place: &'a str,
    /// The case.
    pub case: &'a Case,
    /// The version.
    pub version: &'static Version,
    /// What happened.
    pub trace: &'a Trace,
    /// Why it is not as expected: the file says otherwise, or the version is believed correct and flagged.
    pub complaint: Option<String>,
}

/// A test for each case and version. It fails if it has a complaint; the timeline is its text.
///
/// # Errors
/// If it cannot be written as XML.
pub fn replay_junit(name: &str, replayed: &[Replayed]) -> Result<String, String> {
    let mut suite = TestSuite::new(name);
    for r in replayed {
        let status = match &r.complaint {
            None => TestCaseStatus::success(),
            Some(complaint) => {
                let timeline = timeline(r.version, r.case, r.trace, Detail::Telling);
                failed(complaint.clone(), &format!("{}\n\n{timeline}", replay_of(r.version, r.case, r.trace)))
            }
        };
        suite.add_test_case(case(&format!("{}: {}", r.place, r.version.name), "replay", status));
    }
    xml("lostwrite replay", [suite])
}

/// A test for each version that was checked, which fails if something was found; for each function that could
/// not be lifted, an error; for what is not looked at, one that is skipped.
///
/// # Errors
/// If it cannot be written as XML.
pub fn check_junit(
    checked: &[(&Version, Checked, Option<Witness>)],
    refused: &[String],
    caveats: &Caveats,
) -> Result<String, String> {
    let mut suite = TestSuite::new("check");
    for (version, checked, witness) in checked {
        let status = match (&checked.flagged, witness) {
            (Some(flagged), Some(witness)) => failed(flagged.loss.to_string(), &finding_text(witness)),
            _ => TestCaseStatus::success(),
        };
        suite.add_test_case(case(version.name, "check", status));
    }
    let first = |text: &String| text.lines().next().unwrap_or_default().to_owned();
    for problem in refused {
        suite.add_test_case(case(&first(problem), "check.refused", failed("not lifted".to_owned(), problem)));
    }
    for (all, class, why) in [
        (&caveats.unlooked, "check.untouched", "not looked at"),
        (&caveats.given, "check.given", "taken from whoever asked"),
        (&caveats.excused, "check.excused", "an assumption excuses it"),
    ] {
        for what in all.iter().flat_map(|what| what.lines()) {
            suite.add_test_case(case(what, class, skipped(why.to_owned())));
        }
    }
    xml("lostwrite check", [suite])
}

/// A suite for each file of the ground truth, a test for each column of it.
///
/// # Errors
/// If it cannot be written as XML.
pub fn conform_junit(files: &[(String, Conformance)]) -> Result<String, String> {
    let suites = files.iter().map(|(name, result)| {
        let mut suite = TestSuite::new(name.as_str());
        for (column, report) in &result.columns {
            suite.add_test_case(case(column, "conform", column_status(report)));
        }
        suite
    });
    xml("lostwrite conform", suites)
}

fn column_status(report: &ColumnReport) -> TestCaseStatus {
    let counts = format!(
        "{} rows agree ({} states), {} disagree, {} aside, {} skipped, {} not run",
        report.agree,
        report.states,
        report.disagree.len(),
        report.aside,
        report.skipped,
        report.not_run
    );
    if report.disagree.is_empty() {
        return if report.agree == 0 { skipped(counts) } else { TestCaseStatus::success() };
    }
    let rows = report
        .disagree
        .iter()
        .map(|d| format!("{}: {}\nkernel: {}\nmodel: {}\n", d.case, d.ops, d.kernel, d.model));
    failed(counts, &rows.collect::<Vec<_>>().join("\n"))
}

fn shows(cell: &Cell) -> &'static str {
    match cell.verdict {
        Verdict::Wrong { stale: false } => "a store is lost",
        Verdict::Wrong { stale: true } => "a load is stale",
        Verdict::Broken => "a structural rule is broken",
        Verdict::Dropped => "a dirty bit is lost",
        Verdict::Silent => "these programs show another scenario's loss",
    }
}

/// A suite for each CPU, a test for each cell. A cell whose scenario has no program there is skipped.
///
/// # Errors
/// If it cannot be written as XML.
pub fn matrix_junit(tables: &[Matrix]) -> Result<String, String> {
    let suites = tables.iter().map(|table| {
        let mut suite = TestSuite::new(table.hardware);
        for (row, square) in table.squares() {
            let expected = square.expected.map_or("nothing in particular", impls::Loss::word);
            let status = match (square.mark, &square.cell) {
                (Mark::AsExpected | Mark::Nothing, Some(_)) => TestCaseStatus::success(),
                (Mark::AsExpected | Mark::Nothing, None) => skipped("the scenario has no program here".to_owned()),
                (mark, cell) => {
                    let shown = cell.as_ref().and_then(|c| c.shown.as_ref());
                    let shown = shown.map_or(String::new(), |s| {
                        format!("{}\n{}\n", s.finding, replay_line_of(row.version, &s.case, s.finding.judge()))
                    });
                    let message = match mark {
                        Mark::Found => {
                            format!("{}; nothing is expected of this version", cell.as_ref().map_or("", shows))
                        }
                        Mark::NotFound => format!("no loss was found; by the table it is {expected}"),
                        _ => format!("a loss was found; by the table it is {expected}"),
                    };
                    failed(message, &shown)
                }
            };
            let name = format!("{} {}", row.version.name, square.scenario.name());
            suite.add_test_case(case(&name, &format!("matrix.{}", table.hardware), status));
        }
        suite
    });
    xml("lostwrite matrix", suites)
}
