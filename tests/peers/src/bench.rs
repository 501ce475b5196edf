//! `peers bench`: every tool on the same case, in turn, several rounds; the medians of rates, memory and
//! ratios.
//!
//! Each run is a process of its own. Its time is the CPU time of the process, so that what else runs on the
//! machine matters little; its memory is the most that was resident.

use crate::run::Tool;
use clap::ValueEnum;
use explore::hunt::first_loss::{Scheduling, first_loss};
use explore::schedulers::SamplerKind;
use peers::promela::{ACTIONS, Purpose, model};
use peers::spin;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Compare with the peers: states per second, bytes per state, executions per second
#[derive(clap::Args)]
pub struct Args {
    /// The version
    #[arg(long, default_value = "v3")]
    version: String,
    /// The case whose states are counted
    #[arg(long, default_value = COUNTED)]
    counted: String,
    /// The case of which executions are drawn
    #[arg(long, default_value = DRAWN)]
    drawn: String,
    /// The version that executions are drawn on
    #[arg(long, default_value = "v1")]
    drawn_version: String,
    /// The case whose first loss is waited for
    #[arg(long, default_value = RACING)]
    racing: String,
    /// How often each tool runs
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// How many executions the samplers of `explore` draw; Shuttle draws a tenth
    #[arg(long, default_value_t = 1_000_000)]
    executions: usize,
}

/// Two CPUs, one migration, one reclaim, of a page that is in the swap cache.
const COUNTED: &str = "kernel=6.1.192 cpu0: W0 P0 R0 | cpu1: D0 R0 | kswapd: P0";
/// The race of v1.
const DRAWN: &str = "cpu0: W0 F0 I0 D0 | cpu1: W0";
/// The same with a page that is in the swap cache: few of its interleavings lose.
const RACING: &str = "cpu0: W0 F0 IP0 D0 | cpu1: W0";

/// What one run took.
#[derive(Clone, Debug)]
struct Measured {
    output: String,
    time: Duration,
    peak: u64,
}

/// Runs a process to its end.
///
/// The kernel keeps the counters of a process until its parent has taken note of its end.
fn measure(command: &mut Command) -> Result<Measured, String> {
    let child = command.stdout(Stdio::piped()).spawn().map_err(|e| format!("{command:?}: {e}"))?;
    let folder = format!("/proc/{}", child.id());
    let read = |name: &str| {
        let path = format!("{folder}/{name}");
        std::fs::read_to_string(&path).map_err(|e| format!("{path}: {e}; the benchmark needs the /proc of Linux"))
    };
    let mut peak = 0;
    let ticks = loop {
        let stat = read("stat")?;
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        if fields.first() == Some(&"Z") {
            let ticks = [11, 12].map(|n: usize| fields.get(n).and_then(|f| f.parse::<u64>().ok()).unwrap_or(0));
            break ticks.iter().sum::<u64>();
        }
        let status = read("status")?;
        let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|l| l.split_whitespace().next()).and_then(|n| n.parse::<u64>().ok());
        peak = peak.max(kilobytes.unwrap_or(0) * 1024);
        std::thread::sleep(Duration::from_millis(2));
    };
    let done = child.wait_with_output().map_err(|e| e.to_string())?;
    if !done.status.success() {
        return Err(format!("{command:?} failed: {}", done.status));
    }
    let output = String::from_utf8_lossy(&done.stdout).into_owned();
    // USER_HZ is 100 on every architecture that this is likely to run on.
    Ok(Measured { output, time: Duration::from_millis(ticks * 10), peak })
}

/// A row of a table: what a tool came to, in each round.
struct Row {
    name: String,
    amount: u64,
    rates: Vec<f64>,
    peak: u64,
}

impl Row {
    fn add(&mut self, amount: u64, measured: &Measured) {
        self.amount = amount;
        self.rates.push(amount as f64 / measured.time.as_secs_f64().max(0.01));
        self.peak = self.peak.max(measured.peak);
    }
}

