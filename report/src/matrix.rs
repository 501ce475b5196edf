//! The table of versions as text, Markdown and JSON.

use super::own::{FoundOn, found_on, off, standing};
use super::table::{Table, scenarios};
use super::timeline::wrap;
use explore::answers::cell::{Cell, Mark, Verdict};
use explore::answers::matrix::{Matrix, MatrixRow, Square};
use impls::{Scenario, Version};
use model::Profile;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The number of the JSON forms of this folder; it changes when a field changes its meaning or goes away. In
/// 1 the number itself was called `version`.
pub const FORMAT: u32 = 2;

pub(super) const LEGEND: &str = "\
L: a store is lost. V: a load is stale: what it returns was taken away before. dropped: a dirty bit
is lost, no load shows it. broken: a structural rule. ok N: all interleavings of the scenario's
programs, N states. ok? N: too many of them, N drawn, not exhausted. *: of no known scenario.
+: these programs show another scenario's loss too, which has its own column.";

/// What stands for a cell of another part.
const ELSEWHERE: &str = "-: not looked at: the cell is in another part.\n";

/// The tables as plain text, each with the cases behind it.
#[must_use]
pub fn matrix_text(tables: &[Matrix]) -> String {
    let mut out = String::new();
    for table in tables {
        let mut text = Table::new(header(table, scenarios()));
        for line in lines(table) {
            text.row(line);
        }
        let around =
            one_kernel(table).map_or(String::new(), |k| format!(", kernel {} around each version", k.name()));
        let _ = writeln!(out, "hardware {}{around}\n\n{text}\n{LEGEND}", table.hardware);
        if table.squares().any(|(_, square)| square.cell.is_none()) {
            out.push_str(ELSEWHERE);
        }
        let _ = writeln!(out, "\n{}\n", wrap(&reached(table), " ", 100).join("\n"));
        for (title, replay) in cases(table) {
            let _ = writeln!(out, "{title}\n    {replay}");
        }
        let _ = writeln!(out, "{}{}", if cases(table).is_empty() { "" } else { "\n" }, conclusion(table));
        if tables.len() > 1 {
            out.push('\n');
        }
    }
    out
}

/// The tables as Markdown.
#[must_use]
pub fn matrix_markdown(tables: &[Matrix]) -> String {
    let mut out = String::new();
    for table in tables {
        let _ = writeln!(out, "## Hardware {}\n", table.hardware);
        let header = header(table, Scenario::ALL.map(|s| s.name().to_owned()));
        let _ = writeln!(out, "| {} |\n|{}", header.join(" | "), "---|".repeat(header.len()));
        for line in lines(table) {
            let _ = writeln!(out, "| {} |", line.join(" | "));
        }
        let _ = writeln!(out, "\n{}\n", LEGEND.replace('\n', " "));
        let _ = writeln!(out, "{}\n", reached(table));
        for (title, replay) in cases(table) {
            let _ = writeln!(out, "* {title}: `{replay}`");
        }
        let _ = writeln!(out, "\n{}\n", conclusion(table));
    }
    out
}

/// The tables as JSON.
#[must_use]
pub fn matrix_json(tables: &[Matrix]) -> Value {
    let tables: Vec<_> = tables
        .iter()
        .map(|table| {
            let rows: Vec<_> = table
                .rows
                .iter()
                .map(|row| {
                    json!({
                        "impl": row.version.name,
                        "standing": standing(row.version),
                        "no_assume": off(row.version),
                        "kernel": row.kernel.name(),
                        "cells": row.cells.iter().map(square_json).collect::<Vec<_>>(),
                    })
                })
                .collect();
            json!({
                "hardware": table.hardware,
                "as_expected": table.as_expected(),
                "found": table.squares().filter(|(_, square)| square.mark == Mark::Found).count(),
                "rows": rows,
                "reached": goals(table, true),
                "never": goals(table, false),
            })
        })
        .collect();
    json!({ "format": FORMAT, "tables": tables })
}

