//! What follows when the programs are over.

use super::Outcome;
use model::{Event, Happened, Machine, World};
use oracle::guard::guarded;
use oracle::{End, Finding, Goals, Judge, Judged, Judges, Memory, Observer, wind_up};

/// What came of a drain: the first finding of each judge up to a load of a wrong value, with the memory of
/// that moment.
pub(super) struct Drained<M> {
    pub findings: Vec<(Finding, M)>,
    pub goals: Goals,
    pub outcome: Outcome,
}

/// Drains a machine that `steps` steps have led to. A load of a wrong value is the last thing of interest.
pub(super) fn drain<M: Memory>(world: &World, machine: Machine, memory: M, steps: u32) -> Drained<M> {
    let watch = Watch { judged: Judged::after_all(machine, memory), steps, outcome: Outcome::default() };
    let mut both = (watch, Goals::default());
    let ended = guarded(|| wind_up(world, machine, steps, &mut both)).is_some();
    let (mut watch, goals) = both;
    if !ended && !watch.is_over() {
        watch.judged.keep(&Judges::of_end(&machine, watch.steps + 1, End::Impossible));
    }
    Drained { findings: watch.judged.all().collect(), goals, outcome: watch.outcome }
}

struct Watch<M> {
    judged: Judged<M>,
    steps: u32,
    outcome: Outcome,
}

impl<M: Memory> Watch<M> {
    fn is_over(&self) -> bool {
        self.judged.judges().of(Judge::LastWrite).is_some()
    }
}

impl<M: Memory> Observer for Watch<M> {
    fn after(&mut self, world: &World, machine: &Machine, event: &Event, step: u32) {
        self.steps = step;
        if let Happened::Load { mm, page, data, .. } = event.happened {
            self.outcome[mm as usize][page as usize] = data;
        }
        if !self.is_over() {
            self.judged.after(world, machine, event, step);
        }
    }

    fn over(&mut self, machine: &Machine, step: u32, end: End) {
        if !self.is_over() {
            self.judged.over(machine, step, end);
        }
    }
}
