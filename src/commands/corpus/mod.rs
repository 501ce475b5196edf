//! `lostwrite corpus`: folders of cases. One file per subcommand.

mod dictionary;
mod seeds;

use super::Outcome;
use super::convert::write;
use std::path::Path;

/// Folders of cases.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Write a dictionary for fuzzing engines that mutate bytes
    Dictionary(dictionary::Args),
    /// Write the cases that come with lostwrite as byte files, for fuzzing engines
    Seeds(seeds::Args),
}

/// Runs a subcommand.
pub fn run(command: &Command) -> Outcome {
    match command {
        Command::Dictionary(args) => dictionary::run(args),
        Command::Seeds(args) => seeds::run(args),
    }
}

/// Writes a file of a folder under the name of its content; false if it is there already.
fn put(folder: &Path, content: &[u8]) -> Result<bool, String> {
    let path = folder.join(corpus::file_name(content));
    if path.exists() {
        return Ok(false);
    }
    write(&path, content).map_err(|e| format!("{}: {e}", path.display()))?;
    Ok(true)
}

/// Makes a folder that may be there already.
fn make(folder: &Path) -> Result<(), String> {
    std::fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))
}
