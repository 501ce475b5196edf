//! The text form: one line is a case.
//!
//! ```text
//! case     = { option } program [ "|" "schedule:" ( { run } | segment { "," segment } ) ]
//! option   = key "=" value            kernel= first if given; see below
//! program  = { op }                   one CPU
//!          | actor { "|" actor }      up to four
//! actor    = ( "cpu" N | "kswapd" | "dma" ) ":" { op }
//! op       = letters [ argument ]     W0, DD0, Q1, K+; see model::OpKind
//! run      = who [ "*" times ]        who: an actor's number; i and a CPU's number for its shoot-down
//!                                     interrupt; w for the swap device
//! segment  = run | N ( "to" place | "past" place | "op" [ "*" times ] | "end" )
//! place    = [ function "/" ] step [ "#" nth ]
//! ```
//!
//! A schedule that has a segment is by place ([`Schedule::by_place`]).
//!
//! Options: `kernel=` a release ([`model::Profile`]), `hw=` a CPU ([`model::Hardware`]),
//! `swap=nullblk|disk|ramdisk`, `shared=0,2` (pages that start shared), `large=1,2` (pages that start as one
//! large folio), `device-frames=0..3`, and the knobs that a release sets ([`crate::KNOBS`]). A `#` starts a
//! comment, but for that of a place.

use crate::knobs::{KNOBS, SWAPS, knob};
use crate::place::{MAX_SEGMENT_OPS, MAX_TIMES};
use crate::{Case, MAX_RUNS, Place, Run, Schedule, Segment, Until};
use model::{
    ACTORS, ActorKind, Config, DEVICE_FRAMES, Hardware, MAX_OPS, Op, OpKind, PAGES, Profile, Programs, Transition,
};

/// Why a line is not a case: the place, what was found, and what was expected there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {what}")]
pub struct TextError {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong and what was expected.
    pub what: String,
}

impl TextError {
    pub(crate) fn new(line: usize, column: usize, what: impl Into<String>) -> TextError {
        TextError { line, column, what: what.into() }
    }
}

/// A word and the column it starts in.
struct Word<'a> {
    text: &'a str,
    column: usize,
}

/// A line without its comment. In a schedule, a `#` between a letter and a digit belongs to a place.
pub(crate) fn code(line: &str) -> &str {
    let schedule = line.find("schedule:").unwrap_or(line.len());
    let starts = |at: usize| {
        let letter = line[..at].ends_with(|c: char| c.is_ascii_alphabetic());
        at < schedule || !(letter && line[at + 1..].starts_with(|c: char| c.is_ascii_digit()))
    };
    let comment = line.match_indices('#').map(|(at, _)| at).find(|at| starts(*at));
    &line[..comment.unwrap_or(line.len())]
}

fn words(code: &str) -> Vec<Word<'_>> {
    let mut out = Vec::new();
    let mut start = None;
    let mut column = 0;
    let mut start_column = 0;
    for (i, c) in code.char_indices() {
        column += 1;
        let separator = c.is_whitespace() || c == '|';
        if separator {
            if let Some(s) = start.take() {
                out.push(Word { text: &code[s..i], column: start_column });
            }
            if c == '|' {
                out.push(Word { text: "|", column });
            }
        } else if start.is_none() {
            start = Some(i);
            start_column = column;
        }
    }
    if let Some(s) = start {
        out.push(Word { text: &code[s..], column: start_column });
    }
    out
}

