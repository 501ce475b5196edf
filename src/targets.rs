//! The bodies of the fuzz targets: what an engine, a plain test and a replay do with an input.

use crate::report::{Detail, timeline};
use corpus::{Case, bytes};
use impls::Version;
use oracle::{Comparison, End, Finding, Judge, Outcome, trace};
use std::sync::LazyLock;

/// What came of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The bytes are of no known version; engines should not keep them.
    Rejected,
    /// Nothing unexpected.
    Fine,
    /// Something unexpected: the report to print before crashing.
    Alarm(String),
}

/// Every version in the registry that is believed correct.
pub static CORRECT: LazyLock<Vec<&'static Version>> =
    LazyLock::new(|| impls::registry().iter().filter(|v| v.correct).collect());

/// Runs a case on versions and raises an alarm for what no correct version does: a flag on a version that is believed
/// correct, or two such versions that diverge.
#[must_use]
pub fn differential(versions: &[&'static Version], case: &Case) -> Option<String> {
    let mut first: Option<(&'static Version, Outcome)> = None;
    for version in versions.iter().filter(|v| v.is_correct_on(&case.config)) {
        let (outcome, judges, summary) = oracle::outcome(version, case);
        if !judges.is_silent() {
            return Some(report(version, case));
        }
        if summary.end != End::Complete {
            return Some(format!("{} does not come to an end\n\n{}", version.name, report(version, case)));
        }
        match &first {
            None => first = Some((version, outcome)),
            Some((other, theirs)) => {
                if oracle::compare(case, theirs, &outcome) == Comparison::Diverge {
                    return Some(format!(
                        "{} and {} diverge\n\n{}\n{}",
                        other.name,
                        version.name,
                        report(other, case),
                        report(version, case)
                    ));
                }
            }
        }
    }
    None
}

/// The body of the `differential` target: every version in the registry that is believed correct.
#[must_use]
pub fn differential_bytes(input: &[u8]) -> Verdict {
    differential_bytes_on(&CORRECT, input)
}

/// The same with a choice of versions.
#[must_use]
pub fn differential_bytes_on(versions: &[&'static Version], input: &[u8]) -> Verdict {
    let Ok(case) = bytes::decode(input) else { return Verdict::Rejected };
    differential(versions, &case).map_or(Verdict::Fine, Verdict::Alarm)
}

/// The body of the `rediscover` target: a wrong load on a version that is known to lose is an alarm too.
#[must_use]
pub fn rediscover_bytes(subject: &'static Version, input: &[u8]) -> Verdict {
    let Ok(case) = bytes::decode(input) else { return Verdict::Rejected };
    match lost(subject, &case) {
        Some(_) => Verdict::Alarm(report(subject, &case)),
        None => Verdict::Fine,
    }
}

/// A wrong load of a version on a case, if there is one.
#[must_use]
pub fn lost(version: &Version, case: &Case) -> Option<Finding> {
    let mut judges = oracle::Judges::default();
    oracle::replay(version, case, &mut judges);
    judges.of(Judge::LastWrite)
}

/// The body of the `codec` target: the three forms of a case hold the same value.
#[must_use]
pub fn codec_bytes(input: &[u8]) -> Verdict {
    let Ok(case) = bytes::decode(input) else { return Verdict::Rejected };
    let alarm = |what: String| Verdict::Alarm(format!("{what}\ncase: {case}\n"));
    let canonical = bytes::encode(&case);
    if bytes::decode(&canonical).as_ref() != Ok(&case) {
        return alarm("bytes do not decode to what was encoded".to_owned());
    }
    match case.to_string().parse::<Case>() {
        Ok(same) if same == case => {}
        other => return alarm(format!("the text form reads back as {other:?}")),
    }
    match corpus::json::from_json(&corpus::json::to_json(&case)) {
        Ok(same) if same == case => Verdict::Fine,
        other => alarm(format!("the JSON form reads back as {other:?}")),
    }
}

/// The timeline of a case on a version.
#[must_use]
pub fn report(version: &Version, case: &Case) -> String {
    timeline(version, case, &trace(version, case), Detail::Telling)
}
