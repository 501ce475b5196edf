//! Executions of one program, each with a schedule that a sampler draws, up to the first loss.

use crate::schedulers::interleavings::Interleavings;
use crate::schedulers::uniform::Uniform;
use crate::schedulers::{Recorder, SamplerKind, rng_for};
use crate::states::graph::TooLarge;
use crate::states::walks::Walks;
use corpus::Case;
use impls::Version;
use model::World;
use oracle::{Judge, Judges, execute};
use rand_xoshiro::Xoshiro256PlusPlus;
use std::sync::Arc;

/// Who draws the schedules.
#[derive(Clone, Debug)]
pub enum Scheduling {
    /// A sampler that knows nothing of the program.
    Blind(SamplerKind),
    /// [`Uniform`].
    Uniform(Arc<Interleavings>),
}

impl Scheduling {
    /// Uniform over the interleavings of the programs of a case on a version.
    ///
    /// # Errors
    /// If there are more than `budget` states.
    pub fn uniform(version: &Version, case: &Case, budget: usize) -> Result<Scheduling, TooLarge> {
        Interleavings::new(version, case, budget).map(|all| Scheduling::Uniform(Arc::new(all)))
    }

    /// What draws an execution.
    #[must_use]
    pub fn recorder(&self, rng: Xoshiro256PlusPlus) -> Recorder {
        match self {
            Scheduling::Blind(kind) => Recorder::new(*kind, rng),
            Scheduling::Uniform(all) => {
                let sampler = Uniform::new(Arc::clone(all), &mut rng.clone());
                Recorder::of(Box::new(sampler), rng)
            }
        }
    }
}

/// A first loss.
#[derive(Clone, Debug)]
pub struct First {
    /// Its execution, counted from 1.
    pub execution: u64,
    /// The case with its schedule.
    pub case: Case,
}

/// Draws up to `budget` executions of a case's programs on a version until a load returns a wrong value.
#[must_use]
pub fn first_loss(
    version: &Version,
    case: &Case,
    scheduling: &Scheduling,
    seed: u64,
    budget: u64,
) -> Option<First> {
    let config = version.config(&case.config);
    let world = World::new(&config, &case.programs, version.code(config.profile));
    let mut walks = Walks::new(&world, Walks::MOST);
    (0..budget).find_map(|index| {
        let mut recorder = scheduling.recorder(rng_for(seed, index));
        walks.walk(&mut recorder).judges.of(Judge::LastWrite)?;
        recorder.restart(true);
        execute(version, &case.config, &case.programs, &mut recorder, &mut Judges::default());
        let case = Case { schedule: recorder.schedule().clone(), ..case.clone() };
        Some(First { execution: index + 1, case })
    })
}
