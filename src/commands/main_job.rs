//! The main job: replay the corpus, hunt, and say which version loses what.

use super::hunt::{alarms, goals, with_progress};
use super::{FINE, MOST_THREADS, Outcome, input, unexpected};
use corpus::{Case, Environment};
use explore::hunt::{HuntOptions, Limit, Origin};
use explore::released::{at_home, is_its_own, its_own};
use impls::{Loss, PERFECT, Scenario, Version};
use oracle::{Finding, Judge, Trace, trace};
use rayon::prelude::*;
use report::lookup;
use report::{Detail, FoundOn, Table, found_on, timeline};
use std::collections::BTreeMap;
use std::time::Duration;

/// Options of the main job.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    versions: input::Versions<input::ThreadBeside>,
    /// How long to hunt, in seconds
    #[arg(long, default_value_t = 10.0, value_parser = input::seconds)]
    time: f64,
    /// The seed of the hunt
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many threads to use; all cores if not given
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=MOST_THREADS))]
    threads: Option<u16>,
}

/// A loss, and where it was found.
#[derive(Default)]
struct Cell {
    corpus: u32,
    hunt: bool,
}

struct Best {
    version: &'static Version,
    case: Case,
    length: u32,
}

#[derive(Default)]
struct Tally {
    cells: BTreeMap<(&'static str, Scenario), Cell>,
    best: BTreeMap<Scenario, Best>,
    complaints: Vec<String>,
    /// What was found on versions of which nothing is expected.
    own: BTreeMap<&'static str, FoundOn>,
}

impl Tally {
    fn best(&mut self, scenario: Scenario, version: &'static Version, case: &Case, length: u32) {
        match self.best.get(&scenario) {
            Some(b) if b.length <= length => {}
            _ => {
                self.best.insert(scenario, Best { version, case: case.clone(), length });
            }
        }
    }

