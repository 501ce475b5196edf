//! Expressions: what each is worth.

use crate::parse::pieces;
use crate::run::{Run, Runner};
use crate::value::Value;
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
}
