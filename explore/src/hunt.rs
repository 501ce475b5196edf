//! Hunting: numbered random executions on several versions, on all cores.
//!
//! Execution `i` of a seed is the same case and the same choices wherever and whenever it runs, so a report over a
//! fixed number of executions does not depend on the number of threads.

use crate::{Limits, Recorder, Signature, case_at, rng_for, shrink_to};
use corpus::{Case, Environment};
use impls::{Scenario, Version};
use oracle::{End, Finding, Goal, Goals, Judge, Judges, Observer, Summary, execute, replay, trace};
use rand::RngExt;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::ops::Range;
use std::time::{Duration, Instant};

/// When to stop.
#[derive(Clone, Copy, Debug)]
pub enum Limit {
    /// After this many executions (each on every version).
    Executions(u64),
    /// After this time, or a little later.
    Time(Duration),
}

/// Where the cases of a hunt come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// The generator; a sampler draws the schedule.
    #[default]
    Generator,
    /// Random bytes, decoded: programs and schedule.
    Bytes,
}

/// A numbered execution: its case, and whatever chooses.
pub(crate) struct Numbered {
    pub(crate) case: Case,
    pub(crate) sampler: Option<Recorder>,
}

impl Numbered {
    pub(crate) fn draw(origin: Origin, environment: &Environment, seed: u64, index: u64) -> Numbered {
        let mut numbered = match origin {
            Origin::Generator => {
                let (case, recorder) = case_at(seed, index);
                Numbered { case, sampler: Some(recorder) }
            }
            Origin::Bytes => {
                let mut rng = rng_for(seed, index);
                let mut bytes = vec![0; rng.random_range(0..LONGEST)];
                rng.fill(&mut bytes[..]);
                Numbered { case: Case::from_unversioned(&bytes), sampler: None }
            }
        };
        if !environment.is_empty() {
            numbered.case = environment.of(&numbered.case);
        }
        numbered
    }

    /// Runs it on a version; with `record`, the case has the schedule that was drawn afterwards.
    pub(crate) fn run(&mut self, version: &Version, record: bool, judges: &mut impl Observer) -> Summary {
        let Some(sampler) = &mut self.sampler else {
            return replay(version, &self.case, judges);
        };
        sampler.restart(record);
        let summary = execute(version, &self.case.config, &self.case.programs, sampler, judges);
        if record {
            self.case.schedule = sampler.schedule().clone();
        }
        summary
    }
}

/// The longest random byte string.
const LONGEST: usize = 600;

/// What to hunt.
#[derive(Clone, Debug)]
pub struct HuntOptions {
    /// The versions, each of which runs every case.
    pub versions: Vec<&'static Version>,
    /// Where the cases come from.
    pub origin: Origin,
    /// What surrounds the operation, whatever the cases say.
    pub environment: Environment,
    /// The seed of the numbered executions.
    pub seed: u64,
    /// The number of the first execution: where an earlier hunt with the same seed stopped.
    pub from: u64,
    /// When to stop.
    pub limit: Limit,
}

/// A loss that was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// In which execution.
    pub index: u64,
    /// The case, shrunk, with its schedule.
    pub case: Case,
    /// How many steps show it.
    pub length: u32,
}

impl Found {
    /// Shortest first, then fewest context switches, then first found.
    fn rank(&self) -> (u32, usize, u64) {
        (self.length, self.case.schedule.runs().len(), self.index)
    }
}

