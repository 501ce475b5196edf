//! A version against the kernel as released: what can it lose that the kernel does not, and by a step of its
//! own?
//!
//! Three questions, until one is answered or the time is up. Programs in order of size, each with all its
//! interleavings, drawn from the operations that run the version's functions ([`rounds`]). The programs that
//! come with the tool, as far as they run them. Random executions of longer programs ([`hunt`]).
//!
//! What counts is a way to lose something that the kernel as released does not have on the same program, or
//! that a step of the version's own functions is at fault for. A finding that is not a loss yet (a broken rule,
//! a dirty bit that is gone) is kept, and for two more operations a graver one is looked for.
//!
//! Does not claim: anything about longer programs than those of the rounds that came to their end.

mod hunt;
mod rounds;

pub use rounds::Round;

use crate::answers::losses::{Loss, losses};
use crate::answers::zoo;
use crate::exhaust::{Answer, Exhaust, Options, exhaust_with};
use crate::programs::Alphabet;
use crate::shrink::{Limits, Signature, shrink_to};
use corpus::{Case, Environment};
use impls::Version;
use oracle::guard::quietly;
use oracle::{Finding, Judge, trace_of};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What is to be checked, and for how long.
#[derive(Clone, Debug)]
pub struct CheckOptions<'a> {
    /// The version.
    pub version: &'static Version,
    /// What it is compared with: the kernel as released, or the version before a change.
    pub released: &'static Version,
    /// Only that counts which the other does not show. Else a step of the version's own that is at fault counts
    /// too.
    pub against_base: bool,
    /// What surrounds the operations; the kernel is the version's own if none is given.
    pub environment: Environment,
    /// When to end.
    pub time: Duration,
    /// The most operations of a program that is exhausted.
    pub ops: usize,
    /// How many states a program may have; one with more is counted and left out.
    pub budget: usize,
    /// The seed of the random executions.
    pub seed: u64,
    /// End as soon as this is true.
    pub stop: &'a AtomicBool,
}

/// What of the work something belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Programs of so many operations, exhausted.
    Programs(usize),
    /// Programs that come with the tool.
    Corpus,
    /// Random executions.
    Hunt,
}

/// Something that was found.
#[derive(Clone, Debug)]
pub struct Flagged {
    /// The smallest case that shows it, with its schedule.
    pub case: Case,
    /// What it is.
    pub loss: Loss,
    /// Who says so.
    pub judge: Judge,
    /// The kernel as released can lose the same on this program; the step at fault is one of the version's all
    /// the same.
    pub released_too: bool,
    /// Where it was found.
    pub stage: Stage,
}

impl Flagged {
    /// A load of a wrong value or through a translation that is gone ends the search; then come a dirty bit
    /// that is lost, a rule that is broken, and what the model cannot carry out.
    fn rank(&self) -> usize {
        rank(&self.loss)
    }
}

fn rank(loss: &Loss) -> usize {
    match loss {
        Loss::Lost { .. } | Loss::Stale { .. } => 0,
        Loss::Dropped { .. } => 1,
        Loss::Broken(_) => 2,
        Loss::Impossible => 3,
    }
}

/// What came of a check.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The gravest finding, if there is one.
    pub flagged: Option<Flagged>,
    /// The operations that run the version's functions, and those that programs were drawn from.
    pub alphabet: Alphabet,
    /// The rounds that came to their end.
    pub rounds: Vec<Round>,
    /// Programs that come with the tool and run the version's functions.
    pub corpus: u64,
    /// All programs that were exhausted, of rounds that were not finished too.
    pub programs: u64,
    /// How many states these have.
    pub states: u64,
    /// How many more had too many.
    pub too_large: u64,
    /// Random executions.
    pub executions: u64,
}

impl Checked {
    /// Nothing has been looked at.
    pub(crate) fn new(alphabet: Alphabet) -> Checked {
        Checked {
            flagged: None,
            alphabet,
            rounds: Vec::new(),
            corpus: 0,
            programs: 0,
            states: 0,
            too_large: 0,
            executions: 0,
        }
    }
}

/// Where the work has come to.
#[derive(Clone, Copy, Debug)]
pub struct CheckProgress {
    /// What is being done.
    pub stage: Stage,
    /// Programs that were exhausted.
    pub programs: u64,
    /// How many states these have.
    pub states: u64,
    /// Random executions.
    pub executions: u64,
}

