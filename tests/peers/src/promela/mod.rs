//! A case on a version, as a Promela model for Spin.
//!
//! The control flow is generated from the linked listings, as the machine walks them; what each action does
//! is written by hand in Promela (`promela/actions.pml`), for one page in one address space. So Spin checks
//! from outside what every action of the core protocol does to the state, how steps are put together, the
//! search, the hashing, and where executions are cut.
//!
//! One step of the machine is one atomic step of the model, and each part of the machine that can differ has
//! a variable, so that both have the same number of states.

mod control;
mod declare;

use corpus::Case;
use impls::Version;
use model::{ActorKind, Config, Hardware, OpKind, Programs, Swap, World};

/// What every action does, in Promela.
pub const ACTIONS: &str = include_str!("../../promela/actions.pml");

/// What a model is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To count the states that `explore` counts: until the programs are over, and no load of a wrong value
    /// is followed.
    Count,
    /// To judge: the case is drained too, and a load of a wrong value is an error.
    Judge,
}

/// A part of the machine that the Promela model does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outside(pub String);

impl std::fmt::Display for Outside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "outside the Promela model: {}", self.0)
    }
}

/// The model of a case, whose schedule is ignored, on a version. `actions` is [`ACTIONS`], or a mutant of it.
///
/// # Errors
/// If the case needs something that the Promela model does not have.
pub fn model(version: &Version, case: &Case, purpose: Purpose, actions: &str) -> Result<String, Outside> {
    let config = version.config(&case.config);
    within(&config, &case.programs)?;
    let world = World::new(&config, &case.programs, version.code(config.profile));
    let mut text = format!("/* {} on {case} */\n", version.name);
    text += &declare::world(&world, purpose);
    text += actions;
    for actor in 0..case.programs.actors as usize {
        let ops = case.programs.of(actor);
        let kswapd = case.programs.kinds[actor] == ActorKind::Kswapd;
        text += &declare::actor(&world, actor, ops, false);
        text += &control::process(&world, actor, ops, kswapd, actions)?;
        text += declare::NO_ACTOR;
    }
    text += &declare::interrupts(&world);
    if purpose == Purpose::Judge {
        let ops: Vec<_> = (0..).map_while(|n| world.drain_op(n)).collect();
        text += &declare::actor(&world, 0, &ops, true);
        text += &control::drain(&world, &ops, actions)?;
        text += declare::NO_ACTOR;
    }
    Ok(text)
}

/// The operations that the model has.
const OPERATIONS: [OpKind; 8] = [
    OpKind::Read,
    OpKind::Write,
    OpKind::PageOut,
    OpKind::Migrate,
    OpKind::ToSystem,
    OpKind::Get,
    OpKind::Put,
    OpKind::Free,
];

fn within(config: &Config, programs: &Programs) -> Result<(), Outside> {
    let outside = |what: String| Err(Outside(what));
    for actor in 0..programs.actors as usize {
        if programs.kinds[actor] == ActorKind::Dma {
            return outside("a DMA device".to_owned());
        }
        for op in programs.of(actor) {
            if !OPERATIONS.contains(&op.kind) {
                return outside(format!("the operation {}", op.kind.letters()));
            }
            if op.arg != 0 {
                return outside(format!("page {}", op.arg));
            }
        }
    }
    if config.shared | config.large != 0 {
        return outside("pages that start mapped".to_owned());
    }
    if config.swap != Swap::NullBlk {
        return outside(format!("the swap device {:?}", config.swap));
    }
    if !matches!(config.hardware, Hardware::Hw0 | Hardware::SoftwareDirty | Hardware::BlindStore) {
        return outside(format!("the hardware {}", config.hardware.name()));
    }
    if config.knobs.double_flush {
        return outside("flush=double".to_owned());
    }
    Ok(())
}
