//! The summary of a night: what a person reads in the morning, at most 100 columns wide.

use super::timeline::wrap;
use super::{Detail, Table, timeline};
use corpus::Case;
use impls::{Scenario, Version};
use night::{CanaryState, Colour, FindingReport, Record, Report};
use oracle::{Judge, trace_of};
use std::fmt::Write as _;
use std::time::Duration;

const WIDTH: usize = 100;
/// Findings that are listed.
const LISTED: usize = 40;
/// Canaries that are listed although they were found: those that came nearest to their budget.
const NEAREST: usize = 5;

/// The summary as plain text.
#[must_use]
pub fn night_text(report: &Report) -> String {
    let mut out = String::new();
    let colour = if report.red { "RED" } else { "GREEN" };
    let _ = writeln!(out, "lostwrite nightly: {colour} ({})", report.status.word());
    let time = humantime::format_duration(Duration::from_secs(report.seconds.round() as u64));
    let _ = writeln!(
        out,
        "seed {}, {time} in {} session{}, {} versions, {} of them believed correct",
        report.seed,
        report.sessions,
        if report.sessions == 1 { "" } else { "s" },
        report.versions.len(),
        report.believed_correct.len()
    );
    out.push('\n');
    for (word, lines) in [("RED", &report.reasons), ("note", &report.notes)] {
        for line in lines {
            paragraph(&mut out, &format!("{word}: {line}"));
        }
    }
    if !(report.reasons.is_empty() && report.notes.is_empty()) {
        out.push('\n');
    }
    lanes(&mut out, report);
    canaries(&mut out, report);
    findings(&mut out, report);
    compared(&mut out, report);
    let never: Vec<_> = report.goals.iter().filter(|g| g.executions == 0).map(|g| g.goal.as_str()).collect();
    if never.is_empty() {
        out.push_str("every goal was reached\n");
    } else {
        paragraph(&mut out, &format!("NEVER reached: {}", never.join(", ")));
    }
    out
}

fn paragraph(out: &mut String, text: &str) {
    for (n, line) in wrap(text, " ", WIDTH - 4).into_iter().enumerate() {
        let _ = writeln!(out, "{}{line}", if n == 0 { "" } else { "    " });
    }
}

fn lanes(out: &mut String, report: &Report) {
    let mut table = Table::new(["lane", "chunks", "executions", "on all versions", ""]);
    let versions = report.versions.len() as u64;
    for lane in &report.lanes {
        let (all, more) = match lane.states {
            0 => (lane.executions.saturating_mul(versions).to_string(), String::new()),
            states => ("-".to_owned(), format!("programs, {} exhausted, {states} states", lane.exhausted)),
        };
        table.row([lane.lane.clone(), lane.chunks.to_string(), lane.executions.to_string(), all, more]);
    }
    let _ = writeln!(out, "{table}\nflags on versions believed correct: {}", report.alarms);
    let executions: u64 = report.lanes.iter().filter(|l| l.states == 0).map(|l| l.executions).sum();
    let programs: u64 = report.lanes.iter().map(|l| l.exhausted).sum();
    for own in &report.own {
        let said = match own.flags {
            0 => format!(
                "{}: nothing found within {executions} executions and {programs} exhausted programs",
                own.version
            ),
            n => format!(
                "{}: {n} flags; nothing was expected of it, and each kind is among the findings",
                own.version
            ),
        };
        paragraph(out, &said);
    }
    out.push('\n');
}

fn canaries(out: &mut String, report: &Report) {
    let count = |state| report.canaries.iter().filter(|c| c.state == state).count();
    let states = [CanaryState::Found, CanaryState::Late, CanaryState::Missed, CanaryState::Undecided];
    let words: Vec<_> = states.into_iter().map(|s| format!("{} {}", count(s), s.word())).collect();
    let _ = writeln!(out, "canaries: {}", words.join(", "));
    let mut shown: Vec<_> = report.canaries.iter().collect();
    // The part of its budget that each has used, the found ones last.
    let used = |at: Option<u64>, budget: u64| at.map_or(u64::MAX, |at| at.saturating_mul(1000) / budget);
    shown.sort_by_key(|c| (c.state == CanaryState::Found, std::cmp::Reverse(used(c.found_at, c.canary.budget))));
    let open = shown.iter().filter(|c| c.state != CanaryState::Found).count();
    let mut table = Table::new(["canary", "lane", "state", "found at", "times", "budget", "spent"]);
    for c in shown.into_iter().take(open + NEAREST) {
        let name = format!("{} {} {}", c.canary.version, c.canary.scenario, c.canary.hardware);
        let at = c.found_at.map_or("-".to_owned(), |at| at.to_string());
        let numbers = [c.times, c.canary.budget, c.executions].map(|n| n.to_string());
        let row = [name, c.canary.lane.name().to_owned(), c.state.word().to_owned(), at];
        table.row(row.into_iter().chain(numbers));
    }
    if !report.canaries.is_empty() {
        let _ =
            writeln!(out, "those that are open, and the {NEAREST} that came nearest to their budget:\n\n{table}");
    }
    if let Some(families) = &report.families {
        let _ = match families.unexpected.len() {
            0 => writeln!(out, "historical bugs: {} programs on versions, each as expected", families.programs),
            n => {
                writeln!(out, "historical bugs: {n} of {} programs on versions NOT as expected", families.programs)
            }
        };
    }
    for not in &report.not_canaries {
        let what = format!("no canary: {} {} on {}: {}", not.version, not.scenario, not.hardware, not.reason);
        paragraph(out, &what);
    }
    out.push('\n');
}

