//! A timeline as a grid: a row a step, a column an actor, what the step changed beside it; the version that
//! loses on the left, its neighbour on the right. It is a list, so that it reads in order without the grid;
//! the machine of a step opens below it, or is shown by the script in one place.

use super::listing::Listings;
use super::state::state;
use crate::beside::together;
use crate::story::{Mark, marks};
use crate::timeline::{DRAIN, actor_name, cell, effects, for_ever, telling};
use crate::{Pair, Side, Witness};
use maud::{Markup, html};
use oracle::Row;

/// What stands before the number of a step in its anchor.
#[derive(Clone, Copy)]
enum At {
    Losing,
    Beside,
}

/// A timeline on a page.
pub(super) struct Grid<'a> {
    pub witness: &'a Witness,
    pub listings: &'a Listings,
    /// What the anchors of this timeline begin with; others on the page have others.
    pub prefix: &'a str,
    /// The steps that tell nothing are there too, and can be shown; and each step has its machine, not only
    /// those that change it.
    pub whole: bool,
}

impl Grid<'_> {
    /// The anchor of a step of the losing version.
    pub(super) fn anchor(&self, step: u32) -> String {
        self.id(At::Losing, step)
    }

    fn id(&self, at: At, step: u32) -> String {
        let word = match at {
            At::Losing => "step",
            At::Beside => "beside",
        };
        format!("{}{word}-{step}", self.prefix)
    }

    /// The rows of the grid, and which of them is the first that is not alike.
    pub(super) fn pairs(&self) -> (Vec<Pair>, Option<usize>) {
        match self.witness.alignment() {
            None => {
                let rows = self.witness.losing.rows().len();
                ((0..rows).map(|n| Pair { left: Some(n), right: None, alike: true }).collect(), None)
            }
            Some(alignment) => {
                let first = alignment.first_difference;
                let (before, after) = alignment.pairs.split_at(first.unwrap_or(alignment.pairs.len()));
                (before.iter().copied().chain(together(after)).collect(), first)
            }
        }
    }

    fn actors(&self) -> usize {
        self.witness.case.programs.actors as usize
    }

    fn tells(&self, side: &Side, at: Option<usize>) -> bool {
        at.is_some_and(|at| {
            let row = &side.rows()[at];
            telling(row, self.actors()) || !marks(&self.witness.case, &side.trace, row).is_empty()
        })
    }

    fn quiet(&self, pair: &Pair) -> bool {
        let right = self.witness.beside.as_ref().is_some_and(|side| self.tells(side, pair.right));
        !self.tells(&self.witness.losing, pair.left) && !right
    }

    pub(super) fn print(&self) -> Markup {
        let (pairs, first) = self.pairs();
        let all = pairs.len();
        let telling = pairs.iter().filter(|pair| !self.quiet(pair)).count();
        let losing = &self.witness.losing;
        // The drain begins behind the steps of the programs.
        let drain = pairs
            .iter()
            .position(|p| p.left.is_some_and(|at| losing.rows()[at].step > losing.trace.summary.program_steps));
        let label = match &self.witness.beside {
            Some(beside) => format!("timeline: {} and {}", losing.version.name, beside.version.name),
            None => format!("timeline: {}", losing.version.name),
        };
        let both = self.witness.beside.is_some();
        html! {
            section.timeline .both[both] .few[self.actors() <= 2] aria-label=(label) style=(format!("--actors:{}", self.actors())) {
                div.controls {
                    @if self.whole && telling < all {
                        fieldset.filter {
                            legend { "show" }
                            label { input.telling type="radio" name=(format!("{}filter", self.prefix)) checked; "telling steps (" (telling) ")" }
                            label { input.all type="radio" name=(format!("{}filter", self.prefix)); "all steps (" (all) ")" }
                        }
                    }
                    div.stepping hidden {
                        button type="button" data-go="first" { "first" }
                        button type="button" data-go="back" { "previous" }
                        button type="button" data-go="on" { "next" }
                        button type="button" data-go="last" { "last" }
                        button type="button" data-go="mark" { "next marked" }
                        @if both { button type="button" data-go="difference" { "first difference" } }
                        label.letters { input type="checkbox" checked; "letter keys" }
                        span.keys { kbd { "j" } " " kbd { "k" } " or arrows: step; " kbd { "n" } " " kbd { "p" } ": marked step; " kbd { "Home" } " " kbd { "End" } }
                    }
                }
                div.scroll role="region" tabindex="0" aria-label=(format!("{label}, steps")) {
                    div.heads aria-hidden="true" {
                        (self.head(losing))
                        @if let Some(beside) = &self.witness.beside { (self.head(beside)) }
                    }
                    ol.steps {
                        @for (n, pair) in pairs.iter().enumerate() {
                            @if Some(n) == drain {
                                li.sep { (DRAIN) }
                            }
                            @if Some(n) == first && both {
                                li.sep.difference { "first difference" }
                            }
                            @if self.whole || !self.quiet(pair) { (self.pair(pair)) }
                        }
                        @if let Some(cycle) = losing.trace.cycle {
                            li.sep { (for_ever(cycle)) }
                        }
                    }
                }
                div.panel role="region" aria-label="the machine at the chosen step" tabindex="0" hidden {
                    p.said role="status" {}
                    button.close type="button" { "close" }
                    div.machines {}
                }
            }
        }
    }

    fn head(&self, side: &Side) -> Markup {
        html! {
            div.head {
                span.n { (side.version.name) }
                @for actor in 0..self.actors() {
                    span.act style=(format!("--column:{}", actor + 2)) { (actor_name(&self.witness.case, actor)) }
                }
                span.changes { "changes" }
            }
        }
    }

    fn pair(&self, pair: &Pair) -> Markup {
        let both = self.witness.beside.is_some();
        let losing = &self.witness.losing;
        let machine = |side: &Side, at: Option<usize>| at.map(|at| state(&self.witness.case, &side.rows()[at]));
        let left = machine(losing, pair.left);
        let right = self.witness.beside.as_ref().and_then(|beside| machine(beside, pair.right));
        // What is the same on both sides is there once.
        let same = matches!((&left, &right), (Some(l), Some(r)) if l.0 == r.0);
        let right = if same {
            right.map(|_| html! { p.same { "The machine is that of " (losing.version.name) "." } })
        } else {
            right
        };
        html! {
            li.pair .quiet[self.quiet(pair)] .alike[both && pair.alike] {
                @match pair.left {
                    Some(at) => (self.step(At::Losing, losing, at, left.as_ref())),
                    None => div.side.losing.none {},
                }
                @if let Some(beside) = &self.witness.beside {
                    @match pair.right {
                        Some(at) => (self.step(At::Beside, beside, at, right.as_ref())),
                        None => div.side.beside.none {},
                    }
                }
            }
        }
    }

    /// A step of one version, with what is said of its machine.
    fn step(&self, at: At, side: &Side, row: usize, machine: Option<&Markup>) -> Markup {
        let row = &side.rows()[row];
        let id = self.id(at, row.step);
        let marks = marks(&self.witness.case, &side.trace, row);
        let effects = effects(row, self.actors());
        let who = self.who(row);
        let column = row.event.transition.actor().or(row.event.transition.cpu()).unwrap_or(0) + 2;
        let class = match at {
            At::Losing => "losing",
            At::Beside => "beside",
        };
        html! {
            div.side .(class) .marked[!marks.is_empty()] id=(id) {
                a.n href=(format!("#{id}")) { (row.step) }
                span.act style=(format!("--column:{column}")) {
                    b.version { (side.version.name) " " }
                    b.who { (who) " " }
                    (cell(row, self.actors()))
                }
                span.changes {
                    @for effect in &effects { span { (effect) } " " }
                }
                @for mark in &marks { (print_mark(mark)) }
                @if self.whole || !marks.is_empty() || !effects.is_empty() {
                    details.machine {
                        summary aria-label=(format!("the machine after step {} of {}", row.step, side.version.name)) { "state" }
                        (self.models(side, row))
                        @if let Some(machine) = machine { (machine) }
                    }
                }
            }
        }
    }

    /// Who moves, in a word.
    pub(super) fn who(&self, row: &Row) -> String {
        match row.event.transition.actor().or(row.event.transition.cpu()) {
            Some(actor) => actor_name(&self.witness.case, actor),
            None => "swap".to_owned(),
        }
    }

    fn models(&self, side: &Side, row: &Row) -> Markup {
        let Some(model) = self.listings.models(side.version, row) else { return html! {} };
        html! {
            p.models {
                "models " code { (model.function) }
                @if model.within != model.function { " in " code { (model.within) } }
                ": " a href=(format!("#{}", model.anchor)) { "its line in the listing" }
                @if let Some(why) = model.why { ". " span.why { (why) } }
            }
        }
    }
}

/// What a report says in capitals, and in what words.
pub(super) fn print_mark(mark: &Mark) -> Markup {
    html! {
        p.mark { strong { (mark.loud) } @if !mark.rest.is_empty() { ": " (mark.rest) } }
    }
}
