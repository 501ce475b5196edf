//! `lostwrite exhaust`.

use super::format::{FOR_PROGRAMS, Format};
use super::{FINE, MOST_THREADS, Outcome, input, unexpected};
use explore::exhaust::{Answer, Cut, Exhaust, Measure, Options, exhaust_with};
use oracle::{Finding, History, Judge, trace_of};
use report::lookup;
use report::{Detail, FORMAT, FoundOn, Table, found_on, off, replay_line_of, standing, timeline};
use serde_json::{Value, json};

/// All interleavings of a case's programs, whatever its schedule: what is found, or how many states were
/// silent.
#[derive(clap::Args)]
#[command(after_help = "Example: lostwrite exhaust --impl v1 --impl v3 'cpu0: W0 F0 I0 D0 | cpu1: W0'\n\n\
    With your own version: lostwrite exhaust --impl-file mine.listing 'cpu0: W0 F0 I0 D0 | cpu1: W0'\n\n\
    Exits with 1 if a version that is believed correct is flagged, or one of which nothing is expected (your own, or a mutant), or if \
    the budget was used up.")]
pub struct Args {
    #[command(flatten)]
    runs: input::Runs,
    /// Give up after this many states
    #[arg(long, default_value_t = 4_000_000, value_parser = clap::value_parser!(u32).range(1..))]
    budget: u32,
    /// Give up when the states take this many bytes; K, M and G may follow
    #[arg(long, value_name = "BYTES", value_parser = bytes)]
    memory: Option<usize>,
    /// Keep states apart that differ in nothing but the names of actors and pages
    #[arg(long)]
    no_symmetry: bool,
    /// Take every transition of every state, also those that commute with whatever may follow
    #[arg(long)]
    no_reduction: bool,
    /// On so many threads; 0 for all cores
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u16).range(..=MOST_THREADS))]
    threads: u16,
    /// Keep a fingerprint of each state instead of the state: less memory, and a chance to miss something,
    /// which is stated
    #[arg(long)]
    lossy: bool,
    /// Tell on standard error how long it took
    #[arg(long)]
    time: bool,
    /// Only what these judges say counts (last-write, revoked, clean-means-equal, structural); may be
    /// repeated
    #[arg(long = "judge", value_name = "JUDGE", value_parser = lookup::judge)]
    judges: Vec<Judge>,
    /// Print the timeline of each finding
    #[arg(long)]
    timeline: bool,
    /// How to print; JSON is a line for each case
    #[arg(long, default_value = "text", value_parser = Format::among(FOR_PROGRAMS))]
    format: Format,
}

impl Args {
    fn options(&self) -> Options {
        Options {
            budget: self.budget as usize,
            memory: self.memory,
            symmetry: !self.no_symmetry,
            reduction: !self.no_reduction,
            threads: self.threads.into(),
            lossy: self.lossy,
        }
    }
}