/// Parses a line, numbered `line` in error messages.
///
/// # Errors
/// With line, column and what was expected.
pub fn parse(source: &str, line: usize) -> Result<Case, TextError> {
    let words = words(code(source));
    let mut config = Config::of(Profile::default());
    let mut rest = &words[..];
    let mut first = true;
    while let Some((word, more)) = rest.split_first() {
        let Some((key, value)) = word.text.split_once('=') else { break };
        if key == "kernel" && !first {
            return Err(TextError::new(
                line,
                word.column,
                "kernel= must be the first option, since it sets the knobs",
            ));
        }
        first = false;
        set_option(&mut config, key, value, line, word.column)?;
        rest = more;
    }
    let end = source.chars().count() + 1;
    let mut programs = Programs::default();
    let mut schedule = Schedule::default();
    let mut actors = 0;
    let mut in_schedule = false;
    let mut entries: Vec<Word> = Vec::new();
    let mut current: Option<usize> = None;
    let mut expect_actor = false;
    for word in rest {
        let at = word.column;
        if word.text == "|" {
            if in_schedule {
                return Err(TextError::new(line, at, "the schedule comes last, found '|' after it"));
            }
            if current.is_none() {
                return Err(TextError::new(line, at, "expected an operation or an actor before '|'"));
            }
            expect_actor = true;
            continue;
        }
        if let Some(name) = word.text.strip_suffix(':') {
            if current.is_some() && !expect_actor {
                return Err(TextError::new(line, at, format!("expected '|' before '{name}:'")));
            }
            expect_actor = false;
            if name == "schedule" {
                in_schedule = true;
                continue;
            }
            if actors == ACTORS {
                return Err(TextError::new(
                    line,
                    at,
                    format!("at most {ACTORS} actors, found one more, '{name}'"),
                ));
            }
            let kind = if name == "kswapd" {
                ActorKind::Kswapd
            } else if name == "dma" {
                ActorKind::Dma
            } else if name.strip_prefix("cpu").and_then(|n| n.parse().ok()) == Some(actors) {
                ActorKind::Cpu
            } else {
                return Err(TextError::new(
                    line,
                    at,
                    format!("expected 'cpu{actors}:', 'kswapd:', 'dma:' or 'schedule:', found '{name}:'"),
                ));
            };
            programs.kinds[actors] = kind;
            current = Some(actors);
            actors += 1;
            programs.actors = actors as u8;
            continue;
        }
        if expect_actor {
            return Err(TextError::new(
                line,
                at,
                format!(
                    "expected 'cpu{actors}:', 'kswapd:', 'dma:' or 'schedule:' after '|', found '{}'",
                    word.text
                ),
            ));
        }
        if in_schedule {
            entries.push(Word { ..*word });
            continue;
        }
        if current.is_none() {
            current = Some(0);
            actors = 1;
        }
        let parsed = op(word.text, line, at)?;
        add(&mut programs, current.unwrap_or(0), parsed, line, at)?;
    }
    if expect_actor {
        return Err(TextError::new(
            line,
            end,
            "expected an actor or 'schedule:' after '|', found the end of the line",
        ));
    }
    check_kinds(&programs, line, rest.first().map_or(end, |w| w.column))?;
    if is_by_place(&entries) {
        let end = code(source).trim_end().chars().count() + 1;
        schedule = by_place(&entries, &programs, line, end)?;
    } else {
        for word in &entries {
            run(word.text, &programs, &mut schedule, line, word.column)?;
        }
    }
    Ok(Case { config, programs, schedule })
}

pub(crate) fn check_kinds(programs: &Programs, line: usize, column: usize) -> Result<(), TextError> {
    let n = programs.actors as usize;
    let kinds = &programs.kinds[..n];
    let in_order = kinds.windows(2).all(|k| k[0] < k[1] || (k[0] == k[1] && k[0] == ActorKind::Cpu));
    if in_order && kinds.first().is_none_or(|k| *k == ActorKind::Cpu) {
        return Ok(());
    }
    let what = "kswapd and dma come last, in that order and one of each, after at least one CPU";
    Err(TextError::new(line, column, what))
}

pub(crate) fn add(
    programs: &mut Programs,
    actor: usize,
    op: Op,
    line: usize,
    column: usize,
) -> Result<(), TextError> {
    let kind = programs.kinds[actor];
    if !op.kind.allowed_for(kind) {
        let what = if kind == ActorKind::Dma { "dma only does B" } else { "kswapd only does P and G" };
        return Err(TextError::new(line, column, format!("{what}, found '{op}'")));
    }
    if programs.push(actor, op) {
        Ok(())
    } else {
        Err(TextError::new(line, column, format!("at most {MAX_OPS} operations in a program, found one more")))
    }
}

