//! `lostwrite report night`.

use crate::commands::output::text_or_tell;
use crate::commands::{FINE, Outcome, input};
use corpus::read::RECORDED;
use night::Report;
use report::night_html;
use std::path::PathBuf;

/// A night as a page: what is red and why, canaries, lanes, and the timeline of each finding.
#[derive(clap::Args)]
#[command(after_help = "Example: lostwrite report night nights/2026-11-25 --out night.html\n\n\
    The nightly job leaves the same page in its folder as report.html.")]
pub struct Args {
    /// The folder of a night, or its report.json
    #[arg(value_name = "DIR")]
    night: PathBuf,
    #[command(flatten)]
    files: input::Files,
    /// Write the page here; to the standard output if not given
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Reads the report of the night and writes the page.
pub fn run(args: &Args) -> Outcome {
    let path = if args.night.is_dir() { args.night.join("report.json") } else { args.night.clone() };
    let text = RECORDED.text(&path).map_err(|e| {
        format!("{}: {e}; expected the folder of a night, as `lostwrite nightly --out` leaves it", path.display())
    })?;
    let versions = args.files.history()?;
    let report = Report::read(&text).map_err(|e| format!("{}: {e}", path.display()))?;
    let page = night_html(&report, &versions);
    match &args.out {
        Some(out) => text_or_tell(out, &page)?,
        None => print!("{page}"),
    }
    Ok(FINE)
}
