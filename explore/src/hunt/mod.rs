//! Hunting: numbered random executions on several versions, on all cores.
//!
//! Execution `i` of a seed is the same case and the same choices wherever and whenever it runs, so a report
//! over a fixed number of executions does not depend on the number of threads.

pub mod first_loss;
pub mod mutator;

use crate::answers::cell::{Verdict, verdict};
use crate::released::{at_home, is_its_own, its_own};
use crate::schedulers::{Recorder, case_at, rng_for};
use crate::shrink::{Limits, Signature, shrink_to};
use corpus::{Case, Environment};
use impls::{Scenario, Version};
use model::Config;
use oracle::{End, Finding, Goal, Goals, Judge, Judges, Observer, Summary, execute, replay, trace};
use rand::RngExt;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
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
pub struct Numbered {
    /// The case.
    pub case: Case,
    /// Who chooses; the bytes of the case if nobody does.
    pub sampler: Option<Recorder>,
}

impl Numbered {
    /// Draws it: the same for the same numbers, everywhere.
    #[must_use]
    pub fn draw(origin: Origin, environment: &Environment, seed: u64, index: u64) -> Numbered {
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
    pub fn run(&mut self, version: &Version, record: bool, judges: &mut impl Observer) -> Summary {
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
    /// Whether a version of one's own runs in its own release, whatever the cases and the environment say.
    pub at_home: bool,
}

/// What is counted and shown together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Class {
    /// The version's place among those of the hunt.
    pub version: usize,
    /// Who speaks. Of versions that are known to lose only a loss is worth a word.
    pub judge: Judge,
    /// The scenario of a loss; `None` if it is of no known one, or no loss.
    pub scenario: Option<Scenario>,
}

/// Something that was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// In which execution.
    pub index: u64,
    /// What it is.
    pub verdict: Verdict,
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
    /// How many of them lost something, by the version's place among those of the hunt.
    pub losses: BTreeMap<usize, u64>,
    /// How many of them a judge flagged on a version of which nothing is expected.
    pub flagged: BTreeMap<usize, u64>,
    /// The same where the machine around the operation breaks the contract and nobody asked for that: these
    /// are not counted above.
    pub off_contract: BTreeMap<usize, u64>,
    /// The shortest of each class.
    pub found: BTreeMap<Class, Found>,
    /// Flags on versions that are believed correct. The first few.
    pub alarms: Vec<Alarm>,
    /// How many such flags there were.
    pub alarm_count: u64,
    /// Executions that did not come to their end: a deadlock, or the step bound.
    pub unfinished: u64,
    /// The first of them.
    pub first_unfinished: Option<(&'static Version, Case)>,
}

/// A flag on a version that is believed correct.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// The version's place among those of the hunt.
    pub version: usize,
    /// Who speaks.
    pub judge: Judge,
    /// The case, shrunk.
    pub case: Case,
}

/// Executions that one task runs before it reports.
const BATCH: u64 = 1024;
/// Losses of a version that are classified and shrunk per batch; a version that loses all the time is not
/// news.
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
    // Executions that the release could not follow, and that showed nothing of the version's own after all.
    let named: BTreeSet<usize> = report.found.keys().map(|class| class.version).collect();
    report.flagged.retain(|version, _| named.contains(version));
    report.alarms.truncate(ALARMS);
    report.alarms.iter_mut().for_each(|alarm| alarm.shrink(options.versions[alarm.version]));
    report
}

impl Alarm {
    /// Shrinks the case as long as the same judge says the same of the version.
    fn shrink(&mut self, version: &'static Version) {
        let signature = Signature::all(version, &self.case).into_iter().find(|s| s.judge() == self.judge);
        if let Some(signature) = signature {
            self.case = shrink_to(&self.case, signature, &Limits::default()).case;
        }
    }
}

fn add<K: Ord>(mine: &mut BTreeMap<K, u64>, theirs: BTreeMap<K, u64>) {
    for (key, n) in theirs {
        *mine.entry(key).or_default() += n;
    }
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
        add(&mut self.losses, other.losses);
        add(&mut self.flagged, other.flagged);
        add(&mut self.off_contract, other.off_contract);
        for (class, found) in other.found {
            self.keep(class, found);
        }
        if self.alarms.len() < ALARMS {
            self.alarms.extend(other.alarms);
        }
    }

    fn keep(&mut self, class: Class, found: Found) {
        match self.found.get(&class) {
            Some(old) if old.rank() <= found.rank() => {}
            _ => {
                self.found.insert(class, found);
            }
        }
    }
}

/// What a flag on a version means in an execution.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// The version is believed correct.
    Alarm,
    /// Nothing is expected of the version: whatever a judge says is news.
    News,
    /// The version is known to lose, or the machine around it breaks the contract: a loss is counted, and
    /// shown once of each kind.
    Known,
    /// Nothing is expected of the version, but where the machine around it breaks the contract every version
    /// loses.
    Nobodys,
}

