//! `lostwrite sample`.

use super::{FINE, MOST_EXECUTIONS, MOST_SEEDS, Outcome, input};
use explore::hunt::first_loss::{Scheduling, first_loss};
use explore::schedulers::SamplerKind;
use rayon::prelude::*;
use report::{Table, short};

/// Executions of one program until something is lost: how many does each sampler need?
#[derive(clap::Args)]
#[command(after_help = "Example: lostwrite sample --impl v1 --seeds 15 'cpu0: W0 F0 I0 D0 | cpu1: W0'\n\n\
    Samplers: uniform (over complete interleavings, by counting them), random-walk (over what can move, step by step), pct:DEPTH, burst.")]
pub struct Args {
    #[command(flatten)]
    runs: input::Runs,
    /// Draw with this sampler instead of with each; may be repeated
    #[arg(long = "sampler", value_name = "SAMPLER")]
    samplers: Vec<String>,
    /// How many seeds
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..=MOST_SEEDS))]
    seeds: u64,
    /// Give a seed up after this many executions
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(..=MOST_EXECUTIONS))]
    executions: u64,
    /// How many states the uniform sampler may explore
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1..))]
    budget: u32,
}

const SAMPLERS: [&str; 5] = ["uniform", "random-walk", "pct:2", "pct:3", "burst"];

/// Draws and prints a line for each version and sampler.
pub fn run(args: &Args) -> Outcome {
    let versions = args.runs.versions()?;
    let case = args.runs.one_case()?;
    let given: Vec<&str> = args.samplers.iter().map(String::as_str).collect();
    let samplers = if given.is_empty() { SAMPLERS.to_vec() } else { given };
    let kinds = samplers.iter().map(|name| kind(name)).collect::<Result<Vec<_>, _>>()?;
    println!("{case}");
    let head =
        ["version", "sampler", "interleavings", "seeds", "executions to the first loss: median", "worst", "none"];
    let mut table = Table::new(head);
    let mut replays = String::new();
    for version in versions {
        for (name, kind) in samplers.iter().zip(&kinds) {
            let scheduling = match kind {
                Some(kind) => Scheduling::Blind(*kind),
                None => Scheduling::uniform(version, &case, args.budget as usize).map_err(|_| {
                    format!("more than {} states; expected a smaller program, or --budget", args.budget)
                })?,
            };
            let count = match &scheduling {
                Scheduling::Uniform(all) => short(all.count()),
                Scheduling::Blind(_) => String::new(),
            };
            let firsts: Vec<_> = (0..args.seeds)
                .into_par_iter()
                .map(|seed| first_loss(version, &case, &scheduling, seed, args.executions))
                .collect();
            let mut counts: Vec<u64> =
                firsts.iter().map(|f| f.as_ref().map_or(u64::MAX, |f| f.execution)).collect();
            counts.sort_unstable();
            let show = |n: u64| if n == u64::MAX { format!("over {}", args.executions) } else { n.to_string() };
            let none = counts.iter().filter(|n| **n == u64::MAX).count();
            table.row([
                version.name.to_owned(),
                (*name).to_owned(),
                count,
                args.seeds.to_string(),
                show(counts[counts.len() / 2]),
                show(counts[counts.len() - 1]),
                none.to_string(),
            ]);
            if let Some(first) = firsts.into_iter().flatten().min_by_key(|f| f.execution) {
                replays.push_str(&format!("{name}: lostwrite replay {} '{}'\n", version.argument(), first.case));
            }
        }
    }
    print!("{table}\n{replays}");
    Ok(FINE)
}

/// A sampler by its name; `None` is the uniform one, which has to know the program.
fn kind(name: &str) -> Result<Option<SamplerKind>, String> {
    let depth = |text: &str| text.parse().ok().filter(|d| (1..=16).contains(d));
    match name {
        "uniform" => Ok(None),
        "random-walk" => Ok(Some(SamplerKind::RandomWalk)),
        "burst" => Ok(Some(SamplerKind::Burst)),
        _ => name.strip_prefix("pct:").and_then(depth).map(|d| Some(SamplerKind::Pct(d))).ok_or_else(|| {
            format!("unknown sampler '{name}'; expected uniform, random-walk, burst, or pct:DEPTH with a depth from 1 to 16")
        }),
    }
}
