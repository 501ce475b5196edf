//! The search itself: which states are expanded when, and what becomes of what comes of it.
//!
//! States are expanded in batches, by any number of threads, while the batch before is taken in by the thread that asked:
//! in order, so that the result does not depend on how many threads there are.

use super::expand::{Job, Plan, Sheet, seed};
use super::layout::Layout;
use super::livelock::livelock;
use super::options::omission;
use super::path::{runs, schedule, trimmed};
use super::reduce::Reduction;
use super::store::{GROUP, Node, Reached, Store};
use super::symmetry::Symmetry;
use super::{Answer, Cut, Exhaust, Measure, Memory, Options, Order, Outcome};
use crate::hash::Packing;
use corpus::Case;
use impls::Version;
use model::{IMAGE, Machine, Transition, World};
use oracle::{Finding, Goals, Rule, STEP_BOUND};
use rayon::ThreadPool;
use rayon::prelude::*;
use std::collections::{BTreeSet, HashMap};
use std::ops::ControlFlow;
use std::ops::ControlFlow::{Break, Continue};

/// A successor that is no state: the execution is over, or is not followed any further.
pub(super) const END: u32 = u32::MAX;

/// So many states are expanded at a time, level by level.
const BATCH: usize = 2048;
/// So many by one thread.
const CHUNK: usize = 64;
/// With so many states, random executions are asked for the first time which bits change.
const SURVEY: usize = 256;
/// With fewer states it costs nothing to speak of to pack them all again.
const CHEAP: usize = 5000;
/// Bytes that a state takes beside its words, its ways on among them.
const MARGIN: usize = 96;
/// So many are expanded at a time, the newest first.
const BURST: usize = 4;

/// The search is over before its time.
enum Over {
    Stop,
    Cut(Cut),
    /// A search that is to be silent is not.
    Spoke(Finding),
    /// Some states are not as symmetric as the programs.
    Asymmetric,
}

/// The best finding so far, and how to get there: from a state, by a transition or by the drain alone.
struct Best<M> {
    finding: Finding,
    memory: M,
    rank: (u32, u16),
    state: u32,
    via: Option<Transition>,
}

pub(super) struct Search<'a, 'w, M, W> {
    plan: Plan<'a, 'w>,
    kept: Kept<M, W>,
    pool: Option<ThreadPool>,
    jobs: Vec<Job<M>>,
    packed: Vec<u64>,
    /// How many states there were when it was last asked which bits change.
    surveyed: usize,
}

/// What is known so far.
struct Kept<M, W> {
    options: Options,
    /// Whether anything that any judge says ends the search, or only what is looked for; if neither, the best is kept.
    silent: Option<Silence>,
    wanted: W,
    store: Store,
    pasts: Vec<M>,
    numbers: HashMap<M, u32, Packing>,
    /// The past that was looked up last: most states have the one of their neighbour.
    last: (M, u32),
    /// Where the next level begins.
    next: usize,
    /// By state, one after the other; [`END`] for a way that ends.
    ways: Vec<u32>,
    /// Where a state's begin.
    first: Vec<u32>,
    /// States, and how many steps lead there, that have to be expanded once more, with all transitions.
    again: Vec<(u32, u32)>,
    /// Those that are new, if the newest come first.
    stack: Vec<(u32, u32)>,
    transitions: u64,
    enabled: u64,
    ends: u64,
    outcomes: BTreeSet<Outcome>,
    goals: Goals,
    best: Option<Best<M>>,
}

/// Why a search that was to be silent was given up.
pub(super) enum Noise {
    /// A judge spoke.
    Spoke(Finding),
    /// Some states are not as symmetric as the programs.
    Asymmetric,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Silence {
    OfAll,
    OfWanted,
}

impl<'a, 'w, M: Memory, W: FnMut(&Finding, &M) -> Answer> Search<'a, 'w, M, W> {
    pub fn new(world: &'a World<'w>, case: &Case, options: &Options, wanted: W) -> Self {
        let start = Machine::new(world.config);
        let layout = Layout::new(*start.image());
        let mut store = Store::new(layout.words(), options.lossy);
        store.seeds.push(seed(&M::default()));
        let symmetry = options.symmetry.then(|| Symmetry::of(case)).filter(|s| s.order() > 1);
        let reduction = if options.reduction { Reduction::of(world) } else { None };
        let layout_words = layout.words();
        let plan = Plan { world, layout, lossy: options.lossy, symmetry, reduction };
        let remembers = size_of::<M>() != 0;
        let state = vec![0; layout_words];
        let hash = plan.hash(start.image(), &state, &M::default());
        store.reach(hash, &state, remembers.then_some(0), Node::new(0, 0, 0), true);
        let pool = match options.threads {
            0 | 1 => None,
            n => rayon::ThreadPoolBuilder::new().num_threads(n).build().ok(),
        };
        let kept = Kept {
            options: Options { budget: options.budget.clamp(1, END as usize), ..*options },
            silent: None,
            wanted,
            store,
            pasts: vec![M::default()],
            numbers: HashMap::from_iter([(M::default(), 0)]),
            last: (M::default(), 0),
            next: 1,
            ways: Vec::new(),
            first: vec![0],
            again: Vec::new(),
            stack: vec![(0, 0)],
            transitions: 0,
            enabled: 0,
            ends: 0,
            outcomes: BTreeSet::new(),
            goals: Goals::default(),
            best: None,
        };
        Search { plan, kept, pool, jobs: Vec::new(), packed: Vec::new(), surveyed: SURVEY / 2 }
    }