fn findings(out: &mut String, report: &Report) {
    let of = |colour| report.findings.iter().filter(move |f| f.colour == colour);
    let _ = writeln!(
        out,
        "findings: {} red, {} notes, {} known here and {} more in the journal",
        of(Colour::Red).count(),
        of(Colour::Note).count(),
        of(Colour::Known).count(),
        report.more_known
    );
    let mut table =
        Table::new(["", "kind", "version", "judge", "scenario", "hardware", "steps", "times", "", "key"]);
    let worth: Vec<_> = report.findings.iter().filter(|f| f.colour != Colour::Known).collect();
    for finding in worth.iter().take(LISTED) {
        table.row(row(report, finding));
    }
    if !worth.is_empty() {
        let _ = writeln!(out, "\n{table}");
    }
    if worth.len() > LISTED {
        let _ = writeln!(out, "and {} more in report.json", worth.len() - LISTED);
    }
    for finding in worth.iter().filter(|f| f.colour == Colour::Red).take(LISTED) {
        let Record { key, message, .. } = &finding.record;
        paragraph(out, &format!("{key} {message}"));
        let _ = writeln!(out, "    {}", replay(&finding.record));
    }
    out.push('\n');
}

fn row(report: &Report, finding: &FindingReport) -> Vec<String> {
    let FindingReport { record, kind, colour, times, on, replayed } = finding;
    let new = report.compared.as_ref().is_some_and(|c| c.new.contains(&record.key));
    let since = match (replayed, new) {
        (true, _) => "replayed",
        (false, true) => "new",
        (false, false) => "",
    };
    let hardware = if on.len() > 2 { format!("{} and {} more", on[0], on.len() - 1) } else { on.join(" ") };
    vec![
        colour.word().to_owned(),
        kind.word().to_owned(),
        record.version.clone(),
        record.judge.clone().unwrap_or_else(|| "-".to_owned()),
        record.scenario.map_or("-", Scenario::name).to_owned(),
        hardware,
        record.step.to_string(),
        times.to_string(),
        since.to_owned(),
        record.key.clone(),
    ]
}

fn compared(out: &mut String, report: &Report) {
    let Some(compared) = &report.compared else {
        out.push_str("no night before to compare with\n");
        return;
    };
    let (new, gone, still) = (compared.new.len(), compared.gone.len(), compared.still.len());
    paragraph(out, &format!("compared with {}: {new} new, {gone} gone, {still} still there", compared.with));
    for record in &compared.gone {
        let Record { key, version, judge, scenario, message, .. } = record;
        let scenario = scenario.map_or("-", Scenario::name);
        let judge = judge.as_deref().unwrap_or("-");
        paragraph(out, &format!("gone: {key} {version} {judge} {scenario}: {message}"));
    }
    out.push('\n');
}

/// The line that replays a finding and shows what was said of it.
pub(crate) fn replay(record: &Record) -> String {
    let version = record.own.clone().unwrap_or_else(|| format!("--impl {}", record.version));
    // A replay is about the gravest finding of an execution; a wrong load is.
    let other = record.by().filter(|judge| *judge != Judge::LastWrite);
    let judge = other.map_or(String::new(), |judge| format!(" --judge {}", judge.name()));
    format!("lostwrite replay {version}{judge} '{}'", record.case)
}

/// A finding as a case file: the case, and above it as comments what was found and the timeline.
#[must_use]
pub fn finding_file(finding: &FindingReport, version: Option<&Version>) -> String {
    let FindingReport { record, kind, colour, .. } = finding;
    let mut head = format!("{} {} {}\n{}\n", record.key, colour.word(), kind.word(), record.message);
    let _ = writeln!(head, "lane {}, execution {}", record.lane, record.index);
    let case = record.case.parse::<Case>();
    if let (Some(version), Ok(case), "flag" | "diverge") = (version, &case, record.what.as_str()) {
        let _ =
            write!(head, "\n{}", timeline(version, case, &trace_of(version, case, record.by()), Detail::Telling));
    }
    let comments: String = head.lines().map(|line| format!("# {line}").trim_end().to_owned() + "\n").collect();
    // Without a case there is nothing but the comments.
    if record.case.is_empty() { comments } else { format!("{comments}{}\n", record.case) }
}
