//! What a listing has no line for, and between which steps it stands: calls that have no effect in the model,
//! conditions that what is taken as known decides, and what the function returns.
//!
//! Two listings can be the same where the C is not. What is compared then is this.

use crate::run::Runner;
use crate::table::Row;
use crate::tree::{Atom, Event, Term};
use crate::value::Value;
use std::collections::{BTreeMap, BTreeSet};
use tree_sitter::Node;

/// What it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Marked {
    /// A call, a store or a question that has no effect in the model.
    Ignored,
    /// A condition that was not asked.
    Decided,
    /// What is returned to the caller.
    Returned,
    /// A number that a helper or a step on a batch is told.
    Told,
}

/// It, on all paths taken together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// What it is.
    pub what: Marked,
    /// With values and types for the names of variables.
    pub text: String,
    /// The name that stands in the C.
    pub name: String,
    /// The first place: its bytes.
    pub place: (usize, usize),
    /// Why it is left out.
    pub why: String,
    /// It does something in the kernel that the model does not have.
    pub unseen: bool,
    /// Between which steps it stands, path by path.
    pub around: BTreeSet<Around>,
}

/// The steps before and behind, and what was answered before: of the questions that the model does not have, and
/// where something is returned, of all.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Around {
    before: String,
    behind: String,
    asked: BTreeSet<String>,
}

/// Something on a path that still runs: how much had happened when it was come to.
#[derive(Debug)]
pub struct Pending {
    at: usize,
    mark: Mark,
}

/// The marks of all paths.
#[derive(Clone, Debug, Default)]
pub struct Marks(BTreeMap<(Marked, String), Mark>);

impl Marks {
    /// A path is over.
    pub fn path(&mut self, pending: Vec<Pending>, events: &[Event], end: &Term) {
        let step = |event: &Event| match event {
            Event::Do(label, _) => Some(format!("{label:?}")),
            Event::Ask(Atom::Act(doing), holds, _) => Some(format!("{doing:?} {holds}")),
            Event::Ask(..) => None,
        };
        for Pending { at, mut mark } in pending {
            let (before, behind) = events.split_at(at.min(events.len()));
            // What is returned depends on the whole path.
            let whole = mark.what == Marked::Returned;
            let asked = before.iter().filter_map(|event| match event {
                Event::Ask(Atom::Free(text), holds, _) => Some(format!("{text} {holds}")),
                Event::Ask(atom, holds, _) if whole => Some(format!("{atom:?} {holds}")),
                _ => None,
            });
            let steps = before.iter().rev().filter_map(step).take(if whole { usize::MAX } else { 1 });
            let around = Around {
                before: steps.collect::<Vec<_>>().join(", "),
                behind: behind.iter().find_map(step).unwrap_or_else(|| format!("{end:?}")),
                asked: asked.collect(),
            };
            let key = (mark.what, mark.text.clone());
            mark.place = self.0.get(&key).map_or(mark.place, |known| known.place.min(mark.place));
            let known = self.0.entry(key).or_insert_with(|| mark.clone());
            known.place = mark.place;
            known.around.insert(around);
        }
    }

    /// All, in the order in which they stand.
    pub fn all(self) -> Vec<Mark> {
        let mut all: Vec<_> = self.0.into_values().collect();
        all.sort_by_key(|mark| mark.place);
        all
    }
}

impl Runner<'_> {
    /// Something that a listing has no line for is come to.
    pub fn mark(&mut self, what: Marked, name: &str, text: String, node: Node<'_>, why: &str, unseen: bool) {
        let (name, why, place) = (name.to_owned(), why.to_owned(), (node.start_byte(), node.end_byte()));
        let mark = Mark { what, text, name, place, why, unseen, around: BTreeSet::new() };
        self.pending.push(Pending { at: self.events.len(), mark });
    }

    /// The same of a call, by its row.
    pub fn mark_call(&mut self, row: &Row, name: &str, node: Node<'_>) {
        let unseen = row.words().any(|word| word == "unseen");
        let text = self.told(node);
        self.mark(Marked::Ignored, name, text, node, &row.note, unseen);
    }

    /// An expression with what its variables hold for their names: a helper that is taken out of a function,
    /// or a variable with another name, makes no other text.
    pub fn told(&mut self, node: Node<'_>) -> String {
        let field = |name| node.child_by_field_name(name);
        match node.kind() {
            "identifier" => match self.state.variable(self.source.of(node)) {
                Some(variable) => shown(&variable.value).unwrap_or_else(|| variable.of.clone()),
                None => self.source.of(node).to_owned(),
            },
            "field_expression" => {
                let of = field("argument").map_or(String::new(), |a| self.told(a));
                format!("{of}->{}", field("field").map_or("", |f| self.source.of(f)))
            }
            "binary_expression" => {
                let [left, right] =
                    ["left", "right"].map(|side| field(side).map_or(String::new(), |s| self.told(s)));
                format!("{left} {} {right}", field("operator").map_or("", |o| self.source.of(o)))
            }
            "unary_expression" | "pointer_expression" => {
                let of = field("argument").map_or(String::new(), |a| self.told(a));
                format!("{}{of}", field("operator").map_or("", |o| self.source.of(o)))
            }
            "call_expression" => {
                let name = field("function").map_or("", |f| self.source.of(f)).to_owned();
                let arguments = field("arguments").map(crate::parse::pieces).unwrap_or_default();
                let arguments: Vec<_> = arguments.into_iter().map(|a| self.told(a)).collect();
                format!("{name}({})", arguments.join(", "))
            }
            _ => self.canonical(node),
        }
    }
}

/// A value in words that are the same whatever the variables are called; `None` if it is not known.
pub fn shown(value: &Value) -> Option<String> {
    Some(match value {
        Value::Unset => return None,
        Value::Int(n) => n.to_string(),
        Value::Opaque(text) => text.clone(),
        Value::Flags(set) => set.iter().cloned().collect::<Vec<_>>().join(" | "),
        Value::Errno(name) => format!("-{name}"),
        Value::Word(_) => "the word".to_owned(),
        Value::Counter(_) => "what was counted".to_owned(),
        Value::Carried(_) => "what is carried from round to round".to_owned(),
        Value::End => "the end of the range".to_owned(),
        Value::Address(place) if place.batch || place.pages != 0 => "a later address".to_owned(),
        Value::Address(place) => {
            if place.round { "the address of the page" } else { "the start of the range" }.to_owned()
        }
        Value::Ref(..) => "a variable".to_owned(),
        value => format!("{value:?}").to_lowercase(),
    })
}
