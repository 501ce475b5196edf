//! Lines as nodes of a listing, and nodes with their places in C.

use crate::shape::Line;
use crate::tree::{Place, Term};
use model::Action;
use model::listing::{Doing, Node};
use std::collections::BTreeMap;

/// How a place in C is written down.
pub type Where<'a> = &'a dyn Fn(&Place) -> &'static str;

/// The nodes of lines that end a loop's round, or a function: the way out at the end is left out.
pub fn nodes(lines: &[Line], end: &Term) -> Vec<Node> {
    let mut lines = lines.to_vec();
    strip(&mut lines, end);
    tidy(&mut lines);
    block(&lines)
}

/// A way out at the end of a block that goes there anyway is not written down.
fn strip(lines: &mut Vec<Line>, end: &Term) {
    let falls = |term: &Term| match (term, end) {
        (Term::Next { hole }, Term::Next { .. }) => !hole,
        (a, b) => a == b,
    };
    match lines.last_mut() {
        Some(Line::End(term)) if falls(term) => {
            lines.pop();
            if let Some(Line::If(_, yes, no)) = lines.last_mut() {
                strip(yes, end);
                strip(no, end);
            }
        }
        Some(Line::If(_, yes, no)) => {
            strip(yes, end);
            strip(no, end);
        }
        _ => {}
    }
}

/// `if PtePresent { if PteDirty { X } rest }` reads better as two lines.
fn tidy(lines: &mut Vec<Line>) {
    let mut out = Vec::new();
    for mut line in std::mem::take(lines) {
        match &mut line {
            Line::Do(_, other) if matches!(other.as_slice(), [Line::End(Term::Never)]) => other.clear(),
            Line::Do(_, other) => tidy(other),
            Line::If(_, yes, no) => {
                tidy(yes);
                tidy(no);
            }
            Line::End(..) => {}
        }
        match line {
            Line::If(what, yes, no) if what == Doing::Step(Action::PtePresent) && no.is_empty() => {
                let splits = matches!(
                    yes.first(),
                    Some(Line::If(Doing::Step(Action::PteDirty), _, other)) if other.is_empty()
                );
                if !splits {
                    out.push(Line::If(what, yes, no));
                    continue;
                }
                let mut yes = yes.into_iter();
                if let Some(Line::If(_, marked, _)) = yes.next() {
                    out.push(Line::If(Doing::Step(Action::PtePresentDirty), marked, Vec::new()));
                }
                let rest: Vec<_> = yes.collect();
                if !rest.is_empty() {
                    out.push(Line::If(what, rest, no));
                }
            }
            // A condition with nothing behind it.
            Line::If(what, yes, no)
                if yes.is_empty()
                    && no.is_empty()
                    && matches!(what, Doing::Step(a) if a.is_local() && a != Action::Exclusive) => {}
            Line::If(what, yes, no) if yes.is_empty() && no.is_empty() => {
                out.push(Line::Do(what, Vec::new()));
            }
            line => out.push(line),
        }
    }
    *lines = out;
}

fn block(lines: &[Line]) -> Vec<Node> {
    let node = |line: &Line| match line {
        Line::Do(what, other) => Node::Do(*what, block(other)),
        Line::If(what, yes, no) => Node::If(*what, block(yes), block(no)),
        Line::End(term) => way_out(term),
    };
    lines.iter().map(node).collect()
}

fn way_out(term: &Term) -> Node {
    match term {
        Term::Next { .. } | Term::Loop => Node::Next,
        Term::Again => Node::Again,
        Term::Return | Term::Never => Node::Return,
        Term::Fail => Node::Fail,
        Term::Retry => Node::Retry,
        Term::Finish => Node::Finish,
    }
}

/// The nodes of a listing that is there already, with the places that its lines have in C. Comments go.
pub fn placed(nodes: &[Node], places: &BTreeMap<usize, Place>, place: Where<'_>) -> Vec<Node> {
    fn go(nodes: &[Node], at: &mut usize, places: &BTreeMap<usize, Place>, place: Where<'_>) -> Vec<Node> {
        let mut out = Vec::new();
        for node in nodes.iter().filter(|n| !n.is_comment()) {
            let remark = places.get(at).map(|p| Node::Remark(place(p)));
            *at += 1;
            match node {
                Node::Do(what, other) if other.is_empty() => out.push(Node::Do(*what, Vec::new())),
                Node::If(what, yes, no) => {
                    let (mut yes, mut no) = (go(yes, at, places, place), go(no, at, places, place));
                    let first = if yes.is_empty() { &mut no } else { &mut yes };
                    remark.into_iter().for_each(|r| first.insert(0, r));
                    out.push(Node::If(*what, yes, no));
                    continue;
                }
                Node::Do(what, other) => {
                    let mut other = go(other, at, places, place);
                    remark.into_iter().for_each(|r| other.insert(0, r));
                    out.push(Node::Do(*what, other));
                    continue;
                }
                Node::EachPage(inner) | Node::EachMapping(inner) => {
                    let mut inner = go(inner, at, places, place);
                    remark.into_iter().for_each(|r| inner.insert(0, r));
                    out.push(match node {
                        Node::EachPage(_) => Node::EachPage(inner),
                        _ => Node::EachMapping(inner),
                    });
                    continue;
                }
                other => out.push(other.clone()),
            }
            out.extend(remark);
        }
        out
    }
    go(nodes, &mut 0, places, place)
}