    fn corpus(&mut self, version: &'static Version, case: &Case, trace: &Trace) {
        if !version.has_expectations() && case.config.keeps_contract() {
            let scenario = |f: &Finding| trace.scenario().filter(|_| f.judge() == Judge::LastWrite);
            let own = its_own(version, case, &trace.judges);
            let own = own.iter().filter(|f| is_its_own(version, case, f));
            let found: Vec<_> = own.map(|f| (explore::answers::cell::verdict(&f), scenario(&f))).collect();
            let silent = found.is_empty();
            self.own.entry(version.name).or_default().extend(found);
            if silent {
                return;
            }
        }
        // Without exclusive pages more is lost, as on other CPUs.
        let counts = trace.loses() && case.surface().name == PERFECT && case.config.knobs.exclusive;
        if let Some(scenario) = trace.scenario().filter(|_| counts) {
            self.cells.entry((version.name, scenario)).or_default().corpus += 1;
            self.best(scenario, version, case, trace.length());
        }
    }
}

/// Runs the main job.
pub fn run(args: &Args) -> Outcome {
    if let Some(n) = args.threads {
        rayon::ThreadPoolBuilder::new().num_threads(n.into()).build_global().map_err(|e| e.to_string())?;
    }
    let versions = args.versions.all()?;
    let mut tally = Tally::default();
    replay_corpus(&versions, &mut tally);
    let options = HuntOptions {
        versions: versions.clone(),
        origin: Origin::Generator,
        environment: surroundings()?,
        seed: args.seed,
        from: 0,
        limit: Limit::Time(Duration::from_secs_f64(args.time)),
        at_home: true,
    };
    let result = with_progress(&options);
    println!(
        "hunted {} executions on each version from an empty corpus, kernel {KERNEL}, hardware {PERFECT}, seed {}\n",
        result.executions, args.seed
    );
    for (class, found) in &result.found {
        let version = versions[class.version];
        if !version.has_expectations() {
            tally.own.entry(version.name).or_default().insert((found.verdict, class.scenario));
        }
        if let Some(scenario) = class.scenario {
            tally.cells.entry((version.name, scenario)).or_default().hunt = true;
            tally.best(scenario, version, &found.case, found.length);
        }
    }
    let table_ok = table(&versions, &tally);
    for (scenario, best) in &tally.best {
        println!("--- {}: {} ---\n", scenario.name(), scenario.title());
        let trace = trace(best.version, &best.case);
        println!("{}", timeline(best.version, &best.case, &trace, Detail::Telling));
    }
    if !tally.best.is_empty() {
        println!(
            "`lostwrite report finding` with a case and its version puts a version beside it that does not lose.\n"
        );
    }
    for complaint in &tally.complaints {
        println!("UNEXPECTED: {complaint}");
    }
    goals(&result);
    alarms(&result, &versions);
    let hunt_ok = result.alarm_count == 0 && result.unfinished == 0;
    let good = table_ok && hunt_ok && tally.complaints.is_empty();
    let own: Vec<_> = versions.iter().filter(|v| !v.has_expectations()).collect();
    // A sentence about the built-in versions, if there are any.
    if own.len() < versions.len() {
        let all = if own.is_empty() { "everything" } else { "everything about the built-in versions" };
        println!("{}", if good { format!("{all} as expected") } else { "NOT as expected".to_owned() });
    }
    let within = format!("the corpus and {} executions, seed {}", result.executions, args.seed);
    let mut silent = result.flagged.is_empty();
    for version in own {
        let found = tally.own.remove(version.name).unwrap_or_default();
        silent &= found.is_empty();
        println!("{}", found_on(version, &found, &within));
    }
    Ok(if good && silent { FINE } else { unexpected() })
}

const KERNEL: &str = "6.0";

/// What the expected verdicts hold for. Elsewhere more is lost, and rightly: without exclusive pages
/// stale-store, with other CPUs blind-store.
fn surroundings() -> Result<Environment, String> {
    Ok(Environment {
        kernel: Some(lookup::kernel(KERNEL)?),
        surface: Some(lookup::surface(PERFECT)?),
        knobs: input::knobs(&["exclusive=on".to_owned()])?,
    })
}

/// Replays the case files and the recorded sequences on every version.
fn replay_corpus(versions: &[&'static Version], tally: &mut Tally) {
    let mut cases = 0;
    for entry in corpus::builtin().into_iter().flat_map(|f| f.entries) {
        cases += 1;
        for version in versions {
            let case = at_home(version, &entry.case);
            let trace = trace(version, &case);
            tally.corpus(version, &case, &trace);
            let expected = entry.expect.iter().find(|(name, _)| name == version.name).map(|(_, e)| *e);
            let as_expected = match expected {
                Some(expected) => trace.judges.verdict() == expected,
                None => !version.is_correct_on(&entry.case.config) || trace.judges.is_silent(),
            };
            if !as_expected {
                let word = expected.map_or("ok", corpus::Expect::word);
                tally
                    .complaints
                    .push(format!("{}: {}: expected {word}: {}", entry.place, version.name, entry.case));
            }
        }
    }
    let sequences = corpus::ground_truth_sequences();
    let traces: Vec<Vec<Trace>> =
        sequences.par_iter().map(|case| versions.iter().map(|v| trace(v, &at_home(v, case))).collect()).collect();
    for (case, traces) in sequences.iter().zip(&traces) {
        for (version, trace) in versions.iter().zip(traces) {
            tally.corpus(version, &at_home(version, case), trace);
            if version.is_correct_on(&case.config) && !trace.judges.is_silent() {
                tally.complaints.push(format!("{} is flagged on the recorded sequence {case}", version.name));
            }
        }
    }
    println!("replayed {cases} cases and {} recorded sequences on {} versions", sequences.len(), versions.len());
}

/// Prints implementation x scenario; true if everything is as expected.
fn table(versions: &[&'static Version], tally: &Tally) -> bool {
    let mut good = true;
    let header = std::iter::once("version".to_owned()).chain(report::scenarios()).chain(["provenance".to_owned()]);
    let mut table = Table::new(header);
    for version in versions {
        let cells = Scenario::ALL.map(|s| {
            let cell = tally.cells.get(&(version.name, s));
            let how = match cell {
                None => "-",
                Some(Cell { corpus: 0, .. }) => "LOST (hunt)",
                Some(Cell { hunt: false, .. }) => "LOST (corpus)",
                Some(_) => "LOST (both)",
            };
            // What a built-in version cannot do it must not do.
            let expected = match version.has_expectations() {
                true => version.expects_on(s, PERFECT).unwrap_or(Loss::Forbidden),
                false => Loss::Allowed,
            };
            match (cell.is_some(), expected) {
                (true, Loss::Required) | (false, Loss::Forbidden) | (_, Loss::Allowed) => how.to_owned(),
                (true, Loss::Forbidden) => {
                    good = false;
                    format!("{how}, NOT EXPECTED")
                }
                (false, Loss::Required) => {
                    good = false;
                    "NOT FOUND".to_owned()
                }
            }
        });
        table.row(
            std::iter::once(version.name.to_owned()).chain(cells).chain([version.provenance.source.to_owned()]),
        );
    }
    println!("{table}");
    println!("LOST: found, as expected, by the hunt, in the corpus, or both. -: not found, as expected.\n");
    good
}
