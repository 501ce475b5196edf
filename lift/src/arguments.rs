//! What the arguments of a call must be: a step works on what is under work, and on nothing else.

use crate::kinds;
use crate::marks::Marked;
use crate::parse::pieces;
use crate::run::{Run, Runner};
use crate::table::Row;
use crate::value::{Place, Value};
use tree_sitter::Node;

impl<'a> Runner<'a> {
    /// Arguments that a row checks: `folio=N`, `new=N`, `of=N`, `nr=N`, `most=N`; and `only=KINDS`, the entries
    /// for which C says what it does.
    pub fn checked(&mut self, row: &Row, arguments: &[Node<'a>]) -> Run<()> {
        if let Some(only) = row.option("only").and_then(kinds::set)
            && self.state.kinds & !only != 0
            && let Some(argument) = arguments.first()
        {
            return self.refuse(
                *argument,
                format!("{}() of an entry that is {}", row.name, kinds::words(self.state.kinds & !only)),
                &format!("expected one that is {}", kinds::words(only)),
                "what comes back is not defined: ask for the kind of the entry before",
            );
        }
        for (key, expected) in [
            ("folio", "the folio under work"),
            ("new", "the page that was allocated"),
            ("of", "a word that was read or cleared"),
            ("nr", if self.state.batched { "as many entries as the batch has" } else { "one entry" }),
            ("most", "the number of the entries that are left"),
            ("zero", "the first entry of the batch"),
        ] {
            let Some(at) = row.option(key).and_then(|n| n.parse::<usize>().ok()) else { continue };
            let Some(argument) = arguments.get(at - 1) else { continue };
            self.kept = true;
            let value = self.value(*argument)?;
            let fits = match key {
                "folio" => matches!(value, Value::Folio | Value::Page),
                "new" => matches!(value, Value::Other(_)),
                "of" => matches!(value, Value::Word(_) | Value::New { .. }),
                "zero" => value == Value::Int(0),
                "most" => matches!(value, Value::Left | Value::Int(1)),
                _ if self.state.batched => value == Value::Batch(0),
                _ => value == Value::Int(1),
            };
            // Of a large folio a variable that is one here would be another number.
            if key == "nr" {
                let text = format!("{}#{at}: {}", row.name, self.canonical(*argument));
                let why = "a batch has one entry here, or all are handled alike";
                self.mark(Marked::Told, &row.name, text, *argument, why, true);
            }
            if !fits {
                return self.refuse(
                    *argument,
                    format!("{}() of something else", row.name),
                    &format!("expected {expected}"),
                    "a listing has one folio under work, and one entry at a time",
                );
            }
        }
        Ok(())
    }

    /// A step works on the page, the entry and the address under work, in the address space under work.
    /// Anything else would make it another step. `is=N:VALUE` in a row says which number or flag argument N
    /// has to be if it is one, and `any=N` lets it be anything.
    pub fn under_work(&mut self, row: &Row, arguments: &[Node<'a>]) -> Run<()> {
        // These do nothing to what is under work, or look at their arguments themselves.
        const NOTHING: [&str; 13] = [
            "fact", "free", "ignore", "pass", "same", "bug", "never", "declare", "config", "leave", "flush",
            "walk", "walkdone",
        ];
        if NOTHING.contains(&row.role.as_str()) {
            return Ok(());
        }
        let free = |at: usize| {
            let of = |key| row.option(key).unwrap_or_default().split('+').any(|n| n.parse() == Ok(at));
            ["any", "nr", "most", "zero"].into_iter().any(of)
        };
        let any = |at: usize| row.option("any").unwrap_or_default().split('+').any(|n| n.parse() == Ok(at));
        for (n, argument) in arguments.iter().enumerate().filter(|(n, _)| any(n + 1)) {
            let text = format!("{}#{}: {}", row.name, n + 1, self.told(*argument));
            let why = "the step is the same with any";
            self.mark(Marked::Told, &row.name, text, *argument, why, true);
        }
        for (n, argument) in arguments.iter().enumerate().filter(|(n, _)| !free(n + 1)) {
            let text = self.source.of(*argument);
            let expected = row.option("is").unwrap_or_default().split('+').find_map(|one| {
                let (at, value) = one.split_once(':')?;
                (at.parse() == Ok(n + 1)).then(|| value.to_owned())
            });
            // A range from an address to itself is none.
            let twice = argument.kind() == "identifier"
                && arguments[..n].iter().any(|other| self.source.of(*other) == text);
            if twice || self.is_foreign(*argument, expected.as_deref())? {
                let named = match self.value(*argument) {
                    Ok(Value::Opaque(text)) => text,
                    _ => self.canonical(*argument),
                };
                let expected = expected.map_or("what is under work".to_owned(), |e| e.replace('|', " or "));
                let number = match self.value(*argument) {
                    Ok(Value::Int(number)) => Some(number.to_string()),
                    Ok(Value::Flags(set)) if set.len() == 1 => set.into_iter().next(),
                    _ => None,
                };
                let help = match number {
                    Some(number) => format!(
                        "if the step is the same with it, say is={}:{number} in the row; any other number is refused then",
                        n + 1
                    ),
                    None => format!(
                        "a listing has one page, one entry and one address under work; if this is the same, add a row \
                         for what it is: `under:{named}`"
                    ),
                };
                return self.refuse(
                    *argument,
                    format!("argument {} of {}() is {text}", n + 1, row.name),
                    &format!("expected {expected}"),
                    help,
                );
            }
        }
        Ok(())
    }

    /// Whether an argument is not what is under work, and not the number or the flag that a row names.
    fn is_foreign(&mut self, argument: Node<'a>, expected: Option<&str>) -> Run<bool> {
        if !self.is_plain(argument) {
            // Where a number is expected, a call that does something is none that is known.
            return Ok(expected.is_some() && argument.kind() == "call_expression");
        }
        let value = self.value(argument)?;
        let named = |one: &str| match &value {
            Value::Int(n) => one.parse() == Ok(*n),
            Value::Flags(set) => set.len() == 1 && set.contains(one),
            Value::Address(place) => one == "end" && *place == Place::HERE.on(1),
            _ => false,
        };
        Ok(match &value {
            Value::Int(_) | Value::Flags(_) | Value::Address(Place { pages: 1, batch: false, .. }) => {
                !expected.is_some_and(|all| all.split('|').any(named))
            }
            Value::AllBut(_) | Value::Counter(_) | Value::Refs | Value::Mapcount(_) | Value::End => true,
            Value::Left | Value::Batch(_) | Value::BatchBytes(_) => true,
            Value::Address(place) | Value::Entry(place) => place.pages != 0 || place.batch,
            Value::Opaque(text) => !self.is_under_work(text),
            _ => false,
        })
    }

    /// What no value of its own stands for: a row says so, or that it is a property of the page.
    fn is_under_work(&mut self, text: &str) -> bool {
        let value = |name: &str| self.table.get(name).is_some_and(|row| row.role == "value");
        let inside = text.split_once('(').and_then(|(name, rest)| Some((name, rest.strip_suffix(')')?)));
        if inside.is_some_and(|(name, inside)| value(name) && !inside.contains(')')) {
            return true;
        }
        self.row(&format!("under:{text}")).is_some()
    }

    /// Whether an expression can be looked at without doing what it does.
    fn is_plain(&mut self, node: Node<'_>) -> bool {
        const PLAIN: [&str; 5] = ["value", "convert", "fact", "flag", "mapcount"];
        let plain = match node.kind() {
            "type_descriptor" => return true,
            "assignment_expression" | "update_expression" => false,
            "call_expression" => {
                let name = node.child_by_field_name("function").map_or("", |f| self.source.of(f)).to_owned();
                self.row(&name).is_some_and(|row| PLAIN.contains(&row.role.as_str()))
            }
            _ => true,
        };
        plain && pieces(node).into_iter().all(|inner| self.is_plain(inner))
    }

    /// Arguments of what has no effect must have none either.
    pub fn harmless(&mut self, arguments: &[Node<'a>]) -> Run<()> {
        const PURE: [&str; 16] = [
            "same", "value", "convert", "kind", "bit", "free", "ignore", "fact", "ask", "flag", "pass",
            "mapcount", "normal", "read", "edit", "slot",
        ];
        for argument in arguments {
            let mut open = vec![*argument];
            while let Some(node) = open.pop() {
                match node.kind() {
                    "assignment_expression" | "update_expression" => {
                        return self.refuse(
                            node,
                            "an assignment in an argument",
                            "of a call that has no effect here",
                            "make it a statement of its own",
                        );
                    }
                    "call_expression" => {
                        let name =
                            node.child_by_field_name("function").map_or("", |f| self.source.of(f)).to_owned();
                        let role = self.row(&name).map(|r| r.role);
                        if !role.as_deref().is_some_and(|r| PURE.contains(&r)) {
                            return self.refuse(
                                node,
                                format!("{name}() in an argument"),
                                "of a call that has no effect here",
                                "make it a statement of its own, or add a row to the table",
                            );
                        }
                    }
                    _ => {}
                }
                open.extend(pieces(node));
            }
        }
        Ok(())
    }
}
