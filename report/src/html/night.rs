//! The page of a night: the verdict first and why, what is new, the findings with their timelines, the
//! canaries, the lanes.

use super::finding::finding_section;
use super::listing::{Listings, slug};
use super::page::{command, document, table_box};
use super::steps::Grid;
use crate::Witness;
use crate::night::replay;
use impls::{Scenario, Version};
use maud::{Markup, html};
use night::{CanaryState, Colour, FindingReport, Record, Report};
use std::time::Duration;

/// Findings that are listed, as in the summary; the others are in report.json.
const LISTED: usize = 40;
/// Findings that have a timeline, if that many are not red; the others have the line that replays them.
const TIMELINES: usize = 10;

/// The page of a night. The versions are those that can be shown.
#[must_use]
pub fn night_html(report: &Report, versions: &[&'static Version]) -> String {
    let worth: Vec<&FindingReport> = report.findings.iter().filter(|f| f.colour != Colour::Known).collect();
    let shown: Vec<(&FindingReport, Option<Witness>)> = worth
        .iter()
        .take(LISTED)
        .enumerate()
        .map(|(n, f)| {
            let timeline = n < TIMELINES || f.colour == Colour::Red;
            (*f, witness(&f.record, versions).filter(|_| timeline))
        })
        .collect();
    let versions = shown
        .iter()
        .filter_map(|(_, w)| w.as_ref())
        .flat_map(|w| [Some(w.losing.version), w.beside.as_ref().map(|side| side.version)].into_iter().flatten());
    let listings = Listings::new(versions, model::Profile::default());
    let title = format!("Night: {}", if report.red { "RED" } else { "GREEN" });
    let body = html! {
        h1 { (title) }
        (verdict(report))
        nav.contents aria-label="on this page" {
            a href="#findings" { "findings (" (worth.len()) ")" }
            a href="#canaries" { "canaries (" (report.canaries.len()) ")" }
            a href="#lanes" { "lanes" }
            a href="#goals" { "goals" }
        }
        (compared(report))
        h2 id="findings" { "Findings" }
        (findings(report, &worth))
        @for (finding, witness) in &shown { (section(finding, witness.as_ref(), &listings)) }
        @if worth.len() > shown.len() { p { "and " (worth.len() - shown.len()) " more in report.json" } }
        (known(report))
        h2 id="canaries" { "Canaries" }
        (canaries(report))
        h2 id="lanes" { "Lanes" }
        (lanes(report))
        h2 id="goals" { "Goals" }
        (goals(report))
        @if shown.iter().any(|(_, w)| w.is_some()) {
            h2 id="listings" { "Listings" }
            (listings.print())
        }
    };
    document(&title, &body)
}

/// The execution of a finding; none if the version is not there or the case is of another format.
fn witness(record: &Record, versions: &[&'static Version]) -> Option<Witness> {
    let version = versions.iter().find(|v| v.name == record.version)?;
    let file = corpus::load(&record.key, record.case.as_bytes()).ok()?;
    let [entry] = file.entries.as_slice() else { return None };
    Some(Witness::of(version, &entry.case, record.by()))
}

fn verdict(report: &Report) -> Markup {
    let time = humantime::format_duration(Duration::from_secs(report.seconds.round() as u64));
    html! {
        p.verdict .green[!report.red] .red[report.red] { (if report.red { "RED" } else { "GREEN" }) " (" (report.status.word()) ")" }
        @if !report.reasons.is_empty() {
            ul.reasons { @for reason in &report.reasons { li { (reason) } } }
        }
        @if !report.notes.is_empty() {
            ul { @for note in &report.notes { li { "note: " (note) } } }
        }
        dl.facts {
            div { dt { "seed" } dd { (report.seed) } }
            div { dt { "time" } dd { (time) " in " (report.sessions) " session" (if report.sessions == 1 { "" } else { "s" }) } }
            div { dt { "versions" } dd { (report.versions.join(", ")) } }
            div { dt { "believed correct" } dd { (report.believed_correct.join(", ")) ": " (report.alarms) " flags" } }
            @for own in &report.own {
                div { dt { (own.version) } dd { (own.flags) " flags; nothing is expected of it" } }
            }
        }
    }
}

fn compared(report: &Report) -> Markup {
    html! {
        h2 id="compared" { "Against the night before" }
        @match &report.compared {
            None => p { "There is no night before to compare with." },
            Some(c) => {
                p { (c.new.len()) " new, " (c.gone.len()) " gone, " (c.still.len()) " still there (" code { (c.with) } ")" }
                @if !c.gone.is_empty() {
                    ul { @for record in &c.gone {
                        li { "gone: " code { (record.key) } " " (record.version) " " (record.scenario.map_or("", Scenario::name)) ": " (record.message) }
                    } }
                }
            }
        }
    }
}

fn id(finding: &FindingReport) -> String {
    format!("finding-{}", slug(&finding.record.key))
}

fn since(report: &Report, finding: &FindingReport) -> &'static str {
    let new = report.compared.as_ref().is_some_and(|c| c.new.contains(&finding.record.key));
    match (finding.replayed, new) {
        (true, _) => "replayed",
        (false, true) => "new",
        (false, false) => "",
    }
}

fn findings(report: &Report, worth: &[&FindingReport]) -> Markup {
    if worth.is_empty() {
        return html! { p { "Nothing but what is known." } };
    }
    let rows = html! {
        table {
            thead { tr { @for head in ["", "kind", "version", "judge", "scenario", "hardware", "steps", "times", "since", "finding"] {
                @if head.is_empty() { td {} } @else { th scope="col" { (head) } }
            } } }
            tbody { @for finding in worth.iter().take(LISTED) {
                @let record = &finding.record;
                tr {
                    td class=(finding.colour.word()) { (finding.colour.word()) }
                    td { (finding.kind.word()) }
                    td { (record.version) }
                    td { (record.judge.as_deref().unwrap_or("-")) }
                    td { (record.scenario.map_or("-", Scenario::name)) }
                    td { (finding.on.join(" ")) }
                    td.number { (record.step) }
                    td.number { (finding.times) }
                    td { (since(report, finding)) }
                    td { a href=(format!("#{}", id(finding))) { (record.key) } }
                }
            } }
        }
    };
    table_box("findings", &rows)
}

fn section(finding: &FindingReport, witness: Option<&Witness>, listings: &Listings) -> Markup {
    let record = &finding.record;
    let id = id(finding);
    html! {
        details.case {
            summary {
                b { (record.key) } " " span class=(finding.colour.word()) { (finding.colour.word()) } " " (record.version) ": " (record.message)
            }
            div.inside id=(id) {
                @match witness {
                    Some(witness) => {
                        @let prefix = format!("{id}-");
                        (finding_section(&Grid { witness, listings, prefix: &prefix, whole: false }))
                    },
                    None => {
                        p { (record.message) }
                        (command("the line that replays it", &replay(record)))
                    }
                }
            }
        }
    }
}

/// What is known: the shortest of each class, as lines to replay.
fn known(report: &Report) -> Markup {
    let known: Vec<_> = report.findings.iter().filter(|f| f.colour == Colour::Known).collect();
    html! {
        @if !known.is_empty() {
            details.case {
                summary { "Known losses: " (known.len()) " shortest of their classes, " (report.more_known) " more in the journal" }
                @for f in known {
                    p { (f.record.version) " " (f.record.scenario.map_or("-", Scenario::name)) " on " (f.record.hardware) ": " (f.record.message) }
                    (command("the line that replays it", &replay(&f.record)))
                }
            }
        }
    }
}

fn canaries(report: &Report) -> Markup {
    let count = |state| report.canaries.iter().filter(|c| c.state == state).count();
    let states = [CanaryState::Found, CanaryState::Late, CanaryState::Missed, CanaryState::Undecided];
    let words: Vec<_> = states.into_iter().map(|s| format!("{} {}", count(s), s.word())).collect();
    let rows = html! {
        table {
            thead { tr { @for head in ["version", "scenario", "hardware", "lane", "state", "found at", "times", "budget", "spent"] {
                th scope="col" { (head) }
            } } }
            tbody { @for c in &report.canaries {
                tr {
                    th scope="row" { (c.canary.version) }
                    td { (c.canary.scenario) }
                    td { (c.canary.hardware) }
                    td { (c.canary.lane.name()) }
                    td .red[matches!(c.state, CanaryState::Late | CanaryState::Missed)] { (c.state.word()) }
                    td.number { (c.found_at.map_or("-".to_owned(), |at| at.to_string())) }
                    td.number { (c.times) }
                    td.number { (c.canary.budget) }
                    td.number { (c.executions) }
                }
            } }
        }
    };
    html! {
        p { (words.join(", ")) ". A canary is a loss that a version is known to have: the night has to find it within its budget." }
        (table_box("canaries", &rows))
        @if let Some(families) = &report.families {
            p { "Historical bugs: " (families.programs) " programs on versions, " (families.unexpected.len()) " of them not as expected." }
        }
        @if !report.not_canaries.is_empty() {
            ul { @for n in &report.not_canaries {
                li { "no canary: " (n.version) " " (n.scenario) " on " (n.hardware) ": " (n.reason) }
            } }
        }
    }
}

fn lanes(report: &Report) -> Markup {
    let versions = report.versions.len() as u64;
    let rows = html! {
        table {
            thead { tr { @for head in ["lane", "chunks", "executions", "on all versions", "programs exhausted", "states"] {
                th scope="col" { (head) }
            } } }
            tbody { @for lane in &report.lanes {
                @let small = lane.states > 0;
                tr {
                    th scope="row" { (lane.lane) }
                    td.number { (lane.chunks) }
                    td.number { (lane.executions) @if small { " programs" } }
                    td.number { @if small { "-" } @else { (lane.executions.saturating_mul(versions)) } }
                    td.number { @if small { (lane.exhausted) } @else { "-" } }
                    td.number { @if small { (lane.states) } @else { "-" } }
                }
            } }
        }
    };
    table_box("lanes", &rows)
}

fn goals(report: &Report) -> Markup {
    let never: Vec<_> = report.goals.iter().filter(|g| g.executions == 0).map(|g| g.goal.as_str()).collect();
    html! {
        @if never.is_empty() { p { "Every goal was reached." } } @else { p.red { "NEVER reached: " (never.join(", ")) } }
        details.case {
            summary { (report.goals.len()) " goals" }
            dl.facts { @for goal in &report.goals { div { dt.number { (goal.executions) } dd { (goal.goal) } } } }
        }
    }
}
