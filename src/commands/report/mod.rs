//! `lostwrite report`.

pub mod finding;
mod matrix;

pub use finding::written;

use super::Outcome;

/// Reports for others: of a finding, or of every loss of the table.
#[derive(clap::Subcommand)]
pub enum Command {
    /// One finding, shrunk, with a version beside it that does not lose: as text, ready to be mailed, as a
    /// page, a picture, JSON or SARIF
    Finding(finding::Args),
    /// The table of versions with a report of every loss in it, as a folder
    Matrix(matrix::Args),
}

/// Makes the report.
pub fn run(command: &Command) -> Outcome {
    match command {
        Command::Finding(args) => finding::run(args),
        Command::Matrix(args) => matrix::run(args),
    }
}