/// Explores and prints a line per version.
pub fn run(args: &Args) -> Outcome {
    let versions = args.runs.versions()?;
    let options = args.options();
    let mut fine = true;
    for case in args.runs.cases()? {
        let mut results = Vec::new();
        let mut table = Table::new(["version", "result", "states", "transitions", "bytes/state", "quotient"]);
        let mut notes = String::new();
        for version in &versions {
            // Without the past, which only the name of a loss needs, there are fewer states.
            let counts = |finding: &Finding| args.judges.is_empty() || args.judges.contains(&finding.judge());
            let answer = |finding: &Finding| if counts(finding) { Answer::Shortest } else { Answer::Ignore };
            let start = std::time::Instant::now();
            let (mut found, mut measure) = exhaust_with(version, &case, &options, |f, (): &()| answer(f));
            if matches!(found, Exhaust::Found { .. }) {
                (found, measure) = exhaust_with(version, &case, &options, |f, _: &History| answer(f));
            }
            if args.time {
                let seconds = start.elapsed().as_secs_f64();
                let per_second = measure.states as f64 / seconds;
                note!("{}: {seconds:.3} s, {per_second:.0} states/s", version.name);
            }
            results.push(exhaust_json(version, &found, &measure));
            let result = match found {
                Exhaust::Exhausted { .. } => {
                    if !version.has_expectations() {
                        let within = format!("all interleavings, {} states", measure.states);
                        notes.push_str(&(found_on(version, &FoundOn::new(), &within) + "\n"));
                    }
                    "silent".to_owned()
                }
                Exhaust::Budget { .. } => {
                    fine = false;
                    not_exhausted(&measure)
                }
                Exhaust::Found { finding, scenario, case, .. } => {
                    fine &= version.has_expectations() && !version.is_correct_on(&case.config);
                    if !version.has_expectations() {
                        let found = [(explore::answers::cell::verdict(&finding), scenario)].into();
                        notes.push_str(&(found_on(version, &found, "") + "\n"));
                    }
                    if args.timeline {
                        let trace = trace_of(version, &case, Some(finding.judge()));
                        notes.push_str(&timeline(version, &case, &trace, Detail::Telling));
                        notes.push('\n');
                    } else {
                        notes.push_str(&format!("replay: {}\n", replay_line_of(version, &case, finding.judge())));
                    }
                    told(version, &finding, scenario)
                }
            };
            if measure.omission > 0.0 {
                let omission = measure.omission;
                notes.push_str(&format!(
                    "{}: lossy; with probability at most {omission:.1e} a state was taken for another\n",
                    version.name
                ));
            }
            table.row([
                version.name.to_owned(),
                result,
                measure.states.to_string(),
                measure.transitions.to_string(),
                format!("{:.0}", measure.bytes as f64 / measure.states as f64),
                quotient(&measure),
            ]);
        }
        match args.format {
            Format::Json => {
                let case = case.to_string();
                println!("{}", json!({ "format": FORMAT, "case": case, "versions": results }));
            }
            _ => println!("{case}\n{table}\n{notes}"),
        }
    }
    Ok(if fine { FINE } else { unexpected() })
}

/// What came out, for programs.
fn exhaust_json(version: &impls::Version, found: &Exhaust, measure: &Measure) -> Value {
    let (result, shown) = match found {
        Exhaust::Exhausted { .. } => ("silent", Value::Null),
        Exhaust::Budget { .. } => ("not-exhausted", Value::Null),
        Exhaust::Found { finding, scenario, case, .. } => {
            let shown = json!({
                "judge": finding.judge().name(),
                "scenario": scenario.map(impls::Scenario::name),
                "step": finding.step(),
                "message": finding.to_string(),
                "case": case.to_string(),
            });
            ("found", shown)
        }
    };
    json!({
        "version": version.name,
        "standing": standing(version),
        "no_assume": off(version),
        "result": result,
        "states": measure.states,
        "transitions": measure.transitions,
        "omission": measure.omission,
        "finding": shown,
    })
}

fn not_exhausted(measure: &Measure) -> String {
    let limit = match measure.cut {
        Some(Cut::Memory) => "memory",
        Some(Cut::Parts) => "127 bits to name a state with",
        _ => "budget",
    };
    let spoke = measure.spoke.map_or(String::new(), |f| format!("; somewhere: {}: {f}", f.judge().name()));
    format!("NOT EXHAUSTED, {} states seen ({limit} used up){spoke}", measure.states)
}

/// What was not looked at because something else stands for it: twins under how many renamings, and the share
/// of the transitions that were taken.
fn quotient(measure: &Measure) -> String {
    let mut parts = Vec::new();
    if measure.symmetries > 1 {
        parts.push(format!("{} symmetries", measure.symmetries));
    }
    if measure.reduced && measure.transitions > 0 {
        parts.push(format!("{:.2} transitions for one", measure.enabled as f64 / measure.transitions as f64));
    }
    if parts.is_empty() { "-".to_owned() } else { parts.join(", ") }
}

/// A number of bytes, with K, M or G behind it.
fn bytes(text: &str) -> Result<usize, String> {
    let (digits, shift) = match text.as_bytes().last() {
        Some(b'K' | b'k') => (&text[..text.len() - 1], 10),
        Some(b'M' | b'm') => (&text[..text.len() - 1], 20),
        Some(b'G' | b'g') => (&text[..text.len() - 1], 30),
        _ => (text, 0),
    };
    let number = digits.parse::<usize>().ok().and_then(|n| n.checked_mul(1 << shift)).filter(|n| *n > 0);
    number.ok_or_else(|| format!("'{text}' is no number of bytes; expected something like 500M or 4G"))
}

fn told(version: &impls::Version, finding: &Finding, scenario: Option<impls::Scenario>) -> String {
    let class = scenario.map_or(String::new(), |s| format!(" ({})", s.name()));
    format!("{}{class}{}: {finding}", finding.judge().name(), version.under())
}
