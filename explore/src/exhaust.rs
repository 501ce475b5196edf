//! All interleavings of a case's programs on a version: breadth first over machines, every judge on every transition.
//!
//! Judging transitions one by one is exact: what a judge says of a step is a function of the machine that the step left
//! and of the step itself, and both are part of the transition. Where the programs are over and nothing moves, what
//! follows (the drain) is a function of the machine, so that it runs once for each such machine. What concerns a whole
//! execution is a deadlock, which is a state without a way on, or a livelock, which is a state from which no end can be
//! reached. A cycle that can be left is neither: who spins is not chosen for ever.
//!
//! An execution is followed up to its first load of a wrong value. What is reported is a shortest execution, of those one
//! with fewest switches between actors, of those the first in an order that depends on nothing but the case.
//!
//! A step that the model cannot carry out (a listing with a fault put in may ask for one) ends its execution and is a
//! finding too.
//!
//! Does not claim: anything about other programs, other initial machines, or a version's behaviour on them.

use crate::guard::guarded;
use crate::hash::Packing;
use corpus::{Case, Schedule};
use hashbrown::HashTable;
use impls::{Scenario, Version};
use model::{Config, Event, Machine, Transition, World};
use oracle::{End, Finding, Goals, History, Judge, Judges, Observer, Rule, STEP_BOUND, replay, wind_up};
use std::hash::{BuildHasher, Hash};
use std::ops::ControlFlow;

/// What a search remembers of the past beside the machine. Pasts that it tells apart make different states.
pub trait Memory: Copy + Eq + Hash + Default {
    /// Takes note of a transition and of what the judges said of it.
    fn after(&mut self, world: &World, before: &Machine, event: &Event, machine: &Machine, judges: &Judges);

    /// The scenario of a finding, as far as the memory knows.
    fn scenario(&self, finding: &Finding) -> Option<Scenario>;
}

/// Nothing is remembered: every machine is one state.
impl Memory for () {
    fn after(&mut self, _: &World, _: &Machine, _: &Event, _: &Machine, _: &Judges) {}

    fn scenario(&self, _: &Finding) -> Option<Scenario> {
        None
    }
}

impl Memory for History {
    fn after(&mut self, world: &World, before: &Machine, event: &Event, machine: &Machine, judges: &Judges) {
        History::after(self, world, before, event, machine, judges);
    }

    fn scenario(&self, finding: &Finding) -> Option<Scenario> {
        History::scenario(self, finding)
    }
}

/// What to do about a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is not what is looked for.
    Ignore,
    /// It is: report a shortest one of its kind.
    Shortest,
    /// It is, and this one will do.
    Stop,
}

/// What came of a search.
#[derive(Clone, Debug)]
pub enum Exhaust {
    /// Every interleaving was looked at, and nothing was found that was looked for.
    Exhausted {
        /// How many states there are.
        states: u64,
        /// How many transitions lead from one to another.
        transitions: u64,
        /// What they and the drains reached.
        goals: Goals,
    },
    /// Something was found.
    Found {
        /// The finding; of its judge, the first one in the case.
        finding: Finding,
        /// The scenario, as far as the memory knows.
        scenario: Option<Scenario>,
        /// The case with the schedule that leads there.
        case: Box<Case>,
        /// How many states were seen until then.
        states: u64,
        /// How many transitions.
        transitions: u64,
        /// What was reached until then.
        goals: Goals,
    },
    /// The budget was used up: nothing is known.
    Budget {
        /// How many states were seen.
        states: u64,
        /// How many transitions.
        transitions: u64,
        /// What was reached until then.
        goals: Goals,
    },
}

