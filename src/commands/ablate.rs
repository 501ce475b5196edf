//! `lostwrite ablate`.

use super::{Outcome, comparison, input};
use report::comparison::Comparison;

/// For each step of a version, the smallest program that needs it, or that there is none within bounds.
///
/// A program needs a step if without it something else can be lost: a store, a dirty bit, a structural rule,
/// or the end of the execution.
#[derive(clap::Args)]
#[command(after_help = "Example: lostwrite ablate v3 --ops 4 --actors 2\n\n\
    Steps are numbered as `lostwrite mutants` numbers them; a condition goes with what it guards. docs/searching.md says what an answer \
    means and what it costs. Exits with 0 whatever the answer, with 130 if interrupted.")]
pub struct Args {
    /// The version
    #[arg(value_name = "VERSION", num_args = 0..=1)]
    version: Vec<String>,
    #[command(flatten)]
    files: input::Files,
    /// Only this step; may be repeated
    #[arg(long = "step", value_name = "NUMBER")]
    steps: Vec<usize>,
    #[command(flatten)]
    programs: comparison::Programs,
    #[command(flatten)]
    work: comparison::Work,
}

/// Asks and prints.
pub fn run(args: &Args) -> Outcome {
    let [version] = args.files.exactly(&args.version)?;
    comparison::run(&Comparison::ablation(version, &args.steps)?, true, &args.programs, &args.work)
}
