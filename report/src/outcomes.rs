//! Final memories by version, as text and as JSON.

use super::{FORMAT, Table, off, standing};
use corpus::Case;
use explore::answers::outcomes::{Ending, Outcomes, stored_words};
use impls::Version;
use num_bigint::BigUint;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const LEGEND: &str = "\
Shares are of all complete interleavings, each counted once. *: forbidden, after the share of interleavings that is given if not
after all of them. -: out of reach.";

/// What a version makes of a case; `None` if there are too many states.
pub type Column = (&'static Version, Option<Outcomes>);

/// A row for each final memory, a column for each version.
#[must_use]
pub fn outcomes_text(case: &Case, columns: &[Column]) -> String {
    let words = stored_words(case);
    let owners: Vec<_> = words.iter().map(|w| format!("cpu{w}")).collect();
    let head = format!("final memory (words of {})", owners.join(" "));
    let mut table = Table::new([head].into_iter().chain(columns.iter().map(|(v, _)| v.name.to_owned())));
    for ending in endings(columns) {
        let cell = |(_, outcomes): &Column| outcomes.as_ref().map_or("?".to_owned(), |o| cell(o, &ending));
        table.row([words_of(&ending, &words)].into_iter().chain(columns.iter().map(cell)));
    }
    let mut figure = |name: &str, of: &dyn Fn(&Outcomes) -> String| {
        let cell = |(_, o): &Column| o.as_ref().map_or("NOT EXHAUSTED".to_owned(), of);
        table.row([name.to_owned()].into_iter().chain(columns.iter().map(cell)));
    };
    figure("states", &|o| o.states.to_string());
    figure("interleavings", &|o| short(&o.interleavings));
    format!("{case}\n{table}\n{LEGEND}\n")
}

/// The same for programs. Numbers of interleavings are strings: they are longer than JSON readers take.
#[must_use]
pub fn outcomes_json(case: &Case, columns: &[Column]) -> Value {
    let words = stored_words(case);
    let versions: Vec<_> = columns
        .iter()
        .map(|(version, outcomes)| {
            let (standing, off) = (standing(version), off(version));
            let Some(outcomes) = outcomes else {
                return json!({ "impl": version.name, "standing": standing, "no_assume": off, "exhausted": false });
            };
            let rows: Vec<_> = outcomes
                .rows
                .iter()
                .map(|(ending, row)| {
                    json!({
                        "ending": words_of(ending, &words),
                        "machines": row.machines,
                        "interleavings": row.interleavings.to_string(),
                        "forbidden": row.forbidden.to_string(),
                    })
                })
                .collect();
            json!({
                "impl": version.name,
                "standing": standing,
                "no_assume": off,
                "exhausted": true,
                "states": outcomes.states,
                "interleavings": outcomes.interleavings.to_string(),
                "outcomes": rows,
            })
        })
        .collect();
    json!({ "format": FORMAT, "case": case.to_string(), "words": words, "versions": versions })
}

fn endings(columns: &[Column]) -> BTreeSet<Ending> {
    columns.iter().filter_map(|(_, o)| o.as_ref()).flat_map(|o| o.rows.keys().copied()).collect()
}

fn words_of(ending: &Ending, words: &[usize]) -> String {
    match ending {
        Ending::Memory(memory) => memory.text(words),
        Ending::Deadlock => "deadlock".to_owned(),
        Ending::Undrained => "the drain does not end".to_owned(),
    }
}

fn cell(outcomes: &Outcomes, ending: &Ending) -> String {
    let Some(row) = outcomes.rows.get(ending) else { return "-".to_owned() };
    let share = |n: &BigUint| percent(n, &outcomes.interleavings);
    let all = share(&row.interleavings);
    if row.forbidden == BigUint::ZERO {
        all
    } else if row.forbidden == row.interleavings {
        format!("{all} *")
    } else {
        format!("{all} (* {})", share(&row.forbidden))
    }
}

/// A share in percent, cut after the second digit.
#[must_use]
pub fn percent(part: &BigUint, all: &BigUint) -> String {
    if *all == BigUint::ZERO {
        return "-".to_owned();
    }
    let hundredths = part * 10_000u32 / all;
    let hundredths = u64::try_from(hundredths).unwrap_or(u64::MAX);
    if hundredths == 0 && *part != BigUint::ZERO {
        return "<0.01%".to_owned();
    }
    format!("{}.{:02}%", hundredths / 100, hundredths % 100)
}

/// A number of interleavings as people read it.
#[must_use]
pub fn short(number: &BigUint) -> String {
    let digits = number.to_string();
    if digits.len() <= 9 {
        return digits;
    }
    format!("{}.{}e{}", &digits[..1], &digits[1..3], digits.len() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_exact_to_the_last_digit_shown() {
        let n = |n: u64| BigUint::from(n);
        assert_eq!(percent(&n(1), &n(3)), "33.33%");
        assert_eq!(percent(&n(3), &n(3)), "100.00%");
        assert_eq!(percent(&n(1), &n(1_000_000)), "<0.01%");
        assert_eq!(percent(&n(0), &n(7)), "0.00%");
        assert_eq!(percent(&(n(1) << 300), &(n(1) << 302)), "25.00%");
    }

    #[test]
    fn long_numbers_are_shortened() {
        assert_eq!(short(&BigUint::from(123_456_789u32)), "123456789");
        assert_eq!(short(&BigUint::from(12_345_678_901u64)), "1.23e10");
    }
}
