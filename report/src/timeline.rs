//! The text timeline: one column per actor, state changes beside them, plain ASCII, at most 100 columns.

use super::ascii::ascii;
use super::changes::{bytes, changes};
use super::command::replay_of;
use super::story::{Mark, marks};
use corpus::Case;
use impls::Version;
use model::{Action, ActorKind, Happened, Pte};
use oracle::{Cycle, Row, Trace};
use std::fmt::Write as _;

/// Which steps a timeline shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Those that change what others can observe, and the locks where several actors race.
    Telling,
    /// All.
    Full,
}

/// No line is longer.
pub(super) const WIDTH: usize = 100;
const STEP: usize = 6;
/// Where the drain begins.
pub(super) const DRAIN: &str = "programs over; TLBs flushed, then every page is reclaimed and read back";

/// Writes the timeline of an execution up to its finding, or to its end if there is none.
#[must_use]
pub fn timeline(version: &Version, case: &Case, trace: &Trace, detail: Detail) -> String {
    let mut out = String::new();
    let head = format!("{}: {}  [{}]", version.name, version.title, version.provenance.source);
    let _ = writeln!(out, "{}", ascii(&head));
    let _ = writeln!(out, "case: {case}");
    if let Some(stopped) = &trace.stopped {
        for line in wrap(&stopped.to_string(), " ", WIDTH) {
            let _ = writeln!(out, "{line}");
        }
    }
    match trace.finding {
        Some(f) => {
            for line in wrap(&format!("{}{}: {f}", f.judge().name(), version.under()), " ", WIDTH) {
                let _ = writeln!(out, "{line}");
            }
        }
        None => out.push_str("no judge says anything\n"),
    }
    out.push('\n');
    out.push_str(&grid(case, trace, detail));
    if trace.finding.is_some() {
        let _ = write!(out, "\nreplay: {}\n", replay_of(version, case, trace));
    }
    out
}

/// The steps of a timeline, under a line that names the actors.
pub(super) fn grid(case: &Case, trace: &Trace, detail: Detail) -> String {
    let actors = case.programs.actors as usize;
    let column = match actors {
        1 => 42,
        2 => 32,
        3 => 30,
        _ => 23,
    };
    let mut out = String::new();
    let mut head = format!("{:>4}  ", "step");
    for a in 0..actors {
        let _ = write!(head, "{:<column$}", actor_name(case, a));
    }
    let _ = writeln!(out, "{}", head.trim_end());
    let shown = trace.length();
    let mut drained = false;
    for row in trace.rows.iter().take_while(|r| r.step <= shown) {
        if !drained && row.step > trace.summary.program_steps {
            drained = true;
            let _ = writeln!(out, "      -- {DRAIN} --");
        }
        let marks = marks(case, trace, row);
        if detail == Detail::Telling && marks.is_empty() && !telling(row, actors) {
            continue;
        }
        write_row(&mut out, row, actors, column, &marks);
    }
    if let Some(cycle) = trace.cycle {
        let _ = writeln!(out, "      -- {} --", for_ever(cycle));
    }
    out
}

/// What is said where the rounds of what never ends are left out.
pub(super) fn for_ever(cycle: Cycle) -> String {
    format!("steps {} to {} again and again; {} more steps left out", cycle.since, cycle.end(), cycle.left_out)
}

/// The name of an actor.
pub(super) fn actor_name(case: &Case, actor: usize) -> String {
    match case.programs.kinds[actor] {
        ActorKind::Cpu => format!("cpu{actor}"),
        ActorKind::Kswapd => "kswapd".to_owned(),
        ActorKind::Dma => "dma".to_owned(),
    }
}

