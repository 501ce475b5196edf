//! `lostwrite list`.

use super::{FINE, Outcome};
use impls::{Loss, Scenario, Version};
use lostwrite::report::Table;

/// The versions: name, where it comes from, what is expected of it.
#[derive(clap::Args)]
#[command(after_help = "Example: lostwrite list")]
pub struct Args {}

/// Prints the versions in the order of history, the mutants and the scenarios.
pub fn run(_: &Args) -> Outcome {
    let mut table = Table::new(["version", "kernel", "date", "source", "loses", "what"]);
    for v in impls::history() {
        row(&mut table, v, "(see what)");
    }
    for m in impls::mutants() {
        row(&mut table, &m.version, "(mutant)");
    }
    print!("{table}");
    println!();
    let mut table = Table::new(["scenario", "what"]);
    for s in Scenario::ALL {
        table.row([s.name(), s.title()]);
    }
    print!("{table}");
    Ok(FINE)
}

/// `elsewhere` stands for a loss that is in no scenario.
fn row(table: &mut Table, v: &Version, elsewhere: &str) {
    let loses: Vec<_> =
        Scenario::ALL.into_iter().filter(|s| v.expects(*s) == Loss::Required).map(Scenario::name).collect();
    let loses = match (loses.is_empty(), v.correct) {
        (false, _) => loses.join(" "),
        (true, true) => "-".to_owned(),
        (true, false) => elsewhere.to_owned(),
    };
    table.row([v.name, v.kernel, v.provenance.date, v.provenance.source, &loses, v.title]);
}
