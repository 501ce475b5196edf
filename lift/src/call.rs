//! Calls: what the table says of the function that is called.

use crate::kinds;
use crate::parse::pieces;
use crate::run::{Run, Runner, Stop};
use crate::state::{Entry, Walk};
use crate::table::Row;
use crate::tree::{Atom, Label, Term};
use crate::value::{Kind, Value};
use model::Action;
use model::listing::Doing;
use tree_sitter::Node;

impl<'a> Runner<'a> {
    /// A call.
    pub fn call(&mut self, node: Node<'a>) -> Run<Value> {
        let Some(function) = node.child_by_field_name("function") else {
            return self.refuse(node, "a call that cannot be read", "here", "");
        };
        let arguments = node.child_by_field_name("arguments").map(pieces).unwrap_or_default();
        let name = self.source.of(function);
        if function.kind() != "identifier" {
            return self.refuse(
                function,
                format!("a call of `{name}`"),
                "expected a function by its name",
                "which function it calls is not known",
            );
        }
        if self.state.variable(name).is_some() {
            return self.refuse(
                function,
                format!("{name} is a variable here"),
                "expected a function by its name",
                "which function it calls is not known",
            );
        }
        self.not_a_macro(function, name)?;
        let canonical = self.canonical(node);
        if let Some(row) = self.row(&format!("expr:{canonical}"))
            && ["fact", "ask", "free"].contains(&row.role.as_str())
        {
            return self.known_call(&row, name, node, &arguments);
        }
        match self.row(name) {
            Some(row) if row.role == "forbidden" => {
                self.refuse(function, format!("{name}(): {}", row.note), "not modelled", row.means)
            }
            Some(row) => self.known_call(&row, name, node, &arguments),
            None if self.functions.contains_key(name) => self.inline(name, node, &arguments),
            None => self.refuse(
                function,
                format!("unknown call {name}()"),
                "what does it do?",
                format!(
                    "add a row to the table: {name}, a role (step, act, ask, fact, ignore, ...), its meaning, releases, why; \
                     or give the file that defines it"
                ),
            ),
        }
    }

