//! Two executions of one case side by side, plain ASCII, at most 100 columns: the version that loses on the
//! left.
//!
//! Between the columns stands a blank where both take the same step with the same effect, `|` where the steps
//! or what they do differ, `<` and `>` where only one of them has a step, as in `sdiff`.

use super::story::{Mark, marks};
use super::timeline::{Detail, WIDTH, actor_name, cell, effects, telling, timeline, wrap};
use super::witness::{Pair, Side, Witness};
use corpus::Case;
use oracle::Row;
use std::fmt::Write as _;

/// So many steps before the first difference are shown.
const CONTEXT: usize = 4;
/// Step number, blank.
const STEP: usize = 5;
const COLUMN: usize = (WIDTH - 3) / 2;

/// The timeline of the losing version, and both executions side by side if there is a version beside.
#[must_use]
pub fn finding_text(witness: &Witness) -> String {
    let text = timeline(witness.losing.version, &witness.case, &witness.losing.trace, Detail::Telling);
    match side_by_side(witness) {
        Some(beside) => format!("{text}\n{beside}"),
        None => text,
    }
}

/// Both executions from shortly before their first difference to the step that shows the loss; nothing if the
/// witness has no version beside.
#[must_use]
pub fn side_by_side(witness: &Witness) -> Option<String> {
    let beside = witness.beside.as_ref()?;
    let alignment = witness.alignment()?;
    let mut out = String::new();
    let (left, right) = (&witness.losing, beside);
    let said = match right.trace.finding {
        None => "no judge says anything".to_owned(),
        Some(f) => format!("{}: {f}", f.judge().name()),
    };
    for line in wrap(
        &format!("beside {} [{}], on the same case: {said}", right.version.name, right.version.provenance.source),
        " ",
        WIDTH,
    ) {
        let _ = writeln!(out, "{line}");
    }
    for line in right.trace.stopped.iter().flat_map(|s| wrap(&s.to_string(), " ", WIDTH)) {
        let _ = writeln!(out, "{line}");
    }
    let Some(first) = alignment.first_difference else {
        out.push_str("the two executions do not differ\n");
        return Some(out);
    };
    out.push('\n');
    let head = |side: &Side| format!("step {}", side.version.name);
    let _ = writeln!(out, "{:<COLUMN$}   {}", head(left), head(right));
    let actors = witness.case.programs.actors as usize;
    let tells = |pair: &Pair| {
        let of = |side: &Side, at: Option<usize>| at.is_some_and(|at| telling(&side.rows()[at], actors));
        of(left, pair.left) || of(right, pair.right)
    };
    let (before, after) = alignment.pairs.split_at(first);
    let before: Vec<_> = before.iter().filter(|pair| tells(pair)).collect();
    let skipped = before.len().saturating_sub(CONTEXT);
    if skipped > 0 {
        let _ = writeln!(out, "     ... {skipped} alike");
    }
    for pair in &before[skipped..] {
        write(&mut out, witness, right, pair);
    }
    let _ = writeln!(out, "     <== FIRST DIFFERENCE");
    for pair in together(after).iter().filter(|pair| tells(pair) || !marked(witness, pair).is_empty()) {
        write(&mut out, witness, right, pair);
    }
    Some(out)
}

/// Where both sides have steps of their own, these stand beside each other.
pub(super) fn together(pairs: &[Pair]) -> Vec<Pair> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < pairs.len() {
        let run = pairs[at..].iter().take_while(|pair| pair.left.is_none() || pair.right.is_none()).count();
        if run == 0 {
            out.push(pairs[at]);
            at += 1;
            continue;
        }
        let own = &pairs[at..at + run];
        let (left, right): (Vec<_>, Vec<_>) =
            (own.iter().filter_map(|p| p.left).collect(), own.iter().filter_map(|p| p.right).collect());
        for n in 0..left.len().max(right.len()) {
            out.push(Pair { left: left.get(n).copied(), right: right.get(n).copied(), alike: false });
        }
        at += run;
    }
    out
}

fn marked(witness: &Witness, pair: &Pair) -> Vec<Mark> {
    let side = &witness.losing;
    pair.left.map_or_else(Vec::new, |at| marks(&witness.case, &side.trace, &side.rows()[at]))
}

fn write(out: &mut String, witness: &Witness, right: &Side, pair: &Pair) {
    let of =
        |side: &Side, at: Option<usize>| at.map_or_else(Vec::new, |at| lines(&witness.case, &side.rows()[at]));
    let (left_lines, right_lines) = (of(&witness.losing, pair.left), of(right, pair.right));
    let sign = match (pair.left, pair.right) {
        _ if pair.alike => ' ',
        (Some(_), None) => '<',
        (None, Some(_)) => '>',
        _ => '|',
    };
    for n in 0..left_lines.len().max(right_lines.len()) {
        let text = |lines: &[String]| lines.get(n).cloned().unwrap_or_default();
        let sign = if n == 0 { sign } else { ' ' };
        let line = format!("{:<COLUMN$} {sign} {}", text(&left_lines), text(&right_lines));
        let _ = writeln!(out, "{}", line.trim_end());
    }
    for mark in marked(witness, pair) {
        let _ = writeln!(out, "{:STEP$}{mark}", "");
    }
}

/// A step in one column: who and what, and under it what it changes.
fn lines(case: &Case, row: &Row) -> Vec<String> {
    let actors = case.programs.actors as usize;
    let who = row.event.transition.actor().or(row.event.transition.cpu()).map(|a| actor_name(case, a) + " ");
    let step = format!("{}{}", who.unwrap_or_default(), cell(row, actors));
    let mut out = Vec::new();
    for (n, line) in wrap(&step, " ", COLUMN - STEP - 2).into_iter().enumerate() {
        out.push(if n == 0 { format!("{:>4} {line}", row.step) } else { format!("{:STEP$}  {line}", "") });
    }
    let indent = STEP + 4;
    for line in wrap(&effects(row, actors).join(", "), ", ", COLUMN - indent) {
        out.push(format!("{:indent$}{line}", ""));
    }
    out
}
