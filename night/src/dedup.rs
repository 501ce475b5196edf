//! The name of a finding: version, judge, and the timeline of the shrunk case.
//!
//! Pages and actors get numbers in the order in which the timeline names them, so that the same story on
//! another page, or told by other CPUs, is the same finding. Steps that only the actor itself can see (a lock
//! taken, a register read) are left out: their number and place differ between schedules that show the same.

use corpus::Case;
use impls::Version;
use model::{Actor, Happened, Machine};
use oracle::{Judge, Row, trace};
use std::fmt::Write as _;

/// Digits of a name.
const DIGITS: usize = 16;

/// The name of what a judge says of a case, and at which step it says so; `None` if it says nothing.
#[must_use]
pub fn timeline_key(version: &Version, case: &Case, judge: Judge) -> Option<(String, u32)> {
    let trace = trace(version, case);
    let finding = trace.judges.of(judge)?;
    let mut names = Names::default();
    let mut text = format!("{}\n{}\n", version.name, judge.name());
    for row in trace.rows.iter().take_while(|r| r.step <= finding.step()) {
        if shows(row) || row.step == finding.step() {
            let _ = writeln!(text, "{}", names.line(row));
        }
    }
    Some((super::hash(&text, DIGITS), finding.step()))
}

/// The name of something that has no timeline.
pub(super) fn plain_key(parts: &[&str]) -> String {
    super::hash(&parts.join("\n"), DIGITS)
}

/// Whether a step changes what others can see, or is an access.
fn shows(row: &Row) -> bool {
    let seen = |machine: &Machine| {
        let mut machine = *machine;
        machine.actors = [Actor::default(); model::ACTORS];
        machine.ptl = Default::default();
        machine
    };
    !matches!(row.event.happened, Happened::Nothing) || seen(&row.before) != seen(&row.after)
}

/// Actors and pages by the order in which they come up.
#[derive(Default)]
struct Names {
    actors: Vec<usize>,
    pages: Vec<usize>,
}

fn place(known: &mut Vec<usize>, one: usize) -> usize {
    known.iter().position(|k| *k == one).unwrap_or_else(|| {
        known.push(one);
        known.len() - 1
    })
}

impl Names {
    fn line(&mut self, row: &Row) -> String {
        let who = match (row.event.transition.actor(), row.event.transition.cpu()) {
            (Some(actor), _) => format!("a{}", place(&mut self.actors, actor)),
            (_, Some(cpu)) => format!("irq{}", place(&mut self.actors, cpu)),
            _ => "device".to_owned(),
        };
        let op = row.event.op.map_or(String::new(), |op| {
            let page = if op.kind.one_page() {
                place(&mut self.pages, op.arg as usize).to_string()
            } else {
                String::new()
            };
            format!("{:?}{page}", op.kind)
        });
        let on = match row.event.happened {
            Happened::Load { mm, page, .. } => format!("load {mm} {}", place(&mut self.pages, page as usize)),
            Happened::Store { mm, page, .. } => format!("store {mm} {}", place(&mut self.pages, page as usize)),
            Happened::Nothing => String::new(),
        };
        format!("{who} {op} {} {} {on}", row.text(), row.event.ok)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(line: &str) -> String {
        let version = impls::find("pre-fix").expect("registered");
        timeline_key(version, &line.parse().expect("a case"), Judge::LastWrite).expect("a loss").0
    }

    #[test]
    fn the_same_story_on_another_page_has_the_same_name() {
        assert_eq!(key("kernel=6.0 W0 P0 R0 W0 D0 P0 R0"), key("kernel=6.0 W1 P1 R1 W1 D1 P1 R1"));
    }

    #[test]
    fn another_story_has_another_name() {
        assert_ne!(key("kernel=6.0 W0 P0 R0 W0 D0 P0 R0"), key("kernel=6.0 W0 F0 W0 I0 D0 U0 P0 R0"));
    }

    #[test]
    fn what_is_not_flagged_has_none() {
        let version = impls::find("v3").expect("registered");
        let case = "kernel=6.0 W0 P0 R0 W0 D0 P0 R0".parse().expect("a case");
        assert_eq!(timeline_key(version, &case, Judge::LastWrite), None);
    }
}
