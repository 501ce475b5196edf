//! `lostwrite bench`: the figures of the README.

use super::{FINE, MOST_EXECUTIONS, MOST_SEEDS, Outcome, input};
use corpus::Case;
use explore::exhaust::{Answer, Exhaust, exhaust};
use explore::hunt::{FirstLoss, first_losses};
use impls::{Scenario, Version};
use model::{Event, Machine, World};
use oracle::{Drain, Judges, Observer, execute};
use report::Table;
use report::lookup;
use std::ops::Range;
use std::time::{Duration, Instant};

/// Measure: step cost, executions per second, states per second, executions to first losses.
#[derive(clap::Args)]
#[command(after_help = "Examples: lostwrite bench --seeds 15\n          \
    lostwrite bench --subject v1 --scenario sampled-dirty --seeds 10 --budget 2000000")]
pub struct Args {
    /// Measure nothing else than executions to this version's first loss, and print them seed by seed
    #[arg(long, value_name = "VERSION")]
    subject: Option<String>,
    #[command(flatten)]
    files: input::Files,
    /// With --subject: only a loss of this scenario counts
    #[arg(long, requires = "subject", value_parser = lookup::scenario)]
    scenario: Option<Scenario>,
    /// The first seed
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// How many seeds to count executions to the first loss for
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..=MOST_SEEDS))]
    seeds: u64,
    /// Give a seed up after this many executions
    #[arg(long, default_value_t = 200_000, value_parser = clap::value_parser!(u64).range(1..=MOST_EXECUTIONS))]
    budget: u64,
    /// How long to run each speed measurement, in seconds
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    time: u64,
}

impl Args {
    fn seeds(&self) -> Range<u64> {
        self.seed..self.seed.saturating_add(self.seeds)
    }
}

/// Measures and prints. Times are of one core.
pub fn run(args: &Args) -> Outcome {
    let known = args.files.known()?;
    if let Some(subject) = &args.subject {
        let scenario = args.scenario.as_ref().map(std::slice::from_ref);
        for loss in first_losses(known.find(subject)?, scenario, args.seeds(), args.budget) {
            let executions = loss.executions.map_or("-".to_owned(), |n| n.to_string());
            println!("{}\t{executions}", loss.seed);
        }
        return Ok(FINE);
    }
    println!(
        "machine: {} bytes; code of v3: {} instructions\n",
        size_of::<Machine>(),
        input::built_in("v3")?.code(model::Profile::default()).len()
    );
    speeds(args)?;
    println!();
    states(args)?;
    println!();
    losses(args)?;
    Ok(FINE)
}

/// Sees nothing: the machine alone.
struct Unjudged;

impl Observer for Unjudged {
    fn after(&mut self, _: &World, _: &Machine, _: &Event, _: u32) {}
}

fn speeds(args: &Args) -> Result<(), String> {
    let v3 = input::built_in("v3")?;
    let mut table = Table::new(["on v3, one core", "steps", "executions/s", "ns/step"]);
    let mut row = |name: &str, steps: u32, rate: f64| {
        let ns = 1e9 / (rate * f64::from(steps));
        table.row([name.to_owned(), steps.to_string(), format!("{rate:.0}"), format!("{ns:.1}")]);
    };
    let twenty = case("kernel=6.0 W0 R0 W0 R0 W0 R0 W0");
    let (steps, rate) = program_only(args, v3, &twenty, &mut || Judges::default());
    row("20-step program, judged, not drained", steps, rate);
    let (steps, rate) = program_only(args, v3, &twenty, &mut || Unjudged);
    row("20-step program, not judged, not drained", steps, rate);
    let (steps, rate) = whole(args, v3, &twenty);
    row("the same, judged, with its drain", steps, rate);
    let (steps, rate) = whole(args, v3, &case("kernel=6.0 W0 P0 R0 W0 D0 P0 R0"));
    row("swapcache-dirty, judged, with its drain", steps, rate);
    let (steps, rate) = whole(args, v3, &case("kernel=6.0 cpu0: W0 F0 I0 D0 | cpu1: W0"));
    row("one page, two CPUs (sampled-dirty), judged, with its drain", steps, rate);
    let (steps, rate) = hunting(args, v3);
    row("hunting: generate, sample, judge, drain", steps, rate);
    print!("{table}");
    Ok(())
}

fn case(text: &str) -> Case {
    text.parse().expect("the benchmark's own case")
}

