//! What a row of the table says that an expression is worth.

use crate::kinds;
use crate::marks::Marked;
use crate::run::{Run, Runner};
use crate::table::Row;
use crate::tree::Atom;
use crate::value::{Place, Value};
use model::Action;
use tree_sitter::Node;

impl<'a> Runner<'a> {
    /// What a row says that an expression is worth; `None` if the row says something else.
    pub fn by_row(&mut self, row: &Row, node: Node<'_>) -> Run<Option<Value>> {
        let shown = row.name.strip_prefix("expr:").unwrap_or(&row.name).to_owned();
        Ok(Some(match row.role.as_str() {
            "fact" => {
                self.fact(&format!("{shown} is {}", row.means), node, &row.note);
                match row.means.as_str() {
                    "true" => Value::Int(1),
                    "false" => Value::Int(0),
                    "null" => Value::Null,
                    number => number.parse().map_or_else(|_| Value::Opaque(shown), Value::Int),
                }
            }
            "way" => {
                let set = kinds::way(kinds::set(&kinds::KINDS.join(",")).unwrap_or(0), row.means == "system");
                Value::truth(self.ask_kind(set, node))
            }
            "free" => {
                self.notes.irrelevant(&shown, node, &row.note);
                let unseen = row.words().any(|word| word == "unseen");
                self.mark(Marked::Ignored, &shown, shown.clone(), node, &row.note, unseen);
                Value::truth(self.ask(Atom::Free(shown), node))
            }
            "ask" => Value::truth(self.ask_row(row, node)?),
            // The page that the word maps; the zero page is none.
            "normal" => match self.ask_kind(kinds::of(Action::NormalPage).unwrap_or(0), node) {
                true => Value::Page,
                false => Value::Null,
            },
            "value" => self.named(row, node),
            _ => return Ok(None),
        }))
    }

    /// A condition of the model: `Name`, or `Name=false` where C asks the opposite.
    pub fn ask_row(&mut self, row: &Row, node: Node<'_>) -> Run<bool> {
        let word = row.means.split_whitespace().next().unwrap_or("");
        let (name, when) = word.split_once('=').unwrap_or((word, "true"));
        let action = self.action(name, row, node)?;
        if let Some(set) = row.option("not").and_then(kinds::set)
            && self.state.kinds != 0
            && self.ask_kind(set, node)
        {
            return Ok(when != "true");
        }
        // It holds only where another condition does.
        if let Some(needed) = row.option("needs") {
            let needed = self.action(needed, row, node)?;
            if !self.ask(Atom::Pure(needed), node) {
                return Ok(when != "true");
            }
        }
        let answer = match kinds::of(action) {
            Some(set) => self.ask_kind(set, node),
            None => self.ask(Atom::Pure(action), node),
        };
        Ok(answer == (when == "true"))
    }

    /// A step by its name.
    pub fn action(&self, name: &str, row: &Row, node: Node<'_>) -> Run<Action> {
        match Action::ALL.iter().copied().find(|a| a.name() == name) {
            Some(action) => Ok(action),
            None => self.refuse(
                node,
                format!("the row of {} names `{name}`", row.name),
                "there is no such step",
                "`lostwrite steps WORD` finds steps",
            ),
        }
    }

    /// A value that a row names.
    pub fn named(&mut self, row: &Row, node: Node<'_>) -> Value {
        match row.means.split_whitespace().next().unwrap_or("") {
            "folio" => Value::Folio,
            "page" => Value::Page,
            "entry" => Value::Entry(Place::HERE),
            "address" => Value::Address(Place::HERE),
            "bytes" => Value::Bytes(1),
            "mapcount" => Value::Mapcount(0),
            "slot" => Value::Slot(false),
            "new" => Value::New { dirty: false, write: false },
            "batch" => {
                self.state.batched = true;
                Value::Batch(0)
            }
            "word" if self.subject.has_word => Value::Word(0),
            "null" => Value::Null,
            other => match other.parse() {
                Ok(number) => {
                    self.fact(&format!("{} is {number}", row.name), node, &row.note);
                    Value::Int(number)
                }
                Err(_) if other.starts_with("other:") => Value::Other(other.to_owned()),
                Err(_) => Value::Opaque(self.canonical(node)),
            },
        }
    }

    /// The folio of a page, or the page of a folio: of the one under work, or of the new one.
    pub fn convert(&mut self, row: &Row, node: Node<'a>) -> Run<Value> {
        match self.value(node)? {
            Value::Folio | Value::Page if row.means.starts_with("folio") => Ok(Value::Folio),
            Value::Folio | Value::Page => Ok(Value::Page),
            other @ Value::Other(_) => Ok(other),
            _ => self.refuse(
                node,
                format!("{} of something else", row.name.trim_start_matches("expr:")),
                "expected the folio under work, or the new one",
                "a listing has one folio under work, and one entry at a time",
            ),
        }
    }
}