/// So many programs are exhausted side by side; the first of them that shows something counts.
const CHUNK: usize = 64;
/// The longest programs that come before those of the corpus: they are done in no time.
const QUICK: usize = 3;
/// So many more operations a graver finding may take.
const GRAVER: usize = 2;

/// Checks a version.
pub fn check(options: &CheckOptions, progress: &(dyn Fn(&CheckProgress) + Sync)) -> Checked {
    let start = Instant::now();
    let environment = Environment {
        kernel: options.environment.kernel.or(Some(options.version.kernel)),
        ..options.environment.clone()
    };
    let profile = environment.kernel.unwrap_or_default();
    let alphabet = Alphabet::of([options.version.code(profile)]);
    let checked = Checked::new(alphabet);
    let end = start + options.time;
    // Random executions have a third of the time, if nothing is found before.
    let exhausting = start + options.time * 2 / 3;
    let mut run = Run { options, environment, progress, end: exhausting, checked, graver: None };
    if run.exhaust().is_some() && run.checked.flagged.is_none() {
        run.end = end;
        run.hunt();
    }
    run.finish()
}

/// A check at work.
struct Run<'a> {
    options: &'a CheckOptions<'a>,
    environment: Environment,
    progress: &'a (dyn Fn(&CheckProgress) + Sync),
    end: Instant,
    checked: Checked,
    /// The most operations of programs that a graver finding is looked for in.
    graver: Option<usize>,
}

/// What a program shows.
struct Shown {
    states: u64,
    too_large: bool,
    flagged: Option<(Loss, bool)>,
}

