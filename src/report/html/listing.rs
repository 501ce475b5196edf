//! Listings as a page shows them: each line with the kernel function that it models and why it is there, and
//! an anchor that a step of a timeline can lead to.

use impls::Version;
use maud::{Markup, html};
use model::Action;
use model::listing::Node;
use oracle::Row;
use std::collections::BTreeMap;

/// A line of a listing.
pub(super) struct Line {
    depth: usize,
    text: String,
    /// The step or condition on it.
    action: Option<Action>,
    /// Its number among the steps, as [`model::Code::subject_step`] counts them.
    number: Option<usize>,
    /// The kernel function that the lines from here on model.
    function: &'static str,
    why: Option<&'static str>,
}

/// The lines of a listing.
fn lines(nodes: &[Node], function: &'static str) -> Vec<Line> {
    let mut walk = Walk { out: Vec::new(), function, steps: 0, why: None };
    walk.block(nodes, 0);
    walk.out
}

struct Walk {
    out: Vec<Line>,
    function: &'static str,
    steps: usize,
    /// The reason that waits for its line.
    why: Option<&'static str>,
}

impl Walk {
    fn block(&mut self, nodes: &[Node], depth: usize) {
        for node in nodes {
            match node {
                Node::Why(why) => self.why = Some(why),
                Node::At(function) => self.function = function,
                Node::Do(action, other) => {
                    self.step("", *action, depth);
                    self.branch("else", other, depth);
                }
                Node::If(action, yes, no) if yes.is_empty() => {
                    self.step("unless ", *action, depth);
                    self.block(no, depth + 1);
                }
                Node::If(action, yes, no) => {
                    self.step("if ", *action, depth);
                    self.block(yes, depth + 1);
                    self.branch("else", no, depth);
                }
                Node::EachPage(body) => self.branch("each page of the range", body, depth),
                Node::EachMapping(body) => self.branch("each mapping of the folio", body, depth),
                other => {
                    for text in model::listing::lines(std::slice::from_ref(other)) {
                        self.line(text, None, depth);
                    }
                }
            }
        }
    }

    fn branch(&mut self, word: &str, body: &[Node], depth: usize) {
        if !body.is_empty() {
            self.line(word.to_owned(), None, depth);
            self.block(body, depth + 1);
        }
    }

    fn step(&mut self, before: &str, action: Action, depth: usize) {
        self.steps += 1;
        self.line(format!("{before}{}", action.text()), Some(action), depth);
    }

    fn line(&mut self, text: String, action: Option<Action>, depth: usize) {
        let number = action.map(|_| self.steps);
        let why = self.why.take();
        self.out.push(Line { depth, text, action, number, function: self.function, why });
    }
}

/// Where a step leads: the anchor of the line that it is, the kernel function or expression behind it, and
/// why it is there.
pub(super) struct Model {
    pub anchor: String,
    pub function: &'static str,
    /// The function around it.
    pub within: &'static str,
    pub why: Option<&'static str>,
}

/// The listings of the versions on a page, and of what surrounds them.
pub(super) struct Listings {
    versions: BTreeMap<&'static str, (&'static Version, Vec<Line>)>,
    /// By name, in the order of the environment.
    environment: Vec<(&'static str, Vec<Line>)>,
}

impl Listings {
    /// The listings of some versions and of everything around them.
    pub(super) fn new(versions: impl IntoIterator<Item = &'static Version>) -> Listings {
        let of = |v: &'static Version| (v.name, (v, lines(&v.listing, "")));
        let around = model::environment().into_iter().map(|(name, nodes)| (name, lines(&nodes, name)));
        Listings { versions: versions.into_iter().map(of).collect(), environment: around.collect() }
    }

