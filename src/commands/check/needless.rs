//! Whether what a change adds is needed: each new step is left out, and looked for what is lost then.

use explore::answers::check::{CheckOptions, Checked, check};
use impls::{Edit, Version, edits};
use report::lost_by;
use std::time::{Duration, Instant};

/// More new steps than these are not tried one by one.
const MOST: usize = 8;

/// A step that the version has, and what it is compared with has not.
struct New {
    name: &'static str,
    place: Option<(&'static str, usize)>,
    edit: Edit,
}

/// A sentence for each new step of a version: whether something is lost without it, within the bounds of the
/// check that has found nothing.
pub fn sentences(options: &CheckOptions, checked: &Checked, took: Duration) -> Vec<String> {
    let new = new_steps(options.version, options.released);
    let ops = checked.rounds.iter().map(|round| round.ops).max().unwrap_or(options.ops);
    // As long as the check itself, and all together no longer than one may take.
    let time = took.min(options.time / new.len().max(1) as u32).max(Duration::from_millis(100));
    let began = Instant::now();
    let mut out = Vec::new();
    for one in &new {
        if options.stop.load(std::sync::atomic::Ordering::Relaxed) || began.elapsed() > options.time {
            break;
        }
        let without: &'static Version = Box::leak(Box::new(one.edit.of(options.version)));
        let bounds = CheckOptions {
            version: without,
            released: options.version,
            against_base: true,
            environment: options.environment.clone(),
            time,
            ops,
            ..*options
        };
        let found = check(&bounds, &|_| {});
        out.push(sentence(one, &found));
    }
    out
}

fn sentence(new: &New, found: &Checked) -> String {
    let place = new.place.map_or_else(String::new, |(file, line)| format!(" ({file}:{line})"));
    let what = format!("the new {}{place}", new.name);
    match &found.flagged {
        Some(flagged) => format!("{what} is needed: without it {} ({})", lost_by(flagged), flagged.case),
        None => {
            let ops = found.rounds.iter().map(|round| round.ops).max().unwrap_or(0);
            format!(
                "{what} is not needed within {} programs of up to {ops} operations and {} random executions",
                found.programs, found.executions
            )
        }
    }
}

/// The steps that were added, as the two listings are laid side by side.
fn new_steps(after: &Version, before: &Version) -> Vec<New> {
    let mut out = Vec::new();
    let all = edits(after);
    for (n, body) in after.functions().iter().enumerate() {
        let name = body.function.name;
        let Some(old) = before.functions().iter().find(|b| b.function.name == name) else { continue };
        let names = |b: &impls::Body| {
            model::listing::steps(&b.function.body).iter().map(|s| s.name()).collect::<Vec<&'static str>>()
        };
        let (was, is) = (names(old), names(body));
        let count = |all: &[&str], name: &str| all.iter().filter(|n| **n == name).count();
        for change in similar::TextDiff::from_slices(&was, &is).iter_all_changes() {
            let Some(at) = change.new_index().filter(|_| change.tag() == similar::ChangeTag::Insert) else {
                continue;
            };
            // One that has moved is not new.
            if count(&is, is[at]) <= count(&was, is[at]) {
                continue;
            }
            // The step alone: what a condition guards is a step of its own.
            let number = at + 1;
            let dropped = |e: &&Edit| {
                let place = e.key.strip_prefix("drop ").and_then(|key| key.split_once(": "));
                e.function == n
                    && place.is_some_and(|(place, what)| {
                        place.rsplit(' ').next() == Some(&number.to_string()) && what == is[at]
                    })
            };
            if let Some(edit) = all.iter().find(dropped) {
                out.push(New { name: is[at], place: after.place(name, number), edit: edit.clone() });
            }
        }
    }
    out.truncate(MOST);
    out
}
