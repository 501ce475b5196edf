//! `peers run`: one tool on one case, in a process of its own, so that its time and its memory can be told.

use corpus::Case;
use explore::exhaust::{Answer, Exhaust, exhaust};
use explore::schedulers::{Recorder, SamplerKind, rng_for};
use explore::states::walks::Walks;
use impls::Version;
use model::World;
use oracle::{Judge, Judges, execute};
use peers::shuttle::{self, Choice};
use peers::stateright::{Interleavings, breadth_first, depth_first};

/// Run one tool on one case, and print the number of states, or of executions and of losses among them
#[derive(clap::Args)]
pub struct Args {
    /// The tool
    #[arg(value_enum)]
    pub tool: Tool,
    /// The version
    pub version: String,
    /// The case; its schedule is ignored
    pub case: String,
    /// How many executions to draw, with a tool that draws
    #[arg(long, default_value_t = 10_000)]
    pub executions: usize,
    /// What the drawing starts from
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// A tool that runs in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Tool {
    /// `explore`'s search of all interleavings, every judge on every transition
    Exhaust,
    /// Stateright, depth first
    StaterightDfs,
    /// Stateright, breadth first
    StaterightBfs,
    /// `explore`'s random walk, each execution step by step
    RandomWalk,
    /// The same executions, each step looked up that an execution has taken before
    RandomWalkRemembering,
    /// Shuttle's random scheduler
    ShuttleRandom,
    /// `explore`'s PCT of depth 3, each execution step by step
    Pct,
    /// The same executions, each step looked up that an execution has taken before
    PctRemembering,
    /// Shuttle's PCT of depth 3
    ShuttlePct,
}

/// The depth of PCT, for both tools.
const DEPTH: u32 = 3;

/// Runs it.
pub fn run(args: &Args) -> Result<String, String> {
    let version = impls::find(&args.version).map_err(|e| e.to_string())?;
    let case: Case = args.case.parse().map_err(|e| format!("{}: {e}", args.case))?;
    let (executions, seed) = (args.executions, args.seed);
    Ok(match args.tool {
        Tool::Exhaust => match exhaust::<()>(version, &case, usize::MAX, |_, ()| Answer::Ignore) {
            Exhaust::Exhausted { states, .. } => format!("{states}\n"),
            other => return Err(format!("the search ended early: {other:?}")),
        },
        Tool::StaterightDfs => format!("{}\n", depth_first(Interleavings::count_only(version, &case)).states),
        Tool::StaterightBfs => format!("{}\n", breadth_first(Interleavings::count_only(version, &case)).states),
        Tool::RandomWalk => drawn(executions, sampled(version, &case, SamplerKind::RandomWalk, seed, executions)),
        Tool::RandomWalkRemembering => {
            drawn(executions, remembering(version, &case, SamplerKind::RandomWalk, seed, executions))
        }
        Tool::PctRemembering => {
            drawn(executions, remembering(version, &case, SamplerKind::Pct(DEPTH), seed, executions))
        }
        Tool::Pct => drawn(executions, sampled(version, &case, SamplerKind::Pct(DEPTH), seed, executions)),
        Tool::ShuttleRandom => {
            drawn(executions, shuttle::losses(version, &case, Choice::Random, seed, executions))
        }
        Tool::ShuttlePct => {
            drawn(executions, shuttle::losses(version, &case, Choice::Pct(DEPTH as usize), seed, executions))
        }
    })
}

fn drawn(executions: usize, lost: u64) -> String {
    format!("{executions} {lost}\n")
}

/// How many executions lost a value.
fn sampled(version: &Version, case: &Case, kind: SamplerKind, seed: u64, executions: usize) -> u64 {
    let lost = (0..executions as u64).filter(|index| {
        let mut sampler = Recorder::new(kind, rng_for(seed, *index));
        let mut judges = Judges::default();
        execute(version, &case.config, &case.programs, &mut sampler, &mut judges);
        judges.of(Judge::LastWrite).is_some()
    });
    lost.count() as u64
}

/// The same number, of executions that look up what earlier ones did.
fn remembering(version: &Version, case: &Case, kind: SamplerKind, seed: u64, executions: usize) -> u64 {
    let config = version.config(&case.config);
    let world = World::new(&config, &case.programs, version.code(config.profile));
    let mut walks = Walks::new(&world, Walks::MOST);
    let lost = (0..executions as u64).filter(|index| {
        let walked = walks.walk(&mut Recorder::new(kind, rng_for(seed, *index)));
        walked.judges.of(Judge::LastWrite).is_some()
    });
    lost.count() as u64
}
