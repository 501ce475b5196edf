//! Findings as SARIF 2.1.0, for code scanning: each at the line of the listing whose step is at fault.

use super::changes::changes;
use super::command::replay_of;
use super::finding_json::who;
use super::story::{cause_code, marks, sentences, symptom_code};
use super::witness::{Side, Witness};
use corpus::Case;
use impls::{Scenario, Version};
use model::Happened;
use night::timeline_key;
use oracle::{CauseKind, Judge, Row};
use serde_json::{Value, json};

/// The root of the repository, of which the paths of versions that are built in are relative.
const ROOT: &str = "SRCROOT";

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// It should not be.
    Error,
    /// Somebody should read it.
    Warning,
    /// It is known.
    Note,
}

impl Level {
    const fn word(self) -> &'static str {
        match self {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => "note",
        }
    }

    /// A flag on a version that is believed correct should not be, and one on a version of which nothing is
    /// expected is news; others are known to lose.
    fn of(witness: &Witness) -> Level {
        let version = witness.losing.version;
        let known = version.has_expectations() && !version.is_correct_on(&witness.case.config);
        if known { Level::Note } else { Level::Error }
    }
}

/// A log with a run, a rule for each judge, and a result for each finding: an error if the version is
/// believed correct, else a note. Executions in which no judge speaks are no results.
#[must_use]
pub fn sarif(witnesses: &[Witness]) -> Value {
    let levelled: Vec<_> = witnesses.iter().map(|w| (w, Level::of(w))).collect();
    sarif_log(&levelled)
}

/// The same, with a level for each.
#[must_use]
pub fn sarif_log(findings: &[(&Witness, Level)]) -> Value {
    sarif_log_with(findings, &[])
}

/// The same, with what is to be said of the run itself: nothing of it is a result.
#[must_use]
pub fn sarif_log_with(findings: &[(&Witness, Level)], caveats: &[&str]) -> Value {
    let said = |text: &&str| json!({ "level": "warning", "message": { "text": text } });
    let invocations = match caveats {
        [] => Vec::new(),
        all => vec![json!({
            "executionSuccessful": true,
            "toolExecutionNotifications": all.iter().map(said).collect::<Vec<_>>(),
        })],
    };
    let results: Vec<_> = findings.iter().filter_map(|(witness, level)| result(witness, *level)).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "lostwrite",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": Judge::ALL.map(rule),
            } },
            "originalUriBaseIds": { ROOT: { "description": { "text": "The root of the repository of lostwrite." } } },
            "columnKind": "unicodeCodePoints",
            "invocations": invocations,
            "results": results,
        }],
    })
}

fn rule(judge: Judge) -> Value {
    let (name, short, help) = match judge {
        Judge::LastWrite => (
            "LastWrite",
            "A load returns something that the program never left there.",
            "A store is lost, or a load went through a translation that the page table no longer has. Look for the step at which the \
             dirty bit was lost: from there on nothing records that the page was written, and reclaim may throw the only copy away.",
        ),
        Judge::CleanMeansEqual => (
            "CleanMeansEqual",
            "A folio is clean, and what would be read back in its place is not what was written.",
            "The dirty bit was lost. No load need show it in this execution; once the page is reclaimed, what was written is gone.",
        ),
        Judge::Structural => (
            "Structural",
            "A structural rule of the kernel's memory management is broken, or the execution does not end.",
            "A page freed while mapped writable, an entry written without the page-table lock, wrong counts, a deadlock or a livelock. \
             The message names the rule.",
        ),
        Judge::Revoked => (
            "Revoked",
            "A CPU reaches something that a call had taken away before it returned.",
            "MADV_DONTNEED or mprotect has returned, and a CPU still reads the old page or writes to it: a flush is owed. Look for the \
             point at which the page-table lock is dropped while entries that were cleared are still in a TLB.",
        ),
    };
    json!({
        "id": judge.name(),
        "name": name,
        "shortDescription": { "text": short },
        "help": { "text": help },
        "defaultConfiguration": { "level": "error" },
    })
}

