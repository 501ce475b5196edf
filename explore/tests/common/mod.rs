//! What the tests of the search share: executions written down step by step.

#![allow(dead_code, reason = "each test binary uses its own part")]

use corpus::Case;
use impls::Version;
use model::{Event, Machine, World};
use oracle::{Chooser, End, Judges, Observer, Summary, execute};

/// A version of the registry.
pub fn version(name: &str) -> &'static Version {
    impls::find(name).unwrap_or_else(|e| panic!("{e}"))
}

/// Every step with the machine that it left, and what the judges found.
#[derive(Default)]
pub struct Steps {
    pub steps: Vec<(Event, Machine)>,
    pub judges: Judges,
}

impl Observer for Steps {
    fn after(&mut self, world: &World, machine: &Machine, event: &Event, step: u32) {
        self.steps.push((*event, *machine));
        self.judges.after(world, machine, event, step);
    }

    fn over(&mut self, machine: &Machine, step: u32, end: End) {
        self.judges.over(machine, step, end);
    }
}

/// Runs a case with choices from `chooser`.
pub fn run(version: &Version, case: &Case, chooser: &mut impl Chooser) -> (Steps, Summary) {
    let mut steps = Steps::default();
    let summary = execute(version, &case.config, &case.programs, chooser, &mut steps);
    (steps, summary)
}
