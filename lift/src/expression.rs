//! Expressions: values, conditions, assignments.

use crate::kinds;
use crate::marks::{Marked, shown};
use crate::parse::pieces;
use crate::run::{Run, Runner, Stop};
use crate::state::Entry;
use crate::table::Row;
use crate::tree::{Atom, Event, Label};
use crate::value::{Place, Value};
use impls::text::Problem;
use model::Action;
use model::listing::Doing;
use std::collections::BTreeSet;
use tree_sitter::Node;

impl<'a> Runner<'a> {
    /// An expression with the types of variables for their names: what rows are found by.
    pub fn canonical(&mut self, node: Node<'_>) -> String {
        if let Some(known) = self.canonical.get(&node.id()) {
            return known.clone();
        }
        let field = |name| node.child_by_field_name(name);
        let text = match node.kind() {
            "identifier" => {
                let name = self.source.of(node);
                let variable = self.state.variable(name);
                match variable.map(|v| (&v.value, &v.of)) {
                    // What was passed on goes by the name that it has in the function that is lifted.
                    Some((Value::Opaque(text), _)) if text.contains('#') => text.clone(),
                    Some((_, of)) => of.clone(),
                    None => name.to_owned(),
                }
            }
            "field_expression" => {
                let argument = field("argument").map_or(String::new(), |a| self.canonical(a));
                format!("{argument}->{}", field("field").map_or("", |f| self.source.of(f)))
            }
            "parenthesized_expression" => {
                pieces(node).first().map_or(String::new(), |inner| self.canonical(*inner))
            }
            "cast_expression" => field("value").map_or(String::new(), |inner| self.canonical(inner)),
            "binary_expression" => {
                let [left, right] =
                    ["left", "right"].map(|side| field(side).map_or(String::new(), |s| self.canonical(s)));
                format!("{left} {} {right}", field("operator").map_or("", |o| self.source.of(o)))
            }
            "unary_expression" | "pointer_expression" => {
                let argument = field("argument").map_or(String::new(), |a| self.canonical(a));
                format!("{}{argument}", field("operator").map_or("", |o| self.source.of(o)))
            }
            "subscript_expression" => field("argument").map_or(String::new(), |a| self.canonical(a)),
            "call_expression" => {
                let name = field("function").map_or("", |f| self.source.of(f)).to_owned();
                let arguments: Vec<_> = field("arguments")
                    .map(pieces)
                    .unwrap_or_default()
                    .into_iter()
                    .map(|a| self.canonical(a))
                    .collect();
                match (name.as_str(), arguments.as_slice()) {
                    ("likely" | "unlikely", [only]) => only.clone(),
                    _ => format!("{name}({})", arguments.join(", ")),
                }
            }
            _ => self.source.of(node).split_whitespace().collect::<Vec<_>>().join(" "),
        };
        // A helper can be called with different arguments.
        if !text.contains('#') {
            self.canonical.insert(node.id(), text.clone());
        }
        text
    }

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

    /// What an expression is worth; what it does, happens.
    pub fn value(&mut self, node: Node<'a>) -> Run<Value> {
        let field = |name| node.child_by_field_name(name);
        match node.kind() {
            "parenthesized_expression" => match pieces(node).as_slice() {
                [inner] => self.value(*inner),
                _ => self.refuse(node, "an expression that cannot be read", "here", "write it as statements"),
            },
            "cast_expression" | "initializer_pair" => match field("value") {
                Some(inner) => self.value(inner),
                None => self.refuse(node, "a cast that cannot be read", "here", ""),
            },
            "initializer_list" => match pieces(node).as_slice() {
                [inner] => self.value(*inner),
                [] => Ok(Value::Int(0)),
                _ => Ok(Value::Opaque(self.canonical(node))),
            },
            "comma_expression" => {
                let mut last = Value::Unset;
                for inner in pieces(node) {
                    self.kept = false;
                    last = self.value(inner)?;
                }
                Ok(last)
            }
            "number_literal" => {
                let text = self.source.of(node).trim_end_matches(['u', 'U', 'l', 'L']);
                let number = match text.strip_prefix("0x") {
                    Some(hex) => i64::from_str_radix(hex, 16),
                    None => text.parse(),
                };
                Ok(number.map_or_else(|_| Value::Opaque(text.to_owned()), Value::Int))
            }
            "true" => Ok(Value::Int(1)),
            "false" => Ok(Value::Int(0)),
            "null" => Ok(Value::Null),
            "string_literal" | "concatenated_string" | "char_literal" | "sizeof_expression" => {
                Ok(Value::Opaque("text".to_owned()))
            }
            "identifier" => self.identifier(node),
            "conditional_expression" => {
                let Some(condition) = field("condition") else {
                    return self.refuse(node, "an expression that cannot be read", "here", "");
                };
                let side = if self.holds(condition)? { field("consequence") } else { field("alternative") };
                match side {
                    Some(side) => self.value(side),
                    None => self.refuse(node, "an expression that cannot be read", "here", ""),
                }
            }
            "assignment_expression" => self.assignment(node),
            "update_expression" => self.step_on(node),
            "unary_expression" => self.unary(node),
            "binary_expression" => self.binary(node),
            "field_expression" | "subscript_expression" => self.field(node),
            "pointer_expression" => self.pointer(node),
            "call_expression" => self.call(node),
            kind => self.refuse(
                node,
                format!("a {} cannot be read", kind.replace('_', " ")),
                "here",
                "write it as statements",
            ),
        }
    }

