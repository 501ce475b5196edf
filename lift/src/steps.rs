//! What a call does beside the entry: flushes, walks, the steps that a row names.

use crate::kinds;
use crate::parse::pieces;
use crate::run::{Run, Runner, Stop};
use crate::state::{Entry, Walk};
use crate::table::Row;
use crate::tree::{Atom, Event, Label, Term};
use crate::value::{Place, Value};
use model::Action;
use model::listing::Doing;
use tree_sitter::Node;

impl<'a> Runner<'a> {
    pub fn flush(&mut self, row: &Row, node: Node<'a>, arguments: &[Node<'a>]) -> Run<Value> {
        let at = |key, otherwise| row.option(key).and_then(|n| n.parse::<usize>().ok()).unwrap_or(otherwise);
        let (from, to) = (at("from", 2), at("to", 3));
        let from = arguments.get(from - 1).map(|a| self.value(*a)).transpose()?;
        let to = match arguments.get(to - 1) {
            Some(argument) => Some(self.value(*argument)?),
            // One page.
            None => match &from {
                Some(Value::Address(place)) => Some(Value::Address(place.on(1))),
                _ => None,
            },
        };
        let step = match (from, to) {
            (Some(Value::Address(Place::START)), Some(Value::End)) => Action::FlushRange,
            (Some(Value::Address(a)), Some(Value::Address(b))) if a == Place::HERE && b == Place::HERE.on(1) => {
                Action::FlushPage
            }
            _ => {
                return self.refuse(
                    node,
                    "a flush of part of the range",
                    "expected the whole range, or this page",
                    "the model flushes the range of the operation or the page of the round",
                );
            }
        };
        self.emit(Label::Do(Doing::Step(step)), node);
        Ok(Value::Int(0))
    }

    pub fn walk(&mut self, node: Node<'a>) -> Run<Value> {
        let Some(condition) = self.subject.walk else {
            return self.refuse(
                node,
                "a walk over mappings",
                "no step of the model is this walk in this function",
                "what the function does is one step in the model, and cannot be taken apart so far",
            );
        };
        match self.state.walk {
            Walk::Before => {
                self.emit(Label::Do(Doing::Step(Action::LockPtl)), node);
                if self.ask(Atom::Pure(condition), node) {
                    self.state.walk = Walk::On;
                    return Ok(Value::Int(1));
                }
            }
            Walk::On => {}
            Walk::Over => return self.refuse(node, "the walk goes on after its end", "here", ""),
        }
        self.state.walk = Walk::Over;
        self.emit(Label::Do(Doing::Step(Action::UnlockPtl)), node);
        Ok(Value::Int(0))
    }

    /// The step for the mapping of a device page, if the entry is one and the function has such a step.
    pub fn on_device(&self) -> Option<Action> {
        let device = kinds::set("device,device-exclusive").unwrap_or(0);
        self.subject.rmap_of_device.filter(|_| self.state.kinds != 0 && self.state.kinds & !device == 0)
    }

    /// The entry is device-exclusive: a reference, and up to 6.14 no mapping.
    pub fn only_exclusive_to_device(&self) -> bool {
        let set = kinds::of(Action::PteDeviceExclusive).unwrap_or(0);
        self.on_device().is_some() && self.state.kinds & !set == 0
    }

    pub fn steps(&mut self, row: &Row, node: Node<'a>, arguments: &[Node<'a>]) -> Run<Value> {
        if let Some(other) = row.option("other")
            && let Some(argument) = arguments.first()
            && matches!(self.value(*argument)?, Value::Other(_))
        {
            let action = self.action(other, row, node)?;
            self.emit(Label::Do(Doing::Step(action)), node);
            return Ok(Value::Int(0));
        }
        self.checked(row, arguments)?;
        let names: Vec<_> = row.words().map(str::to_owned).collect();
        for name in names {
            let action = self.action(&name, row, node)?;
            let label = match (row.option("word"), action) {
                (Some(at), action) => {
                    let at = at.parse::<usize>().unwrap_or(1);
                    let mut argument = arguments.get(at - 1).copied();
                    // Dirty of the word, or the word.
                    if let Some(call) = argument.filter(|a| a.kind() == "call_expression")
                        && call.child_by_field_name("function").is_some_and(|f| self.source.of(f) == "pte_dirty")
                    {
                        argument =
                            call.child_by_field_name("arguments").and_then(|a| pieces(a).into_iter().next());
                    }
                    match argument.map(|a| self.value(a)).transpose()? {
                        Some(Value::Word(word)) => Label::Uses(action, word),
                        _ => {
                            return self.refuse(
                                node,
                                "a step on what is no word of the entry",
                                "expected a word that was read or cleared",
                                "",
                            );
                        }
                    }
                }
                (None, Action::ClearPte) => {
                    self.state.entry = Entry::Cleared;
                    self.state.words += 1;
                    Label::Clear { word: self.state.words - 1, kept: true }
                }
                (None, Action::MkOld | Action::MkClean) => {
                    self.state.words += 1;
                    Label::Edit(action, self.state.words - 2, self.state.words - 1)
                }
                (None, Action::SetPte) => {
                    self.state.entry = Entry::There;
                    Label::Set(self.state.words - 1, true)
                }
                // The reference alone, where a device-exclusive entry is no mapping.
                (None, Action::PutFolio) if self.only_exclusive_to_device() && !self.state.half => {
                    if self.subject.exclusive_is_mapped {
                        return self.refuse(
                            node,
                            "a device-exclusive entry goes, and its mapping stays",
                            "expected the mapping to go before",
                            "since 6.15 a device-exclusive entry keeps its mapping",
                        );
                    }
                    Label::Do(Doing::Step(self.on_device().unwrap_or(Action::PutFolio)))
                }
                (None, action) => {
                    self.state.filled |= action == Action::CopyFolio;
                    Label::Do(Doing::Step(action))
                }
            };
            self.emit(label, node);
        }
        Ok(match row.option("value").map(str::parse) {
            Some(Ok(number)) => Value::Int(number),
            _ => Value::Opaque(format!("{}()", row.name)),
        })
    }

    pub fn act(&mut self, row: &Row, node: Node<'a>, arguments: &[Node<'a>]) -> Run<Value> {
        self.checked(row, arguments)?;
        let word = row.means.split_whitespace().next().unwrap_or("");
        let (name, when) = word.split_once('=').unwrap_or((word, ""));
        let function = match (row.role.as_str(), row.option("call")) {
            ("call", _) => Some(name),
            (_, Some(function)) if self.subject.calls.contains(&function) => Some(function),
            _ => None,
        };
        let doing = match function {
            Some(function) => match impls::kernel::variants(function).first() {
                Some(body) => Doing::Call(body.function.name),
                None => {
                    return self.refuse(
                        node,
                        format!("the row of {} names the function {function}", row.name),
                        "there is no such function",
                        "`lostwrite list --functions` prints them",
                    );
                }
            },
            None => Doing::Step(self.action(name, row, node)?),
        };
        if when.is_empty() {
            self.emit(Label::Do(doing), node);
            return Ok(Value::Opaque(format!("{}()", row.name)));
        }
        let never = row.option("never").and_then(kinds::set).unwrap_or(0);
        let sure = self.state.kinds != 0 && self.state.kinds & !never == 0;
        let answer = self.decide();
        self.events.push(Event::Ask(Atom::Act(doing), answer, node.byte_range()));
        if !answer && sure {
            self.notes.known(&format!("{}() does not fail here", row.name), node, &row.note);
            return Err(Stop::End(Term::Never, node.byte_range()));
        }
        self.forget();
        if answer && crate::bisim::shares(doing) {
            self.state.known.retain(|(atom, _)| *atom != Atom::Pure(Action::Exclusive));
        }
        if let Some(gives) = row.option("gives") {
            if answer {
                self.state.filled = match row.option("zeroed") {
                    Some("always") => true,
                    Some(at) => {
                        let argument = at.parse::<usize>().ok().and_then(|at| arguments.get(at - 1));
                        argument.map(|a| self.holds(*a)).transpose()? == Some(true)
                    }
                    None => false,
                };
            }
            return Ok(if answer { Value::Other(gives.to_owned()) } else { Value::Null });
        }
        Ok(match (when, answer) {
            ("true", answer) => Value::truth(answer),
            ("false", answer) => Value::truth(!answer),
            (_, true) => Value::Int(0),
            (_, false) => Value::Errno("ENOMEM".to_owned()),
        })
    }
}