    /// What a step of a version models; nothing if no listing has it (an interrupt, the swap device).
    pub(super) fn models(&self, version: &Version, row: &Row) -> Option<Model> {
        row.event.pc?;
        if let Some(number) = row.subject_step {
            let line = self.versions.get(version.name)?.1.iter().find(|l| l.number == Some(number))?;
            let note = line.action.and_then(impls::note);
            let why = line.why.or(note.map(|n| n.why)).filter(|why| !why.is_empty());
            let function = note.map_or(line.function, |n| n.function);
            return Some(Model { anchor: step_id(version, number), function, within: line.function, why });
        }
        // Of lines that say the same within a function the first stands for all.
        let same = |l: &Line| l.function == row.function && l.action == row.action;
        let within = |l: &Line| l.function == row.function;
        let find = |wanted: &dyn Fn(&Line) -> bool| {
            self.environment.iter().find_map(|(name, lines)| Some((*name, lines.iter().position(wanted)?)))
        };
        let (name, at) = find(&same).or_else(|| find(&within))?;
        Some(Model { anchor: line_id(name, at), function: row.function, within: row.function, why: None })
    }

    /// The listings on the page, the versions' open. Lines that not all versions have are marked.
    pub(super) fn print(&self) -> Markup {
        let common = |text: &str| self.versions.values().all(|(_, lines)| lines.iter().any(|l| l.text == text));
        html! {
            div.listings {
                @for (version, lines) in self.versions.values() {
                    section.listing id=(version_id(version)) aria-labelledby=(format!("{}-h", version_id(version))) {
                        h3 id=(format!("{}-h", version_id(version))) { (version.name) ": migrate_vma_collect_pmd" }
                        p { (version.title) }
                        (super::page::provenance(version))
                        ol.lines {
                            @for line in lines {
                                (print_line(line, line.number.map(|n| step_id(version, n)), !common(&line.text)))
                            }
                        }
                    }
                }
            }
            details.environment {
                summary { "What surrounds it: the listings of the environment (" (self.environment.len()) ")" }
                div.listings {
                    @for (name, lines) in &self.environment {
                        section.listing aria-label=(name) {
                            h3 { (name) }
                            ol.lines {
                                @for (at, line) in lines.iter().enumerate() {
                                    (print_line(line, Some(line_id(name, at)), false))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn print_line(line: &Line, id: Option<String>, own: bool) -> Markup {
    let note = line.action.filter(|_| id.as_ref().is_some_and(|i| !i.starts_with("env-"))).and_then(impls::note);
    let why = line.why.or(note.map(|n| n.why)).filter(|why| !why.is_empty());
    let function = note.map(|n| n.function).unwrap_or_default();
    html! {
        li id=[id] .own[own] style=(format!("--depth:{}", line.depth)) {
            span.text { (line.text) }
            @if !function.is_empty() { code.function { (function) } }
            @if let Some(why) = why { span.why { (why) } }
        }
    }
}

pub(super) fn version_id(version: &Version) -> String {
    format!("listing-{}", slug(version.name))
}

fn step_id(version: &Version, number: usize) -> String {
    format!("{}-{number}", version_id(version))
}

fn line_id(name: &str, at: usize) -> String {
    format!("env-{}-{}", slug(name), at + 1)
}

/// A name as a part of an anchor: different names stay different.
pub(super) fn slug(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '_' => out.push(c),
            ' ' => out.push('-'),
            other => out.push_str(&format!("~{:x}", other as u32)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers are those of the linker: each instruction of a listing finds the line that it came from.
    #[test]
    fn the_numbers_of_the_lines_are_those_of_the_linker() {
        for version in impls::registry() {
            let lines = lines(&version.listing, "");
            let mut seen = 0;
            for pc in 0..version.code.len() {
                let Some(number) = version.code.subject_step(pc as model::Pc) else { continue };
                let action = version.code.at(pc as model::Pc).action;
                let line = lines.iter().find(|l| l.number == Some(number)).expect("a line of that number");
                let rides_along =
                    [Action::FlushWait, Action::FlushAgain, Action::ClearExclusive].contains(&action);
                assert!(line.action == Some(action) || rides_along, "{} {number} {action:?}", version.name);
                seen = seen.max(number);
            }
            assert_eq!(seen, lines.iter().filter_map(|l| l.number).max().unwrap_or(0), "{}", version.name);
        }
    }

    #[test]
    fn different_names_have_different_anchors() {
        let mut slugs: Vec<_> = impls::registry().iter().map(|v| slug(v.name)).collect();
        slugs.extend(["v3/drop 12", "v3-drop-12", "v3~drop 12"].map(slug));
        let n = slugs.len();
        slugs.sort();
        slugs.dedup();
        assert_eq!(slugs.len(), n);
    }
}
