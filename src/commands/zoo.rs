//! `lostwrite zoo`.

use super::format::{FOR_PROGRAMS, Format};
use super::{FINE, MOST_EXECUTIONS, Outcome, unexpected};
use explore::answers::rediscovery::{Bug, Effort, Measured, measure, of_family};
use explore::answers::zoo::{Row, zoo_of};
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
    /// Instead, how hard each version that must lose is to find: by random executions from nothing, and as the
    /// smallest program that tells it from the kernel as shipped; takes minutes
    #[arg(long)]
    measure: bool,
    /// With --measure: so many seeds, of which the median is shown
    #[arg(long, value_name = "N", default_value_t = 10, requires = "measure", value_parser = clap::value_parser!(u64).range(1..=1000))]
    seeds: u64,
    /// With --measure: so many executions of a seed
    #[arg(long, value_name = "N", default_value_t = 300_000, requires = "measure", value_parser = clap::value_parser!(u64).range(1..=MOST_EXECUTIONS))]
    executions: u64,
    /// With --measure: programs of at most so many operations, and fewer where there are more than --programs
    #[arg(long, value_name = "N", default_value_t = 5, requires = "measure", value_parser = clap::value_parser!(u8).range(1..=12))]
    ops: u8,
    /// With --measure: how many programs are too many
    #[arg(long, value_name = "N", default_value_t = 20_000, requires = "measure", value_parser = clap::value_parser!(u32).range(1..))]
    programs: u32,
    /// How to print
    #[arg(long, default_value = "text", value_parser = Format::among(FOR_PROGRAMS))]
    format: Format,
}

/// Runs the families and prints a table of each.
pub fn run(args: &Args) -> Outcome {
    let wanted = args.names.iter().map(|name| find(name)).collect::<Result<Vec<_>, _>>()?;
    let wanted = if wanted.is_empty() { families().iter().collect() } else { wanted };
    if args.measure {
        return Ok(measured(&wanted, args));
    }
    let rows = zoo_of(&wanted, args.budget as usize);
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

/// Measures, and prints a table, or JSON.
fn measured(wanted: &[&'static Family], args: &Args) -> std::process::ExitCode {
    let effort = Effort {
        seeds: args.seeds,
        executions: args.executions,
        ops: args.ops.into(),
        programs: args.programs as usize,
        budget: args.budget.min(100_000) as usize,
    };
    let bugs: Vec<Bug> = wanted.iter().flat_map(|family| of_family(family)).collect();
    let all: Vec<Measured> = bugs.par_iter().map(|bug| measure(bug, &effort)).collect();
    if args.format == Format::Json {
        let all = bugs.iter().zip(&all).map(|(bug, found)| measured_json(bug, found));
        println!(
            "{:#}",
            json!({ "format": FORMAT, "seeds": args.seeds, "executions": args.executions, "bugs": all.collect::<Vec<_>>() })
        );
        return FINE;
    }
    let mut table =
        Table::new(["version", "loses", "executions", "seeds", "smallest program", "programs before", "states"]);
    for (bug, found) in bugs.iter().zip(&all) {
        let seeds = found.executions.iter().flatten().count();
        let median = found.median().map_or_else(|| format!("over {}", args.executions), |n| n.to_string());
        let (case, before, states) = match &found.smallest {
            Some(s) => (s.case.clone(), s.before.to_string(), format!("{} and {}", s.states[0], s.states[1])),
            None => (format!("none of {} operations", found.ops), "-".to_owned(), "-".to_owned()),
        };
        table.row([
            bug.version.name.to_owned(),
            bug.loses.word().to_owned(),
            median,
            format!("{seeds} of {}", args.seeds),
            case,
            before,
            states,
        ]);
    }
    println!("{table}");
    let by_median = all.iter().filter(|found| found.median().is_some()).count();
    let by_program = all.iter().filter(|found| found.smallest.is_some()).count();
    println!(
        "{} versions of {} families: {by_median} found by half of the seeds within {} executions, {by_program} told apart by a smallest program",
        bugs.len(),
        wanted.len(),
        args.executions
    );
    FINE
}

fn measured_json(bug: &Bug, found: &Measured) -> Value {
    let smallest = found.smallest.as_ref().map(
        |s| json!({ "case": s.case, "before": s.before, "states_shipped": s.states[0], "states": s.states[1] }),
    );
    json!({
        "family": bug.family.name,
        "version": bug.version.name,
        "loses": bug.loses.word(),
        "executions": found.executions,
        "median": found.median(),
        "smallest": smallest,
        "ops": found.ops,
    })
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
