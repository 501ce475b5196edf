//! The schedule with the fewest runs, and of those the one with the fewest choices, that makes programs show
//! a verdict.
//!
//! States are visited in the order of what it costs to get there, so that the first schedule that is found is
//! the best one. A schedule may stop anywhere and leave the rest to the drain, so that each machine is
//! drained once. Choices that cannot be carried out count too: what moves in their place does so without a
//! new run.
//!
//! Does not claim: that there is no such schedule, if the bound on drains was reached.

use super::edits::Edited;
use super::programs::{fewer_actors, fewer_operations, merges};
use super::signature::Signature;
use super::surroundings::simpler;
use super::{Failure, Shrinker, Size, cost_of};
use crate::states::hash::Packing;
use corpus::{Case, Schedule};
use hashbrown::HashTable;
use model::{Machine, Transition, World};
use oracle::guard::guarded;
use oracle::{Judged, Observer};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hash::BuildHasher;

/// How many machines a search for a better schedule of the same programs may drain.
const SAME_PROGRAMS: u64 = 8_000;
/// The same for each of the smaller programs.
const OTHER_PROGRAMS: u64 = 1_000;
/// The same for all searches together, until a result is taken as a new beginning.
pub(super) const DRAINS: u64 = 24_000;

impl<F: Failure> Shrinker<'_, F> {
    /// The best schedule of the programs as they are.
    pub(super) fn fewest_switches(&mut self) {
        let below = Cost { runs: self.size.runs, choices: self.size.choices };
        if let Some(schedule) = self.search(&self.best.clone(), below, SAME_PROGRAMS) {
            self.attempt(Edited::from(Case { schedule, ..self.best.clone() }));
        }
    }

    /// Smaller programs, or simpler surroundings, under any schedule that has at most one run more.
    pub(super) fn other_schedules(&mut self) {
        while {
            let case = Case { schedule: Schedule::default(), ..self.best.clone() };
            let mut candidates = fewer_actors(&case, &[]);
            candidates.extend(fewer_operations(&case, &[]));
            candidates.extend(merges(&case, &[]));
            candidates.extend(simpler(&case));
            candidates.into_iter().any(|candidate| self.under_any_schedule(candidate.case))
        } {}
    }

    fn under_any_schedule(&mut self, mut case: Case) -> bool {
        case.repair();
        let size = Size::of(&case);
        if size >= self.size || !size.fits(&self.first) {
            return false;
        }
        let runs = self.first.runs.min(self.size.runs + 1);
        let below = Cost { runs: runs + 1, choices: 0 };
        // A search need not be made again, nor one within narrower bounds.
        if self.searched.get(&case).is_some_and(|runs| *runs >= below.runs) {
            return false;
        }
        match self.search(&case, below, OTHER_PROGRAMS) {
            Some(schedule) => self.attempt(Edited::from(Case { schedule, ..case })),
            None => {
                self.searched.insert(case, below.runs);
                false
            }
        }
    }

    /// The best schedule that costs less, if one is found with so many drains.
    fn search(&mut self, case: &Case, below: Cost, drains: u64) -> Option<Schedule> {
        let signature = self.failure.signature().filter(|s| s.allows(case) && self.drains > 0)?;
        let version = signature.version();
        let config = version.config(&case.config);
        let world = World::new(&config, &case.programs, version.code(config.profile));
        let search = Search {
            world: &world,
            signature,
            below,
            most: self.first.choices,
            states: Vec::new(),
            seen: HashTable::new(),
            ways: Vec::new(),
            queue: BinaryHeap::new(),
        };
        let drains = drains.min(self.drains);
        let (mut drained, mut spent) = (0, 0);
        let found = guarded(|| {
            search.run(|steps| {
                drained += 1;
                spent += cost_of(steps);
                drained < drains && !self.limits.reached(self.executions + spent)
            })
        });
        self.drains -= drained.min(self.drains);
        self.executions += spent;
        self.over |= self.limits.reached(self.executions);
        // What the model cannot carry out shows nothing.
        found.flatten()
    }
}

/// What it takes to get to a state: runs first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Cost {
    runs: usize,
    choices: usize,
}

/// A machine with what matters of its past.
struct State {
    judged: Judged,
    steps: u32,
    hash: u64,
    /// What it took to get here first, if anybody has come yet.
    cost: Option<Cost>,
    /// The choices that have led here, a bit each.
    by: u16,
}

