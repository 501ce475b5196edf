//! The table of versions as text, Markdown and JSON.

use super::Table;
use explore::{Cell, Mark, Matrix, Square, Verdict};
use impls::{Scenario, Version};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The number of the JSON forms of this folder; it changes when a field changes its meaning or goes away. In 1 the number itself
/// was called `version`.
pub const FORMAT: u32 = 2;

pub(super) const LEGEND: &str = "\
L: a store is lost. V: a load returns what was revoked before. dropped: a dirty bit is lost, no load shows it.
broken: a structural rule. ok N: all interleavings of the scenario's programs, N states. ok? N: too many of them, N drawn,
not exhausted. (S1): these programs show that other scenario's loss. -: the scenario has no program.";

/// The tables as plain text, each with the cases behind it.
#[must_use]
pub fn matrix_text(tables: &[Matrix]) -> String {
    let mut out = String::new();
    for table in tables {
        let mut text = Table::new(header());
        for line in lines(table) {
            text.row(line);
        }
        let _ = writeln!(out, "hardware {}\n\n{text}\n{LEGEND}\n\n{}\n", table.hardware, reached(table));
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
        let header = header();
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
                        "kernel": row.kernel.name(),
                        "cells": row.cells.iter().map(square_json).collect::<Vec<_>>(),
                    })
                })
                .collect();
            json!({
                "hardware": table.hardware,
                "as_expected": table.as_expected(),
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
        "as_expected": square.mark == Mark::AsExpected,
        "verdict": Value::Null,
    });
    let Some(cell) = &square.cell else { return out };
    out["verdict"] = verdict_json(cell).into();
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
    }
    out
}

fn verdict_json(cell: &Cell) -> &'static str {
    match cell.verdict {
        Verdict::Wrong { stale: false } => "lost",
        Verdict::Wrong { stale: true } => "stale",
        Verdict::Broken => "broken",
        Verdict::Dropped => "dropped",
        Verdict::Silent => "ok",
    }
}

fn header() -> Vec<String> {
    ["version", "kernel"].into_iter().chain(Scenario::ALL.map(Scenario::name)).map(str::to_owned).collect()
}

fn lines(table: &Matrix) -> impl Iterator<Item = Vec<String>> {
    table.rows.iter().map(|row| {
        let first = [row.version.name.to_owned(), row.kernel.name().to_owned()];
        first.into_iter().chain(row.cells.iter().map(square_text)).collect()
    })
}

pub(super) fn square_text(square: &Square) -> String {
    let what = match &square.cell {
        None => "-".to_owned(),
        Some(cell) => match cell.verdict {
            Verdict::Wrong { stale: false } => "L".to_owned(),
            Verdict::Wrong { stale: true } => "V".to_owned(),
            Verdict::Broken => "broken".to_owned(),
            Verdict::Dropped => format!("dropped {}", behind(cell)),
            Verdict::Silent if !cell.exhausted => format!("ok? {}{}", behind(cell), others(cell)),
            Verdict::Silent => format!("ok {}{}", behind(cell), others(cell)),
        },
    };
    match square.mark {
        Mark::AsExpected => what,
        Mark::NotExpected => format!("{what} NOT EXPECTED"),
        Mark::NotFound => format!("{what} NOT FOUND"),
    }
}

fn others(cell: &Cell) -> String {
    let names: Vec<_> = cell.others.iter().map(|s| s.name()).collect();
    if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) }
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
            let names: Vec<_> = versions.iter().map(|(v, steps)| format!("{} ({steps} steps)", v.name)).collect();
            let options: String = versions.iter().map(|(v, _)| format!(" {}", v.argument())).collect();
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

pub(super) fn conclusion(table: &Matrix) -> String {
    let marked = table.squares().filter(|(_, square)| square.mark != Mark::AsExpected).count();
    let open = table.squares().filter(|(_, s)| s.cell.as_ref().is_some_and(|c| !c.exhausted)).count();
    let not_exhausted = if open == 0 { String::new() } else { format!("; {open} cells not exhausted") };
    match marked {
        0 => format!("every cell as expected{not_exhausted}"),
        n => format!("{n} cells NOT as expected{not_exhausted}"),
    }
}