fn square_json(square: &Square) -> Value {
    let mut out = json!({
        "scenario": square.scenario.name(),
        "expected": square.expected.map(impls::Loss::word),
        "as_expected": match square.mark {
            Mark::AsExpected => Some(true),
            Mark::NotExpected | Mark::NotFound => Some(false),
            Mark::Found | Mark::Nothing => None,
        },
        "verdict": Value::Null,
    });
    let Some(cell) = &square.cell else { return out };
    out["verdict"] = word(cell.verdict).into();
    out["programs"] = cell.programs.into();
    out["states"] = cell.states.into();
    out["transitions"] = cell.transitions.into();
    out["samples"] = cell.samples.into();
    out["exhausted"] = cell.exhausted.into();
    out["others"] = cell.others.iter().map(|s| s.name()).collect::<Vec<_>>().into();
    if let Some(shown) = &cell.shown {
        out["case"] = shown.case.to_string().into();
        out["steps"] = shown.finding.step().into();
        out["finding"] = shown.finding.to_string().into();
        out["named"] = shown.scenario.is_some().into();
    }
    out
}

/// The word for programs.
pub(super) const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Wrong { stale: false } => "lost",
        Verdict::Wrong { stale: true } => "stale",
        Verdict::Broken => "broken",
        Verdict::Dropped => "dropped",
        Verdict::Silent => "ok",
    }
}

/// The kernel around every version, if it is one.
fn one_kernel(table: &Matrix) -> Option<Profile> {
    let first = table.rows.first()?.kernel;
    table.rows.iter().all(|row| row.kernel == first).then_some(first)
}

fn header(table: &Matrix, scenarios: impl IntoIterator<Item = String>) -> Vec<String> {
    let kernel = one_kernel(table).is_none().then_some("kernel");
    ["version"].into_iter().chain(kernel).map(str::to_owned).chain(scenarios).collect()
}

fn lines(table: &Matrix) -> impl Iterator<Item = Vec<String>> {
    table.rows.iter().map(|row| {
        let kernel = one_kernel(table).is_none().then(|| row.kernel.name().to_owned());
        [row.version.name.to_owned()].into_iter().chain(kernel).chain(row.cells.iter().map(square_text)).collect()
    })
}

pub(super) fn square_text(square: &Square) -> String {
    let what = match &square.cell {
        None => "-".to_owned(),
        Some(cell) => match cell.verdict {
            Verdict::Wrong { stale } => {
                let letter = if stale { "V" } else { "L" };
                format!("{letter}{}", if cell.is_unnamed() { "*" } else { "" })
            }
            Verdict::Broken => "broken".to_owned(),
            Verdict::Dropped => format!("dropped {}", behind(cell)),
            Verdict::Silent if !cell.exhausted => format!("ok? {}{}", behind(cell), others(cell)),
            Verdict::Silent => format!("ok {}{}", behind(cell), others(cell)),
        },
    };
    match square.mark {
        Mark::AsExpected | Mark::Found | Mark::Nothing => what,
        Mark::NotExpected => format!("{what} NOT EXPECTED"),
        Mark::NotFound => format!("{what} NOT FOUND"),
    }
}

fn others(cell: &Cell) -> &'static str {
    if cell.others.is_empty() { "" } else { "+" }
}

/// The number behind an answer: of states if there are no more, else of executions that were drawn.
fn behind(cell: &Cell) -> u64 {
    if cell.exhausted { cell.states } else { cell.samples }
}

