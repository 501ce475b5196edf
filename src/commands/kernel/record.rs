//! `lostwrite kernel record`.

use super::super::output::text_or_tell;
use super::super::{FINE, Outcome};
use super::Machine;
use super::conform::{Drawn, parts};
use kernel::conform::{PER_BOOT, run as run_in_guest};
use kernel::recording::written;
use std::path::PathBuf;
use std::time::Instant;

/// Write down what a real kernel does with sequences, in the formats of corpus/ground-truth.
#[derive(clap::Args)]
#[command(after_help = "Example: lostwrite kernel record recorded --mix fork --count 500\n\n\
    A pair of files for each boot, for `lostwrite conform`: verdicts (.tsv) and states after every operation (.jsonl). Each is \
    written when its boot is over.")]
pub struct Args {
    /// The folder for the files
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    #[command(flatten)]
    drawn: Drawn,
    #[command(flatten)]
    machine: Machine,
}

/// Runs the sequences, boot after boot, and writes what the kernel did.
pub fn run(args: &Args) -> Outcome {
    let all = parts(&args.drawn)?;
    let guest = args.machine.guest(true)?;
    let variant = args.machine.which.variant.as_deref().unwrap_or("fixed");
    let folder = &args.folder;
    std::fs::create_dir_all(folder).map_err(|e| format!("{}: {e}; expected a folder", folder.display()))?;
    let begun = Instant::now();
    for (name, sequences) in all {
        for (n, part) in sequences.chunks(PER_BOOT).enumerate() {
            if args.drawn.is_over(begun, &name, n * PER_BOOT, sequences.len()) {
                return Ok(FINE);
            }
            let answers = run_in_guest(&guest, part)?;
            let (verdicts, states) = written(variant, guest.swap, part, &answers);
            for (ending, text) in [("tsv", verdicts), ("jsonl", states)] {
                text_or_tell(&folder.join(format!("{name}-{n:04}.{ending}")), &text)?;
            }
        }
    }
    Ok(FINE)
}
