//! Expanding states: every way on from each, stepped and judged. Nothing here knows which states have been seen, so that
//! any number of threads can do it.

use super::drain::drain;
use super::layout::{Layout, fingerprint, hash};
use super::reduce::Reduction;
use super::symmetry::Symmetry;
use super::{Memory, Outcome};
use crate::guard::guarded;
use crate::hash::Packing;
use crate::sampler::rng_for;
use model::{IMAGE, Image, Machine, Transition, World};
use oracle::{Finding, Goals, Judge, Judges, Observer, Rule};
use rand::RngExt;
use std::hash::BuildHasher;

/// Random executions go on for so many steps: longer than most programs, in case one of them never ends.
const LONGEST: usize = 400;

/// A state to be expanded; its packed words stand in a list beside the list of jobs.
#[derive(Clone, Copy)]
pub(super) struct Job<M> {
    pub state: u32,
    /// How many steps lead there.
    pub depth: u32,
    pub memory: M,
    /// All transitions are to be taken.
    pub all: bool,
}

/// One way on from a state.
pub(super) struct Way<M> {
    pub via: Transition,
    /// Where to: the hash of a state whose words stand in the sheet; `None` if the execution is over, or is not followed.
    pub to: Option<u64>,
    pub memory: M,
}

/// A finding, between two ways of a sheet.
pub(super) struct Note<M> {
    /// How many ways of the sheet come before it.
    pub after: usize,
    pub state: u32,
    pub via: Option<Transition>,
    pub finding: Finding,
    pub memory: M,
}

/// What came of one job.
pub(super) struct Done {
    pub state: u32,
    pub depth: u32,
    pub ways: u32,
    /// How many transitions could be taken, of which `ways` were.
    pub enabled: u32,
    /// The programs are over.
    pub end: bool,
}

/// What came of some jobs, in their order.
pub(super) struct Sheet<M> {
    pub done: Vec<Done>,
    pub ways: Vec<Way<M>>,
    /// The packed words of the ways that lead to states.
    pub words: Vec<u64>,
    pub notes: Vec<Note<M>>,
    pub outcomes: Vec<Outcome>,
    pub goals: Goals,
    /// A state came up in which renaming two actors may make a difference.
    pub asymmetric: bool,
    /// Bits that the layout has no place for. If there are any, the sheet is good for nothing else.
    pub outside: Image,
}

impl<M> Default for Sheet<M> {
    fn default() -> Self {
        Sheet {
            done: Vec::new(),
            ways: Vec::new(),
            words: Vec::new(),
            notes: Vec::new(),
            outcomes: Vec::new(),
            goals: Goals::default(),
            asymmetric: false,
            outside: [0; IMAGE],
        }
    }
}

impl<M> Sheet<M> {
    /// Whether every state had its place in the layout.
    pub fn fits(&self) -> bool {
        self.outside == [0; IMAGE]
    }

    fn clear(&mut self) {
        self.done.clear();
        self.ways.clear();
        self.words.clear();
        self.notes.clear();
        self.outcomes.clear();
        self.goals = Goals::default();
        self.asymmetric = false;
        self.outside = [0; IMAGE];
    }
}

/// What a search does not change while it expands.
pub(super) struct Plan<'a, 'w> {
    pub world: &'a World<'w>,
    pub layout: Layout,
    /// Hashes are fingerprints.
    pub lossy: bool,
    /// Made use of, if any.
    pub symmetry: Option<Symmetry>,
    /// Made use of, if any.
    pub reduction: Option<Reduction>,
}

/// What the hash of a state with this past begins with.
pub(super) fn seed<M: Memory>(memory: &M) -> u64 {
    if size_of::<M>() == 0 { 0 } else { Packing.hash_one(memory) }
}

impl Plan<'_, '_> {
    /// Expands states, whose packed words are in `packed`.
    pub fn expand<M: Memory>(&self, jobs: &[Job<M>], packed: &[u64], sheet: &mut Sheet<M>) {
        sheet.clear();
        for (job, state) in jobs.iter().zip(packed.chunks_exact(self.layout.words())) {
            self.expand_one(job, state, sheet);
        }
    }

