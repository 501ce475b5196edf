//! Whose window a stale load is in: somebody else's flush that is owed excuses it, that of the operation
//! under comparison does not (`docs/gaps.md`).
//!
//! The interleavings are written as conditions, not as numbers of steps, so that they survive a step more or
//! less.

mod common;

use common::{case, version};
use impls::Version;
use model::{Enabled, Event, Happened, Machine, Transition, World};
use oracle::{Chooser, Judge, Judges, Observer, execute};

/// An actor, and when it has gone far enough.
type Part = (usize, fn(&Machine) -> bool);

/// Runs one actor after the other up to its condition, and leaves the rest to the drain.
struct Script<'a>(&'a [Part]);

impl Chooser for Script<'_> {
    fn choose(&mut self, enabled: Enabled, machine: &Machine) -> Option<Transition> {
        while let Some(((_, far_enough), rest)) = self.0.split_first() {
            if !far_enough(machine) {
                break;
            }
            self.0 = rest;
        }
        let (actor, _) = self.0.first()?;
        let next = Transition::run(*actor);
        assert!(enabled.has(next), "actor {actor} has to wait: {machine:?}");
        Some(next)
    }
}

/// Counts loads of values that the program may not see, judged or not.
#[derive(Default)]
struct Illegal {
    loads: usize,
    judges: Judges,
}

impl Observer for Illegal {
    fn after(&mut self, world: &World, machine: &Machine, event: &Event, step: u32) {
        if let Happened::Load { mm: 0, page, data, .. } = event.happened {
            let words = &machine.shadow.words[0][page as usize];
            self.loads += usize::from((0..model::ACTORS).any(|w| !words[w].allows(data[w])));
        }
        self.judges.after(world, machine, event, step);
    }
}

fn run(version: &Version, line: &str, script: &[Part]) -> Illegal {
    let case = case(line);
    let mut seen = Illegal::default();
    execute(version, &case.config, &case.programs, &mut Script(script), &mut seen);
    seen
}

/// cpu0's MADV_DONTNEED has emptied the entry and dropped the lock; its flush is to come. cpu2 stores into a
/// new page, and cpu1 still reads the old one, without what cpu2 stored.
#[test]
fn a_discard_in_flight_excuses_a_stale_load() {
    let line = "kernel=6.0 cpu0: Z0 | cpu1: R0 R0 | cpu2: W0 P0 W0";
    let script: &[Part] = &[
        (2, |m| m.actors[2].op == 2),
        (1, |m| m.actors[1].op == 1),
        (0, |m| m.pte[0][0].is_none() && m.ptl[0] == 0),
        (2, |m| m.actors[2].op == 3),
        (1, |m| m.actors[1].op == 2),
    ];
    for name in ["v2", "v3"] {
        let seen = run(version(name), line, script);
        assert_eq!(seen.loads, 1, "{name}: the load was legal anyway, so that nothing is excused here");
        assert!(seen.judges.is_silent(), "{name}: {:?}", seen.judges);
    }
}

/// The same load once the discard has returned: it flushed before, so there is nothing stale any more.
#[test]
fn a_discard_that_returned_leaves_nothing_stale() {
    let case = case("kernel=6.0 cpu0: Z0 | cpu1: R0 R0 | cpu2: W0 P0 W0");
    let mut seen = Illegal::default();
    /// Everything in order, interrupts as soon as they come.
    struct InTurn;
    impl Chooser for InTurn {
        fn choose(&mut self, enabled: Enabled, m: &Machine) -> Option<Transition> {
            let done = |actor: usize, n: u8| m.actors[actor].op >= n;
            let order = [(2, 2), (1, 1), (0, 1), (2, 3), (1, 2)];
            let (actor, _) = order.into_iter().find(|(actor, n)| !done(*actor, *n))?;
            Some(enabled.iter().find(|t| t.cpu().is_some()).unwrap_or(Transition::run(actor)))
        }
    }
    execute(version("v3"), &case.config, &case.programs, &mut InTurn, &mut seen);
    assert_eq!(seen.loads, 0);
    assert!(seen.judges.is_silent(), "{:?}", seen.judges);
}

/// The flush that collect owes excuses nothing: MADV_DONTNEED has returned, and nobody waits for it
/// (stale-load).
#[test]
fn the_operation_under_comparison_has_no_excuse() {
    let line = "kernel=6.0 shared=0 cpu0: D0 | cpu1: R0 Z0 R0";
    let script: &[Part] = &[
        (1, |m| m.actors[1].op == 1),
        (0, |m| m.pte[0][0].is_migration() && m.ptl[0] == 0),
        (1, |m| m.actors[1].op == 3),
    ];
    let seen = run(version("pre-fix"), line, script);
    assert_eq!(seen.loads, 1);
    assert!(seen.judges.of(Judge::LastWrite).is_some());
}

/// While the entry is stale and the value legal there is nothing to report.
#[test]
fn a_stale_load_of_a_legal_value_is_fine() {
    let line = "kernel=6.0 shared=0 cpu0: D0 | cpu1: R0 R0";
    let script: &[Part] = &[
        (1, |m| m.actors[1].op == 1),
        (0, |m| m.pte[0][0].is_migration() && m.ptl[0] == 0),
        (1, |m| m.actors[1].op == 2),
    ];
    let seen = run(version("pre-fix"), line, script);
    assert_eq!(seen.loads, 0);
    assert!(seen.judges.is_silent(), "{:?}", seen.judges);
}
