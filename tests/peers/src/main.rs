//! `peers`: the models that other tools run, and a benchmark against these tools.

mod bench;
mod run;

use clap::{Parser, Subcommand};
use peers::promela::{ACTIONS, Purpose, model};
use std::process::ExitCode;

/// The models that other tools run, and a benchmark against these tools.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Print the Promela model of a case on a version
    Promela {
        /// The version
        version: String,
        /// The case; its schedule is ignored
        case: String,
        /// Drain the case and call a load of a wrong value an error
        #[arg(long)]
        judge: bool,
    },
    Run(run::Args),
    Bench(bench::Args),
}

fn main() -> ExitCode {
    match answer(&Cli::parse().command) {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(e) => {
            eprintln!("peers: {e}");
            ExitCode::from(2)
        }
    }
}

fn answer(command: &Command) -> Result<String, String> {
    match command {
        Command::Promela { version, case, judge } => {
            let version = impls::find(version).map_err(|e| e.to_string())?;
            let case = case.parse().map_err(|e| format!("{case}: {e}"))?;
            let purpose = if *judge { Purpose::Judge } else { Purpose::Count };
            model(version, &case, purpose, ACTIONS).map_err(|e| e.to_string())
        }
        Command::Run(args) => run::run(args),
        Command::Bench(args) => bench::bench(args),
    }
}