/// Parses one operation, as the ground-truth files write it too.
///
/// # Errors
/// With what was expected; line and column are the caller's.
pub fn op(word: &str, line: usize, column: usize) -> Result<Op, TextError> {
    let digits = word.find(|c: char| c.is_ascii_digit()).unwrap_or(word.len());
    let (letters, argument) = word.split_at(digits);
    let Some(kind) = OpKind::ALL.into_iter().find(|k| k.letters() == letters) else {
        let known: Vec<_> = OpKind::ALL.iter().map(|k| k.letters()).collect();
        return Err(TextError::new(
            line,
            column,
            format!("expected an operation ({}), found '{word}'", known.join(" ")),
        ));
    };
    if !kind.takes_number() {
        return if argument.is_empty() {
            Ok(Op::new(kind, 0))
        } else {
            Err(TextError::new(
                line,
                column + digits,
                format!("expected nothing after '{letters}', found '{argument}'"),
            ))
        };
    }
    let max = kind.max_arg();
    match argument.parse::<u8>() {
        Ok(n) if n <= max => Ok(Op::new(kind, if kind.one_page() || kind == OpKind::SwapMax { n } else { 0 })),
        _ => Err(TextError::new(
            line,
            column + digits,
            format!("expected a number from 0 to {max} after '{letters}', found '{argument}'"),
        )),
    }
}

/// A count behind a `*`.
fn times(text: &str, most: u16, line: usize, column: usize) -> Result<u16, TextError> {
    match text.parse::<usize>() {
        Ok(n) if n > 0 && n <= usize::from(most) => Ok(n as u16),
        Ok(n) if n > 0 => {
            Err(TextError::new(line, column, format!("expected a number up to {most} after '*', found '{text}'")))
        }
        _ => Err(TextError::new(line, column, format!("expected a positive number after '*', found '{text}'"))),
    }
}

/// A transition.
fn who(word: &str, programs: &Programs, line: usize, column: usize) -> Result<Transition, TextError> {
    let n = programs.actors as usize;
    let below = |s: &str| s.parse::<usize>().ok().filter(|a| *a < n);
    let transition = if word == "w" {
        Some(Transition::WRITEBACK)
    } else if let Some(cpu) = word.strip_prefix('i') {
        below(cpu).map(Transition::interrupt)
    } else {
        below(word).map(Transition::run)
    };
    transition.ok_or_else(|| {
        let what = format!("expected an actor's number below {n}, 'i' and a CPU's number, or 'w', found '{word}'");
        TextError::new(line, column, what)
    })
}

/// A transition, and how often.
fn counted(word: &str, programs: &Programs, line: usize, column: usize) -> Result<(Transition, u16), TextError> {
    let (name, n) = match word.split_once('*') {
        None => (word, 1),
        Some((name, n)) => (name, times(n, MAX_TIMES, line, column + name.chars().count() + 1)?),
    };
    Ok((who(name, programs, line, column)?, n))
}

fn run(
    word: &str,
    programs: &Programs,
    schedule: &mut Schedule,
    line: usize,
    column: usize,
) -> Result<(), TextError> {
    let (who, n) = counted(word, programs, line, column)?;
    if schedule.push(who, n.into()) { Ok(()) } else { Err(too_long(line, column)) }
}

fn too_long(line: usize, column: usize) -> TextError {
    TextError::new(line, column, format!("the schedule is too long: at most {MAX_RUNS} runs"))
}

/// Whether the words of a schedule are segments.
fn is_by_place(words: &[Word]) -> bool {
    let is = |w: &Word| w.text.contains(',') || is_until(w.text) || w.text.contains('#');
    words.iter().any(is)
}

fn is_until(word: &str) -> bool {
    matches!(word, "to" | "past" | "end") || word.split('*').next() == Some("op")
}

/// The entries of a schedule as JSON has them; each is placed in itself.
///
/// # Errors
/// With the entry that is wrong.
pub(crate) fn entries<'a>(all: &'a [String], programs: &Programs) -> Result<Schedule, (&'a str, TextError)> {
    let mut schedule = Schedule::default();
    if !all.iter().any(|entry| is_by_place(&words(entry))) {
        for entry in all {
            run(entry, programs, &mut schedule, 1, 1).map_err(|e| (entry.as_str(), e))?;
        }
        return Ok(schedule);
    }
    let mut segments = Vec::new();
    for entry in all {
        let end = entry.chars().count() + 1;
        segments.push(segment(&words(entry), programs, 1, end).map_err(|e| (entry.as_str(), e))?);
    }
    let last = all.last().map_or("", String::as_str);
    Schedule::by_place(segments).ok_or_else(|| (last, too_long(1, 1)))
}

