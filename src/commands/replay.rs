//! `lostwrite replay`.

use super::{FINE, Outcome, input, unexpected};
use corpus::{Entry, Expect};
use impls::Version;
use lostwrite::report::{Detail, timeline};
use oracle::trace;

/// Run one case, or every case of a file, and print its timeline.
#[derive(clap::Args)]
#[command(after_help = "Example: lostwrite replay --impl pre-fix 'kernel=6.0 W0 P0 R0 W0 D0 P0 R0'\n\n\
    With your own version: lostwrite replay --impl v3 --impl-file mine.json 'W0 D0'\n\n\
    Exits with 1 if a version that is believed correct is flagged, or if the file says what to expect and that is \
    not what came out.")]
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
    /// Print every step
    #[arg(long)]
    full: bool,
    /// Print only the verdicts
    #[arg(long, short)]
    quiet: bool,
}

/// Runs and prints.
pub fn run(args: &Args) -> Outcome {
    let versions = input::versions_or_thread(&args.versions, &args.files)?;
    let mut file = input::cases(&args.case)?;
    let environment = args.around.environment()?;
    if !environment.is_empty() {
        for entry in &mut file.entries {
            entry.case = environment.of(&entry.case);
        }
    }
    let mut alarm = false;
    for entry in &file.entries {
        if file.entries.len() > 1 {
            println!("{}: {}", entry.place, entry.case);
        }
        for version in &versions {
            alarm |= one(args, entry, version);
        }
    }
    Ok(if alarm { unexpected() } else { FINE })
}

fn one(args: &Args, entry: &Entry, version: &'static Version) -> bool {
    let trace = trace(version, &entry.case);
    if args.quiet {
        match trace.finding {
            Some(f) => println!("{:<8} {}: {f}", version.name, f.judge().name()),
            None => println!("{:<8} ok", version.name),
        }
    } else {
        let detail = if args.full { Detail::Full } else { Detail::Telling };
        println!("{}", timeline(version, &entry.case, &trace, detail));
    }
    let seen = trace.judges.verdict();
    let expected = entry.expect.iter().find(|(name, _)| name == version.name).map(|(_, e)| *e);
    if let Some(expected) = expected.filter(|e| *e != seen) {
        println!("{}: {}: expected {}, found {}", entry.place, version.name, expected.word(), seen.word());
        return true;
    }
    expected.is_none() && version.is_correct_on(&entry.case.config) && seen != Expect::Ok
}
