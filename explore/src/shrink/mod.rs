//! The smallest case with the same verdict that deletions, merges and simplifications lead to.
//!
//! Every step goes down in [`Size`], so that the result is never larger, and every step keeps the
//! [`Signature`], so that it is never another bug. The order of the attempts depends on nothing but the case.
//! At the end no single deletion is left that shows the same, unless the search was stopped before.

mod deletions;
mod edits;
mod placed;
mod programs;
mod record;
mod schedule;
mod search;
mod signature;
mod size;
mod statistics;
mod surroundings;

pub use deletions::deletions;
pub use signature::Signature;
pub use size::{Size, Surroundings};
pub use statistics::{Sample, draw_losing, statistics};

use corpus::Case;
use edits::{Edited, Pages};
use oracle::counted;
use oracle::guard::quietly;
use search::DRAINS;
use signature::Ran;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

/// Is told the size of a smaller case, and how many executions it took so far.
pub type Progress<'a> = dyn Fn(&Size, u64) + Sync + 'a;

/// When to stop, with the smallest case so far as the result.
#[derive(Clone, Copy)]
pub struct Limits<'a> {
    /// After this many executions. One that takes long counts once for each thousand steps.
    pub executions: u64,
    /// As soon as this is true.
    pub stop: Option<&'a AtomicBool>,
    /// Told of every smaller case.
    pub progress: Option<&'a Progress<'a>>,
}

impl Limits<'_> {
    fn reached(&self, executions: u64) -> bool {
        executions >= self.executions || self.stop.is_some_and(|stop| stop.load(Ordering::Relaxed))
    }
}

impl Default for Limits<'_> {
    fn default() -> Self {
        Limits { executions: EXECUTIONS, stop: None, progress: None }
    }
}

impl std::fmt::Debug for Limits<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Limits").field("executions", &self.executions).finish_non_exhaustive()
    }
}

/// The bound on executions unless another is given: some seconds of one core.
pub const EXECUTIONS: u64 = 200_000;
/// Steps of an execution that count as one.
const STEPS: u32 = 1024;

/// What came of shrinking.
#[derive(Clone, Debug)]
pub struct Shrunk<'a> {
    /// The smallest case that was found.
    pub case: Case,
    /// What it shows. The page is the one that the verdict was about, under the number that it has now.
    pub signature: Signature<'a>,
    /// How many executions it took.
    pub executions: u64,
    /// Every attempt was made: no single deletion shows the same.
    pub complete: bool,
}

/// Shrinks a case as long as it shows the same. A case that does not show it stays as it is. The result has a
/// schedule of runs, whatever the case has.
#[must_use]
pub fn shrink_to<'a>(case: &Case, signature: Signature<'a>, limits: &Limits<'_>) -> Shrunk<'a> {
    quietly(|| {
        let case = counted(signature.version(), case);
        let mut shrinker = Shrinker::new(&case, signature, limits);
        shrinker.run();
        let Shrinker { best, failure: signature, executions, over, .. } = shrinker;
        Shrunk { case: best, signature, executions, complete: !over }
    })
}

/// Shrinks a case as long as `fails` holds.
pub fn shrink(case: &Case, fails: impl Fn(&Case) -> bool) -> Case {
    let limits = Limits::default();
    let mut shrinker = Shrinker::new(case, Property(fails), &limits);
    shrinker.run();
    shrinker.best
}

/// What a case must go on showing.
trait Failure {
    /// Runs a case whose pages have new numbers, if any are given.
    fn ran(&self, case: &Case, to: Option<Pages>) -> Ran;

    /// The pages of the case keep their new numbers.
    fn renumber(&mut self, _to: Pages) {}

    /// What a search can look for.
    fn signature(&self) -> Option<Signature<'_>> {
        None
    }
}

impl Failure for Signature<'_> {
    fn ran(&self, case: &Case, to: Option<Pages>) -> Ran {
        to.map_or(*self, |to| self.renumbered(to)).ran(case)
    }

    fn renumber(&mut self, to: Pages) {
        *self = self.renumbered(to);
    }

    fn signature(&self) -> Option<Signature<'_>> {
        Some(*self)
    }
}

