//! What is learned beside: what was left out, what was taken as known, what was never looked at.

use crate::marks::Marks;
use crate::table::Row;
use crate::tree::{Atom, Event, Place};
use model::Action;
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
    /// What some path asks, whether it is known or not: the statement that asks, and the place in it.
    pub asked: BTreeSet<Question>,
    /// What a listing has no line for.
    pub marks: Marks,
    /// The conditions that some path asks: by their bytes.
    conditions: BTreeMap<(usize, usize), Condition>,
}

/// Something that some path asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    /// What it is about.
    pub asked: Asked,
    /// The statement that asks: its bytes.
    pub statement: (usize, usize),
    /// Where in it.
    pub place: (usize, usize),
}

impl Question {
    /// Its place.
    pub const fn at(&self) -> Place {
        self.place.0..self.place.1
    }
}

/// What a condition is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asked {
    /// Whether the entry is of these kinds.
    Kind(u32),
    /// A condition or a bit, by its number.
    Action(usize),
}

impl Asked {
    /// What a question is about, if a listing has it.
    pub fn of(atom: &Atom) -> Option<Asked> {
        match atom {
            Atom::Kind(set) => Some(Asked::Kind(*set)),
            Atom::Bit(action, _) | Atom::Pure(action) => Some(Asked::action(*action)),
            _ => None,
        }
    }

    /// A condition of a listing.
    pub fn action(action: Action) -> Asked {
        Asked::Action(Action::ALL.iter().position(|a| *a == action).unwrap_or(0))
    }
}

/// A condition, on all paths taken together.
#[derive(Clone, Debug, Default)]
struct Condition {
    /// With types for variables.
    asked: String,
    /// What it came to: no, yes.
    came_to: [bool; 2],
    /// Some path had to ask.
    open: bool,
    /// What is taken as known and has decided it.
    why: String,
    /// What happens on the way that was taken.
    inside: BTreeSet<String>,
}

/// A condition that is never asked: what is taken as known has decided it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// Its bytes.
    pub place: (usize, usize),
    /// With types for variables.
    pub asked: String,
    /// What it comes to.
    pub holds: bool,
    /// What is taken as known, and why.
    pub why: String,
    /// What happens on the way that is taken.
    pub inside: BTreeSet<String>,
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

    /// A condition came to something: decided by what is taken as known, or not.
    pub fn condition(&mut self, node: Node<'_>, asked: &str, holds: bool, decided: Option<&str>) {
        let one = self.conditions.entry((node.start_byte(), node.end_byte())).or_default();
        if one.asked.is_empty() {
            asked.clone_into(&mut one.asked);
        }
        one.came_to[usize::from(holds)] = true;
        match decided {
            Some(why) => why.clone_into(&mut one.why),
            None => one.open = true,
        }
    }

    /// What happened on the way that a decided condition led to.
    pub fn inside(&mut self, condition: Node<'_>, events: &[Event]) {
        let one = self.conditions.entry((condition.start_byte(), condition.end_byte())).or_default();
        one.inside.extend(events.iter().map(|event| match event {
            Event::Do(label, _) => format!("{label:?}"),
            Event::Ask(atom, holds, _) => format!("{atom:?} {holds}"),
        }));
    }

    /// Whether a condition comes to the same on every path that comes to it.
    pub fn comes_to_one(&self, place: (usize, usize)) -> bool {
        self.conditions.get(&place).is_some_and(|c| c.came_to != [true, true])
    }

    /// The conditions that no path had to ask, in the order in which they stand.
    pub fn decided(&self) -> Vec<Decided> {
        let all = self.conditions.iter().filter(|(_, c)| !c.open && c.came_to != [true, true]);
        let one = |(place, c): (&(usize, usize), &Condition)| Decided {
            place: *place,
            asked: c.asked.clone(),
            holds: c.came_to[1],
            why: c.why.clone(),
            inside: c.inside.clone(),
        };
        all.map(one).collect()
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
