//! `lostwrite outcomes`.

use super::format::{FOR_PROGRAMS, Format};
use super::{FINE, Outcome, input, unexpected};
use explore::answers::outcomes::outcomes;
use rayon::prelude::*;
use report::{Column, outcomes_json, outcomes_text};

/// The final memories that a case's programs can end with, by version; `*` on what is forbidden.
///
/// All interleavings of the programs, whatever the schedule; each ends with the drain, which reclaims every
/// page and reads it back.
#[derive(clap::Args)]
#[command(after_help = "Example: lostwrite outcomes --impl v1 --impl v3 'cpu0: W0 F0 I0 D0 | cpu1: W0'\n\n\
    Exits with 1 if a version that is believed correct ends with what is forbidden, or one of which nothing is expected (your own, or a \
    mutant), or if there are too many states.")]
pub struct Args {
    #[command(flatten)]
    runs: input::Runs,
    /// Give up after this many states
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1..))]
    budget: u32,
    /// How to print; JSON is a line for each case
    #[arg(long, default_value = "text", value_parser = Format::among(FOR_PROGRAMS))]
    format: Format,
    /// The same as --format json
    #[arg(long, hide = true)]
    json: bool,
}

/// Computes and prints.
pub fn run(args: &Args) -> Outcome {
    let versions = args.runs.versions()?;
    let mut fine = true;
    for case in args.runs.cases()? {
        let columns: Vec<_> = versions
            .par_iter()
            .map(|version| (*version, outcomes(version, &case, args.budget as usize).ok()))
            .collect();
        if args.json || args.format == Format::Json {
            println!("{}", outcomes_json(&case, &columns));
        } else {
            println!("{}", outcomes_text(&case, &columns));
            own(&columns).iter().for_each(|line| println!("{line}"));
        }
        fine &= columns.iter().all(|(version, outcomes)| {
            let held = !version.has_expectations() || version.is_correct_on(&case.config);
            let alarm = |o: &explore::answers::outcomes::Outcomes| held && o.any_forbidden();
            outcomes.as_ref().is_some_and(|o| !alarm(o))
        });
    }
    Ok(if fine { FINE } else { unexpected() })
}

/// What came of versions of which nothing is expected.
fn own(columns: &[Column]) -> Vec<String> {
    let of = columns.iter().filter(|(version, _)| !version.has_expectations());
    of.filter_map(|(version, outcomes)| {
        let outcomes = outcomes.as_ref()?;
        Some(match outcomes.any_forbidden() {
            true => format!("{} can end with what is forbidden (nothing was expected of it)", version.name),
            false => {
                format!(
                    "{}: no forbidden final memory within all interleavings, {} states; what happens on the way is \
                     `lostwrite exhaust`'s question",
                    version.name, outcomes.states
                )
            }
        })
    })
    .collect()
}