/// What a hunt found.
#[derive(Clone, Debug, Default)]
pub struct HuntReport {
    /// How many executions ran, on each version.
    pub executions: u64,
    /// How many of the executions reached each goal on some version, in the order of [`Goal::ALL`].
    pub goals: Vec<u64>,
    /// How many of them lost something, by version name.
    pub losses: BTreeMap<&'static str, u64>,
    /// The shortest loss of each class, by version name and scenario (`None`: of no known class).
    pub found: BTreeMap<(&'static str, Option<Scenario>), Found>,
    /// Flags on versions that are believed correct: version, judge, case. The first few.
    pub alarms: Vec<(&'static str, Judge, Case)>,
    /// How many such flags there were.
    pub alarm_count: u64,
    /// Executions that did not come to their end: a deadlock, or the step bound.
    pub unfinished: u64,
    /// The first of them: version, case.
    pub first_unfinished: Option<(&'static str, Case)>,
}

/// Executions that one task runs before it reports.
const BATCH: u64 = 1024;
/// Losses of a version that are classified and shrunk per batch; a version that loses all the time is not news.
const CLASSIFIED: usize = 2;
/// What shrinking a loss may cost: little beside a batch.
const PER_LOSS: u64 = 1_000;
/// Alarms that are kept whole.
const ALARMS: usize = 4;

/// Hunts, and reports to `progress` how many executions are done.
pub fn hunt(options: &HuntOptions, progress: impl Fn(u64) + Sync) -> HuntReport {
    let start = Instant::now();
    let mut report = HuntReport::default();
    let round = BATCH * rayon::current_num_threads() as u64 * 4;
    loop {
        let from = options.from + report.executions;
        let to = match options.limit {
            Limit::Executions(n) => (options.from + n).min(from + round),
            Limit::Time(t) if start.elapsed() >= t => from,
            Limit::Time(_) => from + round,
        };
        if to == from {
            break;
        }
        let batches: Vec<Range<u64>> =
            (from..to).step_by(BATCH as usize).map(|b| b..(b + BATCH).min(to)).collect();
        let results: Vec<HuntReport> = batches
            .into_par_iter()
            .map(|batch| {
                let part = run_batch(options, batch);
                progress(part.executions);
                part
            })
            .collect();
        for part in results {
            report.merge(part);
        }
    }
    report.alarms.truncate(ALARMS);
    report.alarms = report.alarms.into_iter().map(smallest).collect();
    report
}

/// An alarm with its case shrunk as long as the same judge says the same of the same version.
fn smallest((name, judge, case): (&'static str, Judge, Case)) -> (&'static str, Judge, Case) {
    let Ok(version) = impls::find(name) else { return (name, judge, case) };
    let signature = Signature::all(version, &case).into_iter().find(|s| s.judge() == judge);
    let case = signature.map_or(case.clone(), |s| shrink_to(&case, s, &Limits::default()).case);
    (name, judge, case)
}

impl HuntReport {
    /// Joins the report of other executions to this one.
    pub fn merge(&mut self, other: HuntReport) {
        self.executions += other.executions;
        self.goals.resize(Goal::ALL.len(), 0);
        for (mine, theirs) in self.goals.iter_mut().zip(other.goals) {
            *mine += theirs;
        }
        self.unfinished += other.unfinished;
        if self.first_unfinished.is_none() {
            self.first_unfinished = other.first_unfinished;
        }
        self.alarm_count += other.alarm_count;
        for (version, n) in other.losses {
            *self.losses.entry(version).or_default() += n;
        }
        for (key, found) in other.found {
            match self.found.get(&key) {
                Some(old) if old.rank() <= found.rank() => {}
                _ => {
                    self.found.insert(key, found);
                }
            }
        }
        if self.alarms.len() < ALARMS {
            self.alarms.extend(other.alarms);
        }
    }
}

fn run_batch(options: &HuntOptions, range: Range<u64>) -> HuntReport {
    let mut report = HuntReport { goals: vec![0; Goal::ALL.len()], ..HuntReport::default() };
    let mut classified = BTreeMap::<(&str, bool), usize>::new();
    for index in range {
        let mut numbered = Numbered::draw(options.origin, &options.environment, options.seed, index);
        let mut reached = Goals::default();
        for version in &options.versions {
            let mut both = (Judges::default(), Goals::default());
            let summary = numbered.run(version, false, &mut both);
            let (judges, goals) = both;
            reached.join(goals);
            // A CPU that breaks the contract may corrupt an entry so that nobody gets anywhere.
            if summary.end != End::Complete && numbered.case.config.keeps_contract() {
                report.unfinished += 1;
                if report.first_unfinished.is_none() {
                    numbered.run(version, true, &mut Judges::default());
                    report.first_unfinished = Some((version.name, numbered.case.clone()));
                }
            }
            if judges.is_silent() {
                continue;
            }
            let lost = judges.of(Judge::LastWrite).is_some();
            let correct = version.is_correct_on(&numbered.case.config);
            if correct {
                report.alarm_count += 1;
            } else if !lost {
                continue;
            }
            *report.losses.entry(version.name).or_default() += u64::from(lost);
            // A stale value is rare beside the others, and has a quota of its own.
            let stale = matches!(judges.of(Judge::LastWrite), Some(Finding::WrongValue { stale: true, .. }));
            let n = classified.entry((version.name, stale)).or_default();
            if *n >= CLASSIFIED && !correct {
                continue;
            }
            *n += 1;
            numbered.run(version, true, &mut Judges::default());
            let case = numbered.case.clone();
            if correct {
                let judge = judges.iter().next().map_or(Judge::LastWrite, |f| f.judge());
                report.alarms.push((version.name, judge, case));
                continue;
            }
            let part = classify(version, case, index);
            report.merge(part);
        }
        for (count, goal) in report.goals.iter_mut().zip(Goal::ALL) {
            *count += u64::from(reached.has(*goal));
        }
        report.executions += 1;
    }
    report
}

/// Names a loss's class, and shrinks it within its class.
fn classify(version: &'static Version, case: Case, index: u64) -> HuntReport {
    let mut report = HuntReport::default();
    let lost = Signature::all(version, &case).into_iter().find(|s| s.judge() == Judge::LastWrite);
    let Some(signature) = lost else { return report };
    let limits = Limits { executions: PER_LOSS, ..Limits::default() };
    let (case, scenario) = (shrink_to(&case, signature, &limits).case, signature.scenario());
    let length = trace(version, &case).length();
    report.found.insert((version.name, scenario), Found { index, case, length });
    report
}

/// How many executions it took one seed to find a first loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstLoss {
    /// The seed.
    pub seed: u64,
    /// The number of the first losing execution, from 1; `None` if there was none within the budget.
    pub executions: Option<u64>,
}

/// Counts executions to the first loss of a version, of a class if one is named, for each seed.
#[must_use]
pub fn first_losses(
    version: &'static Version,
    scenarios: Option<&[Scenario]>,
    seeds: Range<u64>,
    budget: u64,
) -> Vec<FirstLoss> {
    seeds
        .into_par_iter()
        .map(|seed| {
            let losing = |index: &u64| {
                let (case, sampler) = case_at(seed, *index);
                let mut numbered = Numbered { case, sampler: Some(sampler) };
                let mut judges = Judges::default();
                numbered.run(version, false, &mut judges);
                if judges.of(Judge::LastWrite).is_none() {
                    return false;
                }
                let Some(scenarios) = scenarios else { return true };
                numbered.run(version, true, &mut Judges::default());
                trace(version, &numbered.case).scenario().is_some_and(|s| scenarios.contains(&s))
            };
            FirstLoss { seed, executions: (0..budget).find(losing).map(|i| i + 1) }
        })
        .collect()
}
