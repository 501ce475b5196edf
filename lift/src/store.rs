//! Assignments: where a value goes.

use crate::marks::{Marked, shown};
use crate::parse::pieces;
use crate::run::{Run, Runner, Stop};
use crate::value::Value;
use impls::text::Problem;
use tree_sitter::Node;

impl<'a> Runner<'a> {
    pub fn step_on(&mut self, node: Node<'a>) -> Run<Value> {
        let Some(argument) = node.child_by_field_name("argument") else {
            return self.refuse(node, "an expression that cannot be read", "here", "");
        };
        let operator = node.child_by_field_name("operator").map_or("", |o| self.source.of(o));
        let by = if operator == "--" { -1 } else { 1 };
        let suffix = node.child(0).is_some_and(|first| first.id() == argument.id());
        let before = if argument.kind() == "identifier" { self.value(argument)? } else { Value::Int(0) };
        let after = match before.clone() {
            Value::Int(n) => Value::Int(n + by),
            Value::Counter(name) => Value::Counter(name),
            Value::Entry(place) => Value::Entry(place.on(by)),
            Value::Carried(name) => Value::Carried(name),
            _ => Value::Opaque(self.canonical(node)),
        };
        self.store(argument, after.clone(), by, node)?;
        Ok(if suffix { before } else { after })
    }

    pub fn assignment(&mut self, node: Node<'a>) -> Run<Value> {
        let (Some(left), Some(right)) = (node.child_by_field_name("left"), node.child_by_field_name("right"))
        else {
            return self.refuse(node, "an assignment that cannot be read", "here", "");
        };
        let operator = node.child_by_field_name("operator").map_or("=", |o| self.source.of(o));
        self.kept = true;
        let mut value = self.value(right)?;
        let mut by = 0;
        if operator != "=" {
            let plain = left.kind() == "identifier";
            let before = if plain { self.value(left)? } else { Value::Opaque(self.canonical(left)) };
            by = match value {
                Value::Int(n) if operator == "-=" => -n,
                Value::Int(n) => n,
                // At least one, and all of them together what a batch of one counts.
                Value::Batch(0) if plain => 1,
                _ => 0,
            };
            if by != 0 {
                let (name, much) = (self.source.of(left).to_owned(), self.told(right));
                let text = format!("a count {operator}: {much}");
                self.mark(Marked::Told, &name, text, node, "how much a count grows is not looked at", true);
            }
            value = self.arithmetic(operator.trim_end_matches('='), before, value, node);
        }
        self.store(left, value.clone(), by, node)?;
        Ok(value)
    }

    /// Puts a value somewhere; `by` is how much a number grew.
    fn store(&mut self, target: Node<'a>, value: Value, by: i64, node: Node<'a>) -> Run<()> {
        if target.kind() == "parenthesized_expression"
            && let [inner] = pieces(target).as_slice()
        {
            return self.store(*inner, value, by, node);
        }
        if target.kind() == "identifier" {
            let name = self.source.of(target).to_owned();
            if by != 0 && self.state.frames.len() == 1 {
                self.state.counted.push(name.clone());
            }
            let set_by = self.open.last().copied().unwrap_or_default();
            let by_fact =
                self.by_fact.clone().or(self.under_fact.clone()).filter(|_| crate::run::is_plain(&value));
            if let Some(variable) = self.state.variable_mut(&name) {
                let changes = variable.value != value || by != 0;
                variable.value = value;
                variable.by_fact = by_fact;
                if changes {
                    variable.set_by = set_by;
                    self.sets();
                }
                return Ok(());
            }
            return self.refuse(
                target,
                format!("a store to {name}"),
                "no variable of this function",
                "add a row to the table: `store:NAME`",
            );
        }
        let canonical = self.canonical(target);
        match self.row(&format!("store:{canonical}")) {
            // What is stored for the caller is looked at when the path ends.
            Some(row) if row.role == "cell" || row.role == "select" => {
                if row.role == "cell" || row.means == "src" {
                    self.sets();
                    let place = self.open.last().copied().unwrap_or_default();
                    self.notes.effects.entry(place).or_default().read = true;
                }
                if row.role == "cell" {
                    *self.state.cells.entry(row.means.clone()).or_default() += by;
                    return Ok(());
                }
                if let Some(index) = target.child_by_field_name("index") {
                    if !self.source.of(index).trim_end_matches("++").ends_with("->npages") {
                        return self.refuse(
                            index,
                            format!("{} of another page", row.means),
                            "expected the next one: npages",
                            "a listing has one page under work",
                        );
                    }
                    self.value(index)?;
                }
                if row.means == "dst" && value != Value::Int(0) {
                    return self.refuse(
                        node,
                        "dst says something",
                        "expected zero",
                        "the driver fills dst in later",
                    );
                }
                if row.means == "src" {
                    self.state.selected = Some(value);
                }
            }
            Some(row) => match row.role.as_str() {
                "ignore" => {
                    self.notes.irrelevant(&format!("a store to {canonical}"), node, &row.note);
                    let unseen = row.words().any(|word| word == "unseen");
                    let text = format!("{canonical} = {}", shown(&value).unwrap_or_default());
                    let name = self.source.of(target).to_owned();
                    self.mark(Marked::Ignored, &name, text, node, &row.note, unseen);
                }
                _ => {
                    return self.refuse(
                        target,
                        format!("a store to {canonical}"),
                        "its row has no role for a store",
                        "",
                    );
                }
            },
            None => {
                if target.kind() == "pointer_expression"
                    && let Some(argument) = target.child_by_field_name("argument")
                {
                    return match self.value(argument)? {
                        Value::Ref(frame, name) => {
                            let found = self.state.frames.get_mut(frame);
                            let found = found.and_then(|f| f.variables.iter_mut().rev().find(|v| v.name == name));
                            found.into_iter().for_each(|v| v.value = value.clone());
                            self.sets();
                            Ok(())
                        }
                        Value::Entry(_) => self.refuse(
                            target,
                            "a plain store to the entry",
                            "expected set_pte_at()",
                            "the hardware may change the entry at the same time",
                        ),
                        _ => self.unknown_store(target, &canonical),
                    };
                }
                return self.unknown_store(target, &canonical);
            }
        }
        Ok(())
    }

    fn unknown_store(&self, target: Node<'_>, canonical: &str) -> Run<()> {
        Err(Stop::Refused(Box::new(Problem::error(target.byte_range(), "unknown store", "who reads it?").help(
            format!("if it has no effect here, add a row to the table: `store:{canonical}`, ignore, -, -, why"),
        ))))
    }
}
