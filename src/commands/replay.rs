//! `lostwrite replay`.

use super::{FINE, Format, Outcome, input, unexpected};
use corpus::{Case, Entry, Expect};
use impls::Version;
use oracle::Judge;
use report::lookup;
use report::{Detail, FoundOn, Replayed, Witness, found_on, replay_junit, side_by_side, timeline};

/// Run one case, or every case of a file, and print its timeline.
#[derive(clap::Args)]
#[command(after_help = "Example: lostwrite replay --impl pre-fix 'kernel=6.0 W0 P0 R0 W0 D0 P0 R0'\n\n\
    With your own version: lostwrite replay --impl v3 --impl-file mine.listing 'W0 D0'\n\n\
    Exits with 1 if a version that is believed correct is flagged, or one of which nothing is expected (your own, or a mutant), or if \
    the file says what to expect and that is not what came out.")]
pub struct Args {
    /// A file of cases (text, JSON or bytes), or a case
    case: String,
    #[command(flatten)]
    versions: input::Versions<input::Thread>,
    #[command(flatten)]
    around: input::Around,
    /// Show what this judge finds (last-write, revoked, clean-means-equal, structural); if not given, the
    /// gravest finding
    #[arg(long, value_name = "JUDGE", value_parser = lookup::judge)]
    judge: Option<Judge>,
    /// Print every step
    #[arg(long)]
    full: bool,
    /// After the timeline, the execution of a version that does not lose, step by step beside it: the nearest
    /// one, or the one named
    #[arg(long, value_name = "VERSION", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    beside: Option<String>,
    /// Print only the verdicts
    #[arg(long, short)]
    quiet: bool,
    /// How to print
    #[arg(long, default_value = "text", value_parser = Format::among(&[Format::Text, Format::Junit]))]
    format: Format,
}

/// Runs and prints.
pub fn run(args: &Args) -> Outcome {
    let known = args.versions.known()?;
    let versions = args.versions.among(&known)?;
    let mut file = input::cases(&args.case)?;
    let beside = match args.beside.as_deref() {
        None => Beside::Nothing,
        Some("") => Beside::Nearest,
        Some(name) => Beside::Chosen(known.find(name)?),
    };
    let environment = args.around.environment()?;
    if !environment.is_empty() {
        for entry in &mut file.entries {
            entry.case = environment.of(&entry.case);
        }
    }
    // One at a time: a file may hold thousands, and an execution is long.
    let runs = file
        .entries
        .iter()
        .flat_map(|entry| versions.iter().enumerate().map(move |(n, version)| (entry, n, *version)));
    let mut unfit = false;
    if args.format == Format::Junit {
        let witnesses: Vec<_> =
            runs.map(|(entry, _, version)| (entry, beside.witness(version, &entry.case, args.judge))).collect();
        let replayed: Vec<_> = witnesses.iter().map(|(entry, witness)| replayed(entry, witness)).collect();
        unfit = replayed.iter().any(|r| r.complaint.is_some());
        print!("{}", replay_junit(&args.case, &replayed)?);
    } else {
        let mut silent = versions.clone();
        for (entry, n, version) in runs {
            if file.entries.len() > 1 && n == 0 {
                println!("{}: {}", entry.place, entry.case);
            }
            let witness = beside.witness(version, &entry.case, args.judge);
            show(args, &witness);
            if let Some(complaint) = complaint(entry, &witness) {
                println!("{}: {}: {complaint}", entry.place, version.name);
                unfit = true;
            }
            if witness.losing.trace.finding.is_some() {
                silent.retain(|v| v.name != version.name);
            }
        }
        for version in silent.iter().filter(|v| !v.has_expectations() && !args.quiet) {
            let within = match file.entries.len() {
                1 => "this one execution".to_owned(),
                n => format!("one execution of each of {n} cases"),
            };
            println!("{}", found_on(version, &FoundOn::new(), &within));
        }
    }
    Ok(if unfit { unexpected() } else { FINE })
}

fn replayed<'a>(entry: &'a Entry, witness: &'a Witness) -> Replayed<'a> {
    Replayed {
        place: &entry.place,
        case: &entry.case,
        version: witness.losing.version,
        trace: &witness.losing.trace,
        complaint: complaint(entry, witness),
    }
}

/// What stands beside the timeline.
#[derive(Clone, Copy)]
enum Beside {
    Nothing,
    Nearest,
    Chosen(&'static Version),
}

impl Beside {
    fn witness(self, version: &'static Version, case: &Case, judge: Option<Judge>) -> Witness {
        match self {
            Beside::Nothing => Witness::alone(version, case, judge),
            Beside::Nearest => Witness::of(version, case, judge),
            Beside::Chosen(other) => Witness::with(version, other, case, judge),
        }
    }
}

fn show(args: &Args, witness: &Witness) {
    let (version, trace) = (witness.losing.version, &witness.losing.trace);
    if args.quiet {
        match trace.finding {
            Some(f) => println!("{:<8} {}{}: {f}", version.name, f.judge().name(), version.under()),
            None => println!("{:<8} ok", version.name),
        }
        if let Some(stopped) = &trace.stopped {
            println!("{:<8} {stopped}", "");
        }
        return;
    }
    let detail = if args.full { Detail::Full } else { Detail::Telling };
    println!("{}", timeline(version, &witness.case, trace, detail));
    if let Some(text) = side_by_side(witness) {
        println!("{text}");
    }
}

/// What is wrong with what came out: the file says otherwise, or says nothing of a version that is believed
/// correct and flagged.
fn complaint(entry: &Entry, witness: &Witness) -> Option<String> {
    let version = witness.losing.version;
    let seen = witness.losing.trace.judges.verdict();
    match entry.expect.iter().find(|(name, _)| name == version.name) {
        Some((_, expected)) if *expected != seen => {
            Some(format!("expected {}, found {}", expected.word(), seen.word()))
        }
        None if !version.has_expectations() && seen != Expect::Ok => {
            // What is shown, which another judge may have said than the gravest.
            let shown = witness.finding().map_or(seen, |finding| finding.judge().verdict());
            Some(format!("found {}{}; nothing is expected of this version", shown.word(), version.under()))
        }
        None if version.is_correct_on(&entry.case.config) && seen != Expect::Ok => {
            Some(format!("expected ok of a version that is believed correct, found {}", seen.word()))
        }
        _ => None,
    }
}
