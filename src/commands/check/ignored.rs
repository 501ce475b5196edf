//! What a change does to calls that have no effect in the model, to where conditions stand that nobody asks,
//! and to what a function returns: two listings can be the same where the C is not.

use super::unlooked::{Line, changed, said_of, text_of};
use lift::{Around, Lifted, Mark, Marked, Source};
use std::collections::{BTreeMap, BTreeSet};

/// Sentences about a change to a function.
#[derive(Default)]
pub struct Said {
    /// What is not looked at, though it does something in the kernel.
    pub unlooked: Vec<String>,
    /// What has no effect.
    pub notes: Vec<String>,
}

/// One side of a change.
struct Side<'a> {
    lifted: &'a Lifted,
    source: &'a Source,
    after: bool,
}

impl Side<'_> {
    fn marks(&self, what: Marked) -> BTreeMap<&str, &Mark> {
        let all = self.lifted.marks.iter().filter(|mark| mark.what == what);
        all.map(|mark| (mark.text.as_str(), mark)).collect()
    }

    /// What helpers are told, by the helper and the argument.
    fn told(&self) -> BTreeMap<&str, BTreeMap<&str, &Mark>> {
        let mut out: BTreeMap<&str, BTreeMap<&str, &Mark>> = BTreeMap::new();
        for (text, mark) in self.marks(Marked::Told) {
            let to = text.split_once(": ").map_or(text, |(to, _)| to);
            out.entry(to).or_default().insert(text, mark);
        }
        out
    }

    /// The sentence about a mark, with its C.
    fn say(&self, mark: &Mark, what: &str) -> String {
        let text: String = text_of(self.source, mark.place).chars().take(70).collect();
        let line = self.source.line(mark.place.0);
        if mark.unseen {
            let why = if mark.why.is_empty() { String::new() } else { format!(": {}", mark.why) };
            return said_of(self.lifted, line, self.after, &format!("`{text}` {what}{why}"));
        }
        let file = self.lifted.file;
        format!("  {file}:{line}: {}() {what}; it has no effect here: {}", mark.name, mark.why)
    }
}

/// What there is to say of a change to a function.
pub fn of(before: &Lifted, after: &Lifted, old: &Source, new: &Source, same: bool) -> Said {
    let was = Side { lifted: before, source: old, after: false };
    let is = Side { lifted: after, source: new, after: true };
    let lines = changed(&old.text, &new.text);
    let mut out = Said::default();
    let mut say = |mark: &Mark, sentence: String| {
        if mark.unseen { &mut out.unlooked } else { &mut out.notes }.push(sentence);
    };
    let (then, now) = (was.marks(Marked::Ignored), is.marks(Marked::Ignored));
    for (text, mark) in &then {
        match now.get(text) {
            None => say(mark, was.say(mark, "was taken out, or no path comes to it any more")),
            Some(other) if mark.around != other.around && (same || near(&lines, mark)) => {
                say(other, is.say(other, "is not where it was, or not as often"));
            }
            Some(_) => {}
        }
    }
    for mark in now.iter().filter(|(text, _)| !then.contains_key(*text)).map(|(_, mark)| mark) {
        say(mark, is.say(mark, "was added, or is another one"));
    }
    let (then, now) = (was.told(), is.told());
    for (to, mark) in now.iter().filter(|(_, marks)| same || marks.values().any(|mark| near(&lines, mark))) {
        // A helper that is new is told something new.
        let Some(other) = then.get(to).filter(|other| !other.keys().eq(mark.keys())) else { continue };
        let new = mark.iter().find(|(text, _)| !other.contains_key(*text)).or_else(|| mark.iter().next());
        if let Some((_, mark)) = new {
            say(mark, is.say(mark, &format!("is what {} is told, and was something else", mark.name)));
        }
    }
    // Of conditions that are gone or new the lines tell.
    let (then, now) = (was.marks(Marked::Decided), is.marks(Marked::Decided));
    for (text, mark) in now.iter().filter(|_| same || lines.iter().any(|line| line.moved)) {
        if then.get(text).is_some_and(|other| other.around != mark.around) {
            say(mark, is.say(mark, "is not where it was, against the steps around it"));
        }
    }
    out.unlooked.extend(returned(&was, &is));
    out
}

/// A changed line has the name.
fn near(lines: &[Line], mark: &Mark) -> bool {
    lines.iter().any(|line| line.text.contains(&mark.name))
}

/// What the caller is told, behind a step that is on both sides.
fn returned(was: &Side<'_>, is: &Side<'_>) -> Option<String> {
    let of = |side: &Side<'_>| {
        let mut out: BTreeMap<Around, BTreeSet<String>> = BTreeMap::new();
        for mark in side.lifted.marks.iter().filter(|mark| mark.what == Marked::Returned) {
            for around in &mark.around {
                out.entry(around.clone()).or_default().insert(mark.text.clone());
            }
        }
        out
    };
    let (then, now) = (of(was), of(is));
    let (key, values) = now.iter().find(|(key, values)| then.get(*key).is_some_and(|other| other != *values))?;
    let list = |all: &BTreeSet<String>| all.iter().cloned().collect::<Vec<_>>().join(" or ");
    let mark = is.lifted.marks.iter().find(|mark| mark.what == Marked::Returned && mark.around.contains(key))?;
    let what = format!("what it returns to its caller: {}; before the change {}", list(values), list(&then[key]));
    Some(said_of(is.lifted, is.source.line(mark.place.0), true, &what))
}