    /// Searches for a shortest execution with a finding.
    pub fn run(mut self, version: &Version, case: &Case) -> (Exhaust, Measure) {
        let over = self.explore();
        match self.kept.best.take() {
            Some(best) => {
                let schedule = schedule(&self.kept.store.nodes, best.state, best.via);
                let case = trimmed(version, &Case { schedule, ..case.clone() }, &best.finding);
                let scenario = best.memory.scenario(&best.finding);
                let measure = self.measure(None);
                let Measure { states, transitions, .. } = measure;
                let goals = self.kept.goals;
                let finding = best.finding;
                (Exhaust::Found { finding, scenario, case: Box::new(case), states, transitions, goals }, measure)
            }
            None => self.nothing(over),
        }
    }

    /// Searches as long as there is nothing to find.
    pub fn silent(mut self) -> Result<(Exhaust, Measure), Noise> {
        let reduced = self.plan.symmetry.is_some() || self.plan.reduction.is_some();
        self.kept.silent = Some(if reduced { Silence::OfAll } else { Silence::OfWanted });
        match self.explore() {
            Break(Over::Spoke(finding)) => Err(Noise::Spoke(finding)),
            Break(Over::Asymmetric) => Err(Noise::Asymmetric),
            over => Ok(self.nothing(over)),
        }
    }

    fn nothing(&self, over: ControlFlow<Over>) -> (Exhaust, Measure) {
        let cut = if let Break(Over::Cut(cut)) = over { Some(cut) } else { None };
        let measure = self.measure(cut);
        let Measure { states, transitions, .. } = measure;
        let goals = self.kept.goals;
        let found = match cut {
            Some(_) => Exhaust::Budget { states, transitions, goals },
            None => Exhaust::Exhausted { states, transitions, goals },
        };
        (found, measure)
    }

    fn measure(&self, cut: Option<Cut>) -> Measure {
        let kept = &self.kept;
        let states = kept.store.len() as u64;
        Measure {
            states,
            transitions: kept.transitions,
            enabled: kept.enabled,
            ends: kept.ends,
            outcomes: kept.outcomes.clone(),
            bytes: kept.bytes() as u64,
            bits: self.plan.layout.bits(),
            symmetries: self.plan.symmetry.as_ref().map_or(1, Symmetry::order),
            reduced: self.plan.reduction.is_some(),
            omission: if self.plan.lossy { omission(states) } else { 0.0 },
            cut,
            spoke: None,
        }
    }

    fn explore(&mut self) -> ControlFlow<Over> {
        match self.kept.options.order {
            Order::Breadth => self.levels()?,
            Order::Depth => self.newest_first()?,
        }
        if self.kept.best.is_none() && !self.plan.lossy {
            self.kept.livelock()?;
        }
        Continue(())
    }

    /// Level by level, a level being the states at the same distance from the start.
    fn levels(&mut self) -> ControlFlow<Over> {
        let (mut from, mut depth) = (0, 0);
        while from < self.kept.store.len() {
            // A finding of this level takes at least one more step.
            if self.kept.best.as_ref().is_some_and(|b| b.rank.0 < depth + 1) {
                return Continue(());
            }
            self.kept.store.forget_before(from as u32);
            let to = self.kept.store.len();
            self.kept.next = to;
            let mut at = from;
            let mut sheets = Vec::new();
            loop {
                let mut todo = std::mem::take(&mut self.kept.again);
                let all = todo.len();
                let batch = at..(at + BATCH).min(to);
                at = batch.end;
                todo.extend(batch.map(|state| (state as u32, depth)));
                if todo.is_empty() && sheets.is_empty() {
                    break;
                }
                self.prepare(&todo, all);
                sheets = self.round(sheets)?;
            }
            (from, depth) = (to, depth + 1);
        }
        Continue(())
    }