/// What was found, each case once: which versions show it in how many steps, and how to replay it.
fn cases(table: &Matrix) -> Vec<(String, String)> {
    let mut out: BTreeMap<(Scenario, String), Vec<(&Version, u32)>> = BTreeMap::new();
    for (row, square) in table.squares() {
        if let Some(shown) = square.cell.as_ref().and_then(|c| c.shown.as_ref()) {
            let key = (square.scenario, shown.case.to_string());
            out.entry(key).or_default().push((row.version, shown.finding.step()));
        }
    }
    out.into_iter()
        .map(|((scenario, case), versions)| {
            let names: Vec<_> =
                versions.iter().map(|(version, steps)| format!("{} ({steps} steps)", version.name)).collect();
            let options: String = versions.iter().map(|(version, _)| format!(" {}", version.argument())).collect();
            let title = format!("{}, {}", scenario.name(), names.join(", "));
            (title, format!("lostwrite replay{options} '{case}'"))
        })
        .collect()
}

/// Whether the programs reach what makes them worth running: a table that says nothing of a thing says so.
pub(super) fn reached(table: &Matrix) -> String {
    let words = |reached| match goals(table, reached) {
        goals if goals.is_empty() => "nothing".to_owned(),
        goals => goals.join(", "),
    };
    format!("reached: {}; never: {}", words(true), words(false))
}

fn goals(table: &Matrix, reached: bool) -> Vec<&'static str> {
    table.goals().list(reached).map(oracle::Goal::text).collect()
}

/// Whether the built-in versions do what the table of expected verdicts says, and what was found on others, a
/// sentence each.
pub(super) fn conclusion(table: &Matrix) -> String {
    let (built_in, others): (Vec<_>, Vec<_>) = table.rows.iter().partition(|row| row.version.has_expectations());
    let cells = |rows: &[&MatrixRow], which: &dyn Fn(&Square) -> bool| {
        rows.iter().flat_map(|row| &row.cells).filter(|square| which(square)).count()
    };
    let marked = cells(&built_in, &|s| !s.mark.is_fine());
    let open = cells(&built_in, &|s| s.cell.as_ref().is_some_and(|c| !c.exhausted));
    let not_exhausted = if open == 0 { String::new() } else { format!("; {open} cells not exhausted") };
    let of = if others.is_empty() { "" } else { " of the built-in versions" };
    let expected = match marked {
        0 => format!("every cell{of} as expected{not_exhausted}"),
        n => format!("{n} cells{of} NOT as expected{not_exhausted}"),
    };
    let expected = (!built_in.is_empty()).then_some(expected);
    expected.into_iter().chain(others.into_iter().map(words)).collect::<Vec<_>>().join("\n")
}

/// What was found on a version of which nothing is expected.
fn words(row: &MatrixRow) -> String {
    let cells: Vec<_> = row.cells.iter().filter_map(|s| Some((s.scenario, s.cell.as_ref()?))).collect();
    let mut found = FoundOn::new();
    for (scenario, cell) in &cells {
        if cell.verdict != Verdict::Silent {
            let wrong = matches!(cell.verdict, Verdict::Wrong { .. });
            found.insert((cell.verdict, Some(*scenario).filter(|_| wrong && !cell.is_unnamed())));
        }
        // The kind of another scenario's loss is in that scenario's own cell, if its programs show it.
        for other in &cell.others {
            let known = found.iter().any(|(_, s)| *s == Some(*other))
                || cells.iter().any(|(s, c)| s == other && c.verdict != Verdict::Silent && !c.is_unnamed());
            if !known {
                found.insert((Verdict::Wrong { stale: other.is_stale_load() }, Some(*other)));
            }
        }
    }
    let sum = |of: &dyn Fn(&Cell) -> u64| cells.iter().map(|(_, cell)| of(cell)).sum::<u64>();
    let (programs, states) = (sum(&|c| c.programs as u64), sum(&|c| c.states));
    let drawn = match sum(&|c| c.samples) {
        0 => String::new(),
        n => format!(", and {n} executions drawn of programs with more; NOT exhausted"),
    };
    found_on(row.version, &found, &format!("{programs} programs of the scenarios, {states} states{drawn}"))
}