/// Whether a step is worth a line when not all are shown.
pub(super) fn telling(row: &Row, actors: usize) -> bool {
    let racing = actors > 1 && (row.before.ptl != row.after.ptl);
    let flush =
        |a: Action| a.is_flush() || matches!(a, Action::FlushWait | Action::FlushAgain | Action::BatchFlush);
    let question = row.action == Some(Action::GatherOwesFlush);
    let counted = !question && (row.action.is_some_and(flush) || !row.event.ok);
    !matches!(row.event.happened, Happened::Nothing)
        || racing
        || sampled(row)
        || counted
        || row.event.transition.actor().is_none()
        || !changes(&row.before, &row.after, actors).is_empty()
}

/// The operation under comparison reads the entry: where a race begins.
pub(super) fn sampled(row: &Row) -> bool {
    row.action == Some(Action::ReadPte) && row.subject_step.is_some()
}

/// The word that the actor of a row has read.
pub(super) fn word(row: &Row) -> Option<Pte> {
    row.event.transition.actor().map(|actor| row.after.actors[actor].pte)
}

/// What a step changes, and what it reads if that decides a race.
pub(super) fn effects(row: &Row, actors: usize) -> Vec<String> {
    let mut notes = changes(&row.before, &row.after, actors);
    if let Some(pte) = word(row).filter(|_| sampled(row)) {
        notes.push(format!("reads {pte}"));
    }
    // A flush drops many entries at once; one line is enough.
    notes.dedup();
    notes
}

fn write_row(out: &mut String, row: &Row, actors: usize, column: usize, marks: &[Mark]) {
    let who = row.event.transition.actor().or(row.event.transition.cpu());
    let cell_at = STEP + who.unwrap_or(0) * column;
    // All but the first line of a cell stand two columns further in.
    let mut cell = wrap(&cell(row, actors), " ", WIDTH - cell_at - 2).into_iter();
    let mut line = format!("{:>4}", row.step);
    line = format!("{line:<cell_at$}{}", cell.next().unwrap_or_default());
    // The last columns are narrower than the longest words of a listing.
    for more in cell {
        let _ = writeln!(out, "{}", line.trim_end());
        line = format!("{:cell_at$}  {more}", "");
    }
    let state_at = STEP + actors * column;
    let beside = WIDTH.saturating_sub(state_at) >= 26;
    let indent = if beside { state_at } else { STEP + 4 };
    let mut wrapped = wrap(&effects(row, actors).join(", "), ", ", WIDTH - indent);
    if beside && line.len() < state_at && !wrapped.is_empty() {
        let first = wrapped.remove(0);
        line = format!("{line:<state_at$}{first}");
    }
    let _ = writeln!(out, "{}", line.trim_end());
    for note in wrapped {
        let _ = writeln!(out, "{:indent$}{note}", "");
    }
    for mark in marks {
        let _ = writeln!(out, "{:STEP$}{mark}", "");
    }
}

/// The step in words.
pub(super) fn cell(row: &Row, actors: usize) -> String {
    let event = &row.event;
    if let Some(_cpu) = event.transition.cpu() {
        return "(interrupt: drop tlb)".to_owned();
    }
    if event.transition.actor().is_none() {
        return "(swap device: writeback)".to_owned();
    }
    let op = event.op.map_or(String::new(), |op| format!("{op} "));
    match event.happened {
        Happened::Load { frame, data, .. } => {
            format!("{op}load {} -> {}", model::frame_name(frame), bytes(&data, actors))
        }
        Happened::Store { frame, value, .. } => format!("{op}store {value} to {}", model::frame_name(frame)),
        Happened::Nothing => {
            let outcome = match (event.ok, row.action == Some(Action::Translate)) {
                (true, _) => "",
                (false, true) => ": fault",
                (false, false) => ": no",
            };
            format!("{op}{}{outcome}", row.text())
        }
    }
}

/// Breaks a text after separators into lines of at most `width`.
pub(super) fn wrap(text: &str, separator: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_inclusive(separator) {
        match lines.last_mut() {
            Some(line) if line.chars().count() + word.trim_end().chars().count() <= width => line.push_str(word),
            _ => lines.push(word.to_owned()),
        }
    }
    lines.iter().map(|l| l.trim_end().to_owned()).filter(|l| !l.is_empty()).collect()
}