    fn newest_first(&mut self) -> ControlFlow<Over> {
        loop {
            let mut todo = std::mem::take(&mut self.kept.again);
            let all = todo.len();
            let stack = &mut self.kept.stack;
            todo.extend(stack.drain(stack.len().saturating_sub(BURST)..).rev());
            if todo.is_empty() {
                return Continue(());
            }
            self.prepare(&todo, all);
            let sheets = self.round(Vec::new())?;
            self.kept.take(&sheets)?;
        }
    }

    /// Copies what is to be expanded, of which the first ones with all transitions.
    fn prepare(&mut self, todo: &[(u32, u32)], all: usize) {
        self.jobs.clear();
        self.packed.clear();
        let Kept { store, pasts, .. } = &self.kept;
        for (n, &(state, depth)) in todo.iter().enumerate() {
            let memory = pasts[store.past(state) as usize];
            self.jobs.push(Job { state, depth, memory, all: n < all });
            self.packed.extend_from_slice(store.state(state));
        }
    }

    /// Takes in the sheets of the batch before, and expands the one that is prepared.
    fn round(&mut self, before: Vec<Sheet<M>>) -> ControlFlow<Over, Vec<Sheet<M>>> {
        let threads = self.kept.options.threads != 1 && self.jobs.len() > CHUNK;
        let Search { plan, kept, pool, jobs, packed, .. } = self;
        let mut sheets = before;
        if threads {
            let mut new = Vec::new();
            let expand = |new: &mut Vec<Sheet<M>>| *new = on_all_cores(plan, jobs, packed);
            let taken = match pool {
                Some(pool) => pool.in_place_scope(|scope| {
                    scope.spawn(|_| expand(&mut new));
                    kept.take(&sheets)
                }),
                None => rayon::in_place_scope(|scope| {
                    scope.spawn(|_| expand(&mut new));
                    kept.take(&sheets)
                }),
            };
            taken?;
            sheets = new;
        } else {
            kept.take(&sheets)?;
            sheets.truncate(1);
            if jobs.is_empty() {
                sheets.clear();
            } else if sheets.is_empty() {
                sheets.push(Sheet::default());
            }
            if let Some(sheet) = sheets.first_mut() {
                plan.expand(jobs, packed, sheet);
            }
        }
        if sheets.iter().all(Sheet::fits) {
            return Continue(sheets);
        }
        self.widen(&sheets);
        self.round(Vec::new())
    }

    /// Makes room in the layout for what had no place, also in what is prepared.
    fn widen(&mut self, sheets: &[Sheet<M>]) {
        let mut outside = [0; IMAGE];
        for sheet in sheets {
            outside.iter_mut().zip(sheet.outside).for_each(|(all, bits)| *all |= bits);
        }
        let old = self.plan.layout.clone();
        let states = self.kept.store.len();
        // Twice as many states as the last time: ask random executions too, and put all bits side by side if that pays.
        if states >= 2 * self.surveyed {
            self.surveyed = states;
            self.plan.survey((states / 8).min(1024) as u64, &mut outside);
            let anew = old.anew(&outside);
            if states < CHEAP || anew.runs() * 4 < old.runs() * 3 || anew.words() < old.words() {
                self.kept.store.convert(&old, &anew);
                self.plan.layout = anew;
                self.packed = self.plan.layout.convert(&old, &self.packed);
                return;
            }
        }
        self.plan.layout.add(&outside);
        self.kept.store.widen(self.plan.layout.words());
        self.packed = self.plan.layout.convert(&old, &self.packed);
    }
}

fn on_all_cores<M: Memory>(plan: &Plan, jobs: &[Job<M>], packed: &[u64]) -> Vec<Sheet<M>> {
    let chunks = jobs.par_chunks(CHUNK).zip(packed.par_chunks(CHUNK * plan.layout.words()));
    let expand = |(jobs, packed): (&[Job<M>], &[u64])| {
        let mut sheet = Sheet::default();
        plan.expand(jobs, packed, &mut sheet);
        sheet
    };
    chunks.map(expand).collect()
}

impl<M: Memory, W: FnMut(&Finding, &M) -> Answer> Kept<M, W> {
    /// Takes in what came of a batch.
    fn take(&mut self, sheets: &[Sheet<M>]) -> ControlFlow<Over> {
        sheets.iter().try_for_each(|sheet| self.take_sheet(sheet))
    }

