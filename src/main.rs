//! The command line. One file per subcommand.

mod commands;
#[cfg(test)]
mod examples;
#[cfg(test)]
mod own_files;

use clap::{CommandFactory as _, Parser, Subcommand};
use std::process::ExitCode;

/// Differential fuzzer for page-migration code: finds lost dirty bits.
///
/// Without a subcommand: replays every case that comes with it, hunts for ten seconds from an empty corpus,
/// and prints which version loses what, with the shortest timeline of each loss.
#[derive(Parser)]
#[command(version, after_help = AFTER)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    main: commands::main_job::Args,
    #[command(flatten)]
    terminal: commands::terminal::Manners,
}

const AFTER: &str = "Example: lostwrite --time 30 --seed 7\n\n\
                          With your own version: lostwrite --impl-file mine.listing\n\n\
                          Exit codes: 0 everything as expected; 1 a version believed correct was flagged, or one of your \
                          own; a known loss was not found, or model and kernel disagree; 2 bad arguments or files; 130 interrupted, with \
                          the best so far printed (shrink).";

#[derive(Subcommand)]
enum Command {
    /// Check files that replace functions of the kernel: does one lose a store, or show stale data?
    Check(commands::check::Args),
    /// A kernel function's C as a listing: what a patch does, in steps that can be checked
    Lift(commands::lift::Args),
    /// The versions, or the functions of the kernel
    List(commands::list::Args),
    /// Two versions or two releases side by side, function by function, where they differ
    Diff(commands::diff::Args),
    /// The steps of a version or of a kernel function, the kernel call behind each, and why it is there
    Explain(commands::explain::Args),
    /// What judges excuse: identifier, whom it serves, where it comes from, what is missed
    Assumptions(commands::assumptions::Args),
    Zoo(commands::zoo::Args),
    Kernel(commands::kernel::Args),
    /// The steps and conditions that a listing may name: what each means, reads and writes
    Steps(commands::steps::Args),
    /// Run one case and print its timeline
    Replay(commands::replay::Args),
    /// Convert a case between text, JSON and bytes
    Convert(commands::convert::Args),
    /// The smallest case with the same verdict
    Shrink(commands::shrink::Args),
    /// Reports for others: a finding as a mail, every loss of the table
    #[command(subcommand)]
    Report(commands::report::Command),
    /// Folders of cases: minimise, merge, count, convert, seeds for the engines
    #[command(subcommand)]
    Corpus(commands::corpus::Command),
    /// A fuzz target on files, without an engine
    Target(commands::target::Args),
    /// Compare the model with what real kernels did
    Conform(commands::conform::Args),
    /// Random executions on chosen versions, as many as wanted
    Hunt(commands::hunt::Args),
    /// All interleavings of a case's programs on one version
    Exhaust(commands::exhaust::Args),
    /// The final memories that a case's programs can end with, by version
    Outcomes(commands::outcomes::Args),
    /// Executions of one program until something is lost, by sampler
    Sample(commands::sample::Args),
    /// The smallest program on which two versions differ in what can be lost
    Distinguish(commands::distinguish::Args),
    /// For each step of a version, the smallest program that needs it
    Ablate(commands::ablate::Args),
    /// Join the results of jobs that did a part each
    Merge(commands::merge::Args),
    /// Every version in every scenario, by all interleavings of small programs
    Matrix(commands::matrix::Args),
    /// Mistakes put into the listings one by one: which do the judges not catch?
    Mutants(commands::mutants::Args),
    /// The nightly job: all lanes, all versions, canaries, a journal that survives being killed
    Nightly(commands::nightly::Args),
    /// Measure: step cost, executions per second, executions to first losses
    Bench(commands::bench::Args),
    /// The forms of what is printed for programs
    Schema(commands::schema::Args),
    /// Print the completions of a shell
    Completions(commands::shell::CompletionsArgs),
    /// Print the manual page, or write a page for each subcommand
    Man(commands::shell::ManArgs),
}

fn main() -> ExitCode {
    sigpipe::reset();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => return commands::terminal::arguments(&e),
    };
    cli.terminal.apply();
    match run(cli) {
        Ok(code) => code,
        Err(message) => commands::terminal::fail(&message),
    }
}

fn run(cli: Cli) -> commands::Outcome {
    match cli.command {
        None => commands::main_job::run(&cli.main),
        Some(Command::Check(args)) => commands::check::run(&args),
        Some(Command::Lift(args)) => commands::lift::run(&args),
        Some(Command::Steps(args)) => commands::steps::run(&args),
        Some(Command::List(args)) => commands::list::run(&args),
        Some(Command::Diff(args)) => commands::diff::run(&args),
        Some(Command::Explain(args)) => commands::explain::run(&args),
        Some(Command::Assumptions(args)) => commands::assumptions::run(&args),
        Some(Command::Zoo(args)) => commands::zoo::run(&args),
        Some(Command::Kernel(args)) => commands::kernel::run(&args),
        Some(Command::Replay(args)) => commands::replay::run(&args),
        Some(Command::Convert(args)) => commands::convert::run(&args),
        Some(Command::Shrink(args)) => commands::shrink::run(&args),
        Some(Command::Report(command)) => commands::report::run(&command),
        Some(Command::Corpus(command)) => commands::corpus::run(&command),
        Some(Command::Target(args)) => commands::target::run(&args),
        Some(Command::Conform(args)) => commands::conform::run(&args),
        Some(Command::Hunt(args)) => commands::hunt::run(&args),
        Some(Command::Exhaust(args)) => commands::exhaust::run(&args),
        Some(Command::Outcomes(args)) => commands::outcomes::run(&args),
        Some(Command::Sample(args)) => commands::sample::run(&args),
        Some(Command::Distinguish(args)) => commands::distinguish::run(&args),
        Some(Command::Ablate(args)) => commands::ablate::run(&args),
        Some(Command::Merge(args)) => commands::merge::run(&args),
        Some(Command::Matrix(args)) => commands::matrix::run(&args),
        Some(Command::Mutants(args)) => commands::mutants::run(&args),
        Some(Command::Nightly(args)) => commands::nightly::run(&args),
        Some(Command::Bench(args)) => commands::bench::run(&args),
        Some(Command::Schema(args)) => commands::schema::run(&args),
        Some(Command::Completions(args)) => commands::shell::completions(&args, Cli::command()),
        Some(Command::Man(args)) => commands::shell::man(&args, Cli::command()),
    }
}
