//! The report on mutants as text and JSON.

use super::{FORMAT, Table, found_on, off, standing, word};
use explore::answers::cell::Verdict;
use explore::answers::mutants::{MutantReport, MutantsReport};
use impls::{Scenario, Survivor, survivors};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Why a mutant survives, if the table of survivors says so.
#[must_use]
pub fn reason(report: &MutantsReport, mutant: &MutantReport) -> Option<&'static str> {
    let of = |s: &&Survivor| s.version == report.version.name && s.mutant == mutant.key;
    survivors().iter().filter(|_| report.version.has_expectations()).find(of).map(|s| s.reason.as_str())
}

/// Rows of the table of survivors about mutants of these versions that do not survive, or do not exist.
#[must_use]
pub fn stale_reasons(reports: &[MutantsReport]) -> Vec<&'static Survivor> {
    let stale = |s: &&Survivor| {
        let of = |r: &&MutantsReport| r.version.has_expectations() && r.version.name == s.version;
        let Some(report) = reports.iter().find(of) else { return false };
        !report.mutants.iter().any(|m| m.key == s.mutant && m.caught.is_none())
    };
    survivors().iter().filter(stale).collect()
}

/// The report as plain text: how many were caught by whom, then the survivors.
#[must_use]
pub fn mutants_text(reports: &[MutantsReport]) -> String {
    let mut table = Table::new(["version", "kernel", "caught", "by"]);
    for report in reports {
        let mut by = BTreeMap::<&str, usize>::new();
        for catch in report.mutants.iter().filter_map(|m| m.caught.as_ref()) {
            *by.entry(catch.by.name()).or_default() += 1;
        }
        let by: Vec<_> = by.into_iter().map(|(name, n)| format!("{name} {n}")).collect();
        let caught = format!("{}/{}", report.caught(), report.mutants.len());
        table.row([report.version.name.to_owned(), report.kernel.name().to_owned(), caught, by.join(", ")]);
    }
    let mut out = format!("{table}\n");
    for report in reports {
        for mutant in report.mutants.iter().filter(|m| m.caught.is_none()) {
            let open = if mutant.exhausted { "" } else { " (programs not exhausted)" };
            let why = match (reason(report, mutant), report.version.has_expectations()) {
                (Some(reason), _) => reason,
                (None, true) => "NO REASON GIVEN",
                (None, false) => "no program that was tried needs this, or no judge sees it",
            };
            let _ = writeln!(out, "survives: {}: {}{open}: {why}", report.version.name, mutant.name);
        }
    }
    for report in reports.iter().filter(|r| !r.version.has_expectations()) {
        let within = "what its mutants are judged on: recorded sequences, generated ones, and the programs of the scenarios";
        let _ = writeln!(out, "{}", found_on(report.version, &report.shows, within));
    }
    for row in stale_reasons(reports) {
        let _ = writeln!(out, "NO SURVIVOR: {}: {}: {}", row.version, row.mutant, row.reason);
    }
    out
}

fn shown((verdict, scenario): &(Verdict, Option<Scenario>)) -> Value {
    json!({ "verdict": word(*verdict), "scenario": scenario.map(Scenario::name) })
}

/// The report as JSON, the caught ones included.
#[must_use]
pub fn mutants_json(reports: &[MutantsReport]) -> Value {
    let versions: Vec<_> = reports
        .iter()
        .map(|report| {
            let mutants: Vec<_> = report
                .mutants
                .iter()
                .map(|m| {
                    json!({
                        "name": m.name,
                        "caught_by": m.caught.as_ref().map(|c| c.by.name()),
                        "finding": m.caught.as_ref().and_then(|c| c.finding).map(|f| f.to_string()),
                        "case": m.caught.as_ref().map(|c| c.case.to_string()),
                        "exhausted": m.exhausted,
                        "reason": reason(report, m),
                    })
                })
                .collect();
            json!({
                "impl": report.version.name,
                "standing": standing(report.version),
                "no_assume": off(report.version),
                "shows": report.shows.iter().map(shown).collect::<Vec<_>>(),
                "kernel": report.kernel.name(),
                "caught": report.caught(),
                "of": report.mutants.len(),
                "mutants": mutants,
            })
        })
        .collect();
    json!({ "format": FORMAT, "versions": versions })
}