impl Meaning {
    /// `asked`: whoever hunts asked for a machine that breaks the contract.
    fn of(version: &Version, config: &Config, asked: bool) -> Meaning {
        match (version.has_expectations(), version.is_correct_on(config)) {
            (true, true) => Meaning::Alarm,
            (true, false) => Meaning::Known,
            (false, _) if asked || config.keeps_contract() => Meaning::News,
            (false, _) => Meaning::Nobodys,
        }
    }
}

fn run_batch(options: &HuntOptions, range: Range<u64>) -> HuntReport {
    let asked = !options.environment.of(&Case::default()).config.keeps_contract();
    let report = HuntReport { goals: vec![0; Goal::ALL.len()], ..HuntReport::default() };
    let mut batch = Batch { options, asked, report, classified: BTreeMap::new() };
    for index in range {
        let mut numbered = Numbered::draw(options.origin, &options.environment, options.seed, index);
        let mut reached = Goals::default();
        for version in 0..options.versions.len() {
            reached.join(batch.execution(version, index, &mut numbered));
        }
        for (count, goal) in batch.report.goals.iter_mut().zip(Goal::ALL) {
            *count += u64::from(reached.has(*goal));
        }
        batch.report.executions += 1;
    }
    batch.report
}

struct Batch<'a> {
    options: &'a HuntOptions,
    asked: bool,
    report: HuntReport,
    /// How many were classified, by version and judge; a stale value is rare beside the others, and has a
    /// quota of its own.
    classified: BTreeMap<(usize, Judge, bool), usize>,
}

impl Batch<'_> {
    /// Runs a case on a version, and keeps what is worth it.
    fn execution(&mut self, place: usize, index: u64, numbered: &mut Numbered) -> Goals {
        let version = self.options.versions[place];
        let drawn = numbered.case.config;
        if self.options.at_home {
            numbered.case.config = at_home(version, &numbered.case).config;
        }
        let reached = self.execution_there(place, index, numbered);
        numbered.case.config = drawn;
        reached
    }

    fn execution_there(&mut self, place: usize, index: u64, numbered: &mut Numbered) -> Goals {
        let version = self.options.versions[place];
        let report = &mut self.report;
        let mut both = (Judges::default(), Goals::default());
        let summary = numbered.run(version, false, &mut both);
        let (mut judges, goals) = both;
        // A CPU that breaks the contract may corrupt an entry so that nobody gets anywhere.
        if summary.end != End::Complete && numbered.case.config.keeps_contract() {
            report.unfinished += 1;
            if report.first_unfinished.is_none() {
                numbered.run(version, true, &mut Judges::default());
                report.first_unfinished = Some((version, numbered.case.clone()));
            }
        }
        if judges.is_silent() {
            return goals;
        }
        let meaning = Meaning::of(version, &numbered.case.config, self.asked);
        if meaning == Meaning::News {
            numbered.run(version, true, &mut Judges::default());
            judges = its_own(version, &numbered.case, &judges);
            if judges.is_silent() {
                return goals;
            }
        }
        let lost = judges.of(Judge::LastWrite).is_some();
        match meaning {
            Meaning::Alarm => report.alarm_count += 1,
            Meaning::News => *report.flagged.entry(place).or_default() += 1,
            Meaning::Nobodys => *report.off_contract.entry(place).or_default() += 1,
            Meaning::Known => {}
        }
        if meaning == Meaning::Nobodys || (meaning == Meaning::Known && !lost) {
            return goals;
        }
        *report.losses.entry(place).or_default() += u64::from(lost);
        if meaning == Meaning::Alarm {
            numbered.run(version, true, &mut Judges::default());
            let judge = judges.iter().next().map_or(Judge::LastWrite, |f| f.judge());
            report.alarms.push(Alarm { version: place, judge, case: numbered.case.clone() });
            return goals;
        }
        for finding in judges.iter().filter(|f| meaning == Meaning::News || f.judge() == Judge::LastWrite) {
            let stale = matches!(finding, Finding::WrongValue { stale: true, .. });
            let n = self.classified.entry((place, finding.judge(), stale)).or_default();
            if *n < CLASSIFIED {
                *n += 1;
                numbered.run(version, true, &mut Judges::default());
                self.classify(place, finding.judge(), &numbered.case, index);
            }
        }
        goals
    }

    /// Names the class of what a judge says, and shrinks it within its class.
    fn classify(&mut self, place: usize, judge: Judge, case: &Case, index: u64) {
        let version = self.options.versions[place];
        let signature = Signature::all(version, case).into_iter().find(|s| s.judge() == judge);
        let Some(signature) = signature else { return };
        let limits = Limits { executions: PER_LOSS, ..Limits::default() };
        let case = shrink_to(case, signature, &limits).case;
        let Some(finding) = trace(version, &case).judges.of(judge) else { return };
        if !is_its_own(version, &case, &finding) {
            return;
        }
        let class = Class { version: place, judge, scenario: signature.scenario() };
        self.report.keep(class, Found { index, verdict: verdict(&finding), case, length: finding.step() });
    }
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
