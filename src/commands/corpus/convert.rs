//! `lostwrite corpus convert`.

use super::Form;
use super::gather::{Gathered, make_empty, put_as};
use crate::commands::Outcome;
use corpus::{bytes, json};
use std::path::PathBuf;

/// Convert a whole folder between text, JSON and bytes: a file for each case, named after its canonical bytes. Text keeps
/// what a case file says of a case; the other forms have no room for it.
#[derive(clap::Args)]
#[command(after_help = "Example: lostwrite corpus convert --to text fuzz/corpus/differential --out readable\n\n\
    Exits with 2 if a file could not be read; it is left alone, and the others are converted.")]
pub struct Args {
    /// The folder
    folder: PathBuf,
    /// The form to convert to
    #[arg(long, value_enum)]
    to: Form,
    /// Write here
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
}

/// Converts.
pub fn run(args: &Args) -> Outcome {
    let all = Gathered::from(std::slice::from_ref(&args.folder))?;
    make_empty(&args.out)?;
    let mut written = 0;
    for entry in all.files.iter().flat_map(|file| &file.content).flat_map(|file| &file.entries) {
        let canonical = bytes::encode(&entry.case);
        let name = corpus::file_name(&canonical);
        let (name, content) = match args.to {
            Form::Bytes => (name, canonical),
            Form::Json => (format!("{name}.json"), (json::to_json(&entry.case) + "\n").into_bytes()),
            Form::Text => (format!("{name}.case"), entry.to_string().into_bytes()),
        };
        written += usize::from(put_as(&args.out, &name, &content)?);
    }
    println!("{}: {written} files of {} cases", args.out.display(), all.cases.len());
    Ok(all.exit())
}
