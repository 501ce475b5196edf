//! Many executions of one program: what a step does is looked up if some execution has taken it before.
//!
//! The states that executions come to are remembered with the ways between them, each stepped and judged
//! once, and what comes of winding up is found out once for each state where a chooser stops. An execution is
//! then a walk over what is known: the same choices, and the same verdict, as [`oracle::execute`]'s.
//!
//! What is remembered is bounded. Where it is full, executions go on step by step.

use crate::states::hash::Packing;
use hashbrown::HashTable;
use model::{Enabled, Machine, Transition, World};
use oracle::{Chooser, End, Goals, Judges, Observer, STEP_BOUND, wind_up};
use std::hash::BuildHasher;

/// What came of an execution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Walked {
    /// What the judges said.
    pub judges: Judges,
    /// What was reached.
    pub goals: Goals,
    /// How it ended.
    pub end: End,
    /// How many steps it took, the drain included.
    pub steps: u32,
}

/// Executions of one program on one version.
pub struct Walks<'a, 'w> {
    world: &'a World<'w>,
    states: Vec<State>,
    /// The numbers of states, each with its machine's hash.
    numbers: HashTable<(u64, u32)>,
    /// What judges say of steps, and what comes of winding up.
    said: Vec<Judges>,
    endings: Vec<Walked>,
    most: usize,
}

struct State {
    machine: Machine,
    enabled: Enabled,
    /// What comes of winding up, a number plus one.
    ending: u32,
    ways: [Way; Transition::COUNT as usize],
}

#[derive(Clone, Copy)]
struct Way {
    /// A state, [`UNKNOWN`] or [`NO_ROOM`].
    to: u32,
    /// What judges say, a number plus one.
    said: u32,
    goals: Goals,
    retried: bool,
}

const UNKNOWN: u32 = u32::MAX;
const NO_ROOM: u32 = u32::MAX - 1;

impl<'a, 'w> Walks<'a, 'w> {
    /// So many states are remembered unless another bound is given: some 20 MB.
    pub const MOST: usize = 1 << 15;

    /// Nothing is known yet. At most so many states will be.
    #[must_use]
    pub fn new(world: &'a World<'w>, most: usize) -> Walks<'a, 'w> {
        let mut walks = Walks {
            world,
            states: Vec::new(),
            numbers: HashTable::new(),
            said: Vec::new(),
            endings: Vec::new(),
            most: most.clamp(1, NO_ROOM as usize),
        };
        walks.number(&Machine::new(world.config));
        walks
    }

    /// Executes the program with choices from `chooser`.
    pub fn walk(&mut self, chooser: &mut impl Chooser) -> Walked {
        let (mut judges, mut goals) = (Judges::default(), Goals::default());
        let (mut at, mut steps) = (0, 0);
        while steps < STEP_BOUND {
            let State { machine, enabled, .. } = &self.states[at as usize];
            let choice = match chooser.blindly() {
                Some(choice) if enabled.has(choice) => choice,
                _ if enabled.is_empty() => break,
                Some(choice) => enabled.repair(choice),
                None => match chooser.choose(*enabled, machine) {
                    Some(choice) => choice,
                    None => break,
                },
            };
            let mut way = self.states[at as usize].ways[choice.index() as usize];
            if way.to == UNKNOWN {
                way = self.step(at, choice);
            }
            if way.to == NO_ROOM {
                let rest = Rest { walks: self, machine: self.states[at as usize].machine, steps, judges, goals };
                return rest.go_on(choice, chooser);
            }
            steps += 1;
            goals.join(way.goals);
            if way.said != 0 {
                judges.keep_first(&self.said[way.said as usize - 1].later(steps));
            }
            if way.retried {
                chooser.retried(choice);
            }
            at = way.to;
        }
        let ending = self.ending(at);
        judges.keep_first(&ending.judges.later(steps));
        goals.join(ending.goals);
        Walked { judges, goals, end: ending.end, steps: steps + ending.steps }
    }

    /// How many states are remembered.
    #[must_use]
    pub fn states(&self) -> usize {
        self.states.len()
    }

    /// The number of a machine, which may be new.
    fn number(&mut self, machine: &Machine) -> u32 {
        let hash = Packing.hash_one(machine.image());
        let same = |(h, n): &(u64, u32)| *h == hash && self.states[*n as usize].machine == *machine;
        if let Some((_, known)) = self.numbers.find(hash, same) {
            return *known;
        }
        if self.states.len() >= self.most {
            return NO_ROOM;
        }
        let number = self.states.len() as u32;
        let unknown = Way { to: UNKNOWN, said: 0, goals: Goals::default(), retried: false };
        let ways = [unknown; Transition::COUNT as usize];
        self.states.push(State { machine: *machine, enabled: machine.enabled(self.world), ending: 0, ways });
        self.numbers.insert_unique(hash, (hash, number), |(hash, _)| *hash);
        number
    }

    /// Takes a step for the first time.
    #[cold]
    fn step(&mut self, at: u32, via: Transition) -> Way {
        let mut machine = self.states[at as usize].machine;
        let event = machine.step(self.world, via);
        let (mut judges, mut goals) = (Judges::default(), Goals::default());
        judges.after(self.world, &machine, &event, 0);
        goals.after(self.world, &machine, &event, 0);
        let said = if judges.is_silent() {
            0
        } else {
            self.said.push(judges);
            self.said.len() as u32
        };
        let way = Way { to: self.number(&machine), said, goals, retried: event.retried };
        self.states[at as usize].ways[via.index() as usize] = way;
        way
    }

    /// What comes of winding up a state, as if no step led there.
    fn ending(&mut self, at: u32) -> Walked {
        let State { machine, ending, .. } = &self.states[at as usize];
        let (machine, ending) = (*machine, *ending);
        if let Some(known) = ending.checked_sub(1) {
            return self.endings[known as usize];
        }
        let rest = Rest { walks: self, machine, steps: 0, judges: Judges::default(), goals: Goals::default() };
        let ending = rest.wind_up();
        self.endings.push(ending);
        self.states[at as usize].ending = self.endings.len() as u32;
        ending
    }
}

/// What is left of an execution, step by step.
struct Rest<'r, 'a, 'w> {
    walks: &'r Walks<'a, 'w>,
    machine: Machine,
    steps: u32,
    judges: Judges,
    goals: Goals,
}

impl Rest<'_, '_, '_> {
    fn go_on(mut self, first: Transition, chooser: &mut impl Chooser) -> Walked {
        let world = self.walks.world;
        let mut next = Some(first);
        while let Some(choice) = next {
            let event = self.machine.step(world, choice);
            self.steps += 1;
            self.judges.after(world, &self.machine, &event, self.steps);
            self.goals.after(world, &self.machine, &event, self.steps);
            if event.retried {
                chooser.retried(choice);
            }
            if self.steps >= STEP_BOUND {
                break;
            }
            let blind = chooser.blindly();
            let enabled = self.machine.enabled(world);
            next = match blind {
                _ if enabled.is_empty() => None,
                Some(choice) => Some(enabled.repair(choice)),
                None => chooser.choose(enabled, &self.machine),
            };
        }
        self.wind_up()
    }

    fn wind_up(self) -> Walked {
        let mut both = (self.judges, self.goals);
        let summary = wind_up(self.walks.world, self.machine, self.steps, &mut both);
        Walked { judges: both.0, goals: both.1, end: summary.end, steps: summary.steps }
    }
}
