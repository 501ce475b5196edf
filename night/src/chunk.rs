//! One chunk: its executions on every version, what was counted, and the findings that are kept whole.
//!
//! Everything is counted. Kept whole, shrunk and named is less: a version that loses all the time must not
//! eat the night. Which ones are kept depends on the chunk alone, and a class that is rare or unexpected is
//! kept in every chunk.

use super::class::{Class, hardware};
use super::dedup::{plain_key, timeline_key};
use super::draw::draw;
use super::{Chunk, LaneKind, Plan};
use corpus::{Case, Schedule};
use explore::hunt::Numbered;
use explore::released::{at_home, is_its_own, its_own};
use explore::shrink::{Limits, Signature, shrink, shrink_to};
use impls::{Scenario, Version};
use model::{Assumptions, Machine};
use oracle::guard::{caught, quietly};
use oracle::{Comparison, Goal, Goals, Judge, Judged, Judges, Outcome, aligned, compare, outcome};
use serde::{Deserialize, Serialize};
use std::cell::Cell;
use std::collections::BTreeMap;

/// What is known of a finding: facts, no judgement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Its name: the same version, judge and shortened timeline have the same.
    pub key: String,
    /// `flag` (a judge speaks), `diverge` (two correct versions differ) or `panicked`.
    pub what: String,
    /// The version; `-` if it was none's.
    pub version: String,
    /// The judge, if one speaks.
    pub judge: Option<String>,
    /// The scenario of a wrong load, if it is of a known one.
    pub scenario: Option<Scenario>,
    /// The CPU.
    pub hardware: String,
    /// The kernel.
    pub kernel: String,
    /// The machine around the operation keeps the contract.
    pub contract: bool,
    /// ... and the version is believed correct.
    pub alarm: bool,
    /// How to name the version on the command line, if it is one of which nothing is expected: read from a
    /// file, or a mutant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own: Option<String>,
    /// The surroundings are those of the table of expected verdicts.
    pub tabulated: bool,
    /// The lane.
    pub lane: String,
    /// The execution.
    pub index: u64,
    /// The step of the finding in the shrunk case.
    pub step: u32,
    /// What was found, in words.
    pub message: String,
    /// The case, shrunk.
    pub case: String,
}

impl Record {
    /// The judge that spoke, if one did.
    #[must_use]
    pub fn by(&self) -> Option<Judge> {
        Judge::ALL.into_iter().find(|judge| Some(judge.name()) == self.judge.as_deref())
    }
}

/// How often a class came up in a chunk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// Version.
    pub version: String,
    /// Judge.
    pub judge: String,
    /// Scenario of a wrong load, if it is of a known one.
    pub scenario: Option<Scenario>,
    /// CPU.
    pub hardware: String,
    /// The machine around the operation keeps the contract.
    pub contract: bool,
    /// ... and the version is believed correct.
    pub alarm: bool,
    /// ... or is one of which nothing is expected.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub own: bool,
    /// The surroundings are those of the table of expected verdicts.
    pub tabulated: bool,
    /// In how many executions.
    pub n: u64,
    /// In which one first.
    pub first: u64,
}

/// A case worth keeping for the nights to come, and what it reached: a bit for each goal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The goals.
    pub goals: u32,
    /// The case.
    pub case: String,
}

/// What came of a chunk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChunkRecord {
    /// Its number in the night.
    pub number: u64,
    /// Its lane.
    pub lane: String,
    /// Its number in the lane.
    pub turn: u64,
    /// Executions, each on every version; of the small programs, programs.
    pub executions: u64,
    /// Of the small programs: how many were exhausted on every version.
    #[serde(default)]
    pub exhausted: u64,
    /// Of the small programs: states.
    #[serde(default)]
    pub states: u64,
    /// How many executions reached each goal, in the order of [`Goal::ALL`].
    pub goals: Vec<u64>,
    /// What was counted.
    pub counts: Vec<Count>,
    /// What was kept whole.
    pub records: Vec<Record>,
    /// Cases for the nights to come.
    pub kept: Vec<Kept>,
    /// The chunk could not be finished.
    #[serde(default)]
    pub died: bool,
}

