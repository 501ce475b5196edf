//! `lostwrite corpus`: folders of cases. One file per subcommand.

mod add;
mod convert;
mod dictionary;
mod gather;
mod generate;
mod min;
mod seeds;
mod stats;

pub use convert::convert;

use super::Outcome;
use super::output::{write, write_or_tell};

/// Folders of cases.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Keep as few cases as cover what all do
    Min(min::Args),
    /// Add the cases of other folders that bring something new
    Add(add::Args),
    /// What a folder consists of, what it covers, and what it does not
    Stats(stats::Args),
    /// Write cases of the generator as byte files
    Generate(generate::Args),
    /// Write a dictionary for fuzzing engines that mutate bytes
    Dictionary(dictionary::Args),
    /// Write the cases that come with lostwrite as byte files, for fuzzing engines
    Seeds(seeds::Args),
}

/// Runs a subcommand.
pub fn run(command: &Command) -> Outcome {
    match command {
        Command::Min(args) => min::run(args),
        Command::Add(args) => add::run(args),
        Command::Stats(args) => stats::run(args),
        Command::Generate(args) => generate::run(args),
        Command::Dictionary(args) => dictionary::run(args),
        Command::Seeds(args) => seeds::run(args),
    }
}
