//! Expanding states: every way on from each, stepped and judged. Nothing here knows which states have been
//! seen, and nothing gets a number here, so that any number of threads can do it.

use super::Outcome;
use super::drain::drain;
use super::reduce::Reduction;
use super::symmetry::Symmetry;
use crate::states::{Key, Numbers, Parts, States};
use model::{Image, Machine, Transition, World};
use oracle::guard::guarded;
use oracle::{Finding, Goals, Judge, Judges, Memory, Observer, Rule};

/// A state to be expanded.
#[derive(Clone, Copy)]
pub(super) struct Job {
    pub state: u32,
    /// How many steps lead there.
    pub depth: u32,
    /// All transitions are to be taken.
    pub all: bool,
}

/// What is known of a case: its states, their parts, and what is remembered of executions.
pub(super) struct Space<M> {
    pub states: States,
    pub parts: Parts,
    pub pasts: Numbers<M>,
}

/// A machine some part of which has no number, or its past. It is where its way in the sheet leads to.
pub(super) struct Fresh<M> {
    pub way: usize,
    pub image: Image,
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
    /// By way: what moved.
    pub vias: Vec<Transition>,
    /// By way: where to; [`Key::NOWHERE`] if the execution is over, or is not followed, or if that is among
    /// the following.
    pub keys: Vec<Key>,
    pub fresh: Vec<Fresh<M>>,
    /// The age of the keys.
    pub age: usize,
    pub notes: Vec<Note<M>>,
    pub outcomes: Vec<Outcome>,
    pub goals: Goals,
    /// A state came up in which renaming two actors may make a difference.
    pub asymmetric: bool,
}

impl<M> Default for Sheet<M> {
    fn default() -> Self {
        Sheet {
            done: Vec::new(),
            vias: Vec::new(),
            keys: Vec::new(),
            fresh: Vec::new(),
            age: 0,
            notes: Vec::new(),
            outcomes: Vec::new(),
            goals: Goals::default(),
            asymmetric: false,
        }
    }
}

impl<M> Sheet<M> {
    fn clear(&mut self, age: usize) {
        self.done.clear();
        self.vias.clear();
        self.keys.clear();
        self.fresh.clear();
        self.age = age;
        self.notes.clear();
        self.outcomes.clear();
        self.goals = Goals::default();
        self.asymmetric = false;
    }

    #[inline]
    fn way(&mut self, via: Transition, to: Key) {
        self.vias.push(via);
        self.keys.push(to);
    }
}

/// The state that is being expanded.
struct Here<'s, M> {
    job: Job,
    space: &'s Space<M>,
    key: Key,
    image: &'s Image,
    machine: &'s Machine,
    memory: M,
}

/// What a search does not change while it runs.
pub(super) struct Plan<'a, 'w> {
    pub world: &'a World<'w>,
    /// Made use of, if any.
    pub symmetry: Option<Symmetry>,
    /// Made use of, if any.
    pub reduction: Option<Reduction>,
}

impl Plan<'_, '_> {
    /// Expands states.
    pub fn expand<M: Memory>(&self, space: &Space<M>, jobs: &[Job], sheet: &mut Sheet<M>) {
        sheet.clear(space.parts.age());
        // Neighbours are much alike.
        let mut last = Key::default();
        let mut image = space.parts.image(last);
        for job in jobs {
            let key = space.states.key(job.state);
            space.parts.turn(&mut image, last, key);
            last = key;
            let image = &image;
            let machine = Machine::of_image(image).expect("the parts are a machine's");
            let memory = *space.pasts.value(space.parts.past(key));
            self.expand_one(&Here { job: *job, space, key, image, machine, memory }, sheet);
        }
    }

    fn expand_one<M: Memory>(&self, here: &Here<M>, sheet: &mut Sheet<M>) {
        let Here { job: Job { state, depth, all }, machine, .. } = *here;
        let enabled = machine.enabled(self.world);
        if enabled.is_empty() {
            let end = self.end(here, sheet);
            sheet.way(Transition::run(0), Key::NOWHERE);
            sheet.done.push(Done { state, depth, ways: 1, enabled: 0, end });
            return;
        }
        sheet.asymmetric |= self.symmetry.as_ref().is_some_and(|s| s.fragile && machine.asked_twice());
        let chosen = match &self.reduction {
            Some(reduction) if !all => reduction.choose(self.world, machine, enabled),
            _ => enabled,
        };
        for via in chosen.iter() {
            self.take(here, via, sheet);
        }
        sheet.done.push(Done { state, depth, ways: chosen.len(), enabled: enabled.len(), end: false });
    }

    /// Where nothing moves: drains if the programs are over, which is said.
    fn end<M: Memory>(&self, here: &Here<M>, sheet: &mut Sheet<M>) -> bool {
        let Here { job: Job { state, depth, .. }, machine, memory, .. } = *here;
        let after = sheet.keys.len();
        if !machine.programs_done(self.world.programs) {
            let finding = Finding::Broken { step: depth, rule: Rule::Deadlock };
            sheet.notes.push(Note { after, state, via: None, finding, memory });
            return false;
        }
        let mut add = |machine| {
            let drained = drain(self.world, machine, memory, depth);
            sheet.goals.join(drained.goals);
            sheet.outcomes.push(drained.outcome);
            for (finding, memory) in drained.findings {
                sheet.notes.push(Note { after, state, via: None, finding, memory });
            }
        };
        match &self.symmetry {
            Some(symmetry) => symmetry.twins(self.world, *machine).for_each(add),
            None => add(*machine),
        }
        true
    }

    #[inline]
    fn take<M: Memory>(&self, here: &Here<M>, via: Transition, sheet: &mut Sheet<M>) {
        let Here { job: Job { state, depth, .. }, space, machine, mut memory, .. } = *here;
        let after = sheet.keys.len();
        let mut next = *machine;
        let Some(event) = guarded(|| next.step(self.world, via)) else {
            let finding = Finding::Broken { step: depth + 1, rule: Rule::Impossible };
            sheet.notes.push(Note { after, state, via: Some(via), finding, memory });
            return sheet.way(via, Key::NOWHERE);
        };
        let judges = Judges::of_step(self.world, &next, &event, depth + 1);
        sheet.goals.after(self.world, &next, &event, depth + 1);
        memory.after(self.world, machine, &event, &next, &judges);
        if !judges.is_silent() {
            for finding in judges.iter() {
                sheet.notes.push(Note { after, state, via: Some(via), finding, memory });
            }
            if judges.of(Judge::LastWrite).is_some() {
                return sheet.way(via, Key::NOWHERE);
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
        let key = space.parts.find(here.key, here.image, next).and_then(|key| {
            if size_of::<M>() == 0 || memory == here.memory {
                return Some(key);
            }
            let past = space.pasts.find(&memory)?;
            Some(space.parts.with_past(key, past))
        });
        if key.is_none() {
            sheet.fresh.push(Fresh { way: after, image: *next, memory });
        }
        sheet.way(via, key.unwrap_or(Key::NOWHERE));
    }
}
