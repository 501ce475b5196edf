//! What the samplers have in common: one trait, and the recording of choices as a schedule.

pub mod burst;
pub mod interleavings;
pub mod pct;
pub mod random_walk;
pub mod uniform;

use crate::schedulers::burst::Burst;
use crate::schedulers::pct::Pct;
use crate::schedulers::random_walk::RandomWalk;
use corpus::{Case, Schedule, Shape};
use impls::Version;
use model::{Enabled, Machine, Transition};
use oracle::{Chooser, Judges, execute};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// A scheduler that draws.
pub trait Sampler {
    /// One of the enabled transitions.
    fn pick(&mut self, enabled: Enabled, machine: &Machine, rng: &mut Xoshiro256PlusPlus) -> Transition;

    /// What moved went back to the first step of its operation; somebody else should move.
    fn retried(&mut self, _moved: Transition) {}

    /// Draws what is drawn once for an execution: another one begins.
    fn restart(&mut self, rng: &mut Xoshiro256PlusPlus);
}

/// The samplers by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SamplerKind {
    /// [`RandomWalk`].
    RandomWalk,
    /// [`Pct`] with this depth.
    Pct(u32),
    /// [`Burst`].
    Burst,
}

impl SamplerKind {
    /// The mix that hunting draws from, one per execution.
    #[must_use]
    pub fn draw(rng: &mut Xoshiro256PlusPlus) -> SamplerKind {
        match rng.random_range(0..8) {
            0 => SamplerKind::RandomWalk,
            1 => SamplerKind::Pct(2),
            2 => SamplerKind::Pct(3),
            _ => SamplerKind::Burst,
        }
    }

    /// A sampler of this kind, for an execution.
    #[must_use]
    pub fn start(self, rng: &mut Xoshiro256PlusPlus) -> Box<dyn Sampler> {
        match self {
            SamplerKind::RandomWalk => Box::new(RandomWalk),
            SamplerKind::Pct(depth) => Box::new(Pct::new(depth, rng)),
            SamplerKind::Burst => Box::new(Burst::new(rng)),
        }
    }
}

/// The generator of a numbered execution: the same on any machine and any number of threads.
#[must_use]
pub fn rng_for(seed: u64, index: u64) -> Xoshiro256PlusPlus {
    // The constant (2^64 divided by the golden ratio) keeps the streams of neighbouring indices apart.
    Xoshiro256PlusPlus::seed_from_u64(seed ^ index.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// The case of a numbered execution, without its schedule, and what will draw the schedule.
#[must_use]
pub fn case_at(seed: u64, index: u64) -> (Case, Recorder) {
    let mut rng = rng_for(seed, index);
    let case = corpus::generate(&mut rng, &Shape::default());
    let kind = if case.is_sequential() { SamplerKind::RandomWalk } else { SamplerKind::draw(&mut rng) };
    (case, Recorder::new(kind, rng))
}

/// A sampler at work, and the schedule that it has drawn so far. When the schedule is full, the rest is left
/// to the drain, so that the recorded case replays exactly.
pub struct Recorder {
    seed: Xoshiro256PlusPlus,
    rng: Xoshiro256PlusPlus,
    sampler: Box<dyn Sampler>,
    schedule: Schedule,
    record: bool,
}

impl Recorder {
    /// A sampler with a generator of its own.
    #[must_use]
    pub fn new(kind: SamplerKind, rng: Xoshiro256PlusPlus) -> Recorder {
        let mut own = rng.clone();
        let sampler = kind.start(&mut own);
        Recorder { seed: rng, rng: own, sampler, schedule: Schedule::default(), record: false }
    }

    /// Any sampler, which draws anew, with a generator of its own.
    #[must_use]
    pub fn of(mut sampler: Box<dyn Sampler>, rng: Xoshiro256PlusPlus) -> Recorder {
        let mut own = rng.clone();
        sampler.restart(&mut own);
        Recorder { seed: rng, rng: own, sampler, schedule: Schedule::default(), record: false }
    }

    /// Starts again: every version of a comparison draws from the same numbers. `record` keeps the choices.
    pub fn restart(&mut self, record: bool) {
        self.rng = self.seed.clone();
        self.sampler.restart(&mut self.rng);
        self.schedule = Schedule::default();
        self.record = record;
    }

    /// The case with the schedule that is drawn for it on a version.
    #[must_use]
    pub fn draw_for(mut self, case: Case, version: &Version) -> Case {
        self.restart(true);
        execute(version, &case.config, &case.programs, &mut self, &mut Judges::default());
        Case { schedule: self.schedule, ..case }
    }

    /// The choices made since the start, if they were recorded.
    #[must_use]
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }
}

impl Chooser for Recorder {
    fn choose(&mut self, enabled: Enabled, machine: &Machine) -> Option<Transition> {
        let choice =
            if enabled.len() == 1 { enabled.nth(0) } else { self.sampler.pick(enabled, machine, &mut self.rng) };
        if self.record && !self.schedule.push(choice, 1) {
            return None;
        }
        Some(choice)
    }

    fn retried(&mut self, moved: Transition) {
        self.sampler.retried(moved);
    }
}
