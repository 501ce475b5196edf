//! What is wrong with a lifted listing, said of the C that it was lifted from.

use crate::lifted::Lifted;
use impls::text::{Problem, Problems};

/// The same problems, each at its line of C; one that has none there stays at its line of the listing.
#[must_use]
pub fn in_c(problems: &Problems, all: &[Lifted]) -> Vec<Problems> {
    problems.all.iter().map(|problem| one(problems, problem, all)).collect()
}

fn one(problems: &Problems, problem: &Problem, all: &[Lifted]) -> Problems {
    let alone = || Problems { all: vec![problem.clone()], ..problems.clone() };
    let line = impls::text::line(&problems.text, problem.start);
    // What is wrong with a function as a whole is said where it is declared.
    let whole = problems.text.lines().nth(line - 1).and_then(|text| text.trim().strip_prefix("function "));
    if let Some(lifted) = whole.and_then(|name| all.iter().find(|l| l.name == name.trim())) {
        let at = Problem { start: lifted.declared.0, end: lifted.declared.1, ..problem.clone() };
        return Problems { file: lifted.source.clone(), text: lifted.text.to_string(), all: vec![at] };
    }
    // What closes a block has no place of its own.
    let before: Vec<&str> = problems.text.lines().take(line).collect();
    let Some((step, place)) = before.iter().rev().find_map(|text| text.split_once("  # ")) else { return alone() };
    let Some((file, number)) = place.trim().rsplit_once(':') else { return alone() };
    let Some(lifted) = all.iter().find(|l| l.source.rsplit('/').next() == Some(file)) else { return alone() };
    let Ok(number) = number.parse::<usize>() else { return alone() };
    let Some(there) = lifted.text.split_inclusive('\n').nth(number.saturating_sub(1)) else { return alone() };
    let start = lifted.text.split_inclusive('\n').take(number - 1).map(str::len).sum::<usize>();
    let start = start + there.len() - there.trim_start().len();
    let step = step.trim().trim_end_matches('{').trim();
    let help = match problem.help.as_str() {
        "" => format!("as a listing it is `{step}`"),
        help => format!("as a listing it is `{step}`; {help}"),
    };
    let at = Problem { start, end: start + there.trim().len(), help, ..problem.clone() };
    Problems { file: lifted.source.clone(), text: lifted.text.to_string(), all: vec![at] }
}
