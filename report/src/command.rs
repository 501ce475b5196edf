//! Commands that a report tells its reader to run.

use corpus::Case;
use impls::Version;
use oracle::{Judge, Trace, trace};

/// The line that replays a finding and shows what was said of it. A replay shows the gravest finding of an
/// execution; `judge` names another one.
#[must_use]
pub fn replay_line(version: &Version, case: &Case, judge: Option<Judge>) -> String {
    let judge = judge.map_or(String::new(), |judge| format!(" --judge {}", judge.name()));
    format!("lostwrite replay {}{judge} '{case}'", version.argument())
}

/// The same for an execution at hand.
pub(super) fn replay_of(version: &Version, case: &Case, trace: &Trace) -> String {
    replay_line(version, case, trace.asked)
}

/// The same for a judge that has spoken in the case; it is named only if a replay would show another one.
#[must_use]
pub fn replay_line_of(version: &Version, case: &Case, judge: Judge) -> String {
    let gravest = trace(version, case).finding.map(|f| f.judge());
    replay_line(version, case, Some(judge).filter(|judge| gravest != Some(*judge)))
}