    fn known_call(&mut self, row: &Row, name: &str, node: Node<'a>, arguments: &[Node<'a>]) -> Run<Value> {
        self.under_work(row, arguments)?;
        let kept = self.kept;
        let first = |runner: &mut Self| match arguments.first() {
            Some(argument) => runner.value(*argument),
            None => runner.refuse(node, format!("{name}() without an argument"), "here", ""),
        };
        match row.role.as_str() {
            "same" | "pass" => {
                let at = row.option("arg").and_then(|n| n.parse::<usize>().ok()).unwrap_or(1);
                self.checked(row, arguments)?;
                if row.words().any(|word| word == "unseen") {
                    self.mark_call(row, name, node);
                }
                match arguments.get(at - 1) {
                    Some(argument) => self.value(*argument),
                    None => self.refuse(node, format!("{name}() without an argument"), "here", ""),
                }
            }
            "bug" => {
                let value = first(self)?;
                if self.truth(&value, node)? {
                    self.notes.known(&format!("{name}() never holds"), node, &row.note);
                    return Err(Stop::End(Term::Never, self.statement.clone()));
                }
                Ok(Value::Int(0))
            }
            "fact" => {
                self.harmless(arguments)?;
                self.fact(&format!("{name}() is {}", row.means), node, &row.note);
                Ok(match row.means.as_str() {
                    "true" => Value::Int(1),
                    "false" => Value::Int(0),
                    "null" => Value::Null,
                    number => number.parse().map_or_else(|_| Value::Opaque(name.to_owned()), Value::Int),
                })
            }
            "free" => {
                self.harmless(arguments)?;
                self.notes.irrelevant(&format!("{name}()"), node, &row.note);
                self.mark_call(row, name, node);
                let asked = self.canonical(node);
                Ok(Value::truth(self.ask(Atom::Free(asked), node)))
            }
            "ignore" => {
                self.harmless(arguments)?;
                self.notes.irrelevant(&format!("{name}()"), node, &row.note);
                self.mark_call(row, name, node);
                Ok(Value::Opaque(format!("{name}()")))
            }
            "declare" => {
                if let Some(argument) = arguments.first() {
                    let declared = self.source.of(*argument).to_owned();
                    self.declare(&declared, &row.means, false, Value::Opaque(row.means.clone()));
                }
                Ok(Value::Int(0))
            }
            "kind" => {
                self.checked(row, arguments)?;
                let names = row.words().next().unwrap_or("");
                match kinds::set(names) {
                    Some(set) => Ok(Value::truth(self.ask_kind(set, node))),
                    None => self.refuse(
                        node,
                        format!("the row of {name} names `{names}`"),
                        "expected kinds of entries",
                        kinds::KINDS.join(", "),
                    ),
                }
            }
            "bit" => {
                self.checked(row, arguments)?;
                // Only an entry of these kinds has the bit at all.
                if let Some(set) = row.option("has").and_then(kinds::set)
                    && !self.ask_kind(set, node)
                {
                    return Ok(Value::Int(0));
                }
                let value = first(self)?;
                if let Value::New { dirty, write } = value {
                    return Ok(Value::truth(if row.means.starts_with("PteDirty") { dirty } else { write }));
                }
                let Value::Word(word) = value else {
                    return self.refuse(
                        node,
                        format!("{name}() of what is no word of the entry"),
                        "expected a word that was read or cleared",
                        "",
                    );
                };
                let action = self.action(row.words().next().unwrap_or(""), row, node)?;
                Ok(Value::truth(self.ask_bit(action, word, node)))
            }
            "ask" => {
                self.checked(row, arguments)?;
                Ok(Value::truth(self.ask_row(row, node)?))
            }
            "normal" => {
                self.checked(row, arguments)?;
                let normal = kinds::of(Action::NormalPage).unwrap_or(0);
                let value = arguments.last().map(|a| self.value(*a)).transpose()?;
                if !matches!(value, Some(Value::Word(_))) {
                    return self.refuse(
                        node,
                        format!("{name}() of what is no word of the entry"),
                        "expected a word that was read or cleared",
                        "",
                    );
                }
                let folio = row.words().any(|w| w == "folio");
                Ok(match (self.ask_kind(normal, node), folio) {
                    (false, _) => Value::Null,
                    (true, true) => Value::Folio,
                    (true, false) => Value::Page,
                })
            }
            "value" => {
                self.checked(row, arguments)?;
                self.harmless(arguments)?;
                Ok(self.named(row, node))
            }
            "convert" => match arguments.first() {
                Some(argument) => {
                    self.harmless(arguments)?;
                    self.convert(row, *argument)
                }
                None => self.refuse(node, format!("{name}() without an argument"), "here", ""),
            },
            "flag" => {
                self.harmless(arguments)?;
                Ok(Value::flag(&row.means))
            }
            "mapcount" => {
                self.checked(row, arguments)?;
                Ok(Value::Mapcount(0))
            }
            "refs" => {
                self.checked(row, arguments)?;
                self.emit(Label::Do(Doing::Step(Action::ReadRefs)), node);
                Ok(Value::Refs)
            }
            "read" => match first(self)? {
                Value::Entry(place) => self.read(place, node),
                _ => self.refuse(
                    node,
                    format!("{name}() of what is no entry"),
                    "expected a pointer to the entry",
                    "",
                ),
            },
            "clear" => self.clear(row, node, arguments, kept),
            "set" => self.set(row, node, arguments),
            "edit" => {
                let from = first(self)?;
                if let (Value::New { write, .. }, true) = (&from, row.means.starts_with("MkDirty")) {
                    return Ok(Value::New { dirty: true, write: *write });
                }
                let Value::Word(from) = from else {
                    return self.refuse(
                        node,
                        format!("{name}() of what is no word of the entry"),
                        "expected a word that was read or cleared",
                        "",
                    );
                };
                self.harmless(&arguments[1..])?;
                let action = self.action(row.words().next().unwrap_or(""), row, node)?;
                Ok(Value::Word(self.edit(action, from, node)))
            }
            "migration" => {
                self.harmless(arguments)?;
                let kind = match row.means.as_str() {
                    "W" => Kind::W,
                    "RX" => Kind::Exclusive,
                    _ => Kind::R,
                };
                Ok(Value::Migration { kind, young: false, dirty: false })
            }
            "carry" => match first(self)? {
                Value::Migration { kind, young, dirty } => Ok(Value::Migration {
                    kind,
                    young: young || row.means == "young",
                    dirty: dirty || row.means == "dirty",
                }),
                _ => self.refuse(
                    node,
                    format!("{name}() of what is no migration entry"),
                    "expected a migration entry",
                    "",
                ),
            },
            "swapmark" => match first(self)? {
                Value::Slot(_) => Ok(Value::Slot(true)),
                _ => self.refuse(
                    node,
                    format!("{name}() of what is no swap entry"),
                    "expected a new swap entry",
                    "",
                ),
            },
            "lock" => {
                let at = row.option("at").and_then(|n| n.parse::<usize>().ok()).unwrap_or(3);
                let place = match arguments.get(at - 1).map(|a| self.value(*a)).transpose()? {
                    Some(Value::Address(place)) => place,
                    _ => {
                        return self.refuse(
                            node,
                            format!("{name}() of what is no address of the range"),
                            "which entry is locked?",
                            "",
                        );
                    }
                };
                // Which lock it is, it stores where the caller says.
                for argument in arguments {
                    let target = argument
                        .child_by_field_name("argument")
                        .filter(|_| self.source.of(*argument).starts_with('&'));
                    let name = target.map_or("", |t| self.source.of(t)).to_owned();
                    if let Some(lock) = self.state.variable_mut(&name).filter(|v| v.of.starts_with("spinlock_t")) {
                        lock.value = Value::Opaque("spinlock_t".to_owned());
                    }
                }
                self.emit(Label::Do(Doing::Step(Action::LockPtl)), node);
                Ok(Value::Entry(place))
            }
            "walk" => self.walk(node),
            "walkdone" => {
                if self.state.walk != Walk::On {
                    return self.refuse(
                        node,
                        format!("{name}() where no walk is on"),
                        "the page-table lock is not held",
                        "",
                    );
                }
                self.state.walk = Walk::Over;
                self.emit(Label::Do(Doing::Step(Action::UnlockPtl)), node);
                Ok(Value::Int(0))
            }
            "flush" => self.flush(row, node, arguments),
            "rmap" => {
                self.checked(row, arguments)?;
                if self.only_exclusive_to_device() && !self.subject.exclusive_is_mapped {
                    return self.refuse(
                        node,
                        "the mapping of a device-exclusive entry",
                        "expected its reference to go, and nothing else",
                        "up to 6.14 a device-exclusive entry is no mapping",
                    );
                }
                let step = match (self.on_device(), self.state.entry) {
                    (Some(step), _) => {
                        self.state.half = true;
                        step
                    }
                    (None, Entry::Cleared) if self.subject.rmap == Action::RemoveRmap => Action::DropMapping,
                    _ => self.subject.rmap,
                };
                self.emit(Label::HalfRmap(step), node);
                Ok(Value::Int(0))
            }
            "maywrite" => match first(self)? {
                Value::New { dirty, .. } => Ok(Value::New { dirty, write: true }),
                _ => self.refuse(
                    node,
                    format!("{name}() of what is no new word"),
                    "expected the word of a new page",
                    "",
                ),
            },
            // Part of mapping a new page.
            "part" => {
                match first(self)? {
                    Value::Other(_) => {}
                    _ => {
                        return self.refuse(
                            node,
                            format!("{name}() of what is no new page"),
                            "expected the page that was allocated",
                            "",
                        );
                    }
                }
                let part: Vec<_> = row.words().collect();
                *self.state.cells.entry(part.join(" ")).or_default() += 1;
                Ok(Value::Int(0))
            }
            "protect" => {
                self.harmless(arguments)?;
                Ok(Value::Protected(row.words().next().and_then(kinds::set).unwrap_or(0)))
            }
            // A flush is needed where W went.
            "lostw" => match arguments.iter().map(|a| self.value(*a)).collect::<Run<Vec<_>>>()?.as_slice() {
                [Value::Word(old), Value::Word(new)] => {
                    let (old, new) = (*old, *new);
                    let went = self.ask_bit(Action::PteWritable, old, node)
                        && !self.ask_bit(Action::PteWritable, new, node);
                    Ok(Value::truth(went))
                }
                _ => self.refuse(
                    node,
                    format!("{name}() of what is no word of the entry"),
                    "expected two words",
                    "",
                ),
            },
            "samew" => match arguments.iter().map(|a| self.value(*a)).collect::<Run<Vec<_>>>()?.as_slice() {
                [Value::Word(a), Value::Word(b)] if a == b => Ok(Value::Int(1)),
                // The entry, read again, against the word that the caller has.
                [Value::Word(_), Value::Word(0)] if self.subject.has_word => {
                    Ok(Value::truth(self.ask(Atom::Pure(Action::PteSame), node)))
                }
                [Value::Word(_), Value::Protected(_) | Value::Migration { .. }] => Ok(Value::Int(0)),
                _ => self.refuse(
                    node,
                    format!("{name}() of words of which it is not known"),
                    "are they the same?",
                    "",
                ),
            },
            "queue" => {
                self.checked(row, arguments)?;
                self.emit(Label::Queue, node);
                Ok(Value::Int(0))
            }
            "config" => {
                let option = arguments.first().map_or("", |a| self.source.of(*a));
                match self.table.option(option) {
                    Some(holds) => {
                        self.fact(
                            &format!("{option} is {}", if holds { "set" } else { "not set" }),
                            node,
                            "the table of CONFIG options",
                        );
                        Ok(Value::truth(holds))
                    }
                    None => self.refuse(
                        node,
                        format!("whether {option} is set is not known"),
                        "which side holds?",
                        "say so with --config FILE: a line such as CONFIG_X=y",
                    ),
                }
            }
            "by" => {
                // What it does depends on flags.
                let at = row.words().next().and_then(|n| n.parse::<usize>().ok()).unwrap_or(1);
                let flags = match arguments.get(at - 1).map(|a| self.value(*a)).transpose()? {
                    Some(Value::Flags(set)) => set.into_iter().collect::<Vec<_>>().join("|"),
                    _ => "?".to_owned(),
                };
                match self.row(&format!("{name}:{flags}")) {
                    Some(row) => self.steps(&row, node, arguments),
                    None => self.refuse(
                        node,
                        format!("{name}() with {flags}"),
                        "what does it do?",
                        format!("add a row to the table: {name}:{flags}"),
                    ),
                }
            }
            "never" => {
                self.harmless(arguments)?;
                self.notes.known(&format!("no path comes to {name}()"), node, &row.note);
                Err(Stop::End(Term::Never, node.byte_range()))
            }
            "leave" => {
                self.harmless(arguments)?;
                self.state.left = true;
                self.notes.known(&format!("{name}()"), node, &row.note);
                Ok(Value::Int(0))
            }
            "stop" => {
                self.harmless(arguments)?;
                let term = if row.means == "finish" { Term::Finish } else { Term::Retry };
                Err(Stop::End(term, node.byte_range()))
            }
            "step" | "steps" => self.steps(row, node, arguments),
            "act" | "call" => self.act(row, node, arguments),
            role => {
                self.refuse(node, format!("the row of {name} has the role {role}"), "which is none for a call", "")
            }
        }
    }
}
