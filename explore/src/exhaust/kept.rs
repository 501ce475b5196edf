//! What a search knows so far, and what becomes of what expanding comes to.

use super::expand::{Fresh, Sheet, Space};
use super::node::Node;
use super::{Answer, Cut, Options, Outcome};
use crate::states::{GROUP, Key, Numbers, Parts, Reached, States};
use model::{Machine, Transition, World};
use oracle::{Finding, Goals, Memory, Rule, STEP_BOUND, livelock};
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::ops::ControlFlow::{Break, Continue};

/// A successor that is no state: the execution is over, or is not followed any further.
pub(super) const END: u32 = u32::MAX;

/// Bytes that a state takes beside its key, its ways on among them.
const MARGIN: usize = 96;

/// The search is over before its time.
pub(super) enum Over {
    Stop,
    Cut(Cut),
    /// A search that is to be silent is not.
    Spoke(Finding),
    /// Some states are not as symmetric as the programs.
    Asymmetric,
}

/// The best finding so far, and how to get there: from a state, by a transition or by the drain alone.
pub(super) struct Best<M> {
    pub finding: Finding,
    pub memory: M,
    pub rank: (u32, u16),
    pub state: u32,
    pub via: Option<Transition>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Silence {
    OfAll,
    OfWanted,
}

/// What is known so far.
pub(super) struct Kept<M, W> {
    pub options: Options,
    /// Whether anything that any judge says ends the search, or only what is looked for; if neither, the best
    /// is kept.
    pub silent: Option<Silence>,
    pub wanted: W,
    pub space: Space<M>,
    /// By state.
    pub nodes: Vec<Node>,
    /// Where the next level begins.
    pub next: usize,
    /// By state, one after the other; [`END`] for a way that ends.
    ways: Vec<u32>,
    /// Where a state's begin.
    first: Vec<u32>,
    /// States, and how many steps lead there, that have to be expanded once more, with all transitions.
    pub again: Vec<(u32, u32)>,
    pub transitions: u64,
    pub enabled: u64,
    pub ends: u64,
    pub outcomes: BTreeSet<Outcome>,
    pub goals: Goals,
    pub best: Option<Best<M>>,
    hashes: Vec<u64>,
}

impl<M: Memory, W: FnMut(&Finding, &M) -> Answer> Kept<M, W> {
    /// Nothing is known but the start.
    pub fn new(world: &World, options: &Options, wanted: W) -> Self {
        let mut space = Space {
            states: States::new(options.lossy),
            parts: Parts::new(&Machine::new(world.config)),
            pasts: Numbers::default(),
        };
        space.pasts.number(&M::default());
        let start = Key::default();
        space.states.reach(space.states.hash(&space.parts, start), start, |_| true);
        Kept {
            options: Options { budget: options.budget.clamp(1, END as usize), ..*options },
            silent: None,
            wanted,
            space,
            nodes: vec![Node::start()],
            next: 1,
            ways: Vec::new(),
            first: vec![0],
            again: Vec::new(),
            transitions: 0,
            enabled: 0,
            ends: 0,
            outcomes: BTreeSet::new(),
            goals: Goals::default(),
            best: None,
            hashes: Vec::new(),
        }
    }

    /// Takes in what came of some jobs.
    pub fn take(&mut self, sheet: &mut Sheet<M>) -> ControlFlow<Over> {
        if sheet.asymmetric {
            return Break(Over::Asymmetric);
        }
        self.goals.join(sheet.goals);
        self.outcomes.extend(&sheet.outcomes);
        self.settle(sheet)?;
        let mut notes = sheet.notes.iter().peekable();
        let mut n = 0;
        for done in &sheet.done {
            if self.options.memory.is_some() && !self.fits(self.space.states.bytes()) {
                return Break(Over::Cut(Cut::Memory));
            }
            self.enabled += u64::from(done.enabled);
            self.ends += u64::from(done.end);
            if !self.options.lossy {
                self.first[done.state as usize] = self.ways.len() as u32;
            }
            let node = &mut self.nodes[done.state as usize];
            node.set_ways(done.ways as u8);
            let node = *node;
            // Whether some way leads to a state that has not been expanded.
            let mut new = false;
            for _ in 0..done.ways {
                if n % GROUP == 0 {
                    self.fetch(n);
                }
                self.transitions += u64::from(done.enabled > 0);
                while let Some(note) = notes.next_if(|note| note.after == n) {
                    self.offer(note.finding, note.memory, note.state, note.via)?;
                }
                let (key, via, hash) = (sheet.keys[n], sheet.vias[n], self.hashes[n]);
                n += 1;
                if key == Key::NOWHERE {
                    self.follow(END);
                    continue;
                }
                match self.reach(hash, key, done.state, node, via) {
                    Reached::New(state) => {
                        new = true;
                        if !self.options.lossy {
                            self.first.push(0);
                        }
                        self.follow(state);
                    }
                    Reached::Known(state) => {
                        // Its turn is yet to come.
                        new |= self.nodes[state as usize].ways() == 0;
                        self.follow(state);
                    }
                    Reached::Somewhere => {}
                    Reached::Full => {
                        let full = self.space.states.len() >= self.options.budget;
                        return Break(Over::Cut(if full { Cut::States } else { Cut::Memory }));
                    }
                }
            }
            // All that was chosen leads back: what was left out must not be left out for ever.
            if done.ways < done.enabled && !new {
                self.again.push((done.state, done.depth));
            }
        }
        Continue(())
    }