/// Executions of a class that are kept whole in a chunk where it is worth it.
const KEPT: usize = 2;
/// The same of a flag on a version that is believed correct.
const ALARMS: usize = 4;
/// A class that comes up no more often in a chunk is rare.
const RARE: u64 = 2;
/// What shrinking a known loss may cost.
const PER_LOSS: u64 = 1_000;
/// What shrinking anything else may cost.
const PER_ALARM: u64 = 50_000;
/// Panics of a version that are kept from a chunk.
const PANICS: usize = 4;
/// Cases for later nights that a chunk keeps.
const CASES: usize = 4;

/// Runs a chunk.
pub(super) fn run(plan: &Plan, chunk: &Chunk) -> ChunkRecord {
    quietly(|| {
        if chunk.lane == LaneKind::Small {
            return super::small::run(plan, chunk);
        }
        let mut run = Run::new(plan, chunk);
        for index in chunk.range.clone() {
            match caught(|| draw(plan, chunk.lane, index)) {
                Ok(numbered) => run.execution(index, numbered),
                Err(words) => run.out.records.push(panicked(chunk, None, index, &words, None)),
            }
            run.out.executions += 1;
        }
        run.finish()
    })
}

/// What a chunk leaves that could not be run at all.
pub(super) fn died(chunk: &Chunk, words: &str) -> ChunkRecord {
    let record = panicked(chunk, None, chunk.range.start, words, None);
    ChunkRecord { records: vec![record], died: true, ..empty(chunk) }
}

pub(super) fn empty(chunk: &Chunk) -> ChunkRecord {
    ChunkRecord {
        number: chunk.number,
        lane: chunk.lane.name().to_owned(),
        turn: chunk.turn,
        goals: vec![0; Goal::ALL.len()],
        ..ChunkRecord::default()
    }
}

pub(super) fn panicked(
    chunk: &Chunk,
    version: Option<&Version>,
    index: u64,
    words: &str,
    case: Option<&Case>,
) -> Record {
    let name = version.map_or("-", |v| v.name);
    Record {
        key: plain_key(&["panicked", name, words]),
        what: "panicked".to_owned(),
        version: name.to_owned(),
        judge: None,
        scenario: None,
        hardware: case.map_or("-", |c| hardware(&c.config)).to_owned(),
        kernel: case.map_or("-", |c| c.config.profile.name()).to_owned(),
        contract: case.is_none_or(|c| c.config.keeps_contract()),
        alarm: false,
        own: version.and_then(own),
        tabulated: false,
        lane: chunk.lane.name().to_owned(),
        index,
        step: 0,
        message: format!("panicked: {words}"),
        case: case.map(ToString::to_string).unwrap_or_default(),
    }
}

struct Run<'a> {
    plan: &'a Plan,
    chunk: &'a Chunk,
    out: ChunkRecord,
    classes: BTreeMap<Class, (u64, Vec<u64>)>,
    panics: BTreeMap<usize, usize>,
    diverged: usize,
    reached: BTreeMap<u32, u64>,
}

