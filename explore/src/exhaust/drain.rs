//! What follows when the programs are over.

use super::{Memory, Outcome};
use model::{Event, Happened, Machine, World};
use oracle::guard::guarded;
use oracle::{End, Finding, Goals, Judge, Judges, Observer, Rule, wind_up};

/// What came of a drain: the first finding of each judge up to a load of a wrong value, with the memory of
/// that moment.
pub(super) struct Drained<M> {
    pub findings: Vec<(Finding, M)>,
    pub goals: Goals,
    pub outcome: Outcome,
}

/// Drains a machine that `steps` steps have led to. A load of a wrong value is the last thing of interest.
pub(super) fn drain<M: Memory>(world: &World, machine: Machine, memory: M, steps: u32) -> Drained<M> {
    let outcome = Outcome::default();
    let watch = Watch { memory, last: machine, steps, findings: Vec::new(), lost: false, outcome };
    let mut both = (watch, Goals::default());
    let ended = guarded(|| wind_up(world, machine, steps, &mut both)).is_some();
    let (mut watch, goals) = both;
    if !ended {
        watch.keep(Finding::Broken { step: watch.steps + 1, rule: Rule::Impossible });
    }
    Drained { findings: watch.findings, goals, outcome: watch.outcome }
}

struct Watch<M> {
    memory: M,
    last: Machine,
    steps: u32,
    findings: Vec<(Finding, M)>,
    lost: bool,
    outcome: Outcome,
}

impl<M: Memory> Watch<M> {
    fn keep(&mut self, finding: Finding) {
        let known = self.findings.iter().any(|(f, _)| f.judge() == finding.judge());
        if !self.lost && !known {
            self.findings.push((finding, self.memory));
        }
    }
}

impl<M: Memory> Observer for Watch<M> {
    fn after(&mut self, world: &World, machine: &Machine, event: &Event, step: u32) {
        self.steps = step;
        if let Happened::Load { mm, page, data, .. } = event.happened {
            self.outcome[mm as usize][page as usize] = data;
        }
        if self.lost {
            return;
        }
        let mut judges = Judges::default();
        judges.after(world, machine, event, step);
        self.memory.after(world, &self.last, event, machine, &judges);
        self.last = *machine;
        for finding in judges.iter() {
            self.keep(finding);
        }
        self.lost = judges.of(Judge::LastWrite).is_some();
    }

    fn over(&mut self, machine: &Machine, step: u32, end: End) {
        let mut judges = Judges::default();
        judges.over(machine, step, end);
        for finding in judges.iter() {
            self.keep(finding);
        }
    }
}
