//! `lostwrite mutants`.

use super::format::{FOR_PROGRAMS, Format};
use super::{FINE, MOST_SEEDS, Outcome, input, terminal, unexpected};
use explore::answers::cell::Effort;
use report::{mutants_json, mutants_text, reason, stale_reasons};

/// Leave each step of each listing out, swap each two neighbours: which mistakes do the judges not catch?
#[derive(clap::Args)]
#[command(after_help = "Example: lostwrite mutants --impl v3\n\n\
    With your own version: lostwrite mutants --impl-file mine.listing\n\n\
    Exits with 1 if a mutant of a built-in version survives without a reason in the table of survivors, or the table names one that \
    does not; or if your own version itself is flagged on what its mutants are judged on.")]
pub struct Args {
    #[command(flatten)]
    versions: input::Versions<input::Registry>,
    /// How many states a program may have to be exhausted
    #[arg(long, default_value_t = 300_000, value_parser = clap::value_parser!(u32).range(1..))]
    budget: u32,
    /// How many executions of generated cases each mutant runs
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u64).range(..=MOST_SEEDS))]
    samples: u64,
    /// How to print
    #[arg(long, default_value = "text", value_parser = Format::among(FOR_PROGRAMS))]
    format: Format,
}

/// Runs the mutants and prints what became of them.
pub fn run(args: &Args) -> Outcome {
    let versions = args.versions.all()?;
    let bar = terminal::bar(
        explore::answers::mutants::count_mutants(&versions) as u64,
        "{elapsed_precise} {bar:40} {pos}/{len} mutants",
    );
    let effort = Effort { budget: args.budget as usize, samples: args.samples };
    let reports = explore::answers::mutants::mutants(&versions, effort, || bar.inc(1));
    bar.finish_and_clear();
    match args.format {
        Format::Json => println!("{:#}", mutants_json(&reports)),
        _ => print!("{}", mutants_text(&reports)),
    }
    let explained = |r: &explore::answers::mutants::MutantsReport| {
        r.mutants.iter().all(|m| m.caught.is_some() || reason(r, m).is_some())
    };
    // The table of survivors is about what is built in. Of another version it matters what it shows itself.
    let good = |r: &explore::answers::mutants::MutantsReport| match r.version.has_expectations() {
        true => explained(r),
        false => r.shows.is_empty(),
    };
    let good = reports.iter().all(good) && stale_reasons(&reports).is_empty();
    Ok(if good { FINE } else { unexpected() })
}
