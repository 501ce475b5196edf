//! Stateright's view of a case: the machine as it is, without any reduction and without a memory of the past.
//!
//! The step function is the same, so an error in a step is an error here too. What is independent is
//! everything else that a count depends on: the search, the hashing of states, the set of those seen, and
//! where executions are cut.

use crate::subject;
use corpus::Case;
use impls::Version;
use model::{Machine, Transition, World};
use oracle::{Judge, Judges, wind_up};
use stateright::{Checker, Model, Property};

/// All interleavings of a case's programs on a version.
#[derive(Clone, Copy)]
pub struct Interleavings {
    world: &'static World<'static>,
    /// Whether to find out if a value is lost. It takes every step twice, and every drain.
    verdict: bool,
}

impl Interleavings {
    /// Of a case, whose schedule is ignored.
    #[must_use]
    pub fn of(version: &'static Version, case: &Case) -> Interleavings {
        Interleavings { world: subject::world(version, case), verdict: true }
    }

    /// The same without the verdict.
    #[must_use]
    pub fn count_only(version: &'static Version, case: &Case) -> Interleavings {
        Interleavings { verdict: false, ..Interleavings::of(version, case) }
    }

    fn step(&self, machine: &Machine, transition: Transition) -> (Machine, bool) {
        let mut next = *machine;
        let event = next.step(self.world, transition);
        (next, subject::wrong_load(self.world, &next, &event))
    }

    /// Whether a step from here loads a wrong value, or the drain does.
    fn loses(&self, machine: &Machine) -> bool {
        let enabled = machine.enabled(self.world);
        if enabled.is_empty() {
            let mut judges = Judges::default();
            wind_up(self.world, *machine, 0, &mut judges);
            return judges.of(Judge::LastWrite).is_some();
        }
        enabled.iter().any(|t| self.step(machine, t).1)
    }
}

impl Model for Interleavings {
    type State = Machine;
    type Action = Transition;

    fn init_states(&self) -> Vec<Machine> {
        vec![Machine::new(self.world.config)]
    }

    fn actions(&self, machine: &Machine, actions: &mut Vec<Transition>) {
        actions.extend(machine.enabled(self.world).iter());
    }

    /// A load of a wrong value is the last thing of interest in an execution: it leads to no state.
    fn next_state(&self, machine: &Machine, transition: Transition) -> Option<Machine> {
        let (next, wrong) = self.step(machine, transition);
        (!wrong).then_some(next)
    }

    /// A checker stops when it has an answer for every property, so there is one that holds as long as nobody
    /// deadlocks.
    fn properties(&self) -> Vec<Property<Self>> {
        let deadlock = Property::always(DEADLOCK, |model: &Interleavings, machine: &Machine| {
            !machine.enabled(model.world).is_empty() || machine.programs_done(model.world.programs)
        });
        let loss = Property::sometimes(LOSS, |model: &Interleavings, machine: &Machine| model.loses(machine));
        if self.verdict { vec![deadlock, loss] } else { vec![deadlock] }
    }
}

const DEADLOCK: &str = "no deadlock";
const LOSS: &str = "a wrong value is loaded";

/// What a search came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Distinct states.
    pub states: u64,
    /// Whether some execution loads a wrong value, in the programs or in the drain; false if that was not
    /// asked.
    pub loses: bool,
    /// Whether some execution deadlocks.
    pub deadlocks: bool,
}

/// Counts depth first on one thread.
#[must_use]
pub fn depth_first(model: Interleavings) -> Counts {
    counts(&model.checker().spawn_dfs().join())
}

/// Counts breadth first on one thread.
#[must_use]
pub fn breadth_first(model: Interleavings) -> Counts {
    counts(&model.checker().spawn_bfs().join())
}

fn counts(done: &impl Checker<Interleavings>) -> Counts {
    let found = done.discoveries();
    Counts {
        states: done.unique_state_count() as u64,
        loses: found.contains_key(LOSS),
        deadlocks: found.contains_key(DEADLOCK),
    }
}
