//! A whole folder in another form, a file for each case.

use super::gather::{Gathered, expect_empty, write_folder};
use crate::commands::Outcome;
use crate::commands::convert::Form;
use corpus::{bytes, json};
use std::collections::BTreeMap;
use std::path::Path;

/// Converts the cases of a folder into a new one. A file that could not be read is left alone, the others are
/// converted, and the exit code is 2.
pub fn convert(folder: &Path, to: Form, out: &Path) -> Outcome {
    expect_empty(out)?;
    let all = Gathered::from(&[folder.to_owned()])?;
    let mut files = BTreeMap::<String, Vec<u8>>::new();
    for entry in all.files.iter().flat_map(|file| &file.content).flat_map(|file| &file.entries) {
        let canonical = bytes::encode(&entry.case);
        let name = corpus::file_name(&canonical);
        match to {
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
    write_folder(out, &files)?;
    println!("{}: {} files of {} cases", out.display(), files.len(), all.cases.len());
    Ok(all.exit())
}
