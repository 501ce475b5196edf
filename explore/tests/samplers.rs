//! The samplers: each chooses only what can move, and brings every execution to its end.

mod common;

use common::version;
use corpus::{Case, Shape};
use explore::schedulers::{Recorder, SamplerKind, rng_for};
use model::{Enabled, Machine, Transition};
use oracle::{Chooser, End, Judges, execute};

const KINDS: [SamplerKind; 4] =
    [SamplerKind::RandomWalk, SamplerKind::Pct(2), SamplerKind::Pct(3), SamplerKind::Burst];

/// Asserts that every choice can be taken.
struct Checked(Recorder);

impl Chooser for Checked {
    fn choose(&mut self, enabled: Enabled, machine: &Machine) -> Option<Transition> {
        let choice = self.0.choose(enabled, machine)?;
        assert!(enabled.has(choice), "{choice} is not in {:b}", enabled.0);
        Some(choice)
    }

    fn retried(&mut self, moved: Transition) {
        self.0.retried(moved);
    }
}

/// No execution runs into the step bound: a sampler that lets one actor wait for another forever would.
#[test]
fn every_sampler_reaches_the_end() {
    let shape = Shape { actors: 4, pages: 2, ops: 8 };
    for kind in KINDS {
        for index in 0..2000 {
            let mut rng = rng_for(11, index);
            let case = corpus::generate(&mut rng, &shape);
            let mut chooser = Checked(Recorder::new(kind, rng));
            for name in ["v2", "v3", "6.1.192"] {
                chooser.0.restart(false);
                let mut judges = Judges::default();
                let summary = execute(version(name), &case.config, &case.programs, &mut chooser, &mut judges);
                assert_eq!(summary.end, End::Complete, "{kind:?}, execution {index}, {name}: {case}");
                assert!(judges.is_silent(), "{kind:?}, execution {index}, {name}: {case}: {judges:?}");
            }
        }
    }
}

/// Each sampler finds the race of v1 by itself, given the program.
#[test]
fn every_sampler_finds_the_race_that_is_there() {
    let case: Case = "kernel=6.0 cpu0: W0 F0 I0 D0 | cpu1: W0".parse().expect("a case");
    for kind in KINDS {
        let lost = (0..20_000).find(|index| {
            let mut chooser = Recorder::new(kind, rng_for(5, *index));
            let mut judges = Judges::default();
            execute(version("v1"), &case.config, &case.programs, &mut chooser, &mut judges);
            !judges.is_silent()
        });
        assert!(lost.is_some(), "{kind:?} found nothing");
    }
}

/// With one actor there is nothing to choose, whoever is asked.
#[test]
fn samplers_agree_where_there_is_no_choice() {
    let case: Case = "kernel=6.0 W0 P0 R0 W0 D0 P0 R0".parse().expect("a case");
    let steps = KINDS.map(|kind| {
        let mut chooser = Recorder::new(kind, rng_for(1, 1));
        execute(version("pre-fix"), &case.config, &case.programs, &mut chooser, &mut Judges::default()).steps
    });
    assert!(steps.iter().all(|n| *n == steps[0]), "{steps:?}");
}
