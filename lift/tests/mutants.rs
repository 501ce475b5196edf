//! Every statement left out, every two neighbours swapped, every condition taken as true and as false, every
//! number another one: the listing changes, the C is refused, or nothing changes for a reason that is known.

mod common;

use common::{ALL, lifted, plain, text};
use lift::{Around, Effect, Lifted, Marked, Source, Table};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// One mistake.
struct Mutant {
    name: String,
    text: String,
    touched: Vec<Range<usize>>,
    swapped: bool,
    /// A condition or a number in place of another, not a statement.
    detail: bool,
}

fn mutants(file: &str, text: &str) -> Vec<Mutant> {
    let source = Source::new(file, text, &Table::default());
    let line = |at: usize| impls::text::line(text, at);
    let mut out = Vec::new();
    for block in source.blocks() {
        for place in &block {
            let statement = &text[place.clone()];
            // A declaration loses its value, not its name.
            let with = match declared(statement) {
                Some(None) => continue,
                Some(Some(bare)) => bare,
                None => ";".to_owned(),
            };
            out.push(Mutant {
                name: format!("{file}:{}: drop {statement}", line(place.start)),
                text: [&text[..place.start], &with, &text[place.end..]].concat(),
                touched: vec![place.clone()],
                swapped: false,
                detail: false,
            });
        }
        for pair in block.windows(2) {
            let [one, other] = [&text[pair[0].clone()], &text[pair[1].clone()]];
            let between = &text[pair[0].end..pair[1].start];
            out.push(Mutant {
                name: format!("{file}:{}: swap {one} | {other}", line(pair[0].start)),
                text: [&text[..pair[0].start], other, between, one, &text[pair[1].end..]].concat(),
                touched: pair.to_vec(),
                swapped: true,
                detail: false,
            });
        }
    }
    let (conditions, numbers) = source.details();
    let other = |place: &Range<usize>, with: String| Mutant {
        name: format!("{file}:{}: {} becomes {with}", line(place.start), &text[place.clone()]),
        text: [&text[..place.start], &with, &text[place.end..]].concat(),
        touched: vec![place.clone()],
        swapped: false,
        detail: true,
    };
    out.extend(conditions.iter().flat_map(|place| ["true", "false"].map(|with| other(place, with.to_owned()))));
    out.extend(numbers.iter().map(|place| other(place, format!("{}7", &text[place.clone()]))));
    out
}

/// If a statement is a declaration: without its values, if it has any.
fn declared(statement: &str) -> Option<Option<String>> {
    const TYPES: [&str; 13] = [
        "struct ",
        "unsigned ",
        "int ",
        "bool ",
        "pte_t ",
        "swp_entry_t ",
        "softleaf_t ",
        "spinlock_t ",
        "const ",
        "enum ",
        "DEFINE_FOLIO_VMA_WALK",
        "cydp_t ",
        "long ",
    ];
    if !TYPES.iter().any(|t| statement.starts_with(t)) {
        return None;
    }
    if !statement.contains('=') {
        return Some(None);
    }
    // One value after the other: all of them, names stay.
    let mut out = String::new();
    let mut depth = 0;
    let mut value = false;
    for c in statement.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if c == '=' && depth == 0 {
            value = true;
        }
        if depth == 0 && (c == ',' || c == ';') {
            value = false;
        }
        if !value {
            out.push(c);
        }
    }
    Some(Some(out))
}

const MARKED: &str = "what has no line in a listing is another, as `check` says";

/// What the listing has no line for: what it is, and where it stands.
fn marks(lifted: &Lifted) -> Vec<(Marked, &str, &BTreeSet<Around>)> {
    let mut all: Vec<_> = lifted.marks.iter().map(|mark| (mark.what, mark.text.as_str(), &mark.around)).collect();
    all.sort();
    all
}

/// Why nothing changes; `None` if that is not known.
fn reason(base: &Lifted, mutant: &Mutant) -> Option<&'static str> {
    if mutant.detail {
        return detail(base, &mutant.touched[0]);
    }
    let of = |place: &Range<usize>| {
        let mut all = Effect::default();
        for ((start, end), effect) in &base.effects {
            if place.start <= *start && *end <= place.end {
                all.seen |= effect.seen;
                all.does |= effect.does;
                all.asks |= effect.asks;
                all.sets |= effect.sets;
                all.read |= effect.read;
            }
        }
        all
    };
    let effects: Vec<_> = mutant.touched.iter().map(of).collect();
    let idle = |e: &Effect| !e.seen || !e.does && !e.sets;
    if effects.iter().any(|e| !e.seen) {
        return Some("no path comes there");
    }
    if mutant.swapped {
        if effects.iter().any(idle) {
            return Some("one of them does nothing in the model");
        }
        // Both mutants lift to the same: they do not depend on each other, or the lift would not be the same;
        // steps would change their order.
        if effects.iter().filter(|e| e.does).count() < 2 {
            return Some("they do not depend on each other");
        }
        return None;
    }
    match effects[0] {
        e if idle(&e) && e.asks => Some("asks what makes no difference"),
        e if idle(&e) => Some("does nothing in the model"),
        e if !e.does && !e.read => Some("sets what no step needs"),
        _ => None,
    }
}

