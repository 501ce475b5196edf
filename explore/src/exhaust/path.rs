//! From a finding back to the case that shows it.

use super::node::Node;
use corpus::{Case, Schedule};
use impls::{Scenario, Version};
use model::{Machine, Transition};
use oracle::guard::guarded;
use oracle::{Finding, Judged, Memory, replay};

/// The choices that lead to a state, and from there on.
///
/// # Panics
/// If there are more switches than a schedule can hold: far more than there are in programs that can be
/// exhausted.
pub(super) fn schedule(nodes: &[Node], state: u32, via: Option<Transition>) -> Schedule {
    let mut choices: Vec<_> = via.into_iter().collect();
    let mut at = state;
    while at != 0 {
        let node = nodes[at as usize];
        choices.push(node.transition());
        at = node.parent();
    }
    let mut schedule = Schedule::default();
    for choice in choices.into_iter().rev() {
        assert!(schedule.push(choice, 1), "a schedule of more than {} runs", corpus::MAX_RUNS);
    }
    schedule
}

/// The case without the end of its schedule that the drain does by itself: with the same finding, of the same
/// scenario as far as the memory knows.
pub(super) fn trimmed<M: Memory>(
    version: &Version,
    case: &Case,
    finding: &Finding,
    scenario: Option<Scenario>,
) -> Case {
    let shows = |case: &Case| {
        guarded(|| {
            let mut judged = Judged::<M>::new(&Machine::new(&case.config));
            replay(version, case, &mut judged);
            let first = judged.first(finding.judge());
            first.is_some_and(|(found, memory)| found == *finding && memory.scenario(&found) == scenario)
        })
        .unwrap_or(false)
    };
    let mut best = case.clone();
    while let Some((_, rest)) = best.schedule.runs().split_last() {
        let shorter = Case { schedule: Schedule::from_runs(rest.to_vec()), ..best.clone() };
        if !shows(&shorter) {
            break;
        }
        best = shorter;
    }
    best
}
