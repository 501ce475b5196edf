//! Listings as a page shows them: each line with the kernel function that it models and why it is there, and
//! an anchor that a step of a timeline can lead to.

use impls::{Body, Version};
use maud::{Markup, html};
use model::listing::{Doing, Node};
use model::{Action, Profile};
use oracle::Row;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A line of a listing.
pub(super) struct Line {
    depth: usize,
    text: String,
    /// The step or condition on it.
    action: Option<Action>,
    /// Its number among the steps, as [`model::Code::subject_step`] counts them.
    number: Option<usize>,
    why: Option<&'static str>,
}

/// The lines of a listing.
fn lines(nodes: &[Node]) -> Vec<Line> {
    let mut walk = Walk { out: Vec::new(), steps: 0, why: None };
    walk.block(nodes, 0);
    walk.out
}

struct Walk {
    out: Vec<Line>,
    steps: usize,
    /// The reason that waits for its line.
    why: Option<&'static str>,
}

impl Walk {
    fn block(&mut self, nodes: &[Node], depth: usize) {
        for node in nodes {
            match node {
                Node::Why(why) => self.why = Some(why),
                Node::Remark(_) => {}
                Node::Do(what, other) => {
                    self.step("", *what, depth);
                    self.branch("else", other, depth);
                }
                Node::If(what, yes, no) if yes.is_empty() => {
                    self.step("unless ", *what, depth);
                    self.block(no, depth + 1);
                }
                Node::If(what, yes, no) => {
                    self.step("if ", *what, depth);
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

    fn step(&mut self, before: &str, what: Doing, depth: usize) {
        self.steps += 1;
        self.line(format!("{before}{}", what.text()), Some(what), depth);
    }

    fn line(&mut self, text: String, what: Option<Doing>, depth: usize) {
        let number = what.map(|_| self.steps);
        let action = what.and_then(Doing::action);
        let why = self.why.take();
        self.out.push(Line { depth, text, action, number, why });
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

/// The lines of a function.
type Printed = (&'static Body, Vec<Line>);

/// The listings of the versions on a page, and of what surrounds them.
pub(super) struct Listings {
    versions: BTreeMap<&'static str, (&'static Version, Vec<Printed>)>,
    /// By name.
    environment: Vec<Printed>,
}

impl Listings {
    /// The listings of some versions and of everything around them in a release.
    pub(super) fn new(versions: impl IntoIterator<Item = &'static Version>, release: Profile) -> Listings {
        let printed = |b: &'static Arc<Body>| (&**b, lines(&b.function.body));
        let of = |v: &'static Version| (v.name, (v, v.functions().iter().map(printed).collect()));
        let environment = impls::kernel::functions(release).map(printed).collect();
        Listings { versions: versions.into_iter().map(of).collect(), environment }
    }

    /// What a step of a version models; nothing if no listing has it (an interrupt, the swap device).
    pub(super) fn models(&self, version: &Version, row: &Row) -> Option<Model> {
        row.event.pc?;
        let (number, name) = (row.listing_step, row.function);
        let of = |printed: &'_ [Printed]| printed.iter().position(|(b, _)| b.function.name == name);
        let (own, (_, lines)) = match row.subject_step {
            Some(_) => {
                let functions = &self.versions.get(version.name)?.1;
                (true, &functions[of(functions)?])
            }
            None => (false, &self.environment[of(&self.environment)?]),
        };
        let at = lines.iter().position(|l| number.is_some() && l.number == number).unwrap_or(0);
        let line = lines.get(at)?;
        let known = line.action.and_then(impls::step);
        let function = known.map_or(name, |step| step.calls);
        let why = line.why.or(known.map(|step| step.meaning));
        let anchor = if own { step_id(version, name, number?) } else { line_id(name, at) };
        Some(Model { anchor, function, within: name, why })
    }

    /// The listings on the page, the versions' open. Lines that not all versions have are marked.
    pub(super) fn print(&self) -> Markup {
        let common = |text: &str| {
            let has = |lines: &Vec<Line>| lines.iter().any(|l| l.text == text);
            self.versions.values().all(|(_, functions)| functions.iter().any(|(_, lines)| has(lines)))
        };
        html! {
            div.listings {
                @for (version, functions) in self.versions.values() {
                    section.listing id=(version_id(version)) aria-labelledby=(format!("{}-h", version_id(version))) {
                        @for (n, (body, lines)) in functions.iter().enumerate() {
                            @let name = body.function.name;
                            @if n == 0 {
                                h3 id=(format!("{}-h", version_id(version))) { (version.name) ": " (name) }
                                p { (version.title) }
                                (super::page::provenance(version))
                            } @else {
                                h3 { (version.name) ": " (name) }
                            }
                            ol.lines {
                                @for line in lines {
                                    (print_line(line, line.number.map(|n| step_id(version, name, n)), !common(&line.text)))
                                }
                            }
                        }
                    }
                }
            }
            details.environment {
                summary { "What surrounds it: the functions of the kernel (" (self.environment.len()) ")" }
                div.listings {
                    @for (body, lines) in &self.environment {
                        section.listing aria-label=(body.function.name) {
                            h3 { (body.function.name) " (" (body.file) ")" }
                            ol.lines {
                                @for (at, line) in lines.iter().enumerate() {
                                    (print_line(line, Some(line_id(body.function.name, at)), false))
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
    let known = line.action.filter(|_| id.as_ref().is_some_and(|i| !i.starts_with("env-"))).and_then(impls::step);
    let why = line.why.or(known.map(|step| step.meaning));
    let function = known.map(|step| step.calls).unwrap_or_default();
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

fn step_id(version: &Version, function: &str, number: usize) -> String {
    match version.functions().iter().position(|b| b.function.name == function) {
        None | Some(0) => format!("{}-{number}", version_id(version)),
        Some(_) => format!("{}-{function}-{number}", version_id(version)),
    }
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
            let lines = lines(version.listing());
            let code = version.code(version.kernel);
            let mut seen = 0;
            for pc in 0..code.len() {
                let Some(number) = code.subject_step(pc as model::Pc) else { continue };
                let action = code.at(pc as model::Pc).action;
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