/// Segments between commas.
fn by_place(words: &[Word], programs: &Programs, line: usize, end: usize) -> Result<Schedule, TextError> {
    let mut segments = Vec::new();
    let mut open: Vec<Word> = Vec::new();
    let mut last = 1;
    for word in words {
        let mut column = word.column;
        for (n, part) in word.text.split(',').enumerate() {
            if n > 0 {
                segments.push(segment(&std::mem::take(&mut open), programs, line, column - 1)?);
            }
            if !part.is_empty() {
                open.push(Word { text: part, column });
            }
            last = column;
            column += part.chars().count() + 1;
        }
    }
    segments.push(segment(&open, programs, line, end)?);
    Schedule::by_place(segments).ok_or_else(|| too_long(line, last))
}

/// One segment. `end` is the column behind it.
fn segment(words: &[Word], programs: &Programs, line: usize, end: usize) -> Result<Segment, TextError> {
    let fail = |column: usize, what: String| Err(TextError::new(line, column, what));
    let Some((first, rest)) = words.split_first() else {
        let what = "expected an entry such as '0 to ClearPte', '1 op', '0 end' or '0*3', found none";
        return fail(end, what.to_owned());
    };
    let Some((how, rest)) = rest.split_first() else {
        let (who, n) = counted(first.text, programs, line, first.column)?;
        return Ok(Segment { who, until: Until::Times(n) });
    };
    if !is_until(how.text) {
        let what = format!(
            "expected 'to', 'past', 'op' or 'end' after '{}', or ',' before the next entry, found '{}'",
            first.text, how.text
        );
        return fail(how.column, what);
    }
    let who = who(first.text, programs, line, first.column)?;
    if who.actor().is_none() {
        let what = format!("expected an actor's number before '{}', found '{who}'", how.text);
        return fail(first.column, what);
    }
    let (until, rest) = match how.text {
        "to" | "past" => {
            let Some((place, rest)) = rest.split_first() else {
                let what = "expected a step, such as ClearPte or try_to_unmap_one/ClearPte";
                return fail(end, format!("{what}, after '{}', found the end of the entry", how.text));
            };
            let place = self::place(place, line)?;
            (if how.text == "to" { Until::To(place) } else { Until::Past(place) }, rest)
        }
        "end" => (Until::End, rest),
        op => match op.split_once('*') {
            None => (Until::Ops(1), rest),
            Some((_, n)) => (Until::Ops(times(n, MAX_SEGMENT_OPS, line, how.column + 3)?), rest),
        },
    };
    match rest.first() {
        None => Ok(Segment { who, until }),
        Some(more) => fail(more.column, format!("expected ',' before the next entry, found '{}'", more.text)),
    }
}

/// A step of a function.
fn place(word: &Word, line: usize) -> Result<Place, TextError> {
    let width = |text: &str| text.chars().count();
    let (step, nth) = match word.text.split_once('#') {
        None => (word.text, 1),
        Some((step, nth)) => match nth.parse::<u16>() {
            Ok(n) if n > 0 => (step, n),
            _ => {
                let what = format!("expected a number from 1 to {} after '#', found '{nth}'", u16::MAX);
                return Err(TextError::new(line, word.column + width(step) + 1, what));
            }
        },
    };
    let (function, name, column) = match step.rsplit_once('/') {
        None => (None, step, word.column),
        Some(("", _)) => {
            return Err(TextError::new(line, word.column, "expected a function before '/', found none"));
        }
        Some((function, name)) => (Some(function.into()), name, word.column + width(function) + 1),
    };
    let action = crate::place::step(name).map_err(|what| TextError::new(line, column, what))?;
    Ok(Place { function, action, nth })
}

