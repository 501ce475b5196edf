//! `lostwrite zoo`.

use super::format::{FOR_PROGRAMS, Format};
use super::{FINE, Outcome, unexpected};
use explore::answers::zoo::{Row, zoo};
use impls::{Family, families};
use rayon::prelude::*;
use report::{FORMAT, Table};
use serde_json::{Value, json};

/// Historical bugs, each at its own operation: what each version loses on the family's programs.
#[derive(clap::Args)]
#[command(after_help = "Examples: lostwrite zoo\n          lostwrite zoo swap-in-aba --format json\n\n\
    All interleavings of every program are run on every version of which something is expected. Exit code 1 if a version does \
    something else, or a program has more states than the budget.")]
pub struct Args {
    /// Only this family; may be repeated
    #[arg(value_name = "FAMILY")]
    names: Vec<String>,
    /// How many states of one program on one version are explored
    #[arg(long, value_name = "STATES", default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..=1 << 32))]
    budget: u64,
    /// How to print
    #[arg(long, default_value = "text", value_parser = Format::among(FOR_PROGRAMS))]
    format: Format,
}

/// Runs the families and prints a table of each.
pub fn run(args: &Args) -> Outcome {
    let wanted = args.names.iter().map(|name| find(name)).collect::<Result<Vec<_>, _>>()?;
    let wanted = if wanted.is_empty() { families().iter().collect() } else { wanted };
    let rows: Vec<(&Family, Vec<Row>)> =
        wanted.into_par_iter().map(|family| (family, zoo(family, args.budget as usize))).collect();
    if args.format == Format::Json {
        let all: Vec<Value> = rows.iter().map(|(family, rows)| as_json(family, rows)).collect();
        println!("{:#}", json!({ "format": FORMAT, "families": all }));
    } else {
        rows.iter().for_each(|(family, rows)| print_family(family, rows));
        let all = rows.iter().map(|(_, rows)| rows.len()).sum::<usize>();
        let not = rows.iter().flat_map(|(_, rows)| rows).filter(|row| !row.is_fine()).count();
        match not {
            0 => println!("{} families, {all} programs on versions: each as expected", rows.len()),
            n => println!("{} families, {all} programs on versions: {n} NOT as expected", rows.len()),
        }
    }
    let fine = rows.iter().all(|(_, rows)| rows.iter().all(Row::is_fine));
    Ok(if fine { FINE } else { unexpected() })
}

fn find(name: &str) -> Result<&'static Family, String> {
    families().iter().find(|family| family.name == name).ok_or_else(|| {
        let known: Vec<_> = families().iter().map(|family| family.name).collect();
        format!("unknown family '{name}'; known are {}", known.join(", "))
    })
}

fn print_family(family: &Family, rows: &[Row]) {
    println!("{}: {}\n", family.name, family.title());
    let mut table = Table::new(["version", "finds", "states", "program"]);
    for row in rows {
        let (found, states) = match row.found {
            Some((found, states)) if row.is_fine() => (found.word().to_owned(), states.to_string()),
            Some((found, states)) => {
                (format!("{}, expected {}", found.word(), row.expected.word()), states.to_string())
            }
            None => (format!("too large, expected {}", row.expected.word()), "-".to_owned()),
        };
        table.row([row.version.clone(), found, states, row.case.to_string()]);
    }
    println!("{table}");
}

fn as_json(family: &Family, rows: &[Row]) -> Value {
    let version = |version: &impls::Version| {
        json!({
            "name": version.name,
            "title": version.title,
            "source": version.provenance.source,
            "kernel": version.kernel.name(),
            "functions": version.functions().iter().map(|b| b.function.name).collect::<Vec<_>>(),
        })
    };
    let row = |row: &Row| {
        json!({
            "version": row.version,
            "case": row.case.to_string(),
            "expected": row.expected.word(),
            "found": row.found.map(|(found, _)| found.word()),
            "states": row.found.map(|(_, states)| states),
            "as_expected": row.is_fine(),
        })
    };
    json!({
        "family": family.name,
        "title": family.title(),
        "versions": family.versions.iter().map(version).collect::<Vec<_>>(),
        "rows": rows.iter().map(row).collect::<Vec<_>>(),
    })
}