/// Explores all interleavings of a case's programs (its schedule is ignored) on a version, as long as there are no more
/// than `budget` states, and asks `wanted` about each finding. [`History`] as the memory tells the scenario of a finding.
pub fn exhaust<M: Memory>(
    version: &Version,
    case: &Case,
    budget: usize,
    wanted: impl FnMut(&Finding, &M) -> Answer,
) -> Exhaust {
    let config = Config { knobs: version.knobs(case.config.knobs), ..case.config };
    let world = World::new(&config, &case.programs, &version.code);
    let search = Search {
        world: &world,
        budget: budget.min(u32::MAX as usize),
        wanted,
        nodes: Vec::new(),
        seen: HashTable::new(),
        next: 1,
        successors: Vec::new(),
        transitions: 0,
        goals: Goals::default(),
        best: None,
    };
    search.run(version, case)
}

/// A state, and the shortest way to it.
struct Node<M> {
    machine: Machine,
    memory: M,
    hash: u64,
    parent: u32,
    via: Transition,
    /// How many runs the schedule up to here has.
    runs: u16,
    /// Its place in the list of successors.
    successors: u32,
}

/// The best finding so far, and how to get there: from a state, by a transition or by the drain alone.
struct Best<M> {
    finding: Finding,
    memory: M,
    rank: (u32, u16),
    node: u32,
    via: Option<Transition>,
}

struct Search<'a, 'w, M, W> {
    world: &'a World<'w>,
    budget: usize,
    wanted: W,
    nodes: Vec<Node<M>>,
    seen: HashTable<u32>,
    /// Where the next level begins.
    next: usize,
    /// By state, one after the other; [`END`] for a way that ends.
    successors: Vec<u32>,
    transitions: u64,
    goals: Goals,
    best: Option<Best<M>>,
}

/// A successor that is no state: the execution is over, or is not followed any further.
const END: u32 = u32::MAX;

/// The search is over before its time.
enum Over {
    Stop,
    Budget,
}

impl<M: Memory, W: FnMut(&Finding, &M) -> Answer> Search<'_, '_, M, W> {
    fn run(mut self, version: &Version, case: &Case) -> Exhaust {
        let start = Machine::new(self.world.config);
        let hash = Packing.hash_one((&start, M::default()));
        self.nodes.push(Node {
            machine: start,
            memory: M::default(),
            hash,
            parent: 0,
            via: Transition::run(0),
            runs: 0,
            successors: 0,
        });
        self.seen.insert_unique(hash, 0, |_| hash);
        let explored = self.levels();
        let states = self.nodes.len() as u64;
        let (transitions, goals) = (self.transitions, self.goals);
        match (self.best.take(), explored) {
            (Some(best), _) => {
                let schedule = self.schedule(best.node, best.via);
                let case = trimmed(version, &Case { schedule, ..case.clone() }, &best.finding);
                let scenario = best.memory.scenario(&best.finding);
                Exhaust::Found {
                    finding: best.finding,
                    scenario,
                    case: Box::new(case),
                    states,
                    transitions,
                    goals,
                }
            }
            (None, ControlFlow::Break(_)) => Exhaust::Budget { states, transitions, goals },
            (None, ControlFlow::Continue(())) => Exhaust::Exhausted { states, transitions, goals },
        }
    }

    /// Level by level, a level being the states at the same distance from the start.
    fn levels(&mut self) -> ControlFlow<Over> {
        let (mut from, mut depth) = (0, 0);
        while from < self.nodes.len() {
            // A finding of this level takes at least one more step.
            if self.best.as_ref().is_some_and(|b| b.rank.0 < depth + 1) {
                return ControlFlow::Continue(());
            }
            self.next = self.nodes.len();
            for node in from..self.next {
                self.expand(node as u32, depth)?;
            }
            (from, depth) = (self.next, depth + 1);
        }
        if self.best.is_none() {
            self.livelock()?;
        }
        ControlFlow::Continue(())
    }

