//! What is compared: a version's code around a case's programs.

use corpus::Case;
use impls::Version;
use model::{Event, Machine, World};
use oracle::{Judge, Judges, Observer};

/// The world of a case on a version, for checkers that want to own what they check.
///
/// It is never freed: a process compares few of them.
#[must_use]
pub fn world(version: &'static Version, case: &Case) -> &'static World<'static> {
    let config = Box::leak(Box::new(version.config(&case.config)));
    let programs = Box::leak(Box::new(case.programs));
    Box::leak(Box::new(World::new(config, programs, version.code(config.profile))))
}

/// Whether a step was a load of a wrong value: an execution is followed up to its first one.
#[must_use]
pub fn wrong_load(world: &World, machine: &Machine, event: &Event) -> bool {
    let mut judges = Judges::default();
    judges.after(world, machine, event, 1);
    judges.of(Judge::LastWrite).is_some()
}