    fn take_sheet(&mut self, sheet: &Sheet<M>) -> ControlFlow<Over> {
        if sheet.asymmetric {
            return Break(Over::Asymmetric);
        }
        self.goals.join(sheet.goals);
        self.outcomes.extend(&sheet.outcomes);
        let mut notes = sheet.notes.iter().peekable();
        let stride = self.store.stride();
        let mut states = sheet.words.chunks_exact(stride);
        let mut n = 0;
        for done in &sheet.done {
            if !self.fits(self.store.bytes()) {
                return Break(Over::Cut(Cut::Memory));
            }
            self.enabled += u64::from(done.enabled);
            self.ends += u64::from(done.end);
            self.first[done.state as usize] = self.ways.len() as u32;
            self.store.nodes[done.state as usize].set_ways(done.ways as u8);
            // Whether some way leads to a state that has not been expanded.
            let mut new = false;
            for _ in 0..done.ways {
                if n % GROUP == 0 {
                    self.fetch(sheet, n);
                }
                let way = &sheet.ways[n];
                self.transitions += u64::from(done.enabled > 0);
                while let Some(note) = notes.next_if(|note| note.after == n) {
                    self.offer(note.finding, note.memory, note.state, note.via)?;
                }
                n += 1;
                let Some(hash) = way.to else {
                    self.follow(END);
                    continue;
                };
                let packed = states.next().expect("every way to a state has its words");
                match self.reach(hash, packed, way.memory, done.state, way.via) {
                    Reached::New(state) => {
                        new = true;
                        self.first.push(0);
                        self.follow(state);
                        if self.options.order == Order::Depth {
                            self.stack.push((state, done.depth + 1));
                        }
                    }
                    Reached::Known(state) => {
                        // Its turn is yet to come.
                        new |= self.store.nodes[state as usize].ways() == 0;
                        self.follow(state);
                    }
                    Reached::Somewhere => {}
                    Reached::Full => {
                        let full = self.store.len() >= self.options.budget;
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

    fn follow(&mut self, state: u32) {
        if !self.options.lossy {
            self.ways.push(state);
        }
    }

    fn fetch(&self, sheet: &Sheet<M>, from: usize) {
        let mut hashes = [0; GROUP];
        let ways = sheet.ways.iter().skip(from).take(GROUP);
        let count = hashes.iter_mut().zip(ways.filter_map(|way| way.to)).map(|(h, hash)| *h = hash).count();
        std::hint::black_box(self.store.fetch(&hashes[..count]));
    }

    /// A state that is new or was reached before: then the way with fewer switches stays, if both are equally long.
    fn reach(&mut self, hash: u64, packed: &[u64], memory: M, parent: u32, via: Transition) -> Reached {
        let past = (size_of::<M>() != 0).then(|| self.number(memory));
        let runs = runs(&self.store.nodes, parent, via);
        let node = Node::new(parent, via.index(), runs);
        let reached = self.store.reach(hash, packed, past, node, self.room());
        if let Reached::Known(known) = reached {
            let old = &mut self.store.nodes[known as usize];
            if known as usize >= self.next && runs < old.runs() {
                *old = node;
            }
        }
        reached
    }

    fn number(&mut self, memory: M) -> u32 {
        if self.last.0 == memory {
            return self.last.1;
        }
        let Kept { numbers, pasts, store, .. } = self;
        let number = *numbers.entry(memory).or_insert_with(|| {
            pasts.push(memory);
            store.seeds.push(seed(&memory));
            pasts.len() as u32 - 1
        });
        self.last = (memory, number);
        number
    }

    /// Whether one more state is within the limits.
    fn room(&self) -> bool {
        self.store.len() < self.options.budget && self.fits(self.store.bytes_at_next())
    }

    /// Whether the store may take so many bytes, and what belongs to one more state too.
    fn fits(&self, store: usize) -> bool {
        self.options.memory.is_none_or(|bytes| self.rest() + store + 8 * self.store.stride() + MARGIN <= bytes)
    }

    fn bytes(&self) -> usize {
        self.rest() + self.store.bytes()
    }

    fn rest(&self) -> usize {
        4 * (self.ways.len() + self.first.len()) + 8 * self.stack.len()
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
        let nodes = &self.store.nodes;
        let runs = via.map_or(nodes[state as usize].runs(), |via| runs(nodes, state, via));
        let rank = (finding.step(), runs);
        if self.best.as_ref().is_none_or(|b| rank < b.rank) {
            self.best = Some(Best { finding, memory, rank, state, via });
        }
        if answer == Answer::Stop { Break(Over::Stop) } else { Continue(()) }
    }

    /// The first state from which no end can be reached.
    fn livelock(&mut self) -> ControlFlow<Over> {
        let Some(state) = livelock(&self.store.nodes, &self.first, &self.ways) else { return Continue(()) };
        let finding = Finding::Broken { step: STEP_BOUND, rule: Rule::Livelock };
        self.offer(finding, self.pasts[self.store.past(state) as usize], state, None)
    }
}