/// Why a condition or a number makes no difference.
fn detail(base: &Lifted, place: &Range<usize>) -> Option<&'static str> {
    // `check` says so of a change.
    if base.decided.iter().any(|d| d.place.0 <= place.start && place.end <= d.place.1) {
        return Some("what is taken as known decides it");
    }
    let around = base.effects.iter().filter(|((start, end), _)| *start <= place.start && place.end <= *end);
    match around.min_by_key(|((start, end), _)| end - start).map(|(_, effect)| effect) {
        Some(e) if !e.seen => Some("no path comes there"),
        Some(e) if !e.does && !e.sets => Some("does nothing in the model"),
        Some(e) if !e.does && !e.read => Some("sets what no step needs"),
        None => Some("no path comes there"),
        _ => None,
    }
}

#[test]
fn no_change_vanishes() {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut unexplained = Vec::new();
    let mut all = 0;
    for (file, function, release, _) in ALL {
        let base = lifted(&text(file), function, release).unwrap_or_else(|e| panic!("{file}\n{e}"));
        for mutant in mutants(file, &text(file)) {
            all += 1;
            let class = match lifted(&mutant.text, function, release) {
                Err(_) => "refused",
                Ok(other) if plain(&other.body) != plain(&base.body) => "changed",
                Ok(other) if marks(&other) != marks(&base) => MARKED,
                Ok(_) => match reason(&base, &mutant).or_else(|| known(&mutant.name)) {
                    Some(why) => why,
                    None => {
                        unexplained.push(mutant.name.split_whitespace().collect::<Vec<_>>().join(" "));
                        "unexplained"
                    }
                },
            };
            *counts.entry(class).or_default() += 1;
        }
    }
    println!("{all} mutants: {counts:?}");
    count_other_sources();
    assert!(unexplained.is_empty(), "{} unexplained:\n{}", unexplained.len(), unexplained.join("\n"));
    assert!(all > 400, "{all}");
    assert!(counts["changed"] > 100 && counts["refused"] > 100, "{counts:?}");
}

/// The same on sources that are not ours, and only counted: `LIFT_MUTANTS=FILE:FUNCTION:RELEASE`, with blanks
/// between.
fn count_other_sources() {
    let all = std::env::var("LIFT_MUTANTS").unwrap_or_default();
    for one in all.split_whitespace() {
        let [file, function, release] = one.split(':').collect::<Vec<_>>()[..] else { panic!("{one}") };
        let bytes = std::fs::read(file).unwrap_or_else(|e| panic!("{file}: {e}"));
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let base = lifted(&text, function, release).unwrap_or_else(|e| panic!("{file}\n{e}"));
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        let short = file.rsplit('/').next().unwrap_or(file);
        let near = |m: &Mutant| {
            // Of the functions that some path comes to, what is dead included.
            m.touched
                .iter()
                .any(|place| base.functions.iter().any(|(start, end)| *start <= place.start && place.end <= *end))
        };
        for mutant in mutants(short, &text).iter().filter(|m| near(m)) {
            let class = match lifted(&mutant.text, function, release) {
                Err(_) => "refused",
                Ok(other) if plain(&other.body) != plain(&base.body) => "changed",
                Ok(other) if marks(&other) != marks(&base) => MARKED,
                Ok(_) => reason(&base, mutant).unwrap_or_else(|| {
                    println!("  ? {}", mutant.name.split_whitespace().collect::<Vec<_>>().join(" "));
                    "unexplained"
                }),
            };
            *counts.entry(class).or_default() += 1;
        }
        println!("{one}: {} mutants: {counts:?}", counts.values().sum::<usize>());
    }
}

/// Those that were looked at: the same meaning in C.
fn known(name: &str) -> Option<&'static str> {
    const KNOWN: &[(&str, &str)] = &[
        // An entry is not both.
        ("protect-6.c:17: swap", "the same meaning"),
        // A hole is no device entry and has no page: what follows jumps to the same place.
        ("collect-6.c:26: drop goto done;", "the same meaning"),
        ("collect-6.c:32: drop goto done;", "the same meaning"),
        ("collect-7.c:58: drop goto done;", "the same meaning"),
        ("collect-7.c:64: drop goto done;", "the same meaning"),
        ("collect-5.18.c:21: swap", "the same meaning"),
        // MIGRATE_PFN_WRITE alone selects nothing.
        ("collect-5.18.c:46: drop word = 0;", "the same meaning"),
        ("collect-5.18.c:52: drop word = 0;", "the same meaning"),
        // An empty entry is no swap entry.
        ("free-7.c:2", "the same meaning"),
        // The entries that have no page, or one of a device, have been passed over before.
        ("collect-6.c:35: !found becomes false", "the same meaning"),
        ("collect-7.c:67: !found becomes false", "the same meaning"),
        ("free-7.c:36: folio_is_zone_device(whole) becomes false", "the same meaning"),
        // What is asked next holds in a writable VMA alone.
        ("protect-6.c:22: (flags & MM_CP_TRY_CHANGE_WRITABLE) becomes true", "the same meaning"),
        // No path comes to the other way, as the table says of file pages.
        ("remove-6.c:17: folio_test_swapcache(whole) becomes true", "the same meaning"),
    ];
    KNOWN.iter().find(|(part, _)| name.contains(part)).map(|(_, why)| *why)
}
