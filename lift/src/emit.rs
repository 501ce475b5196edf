//! Lines as nodes of a listing, each with its place in C.

use crate::shape::Line;
use crate::tree::{Place, Term};
use model::Action;
use model::listing::{Doing, Node};
use std::collections::BTreeMap;

/// How a place in C is written down.
pub type Where<'a> = &'a dyn Fn(&Place) -> &'static str;

/// The nodes of lines that end a loop's round, or a function: the way out at the end is left out.
pub fn nodes(lines: &[Line], end: &Term, place: Where<'_>) -> Vec<Node> {
    let mut lines = lines.to_vec();
    strip(&mut lines, end);
    tidy(&mut lines);
    block(&lines, place)
}

/// A way out at the end of a block that goes there anyway is not written down.
fn strip(lines: &mut Vec<Line>, end: &Term) {
    let falls = |term: &Term| match (term, end) {
        (Term::Next { hole }, Term::Next { .. }) => !hole,
        (a, b) => a == b,
    };
    match lines.last_mut() {
        Some(Line::End(term, _)) if falls(term) => {
            lines.pop();
            if let Some(Line::If(_, yes, no, _)) = lines.last_mut() {
                strip(yes, end);
                strip(no, end);
            }
        }
        Some(Line::If(_, yes, no, _)) => {
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
            Line::Do(_, other, _) if matches!(other.as_slice(), [Line::End(Term::Never, _)]) => other.clear(),
            Line::Do(_, other, _) => tidy(other),
            Line::If(_, yes, no, _) => {
                tidy(yes);
                tidy(no);
            }
            Line::End(..) => {}
        }
        match line {
            Line::If(what, yes, no, place) if what == Doing::Step(Action::PtePresent) && no.is_empty() => {
                let splits = matches!(
                    yes.first(),
                    Some(Line::If(Doing::Step(Action::PteDirty), _, other, _)) if other.is_empty()
                );
                if !splits {
                    out.push(Line::If(what, yes, no, place));
                    continue;
                }
                let mut yes = yes.into_iter();
                if let Some(Line::If(_, marked, _, at)) = yes.next() {
                    out.push(Line::If(Doing::Step(Action::PtePresentDirty), marked, Vec::new(), at));
                }
                let rest: Vec<_> = yes.collect();
                if !rest.is_empty() {
                    out.push(Line::If(what, rest, no, place));
                }
            }
            // A condition with nothing behind it.
            Line::If(what, yes, no, _)
                if yes.is_empty()
                    && no.is_empty()
                    && matches!(what, Doing::Step(a) if a.is_local() && a != Action::Exclusive) => {}
            Line::If(what, yes, no, place) if yes.is_empty() && no.is_empty() => {
                out.push(Line::Do(what, Vec::new(), place));
            }
            line => out.push(line),
        }
    }
    *lines = out;
}

fn block(lines: &[Line], place: Where<'_>) -> Vec<Node> {
    let mut out = Vec::new();
    for line in lines {
        let at = match line {
            Line::Do(_, _, at) | Line::If(_, _, _, at) | Line::End(_, at) => Node::Remark(place(at)),
        };
        let marked = |inner: &[Line]| {
            let inner = block(inner, place);
            if inner.is_empty() { inner } else { [at.clone()].into_iter().chain(inner).collect() }
        };
        match line {
            Line::Do(what, other, _) if other.is_empty() => out.extend([Node::Do(*what, Vec::new()), at]),
            Line::Do(what, other, _) => out.push(Node::Do(*what, marked(other))),
            Line::If(what, yes, no, _) if yes.is_empty() => out.push(Node::If(*what, Vec::new(), marked(no))),
            Line::If(what, yes, no, _) => out.push(Node::If(*what, marked(yes), block(no, place))),
            Line::End(term, _) => out.extend([way_out(term), at]),
        }
    }
    out
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
