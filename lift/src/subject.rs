//! The function that is lifted: what its row in the table says of it.

use crate::kinds;
use crate::table::Row;
use crate::value::Place;
use model::Action;
use model::listing::{Doing, Node};

/// How it says that it succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Success {
    /// Whatever it returns.
    Any,
    /// True, or any number but zero.
    True,
    /// Zero.
    Zero,
    /// It handles a fault: the access starts again, or the operation is over for lack of memory.
    Fault,
}

/// What is known of a function before it is read.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Its name in C.
    pub name: String,
    /// The kernel's source file.
    pub file: &'static str,
    /// The kinds that its entry can be of.
    pub kinds: u32,
    /// It walks over the mappings of a folio; this condition says whether there is one.
    pub walk: Option<Action>,
    /// It selects pages for migration.
    pub selects: bool,
    /// How it says that it succeeded.
    pub success: Success,
    /// The step that installs its migration entry.
    pub migration: Action,
    /// The step that a removed mapping is, where another entry stands in its place.
    pub rmap: Action,
    /// The step that a removed mapping of a device page is, with its reference; or the reference alone.
    pub rmap_of_device: Option<Action>,
    /// The word that its caller has read is in the variable.
    pub has_word: bool,
    /// The step that makes an entry that is not present readable.
    pub protect: Option<Action>,
    /// The functions that the built-in one calls.
    pub calls: Vec<&'static str>,
    /// The conditions that the built-in one asks, in their order.
    pub asks: Vec<Action>,
    /// The folio lock is held from the start to the end, as the contract of the built-in body says: the swap
    /// cache stays as it is, and whether the folio is swap-backed.
    pub locked: bool,
    /// A device-exclusive entry keeps the mapping of its page, as since 6.15.
    pub exclusive_is_mapped: bool,
    /// The variables that move with the page; found out on the way.
    pub moving: Vec<String>,
}

impl Subject {
    /// Where the page under work is: while it is not known what moves, at the start.
    pub fn page(&self) -> Place {
        if self.walk.is_some() || !self.moving.is_empty() { Place::HERE } else { Place::START }
    }

    /// What a row says of a function.
    pub fn new(name: &str, row: &Row, release: &[u32]) -> Option<Subject> {
        let action = |key| row.option(key).and_then(|name| Action::ALL.iter().copied().find(|a| a.name() == name));
        let variants = impls::kernel::variants(name);
        let (mut calls, mut asks) = (Vec::new(), Vec::new());
        for body in variants {
            look(&body.function.body, &mut calls, &mut asks);
        }
        Some(Subject {
            name: name.to_owned(),
            file: variants.last()?.file,
            kinds: match row.option("kinds") {
                Some(names) if row.words().any(|w| w == "ways") => kinds::set(names)?,
                Some(names) => kinds::way(kinds::set(names)?, false),
                None => 0,
            },
            walk: action("walk"),
            selects: row.words().any(|w| w == "selects"),
            success: match row.option("ok") {
                Some("true") => Success::True,
                Some("0") => Success::Zero,
                Some("fault") => Success::Fault,
                _ => Success::Any,
            },
            migration: action("migration").unwrap_or(Action::InstallMigrationEntry),
            rmap: action("rmap").unwrap_or(Action::RemoveRmap),
            rmap_of_device: action("device"),
            has_word: row.words().any(|w| w == "word"),
            protect: action("protect"),
            calls,
            asks,
            locked: variants.last().is_some_and(|body| {
                body.contract.lines().all(|(key, value)| key == "sleeps" || value.contains("folio locked"))
                    && body.contract.lines().next().is_some()
            }),
            exclusive_is_mapped: release >= [6, 15].as_slice(),
            moving: Vec::new(),
        })
    }
}

fn look(nodes: &[Node], calls: &mut Vec<&'static str>, asks: &mut Vec<Action>) {
    for node in nodes {
        match node.doing() {
            Some(Doing::Call(name)) if !calls.contains(&name) => calls.push(name),
            Some(Doing::Step(action)) if !asks.contains(&action) => asks.push(action),
            _ => {}
        }
        node.blocks().for_each(|block| look(block, calls, asks));
    }
}