fn result(witness: &Witness, level: Level) -> Option<Value> {
    let Witness { case, losing, .. } = witness;
    let (version, trace) = (losing.version, &losing.trace);
    let finding = trace.finding?;
    let judge = finding.judge();
    let scenario = trace.scenario();
    let mut message = format!("{}: {}", version.name, sentences(version, case, trace)?);
    if let Some(scenario) = scenario {
        message += &format!(" Scenario {}: {}.", scenario.name(), scenario.title());
    }
    let fault = at_fault(losing);
    let replay = replay_of(version, case, trace);
    let mut result = json!({
        "ruleId": judge.name(),
        "ruleIndex": Judge::ALL.iter().position(|j| *j == judge),
        "level": level.word(),
        "message": { "text": format!("{message} Replay: {replay}") },
        "locations": fault.map(|row| place(version, row)).into_iter().collect::<Vec<_>>(),
        "codeFlows": [{
            "message": { "text": "The steps that tell the story, by actor; executionOrder is the number of the step." },
            "threadFlows": flows(case, losing),
        }],
        "properties": {
            "version": version.name,
            "source": version.provenance.source,
            "scenario": scenario.map(Scenario::name),
            "symptom": trace.diagnosis.map(|d| symptom_code(d.symptom)),
            "cause": trace.diagnosis.and_then(|d| d.cause).map(|c| cause_code(c.kind)),
            "case": case.to_string(),
            "replay": replay,
        },
    });
    if let Some((key, _)) = timeline_key(version, case, judge) {
        result["partialFingerprints"] = json!({ "timeline/v1": key });
    }
    Some(result)
}

/// The step to point at: the cause if it is a step of the operation under comparison, or the change of the
/// entry behind it; else the operation's last step before the finding.
fn at_fault(side: &Side) -> Option<&Row> {
    let trace = &side.trace;
    let cause = trace.diagnosis.and_then(|d| d.cause);
    let cleared = cause.and_then(|cause| match cause.kind {
        CauseKind::FlushOwed { cleared, .. } => Some(cleared),
        _ => None,
    });
    let of_listing = |row: &&Row| row.subject_step.is_some();
    let marked = [cause.map(|cause| cause.step), cleared].into_iter().flatten();
    let marked = marked.filter_map(|step| trace.row(step)).find(of_listing);
    marked.or_else(|| side.rows().iter().rfind(of_listing)).or_else(|| trace.cause())
}

/// The line of a step of the listing if its file holds it, and the kernel function.
fn place(version: &Version, row: &Row) -> Value {
    let mut out = json!({});
    if !row.function.is_empty() {
        out["logicalLocations"] = json!([{ "fullyQualifiedName": row.function, "kind": "function" }]);
    }
    if let Some((file, line)) = row.subject_step.and_then(|step| version.place(row.function, step)) {
        let mut artifact = json!({ "uri": uri(file) });
        if version.file != Some(file) {
            artifact["uriBaseId"] = ROOT.into();
        }
        out["physicalLocation"] = json!({
            "artifactLocation": artifact,
            "region": { "startLine": line },
        });
    }
    out
}

/// A path as a relative reference, or with its scheme if it is absolute.
fn uri(path: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._~-".contains(c);
    let mut out = String::from(if path.starts_with('/') { "file://" } else { "" });
    for c in path.chars() {
        if plain(c) {
            out.push(c);
        } else {
            c.encode_utf8(&mut [0; 4]).bytes().for_each(|b| out += &format!("%{b:02X}"));
        }
    }
    out
}

/// A flow for each actor, interrupts and the swap device included, with the steps that tell the story.
fn flows(case: &Case, side: &Side) -> Vec<Value> {
    let (version, trace) = (side.version, &side.trace);
    let mut flows: Vec<(String, Vec<Value>)> = Vec::new();
    let actors = case.programs.actors as usize;
    for row in side.rows() {
        let changes = changes(&row.before, &row.after, actors);
        let marks = marks(case, trace, row);
        let access = !matches!(row.event.happened, Happened::Nothing);
        if changes.is_empty() && marks.is_empty() && !access && row.subject_step.is_none() {
            continue;
        }
        let name = who(case, row.event.transition);
        let mut text = format!("step {}: {name}", row.step);
        if let Some(op) = row.event.op {
            text += &format!(" {op}");
        }
        if row.action.is_some() {
            text += &format!(": {}{}", row.text(), if row.event.ok { "" } else { ": no" });
        }
        for note in changes.iter().map(String::as_str).chain(marks.iter().map(|mark| mark.code)) {
            text += &format!("; {note}");
        }
        let mut location = place(version, row);
        location["message"] = json!({ "text": text });
        let step = json!({
            "location": location,
            "executionOrder": row.step,
            "importance": if marks.is_empty() { "important" } else { "essential" },
        });
        match flows.iter_mut().find(|(known, _)| *known == name) {
            Some((_, steps)) => steps.push(step),
            None => flows.push((name, vec![step])),
        }
    }
    flows.into_iter().map(|(name, steps)| json!({ "id": name, "locations": steps })).collect()
}
