//! How the cost of exhausting grows: states and seconds by accesses, pages and actors, as a table and as a
//! plot.
//!
//! `cargo run --release -p explore --example growth -- [BUDGET [PLOT.svg]]`

use corpus::Case;
use explore::exhaust::{Answer, Exhaust, Measure, Options, exhaust_with};
use std::fmt::Write as _;
use std::sync::OnceLock;
use std::time::Instant;

/// CPU 0 migrates page 0; all CPUs store and load by turns, through the pages by turns; from four actors on,
/// the last reclaims.
fn program(actors: usize, pages: usize, accesses: usize) -> String {
    let cpus = if actors > 3 { actors - 1 } else { actors };
    let access =
        |cpu: usize, n: usize| format!("{}{}", if n.is_multiple_of(2) { 'W' } else { 'R' }, (cpu + n) % pages);
    let of = |cpu| (0..accesses).map(|n| access(cpu, n)).collect::<Vec<_>>().join(" ");
    let mut parts: Vec<_> = (0..cpus).map(|cpu| format!("cpu{cpu}: {}", of(cpu))).collect();
    parts[0].push_str(" D0");
    if actors > cpus {
        parts.push("kswapd: P0".to_owned());
    }
    parts.join(" | ")
}

struct Point {
    actors: usize,
    pages: usize,
    accesses: usize,
    /// With every state by itself, and with symmetry and reduction; `None` beyond the budget.
    all: Option<(Measure, f64)>,
    few: Option<(Measure, f64)>,
}

fn measured(line: &str, options: Options) -> Option<(Measure, f64)> {
    let case: Case = line.parse().unwrap_or_else(|e| panic!("{line}: {e}"));
    let version = impls::find("v3").unwrap_or_else(|e| panic!("{e}"));
    let start = seconds();
    let (found, measure) = exhaust_with(version, &case, &options, |_, (): &()| Answer::Shortest);
    matches!(found, Exhaust::Exhausted { .. }).then(|| (measure, seconds() - start))
}

/// Seconds that this thread has been running, where Linux tells; else by the clock. A busy machine does not
/// count in the first.
fn seconds() -> f64 {
    static START: OnceLock<Instant> = OnceLock::new();
    let start = *START.get_or_init(Instant::now);
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = told.and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    nanoseconds.map_or_else(|| start.elapsed().as_secs_f64(), |n| n / 1e9)
}

fn cell(point: &Option<(Measure, f64)>, budget: usize) -> String {
    match point {
        Some((measure, seconds)) => format!("{} | {seconds:.3}", measure.states),
        None => format!("> {budget} | -"),
    }
}

fn main() {
    let mut args = std::env::args().skip(1);
    let budget = args.next().and_then(|n| n.parse().ok()).unwrap_or(4_000_000);
    println!(
        "| actors | pages | accesses | program | states | CPU s | states, symmetry and reduction | CPU s | bytes/state |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    let mut points = Vec::new();
    for actors in 2..=4 {
        for pages in 1..=3 {
            for accesses in 1..=3 {
                let line = program(actors, pages, accesses);
                let plain = Options::plain(budget);
                let all = measured(&line, plain);
                let few = measured(&line, Options { symmetry: true, reduction: true, ..plain });
                let bytes = all
                    .as_ref()
                    .map_or("-".to_owned(), |(m, _)| format!("{:.0}", m.bytes as f64 / m.states as f64));
                let (a, f) = (cell(&all, budget), cell(&few, budget));
                let line = line.replace('|', "\\|");
                println!("| {actors} | {pages} | {accesses} | `{line}` | {a} | {f} | {bytes} |");
                points.push(Point { actors, pages, accesses, all, few });
            }
        }
    }
    if let Some(path) = args.next() {
        std::fs::write(&path, plot(&points)).unwrap_or_else(|e| panic!("{path}: {e}"));
    }
}

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 420.0;
const MARGIN: f64 = 60.0;
const DECADES: f64 = 7.0;

/// States by accesses, on a logarithmic scale: a line for each number of actors and pages.
fn plot(points: &[Point]) -> String {
    let x = |accesses: usize| MARGIN + (accesses as f64 - 1.0) / 2.0 * (WIDTH - 3.2 * MARGIN);
    let y = |states: f64| HEIGHT - MARGIN - states.log10() / DECADES * (HEIGHT - 2.0 * MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n<text x=\"{MARGIN}\" y=\"24\">States by accesses per CPU \
         (v3; solid: all, dashed: with symmetry and reduction)</text>\n"
    );
    for decade in 0..=DECADES as i32 {
        let at = y(10f64.powi(decade));
        let _ = writeln!(
            svg,
            "<path d=\"M{MARGIN} {at:.1}H{:.1}\" stroke=\"#ddd\"/><text x=\"12\" y=\"{:.1}\">10^{decade}</text>",
            WIDTH - 2.2 * MARGIN,
            at + 4.0
        );
    }
    for accesses in 1..=3 {
        let _ =
            writeln!(svg, "<text x=\"{:.1}\" y=\"{:.1}\">{accesses}</text>", x(accesses), HEIGHT - MARGIN + 20.0);
    }
    let colours = ["#1b6ca8", "#c0392b", "#27803b"];
    for actors in 2..=4 {
        for pages in 1..=3 {
            let colour = colours[pages - 1];
            let of_line = || points.iter().filter(move |p| (p.actors, p.pages) == (actors, pages));
            for (dash, few) in [("", false), (" stroke-dasharray=\"5 4\"", true)] {
                let line: Vec<_> = of_line()
                    .filter_map(|p| {
                        let (measure, _) = if few { p.few.as_ref() } else { p.all.as_ref() }?;
                        Some(format!("{:.1},{:.1}", x(p.accesses), y(measure.states as f64)))
                    })
                    .collect();
                let _ = writeln!(
                    svg,
                    "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{}\"{dash}/>",
                    line.join(" "),
                    actors as f64 / 2.0
                );
            }
            if let Some((p, (measure, _))) = of_line().rev().find_map(|p| Some((p, p.all.as_ref()?))) {
                let _ = writeln!(
                    svg,
                    "<text x=\"{:.1}\" y=\"{:.1}\" fill=\"{colour}\">{actors} actors, {pages} page{}</text>",
                    x(p.accesses) + 6.0,
                    y(measure.states as f64) + 4.0,
                    if pages == 1 { "" } else { "s" }
                );
            }
        }
    }
    svg.push_str("</svg>\n");
    svg
}
