//! `lostwrite kernel confirm`.

use super::super::report::finding::written;
use super::super::{FINE, Format, Outcome, input, unexpected};
use super::Machine;
use corpus::Case;
use impls::Version;
use kernel::confirm::{Outcome as Came, confirm, in_rounds};
use kernel::guest::Guest;
use kernel::hold::{Move, Symbols};
use kernel::image::{Built, release};
use kernel::plan::{Plan, Wrong, plans};
use model::Config;
use oracle::recorded_kernel;
use report::{Tried, TriedResult, Witness};
use std::path::{Path, PathBuf};

/// Force a case of the model on a real kernel, and see whether its loads return the same.
#[derive(clap::Args)]
#[command(
    after_help = "Examples: lostwrite kernel confirm --variant bugA 'kernel=6.1.192 W0 P0 R0 W0 D0 P0 R0'\n          \
    lostwrite kernel confirm --variant bugC 'kernel=6.1.192 cpu0: W0 F0 I0 D0 | cpu1: W0 | schedule: 0 to ClearPteIgnored, 1 op'\n\n\
    Operations that overlap are forced by holding a CPU at a kernel function that the next step of the case cites. Exit code 0 if \
    every case came out as in the model, 1 if one did not or cannot be expressed."
)]
pub struct Args {
    /// A file of cases (text, JSON or bytes), or a case
    case: String,
    /// Where the functions of --image are: its System.map
    #[arg(long, value_name = "FILE", requires = "image")]
    symbols: Option<PathBuf>,
    /// What the kernel is in the model, if it is neither as released nor built with --variant
    #[arg(long, value_name = "MUTANT")]
    model: Option<String>,
    /// How many ways to try, where a kernel does not come by the functions of the first
    #[arg(long, value_name = "N", default_value_t = WAYS, value_parser = clap::value_parser!(u8).range(1..=6))]
    ways: u8,
    /// A version of the model that the kernel is, if none of the others says it
    #[arg(long = "impl", value_name = "VERSION", conflicts_with = "model")]
    version: Option<String>,
    #[command(flatten)]
    own: input::Files,
    /// Hold nothing: let the operations overlap as they come, so many times, and count the wrong loads
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    rounds: Option<u32>,
    /// How to print
    #[arg(long, default_value = "text", value_parser = Format::among(FORMATS))]
    format: Format,
    #[command(flatten)]
    machine: Machine,
}

const FORMATS: &[Format] = &[Format::Text, Format::Mail, Format::Html, Format::Json];

/// Forces each case, and prints what came of it.
pub fn run(args: &Args) -> Outcome {
    let file = input::cases(&args.case)?;
    let named: Vec<String> = args.version.iter().cloned().collect();
    let named = if named.is_empty() && args.own.is_empty() { None } else { Some(args.own.exactly(&named)?) };
    if args.format != Format::Text && file.entries.len() > 1 {
        return Err("a file of several cases is printed as text; expected one case for a report".to_owned());
    }
    let built = match (&args.machine.which.image, &args.symbols) {
        (None, _) => args.machine.which.built()?,
        (Some(_), Some(symbols)) => Built { image: args.machine.which.image()?, symbols: symbols.clone() },
        (Some(_), None) => {
            return Err("--image has no symbols; give its System.map with --symbols".to_owned());
        }
    };
    let variant = args.model.as_deref().or(args.machine.which.variant.as_deref()).unwrap_or("fixed");
    let changed = if variant == "fixed" { "as its sources are".to_owned() } else { format!("with {variant}") };
    let subject = Subject::new(&args.machine, built, &changed)?;
    let (version, config) = recorded_kernel(variant, &subject.series, subject.guest.swap)?;
    let version = named.map_or(version, |[version]| version);
    if args.format == Format::Text {
        println!("{}\n", subject.name);
    }
    let mut all = true;
    for entry in &file.entries {
        let case = in_guest(&entry.case, config);
        let tried = subject.tried(version, &case, args.ways, args.rounds)?;
        all &= matches!(tried.result, TriedResult::Confirmed | TriedResult::AsModel);
        if args.format == Format::Text {
            let place = if file.entries.len() > 1 { format!("{}: ", entry.place) } else { String::new() };
            println!("{place}{}\n{}", entry.case, tried.text);
            for (cpu, function) in &tried.held {
                println!("  CPU {cpu} was held where it entered {function}");
            }
            println!();
        } else {
            let witness = Witness { tried: Some(tried), ..Witness::of(version, &case, None) };
            print!("{}", written(&witness, args.format));
        }
    }
    Ok(if all { FINE } else { unexpected() })
}

/// A case with its own hardware and pages, and the guest's kernel and driver.
fn in_guest(case: &Case, guest: Config) -> Case {
    let Config { hardware, shared, large, device_frames, .. } = case.config;
    Case { config: Config { hardware, shared, large, device_frames, ..guest }, ..case.clone() }
}