impl<'a> Run<'a> {
    fn new(plan: &'a Plan, chunk: &'a Chunk) -> Run<'a> {
        let out = empty(chunk);
        Run {
            plan,
            chunk,
            out,
            classes: BTreeMap::new(),
            panics: BTreeMap::new(),
            diverged: 0,
            reached: BTreeMap::new(),
        }
    }

    fn execution(&mut self, index: u64, mut numbered: Numbered) {
        let assumed = self.plan.versions.iter().fold(Assumptions::ALL, |all, v| all.and(v.assumed()));
        let comparable = aligned(&numbered.case, assumed);
        let mut first: Option<(&Version, Outcome)> = None;
        let mut reached = Goals::default();
        let drawn = numbered.case.config;
        for (n, &version) in self.plan.versions.iter().enumerate() {
            numbered.case.config = drawn;
            numbered.case.config = at_home(version, &numbered.case).config;
            let correct = version.is_correct_on(&numbered.case.config);
            let ran = if comparable && correct {
                // With one actor the schedule has nothing to say.
                caught(|| outcome(version, &numbered.case)).map(|(outcome, judges, _)| {
                    match first {
                        None => first = Some((version, outcome)),
                        Some((other, theirs))
                            if compare(&numbered.case, &theirs, &outcome) == Comparison::Diverge =>
                        {
                            self.diverged(other, version, index, &numbered.case);
                        }
                        Some(_) => {}
                    }
                    judges
                })
            } else {
                let mut both = (Judges::default(), Goals::default());
                let ran = caught(|| numbered.run(version, false, &mut both));
                reached.join(both.1);
                ran.map(|_| both.0)
            };
            match ran {
                Ok(judges) if judges.is_silent() => {}
                Ok(judges) => self.judged(n, index, &mut numbered, &judges),
                Err(words) => self.panicked(n, index, &mut numbered, &words),
            }
        }
        let mut bits = 0;
        for (n, goal) in Goal::ALL.iter().enumerate().filter(|(_, goal)| reached.has(**goal)) {
            let _ = goal;
            self.out.goals[n] += 1;
            bits |= 1 << n;
        }
        self.reached.entry(bits).or_insert(index);
    }

    fn judged(&mut self, n: usize, index: u64, numbered: &mut Numbered, judges: &Judges) {
        let version = self.plan.versions[n];
        if !version.is_built_in() {
            numbered.run(version, true, &mut Judges::default());
        }
        let judges = its_own(version, &numbered.case, judges);
        if judges.is_silent() {
            return;
        }
        let scenario = judges.of(Judge::LastWrite).and_then(|_| {
            let mut namer: Judged = Judged::new(&Machine::new(&numbered.case.config));
            numbered.run(version, false, &mut namer);
            namer.scenario()
        });
        let config = &numbered.case.config;
        for finding in judges.iter() {
            let class = Class::of(n, config, &finding, scenario);
            let most = if class.is_news(&self.plan.versions) { ALARMS } else { KEPT };
            let (count, whole) = self.classes.entry(class).or_default();
            *count += 1;
            if whole.len() < most {
                whole.push(index);
            }
        }
    }

    fn panicked(&mut self, n: usize, index: u64, numbered: &mut Numbered, words: &str) {
        let kept = self.panics.entry(n).or_default();
        *kept += 1;
        if *kept > PANICS {
            return;
        }
        let version = self.plan.versions[n];
        if let Some(sampler) = &mut numbered.sampler {
            // The choices up to the panic are the schedule.
            sampler.restart(true);
            let Case { config, programs, .. } = &numbered.case;
            let _ = caught(|| oracle::execute(version, config, programs, sampler, &mut Judges::default()));
            numbered.case.schedule = sampler.schedule().clone();
        }
        self.out.records.push(panicked(self.chunk, Some(version), index, words, Some(&numbered.case)));
    }

    fn diverged(&mut self, a: &'static Version, b: &'static Version, index: u64, case: &Case) {
        self.diverged += 1;
        if self.diverged > ALARMS {
            return;
        }
        let attempts = Cell::new(0);
        let differ = |case: &Case| {
            attempts.set(attempts.get() + 1);
            attempts.get() < PER_ALARM && diverge(a, b, case)
        };
        let plain = Case { schedule: Schedule::default(), ..case.clone() };
        let case = shrink(&plain, differ);
        let names = format!("{} and {}", a.name, b.name);
        self.out.records.push(Record {
            key: plain_key(&["diverge", &names, &case.to_string()]),
            what: "diverge".to_owned(),
            version: b.name.to_owned(),
            message: format!("{names} diverge"),
            ..record(self.chunk, index, b, &case)
        });
    }

    fn finish(mut self) -> ChunkRecord {
        let classes = std::mem::take(&mut self.classes);
        let mut seen = BTreeMap::<Class, usize>::new();
        for (class, (n, whole)) in classes {
            self.out.counts.push(count(self.plan, &class, n, whole[0]));
            // On all CPUs together a class is no more worth than on one.
            let group = Class { hardware: "", ..class };
            let given = seen.entry(group).or_default();
            let quota = self.quota(&class, n).saturating_sub(*given);
            for index in whole.into_iter().take(quota) {
                *given += 1;
                let record = self.whole(&class, index);
                self.out.records.extend(record);
            }
        }
        self.keep_cases();
        self.out
    }

    /// How many executions of a class are worth being kept whole.
    fn quota(&self, class: &Class, n: u64) -> usize {
        let turn = self.chunk.turn;
        let landmark = turn == 0 || turn.is_power_of_two();
        if class.is_alarm(&self.plan.versions) || class.is_of_ones_own(&self.plan.versions) {
            ALARMS
        } else if class.is_unexpected(&self.plan.versions) {
            KEPT
        } else {
            usize::from(landmark || n <= RARE)
        }
    }

    fn whole(&self, class: &Class, index: u64) -> Option<Record> {
        let version = self.plan.versions[class.version];
        let mut numbered = draw(self.plan, self.chunk.lane, index);
        numbered.case.config = at_home(version, &numbered.case).config;
        let _ = caught(|| numbered.run(version, true, &mut Judges::default()));
        keep(self.plan, self.chunk, class, index, &numbered.case)
    }

    /// Of the sets of goals that were reached, those with most goals: a case of each.
    fn keep_cases(&mut self) {
        let turn = self.chunk.turn;
        if !(turn == 0 || turn.is_power_of_two()) {
            return;
        }
        let mut sets: Vec<(u32, u64)> = self.reached.iter().map(|(goals, index)| (*goals, *index)).collect();
        sets.sort_by_key(|(goals, index)| (std::cmp::Reverse(goals.count_ones()), *index));
        for (goals, index) in sets.into_iter().take(CASES) {
            let case = draw(self.plan, self.chunk.lane, index).case;
            self.out.kept.push(Kept { goals, case: case.to_string() });
        }
    }
}

