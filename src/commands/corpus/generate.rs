//! `lostwrite corpus generate`.

use super::gather::{make, put};
use crate::commands::{FINE, MOST_SEEDS, Outcome};
use corpus::bytes;
use explore::schedulers::case_at;
use std::path::PathBuf;

/// Write the cases of the numbered executions of a hunt, with their schedules, as byte files: seeds from the
/// generator. Each schedule is drawn on one version of the registry, in turn.
#[derive(clap::Args)]
#[command(after_help = "Example: lostwrite corpus generate target/generated --cases 5000 --seed 7")]
pub struct Args {
    /// The folder, made if there is none
    folder: PathBuf,
    /// How many executions; equal cases are one file
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u64).range(..=MOST_SEEDS))]
    cases: u64,
    /// The seed of the numbered executions
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Generates.
pub fn run(args: &Args) -> Outcome {
    make(&args.folder)?;
    let versions = impls::registry();
    let mut new = 0;
    for index in 0..args.cases {
        let (case, recorder) = case_at(args.seed, index);
        let case = recorder.draw_for(case, &versions[(index % versions.len() as u64) as usize]);
        new += u64::from(put(&args.folder, &bytes::encode(&case))?);
    }
    println!("{}: {} cases, {new} of them new", args.folder.display(), args.cases);
    Ok(FINE)
}