/// Repeats `once`, which returns its steps, for the wanted time; average steps and executions per second.
fn repeat(args: &Args, mut once: impl FnMut(u64) -> u32) -> (u32, f64) {
    let (mut n, mut steps) = (0u64, 0u64);
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(args.time) {
        for _ in 0..256 {
            steps += u64::from(once(n));
            n += 1;
        }
    }
    ((steps / n) as u32, n as f64 / start.elapsed().as_secs_f64())
}

/// The programs alone, up to where the drain would begin.
fn program_only<O: Observer>(
    args: &Args,
    version: &Version,
    case: &Case,
    observer: &mut impl FnMut() -> O,
) -> (u32, f64) {
    let world = World::new(&case.config, &case.programs, version.code(case.config.profile));
    repeat(args, |_| {
        let mut observer = observer();
        let mut machine = Machine::new(&case.config);
        let mut steps = 0;
        loop {
            let enabled = machine.enabled(&world);
            if enabled.is_empty() {
                break;
            }
            let event = machine.step(&world, enabled.nth(0));
            steps += 1;
            observer.after(&world, &machine, &event, steps);
        }
        std::hint::black_box(&machine);
        steps
    })
}

fn whole(args: &Args, version: &Version, case: &Case) -> (u32, f64) {
    repeat(args, |_| {
        let mut judges = Judges::default();
        let summary = execute(version, &case.config, &case.programs, &mut Drain, &mut judges);
        std::hint::black_box(judges.is_silent());
        summary.steps
    })
}

fn hunting(args: &Args, version: &Version) -> (u32, f64) {
    repeat(args, |n| {
        let (case, mut recorder) = explore::schedulers::case_at(1, n);
        let mut judges = Judges::default();
        let summary = execute(version, &case.config, &case.programs, &mut recorder, &mut judges);
        std::hint::black_box(judges.is_silent());
        summary.steps
    })
}

/// Exhausting: every interleaving, every judge on every transition, every drain.
fn states(args: &Args) -> Result<(), String> {
    let v3 = input::built_in("v3")?;
    let mut table = Table::new(["exhausting on v3, one core", "states", "transitions", "states/s"]);
    for line in [
        "cpu0: W0 F0 I0 D0 | cpu1: W0",
        "swap-in=writable-clean cpu0: W0 P0 R0 D0 | cpu1: W0",
        "cpu0: W0 F0 D0 | cpu1: W0 | kswapd: P0",
    ] {
        let case = case(line);
        let (mut n, mut size) = (0u32, (0, 0));
        let start = Instant::now();
        while n == 0 || start.elapsed() < Duration::from_secs(args.time) {
            let found = exhaust::<()>(v3, &case, usize::MAX, |_, ()| Answer::Stop);
            let Exhaust::Exhausted { states, transitions, .. } = found else {
                return Err(format!("v3 is flagged on {line}: {found:?}"));
            };
            (n, size) = (n + 1, (states, transitions));
        }
        let rate = size.0 as f64 * f64::from(n) / start.elapsed().as_secs_f64();
        table.row([line.to_owned(), size.0.to_string(), size.1.to_string(), format!("{rate:.0}")]);
    }
    print!("{table}");
    Ok(())
}

fn losses(args: &Args) -> Result<(), String> {
    let race = [Scenario::SampledDirty, Scenario::SampledRestore];
    let mut table = Table::new(["executions to the first", "seeds", "median", "worst", "not found"]);
    for (name, version, scenarios) in [
        ("loss of pre-fix", "pre-fix", None),
        ("race of v1 (sampled-dirty or sampled-restore)", "v1", Some(&race[..])),
    ] {
        let found = first_losses(input::built_in(version)?, scenarios, args.seeds(), args.budget);
        let mut counts: Vec<u64> = found.iter().map(|f: &FirstLoss| f.executions.unwrap_or(u64::MAX)).collect();
        counts.sort_unstable();
        let show = |n: u64| if n == u64::MAX { format!("over {}", args.budget) } else { n.to_string() };
        let missing = counts.iter().filter(|n| **n == u64::MAX).count();
        let median = counts[counts.len() / 2];
        let worst = counts[counts.len() - 1];
        table.row([name.to_owned(), args.seeds.to_string(), show(median), show(worst), missing.to_string()]);
    }
    print!("{table}");
    Ok(())
}