    fn identifier(&mut self, node: Node<'a>) -> Run<Value> {
        let name = self.source.of(node);
        if let Some(variable) = self.state.variable(name) {
            self.notes.effects.entry(variable.set_by).or_default().read = true;
            if let Some(why) = &variable.by_fact {
                self.by_fact.get_or_insert_with(|| why.clone());
            }
            return match &variable.value {
                Value::Unset => self.refuse(
                    node,
                    format!("{name} is used before it is set"),
                    "on this path",
                    "set it, or leave the path before",
                ),
                value => Ok(value.clone()),
            };
        }
        self.not_a_macro(node, name)?;
        if name == "NULL" {
            return Ok(Value::Null);
        }
        if let Some(row) = self.row(name)
            && let Some(value) = self.by_row(&row, node)?
        {
            return Ok(value);
        }
        if name.starts_with('E')
            && name.len() > 2
            && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
        {
            return Ok(Value::Errno(name.to_owned()));
        }
        let constant = name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        Ok(if constant { Value::flag(name) } else { Value::Opaque(name.to_owned()) })
    }

    /// A macro of the file would change what a name means.
    pub fn not_a_macro(&mut self, node: Node<'_>, name: &str) -> Run<()> {
        // What has no effect may be a macro.
        let ignored = self.table.get(name).is_some_and(|row| row.role == "ignore");
        match self.source.clean.defined.get(name) {
            None => Ok(()),
            Some(_) if ignored => Ok(()),
            Some(at) => {
                let line = self.source.line(*at);
                self.refuse(
                    node,
                    format!("{name} is a macro of this file, defined in line {line}"),
                    "macros are not read through",
                    "make it a function",
                )
            }
        }
    }

    fn unary(&mut self, node: Node<'a>) -> Run<Value> {
        let operator = node.child_by_field_name("operator").map_or("", |o| self.source.of(o));
        let Some(argument) = node.child_by_field_name("argument") else {
            return self.refuse(node, "an expression that cannot be read", "here", "");
        };
        if operator == "!" {
            return Ok(Value::truth(!self.holds(argument)?));
        }
        let value = self.value(argument)?;
        Ok(match (operator, value) {
            ("-", Value::Int(n)) => Value::Int(-n),
            ("-", error @ Value::Errno(_)) => error,
            ("+", value) => value,
            ("~", Value::Flags(set)) => Value::AllBut(set),
            _ => Value::Opaque(self.canonical(node)),
        })
    }

    fn binary(&mut self, node: Node<'a>) -> Run<Value> {
        let operator = node.child_by_field_name("operator").map_or("", |o| self.source.of(o));
        let (Some(left), Some(right)) = (node.child_by_field_name("left"), node.child_by_field_name("right"))
        else {
            return self.refuse(node, "an expression that cannot be read", "here", "");
        };
        match operator {
            "&&" => {
                let both = self.holds(left)? && self.holds(right)?;
                return Ok(Value::truth(both));
            }
            "||" => {
                let either = self.holds(left)? || self.holds(right)?;
                return Ok(Value::truth(either));
            }
            _ => {}
        }
        let canonical = self.canonical(node);
        if let Some(row) = self.row(&format!("expr:{canonical}"))
            && let Some(value) = self.by_row(&row, node)?
        {
            return Ok(value);
        }
        let (a, b) = (self.value(left)?, self.value(right)?);
        match operator {
            "==" | "!=" | "<" | ">" | "<=" | ">=" => {
                let holds = self.compare(operator, &a, &b, node)?;
                Ok(Value::truth(holds))
            }
            _ => Ok(self.arithmetic(operator, a, b, node)),
        }
    }