/// Whether two correct versions differ on a case.
pub(super) fn diverge(a: &Version, b: &Version, case: &Case) -> bool {
    let correct = a.is_correct_on(&case.config) && b.is_correct_on(&case.config);
    correct
        && caught(|| compare(case, &outcome(a, case).0, &outcome(b, case).0))
            .is_ok_and(|c| c == Comparison::Diverge)
}

pub(super) fn count(plan: &Plan, class: &Class, n: u64, first: u64) -> Count {
    Count {
        version: plan.versions[class.version].name.to_owned(),
        judge: class.judge.name().to_owned(),
        scenario: class.scenario,
        hardware: class.hardware.to_owned(),
        contract: class.contract,
        alarm: class.is_alarm(&plan.versions),
        own: class.is_of_ones_own(&plan.versions),
        tabulated: class.tabulated,
        n,
        first,
    }
}

/// How to name a version of which nothing is expected.
fn own(version: &Version) -> Option<String> {
    (!version.has_expectations()).then(|| version.argument())
}

/// What is true of any finding on a case.
fn record(chunk: &Chunk, index: u64, version: &Version, case: &Case) -> Record {
    Record {
        key: String::new(),
        what: "flag".to_owned(),
        version: version.name.to_owned(),
        judge: None,
        scenario: None,
        hardware: hardware(&case.config).to_owned(),
        kernel: case.config.profile.name().to_owned(),
        contract: case.config.keeps_contract(),
        alarm: version.is_correct_on(&case.config),
        own: own(version),
        tabulated: super::class::tabulated(&case.config),
        lane: chunk.lane.name().to_owned(),
        index,
        step: 0,
        message: String::new(),
        case: case.to_string(),
    }
}

