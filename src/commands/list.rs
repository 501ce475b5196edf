//! `lostwrite list`.

use super::format::{FOR_PROGRAMS, Format};
use super::{FINE, Outcome};
use explore::programs::Alphabet;
use impls::{Body, Scenario, Version, kernel};
use model::{Assumptions, Profile};
use report::{FORMAT, Table};
use serde_json::{Value, json};
use std::sync::Arc;

/// The versions, the mutants and the historical bugs: name, where it comes from, what is expected of it. Or the
/// functions of the kernel: which bodies there are, and which operations run it.
#[derive(clap::Args)]
#[command(after_help = "Examples: lostwrite list --format json\n          lostwrite list functions")]
pub struct Args {
    /// What to list
    #[arg(value_enum, default_value_t)]
    what: What,
    /// How to print
    #[arg(long, default_value = "text", value_parser = Format::among(FOR_PROGRAMS))]
    format: Format,
}

/// What there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum What {
    /// The versions, the mutants and the scenarios
    #[default]
    Versions,
    /// The functions of the kernel
    Functions,
}

/// Prints the versions in the order of history, the mutants and the scenarios; or the functions by file.
pub fn run(args: &Args) -> Outcome {
    if args.what == What::Functions {
        functions(args.format);
        return Ok(FINE);
    }
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
    for family in impls::families() {
        let of_family = format!("(family {})", family.name);
        family.versions.iter().for_each(|v| row(&mut table, v, &of_family));
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

/// Prints the functions of the kernel.
fn functions(format: Format) {
    let mut names: Vec<_> = kernel::library().iter().map(|b| (b.file, b.function.name)).collect();
    names.sort_unstable();
    names.dedup();
    // A function that has moved has the bodies of each file.
    let bodies = |file: &str, name: &str| {
        let file = file.to_owned();
        kernel::variants(name).iter().filter(move |b| b.file == file)
    };
    if format == Format::Json {
        let functions = names.iter().map(|(file, name)| {
            let bodies = bodies(file, name).map(|body| {
                json!({
                    "variant": body.variant,
                    "releases": releases_of(body).map(Profile::name).collect::<Vec<_>>(),
                    "read": body.read,
                })
            });
            json!({ "name": name, "file": file, "run_by": run_by(name), "bodies": bodies.collect::<Vec<_>>() })
        });
        println!("{:#}", json!({ "format": FORMAT, "functions": functions.collect::<Vec<_>>() }));
        return;
    }
    let mut table = Table::new(["function", "file", "bodies", "run by"]);
    for (file, name) in names {
        let bodies = bodies(file, name).map(|b| b.variant).collect::<Vec<_>>().join(" ");
        table.row([name, file, &bodies, &run_by(name).join(" ")]);
    }
    print!("{table}");
    println!(
        "\nA body is named after the first release that has it. `lostwrite explain FUNCTION@RELEASE` prints one; RELEASE may be one of the bodies."
    );
}

/// The releases that have a body.
fn releases_of(body: &Arc<Body>) -> impl Iterator<Item = Profile> {
    Profile::ALL
        .into_iter()
        .filter(move |r| kernel::body(body.function.name, *r).is_some_and(|b| Arc::ptr_eq(b, body)))
}

/// The operations that run a function.
fn run_by(name: &str) -> Vec<&'static str> {
    let release = Profile::default();
    let body = kernel::body(name, release).into_iter().cloned().collect::<Vec<_>>();
    let Ok(code) = kernel::link(release, &body, Assumptions::ALL) else { return Vec::new() };
    let runs = Alphabet::of([&code]).runs;
    runs.cpus.iter().map(|kind| kind.letters()).chain(runs.kswapd.then_some("kswapd")).collect()
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
    let historical = impls::families().iter().flat_map(|family| {
        family.versions.iter().map(|v| {
            let mut of_family = version(v, false);
            of_family["family"] = json!(family.name);
            of_family
        })
    });
    let scenarios = Scenario::ALL.map(|s| json!({ "name": s.name(), "title": s.title() }));
    json!({ "format": FORMAT, "versions": history.chain(mutants).chain(historical).collect::<Vec<_>>(), "scenarios": scenarios })
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
