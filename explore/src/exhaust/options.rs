//! How a search goes about it, and what it says of itself.

use model::{Data, MMS, PAGES};
use oracle::Finding;
use std::collections::BTreeSet;

/// How to search. Whatever is chosen, the verdicts and the outcomes are the same, unless the search is lossy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// How many states there may be.
    pub budget: usize,
    /// How many bytes they may take.
    pub memory: Option<usize>,
    /// Take states that differ in the names of like actors and pages for one.
    pub symmetry: bool,
    /// Take only some of the transitions where the others commute with whatever may follow.
    pub reduction: bool,
    /// How many threads; 0 for as many as there are cores.
    pub threads: usize,
    /// Keep fingerprints instead of states.
    pub lossy: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options { symmetry: true, reduction: true, threads: 0, ..Options::plain(4_000_000) }
    }
}

impl Options {
    /// Every state by itself, on the thread that asks.
    #[must_use]
    pub const fn plain(budget: usize) -> Options {
        Options { budget, memory: None, symmetry: false, reduction: false, threads: 1, lossy: false }
    }
}

/// Why a search has not come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// As many states as there may be.
    States,
    /// As many bytes.
    Memory,
    /// As many values of parts as a state has room to name: 127 bits.
    Parts,
}

/// The memory that the drain reads back: by address space and page.
pub type Outcome = [[Data; PAGES]; MMS];

/// What a search says of itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measure {
    /// How many states it kept.
    pub states: u64,
    /// How many transitions it took.
    pub transitions: u64,
    /// How many could have been taken in its states.
    pub enabled: u64,
    /// How many states are the end of the programs.
    pub ends: u64,
    /// What can be read back.
    pub outcomes: BTreeSet<Outcome>,
    /// Bytes at the end: states, table, ways.
    pub bytes: u64,
    /// Bits that tell the states apart.
    pub bits: u32,
    /// How many renamings of actors and pages leave the programs as they are; 1 if symmetry is not made use
    /// of.
    pub symmetries: u32,
    /// Whether transitions were left out where the others commute with them.
    pub reduced: bool,
    /// An upper bound of the probability that a state was taken for another one; 0 unless the search is
    /// lossy.
    pub omission: f64,
    /// Why it has not come to its end.
    pub cut: Option<Cut>,
    /// Something that a quicker search had found, if this one, for a shortest execution, was cut before it
    /// came to it.
    pub spoke: Option<Finding>,
}

/// An upper bound of the probability that some two of `states` states have one fingerprint of 63 bits.
pub(super) fn omission(states: u64) -> f64 {
    let states = states as f64;
    (states * states / 2f64.powi(64)).min(1.0)
}
