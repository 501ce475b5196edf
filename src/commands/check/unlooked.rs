//! What of a change is not looked at: lines that no path of the model runs, and conditions that what is taken
//! as known has decided.

use lift::{Decided, Lifted, Note, Source};
use similar::ChangeTag;
use std::collections::BTreeSet;

/// A line of one side of a change, from 1.
pub struct Line {
    at: usize,
    pub text: String,
    after: bool,
    /// The same text is on the other side: it has moved.
    pub moved: bool,
}

/// What of a change to a function is not looked at, a sentence each.
pub fn of(before: &Lifted, after: &Lifted, old: &Source, new: &Source) -> Vec<String> {
    let lines = changed(&old.text, &new.text);
    let mut out: BTreeSet<String> = lines.iter().filter_map(|line| unrun(before, after, line)).collect();
    let same = asked(before) == asked(after);
    for line in lines.iter().filter(|line| !same || line.moved) {
        let (lifted, source) = if line.after { (after, new) } else { (before, old) };
        let on_it: Vec<_> = lifted
            .decided
            .iter()
            .filter(|d| (source.line(d.place.0)..=source.line(d.place.1)).contains(&line.at))
            .collect();
        // Of a condition and its parts, the whole.
        let inside = |d: &Decided| {
            on_it.iter().any(|o| o.place != d.place && o.place.0 <= d.place.0 && d.place.1 <= o.place.1)
        };
        out.extend(on_it.iter().filter(|d| !inside(d)).map(|d| {
            let holds = if d.holds { "always" } else { "never" };
            let what = format!("`{}` {holds} holds here, as {}", text_of(source, d.place), d.why);
            said(after, line, &what)
        }));
    }
    out.into_iter().collect()
}

fn said(lifted: &Lifted, line: &Line, what: &str) -> String {
    said_of(lifted, line.at, line.after, what)
}

/// The sentence about a line of one side of a change.
pub fn said_of(lifted: &Lifted, line: usize, after: bool, what: &str) -> String {
    let when = if after { "after" } else { "before" };
    format!("{}: line {line} {when} the change: not looked at: {what}", lifted.name)
}

pub fn text_of(source: &Source, (start, end): (usize, usize)) -> String {
    let text = source.text[start..end].split_whitespace().collect::<Vec<_>>().join(" ");
    // The parentheses of an `if` are no part of its condition.
    let bare = text.strip_prefix('(').and_then(|t| t.strip_suffix(')'));
    bare.filter(|t| !t.contains(')') || t.find('(') < t.find(')')).map_or(text.clone(), str::to_owned)
}

/// What is decided by what is known, in its order, and what happens inside: whether a change touches it.
/// Names of variables are not in it.
fn asked(lifted: &Lifted) -> Vec<(&str, bool, &BTreeSet<String>)> {
    lifted.decided.iter().map(|d| (d.asked.as_str(), d.holds, &d.inside)).collect()
}

/// A line that no path comes to.
fn unrun(before: &Lifted, after: &Lifted, line: &Line) -> Option<String> {
    let covers = |note: &Note| {
        let end = note.what.rsplit_once(" to line ").and_then(|(_, n)| n.parse().ok()).unwrap_or(note.line);
        (note.line..=end).contains(&line.at)
    };
    let lifted = if line.after { after } else { before };
    // A line of a comment has a blank behind its asterisk, and a store through a pointer has none.
    let comment = ["* ", "*/", "/*", "//"].iter().any(|start| line.text.starts_with(start));
    let is_code = line.text.chars().any(|c| c.is_ascii_alphanumeric()) && !comment;
    (is_code && lifted.not_modelled.iter().any(covers))
        .then(|| said(after, line, &format!("no path of the model comes here: {}", line.text)))
}

/// The lines that differ, white space apart.
pub fn changed(old: &str, new: &str) -> Vec<Line> {
    let bare = |text: &str| -> Vec<String> { text.lines().map(|line| line.trim().to_owned()).collect() };
    let (was, is) = (bare(old), bare(new));
    let slices = [&was, &is].map(|all| all.iter().map(String::as_str).collect::<Vec<_>>());
    let diff = similar::TextDiff::from_slices(&slices[0], &slices[1]);
    let mut out = Vec::new();
    for change in diff.iter_all_changes() {
        let (at, after) = match (change.tag(), change.old_index(), change.new_index()) {
            (ChangeTag::Delete, Some(at), _) => (at + 1, false),
            (ChangeTag::Insert, _, Some(at)) => (at + 1, true),
            _ => continue,
        };
        out.push(Line { at, text: change.value().to_owned(), after, moved: false });
    }
    let texts =
        |after: bool| out.iter().filter(|l| l.after == after).map(|l| l.text.clone()).collect::<BTreeSet<_>>();
    let (gone, come) = (texts(false), texts(true));
    out.iter_mut().for_each(|line| line.moved = gone.contains(&line.text) && come.contains(&line.text));
    out
}
