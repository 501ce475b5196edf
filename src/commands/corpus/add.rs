//! `lostwrite corpus add`.

use super::gather::{Gathered, make, put};
use crate::commands::Outcome;
use corpus::bytes;
use explore::coverage::Profiler;
use explore::coverage::minimise::cover;
use std::path::PathBuf;

/// Add to a folder, from others, as few cases as bring everything new: features of the model, or verdicts.
/// The cases that come with lostwrite, and those of files that say what is expected or that hold several
/// cases, are added in any case. What is in the folder stays as it is.
#[derive(clap::Args)]
#[command(after_help = "Example: lostwrite corpus add fuzz/corpus/differential finds/*\n\n\
    Exits with 2 if a file could not be read; it is left alone, and the others are dealt with.")]
pub struct Args {
    /// The folder to add to, made if there is none
    into: PathBuf,
    /// The folders to take from
    #[arg(required = true)]
    from: Vec<PathBuf>,
}

/// Merges.
pub fn run(args: &Args) -> Outcome {
    make(&args.into)?;
    let profiler = Profiler::default();
    let old = Gathered::from(std::slice::from_ref(&args.into))?;
    let mut new = Gathered::from(&args.from)?;
    let offered = new.cases.len();
    new.cases.retain(|case| !old.place.contains_key(case));
    let covered: Vec<_> = old.profiles(&profiler).into_iter().flat_map(|p| p.features).collect();
    let added = cover(&new.candidates(new.profiles(&profiler)), covered);
    for n in &added {
        put(&args.into, &bytes::encode(&new.cases[*n]))?;
    }
    println!("{}: {} cases, {} of {offered} added", args.into.display(), old.cases.len(), added.len());
    new.unread += old.unread;
    Ok(new.exit())
}