    fn compare(&mut self, operator: &str, a: &Value, b: &Value, node: Node<'_>) -> Run<bool> {
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

    fn arithmetic(&mut self, operator: &str, a: Value, b: Value, node: Node<'_>) -> Value {
        use Value as V;
        match (operator, a, b) {
            ("+", V::Int(x), V::Int(y)) => V::Int(x + y),
            ("-", V::Int(x), V::Int(y)) => V::Int(x - y),
            ("*", V::Int(x), V::Int(y)) => V::Int(x * y),
            ("<<", V::Int(x), V::Int(y @ 0..60)) => V::Int(x << y),
            ("*", V::Int(x), V::Bytes(y)) | ("*", V::Bytes(y), V::Int(x)) => V::Bytes(x * y),
            ("/", V::Bytes(x), V::Bytes(1)) => V::Int(x),
            ("<<", V::Int(x), V::Flags(set)) if set.contains("PAGE_SHIFT") => V::Bytes(x),
            (">>", V::Bytes(x), V::Flags(set)) if set.contains("PAGE_SHIFT") => V::Int(x),
            ("+", V::Address(place), V::Bytes(n)) | ("+", V::Bytes(n), V::Address(place)) => {
                V::Address(place.on(n))
            }
            ("-", V::Address(place), V::Bytes(n)) => V::Address(place.on(-n)),
            ("+", V::Entry(place), V::Int(n)) => V::Entry(place.on(n)),
            ("-", V::Entry(place), V::Int(n)) => V::Entry(place.on(-n)),
            ("-", V::Address(x), V::Address(y)) if (x.round, x.batch) == (y.round, y.batch) => {
                V::Bytes(x.pages - y.pages)
            }
            ("-", V::Address(x), V::Address(y)) if !x.batch && !y.batch => V::Span(x, y),
            ("+", V::Page, V::Int(0)) => V::Page,
            ("-", V::End, V::Address(place)) if place == self.subject.page() => V::Rest,
            ("-", V::Left, V::Int(n)) => {
                self.one_is_left(node);
                V::Int(1 - n)
            }
            ("/", V::Rest, V::Bytes(1)) => V::Left,
            (">>", V::Rest, V::Flags(set)) if set.contains("PAGE_SHIFT") => V::Left,
            ("+", V::Batch(x), V::Int(y)) | ("+", V::Int(y), V::Batch(x)) => V::Batch(x + y),
            ("-", V::Batch(x), V::Int(y)) => V::Batch(x - y),
            ("*", V::Batch(x), V::Bytes(1)) | ("*", V::Bytes(1), V::Batch(x)) => V::BatchBytes(x),
            ("<<", V::Batch(x), V::Flags(set)) if set.contains("PAGE_SHIFT") => V::BatchBytes(x),
            ("+", V::Address(place), V::BatchBytes(n)) | ("+", V::BatchBytes(n), V::Address(place)) => {
                place.a_batch_on(n).map_or_else(|| V::Opaque(self.canonical(node)), V::Address)
            }
            ("+", V::Entry(place), V::Batch(n)) | ("+", V::Batch(n), V::Entry(place)) => {
                place.a_batch_on(n).map_or_else(|| V::Opaque(self.canonical(node)), V::Entry)
            }
            ("/", V::Span(x, y), V::Bytes(1)) => V::Pages(x, y),
            (">>", V::Span(x, y), V::Flags(set)) if set.contains("PAGE_SHIFT") => V::Pages(x, y),
            ("+", V::Entry(place), V::Pages(x, y)) if place == y => V::Entry(x),
            ("+", V::Mapcount(x), V::Int(y)) | ("+", V::Int(y), V::Mapcount(x)) => V::Mapcount(x + y),
            ("+" | "-", V::Counter(name), V::Int(_) | V::Batch(_)) => V::Counter(name),
            ("|", V::Flags(x), V::Flags(y)) => V::Flags(&x | &y),
            ("|", V::Flags(x), V::Int(0)) | ("|", V::Int(0), V::Flags(x)) => V::Flags(x),
            ("&", V::Flags(x), V::Flags(y)) => V::Flags(&x & &y),
            ("&", V::Int(0), V::Flags(_)) | ("&", V::Flags(_), V::Int(0)) => V::Flags(BTreeSet::new()),
            ("&", V::Flags(x), V::AllBut(y)) => V::Flags(&x - &y),
            ("&", V::Int(0), V::AllBut(_)) => V::Int(0),
            _ => V::Opaque(self.canonical(node)),
        }
    }

    /// The paths are those of the last entry of the range: whatever else is left is handled in rounds of its own.
    fn one_is_left(&mut self, node: Node<'_>) {
        let why = "a batch does the same with each of its entries";
        self.fact("the entries that are left are one", node, why);
    }

    /// What a row says that an expression is worth; `None` if the row says something else.
    fn by_row(&mut self, row: &Row, node: Node<'_>) -> Run<Option<Value>> {
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

    fn field(&mut self, node: Node<'a>) -> Run<Value> {
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

    fn pointer(&mut self, node: Node<'a>) -> Run<Value> {
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

    fn step_on(&mut self, node: Node<'a>) -> Run<Value> {
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

    fn assignment(&mut self, node: Node<'a>) -> Run<Value> {
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
