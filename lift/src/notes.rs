//! What is learned beside: what was left out, what was taken as known, what was never looked at.

use crate::table::Row;
use std::collections::{BTreeMap, BTreeSet};
use tree_sitter::Node;

/// What a statement did, on all paths taken together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effect {
    /// Some path comes to it.
    pub seen: bool,
    /// It does something that others can see, or ends a path.
    pub does: bool,
    /// It asks something that was not known.
    pub asks: bool,
    /// It gives a variable another value.
    pub sets: bool,
    /// Somebody reads what it sets.
    pub read: bool,
}

/// Notes, each with the place where it was needed first.
#[derive(Clone, Debug, Default)]
pub struct Notes {
    /// No effect in the model, and why.
    pub irrelevant: BTreeMap<String, (usize, String)>,
    /// Taken as known, and why.
    pub known: BTreeMap<String, (usize, String)>,
    /// The statements that some path comes to: bytes.
    pub seen: BTreeSet<(usize, usize)>,
    /// What each statement did: by its bytes.
    pub effects: BTreeMap<(usize, usize), Effect>,
    /// The rows that were needed.
    pub rows: BTreeSet<String>,
}

impl Notes {
    /// A row was needed.
    pub fn used(&mut self, row: &Row) {
        if !self.rows.contains(&row.name) {
            self.rows.insert(row.name.clone());
        }
    }

    /// A statement is on some path.
    pub fn visited(&mut self, node: Node<'_>) {
        if STATEMENTS.contains(&node.kind()) {
            self.seen.insert((node.start_byte(), node.end_byte()));
        }
    }

    /// Something has no effect in the model.
    pub fn irrelevant(&mut self, what: &str, node: Node<'_>, why: &str) {
        note(&mut self.irrelevant, what, node, why);
    }

    /// Something is taken as known.
    pub fn known(&mut self, what: &str, node: Node<'_>, why: &str) {
        note(&mut self.known, what, node, why);
    }
}

fn note(notes: &mut BTreeMap<String, (usize, String)>, what: &str, node: Node<'_>, why: &str) {
    let at = node.start_byte();
    match notes.get_mut(what) {
        Some((first, _)) => *first = at.min(*first),
        None => _ = notes.insert(what.to_owned(), (at, why.to_owned())),
    }
}

/// What counts as a statement.
pub const STATEMENTS: &[&str] = &[
    "expression_statement",
    "declaration",
    "if_statement",
    "for_statement",
    "while_statement",
    "do_statement",
    "goto_statement",
    "break_statement",
    "continue_statement",
    "return_statement",
];

/// The statements of a function: bytes.
pub fn statements(node: Node<'_>, out: &mut BTreeSet<(usize, usize)>) {
    if STATEMENTS.contains(&node.kind()) {
        out.insert((node.start_byte(), node.end_byte()));
    }
    let mut cursor = node.walk();
    let children: Vec<_> = node.named_children(&mut cursor).collect();
    children.into_iter().for_each(|child| statements(child, out));
}
