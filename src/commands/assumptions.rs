//! `lostwrite assumptions`.

use super::format::{FOR_PROGRAMS, Format};
use super::{FINE, Outcome};
use oracle::assumptions::{Entry, table};
use report::FORMAT;
use serde_json::{Value, json};

/// What judges excuse: identifier, whom it serves, where it comes from, what is missed while it holds.
#[derive(clap::Args)]
#[command(after_help = "Examples: lostwrite assumptions\n          lostwrite assumptions --format json\n\n\
    An assumption is not in force where it would serve the functions that a version replaces. Every command that judges takes \
    --no-assume ID.")]
pub struct Args {
    /// How to print
    #[arg(long, default_value = "text", value_parser = Format::among(FOR_PROGRAMS))]
    format: Format,
}

/// Prints the table.
pub fn run(args: &Args) -> Outcome {
    if args.format == Format::Json {
        let all: Vec<Value> = table().map(|entry| as_json(&entry)).collect();
        println!("{:#}", json!({ "format": FORMAT, "assumptions": all }));
        return Ok(FINE);
    }
    for Entry { assumption, judge, excuses, serves, source, missed } in table() {
        println!("{} ({judge})", assumption.id());
        for (word, text) in [("excuses", excuses), ("serves", serves), ("source", source), ("missed", missed)] {
            println!("    {word:<8} {text}");
        }
        println!();
    }
    Ok(FINE)
}

fn as_json(entry: &Entry) -> Value {
    json!({
        "id": entry.assumption.id(),
        "judges": entry.judge.split(", ").collect::<Vec<_>>(),
        "excuses": entry.excuses,
        "serves": entry.serves,
        "source": entry.source,
        "missed": entry.missed,
    })
}
