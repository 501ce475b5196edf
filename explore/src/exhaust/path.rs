//! From a finding back to the case that shows it.

use super::Memory;
use super::node::Node;
use corpus::{Case, Schedule};
use impls::{Scenario, Version};
use model::{Event, Machine, Transition, World};
use oracle::guard::guarded;
use oracle::{End, Finding, Judges, Observer, replay};

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
            let mut past = Past::<M>::new(case, *finding);
            replay(version, case, &mut past);
            past.judges.of(finding.judge()) == Some(*finding) && past.scenario == scenario
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

/// Follows an execution as a search does, up to a finding.
struct Past<M> {
    finding: Finding,
    last: Machine,
    memory: M,
    judges: Judges,
    scenario: Option<Scenario>,
}

impl<M: Memory> Past<M> {
    fn new(case: &Case, finding: Finding) -> Past<M> {
        let last = Machine::new(&case.config);
        Past { finding, last, memory: M::default(), judges: Judges::default(), scenario: None }
    }
}

impl<M: Memory> Observer for Past<M> {
    fn after(&mut self, world: &World, machine: &Machine, event: &Event, step: u32) {
        let mut now = Judges::default();
        now.after(world, machine, event, step);
        self.memory.after(world, &self.last, event, machine, &now);
        if now.iter().any(|found| found == self.finding) {
            self.scenario = self.memory.scenario(&self.finding);
        }
        self.judges.keep_first(&now);
        self.last = *machine;
    }

    fn over(&mut self, machine: &Machine, step: u32, end: End) {
        self.judges.over(machine, step, end);
    }
}
