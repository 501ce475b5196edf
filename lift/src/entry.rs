//! What a call does to the entry: a bit asked, a word edited, the entry cleared, another one stored.

use crate::kinds;
use crate::run::{Run, Runner};
use crate::state::Entry;
use crate::table::Row;
use crate::tree::{Atom, Event, Label};
use crate::value::{Kind, Value};
use model::Action;
use model::listing::Doing;
use tree_sitter::Node;

impl<'a> Runner<'a> {
    /// A bit of a word. W changes by an edit alone: the page-table lock is held.
    pub fn ask_bit(&mut self, action: Action, word: usize, node: Node<'_>) -> bool {
        let mut of = word;
        if action == Action::PteWritable {
            while let Some(from) = self.state.made_from.get(&of) {
                of = *from;
            }
        }
        self.ask(Atom::Bit(action, of), node)
    }

    pub fn edit(&mut self, action: Action, from: usize, node: Node<'_>) -> usize {
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

    pub fn clear(&mut self, row: &Row, node: Node<'a>, arguments: &[Node<'a>], kept: bool) -> Run<Value> {
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

    pub fn set(&mut self, row: &Row, node: Node<'a>, arguments: &[Node<'a>]) -> Run<Value> {
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
    pub fn map_new(&mut self, dirty: bool, write: bool, place: Node<'_>, node: Node<'_>) -> Run<()> {
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
        let zero = kinds::of(Action::PteZeroPage).unwrap_or(0);
        if !self.state.filled && self.state.kinds & zero != 0 {
            return self.refuse(
                place,
                "a new page that nobody has filled is mapped for the zero page",
                "expected one that is allocated with zeros",
                "what was in that memory before would be seen",
            );
        }
        self.emit(Label::Do(Doing::Step(Action::MapNewAnon)), node);
        self.state.entry = Entry::Replaced;
        Ok(())
    }

    /// The entry, which is not present, becomes readable.
    pub fn protect(&mut self, set: u32, place: Node<'_>, node: Node<'_>) -> Run<()> {
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

    pub fn migration(&mut self, kind: Kind, young: bool, dirty: bool, place: Node<'_>, node: Node<'_>) -> Run<()> {
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
}
