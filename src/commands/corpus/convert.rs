//! `lostwrite corpus convert`.

use super::Form;
use super::gather::{Gathered, expect_empty, write_folder};
use crate::commands::Outcome;
use corpus::{bytes, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Convert a whole folder between text, JSON and bytes: a file for each case, named after its canonical
/// bytes. Text keeps what a case file says of a case; the other forms have no room for it.
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
    expect_empty(&args.out)?;
    let all = Gathered::from(std::slice::from_ref(&args.folder))?;
    let mut files = BTreeMap::<String, Vec<u8>>::new();
    for entry in all.files.iter().flat_map(|file| &file.content).flat_map(|file| &file.entries) {
        let canonical = bytes::encode(&entry.case);
        let name = corpus::file_name(&canonical);
        match args.to {
            Form::Bytes => files.insert(name, canonical),
            Form::Json => files.insert(name + ".json", (json::to_json(&entry.case) + "\n").into_bytes()),
            // Two files may say different things of one case; both are kept.
            Form::Text => {
                let text = files.entry(name + ".case").or_default();
                let told = entry.to_string().into_bytes();
                if !text.windows(told.len()).any(|part| part == told) {
                    text.extend(told);
                }
                continue;
            }
        };
    }
    write_folder(&args.out, &files)?;
    println!("{}: {} files of {} cases", args.out.display(), files.len(), all.cases.len());
    Ok(all.exit())
}