impl Run<'_> {
    /// Programs in order of size, and those of the corpus; `None` if somebody has asked to stop.
    fn exhaust(&mut self) -> Option<()> {
        for ops in 1..=self.options.ops {
            if self.graver.is_some_and(|most| ops > most) {
                break;
            }
            for round in self.rounds(ops) {
                let done = self.round(round);
                if self.is_over() {
                    return (!self.stopped()).then_some(());
                }
                if !done {
                    return (!self.stopped()).then_some(());
                }
            }
            if ops == QUICK {
                self.corpus();
                if self.is_over() {
                    return (!self.stopped()).then_some(());
                }
            }
        }
        Some(())
    }

    fn stopped(&self) -> bool {
        self.options.stop.load(Ordering::Relaxed)
    }

    /// Nothing graver can be found.
    fn is_over(&self) -> bool {
        self.stopped() || self.checked.flagged.as_ref().is_some_and(|f| f.rank() == 0)
    }

    /// The programs that come with the tool, in the version's surroundings.
    fn corpus(&mut self) {
        let entries = corpus::scenario_programs().into_iter().chain(corpus::mutant_programs());
        let historical = impls::families().iter().flat_map(|family| zoo::programs(family).entries);
        let all = entries.chain(corpus::builtin().into_iter().flat_map(|f| f.entries)).chain(historical);
        let mut seen = BTreeSet::new();
        let cases = all.map(|entry| {
            let case = self.environment.of(&entry.case);
            Case { schedule: corpus::Schedule::default(), ..case }
        });
        let cases: Vec<Case> = cases
            .filter(|case| self.checked.alphabet.runs.in_some(&case.programs))
            .filter(|case| case.config.keeps_contract() && seen.insert(case.to_string()))
            .collect();
        let before = self.checked.programs;
        self.cases(cases.into_iter(), Stage::Corpus);
        self.checked.corpus = self.checked.programs - before;
    }

    /// Exhausts cases in order until one shows something as grave as can be; false if the time was up before.
    fn cases(&mut self, cases: impl Iterator<Item = Case>, stage: Stage) -> bool {
        let mut cases = cases.peekable();
        while cases.peek().is_some() {
            let chunk: Vec<Case> = cases.by_ref().take(CHUNK).collect();
            let shown: Vec<Option<Shown>> = chunk
                .par_iter()
                .map(|case| (!self.stopped() && Instant::now() < self.end).then(|| quietly(|| self.program(case))))
                .collect();
            let whole = shown.iter().all(Option::is_some);
            for (case, shown) in chunk.iter().zip(shown) {
                let Some(shown) = shown else { continue };
                self.checked.programs += u64::from(!shown.too_large);
                self.checked.too_large += u64::from(shown.too_large);
                self.checked.states += shown.states;
                let Some((loss, released_too)) = shown.flagged else { continue };
                let graver = self.checked.flagged.as_ref().is_none_or(|best| rank(&loss) < best.rank());
                if graver && let Some((case, judge)) = quietly(|| self.shortest(case, &loss)) {
                    self.graver.get_or_insert(case.programs.total() + GRAVER);
                    self.checked.flagged = Some(Flagged { case, loss, judge, released_too, stage });
                }
                if self.is_over() {
                    return true;
                }
            }
            self.tell(stage);
            if !whole {
                return false;
            }
        }
        true
    }

    fn tell(&self, stage: Stage) {
        let Checked { programs, states, executions, .. } = self.checked;
        (self.progress)(&CheckProgress { stage, programs, states, executions });
    }

    /// All interleavings of a program: on the version, and where something is said of it, on the kernel as
    /// released.
    fn program(&self, case: &Case) -> Shown {
        let (version, budget) = (self.options.version, self.options.budget);
        let (found, measure) = exhaust_with(version, case, &self.quick(), |_, (): &()| Answer::Stop);
        let states = measure.states;
        match found {
            Exhaust::Exhausted { .. } => Shown { states, too_large: false, flagged: None },
            Exhaust::Budget { .. } => Shown { states, too_large: true, flagged: None },
            Exhaust::Found { finding, .. } => {
                let all = losses(version, case, budget).map_or_else(|_| [Loss::of(&finding)].into(), |l| l.losses);
                Shown { states, too_large: false, flagged: self.news(case, all) }
            }
        }
    }

    fn quick(&self) -> Options {
        Options { budget: self.options.budget, threads: 1, ..Options::default() }
    }

    /// The gravest of what a program can lose on the version that is no fault of the kernel as released; and
    /// whether that can lose the same.
    fn news(&self, case: &Case, all: BTreeSet<Loss>) -> Option<(Loss, bool)> {
        let (released, budget) = (self.options.released, self.options.budget);
        let (found, _) = exhaust_with(released, case, &self.quick(), |_, (): &()| Answer::Stop);
        let theirs = match found {
            Exhaust::Exhausted { .. } => BTreeSet::new(),
            // Of what is not known of the kernel nothing is held against the version.
            _ => losses(released, case, budget).map_or_else(|_| all.clone(), |l| l.losses),
        };
        let new = all.iter().filter(|loss| !theirs.contains(*loss)).min_by_key(|loss| rank(loss));
        let own = || {
            all.iter().filter(|loss| theirs.contains(*loss)).find(|loss| {
                let shown = self.shortest(case, loss);
                shown.is_some_and(|(case, judge)| self.is_at_fault(&case, judge))
            })
        };
        match new {
            Some(loss) => Some((loss.clone(), false)),
            None if self.options.against_base => None,
            None => own().map(|loss| (loss.clone(), true)),
        }
    }

    /// Whether the step at fault in a case is one of the version's own functions.
    fn is_at_fault(&self, case: &Case, judge: Judge) -> bool {
        let trace = trace_of(self.options.version, case, Some(judge));
        trace.at_fault.is_some_and(|at| at.subject_step.is_some())
    }

    /// A shortest execution of a program that shows a loss.
    fn shortest(&self, case: &Case, loss: &Loss) -> Option<(Case, Judge)> {
        let answer = |f: &Finding, (): &()| if Loss::of(f) == *loss { Answer::Shortest } else { Answer::Ignore };
        match exhaust_with(self.options.version, case, &self.quick(), answer).0 {
            Exhaust::Found { finding, case, .. } => Some((*case, finding.judge())),
            _ => None,
        }
    }

    /// The result, with the finding's case as small as it gets.
    fn finish(mut self) -> Checked {
        if let Some(flagged) = self.checked.flagged.take() {
            let case = self.shrunk(&flagged.case, flagged.judge).unwrap_or_else(|| flagged.case.clone());
            self.checked.flagged = Some(Flagged { case, ..flagged });
        }
        self.checked
    }

    /// The smallest case that shows the same of the version, and nothing of the kernel as released that it did
    /// not show before.
    fn shrunk(&self, case: &Case, judge: Judge) -> Option<Case> {
        let version = self.options.version;
        let signature = Signature::all(version, case).into_iter().find(|s| s.judge() == judge)?;
        let limits = Limits { executions: SHRINK, stop: Some(self.options.stop), ..Limits::default() };
        let shrunk = shrink_to(case, signature, &limits).case;
        let says = |case: &Case| {
            quietly(|| trace_of(self.options.released, case, Some(judge))).judges.of(judge).is_some()
        };
        (says(case) || !says(&shrunk)).then_some(shrunk)
    }
}

/// What shrinking may cost: about a second.
const SHRINK: u64 = 30_000;

#[cfg(test)]
mod tests;
