//! The page of a finding: what is lost, which version loses it and which does not, the marked steps, the timeline, the listings.

use super::listing::Listings;
use super::page::{command, document, provenance};
use super::steps::{Grid, print_mark};
use crate::report::Witness;
use crate::report::timeline::{actor_name, cell, marks};
use corpus::Case;
use maud::{Markup, html};
use model::{Happened, OpKind};
use oracle::Finding;

/// The page of a finding, or of an execution without one.
#[must_use]
pub fn finding_html(witness: &Witness) -> String {
    let versions = [Some(&witness.losing), witness.beside.as_ref()].into_iter().flatten().map(|side| side.version);
    let listings = Listings::new(versions);
    let grid = Grid { witness, listings: &listings, prefix: "", whole: true };
    let title = title(witness);
    let body = html! {
        h1 { (title) }
        (overview(&grid))
        h2 id="timeline" { "Timeline" }
        (grid.print())
        h2 id="listings" { "Listings" }
        (listings.print())
    };
    document(&title, &body)
}

/// The finding in a few words.
pub(in crate::report) fn title(witness: &Witness) -> String {
    let name = witness.losing.version.name;
    let what = match witness.finding() {
        None => return format!("{name}: no judge says anything"),
        Some(Finding::WrongValue { stale: false, .. }) => "loses a store",
        Some(Finding::WrongValue { stale: true, .. }) => "shows what was revoked",
        Some(Finding::CleanButNewer { .. }) => "drops a dirty fact",
        Some(Finding::Revoked { .. }) => "reaches what was revoked",
        Some(Finding::Broken { .. }) => "breaks a rule",
    };
    match witness.losing.trace.scenario() {
        Some(scenario) => format!("{name} {what} ({})", scenario.name()),
        None => format!("{name} {what}"),
    }
}

/// The first screen: the sentence, the marked steps, where the versions part, how to replay it.
pub(super) fn overview(grid: &Grid) -> Markup {
    let witness = grid.witness;
    let (losing, case) = (&witness.losing, &witness.case);
    let trace = &losing.trace;
    let marked: Vec<_> =
        losing.rows().iter().map(|row| (row, marks(trace, row))).filter(|(_, m)| !m.is_empty()).collect();
    html! {
        p.sentence { (sentence(witness)) }
        @if !marked.is_empty() {
            ol.key {
                @for (row, marks) in &marked {
                    li {
                        a href=(format!("#{}", grid.anchor(row.step))) { "step " (row.step) }
                        " " span.act { (grid.who(row)) ": " (cell(row, case.programs.actors as usize)) }
                        @for mark in marks { (print_mark(mark)) }
                    }
                }
            }
        }
        (parting(grid))
        (command("the line that replays it", &format!("lostwrite replay {} '{case}'", losing.version.argument())))
        dl.facts {
            div { dt { (losing.version.name) } dd { (losing.version.title) ". " (provenance(losing.version)) } }
            @if let Some(beside) = &witness.beside {
                div { dt { (beside.version.name) } dd { (beside.version.title) ". " (provenance(beside.version)) } }
            }
            @if let Some(scenario) = trace.scenario() {
                div { dt { (scenario.name()) } dd { (scenario.title()) } }
            }
            @if let Some(finding) = trace.finding {
                div { dt { "judge" } dd { (finding.judge().name()) ": " (finding) } }
            }
            div { dt { "case" } dd { code { (case) } } }
            div { dt { "operations" } dd { (operations(case)) } }
        }
    }
}

/// What is lost, in a sentence.
pub(in crate::report) fn sentence(witness: &Witness) -> String {
    let case = &witness.case;
    let trace = &witness.losing.trace;
    match trace.finding {
        Some(Finding::WrongValue { step, actor, mm, page, word, got, legal, stale }) => {
            let load =
                format!("The load of page {page} by {} at step {step} returns {got}", actor_name(case, actor));
            if stale {
                return format!(
                    "{load}, through a translation that the page table has no more. It has to return {legal}."
                );
            }
            let stored = witness.losing.rows().iter().rev().find(|r| {
                let here = |m: u8, p: u8| m as usize == mm && p as usize == page;
                r.event.transition.actor() == Some(word)
                    && matches!(r.event.happened, Happened::Store { mm: m, page: p, .. } if here(m, p))
            });
            let whose = stored.map_or(String::new(), |row| {
                format!(": the store of {} at step {} is lost", actor_name(case, word), row.step)
            });
            format!("{load}. It has to return {legal}{whose}.")
        }
        Some(finding) => {
            let text = finding.to_string();
            let (step, rest) = text.split_once(": ").unwrap_or(("", &text));
            format!("At {step}: {rest}.")
        }
        None => "No judge says anything of this execution.".to_owned(),
    }
}

/// Where the version beside parts from the one that loses.
fn parting(grid: &Grid) -> Markup {
    let Some(beside) = &grid.witness.beside else {
        let finding = grid.witness.finding().is_some();
        return html! { @if finding { p.parting { "No version that comes with lostwrite is silent on this case." } } };
    };
    let losing = &grid.witness.losing;
    let actors = grid.witness.case.programs.actors as usize;
    let (pairs, first) = grid.pairs();
    let said = match beside.trace.finding {
        None => "loses nothing".to_owned(),
        Some(f) => format!("{}: {f}", f.judge().name()),
    };
    let step = |side: &crate::report::Side, at: Option<usize>| {
        at.map(|at| &side.rows()[at]).map_or("nothing".to_owned(), |row| cell(row, actors))
    };
    html! {
        p.parting {
            b { (beside.version.name) } ", on the same case: " (said) ". "
            @match first.map(|n| pairs[n]) {
                None => "The two executions do not differ.",
                Some(pair) => {
                    "They first differ "
                    @if let Some(at) = pair.left {
                        "at " a href=(format!("#{}", grid.anchor(losing.rows()[at].step))) { "step " (losing.rows()[at].step) }
                    }
                    ": " (losing.version.name) " takes " code { (step(losing, pair.left)) }
                    ", " (beside.version.name) " takes " code { (step(beside, pair.right)) } "."
                }
            }
        }
    }
}

/// What the letters of a case stand for.
fn operations(case: &Case) -> Markup {
    let used = case.programs.kinds_used();
    html! {
        @for (n, kind) in OpKind::ALL.into_iter().filter(|k| used.has(*k)).enumerate() {
            @if n > 0 { "; " }
            code { (kind.letters()) } " " (kind.title())
        }
    }
}

/// The page of a finding as a section of another page.
pub(super) fn finding_section(grid: &Grid) -> Markup {
    html! {
        (overview(grid))
        (grid.print())
    }
}
