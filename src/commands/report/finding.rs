//! `lostwrite report finding`.

use crate::commands::finding::Which;
use crate::commands::interrupt::{INTERRUPTED, STOP, listen};
use crate::commands::output::text_or_tell;
use crate::commands::{FINE, Format, Outcome, input};
use report::{Witness, finding_html, finding_json, finding_text, mail, sarif, timeline_svg};
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
    #[arg(long, default_value = "text", value_parser = Format::among(FORMATS))]
    format: Format,
    /// Write it here
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
}

const FORMATS: &[Format] = &[Format::Text, Format::Mail, Format::Html, Format::Svg, Format::Json, Format::Sarif];

/// Shrinks, and writes the report.
pub fn run(args: &Args) -> Outcome {
    let entry = input::one_case(&args.case)?;
    let case = args.which.around.environment()?.of(&entry.case);
    let known = args.which.versions.known()?;
    let beside = args.beside.as_deref().map(|name| known.find(name)).transpose()?;
    let signature = args.which.choose(&known, &entry.place, &case)?;
    let case = if args.as_is {
        case
    } else {
        listen()?;
        let shrunk = args.which.shrink(&case, signature);
        shrunk.by_place().unwrap_or(shrunk.case)
    };
    let version = signature.version();
    let witness = match beside {
        Some(other) => Witness::with(version, other, &case, Some(signature.judge())),
        None => Witness::of(version, &case, Some(signature.judge())),
    };
    let report = written(&witness, args.format);
    match &args.out {
        Some(path) => text_or_tell(path, &report)?,
        None => print!("{report}"),
    }
    if STOP.load(Ordering::Relaxed) {
        note!("lostwrite: interrupted: this is the smallest case so far, and more of it may be able to go");
        return Ok(ExitCode::from(INTERRUPTED));
    }
    Ok(FINE)
}

/// The report in a form.
pub fn written(witness: &Witness, format: Format) -> String {
    match format {
        Format::Mail => mail(witness).unwrap_or_else(|| finding_text(witness)),
        Format::Html => finding_html(witness),
        Format::Svg => timeline_svg(witness),
        Format::Json => format!("{:#}\n", finding_json(witness)),
        Format::Sarif => format!("{:#}\n", sarif(std::slice::from_ref(witness))),
        _ => finding_text(witness),
    }
}