    /// Numbers what is new, so that every way says where it leads to.
    fn settle(&mut self, sheet: &mut Sheet<M>) -> ControlFlow<Over> {
        let Sheet { keys, fresh, age, .. } = sheet;
        let Space { states, parts, pasts } = &mut self.space;
        let before = parts.age();
        let mut numbered = Vec::new();
        for Fresh { way, image, memory } in fresh.drain(..) {
            let Some(key) = parts.number(&image, pasts.number(&memory)) else {
                return Break(Over::Cut(Cut::Parts));
            };
            numbered.push((way, parts.age(), key));
        }
        if parts.age() != before {
            states.renew(parts, before);
        }
        if parts.age() != *age {
            keys.iter_mut().for_each(|key| *key = parts.renew(*age, *key));
        }
        for (way, age, key) in numbered {
            keys[way] = parts.renew(age, key);
        }
        self.hashes.clear();
        self.hashes.extend(keys.iter().map(|key| states.hash(parts, *key)));
        Continue(())
    }

    #[inline]
    fn follow(&mut self, state: u32) {
        if !self.options.lossy {
            self.ways.push(state);
        }
    }

    #[inline]
    fn fetch(&self, from: usize) {
        let hashes = &self.hashes[from..self.hashes.len().min(from + GROUP)];
        let nodes = &self.nodes;
        std::hint::black_box(self.space.states.fetch(hashes, |state| u64::from(nodes[state as usize].runs())));
    }

    /// A state that is new or was reached before: then the way with fewer switches stays, if both are equally
    /// long.
    #[inline]
    fn reach(&mut self, hash: u64, key: Key, parent: u32, from: Node, via: Transition) -> Reached {
        let runs = from.runs_by(via);
        let options = &self.options;
        let rest = if options.memory.is_some() { self.rest() } else { 0 };
        let room = |states: &States| {
            states.len() < options.budget
                && options.memory.is_none_or(|bytes| rest + states.bytes_at_next() + MARGIN <= bytes)
        };
        let reached = self.space.states.reach(hash, key, room);
        match reached {
            Reached::New(_) => self.nodes.push(Node::new(parent, via, runs)),
            Reached::Known(known) => {
                let old = &mut self.nodes[known as usize];
                if known as usize >= self.next && runs < old.runs() {
                    *old = Node::new(parent, via, runs);
                }
            }
            _ => {}
        }
        reached
    }

    /// Whether the states may take so many bytes, and what belongs to one more state too.
    fn fits(&self, states: usize) -> bool {
        self.options.memory.is_none_or(|bytes| self.rest() + states + MARGIN <= bytes)
    }

    pub fn bytes(&self) -> usize {
        self.rest() + self.space.states.bytes()
    }

    #[inline]
    fn rest(&self) -> usize {
        let space = self.space.parts.bytes() + self.space.pasts.bytes();
        space + 4 * (self.ways.len() + self.first.len()) + 8 * self.nodes.len()
    }

    /// Offers a finding to whoever searches.
    fn offer(&mut self, finding: Finding, memory: M, state: u32, via: Option<Transition>) -> ControlFlow<Over> {
        if self.silent == Some(Silence::OfAll) {
            return Break(Over::Spoke(finding));
        }
        let answer = (self.wanted)(&finding, &memory);
        if answer == Answer::Ignore {
            return Continue(());
        }
        if self.silent.is_some() {
            return Break(Over::Spoke(finding));
        }
        let node = self.nodes[state as usize];
        let rank = (finding.step(), via.map_or(node.runs(), |via| node.runs_by(via)));
        if self.best.as_ref().is_none_or(|b| rank < b.rank) {
            self.best = Some(Best { finding, memory, rank, state, via });
        }
        if answer == Answer::Stop { Break(Over::Stop) } else { Continue(()) }
    }

    /// The first state from which no end can be reached.
    pub fn livelock(&mut self) -> ControlFlow<Over> {
        let ends = |state: u32, known: &[bool]| {
            let from = self.first[state as usize] as usize;
            let ways = &self.ways[from..from + self.nodes[state as usize].ways() as usize];
            ways.iter().any(|way| *way == END || known[*way as usize])
        };
        let Some(state) = livelock(self.nodes.len(), ends) else { return Continue(()) };
        let finding = Finding::Broken { step: STEP_BOUND, rule: Rule::Livelock };
        let key = self.space.states.key(state);
        let memory = *self.space.pasts.value(self.space.parts.past(key));
        self.offer(finding, memory, state, None)
    }
}