fn row(name: &str) -> Row {
    Row { name: name.to_owned(), amount: 0, rates: Vec::new(), peak: 0 }
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

/// How many times as fast as another row, round by round.
fn ratio(ours: &Row, theirs: &Row) -> f64 {
    let ratios: Vec<_> = ours.rates.iter().zip(&theirs.rates).map(|(a, b)| a / b).collect();
    median(&ratios)
}

/// Measures.
pub fn bench(args: &Args) -> Result<String, String> {
    let mut text = counting(args)?;
    text += "\n";
    text += &drawing(args)?;
    text += "\n";
    text += &racing(args)?;
    Ok(text)
}

fn own(tool: Tool, version: &str, case: &str, executions: usize) -> Result<Measured, String> {
    let exe = std::env::current_exe().map_err(|e| format!("this program's own path: {e}"))?;
    let name = tool.to_possible_value().expect("no tool is hidden").get_name().to_owned();
    let mut command = Command::new(exe);
    command.env("RAYON_NUM_THREADS", "1"); // one core, as the others
    measure(command.args(["run", &name, version, case, "--executions", &executions.to_string()]))
}

/// With and without Spin's partial-order reduction.
const SPINS: [(&str, &[&str]); 2] = [
    ("Spin -O3 -DSAFETY -DNOREDUCE", &["-O3", "-DSAFETY", "-DNOREDUCE"]),
    ("Spin -O3 -DSAFETY", &["-O3", "-DSAFETY"]),
];
/// A table and a stack that are large enough, so that neither is what is measured.
const PAN: &[&str] = &["-E", "-m100000", "-w22"];

fn counting(args: &Args) -> Result<String, String> {
    let version = impls::find(&args.version).map_err(|e| e.to_string())?;
    let case = args.counted.parse().map_err(|e| format!("{}: {e}", args.counted))?;
    let promela = model(version, &case, Purpose::Count, ACTIONS).map_err(|e| e.to_string())?;
    let folders = SPINS.map(|_| tempfile::tempdir());
    let mut spins = Vec::new();
    for ((name, compile), folder) in SPINS.iter().zip(folders) {
        let folder = folder.map_err(|e| format!("a temporary folder: {e}"))?;
        spin::build(&promela, spin::Options { compile, run: PAN }, folder.path())?;
        spins.push((row(name), folder));
    }
    let tools = [
        (Tool::Exhaust, "explore::exhaust::exhaust"),
        (Tool::StaterightDfs, "Stateright DFS"),
        (Tool::StaterightBfs, "Stateright BFS"),
    ];
    let mut rows = tools.map(|(tool, name)| (tool, row(name)));
    for _ in 0..args.rounds {
        for (tool, row) in &mut rows {
            let measured = own(*tool, &args.version, &args.counted, 0)?;
            row.add(number(&measured.output)?, &measured);
        }
        for (row, folder) in &mut spins {
            let measured = pan(folder.path())?;
            let report = spin::report(&measured.output, measured.time)?;
            row.add(report.states, &measured);
        }
    }
    let rows: Vec<Row> =
        rows.into_iter().map(|(_, row)| row).chain(spins.into_iter().map(|(row, _)| row)).collect();
    let mut text = format!("{} on {}, one core, median of {} rounds\n", args.version, args.counted, args.rounds);
    text += &format!(
        "{:30}{:>10}{:>12}{:>12}{:>22}\n",
        "", "states", "states/s", "bytes/state", "explore is faster by"
    );
    for row in &rows {
        let bytes = row.peak / row.amount.max(1);
        let by = format!("{:.1}x", ratio(&rows[0], row));
        text += &format!("{:30}{:>10}{:>12.0}{:>12}{:>22}\n", row.name, row.amount, median(&row.rates), bytes, by);
    }
    let unequal: Vec<_> = rows.iter().filter(|r| r.amount != rows[0].amount).map(|r| r.name.as_str()).collect();
    if !unequal.is_empty() {
        text += &format!("other numbers of states: {}\n", unequal.join(", "));
    }
    Ok(text)
}

fn pan(folder: &Path) -> Result<Measured, String> {
    measure(Command::new("./pan").args(PAN).current_dir(folder))
}

fn number(text: &str) -> Result<u64, String> {
    text.trim().parse().map_err(|e| format!("expected a number, found {text:?}: {e}"))
}

fn drawing(args: &Args) -> Result<String, String> {
    let sets = [
        [
            (Tool::RandomWalk, "explore, random walk"),
            (Tool::RandomWalkRemembering, "explore, the same remembering"),
            (Tool::ShuttleRandom, "Shuttle, random"),
        ],
        [
            (Tool::Pct, "explore, PCT of depth 3"),
            (Tool::PctRemembering, "explore, the same remembering"),
            (Tool::ShuttlePct, "Shuttle, PCT of depth 3"),
        ],
    ];
    let version = &args.drawn_version;
    let mut text = format!("executions of {} on {version}, drained and judged, one core\n", args.drawn);
    text += &format!(
        "{:30}{:>10}{:>8}{:>14}{:>20}{:>14}\n",
        "", "executions", "lose", "executions/s", "direct is faster by", "remembering"
    );
    for set in sets {
        let mut rows = set.map(|(tool, name)| (tool, row(name), String::new()));
        for _ in 0..args.rounds {
            for (n, (tool, row, losses)) in rows.iter_mut().enumerate() {
                // Shuttle is slow, and what is remembered is quick.
                let executions = [args.executions, 10 * args.executions, args.executions.div_ceil(10)][n];
                let measured = own(*tool, version, &args.drawn, executions)?;
                *losses = measured.output.split_whitespace().nth(1).unwrap_or_default().to_owned();
                row.add(executions as u64, &measured);
            }
        }
        for (_, row, losses) in &rows {
            let [direct, remembering] = [0, 1].map(|n| format!("{:.1}x", ratio(&rows[n].1, row)));
            text += &format!(
                "{:30}{:>10}{losses:>8}{:>14.0}{direct:>20}{remembering:>14}\n",
                row.name,
                row.amount,
                median(&row.rates),
            );
        }
    }
    Ok(text)
}

/// How many seeds wait for a loss, and for how many executions at most.
const SEEDS: u64 = 15;
const PATIENCE: u64 = 200_000;

/// Executions until a value is lost. Numbers of executions, not times: the same everywhere.
fn racing(args: &Args) -> Result<String, String> {
    let version = impls::find(&args.drawn_version).map_err(|e| e.to_string())?;
    let case = args.racing.parse().map_err(|e| format!("{}: {e}", args.racing))?;
    let uniform = Scheduling::uniform(version, &case, 1_000_000).map_err(|_| "too many states".to_owned())?;
    let samplers = [
        ("uniform over interleavings", uniform),
        ("random walk", Scheduling::Blind(SamplerKind::RandomWalk)),
        ("PCT of depth 3", Scheduling::Blind(SamplerKind::Pct(3))),
        ("burst", Scheduling::Blind(SamplerKind::Burst)),
    ];
    let mut text = format!("executions of {} on {} to the first loss, {SEEDS} seeds\n", case, version.name);
    text += &format!("{:30}{:>10}{:>10}{:>30}\n", "", "median", "worst", format!("over {PATIENCE} executions"));
    for (name, scheduling) in samplers {
        let first =
            |seed| first_loss(version, &case, &scheduling, seed, PATIENCE).map_or(PATIENCE + 1, |f| f.execution);
        let mut firsts: Vec<u64> = (0..SEEDS).map(first).collect();
        firsts.sort_unstable();
        let never = firsts.iter().filter(|n| **n > PATIENCE).count();
        text += &format!("{name:30}{:>10}{:>10}{never:>30}\n", firsts[firsts.len() / 2], firsts[firsts.len() - 1]);
    }
    Ok(text)
}
