//! The page of a finding: what is lost, which version loses it and which does not, the marked steps, the
//! timeline, the listings.

use super::listing::Listings;
use super::page::{command, document, provenance};
use super::steps::{Grid, print_mark};
use crate::Witness;
use crate::command::replay_of;
use crate::course::turns;
use crate::story::{headline, marks, sentences};
use crate::timeline::cell;
use maud::{Markup, html};
use model::OpKind;

/// The page of a finding, or of an execution without one.
#[must_use]
pub fn finding_html(witness: &Witness) -> String {
    finding_html_with(witness, &[])
}

/// The same, with what is to be said beside it.
#[must_use]
pub fn finding_html_with(witness: &Witness, caveats: &[&str]) -> String {
    let versions = [Some(&witness.losing), witness.beside.as_ref()].into_iter().flatten().map(|side| side.version);
    let listings = Listings::new(versions, witness.case.config.profile);
    let grid = Grid { witness, listings: &listings, prefix: "", whole: true };
    let title = title(witness);
    let body = html! {
        h1 { (title) }
        (overview(&grid))
        @if !caveats.is_empty() {
            h2 id="caveats" { "Beside the verdict" }
            ul { @for text in caveats { li { (text) } } }
        }
        h2 id="timeline" { "Timeline" }
        (grid.print())
        h2 id="listings" { "Listings" }
        (listings.print())
    };
    document(&title, &body)
}

/// The finding in a few words.
pub(crate) fn title(witness: &Witness) -> String {
    let name = witness.losing.version.name;
    let trace = &witness.losing.trace;
    let what = headline(trace).unwrap_or_else(|| "no judge says anything".to_owned());
    match trace.scenario() {
        Some(scenario) => format!("{name}: {what} ({})", scenario.name()),
        None => format!("{name}: {what}"),
    }
}

/// The first screen: the sentence, the marked steps, where the versions part, how to replay it.
pub(super) fn overview(grid: &Grid) -> Markup {
    let witness = grid.witness;
    let (losing, case) = (&witness.losing, &witness.case);
    let trace = &losing.trace;
    let marked: Vec<_> =
        losing.rows().iter().map(|row| (row, marks(case, trace, row))).filter(|(_, m)| !m.is_empty()).collect();
    html! {
        p.sentence { (sentence(witness)) }
        @if let Some(tried) = &witness.tried {
            p.tried { (tried.sentence()) }
        }
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
        (command("the line that replays it", &replay_of(losing.version, case, trace)))
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
            @if let Some(turns) = turns(losing.version, case) {
                div { dt { "turns" } dd { (turns) } }
            }
            @for side in [Some(losing), witness.beside.as_ref()].into_iter().flatten() {
                @if let Some(stopped) = &side.trace.stopped {
                    div { dt { "beware" } dd { (stopped) } }
                }
            }
            div { dt { "operations" } dd { (operations(witness)) } }
        }
    }
}

/// What happens and why.
pub(crate) fn sentence(witness: &Witness) -> String {
    let text = sentences(witness.losing.version, &witness.case, &witness.losing.trace);
    text.unwrap_or_else(|| "No judge says anything of this execution.".to_owned())
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
    // Of steps that only one of the two takes, the other side has none in the same place.
    let takes = |side: &crate::Side, at: Option<usize>| {
        let name = side.version.name;
        match at.map(|at| &side.rows()[at]) {
            Some(row) => html! { (name) " takes " code { (cell(row, actors)) } },
            None => html! { (name) " has no such step" },
        }
    };
    html! {
        p.parting {
            b { (beside.version.name) } ", on the same case: " (said) ". "
            @match first.map(|n| pairs[n]) {
                None => "The two executions do not differ.",
                Some(pair) => {
                    "They first differ "
                    @match (pair.left, pair.right) {
                        (Some(at), _) => {
                            "at " a href=(format!("#{}", grid.anchor(losing.rows()[at].step))) { "step " (losing.rows()[at].step) }
                        }
                        (None, Some(at)) => { "at step " (beside.rows()[at].step) " of " (beside.version.name) }
                        (None, None) => {}
                    }
                    ": " (takes(losing, pair.left)) ", " (takes(beside, pair.right)) "."
                }
            }
        }
    }
}

/// What the letters of the case and of the timeline stand for. The read-back at the end has operations that
/// the programs lack.
fn operations(witness: &Witness) -> Markup {
    let named = witness.case.programs.kinds_used();
    let sides = [Some(&witness.losing), witness.beside.as_ref()].into_iter().flatten();
    let done: Vec<OpKind> =
        sides.flat_map(|s| s.rows()).filter_map(|row| row.event.op).map(|op| op.kind).collect();
    let used = |k: &OpKind| named.has(*k) || done.contains(k);
    html! {
        @for (n, kind) in OpKind::ALL.into_iter().filter(used).enumerate() {
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
