//! What a fuzz target does with an input. Engines, plain tests and replays call the same functions.

use corpus::Case;
use impls::Version;
use oracle::{Comparison, Finding, Judge, Outcome};

/// One version's part in a report.
#[derive(Clone, Debug)]
pub struct Report {
    /// Which version.
    pub version: &'static Version,
    /// What the judges found.
    pub findings: Vec<Finding>,
    /// What can be compared.
    pub outcome: Outcome,
}

/// Something that should not happen.
#[derive(Clone, Debug)]
pub enum Alarm {
    /// A version that is believed correct was flagged.
    Flagged(&'static Version, Finding),
    /// Two versions that are believed correct diverge.
    Diverged(&'static Version, &'static Version),
}

impl std::fmt::Display for Alarm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Alarm::Flagged(version, finding) => {
                write!(f, "{}: {} says: {finding}", version.name, finding.judge().name())
            }
            Alarm::Diverged(a, b) => write!(f, "{} and {} diverge", a.name, b.name),
        }
    }
}

/// Runs a case on versions and raises an alarm for what no correct version does. Versions that are known to lose are
/// run and not judged: what they lose is not news.
#[must_use]
pub fn differential(versions: &[&'static Version], case: &Case) -> Option<Alarm> {
    let mut first: Option<(&'static Version, Outcome)> = None;
    for version in versions {
        let (outcome, judges, _) = oracle::outcome(version, case);
        if !version.correct {
            continue;
        }
        if let Some(finding) = judges.iter().next() {
            return Some(Alarm::Flagged(version, finding));
        }
        match &first {
            None => first = Some((version, outcome)),
            Some((other, theirs)) => {
                if oracle::compare(case, theirs, &outcome) == Comparison::Diverge {
                    return Some(Alarm::Diverged(other, version));
                }
            }
        }
    }
    None
}

/// Runs a case on one version and gives back a wrong load, if there is one.
#[must_use]
pub fn rediscover(version: &Version, case: &Case) -> Option<Finding> {
    let (_, judges, _) = oracle::outcome(version, case);
    judges.of(Judge::LastWrite)
}