    fn expand_one<M: Memory>(&self, job: &Job<M>, packed: &[u64], sheet: &mut Sheet<M>) {
        let &Job { state, depth, memory, .. } = job;
        let image = self.layout.unpack(packed);
        let machine = Machine::of_image(&image).expect("what was packed is a machine");
        let enabled = machine.enabled(self.world);
        let before = sheet.ways.len();
        if enabled.is_empty() {
            let end = machine.programs_done(self.world.programs);
            if end {
                self.end(job, *machine, sheet);
            } else {
                let finding = Finding::Broken { step: depth, rule: Rule::Deadlock };
                sheet.notes.push(Note { after: before, state, via: None, finding, memory });
            }
            sheet.ways.push(Way { via: Transition::run(0), to: None, memory });
            sheet.done.push(Done { state, depth, ways: 1, enabled: 0, end });
            return;
        }
        sheet.asymmetric |= self.symmetry.as_ref().is_some_and(|s| s.fragile && machine.asked_twice());
        let chosen = match &self.reduction {
            Some(reduction) if !job.all => reduction.choose(self.world, machine, enabled),
            _ => enabled,
        };
        for via in chosen.iter() {
            self.take(job, (machine, &image, packed), via, sheet);
        }
        let ways = (sheet.ways.len() - before) as u32;
        sheet.done.push(Done { state, depth, ways, enabled: enabled.len(), end: false });
    }

    fn end<M: Memory>(&self, job: &Job<M>, machine: Machine, sheet: &mut Sheet<M>) {
        let after = sheet.ways.len();
        let mut add = |machine| {
            let drained = drain(self.world, machine, job.memory, job.depth);
            sheet.goals.join(drained.goals);
            sheet.outcomes.push(drained.outcome);
            for (finding, memory) in drained.findings {
                sheet.notes.push(Note { after, state: job.state, via: None, finding, memory });
            }
        };
        match &self.symmetry {
            Some(symmetry) => symmetry.twins(self.world, machine).for_each(add),
            None => add(machine),
        }
    }

    fn take<M: Memory>(
        &self,
        job: &Job<M>,
        (machine, image, packed): (&Machine, &Image, &[u64]),
        via: Transition,
        sheet: &mut Sheet<M>,
    ) {
        let &Job { state, depth, mut memory, .. } = job;
        let after = sheet.ways.len();
        let mut next = *machine;
        let Some(event) = guarded(|| next.step(self.world, via)) else {
            let finding = Finding::Broken { step: depth + 1, rule: Rule::Impossible };
            sheet.notes.push(Note { after, state, via: Some(via), finding, memory });
            sheet.ways.push(Way { via, to: None, memory });
            return;
        };
        let mut judges = Judges::default();
        judges.after(self.world, &next, &event, depth + 1);
        sheet.goals.after(self.world, &next, &event, depth + 1);
        memory.after(self.world, machine, &event, &next, &judges);
        if !judges.is_silent() {
            for finding in judges.iter() {
                sheet.notes.push(Note { after, state, via: Some(via), finding, memory });
            }
            if judges.of(Judge::LastWrite).is_some() {
                sheet.ways.push(Way { via, to: None, memory });
                return;
            }
        }
        let renamed;
        let next = match &self.symmetry {
            Some(symmetry) => {
                renamed = symmetry.image(self.world, &next);
                &renamed
            }
            None => next.image(),
        };
        let start = sheet.words.len();
        sheet.words.extend_from_slice(packed);
        let words = &mut sheet.words[start..];
        self.layout.pack(image, next, words, &mut sheet.outside);
        let hash = self.hash(next, words, &memory);
        sheet.ways.push(Way { via, to: Some(hash), memory });
    }

    /// Adds the bits in which the states of random executions differ from the first.
    pub fn survey(&self, executions: u64, bits: &mut Image) {
        let base = Machine::new(self.world.config);
        let first = *base.image();
        for index in 0..executions {
            let (mut machine, mut rng) = (base, rng_for(0, index));
            for _ in 0..LONGEST {
                let enabled = machine.enabled(self.world);
                if enabled.is_empty() {
                    break;
                }
                let via = enabled.nth(rng.random_range(0..enabled.len()));
                if guarded(|| machine.step(self.world, via)).is_none() {
                    break;
                }
                let image = self.image(&machine);
                for n in 0..IMAGE {
                    bits[n] |= image[n] ^ first[n];
                }
            }
        }
    }

    fn image(&self, machine: &Machine) -> Image {
        match &self.symmetry {
            Some(symmetry) => symmetry.image(self.world, machine),
            None => *machine.image(),
        }
    }

    /// The hash of a state, or its fingerprint, which no change of the layout changes.
    pub fn hash<M: Memory>(&self, image: &Image, packed: &[u64], memory: &M) -> u64 {
        if self.lossy { fingerprint(image, seed(memory)) } else { hash(packed, seed(memory)) }
    }
}
