//! The final memories of a case's programs on a version: what the drain reads back, over all interleavings.
//!
//! Every complete interleaving (as [`Interleavings`] counts them) ends in a machine; what follows, reclaim
//! and read-back, is a function of it. A final memory is forbidden where the judge of the last write says so
//! of the read-back. The same memory may be forbidden after one interleaving and allowed after another, for
//! instance zeros after a discard that came before or after the last store.
//!
//! Does not claim: anything about what was loaded during the run. That is for `exhaust`.

use crate::schedulers::interleavings::Interleavings;
use crate::states::graph::TooLarge;
use corpus::Case;
use impls::Version;
use model::{Data, Event, Happened, MMS, Machine, PAGES, World};
use num_bigint::BigUint;
use oracle::guard::guarded;
use oracle::{End, Judge, Judges, Observer, wind_up};
use std::collections::BTreeMap;

/// What was read back, by address space and page; `None` for a page that was not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FinalMemory(pub [[Option<Data>; PAGES]; MMS]);

/// How an execution ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ending {
    /// With a memory that is read back.
    Memory(FinalMemory),
    /// Nothing can move, and a program is not over.
    Deadlock,
    /// The drain comes to no end, or to a step that the model cannot carry out.
    Undrained,
}

/// What leads to an ending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// In how many different machines the programs end.
    pub machines: u64,
    /// How many complete interleavings lead there.
    pub interleavings: BigUint,
    /// After how many of these the ending is forbidden.
    pub forbidden: BigUint,
}

/// All endings of a case's programs on a version.
#[derive(Clone, Debug)]
pub struct Outcomes {
    /// The endings.
    pub rows: BTreeMap<Ending, Row>,
    /// How many states there are before the drain.
    pub states: u64,
    /// How many complete interleavings.
    pub interleavings: BigUint,
}

impl Outcomes {
    /// Whether some interleaving ends in what is forbidden.
    #[must_use]
    pub fn any_forbidden(&self) -> bool {
        self.rows.values().any(|row| row.forbidden != BigUint::ZERO)
    }
}

/// Explores the programs of a case (its schedule is ignored) on a version and winds up every end.
///
/// # Errors
/// If there are more than `budget` states.
pub fn outcomes(version: &Version, case: &Case, budget: usize) -> Result<Outcomes, TooLarge> {
    let interleavings = Interleavings::new(version, case, budget)?;
    let graph = interleavings.graph();
    let world = World::new(graph.config(), &case.programs, version.code(graph.config().profile));
    let mut rows = BTreeMap::<Ending, Row>::new();
    for (state, ways) in interleavings.ends() {
        let machine = graph.machine(state);
        let (ending, forbidden) = if machine.programs_done(&case.programs) {
            read_back(&world, machine)
        } else {
            (Ending::Deadlock, true)
        };
        let row = rows.entry(ending).or_default();
        row.machines += 1;
        if forbidden {
            row.forbidden += &ways;
        }
        row.interleavings += ways;
    }
    Ok(Outcomes { rows, states: graph.len() as u64, interleavings: interleavings.count().clone() })
}

/// Drains a machine, and says what comes of it and whether that is forbidden.
fn read_back(world: &World, machine: Machine) -> (Ending, bool) {
    let mut both = (ReadBack::default(), Judges::default());
    match guarded(|| wind_up(world, machine, 0, &mut both)) {
        Some(summary) if summary.end == End::Complete => {
            let (read, judges) = both;
            (Ending::Memory(read.0), judges.of(Judge::LastWrite).is_some())
        }
        _ => (Ending::Undrained, true),
    }
}

/// The last load of each page.
#[derive(Default)]
struct ReadBack(FinalMemory);

impl Observer for ReadBack {
    fn after(&mut self, _: &World, _: &Machine, event: &Event, _: u32) {
        if let Happened::Load { mm, page, data, .. } = event.happened {
            self.0.0[mm as usize][page as usize] = Some(data);
        }
    }
}

impl FinalMemory {
    /// These words of each page that was read back, as `page 0: 1 0`.
    #[must_use]
    pub fn text(&self, words: &[usize]) -> String {
        let mut parts = Vec::new();
        for (mm, pages) in self.0.iter().enumerate() {
            for (page, data) in pages.iter().enumerate() {
                let Some(data) = data else { continue };
                let of_child = if mm == 0 { "" } else { " of the child" };
                let words: Vec<_> = words.iter().map(|w| data[*w].to_string()).collect();
                parts.push(format!("page {page}{of_child}: {}", words.join(" ")));
            }
        }
        parts.join(", ")
    }
}

/// The words that the programs of a case store to: an actor each. The first, if nobody stores.
#[must_use]
pub fn stored_words(case: &Case) -> Vec<usize> {
    let stores = |a: &usize| case.programs.of(*a).iter().any(|op| op.kind.stores());
    let words: Vec<_> = (0..case.programs.actors as usize).filter(stores).collect();
    if words.is_empty() { vec![0] } else { words }
}
