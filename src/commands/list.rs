//! `lostwrite list`.

use super::format::{FOR_PROGRAMS, Format};
use super::{FINE, Outcome};
use impls::{Scenario, Version};
use lostwrite::report::{FORMAT, Table};
use serde_json::{Value, json};

/// The versions: name, where it comes from, what is expected of it.
#[derive(clap::Args)]
#[command(after_help = "Example: lostwrite list --format json")]
pub struct Args {
    /// How to print
    #[arg(long, default_value = "text", value_parser = Format::among(FOR_PROGRAMS))]
    format: Format,
}

/// Prints the versions in the order of history, the mutants and the scenarios.
pub fn run(args: &Args) -> Outcome {
    if args.format == Format::Json {
        println!("{:#}", as_json());
        return Ok(FINE);
    }
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

fn as_json() -> Value {
    let version = |v: &Version, mutant: bool| {
        let loses: Vec<_> = Scenario::ALL.into_iter().filter(|s| v.must_lose(*s)).map(Scenario::name).collect();
        json!({
            "name": v.name,
            "title": v.title,
            "author": v.provenance.author,
            "date": v.provenance.date,
            "source": v.provenance.source,
            "kernel": v.kernel.name(),
            "believed_correct": v.is_believed_correct(),
            "mutant": mutant,
            "loses": loses,
        })
    };
    let history = impls::history().into_iter().map(|v| version(v, false));
    let mutants = impls::mutants().iter().map(|m| version(&m.version, true));
    let scenarios = Scenario::ALL.map(|s| json!({ "name": s.name(), "title": s.title() }));
    json!({ "format": FORMAT, "versions": history.chain(mutants).collect::<Vec<_>>(), "scenarios": scenarios })
}

/// `elsewhere` stands for a loss that is in no scenario.
fn row(table: &mut Table, v: &Version, elsewhere: &str) {
    let loses: Vec<_> = Scenario::ALL.into_iter().filter(|s| v.must_lose(*s)).map(Scenario::name).collect();
    let loses = match (loses.is_empty(), v.is_believed_correct()) {
        (false, _) => loses.join(" "),
        (true, true) => "-".to_owned(),
        (true, false) => elsewhere.to_owned(),
    };
    table.row([v.name, v.kernel.name(), v.provenance.date, v.provenance.source, &loses, v.title]);
}
