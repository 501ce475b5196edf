//! `lostwrite report finding`.

use crate::commands::convert::write;
use crate::commands::finding::Which;
use crate::commands::interrupt::{INTERRUPTED, STOP, listen};
use crate::commands::{FINE, Outcome, input};
use lostwrite::report::{Detail, Witness, mail, side_by_side, timeline};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::Ordering;

/// One finding, shrunk, with a version beside it that does not lose.
#[derive(clap::Args)]
#[command(
    after_help = "Examples: lostwrite report finding fuzz/artifacts/rediscover/crash-0123 --format mail\n          \
    lostwrite report finding --impl v1 --beside v2 'kernel=6.0 cpu0: W0 F0 I0 D0 | cpu1: W0 | schedule: 0*26 1*3'"
)]
pub struct Args {
    /// A file (text, JSON or bytes, as an engine leaves it when it has found something), or a case
    case: String,
    #[command(flatten)]
    which: Which,
    /// The version beside it; if not given, the nearest one that is silent on the case
    #[arg(long, value_name = "VERSION")]
    beside: Option<String>,
    /// Report the case as it is: do not shrink it
    #[arg(long)]
    as_is: bool,
    /// What to make of it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Write it here
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    /// The timeline, and the version beside it
    Text,
    /// The same with a subject, where the versions come from, and how to run it
    Mail,
}

/// Shrinks, and writes the report.
pub fn run(args: &Args) -> Outcome {
    let entry = input::one_case(&args.case)?;
    let case = args.which.around.environment()?.of(&entry.case);
    let beside = args.beside.as_deref().map(input::version).transpose()?;
    let signature = args.which.choose(&entry.place, &case)?;
    let case = if args.as_is {
        case
    } else {
        listen()?;
        args.which.shrink(&case, signature).case
    };
    let version = signature.version();
    let witness = match beside {
        Some(other) => Witness::with(version, other, &case),
        None => Witness::of(version, &case),
    };
    let report = args.format.of(&witness);
    match &args.out {
        Some(path) => write(path, report.as_bytes()).map_err(|e| format!("{}: {e}", path.display()))?,
        None => std::io::stdout().write_all(report.as_bytes()).map_err(|e| e.to_string())?,
    }
    if STOP.load(Ordering::Relaxed) {
        eprintln!("lostwrite: interrupted: this is the smallest case so far, and more of it may be able to go");
        return Ok(ExitCode::from(INTERRUPTED));
    }
    Ok(FINE)
}

impl Format {
    /// The report; of a case without a finding it says so.
    fn of(self, witness: &Witness) -> String {
        let text = || {
            let (version, trace) = (witness.losing.version, &witness.losing.trace);
            let mut text = timeline(version, &witness.case, trace, Detail::Telling);
            if let Some(beside) = side_by_side(witness) {
                text = format!("{text}\n{beside}");
            }
            text
        };
        match self {
            Format::Text => text(),
            Format::Mail => mail(witness).unwrap_or_else(text),
        }
    }
}
