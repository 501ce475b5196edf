//! What one path knows while it runs.

use crate::tree::Atom;
use crate::value::Value;
use std::collections::BTreeMap;

/// A variable.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Its name, which is looked up and means nothing else.
    pub name: String,
    /// The name of its type.
    pub of: String,
    /// What it holds.
    pub value: Value,
    /// The statement that set it: its bytes.
    pub set_by: (usize, usize),
    /// What it holds is so by what is taken as known: that, and why.
    pub by_fact: Option<String>,
}

/// A function that runs: its variables, innermost scope last.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    /// The function.
    pub function: String,
    /// Its variables.
    pub variables: Vec<Variable>,
    /// What is taken as known has decided where it goes: that, and why.
    pub by_fact: Option<String>,
}

/// What became of the entry on this path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// It is as it was.
    There,
    /// It is cleared.
    Cleared,
    /// Another entry stands in its place.
    Replaced,
}

/// How far the walk over the mappings of a folio has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Walk {
    /// It has not begun.
    Before,
    /// It stands on the one entry that there can be.
    On,
    /// It is over.
    Over,
}

/// Everything.
#[derive(Clone, Debug)]
pub struct State {
    /// The functions that run, the lifted one first.
    pub frames: Vec<Frame>,
    /// Of which kinds the entry can be.
    pub kinds: u32,
    /// What was asked, and is still so.
    pub known: Vec<(Atom, bool)>,
    /// How many words there are.
    pub words: usize,
    /// The word from which each was made by an edit.
    pub made_from: BTreeMap<usize, usize>,
    /// What was answered when it was asked last whether the page is exclusive: steps remember it.
    pub exclusive: Option<bool>,
    /// Half of a step on a device page is done.
    pub half: bool,
    /// The entry.
    pub entry: Entry,
    /// The walk.
    pub walk: Walk,
    /// The round has a batch: what is done to one of its entries has to be done to all.
    pub batched: bool,
    /// Something was put into the new page: zeros, or what is in the old one.
    pub filled: bool,
    /// What was stored in fields that are followed, by name.
    pub cells: BTreeMap<String, i64>,
    /// What was selected.
    pub selected: Option<Value>,
    /// The rest of the range was given up as the kernel does it.
    pub left: bool,
    /// The variables that were counted up or down in this round.
    pub counted: Vec<String>,
}

impl State {
    /// Before the first line.
    pub fn new(kinds: u32) -> State {
        State {
            frames: Vec::new(),
            kinds,
            known: Vec::new(),
            words: 0,
            made_from: BTreeMap::new(),
            exclusive: None,
            half: false,
            entry: Entry::There,
            walk: Walk::Before,
            batched: false,
            filled: false,
            cells: BTreeMap::new(),
            selected: None,
            left: false,
            counted: Vec::new(),
        }
    }

    /// A variable of the function that runs.
    pub fn variable(&self, name: &str) -> Option<&Variable> {
        self.frames.last()?.variables.iter().rev().find(|v| v.name == name)
    }

    /// The same, to be set.
    pub fn variable_mut(&mut self, name: &str) -> Option<&mut Variable> {
        self.frames.last_mut()?.variables.iter_mut().rev().find(|v| v.name == name)
    }

    /// The answer to a question, if it is known.
    pub fn answer(&self, atom: &Atom) -> Option<bool> {
        self.known.iter().rev().find(|(a, _)| a == atom).map(|(_, holds)| *holds)
    }
}
