//! An execution as the judges see it: what each of them says first, and what it is named by.

use crate::execution::{End, Observer};
use crate::finding::{Finding, Judge, Judges};
use crate::scenario::History;
use impls::Scenario;
use model::{Event, Machine, World};
use std::hash::Hash;

/// What is remembered of the past beside the machine, to name a finding by. Pasts that it tells apart make
/// different states of a search.
pub trait Memory: Copy + Eq + Hash + Default + Send + Sync {
    /// Takes note of a transition and of what the judges said of it.
    fn after(&mut self, world: &World, before: &Machine, event: &Event, machine: &Machine, judges: &Judges);

    /// The scenario of a finding, as far as the memory knows.
    fn scenario(&self, finding: &Finding) -> Option<Scenario>;
}

/// Nothing is remembered: every machine is one state.
impl Memory for () {
    fn after(&mut self, _: &World, _: &Machine, _: &Event, _: &Machine, _: &Judges) {}

    fn scenario(&self, _: &Finding) -> Option<Scenario> {
        None
    }
}

impl Memory for History {
    fn after(&mut self, world: &World, before: &Machine, event: &Event, machine: &Machine, judges: &Judges) {
        History::after(self, world, before, event, machine, judges);
    }

    fn scenario(&self, finding: &Finding) -> Option<Scenario> {
        History::scenario(self, finding)
    }
}

/// An observer that judges every step and remembers the past.
#[derive(Clone, Copy, Debug)]
pub struct Judged<M = History> {
    machine: Machine,
    memory: M,
    judges: Judges,
    /// The memory of the moment at which each judge spoke first.
    then: [Option<M>; Judge::ALL.len()],
}

impl<M: Memory> Judged<M> {
    /// An execution that begins here, with nothing behind it.
    #[must_use]
    pub fn new(start: &Machine) -> Judged<M> {
        Judged::after_all(*start, M::default())
    }

    /// What follows on a machine that others have led to, with what they remember.
    #[must_use]
    pub fn after_all(machine: Machine, memory: M) -> Judged<M> {
        Judged { machine, memory, judges: Judges::default(), then: [None; Judge::ALL.len()] }
    }

    /// The machine of now.
    #[must_use]
    pub const fn machine(&self) -> &Machine {
        &self.machine
    }

    /// What is remembered now.
    #[must_use]
    pub const fn memory(&self) -> &M {
        &self.memory
    }

    /// What the judges have said.
    #[must_use]
    pub const fn judges(&self) -> &Judges {
        &self.judges
    }

    /// What a judge said first, with what was remembered then.
    #[must_use]
    pub fn first(&self, judge: Judge) -> Option<(Finding, M)> {
        self.judges.of(judge).zip(self.then[judge as usize])
    }

    /// What each judge said first, with what was remembered then.
    pub fn all(&self) -> impl Iterator<Item = (Finding, M)> + '_ {
        Judge::ALL.into_iter().filter_map(|judge| self.first(judge))
    }

    /// The scenario of the first wrong load, if it is a known one.
    #[must_use]
    pub fn scenario(&self) -> Option<Scenario> {
        self.first(Judge::LastWrite).and_then(|(wrong, memory)| memory.scenario(&wrong))
    }

    /// Adds what judges say now.
    pub fn keep(&mut self, now: &Judges) {
        for finding in now.iter() {
            self.then[finding.judge() as usize].get_or_insert(self.memory);
        }
        self.judges.keep_first(now);
    }
}

impl<M: Memory> Observer for Judged<M> {
    fn after(&mut self, world: &World, machine: &Machine, event: &Event, step: u32) {
        let now = Judges::of_step(world, machine, event, step);
        self.memory.after(world, &self.machine, event, machine, &now);
        self.keep(&now);
        self.machine = *machine;
    }

    fn over(&mut self, machine: &Machine, step: u32, end: End) {
        self.keep(&Judges::of_end(machine, step, end));
    }
}
