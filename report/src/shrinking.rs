//! What shrinking did, in tables.

use super::Table;
use explore::shrink::{Sample, Size};

/// A count of a case, and how to read it from its size and from the steps up to the finding.
type Count = (&'static str, fn(&Size, u32) -> f64);

const COUNTS: [Count; 6] = [
    ("actors", |s, _| s.actors as f64),
    ("operations", |s, _| s.operations as f64),
    ("pages", |s, _| s.pages as f64),
    ("runs", |s, _| s.runs as f64),
    ("choices", |s, _| s.choices as f64),
    ("steps", |_, steps| f64::from(steps)),
];

/// The counts of a case before and after, each with the steps up to the finding.
#[must_use]
pub fn sizes(before: (&Size, u32), after: (&Size, u32)) -> Table {
    let mut table = Table::new(std::iter::once("").chain(COUNTS.map(|(name, _)| name)));
    for (word, (size, steps)) in [("before", before), ("after", after)] {
        let cells = COUNTS.map(|(_, of)| format!("{}", of(size, steps)));
        table.row(std::iter::once(word.to_owned()).chain(cells));
    }
    table
}

/// Many cases before and after: median, mean and worst of each count, of the executions that it took, and of
/// the time.
#[must_use]
pub fn statistics_text(samples: &[Sample]) -> String {
    let header = ["", "before: median", "mean", "worst", "after: median", "mean", "worst"];
    let mut table = Table::new(header);
    for (name, of) in COUNTS {
        let side = |n: usize| summary(samples.iter().map(|s| of(&s.sizes()[n], s.steps[n])), 1);
        table.row(std::iter::once(name.to_owned()).chain(side(0)).chain(side(1)));
    }
    let mut costs = Table::new(["to shrink a case", "median", "mean", "worst"]);
    let executions = summary(samples.iter().map(|s| s.shrunk.executions as f64), 0);
    costs.row(std::iter::once("executions".to_owned()).chain(executions));
    let time = summary(samples.iter().map(|s| 1000.0 * s.time.as_secs_f64()), 1);
    costs.row(std::iter::once("milliseconds of one core".to_owned()).chain(time));
    let share = |of: fn(&Sample) -> bool| {
        let n = samples.iter().filter(|s| of(s)).count();
        format!("{n} of {} ({:.1}%)", samples.len(), 100.0 * n as f64 / samples.len().max(1) as f64)
    };
    format!(
        "{table}\n{costs}\nresults of which no single deletion shows the same: {}\nevery attempt was made: {}\nmore steps than before: {}\n",
        share(|s| s.minimal),
        share(|s| s.shrunk.complete),
        share(|s| s.steps[1] > s.steps[0])
    )
}

/// Median, mean and worst.
fn summary(values: impl Iterator<Item = f64>, digits: usize) -> [String; 3] {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let (Some(worst), n) = (values.last(), values.len()) else { return ["-"; 3].map(str::to_owned) };
    let median = (values[(n - 1) / 2] + values[n / 2]) / 2.0;
    let mean = values.iter().sum::<f64>() / n as f64;
    [median, mean, *worst].map(|v| format!("{v:.digits$}"))
}
