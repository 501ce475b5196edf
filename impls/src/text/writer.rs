//! From a [`Document`] to text in the canonical layout.

use super::{Document, Field};
use model::listing::Node;
use std::fmt::Write as _;

/// The widest line that keeps a block on the line of its step.
const WIDTH: usize = 80;

/// Writes a document down. Reading it gives the same document.
#[must_use]
pub fn write(document: &Document) -> String {
    let mut out = String::new();
    comment(&document.comment, 0, &mut out);
    if !document.comment.is_empty() && !document.fields.is_empty() {
        out.push('\n');
    }
    fields(&document.fields, &mut out);
    for function in &document.functions {
        if !out.is_empty() {
            out.push('\n');
        }
        comment(&function.comment, 0, &mut out);
        let head: Vec<_> = [&function.name].into_iter().chain(&function.fields).cloned().collect();
        fields(&head, &mut out);
        out.push('{');
        block(&function.body, 0, &mut out);
        out.push_str("}\n");
    }
    if !document.end.is_empty() {
        out.push('\n');
        comment(&document.end, 0, &mut out);
    }
    out
}

/// Writes the lines of a body down.
#[must_use]
pub fn write_body(nodes: &[Node]) -> String {
    let mut out = String::new();
    lines(nodes, 0, &mut out);
    out
}

fn comment(text: &str, depth: usize, out: &mut String) {
    if text.is_empty() {
        return;
    }
    for line in text.split('\n') {
        let _ = writeln!(out, "{}", format!("{}# {line}", "    ".repeat(depth)).trim_end());
    }
}

fn fields(all: &[Field], out: &mut String) {
    let width = all.iter().filter(|f| !f.value.is_empty()).map(|f| f.key.len()).max().unwrap_or(0);
    for field in all {
        let mut line = format!("{:width$} {}", field.key, field.value).trim_end().to_owned();
        if !field.remark.is_empty() {
            let _ = write!(line, "  # {}", field.remark);
        }
        out.push_str(&line);
        out.push('\n');
    }
}

/// What stands between the braces of a block, the line's end after the opening one included.
fn block(nodes: &[Node], depth: usize, out: &mut String) {
    let rest = match nodes {
        [Node::Remark(text), rest @ ..] => {
            let _ = write!(out, "  # {text}");
            rest
        }
        all => all,
    };
    out.push('\n');
    lines(rest, depth + 1, out);
    out.push_str(&"    ".repeat(depth));
}

fn lines(nodes: &[Node], depth: usize, out: &mut String) {
    for node in nodes {
        match node {
            Node::Why(text) => comment(text, depth, out),
            // Behind the line before.
            Node::Remark(text) => {
                if out.ends_with('\n') {
                    out.pop();
                    let _ = writeln!(out, "  # {text}");
                } else {
                    comment(text, depth, out);
                }
            }
            node => {
                out.push_str(&"    ".repeat(depth));
                line(node, depth, out);
                out.push('\n');
            }
        }
    }
}

fn line(node: &Node, depth: usize, out: &mut String) {
    match node {
        Node::Do(what, other) => {
            out.push_str(what.name());
            if !other.is_empty() {
                out.push_str(" else ");
                braces(other, depth, true, out);
            }
        }
        Node::If(what, yes, no) if yes.is_empty() && !no.is_empty() => {
            let _ = write!(out, "unless {} ", what.name());
            braces(no, depth, true, out);
        }
        Node::If(what, yes, no) => {
            let _ = write!(out, "if {} ", what.name());
            braces(yes, depth, no.is_empty(), out);
            if let [inner @ Node::If(..)] = no.as_slice() {
                out.push_str(" else ");
                line(inner, depth, out);
            } else if !no.is_empty() {
                out.push_str(" else ");
                braces(no, depth, false, out);
            }
        }
        Node::EachPage(body) => {
            out.push_str("each_page ");
            braces(body, depth, false, out);
        }
        Node::EachMapping(body) => {
            out.push_str("each_mapping ");
            braces(body, depth, false, out);
        }
        Node::Next => out.push_str("next"),
        Node::Again => out.push_str("again"),
        Node::Return => out.push_str("return"),
        Node::Fail => out.push_str("fail"),
        Node::Retry => out.push_str("retry"),
        Node::Finish => out.push_str("finish"),
        Node::Jump(name) => {
            let _ = write!(out, "jump {name}");
        }
        Node::Why(_) | Node::Remark(_) => {}
    }
}

/// A block: on one line if it may, is short, and has no blocks in it.
fn braces(nodes: &[Node], depth: usize, short: bool, out: &mut String) {
    let plain = |n: &Node| !n.is_comment() && n.blocks().all(Vec::is_empty) && !matches!(n, Node::If(..));
    if short && nodes.iter().all(plain) {
        let mut inner = Vec::new();
        for node in nodes {
            let mut text = String::new();
            line(node, depth, &mut text);
            inner.push(text);
        }
        let text = format!("{{ {} }}", inner.join("; "));
        let start = out.rfind('\n').map_or(0, |n| n + 1);
        if out.len() - start + text.len() <= WIDTH {
            out.push_str(&text);
            return;
        }
    }
    out.push('{');
    block(nodes, depth, out);
    out.push('}');
}
