//! `lostwrite corpus stats`.

use super::gather::Gathered;
use crate::commands::Outcome;
use crate::commands::format::{FOR_PROGRAMS, Format};
use explore::coverage::statistics::Statistics;
use explore::coverage::{Group, Profiler, Said};
use model::OpKind;
use oracle::Goal;
use report::{FORMAT, Table};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What a folder consists of: cases, sizes, operations; what it covers: features of the model by group,
/// goals, verdicts on each version; and what none of its cases reaches.
#[derive(clap::Args)]
#[command(after_help = "Example: lostwrite corpus stats fuzz/corpus/differential --format json\n\n\
    Exits with 2 if a file could not be read.")]
pub struct Args {
    /// The folder, or several as if they were one
    #[arg(required = true)]
    folders: Vec<PathBuf>,
    /// How to print it
    #[arg(long, default_value = "text", value_parser = Format::among(FOR_PROGRAMS))]
    format: Format,
}

/// Counts and prints.
pub fn run(args: &Args) -> Outcome {
    let all = Gathered::from(&args.folders)?;
    let profiler = Profiler::default();
    let profiles = all.profiles(&profiler);
    let statistics = Statistics::of(&profiler, all.cases.iter().zip(&profiles));
    match args.format {
        Format::Json => println!("{:#}", as_json(&all, &statistics)),
        _ => print!("{}", text(&all, &statistics)),
    }
    Ok(all.exit())
}

fn median(sizes: &[usize]) -> usize {
    sizes.get(sizes.len() / 2).copied().unwrap_or(0)
}

/// What is said of each version, by its name.
fn verdicts(statistics: &Statistics) -> BTreeMap<usize, Vec<(Said, u64)>> {
    let mut verdicts = BTreeMap::<_, Vec<_>>::new();
    for ((version, said), count) in &statistics.verdicts {
        verdicts.entry(*version).or_default().push((*said, *count));
    }
    verdicts
}

fn text(all: &Gathered, s: &Statistics) -> String {
    let sizes = &s.sizes;
    let mut out = format!(
        "{} files ({} not read), {} different cases\nbytes: {} in all, {} to {}, median {}\n",
        all.files.len() + all.unread,
        all.unread,
        s.cases,
        sizes.iter().sum::<usize>(),
        sizes.first().unwrap_or(&0),
        sizes.last().unwrap_or(&0),
        median(sizes)
    );
    let actors: Vec<_> = s.actors.iter().map(|(n, count)| format!("{count} with {n}")).collect();
    out += &format!("actors: {}\n", actors.join(", "));
    let operations = OpKind::ALL.iter().zip(&s.operations).map(|(kind, n)| format!("{} {n}", kind.letters()));
    out += &format!("operations: {}\n\n", operations.collect::<Vec<_>>().join(", "));

    let mut table = Table::new(["covered", "features"]);
    for group in Group::ALL {
        table.row([group.name().to_owned(), s.features.get(&group).unwrap_or(&0).to_string()]);
    }
    out += &format!("{table}\n");
    let mut table = Table::new(["goal", "cases"]);
    for (goal, count) in Goal::ALL.iter().zip(&s.goals) {
        table.row([goal.text().to_owned(), if *count == 0 { "NONE".to_owned() } else { count.to_string() }]);
    }
    out += &format!("{table}\n");
    let mut table = Table::new(["version", "cases"]);
    for (version, said) in verdicts(s) {
        let said: Vec<_> = said.iter().map(|(said, n)| format!("{said} {n}")).collect();
        table.row([impls::registry()[version].name.to_owned(), said.join(", ")]);
    }
    out += &format!("{table}\nreached by no case: {}\n", s.unreached.len());
    for feature in &s.unreached {
        out += &format!("  {}: {feature}\n", feature.group().name());
    }
    out
}

fn as_json(all: &Gathered, s: &Statistics) -> Value {
    let object = |pairs: Vec<(String, u64)>| {
        Value::Object(pairs.into_iter().map(|(k, v)| (k, v.into())).collect::<Map<_, _>>())
    };
    let named = |names: Vec<&str>, counts: &[u64]| {
        object(names.iter().map(ToString::to_string).zip(counts.iter().copied()).collect())
    };
    let verdicts = verdicts(s).into_iter().map(|(version, said)| {
        let said = said.iter().map(|(said, n)| (said.to_string(), *n)).collect();
        (impls::registry()[version].name.to_owned(), object(said))
    });
    let unreached = s.unreached.iter().map(|f| json!({ "group": f.group().name(), "feature": f.to_string() }));
    json!({
        "format": FORMAT,
        "files": all.files.len() + all.unread,
        "not_read": all.unread,
        "cases": s.cases,
        "bytes": {
            "total": s.sizes.iter().sum::<usize>(),
            "min": s.sizes.first(),
            "median": median(&s.sizes),
            "max": s.sizes.last(),
        },
        "actors": object(s.actors.iter().map(|(n, count)| (n.to_string(), *count)).collect()),
        "operations": named(OpKind::ALL.iter().map(|k| k.letters()).collect(), &s.operations),
        "features": object(
            Group::ALL.iter().map(|g| (g.name().to_owned(), s.features.get(g).copied().unwrap_or(0))).collect()
        ),
        "goals": named(Goal::ALL.iter().map(|g| g.text()).collect(), &s.goals),
        "verdicts": Value::Object(verdicts.collect()),
        "unreached": unreached.collect::<Vec<_>>(),
    })
}
