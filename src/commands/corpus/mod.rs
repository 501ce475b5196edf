//! `lostwrite corpus`: folders of cases. One file per subcommand.

mod dictionary;

use super::Outcome;
use super::convert::write;

/// Folders of cases.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Write a dictionary for fuzzing engines that mutate bytes
    Dictionary(dictionary::Args),
}

/// Runs a subcommand.
pub fn run(command: &Command) -> Outcome {
    match command {
        Command::Dictionary(args) => dictionary::run(args),
    }
}
