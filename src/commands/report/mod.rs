//! `lostwrite report`.

mod finding;
mod matrix;
mod night;

pub use finding::written;

use super::Outcome;

/// Reports for others: of a finding, of a night, or of every loss of the table.
#[derive(clap::Subcommand)]
pub enum Command {
    /// One finding, shrunk, with a version beside it that does not lose: as text, ready to be mailed, as a
    /// page, a picture, JSON or SARIF
    Finding(finding::Args),
    /// A night of `lostwrite nightly` as a page, from the folder that it left
    Night(night::Args),
    /// The table of versions with a report of every loss in it, as a folder
    Matrix(matrix::Args),
}

/// Makes the report.
pub fn run(command: &Command) -> Outcome {
    match command {
        Command::Finding(args) => finding::run(args),
        Command::Night(args) => night::run(args),
        Command::Matrix(args) => matrix::run(args),
    }
}
