//! Calls: what the table says of the function that is called.

use crate::kinds;
use crate::parse::pieces;
use crate::run::{Run, Runner, Stop};
use crate::state::{Entry, Walk};
use crate::table::Row;
use crate::tree::{Atom, Event, Label, Term};
use crate::value::{Kind, Place, Value};
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
                self.notes.known(&format!("{name}() is {}", row.means), node, &row.note);
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
                let asked = self.canonical(node);
                Ok(Value::truth(self.ask(Atom::Free(asked), node)))
            }
            "ignore" => {
                self.harmless(arguments)?;
                self.notes.irrelevant(&format!("{name}()"), node, &row.note);
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
                *self.state.cells.entry(row.means.clone()).or_default() += 1;
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
                match crate::preprocess::option(option) {
                    Some(holds) => {
                        self.notes.known(
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
                        "add the option to lift/config.tsv",
                    ),
                }
            }
            "by" => {
                // What it does depends on flags.
                let at = row.means.parse::<usize>().unwrap_or(1);
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

    /// A bit of a word. W changes by an edit alone: the page-table lock is held.
    pub fn ask_bit(&mut self, action: Action, word: usize, node: Node<'_>) -> bool {
        let mut of = word;
        if action == Action::PteWritable {
            while let Some(from) = self.state.made_from.get(&of) {
                of = *from;
            }
        }
        let key = Atom::Bit(action, of);
        if let Some(answer) = self.state.answer(&key) {
            return answer;
        }
        self.ask(key, node)
    }

    fn edit(&mut self, action: Action, from: usize, node: Node<'_>) -> usize {
        let to = self.state.words;
        self.state.words += 1;
        let known: Vec<_> = self.state.known.clone();
        // What the edit leaves alone is as it was; what it sets is known.
        let sets = match action {
            Action::MkOld => Some((Action::PteYoung, false)),
            Action::MkClean => Some((Action::PteDirty, false)),
            Action::MkDirty => Some((Action::PteDirty, true)),
            Action::MkWrite => Some((Action::PteWritable, true)),
            Action::WrProtect => Some((Action::PteWritable, false)),
            _ => None,
        };
        let changes_w = [Action::MkWrite, Action::WrProtect, Action::Modify].contains(&action);
        if !changes_w {
            self.state.made_from.insert(to, from);
        }
        for (atom, answer) in known {
            if let Atom::Bit(bit, of) = atom
                && of == from
                && sets.is_none_or(|(set, _)| set != bit)
                && bit != Action::PteWritable
            {
                self.state.known.push((Atom::Bit(bit, to), answer));
            }
        }
        if let Some((bit, answer)) = sets {
            self.state.known.push((Atom::Bit(bit, to), answer));
        }
        self.emit(Label::Edit(action, from, to), node);
        to
    }

    fn clear(&mut self, row: &Row, node: Node<'a>, arguments: &[Node<'a>], kept: bool) -> Run<Value> {
        let at = row.option("entry").and_then(|n| n.parse::<usize>().ok()).unwrap_or(3);
        match arguments.get(at - 1).map(|a| self.value(*a)).transpose()? {
            Some(Value::Entry(place)) => self.this_entry(place, node)?,
            _ => return self.refuse(node, "a clear of what is no entry", "expected a pointer to the entry", ""),
        }
        self.checked(row, arguments)?;
        self.still_locked(node)?;
        if self.state.entry == Entry::Cleared {
            return self.refuse(
                node,
                "the entry is cleared a second time on this path",
                "the word that comes back is empty",
                "",
            );
        }
        self.state.entry = Entry::Cleared;
        let word = self.state.words;
        self.state.words += 1;
        if word > 0 {
            // W stays what it was, while the page-table lock is held.
            let mut root = word - 1;
            while let Some(from) = self.state.made_from.get(&root) {
                root = *from;
            }
            self.state.made_from.insert(word, root);
        }
        let returns = !row.words().any(|w| w == "nothing");
        // Where nothing comes back, the word is the one that C knows.
        self.emit(Label::Clear { word, kept: kept || !returns }, node);
        if row.words().any(|w| w == "flush") {
            // The kernel flushes what a TLB can have.
            let present = kinds::of(Action::PtePresent).unwrap_or(0);
            if self.state.kinds & present == self.state.kinds || self.ask_kind(present, node) {
                self.emit(Label::Do(Doing::Step(Action::FlushPage)), node);
            }
        }
        Ok(if returns { Value::Word(word) } else { Value::Opaque("nothing".to_owned()) })
    }

    fn set(&mut self, row: &Row, node: Node<'a>, arguments: &[Node<'a>]) -> Run<Value> {
        let at = |key, otherwise| row.option(key).and_then(|n| n.parse::<usize>().ok()).unwrap_or(otherwise);
        let (entry, word) = (at("entry", 3), at("word", 4));
        match arguments.get(entry - 1).map(|a| self.value(*a)).transpose()? {
            Some(Value::Entry(place)) => self.this_entry(place, node)?,
            _ => return self.refuse(node, "a store to what is no entry", "expected a pointer to the entry", ""),
        }
        self.checked(row, arguments)?;
        self.kept = true;
        let Some(value) = arguments.get(word - 1).map(|a| self.value(*a)).transpose()? else {
            return self.refuse(node, "a store without a word", "here", "");
        };
        let place = arguments[word - 1];
        match value {
            Value::Word(word) => {
                let cleared = self.state.entry == Entry::Cleared;
                self.emit(Label::Set(word, cleared), node);
                self.state.entry = Entry::There;
            }
            Value::Migration { kind: Kind::Exclusive, young: false, dirty: false }
                if self.subject.protect.is_some() && self.state.entry == Entry::There =>
            {
                self.protect(kinds::of(Action::PteMigration).unwrap_or(0), place, node)?;
            }
            Value::New { dirty, write } => self.map_new(dirty, write, place, node)?,
            Value::Protected(set) => self.protect(set, place, node)?,
            Value::Migration { kind, young, dirty } => {
                self.migration(kind, young, dirty, place, node)?;
                self.state.entry = Entry::Replaced;
            }
            Value::Slot(marked) => {
                let exclusive = self.state.exclusive;
                if exclusive != Some(marked) && (marked || exclusive.is_some()) {
                    return self.refuse(
                        place,
                        format!("the swap entry says {}exclusive", if marked { "" } else { "not " }),
                        "whether the page was exclusive says something else",
                        "InstallSwapEntry marks the entry if the page was exclusive",
                    );
                }
                self.emit(Label::Install(Action::InstallSwapEntry, exclusive), node);
                self.state.entry = Entry::Replaced;
            }
            _ => {
                return self.refuse(
                    place,
                    "what word this is cannot be said",
                    "expected a word that was read, cleared or edited, or a new entry",
                    "add what makes it to the table",
                );
            }
        }
        Ok(Value::Int(0))
    }

    /// The new page is mapped: with W and D, for a read pin without.
    fn map_new(&mut self, dirty: bool, write: bool, place: Node<'_>, node: Node<'_>) -> Run<()> {
        let unsharing = self.state.answer(&Atom::Pure(Action::Unsharing));
        let parts = ["rmap of a new page", "lru"].iter().all(|p| self.state.cells.get(*p) == Some(&1));
        if unsharing.is_none_or(|u| u == dirty || u == write) || !parts {
            return self.refuse(
                place,
                format!(
                    "a new page is mapped with{} D, with{} W",
                    if dirty { "" } else { "out" },
                    if write { "" } else { "out" }
                ),
                "expected both, or neither for a read pin, after rmap and LRU",
                "MapNewAnon of the model is all of it",
            );
        }
        self.emit(Label::Do(Doing::Step(Action::MapNewAnon)), node);
        self.state.entry = Entry::Replaced;
        Ok(())
    }

    /// The entry, which is not present, becomes readable.
    fn protect(&mut self, set: u32, place: Node<'_>, node: Node<'_>) -> Run<()> {
        let writable = self.state.known.iter().rev().find_map(|(atom, holds)| match atom {
            Atom::Bit(Action::PteWritable, _) => Some(*holds),
            _ => None,
        });
        match self.subject.protect {
            Some(step) if self.state.kinds & !set == 0 && writable == Some(true) => {
                self.emit(Label::Do(Doing::Step(step)), node);
                self.state.entry = Entry::Replaced;
                Ok(())
            }
            _ => self.refuse(
                place,
                "an entry that becomes readable",
                "expected a writable one of the same kind, in a function that protects entries",
                "not expressible",
            ),
        }
    }

    fn migration(&mut self, kind: Kind, young: bool, dirty: bool, place: Node<'_>, node: Node<'_>) -> Run<()> {
        let bit = |state: &crate::state::State, action| {
            state.known.iter().rev().find_map(|(atom, holds)| match atom {
                Atom::Bit(a, word) if *a == action => Some((*word, *holds)),
                _ => None,
            })
        };
        let writable = bit(&self.state, Action::PteWritable);
        let exclusive = self.state.exclusive;
        let expected = match writable {
            None => {
                return self.refuse(
                    place,
                    "the kind of the migration entry does not depend on W of the entry",
                    "W was not asked on this path",
                    "the steps that install one take W from the word",
                );
            }
            Some((_, true)) => Kind::W,
            Some((_, false)) if exclusive == Some(true) => Kind::Exclusive,
            Some((_, false)) => Kind::R,
        };
        if kind != expected {
            return self.refuse(
                place,
                format!("a migration entry that is {kind:?}"),
                &format!("expected {expected:?}: W, else exclusive, else R"),
                "not expressible: the step that installs one says what the entry and the page say",
            );
        }
        for (carried, action, step, name) in [
            (young, Action::PteYoung, Action::CarryYoung, "A"),
            (dirty, Action::PteDirty, Action::CarryDirty, "D"),
        ] {
            match (carried, bit(&self.state, action)) {
                (true, Some((word, true))) => {
                    self.events.push(Event::Do(Label::Uses(step, word), node.byte_range()))
                }
                (true, _) => {
                    return self.refuse(
                        place,
                        format!("the migration entry carries {name}, whatever the word says"),
                        "expected it where the word has it",
                        format!("{} carries the {name} of the word", step.name()),
                    );
                }
                (false, _) => {}
            }
        }
        // Of a writable entry nobody asks whether it is exclusive.
        self.emit(Label::Install(self.subject.migration, exclusive), node);
        Ok(())
    }

    fn flush(&mut self, row: &Row, node: Node<'a>, arguments: &[Node<'a>]) -> Run<Value> {
        let at = |key, otherwise| row.option(key).and_then(|n| n.parse::<usize>().ok()).unwrap_or(otherwise);
        let (from, to) = (at("from", 2), at("to", 3));
        let from = arguments.get(from - 1).map(|a| self.value(*a)).transpose()?;
        let to = match arguments.get(to - 1) {
            Some(argument) => Some(self.value(*argument)?),
            // One page.
            None => match &from {
                Some(Value::Address(place)) => Some(Value::Address(Place { pages: place.pages + 1, ..*place })),
                _ => None,
            },
        };
        let step = match (from, to) {
            (Some(Value::Address(Place { round: false, pages: 0 })), Some(Value::End)) => Action::FlushRange,
            (Some(Value::Address(a)), Some(Value::Address(b)))
                if a.round && b.round && a.pages == 0 && b.pages == 1 =>
            {
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

    fn walk(&mut self, node: Node<'a>) -> Run<Value> {
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
    fn on_device(&self) -> Option<Action> {
        let device = kinds::set("device,device-exclusive").unwrap_or(0);
        self.subject.rmap_of_device.filter(|_| self.state.kinds != 0 && self.state.kinds & !device == 0)
    }

    /// The entry is device-exclusive: a reference, and up to 7.x no mapping.
    fn only_exclusive_to_device(&self) -> bool {
        let set = kinds::of(Action::PteDeviceExclusive).unwrap_or(0);
        self.on_device().is_some() && self.state.kinds & !set == 0
    }

    fn steps(&mut self, row: &Row, node: Node<'a>, arguments: &[Node<'a>]) -> Run<Value> {
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
                // The reference alone: a device-exclusive entry is no mapping.
                (None, Action::PutFolio) if self.only_exclusive_to_device() && !self.state.half => {
                    Label::Do(Doing::Step(self.on_device().unwrap_or(Action::PutFolio)))
                }
                (None, action) => Label::Do(Doing::Step(action)),
            };
            self.emit(label, node);
        }
        Ok(match row.option("value").map(str::parse) {
            Some(Ok(number)) => Value::Int(number),
            _ => Value::Opaque(format!("{}()", row.name)),
        })
    }

    fn act(&mut self, row: &Row, node: Node<'a>, arguments: &[Node<'a>]) -> Run<Value> {
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
            return Ok(if answer { Value::Other(gives.to_owned()) } else { Value::Null });
        }
        Ok(match (when, answer) {
            ("true", answer) => Value::truth(answer),
            ("false", answer) => Value::truth(!answer),
            (_, true) => Value::Int(0),
            (_, false) => Value::Errno("ENOMEM".to_owned()),
        })
    }

    /// Arguments that a row checks: `folio=N`, `of=N`, `nr=N`; and `only=KINDS`, the entries for which C says
    /// what it does.
    fn checked(&mut self, row: &Row, arguments: &[Node<'a>]) -> Run<()> {
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
            ("of", "a word that was read or cleared"),
            ("nr", "one entry"),
            ("zero", "the first entry of the batch"),
        ] {
            let Some(at) = row.option(key).and_then(|n| n.parse::<usize>().ok()) else { continue };
            let Some(argument) = arguments.get(at - 1) else { continue };
            self.kept = true;
            let value = self.value(*argument)?;
            let fits = match key {
                "folio" => matches!(value, Value::Folio | Value::Page),
                "of" => matches!(value, Value::Word(_) | Value::New { .. }),
                "zero" => value == Value::Int(0),
                _ => value == Value::Int(1),
            };
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

    /// A step works on the page, the entry and the address under work. An argument that is computed, a number, or
    /// another address space would make it another step. `any=N` in a row lets argument N be anything.
    fn under_work(&mut self, row: &Row, arguments: &[Node<'a>]) -> Run<()> {
        const DOES: [&str; 22] = [
            "step",
            "steps",
            "act",
            "clear",
            "set",
            "migration",
            "rmap",
            "by",
            "call",
            "refs",
            "queue",
            "protect",
            "edit",
            "flag",
            "leave",
            "carry",
            "swapmark",
            "normal",
            "walk",
            "lock",
            "value",
            "mapcount",
        ];
        if !DOES.contains(&row.role.as_str()) {
            return Ok(());
        }
        let free = |at: usize| {
            let of = |key| row.option(key).unwrap_or_default().split('+').any(|n| n.parse() == Ok(at));
            ["any", "nr", "zero"].into_iter().any(of)
        };
        for (n, argument) in arguments.iter().enumerate().filter(|(n, _)| !free(n + 1)) {
            let mut inner = *argument;
            while inner.kind() == "parenthesized_expression" || inner.kind() == "cast_expression" {
                match pieces(inner).last() {
                    Some(last) => inner = *last,
                    None => break,
                }
            }
            let text = self.source.of(inner);
            let foreign = match inner.kind() {
                "binary_expression" => {
                    pieces(inner).len() == 2 && text.contains(['+', '-']) && !text.contains("->")
                }
                "number_literal" => true,
                "pointer_expression" => text.starts_with("&init_"),
                // The end of the range is no page, and a range from an address to itself is none.
                "identifier" => {
                    self.state.variable(text).is_some_and(|v| v.value == Value::End)
                        || arguments[..n].iter().any(|other| self.source.of(*other) == text)
                }
                _ => false,
            };
            if foreign {
                return self.refuse(
                    *argument,
                    format!("argument {} of {}() is {text}", n + 1, row.name),
                    "expected what is under work",
                    format!("a listing has one page, one entry and one address under work; if this is the same, say any={} in the row", n + 1),
                );
            }
        }
        Ok(())
    }

    /// Arguments of what has no effect must have none either.
    fn harmless(&mut self, arguments: &[Node<'a>]) -> Run<()> {
        const PURE: [&str; 15] = [
            "same", "value", "kind", "bit", "free", "ignore", "fact", "ask", "flag", "pass", "mapcount", "normal",
            "read", "edit", "slot",
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