/// A way to a state: from where, and by which choice.
struct Way {
    from: u32,
    who: Option<Transition>,
    state: u32,
}

struct Search<'a, 'w> {
    world: &'a World<'w>,
    signature: Signature<'a>,
    /// Only what costs less is looked for...
    below: Cost,
    /// ... and has no more choices than this.
    most: usize,
    states: Vec<State>,
    seen: HashTable<u32>,
    ways: Vec<Way>,
    /// Ways by their cost, then in the order in which they were found.
    queue: BinaryHeap<Reverse<(Cost, u32)>>,
}

impl Search<'_, '_> {
    /// `drained` is told of each drain by its steps, and says whether there may be another.
    fn run(mut self, mut drained: impl FnMut(u32) -> bool) -> Option<Schedule> {
        let start = Machine::new(self.world.config);
        let start = self.intern(Judged::new(&start), 0);
        self.ways.push(Way { from: 0, who: None, state: start });
        self.queue.push(Reverse((Cost { runs: 0, choices: 0 }, 0)));
        while let Some(Reverse((cost, way))) = self.queue.pop() {
            let Way { who, state: number, .. } = self.ways[way as usize];
            let state = &mut self.states[number as usize];
            let bit = who.map_or(0, |who| 1 << who.index());
            // Whoever came here before for less goes on from here for less, even with a switch.
            let dearer = state.cost.is_some_and(|c| Cost { runs: c.runs + 1, ..c } <= cost);
            if dearer || state.by & bit != 0 {
                continue;
            }
            state.by |= bit;
            if state.cost.is_none() {
                state.cost = Some(cost);
                if self.signature.is(&state.judged) {
                    return Some(self.schedule(way));
                }
                let (shows, steps) = self.signature.drained(self.world, &state.judged, state.steps);
                if shows {
                    return Some(self.schedule(way));
                }
                if !drained(steps) {
                    return None;
                }
            }
            self.expand(number, way, who, cost);
        }
        None
    }

    fn expand(&mut self, number: u32, way: u32, last: Option<Transition>, cost: Cost) {
        let State { judged, steps, .. } = self.states[number as usize];
        let enabled = judged.machine().enabled(self.world);
        if enabled.is_empty() || cost.choices >= self.most {
            return;
        }
        let actors = self.world.programs.actors as usize;
        let exists = |who: &Transition| who.actor().or(who.cpu()).is_none_or(|a| a < actors);
        let mut next: [Option<Option<u32>>; Transition::COUNT as usize] = Default::default();
        for who in (0..Transition::COUNT).filter_map(Transition::from_index).filter(exists) {
            let cost = Cost { runs: cost.runs + usize::from(last != Some(who)), choices: cost.choices + 1 };
            if cost >= self.below {
                continue;
            }
            let moves = enabled.repair(who);
            let state = *next[moves.index() as usize].get_or_insert_with(|| self.step(&judged, steps, moves));
            if let Some(state) = state {
                let this = self.ways.len() as u32;
                self.ways.push(Way { from: way, who: Some(who), state });
                self.queue.push(Reverse((cost, this)));
            }
        }
    }

    /// The state behind a transition; none if the judge has said something else there.
    fn step(&mut self, from: &Judged, steps: u32, moves: Transition) -> Option<u32> {
        let mut machine = *from.machine();
        let event = machine.step(self.world, moves);
        let mut judged = *from;
        judged.after(self.world, &machine, &event, steps + 1);
        (!self.signature.is_excluded(&judged)).then(|| self.intern(judged, steps + 1))
    }

    fn intern(&mut self, judged: Judged, steps: u32) -> u32 {
        let key = self.signature.key(&judged);
        let hash = Packing.hash_one(key);
        let same = |n: &u32| self.signature.key(&self.states[*n as usize].judged) == key;
        if let Some(known) = self.seen.find(hash, same) {
            return *known;
        }
        let number = self.states.len() as u32;
        self.states.push(State { judged, steps, hash, cost: None, by: 0 });
        let states = &self.states;
        self.seen.insert_unique(hash, number, |n| states[*n as usize].hash);
        number
    }

    fn schedule(&self, mut way: u32) -> Schedule {
        let mut choices = Vec::new();
        while let Way { from, who: Some(who), .. } = self.ways[way as usize] {
            choices.push(who);
            way = from;
        }
        let mut schedule = Schedule::default();
        for who in choices.into_iter().rev() {
            schedule.push(who, 1);
        }
        schedule
    }
}