/// Shrinks what a judge says of a case, and names it. The one place where a night shrinks.
pub(super) fn keep(plan: &Plan, chunk: &Chunk, class: &Class, index: u64, case: &Case) -> Option<Record> {
    let version = plan.versions[class.version];
    let signature = Signature::all(version, case).into_iter().find(|s| s.judge() == class.judge)?;
    let executions = if class.is_news(&plan.versions) { PER_ALARM } else { PER_LOSS };
    let shrunk = shrink_to(case, signature, &Limits { executions, ..Limits::default() });
    let (key, step) = timeline_key(version, &shrunk.case, class.judge)?;
    let mut judges = Judges::default();
    oracle::replay(version, &shrunk.case, &mut judges);
    if judges.of(class.judge).is_some_and(|finding| !is_its_own(version, &shrunk.case, &finding)) {
        return None;
    }
    Some(Record {
        key,
        judge: Some(class.judge.name().to_owned()),
        scenario: shrunk.signature.scenario(),
        step,
        message: judges.of(class.judge).map(|f| f.to_string()).unwrap_or_default(),
        ..record(chunk, index, version, &shrunk.case)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LANES, LaneSize, Seeds};
    use impls::Provenance;
    use model::listing::Node;

    fn plan(versions: Vec<&'static Version>) -> Plan {
        let lanes =
            LANES.map(|name| LaneSize { name, share: 1, size: if name == LaneKind::Small { 2 } else { 300 } });
        Plan {
            seed: 7,
            lanes: lanes.to_vec(),
            versions,
            seeds: Seeds::of(&[], Vec::new()),
            states: 3000,
            samples: 50,
        }
    }

    fn leaked(name: &'static str, listing: &[Node]) -> &'static Version {
        let provenance = Provenance { author: "mutant", date: "-", source: "-" };
        let v3 = impls::find("v3").expect("registered").edited(0, listing.to_vec()).expect("it links");
        Box::leak(Box::new(Version { name, title: "believed correct", provenance, ..v3 }))
    }

    fn find(name: &str) -> &'static Version {
        impls::find(name).expect("registered")
    }

    #[test]
    fn a_chunk_is_the_same_every_time_in_every_lane() {
        let plan = plan(vec![find("pre-fix"), find("v3")]);
        for number in 0..10 {
            let chunk = plan.chunk(number);
            let out = run(&plan, &chunk);
            assert_eq!(out, run(&plan, &chunk), "{chunk:?}");
            assert_eq!(out.executions, chunk.range.end - chunk.range.start);
            assert!(out.records.iter().all(|r| !r.alarm), "v3 is flagged in {chunk:?}");
        }
    }

    /// What is kept shows what it says: the case has the key on the version, by the judge.
    #[test]
    fn records_replay() {
        let plan = plan(vec![find("pre-fix"), find("v1")]);
        let records: Vec<_> = (0..5).flat_map(|n| run(&plan, &plan.chunk(n)).records).collect();
        assert!(records.iter().any(|r| r.scenario == Some(Scenario::SwapcacheDirty)), "{records:?}");
        for r in records {
            let case = r.case.parse().expect("a case");
            let judge = Judge::ALL.into_iter().find(|j| Some(j.name()) == r.judge.as_deref()).expect("a judge");
            assert_eq!(timeline_key(find(&r.version), &case, judge), Some((r.key, r.step)));
        }
    }

    #[test]
    fn a_version_that_is_believed_correct_and_loses_is_an_alarm() {
        let forgetful = leaked("forgetful", find("pre-fix").listing());
        let plan = plan(vec![find("v3"), forgetful]);
        for number in 0..5 {
            let chunk = plan.chunk(number);
            let out = run(&plan, &chunk);
            // Where it is found within so few executions.
            if !matches!(chunk.lane, LaneKind::Small | LaneKind::Bytes) {
                assert!(out.records.iter().any(|r| r.alarm && r.version == "forgetful"), "{chunk:?}");
            }
            // Outside a version's contract it may be flagged too.
            let wrong = |r: &&Record| r.version == "v3" && r.contract && r.what != "diverge";
            assert_eq!(out.records.iter().find(wrong), None, "{chunk:?}");
        }
    }

    #[test]
    fn two_correct_versions_that_do_not_do_the_same_diverge() {
        let idle = leaked("idle", &impls::text::body("LockPtl; UnlockPtl").expect("a listing"));
        let plan = plan(vec![find("v3"), idle]);
        let out = run(&plan, &plan.chunk(0));
        let divergence = out.records.iter().find(|r| r.what == "diverge").expect("a divergence");
        assert_eq!(divergence.message, "v3 and idle diverge");
        assert!(diverge(find("v3"), idle, &divergence.case.parse().expect("a case")), "{divergence:?}");
    }

    #[test]
    fn a_panic_is_a_finding_and_the_other_versions_go_on() {
        let impossible = leaked("impossible", &impls::text::body("PutFolio").expect("a listing"));
        let plan = plan(vec![impossible, find("pre-fix")]);
        for number in 0..5 {
            let chunk = plan.chunk(number);
            if chunk.lane == LaneKind::Small {
                continue;
            }
            let out = run(&plan, &chunk);
            let panic = out.records.iter().find(|r| r.what == "panicked").expect("a panic");
            assert_eq!((panic.version.as_str(), panic.lane.as_str()), ("impossible", chunk.lane.name()));
            assert!(out.counts.iter().any(|c| c.version == "pre-fix" && c.judge == "last-write"), "{chunk:?}");
            let case: Case = panic.case.parse().expect("a case");
            quietly(|| assert!(caught(|| oracle::replay(impossible, &case, &mut Judges::default())).is_err()));
        }
    }

    #[test]
    fn a_chunk_that_cannot_be_run_at_all_is_a_finding_too() {
        let plan = plan(vec![find("v3")]);
        let out = died(&plan.chunk(0), "out of luck");
        assert!(out.died && out.records[0].message.contains("out of luck") && out.records[0].version == "-");
    }
}
