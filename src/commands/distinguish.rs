//! `lostwrite distinguish`.

use super::{Outcome, comparison, input};
use report::comparison::Comparison;

/// The smallest program on which two versions differ in what can be lost, or that there is none within
/// bounds.
///
/// Programs are tried in order of size, each once up to symmetry, each with all its interleavings.
#[derive(clap::Args)]
#[command(after_help = "Example: lostwrite distinguish v1 v3 --ops 4 --actors 2\n\n\
    docs/searching.md says what an answer means and what it costs. Exits with 0 whatever the answer, with 130 if interrupted.")]
pub struct Args {
    /// The two versions; v3/drop 12 is v3 without its step 12
    #[arg(value_name = "VERSION", num_args = 0..=2)]
    versions: Vec<String>,
    #[command(flatten)]
    files: input::Files,
    #[command(flatten)]
    programs: comparison::Programs,
    #[command(flatten)]
    work: comparison::Work,
}

/// Asks and prints.
pub fn run(args: &Args) -> Outcome {
    let [a, b] = args.files.exactly(&args.versions)?;
    comparison::run(&Comparison::pair(a, b), false, &args.programs, &args.work)
}
