//! What a field, a pointer or the entry holds.

use crate::parse::pieces;
use crate::run::{Run, Runner};
use crate::state::Entry;
use crate::tree::{Event, Label};
use crate::value::{Place, Value};
use model::Action;
use model::listing::Doing;
use tree_sitter::Node;

impl<'a> Runner<'a> {
    pub fn field(&mut self, node: Node<'a>) -> Run<Value> {
        let canonical = self.canonical(node);
        if let Some(row) = self.row(&format!("expr:{canonical}"))
            && let Some(value) = self.by_row(&row, node)?
        {
            return Ok(value);
        }
        // What stands before the dot, or in the brackets, may do something.
        let parts = pieces(node);
        for part in parts {
            if part.kind() != "field_identifier" {
                self.value(part)?;
            }
        }
        Ok(Value::Opaque(canonical))
    }

    pub fn pointer(&mut self, node: Node<'a>) -> Run<Value> {
        let canonical = self.canonical(node);
        if let Some(row) = self.row(&format!("expr:{canonical}")) {
            // The page of a folio: of which one, what stands before the arrow says.
            if row.role == "convert"
                && let Some(of) =
                    node.child_by_field_name("argument").and_then(|a| a.child_by_field_name("argument"))
            {
                return self.convert(&row, of);
            }
            if let Some(value) = self.by_row(&row, node)? {
                return Ok(value);
            }
        }
        let Some(argument) = node.child_by_field_name("argument") else { return Ok(Value::Opaque(canonical)) };
        let operator = node.child_by_field_name("operator").map_or("", |o| self.source.of(o));
        if operator == "&" {
            let name = self.source.of(argument);
            let frame = self.state.frames.len() - 1;
            let local = argument.kind() == "identifier" && self.state.variable(name).is_some();
            return Ok(if local { Value::Ref(frame, name.to_owned()) } else { Value::Opaque(canonical) });
        }
        match self.value(argument)? {
            Value::Entry(place) => self.read(place, node),
            Value::Ref(frame, name) => {
                let found =
                    self.state.frames.get(frame).and_then(|f| f.variables.iter().rev().find(|v| v.name == name));
                match found.map(|v| v.value.clone()) {
                    Some(Value::Unset) | None => {
                        self.refuse(node, format!("{name} is used before it is set"), "on this path", "set it")
                    }
                    Some(value) => Ok(value),
                }
            }
            _ => Ok(Value::Opaque(canonical)),
        }
    }

    /// The entry is read.
    pub fn read(&mut self, place: Place, node: Node<'_>) -> Run<Value> {
        self.this_entry(place, node)?;
        self.still_locked(node)?;
        if self.state.entry != Entry::There {
            return self.refuse(
                node,
                "the entry is read again after it was cleared",
                "it is empty, or another one stands there",
                "use the word that the clear gave back",
            );
        }
        let word = self.state.words;
        self.state.words += 1;
        self.emit(Label::Read(word), node);
        Ok(Value::Word(word))
    }

    /// Behind an unlock the entry may be another one: nothing that was asked of it still holds.
    pub fn still_locked(&self, node: Node<'_>) -> Run<()> {
        let unlock = |e: &Event| matches!(e, Event::Do(Label::Do(Doing::Step(Action::UnlockPtl)), _));
        if !self.events.iter().any(unlock) {
            return Ok(());
        }
        self.refuse(
            node,
            "the entry is used after the page-table lock was dropped",
            "it may be another one by now",
            "look at the page again from the top of the round",
        )
    }

    /// A listing knows the entry of its page, no other.
    pub fn this_entry(&self, place: Place, node: Node<'_>) -> Run<()> {
        if place.pages == 0 && !place.batch {
            return Ok(());
        }
        self.refuse(
            node,
            format!("the entry {:+} pages from here", place.pages),
            "expected the entry of this page",
            "a listing has one entry at a time",
        )
    }
}
