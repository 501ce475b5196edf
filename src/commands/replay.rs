//! `lostwrite replay`.

use super::{FINE, Outcome, input, unexpected};
use corpus::{Entry, Expect};
use impls::Version;
use lostwrite::report::{Detail, Witness, side_by_side, timeline};

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
    /// After the timeline, the execution of a version that does not lose, step by step beside it: the nearest one, or the one named
    #[arg(long, value_name = "VERSION", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    beside: Option<String>,
    /// Print only the verdicts
    #[arg(long, short)]
    quiet: bool,
}

/// Runs and prints.
pub fn run(args: &Args) -> Outcome {
    let versions = input::versions_or_thread(&args.versions, &args.files)?;
    let mut file = input::cases(&args.case)?;
    let beside = match args.beside.as_deref() {
        None => Beside::Nothing,
        Some("") => Beside::Nearest,
        Some(name) => Beside::Chosen(input::version(name)?),
    };
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
            alarm |= one(args, entry, version, beside);
        }
    }
    Ok(if alarm { unexpected() } else { FINE })
}

/// What stands beside the timeline.
#[derive(Clone, Copy)]
enum Beside {
    Nothing,
    Nearest,
    Chosen(&'static Version),
}

fn one(args: &Args, entry: &Entry, version: &'static Version, beside: Beside) -> bool {
    let witness = match beside {
        Beside::Nothing => Witness::alone(version, &entry.case),
        Beside::Nearest => Witness::of(version, &entry.case),
        Beside::Chosen(other) => Witness::with(version, other, &entry.case),
    };
    let trace = &witness.losing.trace;
    if args.quiet {
        match trace.finding {
            Some(f) => println!("{:<8} {}: {f}", version.name, f.judge().name()),
            None => println!("{:<8} ok", version.name),
        }
    } else {
        let detail = if args.full { Detail::Full } else { Detail::Telling };
        println!("{}", timeline(version, &entry.case, trace, detail));
        if let Some(text) = side_by_side(&witness) {
            println!("{text}");
        }
    }
    let seen = trace.judges.verdict();
    let expected = entry.expect.iter().find(|(name, _)| name == version.name).map(|(_, e)| *e);
    if let Some(expected) = expected.filter(|e| *e != seen) {
        println!("{}: {}: expected {}, found {}", entry.place, version.name, expected.word(), seen.word());
        return true;
    }
    expected.is_none() && version.is_correct_on(&entry.case.config) && seen != Expect::Ok
}
