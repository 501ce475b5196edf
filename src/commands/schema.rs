//! `lostwrite schema`: the forms of everything that is printed for programs.

use super::{FINE, Outcome};
use report::Table;
use report::schemas::{ALL, Schema};

/// The JSON Schemas of what is printed for programs: all names, or one schema.
#[derive(clap::Args)]
#[command(after_help = "Examples: lostwrite schema\n          lostwrite schema matrix\n\n\
    docs/reports.md says which command prints which, and when the number of a form changes.")]
pub struct Args {
    /// Which one; if not given, their names
    #[arg(value_parser = by_name)]
    name: Option<&'static Schema>,
}

fn by_name(name: &str) -> Result<&'static Schema, String> {
    ALL.iter().find(|s| s.name == name).ok_or_else(|| {
        let names: Vec<_> = ALL.iter().map(|s| s.name).collect();
        format!("expected one of {}; `lostwrite schema` says what they are", names.join(", "))
    })
}

/// Prints.
pub fn run(args: &Args) -> Outcome {
    match args.name {
        Some(schema) => print!("{}", schema.text),
        None => {
            let mut table = Table::new(["schema", "printed by"]);
            ALL.iter().for_each(|s| {
                table.row([s.name, s.printed_by]);
            });
            print!("{table}");
        }
    }
    Ok(FINE)
}