    fn expand(&mut self, node: u32, depth: u32) -> ControlFlow<Over> {
        let Node { machine, memory, .. } = self.nodes[node as usize];
        self.nodes[node as usize].successors = self.successors.len() as u32;
        let enabled = machine.enabled(self.world);
        if enabled.is_empty() {
            self.successors.push(END);
            if machine.programs_done(self.world.programs) {
                return self.drain(node, machine, memory, depth);
            }
            let finding = Finding::Broken { step: depth, rule: Rule::Deadlock };
            return self.offer(finding, memory, node, None);
        }
        for transition in enabled.iter() {
            self.transitions += 1;
            let mut next = machine;
            let mut judges = Judges::default();
            let mut past = memory;
            let Some(event) = guarded(|| next.step(self.world, transition)) else {
                self.successors.push(END);
                let finding = Finding::Broken { step: depth + 1, rule: Rule::Impossible };
                self.offer(finding, memory, node, Some(transition))?;
                continue;
            };
            judges.after(self.world, &next, &event, depth + 1);
            self.goals.after(self.world, &next, &event, depth + 1);
            past.after(self.world, &machine, &event, &next, &judges);
            for finding in judges.iter() {
                self.offer(finding, past, node, Some(transition))?;
            }
            if judges.of(Judge::LastWrite).is_some() {
                self.successors.push(END);
                continue;
            }
            let successor = self.reach(next, past, node, transition)?;
            self.successors.push(successor);
        }
        ControlFlow::Continue(())
    }

    /// The number of a state, which is new or was reached before: then the way with fewer switches stays, if both are
    /// equally long.
    fn reach(&mut self, machine: Machine, memory: M, parent: u32, via: Transition) -> ControlFlow<Over, u32> {
        let hash = Packing.hash_one((&machine, memory));
        let runs = self.runs(parent, via);
        let nodes = &self.nodes;
        let same = |n: &u32| {
            let node = &nodes[*n as usize];
            node.hash == hash && node.machine == machine && node.memory == memory
        };
        if let Some(&known) = self.seen.find(hash, same) {
            let node = &mut self.nodes[known as usize];
            if known as usize >= self.next && runs < node.runs {
                (node.parent, node.via, node.runs) = (parent, via, runs);
            }
            return ControlFlow::Continue(known);
        }
        if self.nodes.len() >= self.budget {
            return ControlFlow::Break(Over::Budget);
        }
        let number = self.nodes.len() as u32;
        self.nodes.push(Node { machine, memory, hash, parent, via, runs, successors: 0 });
        let nodes = &self.nodes;
        self.seen.insert_unique(hash, number, |n| nodes[*n as usize].hash);
        ControlFlow::Continue(number)
    }

    /// What follows when the programs are over. A load of a wrong value is the last thing of interest.
    fn drain(&mut self, node: u32, machine: Machine, memory: M, depth: u32) -> ControlFlow<Over> {
        let watch = Watch { memory, last: machine, steps: depth, findings: Vec::new(), lost: false };
        let mut both = (watch, Goals::default());
        let ended = guarded(|| wind_up(self.world, machine, depth, &mut both)).is_some();
        let (mut watch, goals) = both;
        if !ended {
            watch.keep(Finding::Broken { step: watch.steps + 1, rule: Rule::Impossible });
        }
        self.goals.join(goals);
        for (finding, memory) in watch.findings {
            self.offer(finding, memory, node, None)?;
        }
        ControlFlow::Continue(())
    }

    /// Offers a finding to whoever searches.
    fn offer(&mut self, finding: Finding, memory: M, node: u32, via: Option<Transition>) -> ControlFlow<Over> {
        let answer = (self.wanted)(&finding, &memory);
        if answer == Answer::Ignore {
            return ControlFlow::Continue(());
        }
        let runs = via.map_or(self.nodes[node as usize].runs, |via| self.runs(node, via));
        let rank = (finding.step(), runs);
        if self.best.as_ref().is_none_or(|b| rank < b.rank) {
            self.best = Some(Best { finding, memory, rank, node, via });
        }
        if answer == Answer::Stop { ControlFlow::Break(Over::Stop) } else { ControlFlow::Continue(()) }
    }