/// Anything that can be asked of a case.
struct Property<F>(F);

impl<F: Fn(&Case) -> bool> Failure for Property<F> {
    fn ran(&self, case: &Case, _: Option<Pages>) -> Ran {
        Ran { holds: (self.0)(case), steps: 1 }
    }
}

/// The smallest case so far, and what is left to spend.
struct Shrinker<'a, F> {
    best: Case,
    size: Size,
    /// No count that a reader sees may exceed this one's: the size of what went in, and at the end of what
    /// has come out.
    first: Size,
    failure: F,
    limits: &'a Limits<'a>,
    executions: u64,
    /// What searches may still cost.
    drains: u64,
    /// Programs for which a search of schedules with fewer runs than this has found nothing.
    searched: HashMap<Case, usize>,
    /// The limit was reached, or somebody has asked to stop.
    over: bool,
}

/// How many kinds of attempts there are.
const PASSES: usize = 12;

/// One kind of attempt, made until none succeeds.
type Pass<'a, F> = fn(&mut Shrinker<'a, F>);

impl<'a, F: Failure> Shrinker<'a, F> {
    fn new(case: &Case, failure: F, limits: &'a Limits<'a>) -> Self {
        let size = Size::of(case);
        Shrinker {
            best: case.clone(),
            size,
            first: size,
            failure,
            limits,
            executions: 0,
            drains: DRAINS,
            searched: HashMap::new(),
            over: false,
        }
    }

    /// Every pass until all of them have failed on the same case. Each is short work beside those behind it.
    fn run(&mut self) {
        let case = self.best.clone();
        if !self.shows(&case, None) {
            return;
        }
        let passes: [Pass<'a, F>; PASSES] = [
            Self::without_actors,
            Self::without_operations,
            Self::merged_actors,
            Self::plain_surroundings,
            Self::shorter_schedule,
            Self::without_pairs,
            Self::moved_operations,
            Self::fewer_pages,
            Self::plainer_operations,
            Self::plainer_actors,
            Self::fewest_switches,
            Self::other_schedules,
        ];
        // On a case of which size each pass has failed last.
        let mut failed = [None; PASSES];
        while !self.over {
            if let Some(next) = failed.iter().position(|at| *at != Some(self.size)) {
                passes[next](self);
                // What a pass leaves it has failed on: it goes on until nothing succeeds.
                failed[next] = Some(self.size);
            } else if self.first != self.size {
                // Once more as if the result had been given, so that shrinking it again changes nothing.
                (self.first, self.drains) = (self.size, DRAINS);
                self.searched.clear();
                failed = [None; PASSES];
            } else {
                return;
            }
        }
    }

    /// Takes a candidate if it is smaller and shows the same.
    fn attempt(&mut self, candidate: Edited) -> bool {
        let Edited { mut case, to } = candidate;
        case.repair();
        let size = Size::of(&case);
        if size >= self.size || !size.fits(&self.first) || self.over {
            return false;
        }
        if !self.shows(&case, to) {
            return false;
        }
        if let Some(to) = to {
            self.failure.renumber(to);
        }
        (self.best, self.size) = (case, size);
        if let Some(progress) = self.limits.progress {
            progress(&size, self.executions);
        }
        true
    }

    /// The first of the candidates that is smaller and shows the same.
    fn first_of(&mut self, candidates: impl IntoIterator<Item = Edited>) -> bool {
        candidates.into_iter().any(|candidate| self.attempt(candidate))
    }

    fn shows(&mut self, case: &Case, to: Option<Pages>) -> bool {
        self.over |= self.limits.reached(self.executions);
        if self.over {
            return false;
        }
        let ran = self.failure.ran(case, to);
        self.executions += cost_of(ran.steps);
        ran.holds
    }
}

/// As how many executions one of so many steps counts.
fn cost_of(steps: u32) -> u64 {
    1 + u64::from(steps / STEPS)
}