fn one_of<T: Copy>(
    table: &[(&str, T)],
    key: &str,
    value: &str,
    line: usize,
    column: usize,
) -> Result<T, TextError> {
    table.iter().find(|(name, _)| *name == value).map(|(_, v)| *v).ok_or_else(|| {
        let names: Vec<_> = table.iter().map(|(n, _)| *n).collect();
        TextError::new(
            line,
            column + key.chars().count() + 1,
            format!("expected {key}={}, found '{value}'", names.join("|")),
        )
    })
}

/// Pages with commas, as a bit each.
fn pages(key: &str, value: &str, line: usize, column: usize) -> Result<u8, TextError> {
    let mut set = 0;
    for page in value.split(',') {
        match page.parse::<usize>() {
            Ok(p) if p < PAGES => set |= 1 << p,
            _ => {
                let last = PAGES - 1;
                return Err(TextError::new(
                    line,
                    column,
                    format!("expected {key}= and pages from 0 to {last} with commas, found '{value}'"),
                ));
            }
        }
    }
    Ok(set)
}

/// Sets one option, `key=value` of the text form.
///
/// # Errors
/// With what was expected; line and column are the caller's.
pub fn set_option(
    config: &mut Config,
    key: &str,
    value: &str,
    line: usize,
    column: usize,
) -> Result<(), TextError> {
    let value_column = column + key.chars().count() + 1;
    if let Some(knob) = knob(key) {
        let table: Vec<_> = knob.values.iter().enumerate().map(|(n, name)| (*name, n)).collect();
        knob.set(&mut config.knobs, one_of(&table, key, value, line, column)?);
        return Ok(());
    }
    match key {
        "kernel" => {
            let table = Profile::ALL.map(|p| (p.name(), p));
            let profile = one_of(&table, key, value, line, column)?;
            config.profile = profile;
            config.knobs = profile.knobs();
        }
        "hw" => config.hardware = one_of(&Hardware::ALL.map(|h| (h.name(), h)), key, value, line, column)?,
        "swap" => config.swap = one_of(&SWAPS, key, value, line, column)?,
        "shared" => config.shared = pages(key, value, line, value_column)?,
        "large" => config.large = pages(key, value, line, value_column)?,
        "device-frames" => match value.parse::<u8>() {
            Ok(n) if n as usize <= DEVICE_FRAMES => config.device_frames = n,
            _ => {
                return Err(TextError::new(
                    line,
                    value_column,
                    format!("expected device-frames= and a number from 0 to {DEVICE_FRAMES}, found '{value}'"),
                ));
            }
        },
        _ => {
            return Err(TextError::new(
                line,
                column,
                format!(
                    "unknown option '{key}'; known are kernel, hw, swap, shared, large, device-frames, {}",
                    KNOBS.iter().map(|k| k.name).collect::<Vec<_>>().join(", ")
                ),
            ));
        }
    }
    Ok(())
}

