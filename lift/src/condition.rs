//! Conditions: whether a value is true, and how two compare.

use crate::run::{Run, Runner};
use crate::tree::Atom;
use crate::value::Value;
use model::Action;
use tree_sitter::Node;

impl<'a> Runner<'a> {
    /// Whether a condition holds.
    pub fn holds(&mut self, node: Node<'a>) -> Run<bool> {
        let (outer, before) = (self.by_fact.take(), self.events.len());
        let value = self.value(node)?;
        let holds = self.truth(&value, node)?;
        let decided = self.by_fact.clone().filter(|_| self.events.len() == before);
        let asked = self.canonical(node);
        self.notes.condition(node, &asked, holds, decided.as_deref());
        self.by_fact = outer.or(self.by_fact.take());
        Ok(holds)
    }

    /// What a path depends on is taken as known.
    pub fn fact(&mut self, what: &str, node: Node<'_>, why: &str) {
        self.notes.known(what, node, why);
        self.by_fact
            .get_or_insert_with(|| if why.is_empty() { what.to_owned() } else { format!("{what}: {why}") });
    }

    /// Whether a value is true.
    pub fn truth(&mut self, value: &Value, node: Node<'_>) -> Run<bool> {
        match value {
            Value::Int(n) => Ok(*n != 0),
            Value::Null => Ok(false),
            Value::Flags(set) => Ok(!set.is_empty()),
            Value::Errno(_)
            | Value::Word(_)
            | Value::Migration { .. }
            | Value::Entry(_)
            | Value::Folio
            | Value::Page
            | Value::Other(_)
            | Value::Ref(..)
            | Value::New { .. }
            | Value::Left
            | Value::Batch(0)
            | Value::Bytes(1..) => Ok(true),
            Value::Counter(name) => Ok(self.ask(Atom::Counter(name.clone()), node)),
            Value::Mapcount(0) => Ok(self.ask(Atom::Pure(Action::Mapped), node)),
            Value::Carried(name) => self.refuse(
                node,
                format!("{name} is carried from one page to the next"),
                "what it holds here is not known",
                "a listing keeps nothing from page to page but that something was cleared",
            ),
            // A parameter that a row knows.
            Value::Opaque(text) if text.contains('#') && self.table.get(&format!("expr:{text}")).is_some() => {
                let known = match self.row(&format!("expr:{text}")) {
                    Some(row) => self.by_row(&row, node)?,
                    None => None,
                };
                match known {
                    Some(Value::Opaque(_)) | None => {
                        self.refuse(node, "unknown condition", "its row says no truth value", "")
                    }
                    Some(value) => self.truth(&value, node),
                }
            }
            Value::Unset => self.refuse(node, "a variable is used before it is set", "on this path", "set it"),
            _ => {
                let text = match value {
                    Value::Opaque(text) if node.kind() == "identifier" => text.clone(),
                    _ => self.canonical(node),
                };
                self.refuse(
                    node,
                    "unknown condition",
                    "which condition is it?",
                    format!("add a row to the table: `expr:{text}`, a role (fact, ask, free), its meaning, releases, why"),
                )
            }
        }
    }

    pub fn compare(&mut self, operator: &str, a: &Value, b: &Value, node: Node<'_>) -> Run<bool> {
        use Value as V;
        let equal = match (a, b) {
            (V::Int(x), V::Int(y)) => {
                return Ok(match operator {
                    "==" => x == y,
                    "!=" => x != y,
                    "<" => x < y,
                    ">" => x > y,
                    "<=" => x <= y,
                    _ => x >= y,
                });
            }
            (V::Errno(_), V::Int(0)) if operator != "==" && operator != "!=" => {
                return Ok(operator.starts_with('<'));
            }
            (V::Errno(x), V::Errno(y)) => x == y,
            (V::Errno(_), V::Int(_)) | (V::Int(_), V::Errno(_)) => false,
            (V::Null, V::Null) | (V::Folio, V::Folio) | (V::Page, V::Page) => true,
            (V::Null, V::Folio | V::Page | V::Entry(_) | V::Ref(..) | V::Other(_))
            | (V::Folio | V::Page | V::Entry(_) | V::Ref(..) | V::Other(_), V::Null) => false,
            (V::End, V::End) => true,
            (V::Other(x), V::Other(y)) => x == y,
            (V::Counter(name), V::Int(0)) => !self.ask(Atom::Counter(name.clone()), node),
            (V::Flags(x), V::Flags(y)) => x == y,
            (V::Flags(x), V::Int(0)) => x.is_empty(),
            (V::Mapcount(0), V::Int(1)) => self.ask(Atom::Pure(Action::MappedOnce), node),
            (V::Refs, V::Mapcount(1)) | (V::Mapcount(1), V::Refs) => self.ask(Atom::RefsExplained, node),
            // What is left of the range has at least one entry. With more a loop goes on with each of them.
            (V::Left, V::Left | V::Int(_)) | (V::Int(_), V::Left) => {
                self.one_is_left(node);
                let one = |value: &V| if *value == V::Left { V::Int(1) } else { value.clone() };
                return self.compare(operator, &one(a), &one(b), node);
            }
            (V::Batch(0), V::Int(0)) => false,
            // A batch of one, and one of more: the model has the first alone, so that both must do the same.
            (V::Batch(_), V::Left | V::Batch(_) | V::Int(1)) | (V::Left | V::Int(1), V::Batch(_)) => {
                let text = self.canonical(node);
                return Ok(self.ask(Atom::Free(text), node));
            }
            (V::Carried(_), _) => return self.truth(a, node),
            (_, V::Carried(_)) => return self.truth(b, node),
            _ => {
                let text = self.canonical(node);
                return self.refuse(
                    node,
                    "unknown condition",
                    "which condition is it?",
                    format!("add a row to the table: `expr:{text}`, a role (fact, ask, free), its meaning, releases, why"),
                );
            }
        };
        match operator {
            "==" => Ok(equal),
            "!=" => Ok(!equal),
            // A count of one is the least there is.
            ">" if matches!((a, b), (V::Mapcount(0), V::Int(1)) | (V::Batch(0), V::Int(0))) => Ok(!equal),
            _ => {
                self.refuse(node, "unknown condition", "expected == or !=", "which comes first is not known here")
            }
        }
    }
}
