//! `lostwrite kernel doctor`.

use super::super::{FINE, Outcome, unexpected};
use kernel::doctor::{TOOLS, advice, find, missing};
use report::Table;

/// What this machine has of what guests need, and how to install the rest.
#[derive(clap::Args)]
#[command(after_help = "Example: lostwrite kernel doctor\n\nExit code 1 if something is missing.")]
pub struct Args {}

/// Looks for the programs.
pub fn run(_: &Args) -> Outcome {
    let mut table = Table::new(["program", "what for", "where"]);
    for tool in TOOLS {
        let place = find(tool.program).map_or("missing".to_owned(), |path| path.display().to_string());
        table.row([tool.program.to_owned(), tool.purpose.to_owned(), place]);
    }
    print!("{table}");
    let missing = missing(true);
    if missing.is_empty() {
        println!("\neverything is here");
        return Ok(FINE);
    }
    println!("\n{}", advice(&missing));
    Ok(unexpected())
}
