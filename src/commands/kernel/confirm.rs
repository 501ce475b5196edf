//! `lostwrite kernel confirm`.

use super::super::{FINE, Outcome, input, unexpected};
use super::Machine;
use corpus::Case;
use kernel::confirm::{Outcome as Came, confirm};
use kernel::hold::{Move, Symbols};
use kernel::image::{Built, release};
use kernel::plan::{Plan, plans};
use model::Config;
use oracle::recorded_kernel;
use std::path::PathBuf;

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
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=6))]
    ways: u8,
    #[command(flatten)]
    machine: Machine,
}

/// Forces each case, and prints what came of it.
pub fn run(args: &Args) -> Outcome {
    let file = input::cases(&args.case)?;
    let built = match (&args.machine.which.image, &args.symbols) {
        (None, _) => args.machine.which.built()?,
        (Some(_), Some(symbols)) => Built { image: args.machine.which.image()?, symbols: symbols.clone() },
        (Some(_), None) => {
            return Err("--image has no symbols; give its System.map with --symbols".to_owned().into());
        }
    };
    let text = std::fs::read_to_string(&built.symbols).map_err(|e| format!("{}: {e}", built.symbols.display()))?;
    let symbols = Symbols::read(&text).map_err(|e| format!("{}: {e}", built.symbols.display()))?;
    let release = release(&built.image)?;
    let guest = args.machine.of(built.image, false)?;
    let variant = args.model.as_deref().or(args.machine.which.variant.as_deref()).unwrap_or("fixed");
    let series = release.split(['-', '+']).next().unwrap_or_default();
    let (version, config) = recorded_kernel(variant, series, guest.swap)?;
    println!("Linux {release}, {variant}, swap on {}\n", guest.swap);
    let mut all = true;
    for entry in &file.entries {
        // The case's own hardware and pages, the guest's kernel and driver.
        let Config { hardware, shared, large, device_frames, .. } = entry.case.config;
        let case =
            Case { config: Config { hardware, shared, large, device_frames, ..config }, ..entry.case.clone() };
        let mut said = String::new();
        match plans(version, &case, &symbols) {
            Err(e) => said = format!("not expressible: {e}"),
            Ok(planned) => {
                for plan in planned.iter().take(args.ways.into()) {
                    let came = confirm(&guest, &symbols, plan)?;
                    said = shown(plan, &came);
                    match &came {
                        Came::Astray(what) => note!("kernel: {}", astray(what)),
                        _ => break,
                    }
                }
            }
        }
        all &= said.starts_with("confirmed") || said.starts_with("as the model");
        if file.entries.len() > 1 {
            print!("{}: ", entry.place);
        }
        println!("{}\n{said}\n", entry.case);
    }
    Ok(if all { FINE } else { unexpected() })
}

fn shown(plan: &Plan, came: &Came) -> String {
    let mut out = match came {
        Came::Confirmed => {
            let wrong = plan.wrong.expect("only a wrong load is confirmed");
            format!(
                "confirmed: a load of page {} returns {} where the last store left {}",
                wrong.page, wrong.got, wrong.last
            )
        }
        Came::AsModel => "as the model says: every load returns what was left there".to_owned(),
        Came::Otherwise { load, kernel, model } => {
            format!("not reproduced: {load} returns {kernel} on the kernel, {model} in the model")
        }
        Came::Astray(what) => format!("not reproduced: {}", astray(what)),
    };
    for what in &plan.moves {
        if let Move::Hold { actor, function, .. } = what {
            out += &format!("\n  CPU {actor} was held at {function}");
        }
    }
    out
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