    /// The first state from which no end can be reached.
    fn livelock(&mut self) -> ControlFlow<Over> {
        let states = self.nodes.len();
        let mut ends = vec![false; states];
        let mut changed = true;
        while changed {
            changed = false;
            // Most ways lead to later states, so that one pass from the last to the first finds nearly everything.
            for state in (0..states).rev().filter(|s| !ends[*s]).collect::<Vec<_>>() {
                let from = self.nodes[state].successors as usize;
                let to = self.nodes.get(state + 1).map_or(self.successors.len(), |n| n.successors as usize);
                let end = self.successors[from..to].iter().any(|s| *s == END || ends[*s as usize]);
                changed |= end;
                ends[state] = end;
            }
        }
        match ends.iter().position(|end| !end) {
            None => ControlFlow::Continue(()),
            Some(state) => {
                let finding = Finding::Broken { step: STEP_BOUND, rule: Rule::Livelock };
                self.offer(finding, self.nodes[state].memory, state as u32, None)
            }
        }
    }

    /// How many runs the schedule to a state and then on by a transition has.
    fn runs(&self, node: u32, via: Transition) -> u16 {
        let node = &self.nodes[node as usize];
        node.runs + u16::from(node.runs == 0 || node.via != via)
    }

    /// The choices that lead to a state, and from there on.
    ///
    /// # Panics
    /// If there are more switches than a schedule can hold: far more than there are in programs that can be exhausted.
    fn schedule(&self, node: u32, via: Option<Transition>) -> Schedule {
        let mut choices: Vec<_> = via.into_iter().collect();
        let mut at = node;
        while at != 0 {
            let node = &self.nodes[at as usize];
            choices.push(node.via);
            at = node.parent;
        }
        let mut schedule = Schedule::default();
        for choice in choices.into_iter().rev() {
            assert!(schedule.push(choice, 1), "a schedule of more than {} runs", corpus::MAX_RUNS);
        }
        schedule
    }
}

/// Follows a drain: the first finding of each judge up to a load of a wrong value, with the memory of that moment.
struct Watch<M> {
    memory: M,
    last: Machine,
    steps: u32,
    findings: Vec<(Finding, M)>,
    lost: bool,
}

impl<M: Memory> Watch<M> {
    fn keep(&mut self, finding: Finding) {
        let known = self.findings.iter().any(|(f, _)| f.judge() == finding.judge());
        if !self.lost && !known {
            self.findings.push((finding, self.memory));
        }
    }
}

impl<M: Memory> Observer for Watch<M> {
    fn after(&mut self, world: &World, machine: &Machine, event: &Event, step: u32) {
        self.steps = step;
        if self.lost {
            return;
        }
        let mut judges = Judges::default();
        judges.after(world, machine, event, step);
        self.memory.after(world, &self.last, event, machine, &judges);
        self.last = *machine;
        for finding in judges.iter() {
            self.keep(finding);
        }
        self.lost = judges.of(Judge::LastWrite).is_some();
    }

    fn over(&mut self, machine: &Machine, step: u32, end: End) {
        let mut judges = Judges::default();
        judges.over(machine, step, end);
        for finding in judges.iter() {
            self.keep(finding);
        }
    }
}

/// The case without the end of its schedule that the drain does by itself.
fn trimmed(version: &Version, case: &Case, finding: &Finding) -> Case {
    let shows = |case: &Case| {
        guarded(|| {
            let mut judges = Judges::default();
            replay(version, case, &mut judges);
            judges.of(finding.judge()) == Some(*finding)
        })
        .unwrap_or(false)
    };
    let mut best = case.clone();
    while let Some((_, rest)) = best.schedule.runs().split_last() {
        let shorter = Case { schedule: Schedule::from_runs(rest.to_vec()), ..best.clone() };
        if !shows(&shorter) {
            break;
        }
        best = shorter;
    }
    best
}
