//! The search itself: which states are expanded when.
//!
//! States are expanded in chunks, by any number of threads, and what comes of them is taken in by the thread
//! that asked: in order, so that the result does not depend on how many threads there are.

use super::expand::{Job, Plan, Sheet};
use super::kept::{Kept, Over, Silence};
use super::options::omission;
use super::path::{schedule, trimmed};
use super::reduce::Reduction;
use super::symmetry::Symmetry;
use super::{Answer, Cut, Exhaust, Measure, Options};
use corpus::Case;
use impls::Version;
use model::World;
use oracle::guard::guarded;
use oracle::{Finding, Judges, Memory, Rule, replay};
use rayon::ThreadPool;
use rayon::prelude::*;
use std::ops::ControlFlow;
use std::ops::ControlFlow::{Break, Continue};

/// So many states are expanded at a time, level by level.
const BATCH: usize = 4096;
/// So many by one thread at a time.
const CHUNK: usize = 64;

pub(super) struct Search<'a, 'w, M, W> {
    plan: Plan<'a, 'w>,
    kept: Kept<M, W>,
    pool: Option<ThreadPool>,
    sheet: Sheet<M>,
}

/// A livelock is no step; what an execution says of it is said of the step at which it gives up.
fn as_replayed(version: &Version, case: &Case, finding: Finding) -> Finding {
    if !matches!(finding, Finding::Broken { rule: Rule::Livelock, .. }) {
        return finding;
    }
    let mut judges = Judges::default();
    let said = guarded(|| replay(version, case, &mut judges)).and(judges.of(finding.judge()));
    said.unwrap_or(finding)
}

/// Why a search that was to be silent was given up.
pub(super) enum Noise {
    /// A judge spoke.
    Spoke(Finding),
    /// Some states are not as symmetric as the programs.
    Asymmetric,
}

impl<'a, 'w, M: Memory, W: FnMut(&Finding, &M) -> Answer> Search<'a, 'w, M, W> {
    pub fn new(world: &'a World<'w>, case: &Case, options: &Options, wanted: W) -> Self {
        let symmetry = options.symmetry.then(|| Symmetry::of(case)).filter(|s| s.order() > 1);
        let reduction = if options.reduction { Reduction::of(world) } else { None };
        let pool = match options.threads {
            0 | 1 => None,
            n => rayon::ThreadPoolBuilder::new().num_threads(n).build().ok(),
        };
        let plan = Plan { world, symmetry, reduction };
        Search { plan, kept: Kept::new(world, options, wanted), pool, sheet: Sheet::default() }
    }

    /// Searches for a shortest execution with a finding.
    pub fn run(mut self, version: &Version, case: &Case) -> (Exhaust, Measure) {
        let over = self.explore();
        match self.kept.best.take() {
            Some(best) => {
                let schedule = schedule(&self.kept.nodes, best.state, best.via);
                let scenario = best.memory.scenario(&best.finding);
                let case = Case { schedule, ..case.clone() };
                let finding = as_replayed(version, &case, best.finding);
                let case = trimmed::<M>(version, &case, &finding, scenario);
                let measure = self.measure(None);
                let Measure { states, transitions, .. } = measure;
                let goals = self.kept.goals;
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
        let states = kept.space.states.len() as u64;
        Measure {
            states,
            transitions: kept.transitions,
            enabled: kept.enabled,
            ends: kept.ends,
            outcomes: kept.outcomes.clone(),
            bytes: kept.bytes() as u64,
            bits: kept.space.parts.fields().width(),
            symmetries: self.plan.symmetry.as_ref().map_or(1, Symmetry::order),
            reduced: self.plan.reduction.is_some(),
            omission: if kept.options.lossy { omission(states) } else { 0.0 },
            cut,
            spoke: None,
        }
    }

    fn explore(&mut self) -> ControlFlow<Over> {
        self.levels()?;
        if self.kept.best.is_none() && !self.kept.options.lossy {
            self.kept.livelock()?;
        }
        Continue(())
    }

    /// Level by level, a level being the states at the same distance from the start.
    fn levels(&mut self) -> ControlFlow<Over> {
        let (mut from, mut depth) = (0, 0);
        while from < self.kept.space.states.len() {
            // A finding of this level takes at least one more step.
            if self.kept.best.as_ref().is_some_and(|b| b.rank.0 < depth + 1) {
                return Continue(());
            }
            self.kept.space.states.forget_before(from as u32);
            let to = self.kept.space.states.len();
            self.kept.next = to;
            let mut at = from;
            while at < to || !self.kept.again.is_empty() {
                let batch = at..(at + BATCH).min(to);
                at = batch.end;
                self.expand(batch.map(|state| (state as u32, depth)))?;
            }
            (from, depth) = (to, depth + 1);
        }
        Continue(())
    }

    /// Expands states, and first those that have to be expanded again.
    fn expand(&mut self, states: impl Iterator<Item = (u32, u32)>) -> ControlFlow<Over> {
        let Search { plan, kept, pool, sheet } = self;
        let again = std::mem::take(&mut kept.again);
        let job = |all| move |(state, depth)| Job { state, depth, all };
        let jobs: Vec<Job> = again.into_iter().map(job(true)).chain(states.map(job(false))).collect();
        if kept.options.threads == 1 || jobs.len() <= CHUNK {
            return jobs.chunks(CHUNK).try_for_each(|jobs| {
                plan.expand(&kept.space, jobs, sheet);
                kept.take(sheet)
            });
        }
        let space = &kept.space;
        let expand = |jobs: &[Job]| {
            let mut sheet = Sheet::default();
            plan.expand(space, jobs, &mut sheet);
            sheet
        };
        let all = || jobs.par_chunks(CHUNK).map(expand).collect::<Vec<_>>();
        let mut sheets = pool.as_ref().map_or_else(all, |pool| pool.install(all));
        sheets.iter_mut().try_for_each(|sheet| kept.take(sheet))
    }
}
