//! Reports that CI systems read: JUnit XML, a test for each thing that can be wrong.

mod checks;
mod night;

pub use checks::{Replayed, check_junit, conform_junit, matrix_junit, replay_junit};
pub use night::night_junit;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

/// Suites as XML.
fn xml(name: &str, suites: impl IntoIterator<Item = TestSuite>) -> Result<String, String> {
    let mut junit = Report::new(name);
    junit.add_test_suites(suites);
    junit.to_string().map_err(|e| e.to_string())
}

fn failed(message: String, text: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_message(message);
    status.set_description(text);
    status
}

fn skipped(message: String) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(message);
    status
}

fn case(name: &str, class: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(name, status);
    case.set_classname(class);
    case
}
