//! `lostwrite corpus seeds`.

use super::gather::{make, put};
use crate::commands::{FINE, Outcome};
use std::path::PathBuf;

/// Write the cases that come with lostwrite as byte files, for fuzzing engines: the case files, the programs
/// of the scenarios and of the mutants, and the operation sequences of the ground truth. Each file is named
/// after its content; what is in the folder already stays.
#[derive(clap::Args)]
#[command(after_help = "Example: lostwrite corpus seeds target/seeds\n         \
    cargo fuzz run -s none differential fuzz/corpus/differential target/seeds")]
pub struct Args {
    /// The folder, made if there is none
    folder: PathBuf,
}

/// Writes the seeds.
pub fn run(args: &Args) -> Outcome {
    make(&args.folder)?;
    let seeds = corpus::seeds();
    let mut new = 0;
    for seed in &seeds {
        new += u64::from(put(&args.folder, seed)?);
    }
    println!("{}: {} seeds, {new} of them new", args.folder.display(), seeds.len());
    Ok(FINE)
}
