//! `lostwrite outcomes`.

use super::{FINE, Outcome, input, unexpected};
use explore::outcomes;
use lostwrite::report::{outcomes_json, outcomes_text};
use rayon::prelude::*;

/// The final memories that a case's programs can end with, by version; `*` on what is forbidden.
///
/// All interleavings of the programs, whatever the schedule; each ends with the drain, which reclaims every page and reads it back.
#[derive(clap::Args)]
#[command(after_help = "Example: lostwrite outcomes --impl v1 --impl v3 'cpu0: W0 F0 I0 D0 | cpu1: W0'\n\n\
    Exits with 1 if a version that is believed correct ends with what is forbidden, or if there are too many states.")]
pub struct Args {
    /// A file of cases (text, JSON or bytes), or a case
    case: String,
    /// Run on this version instead of the four of the thread; may be repeated
    #[arg(long = "impl", value_name = "VERSION")]
    versions: Vec<String>,
    #[command(flatten)]
    files: input::Files,
    #[command(flatten)]
    around: input::Around,
    /// Give up after this many states
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1..))]
    budget: u32,
    /// Print JSON, a line for each case
    #[arg(long)]
    json: bool,
}

/// Computes and prints.
pub fn run(args: &Args) -> Outcome {
    let versions = input::versions_or_thread(&args.versions, &args.files)?;
    let environment = args.around.environment()?;
    let mut fine = true;
    for entry in input::cases(&args.case)?.entries {
        let case = if environment.is_empty() { entry.case } else { environment.of(&entry.case) };
        let columns: Vec<_> = versions
            .par_iter()
            .map(|version| (*version, outcomes(version, &case, args.budget as usize).ok()))
            .collect();
        if args.json {
            println!("{}", outcomes_json(&case, &columns));
        } else {
            println!("{}", outcomes_text(&case, &columns));
        }
        fine &= columns.iter().all(|(version, outcomes)| {
            let alarm = |o: &explore::Outcomes| version.is_correct_on(&case.config) && o.any_forbidden();
            outcomes.as_ref().is_some_and(|o| !alarm(o))
        });
    }
    Ok(if fine { FINE } else { unexpected() })
}
