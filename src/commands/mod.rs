//! One file per subcommand. Each returns the exit code, or a message for exit code 2.

#[macro_use] // print! and println! of all the others
pub mod terminal;

pub mod ablate;
pub mod assumptions;
pub mod bench;
pub mod check;
pub mod comparison;
pub mod conform;
pub mod convert;
pub mod corpus;
pub mod diff;
pub mod distinguish;
pub mod exhaust;
pub mod explain;
pub mod finding;
pub mod format;
pub mod hunt;
pub mod input;
pub mod interrupt;
pub mod kernel;
pub mod lift;
pub mod list;
pub mod main_job;
pub mod matrix;
pub mod merge;
pub mod mutants;
pub mod nightly;
pub mod outcomes;
pub mod output;
pub mod regression;
pub mod replay;
pub mod report;
pub mod sample;
pub mod schema;
pub mod shell;
pub mod shrink;
pub mod steps;
pub mod target;
pub mod zoo;

/// Exit code, or the message for exit code 2.
pub type Outcome = Result<std::process::ExitCode, String>;

pub use format::Format;
use std::process::ExitCode;

/// More threads than any machine that this runs on has use for; each costs memory before it does anything.
pub const MOST_THREADS: i64 = 1024;

/// More executions than anybody waits for; their numbers, and sums of them, fit into a word.
pub const MOST_EXECUTIONS: u64 = 1_000_000_000_000_000;
/// More seeds, or cases, than are kept in memory or in a folder.
pub const MOST_SEEDS: u64 = 10_000_000;

/// Everything as expected.
pub const FINE: ExitCode = ExitCode::SUCCESS;

/// Exit code 1: something unexpected was found.
pub fn unexpected() -> ExitCode {
    ExitCode::from(1)
}