fn name_of<T: PartialEq + Copy>(table: &[(&'static str, T)], value: T) -> String {
    table.iter().find(|(_, v)| *v == value).map_or("?", |(n, _)| *n).to_owned()
}

/// The options that print a configuration: the kernel, and whatever differs from what it or the default
/// gives.
pub(crate) fn options(config: &Config) -> Vec<(&'static str, String)> {
    let base = Config::of(config.profile);
    let mut out = vec![("kernel", config.profile.name().to_owned())];
    let mut add = |differs: bool, key: &'static str, value: String| {
        if differs {
            out.push((key, value));
        }
    };
    add(config.hardware != base.hardware, "hw", config.hardware.name().to_owned());
    add(config.swap != base.swap, "swap", name_of(&SWAPS, config.swap));
    for knob in &KNOBS {
        let value = knob.get(&config.knobs);
        add(value != knob.get(&base.knobs), knob.name, knob.values[value].to_owned());
    }
    let pages = |set: u8| {
        let pages: Vec<_> = (0..PAGES).filter(|p| set & 1 << p != 0).map(|p| p.to_string()).collect();
        pages.join(",")
    };
    add(config.shared != 0, "shared", pages(config.shared));
    add(config.large != 0, "large", pages(config.large));
    add(config.device_frames != base.device_frames, "device-frames", config.device_frames.to_string());
    out
}

/// The entries of a schedule as text and JSON write them: of runs with equal neighbours joined.
pub(crate) fn written(schedule: &Schedule) -> Vec<String> {
    if schedule.is_by_place() {
        return schedule.segments().iter().map(ToString::to_string).collect();
    }
    merged(schedule).map(run_text).collect()
}

fn merged(schedule: &Schedule) -> impl Iterator<Item = (Transition, usize)> {
    let mut out: Vec<(Transition, usize)> = Vec::new();
    for Run { who, times } in schedule.runs() {
        match out.last_mut() {
            Some((last, n)) if last == who => *n += *times as usize,
            _ => out.push((*who, *times as usize)),
        }
    }
    out.into_iter()
}

fn run_text((who, times): (Transition, usize)) -> String {
    if times == 1 { who.to_string() } else { format!("{who}*{times}") }
}

impl std::fmt::Display for Case {
    /// The canonical line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let options: Vec<_> = options(&self.config).into_iter().map(|(k, v)| format!("{k}={v}")).collect();
        f.write_str(&options.join(" "))?;
        let p = &self.programs;
        let n = p.actors as usize;
        for a in 0..n {
            let ops: String = p.of(a).iter().map(|op| format!(" {op}")).collect();
            if n == 1 && self.schedule.is_empty() {
                f.write_str(&ops)?;
            } else {
                let bar = if a == 0 { "" } else { " |" };
                match p.kinds[a] {
                    ActorKind::Cpu => write!(f, "{bar} cpu{a}:{ops}")?,
                    ActorKind::Kswapd => write!(f, "{bar} kswapd:{ops}")?,
                    ActorKind::Dma => write!(f, "{bar} dma:{ops}")?,
                }
            }
        }
        if !self.schedule.is_empty() {
            let between = if self.schedule.is_by_place() { ", " } else { " " };
            write!(f, " | schedule: {}", written(&self.schedule).join(between))?;
        }
        Ok(())
    }
}

impl std::str::FromStr for Case {
    type Err = TextError;

    fn from_str(s: &str) -> Result<Case, TextError> {
        parse(s, 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_canonical_line_reads_back() {
        for line in [
            "kernel=6.0 W0 P0 R0 W0 D0 P0 R0",
            "kernel=6.1.192 swap=ramdisk swap-in=writable-clean shared=0,2 device-frames=1 cpu0: W0 DD0 | cpu1: IP1 Q3 | kswapd: P0 G0 | schedule: 0*3 i1 w 2*130",
            "kernel=6.0",
            "kernel=7.3 hw=w7 flush=double large=1 cpu0: W0 K+ CR0 K- IPW1 | kswapd: P0 | dma: B1",
        ] {
            assert_eq!(parse(line, 1).unwrap().to_string(), line);
        }
    }

    #[test]
    fn errors_name_the_place_and_what_was_expected() {
        for (line, column, what) in [
            ("W0 Y0", 4, "expected an operation"),
            ("W0 K+1", 6, "expected nothing after 'K+'"),
            ("cpu0: W0 | dma: W0", 17, "dma only does B"),
            ("cpu0: W0 | dma: B0 | kswapd: P0", 1, "kswapd and dma come last"),
            ("W0 R7", 5, "expected a number from 0 to 2"),
            ("swap=tape W0", 6, "expected swap=nullblk|disk|ramdisk"),
            ("cpu0: W0 cpu1: R0", 10, "expected '|'"),
            ("cpu0: W0 | cpu2: R0", 12, "expected 'cpu1:'"),
            ("cpu0: W0 | kswapd: W0", 20, "kswapd only does P and G"),
            ("cpu0: W0 | schedule: 1", 22, "expected an actor's number below 1"),
            ("cpu0: W0 | schedule: 0*x", 24, "expected a positive number"),
            ("W0 |", 5, "found the end of the line"),
            ("colour=red W0", 1, "unknown option 'colour'"),
        ] {
            let e = parse(line, 7).unwrap_err();
            assert_eq!((e.line, e.column), (7, column), "{line}: {e}");
            assert!(e.what.contains(what), "{line}: {e}");
        }
    }
}