/// A kernel that cases are forced on.
pub struct Subject {
    guest: Guest,
    symbols: Symbols,
    /// The release, without what a kernel of one's own says behind it.
    pub series: String,
    /// The kernel, for people.
    name: String,
}

impl Subject {
    /// A kernel that was built; `changed` says what was done to it.
    pub fn new(machine: &Machine, built: Built, changed: &str) -> Result<Subject, String> {
        let failed = |e: String| format!("{}: {e}", built.symbols.display());
        let text = std::fs::read_to_string(&built.symbols).map_err(|e| failed(e.to_string()))?;
        let symbols = Symbols::read(&text).map_err(failed)?;
        let release = release(&built.image)?;
        let guest = machine.of(built.image, false)?;
        let name = format!("Linux {release}, {changed}, swap on {}", guest.swap);
        let series = release.split(['-', '+']).next().unwrap_or_default().to_owned();
        Ok(Subject { guest, symbols, series, name })
    }

    /// Forces a case: tries the plans, up to the first that the kernel follows.
    pub fn tried(&self, version: &Version, case: &Case, ways: u8, rounds: Option<u32>) -> Result<Tried, String> {
        let (kernel, result, held) = (self.name.clone(), TriedResult::NotExpressible, Vec::new());
        let plans = match plans(version, case, &self.symbols) {
            Ok(plans) => plans,
            Err(e) => return Ok(Tried { kernel, result, text: format!("not expressible: {e}"), held }),
        };
        let mut tried = Tried { kernel, result, text: String::new(), held };
        for plan in plans.iter().take(ways.into()) {
            let came = match rounds {
                Some(rounds) => in_rounds(&self.guest, plan, rounds)?,
                None => confirm(&self.guest, &self.symbols, plan)?,
            };
            (tried.result, tried.text) = said(plan, &came);
            tried.held.clear();
            if rounds.is_none() {
                tried.held.extend(plan.moves.iter().filter_map(|what| match what {
                    Move::Hold { actor, function, .. } => Some((*actor, function.clone())),
                    Move::Finish { .. } => None,
                }));
            }
            match &came {
                Came::Astray(what) => note!("kernel: {}", astray(what)),
                _ => break,
            }
        }
        Ok(tried)
    }
}

/// Forces what was found on a patch, on a tree with that patch: the first of the cases that comes out, or else
/// what is said of the first.
pub fn of_patch(tree: &str, patch: &str, version: &Version, cases: &[Case]) -> Result<Tried, String> {
    let machine = Machine::of_patch(tree.into(), patch.into());
    let name = format!("with {}", Path::new(patch).file_name().unwrap_or_default().to_string_lossy());
    let subject = Subject::new(&machine, machine.which.built()?, &name)?;
    // A release that was recorded has its own knobs; of another one the case's are as good as any.
    let recorded = recorded_kernel("fixed", &subject.series, subject.guest.swap).map(|(_, config)| config);
    let mut first = None;
    for case in cases {
        let forced = in_guest(case, *recorded.as_ref().unwrap_or(&case.config));
        let mut tried = subject.tried(version, &forced, WAYS, None)?;
        if tried.result == TriedResult::Confirmed {
            if first.is_some() {
                tried.text += &format!(" (by another case, '{case}')");
            }
            return Ok(tried);
        }
        first.get_or_insert(tried);
    }
    first.ok_or_else(|| "no case to force".to_owned())
}

/// How many ways are tried where nobody has said.
const WAYS: u8 = 3;

fn said(plan: &Plan, came: &Came) -> (TriedResult, String) {
    let wrong = || {
        let Some(Wrong { page, got, last, .. }) = plan.wrong else { return "no load is wrong".to_owned() };
        format!("a load of page {page} returns {got} where the last store left {last}")
    };
    match came {
        Came::Confirmed => (TriedResult::Confirmed, format!("confirmed: {}", wrong())),
        Came::InRounds { wrong: 0, rounds } => {
            (TriedResult::NotReproduced, format!("not reproduced: in none of {rounds} rounds {}", wrong()))
        }
        Came::InRounds { wrong: times, rounds } => {
            (TriedResult::Confirmed, format!("confirmed: in {times} of {rounds} rounds {}", wrong()))
        }
        Came::AsModel => {
            (TriedResult::AsModel, "as the model says: every load returns what was left there".to_owned())
        }
        Came::Otherwise { load, kernel, model } => (
            TriedResult::NotReproduced,
            format!("not reproduced: {load} returns {kernel} on the kernel, {model} in the model"),
        ),
        Came::Astray(what) => (TriedResult::NotReproduced, format!("not reproduced: {}", astray(what))),
    }
}

fn astray(what: &Move) -> String {
    match what {
        Move::Hold { actor, function, .. } => format!("CPU {actor} did not come by {function}"),
        Move::Finish { actor, waits: true, .. } => {
            format!("CPU {actor} does not wait where it waits in the model")
        }
        Move::Finish { actor, .. } => format!("CPU {actor} does not come to the end of its operation"),
    }
}
