//! Versions told apart: programs in order of size, each with all its interleavings, until one shows that a
//! version and its rival differ in what can be lost.
//!
//! Two questions are asked this way. *Distinguish*: one rival, another version. *Ablate*: a rival for each
//! step of the listing, the version without that step.
//!
//! The work is cut into chunks of consecutive programs. What a chunk shows is a record, and an answer is a
//! function of records alone ([`Answers`]), so that it is the same whether one job made them or several, in
//! one go or not. A rival that has been told apart in a chunk has no part in later ones.
//!
//! Does not claim: anything about programs beyond the bounds, or with more states than the budget; the latter
//! are counted.

use crate::answers::losses::{Loss, Losses, losses};
use crate::exhaust::{Answer, Exhaust, exhaust};
use crate::programs::Bounds;
use crate::states::graph::TooLarge;
use corpus::Case;
use impls::Version;
use oracle::guard::quietly;
use oracle::{History, by_place};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

/// A version to be told apart from another.
#[derive(Clone, Debug)]
pub struct Rival {
    /// The version.
    pub version: Version,
    /// It differs from the other from this step of the other's listing on, so that a program that never gets
    /// there need not be run.
    pub from_step: Option<usize>,
}

/// Which part of the work a job does: what has a number that leaves this remainder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Shard {
    /// The remainder, from 0.
    pub index: u64,
    /// How many jobs there are.
    pub of: u64,
}

impl Shard {
    /// All of the work.
    pub const ALL: Shard = Shard { index: 0, of: 1 };

    /// Whether what has this number belongs to the part.
    #[must_use]
    pub const fn has(self, number: u64) -> bool {
        number % self.of == self.index
    }
}

/// What is to be done.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// The version.
    pub base: &'a Version,
    /// Its rivals.
    pub rivals: &'a [Rival],
    /// Which programs.
    pub bounds: &'a Bounds,
    /// How many states a program may have on a version.
    pub budget: usize,
    /// Which part.
    pub shard: Shard,
}

/// How many programs a chunk has, of all shards together.
pub const CHUNK: u64 = 256;

/// What a chunk's programs show, as far as they are the shard's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The chunk's number.
    pub chunk: u64,
    /// How many programs.
    pub programs: u64,
    /// How many states these have on the version.
    pub states: u64,
    /// How many have more states on the version than the budget.
    pub too_large: u64,
    /// The rivals that had not been told apart in an earlier chunk.
    pub rivals: Vec<RivalRecord>,
}

impl Record {
    /// A record that was read, if it is one of so many programs and rivals. The cases in it are printed anew.
    ///
    /// # Errors
    /// With what was found and what was expected.
    pub fn checked(mut self, programs: u64, rivals: usize) -> Result<Record, String> {
        let chunks = programs.div_ceil(CHUNK);
        let most = u64::from(u32::MAX) * CHUNK;
        if self.chunk >= chunks || self.programs > CHUNK || self.too_large > self.programs || self.states > most {
            return Err(format!(
                "chunk {}: expected one of {chunks} chunks, with at most {CHUNK} programs, found another number",
                self.chunk
            ));
        }
        for of_rival in &mut self.rivals {
            let counts = [of_rival.reached, of_rival.too_large];
            if of_rival.rival >= rivals || counts.iter().any(|n| *n > self.programs) || of_rival.states > most {
                return Err(format!("chunk {}: expected counts of {rivals} rivals, found others", self.chunk));
            }
            if let Some(first) = &mut of_rival.first {
                let case = first.case.parse::<Case>().map_err(|e| format!("chunk {}: case: {e}", self.chunk))?;
                first.case = case.to_string();
            }
        }
        Ok(self)
    }
}

/// What a chunk's programs show of a rival.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RivalRecord {
    /// The rival's number.
    pub rival: usize,
    /// How many of the programs get to where it differs.
    pub reached: u64,
    /// How many states these have on the rival.
    pub states: u64,
    /// How many have more states on the rival than the budget.
    pub too_large: u64,
    /// The first program that tells it apart.
    pub first: Option<Difference>,
}

/// A program that tells two versions apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Its number in the order of programs, from 0.
    pub number: u64,
    /// The program in the text form, with a schedule that shows a difference.
    pub case: String,
    /// Whether it is the rival that shows it.
    pub on_rival: bool,
    /// What the schedule shows.
    pub shows: Loss,
    /// What only the version can lose.
    pub base_only: Vec<Loss>,
    /// What only the rival can.
    pub rival_only: Vec<Loss>,
}

impl Job<'_> {
    /// Runs the chunks that are not `done`, one after the other, each on all cores, and hands each record to
    /// `keep`. `keep` may end the job, and so may `go_on` at any time; a chunk that is not over leaves no
    /// record. Breaks if there is work left.
    pub fn run(
        &self,
        done: &[Record],
        go_on: impl Fn() -> bool + Sync,
        progress: impl Fn(&Case, u64) + Sync,
        mut keep: impl FnMut(Record) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let done: BTreeMap<u64, &Record> = done.iter().map(|r| (r.chunk, r)).collect();
        let mut open: BTreeSet<usize> = (0..self.rivals.len()).collect();
        let mut programs = (0..).zip(self.bounds.programs()).peekable();
        for chunk in 0.. {
            if programs.peek().is_none() || open.is_empty() {
                break;
            }
            let mut mine: Vec<(u64, Case)> = programs.by_ref().take(CHUNK as usize).collect();
            mine.retain(|(number, _)| self.shard.has(*number));
            let record = match done.get(&chunk) {
                Some(record) => (*record).clone(),
                None => {
                    let record = self.chunk(chunk, &mine, &open, &go_on, &progress);
                    let Some(record) = record else { return ControlFlow::Break(()) };
                    keep(record.clone())?;
                    record
                }
            };
            for rival in record.rivals.iter().filter(|r| r.first.is_some()) {
                open.remove(&rival.rival);
            }
        }
        ControlFlow::Continue(())
    }

    fn chunk(
        &self,
        chunk: u64,
        programs: &[(u64, Case)],
        open: &BTreeSet<usize>,
        go_on: &(impl Fn() -> bool + Sync),
        progress: &(impl Fn(&Case, u64) + Sync),
    ) -> Option<Record> {
        let shown: Vec<Option<Shown>> = programs
            .par_iter()
            .map(|(_, case)| {
                go_on().then(|| {
                    let shown = quietly(|| self.program(case, open));
                    progress(case, shown.states());
                    shown
                })
            })
            .collect();
        let shown = shown.into_iter().collect::<Option<Vec<Shown>>>()?;
        let mut record = Record { chunk, programs: programs.len() as u64, ..Record::default() };
        record.states = shown.iter().filter_map(|s| s.base.as_ref().ok()).map(|l| l.states).sum();
        record.too_large = shown.iter().filter(|s| s.base.is_err()).count() as u64;
        for rival in open {
            let mut of_rival = RivalRecord { rival: *rival, ..RivalRecord::default() };
            for ((number, case), shown) in programs.iter().zip(&shown) {
                let Some(theirs) = shown.rivals.get(rival) else { continue };
                of_rival.reached += 1;
                match (&shown.base, theirs) {
                    (Ok(ours), Ok(theirs)) => {
                        of_rival.states += theirs.states;
                        if of_rival.first.is_none() && ours.losses != theirs.losses {
                            of_rival.first = Some(self.difference(*rival, *number, case, ours, theirs));
                        }
                    }
                    _ => of_rival.too_large += 1,
                }
            }
            record.rivals.push(of_rival);
        }
        Some(record)
    }

    fn program(&self, case: &Case, open: &BTreeSet<usize>) -> Shown {
        let base = losses(self.base, case, self.budget);
        let mut rivals = BTreeMap::new();
        if let Ok(ours) = &base {
            for number in open {
                let rival = &self.rivals[*number];
                if rival.from_step.is_none_or(|step| ours.steps.has(step)) {
                    rivals.insert(*number, losses(&rival.version, case, self.budget));
                }
            }
        }
        Shown { base, rivals }
    }

    fn difference(&self, rival: usize, number: u64, case: &Case, ours: &Losses, theirs: &Losses) -> Difference {
        let base_only: Vec<Loss> = ours.losses.difference(&theirs.losses).cloned().collect();
        let rival_only: Vec<Loss> = theirs.losses.difference(&ours.losses).cloned().collect();
        // The gravest, of the rival if both have it.
        let on_rival = match (rival_only.first(), base_only.first()) {
            (Some(theirs), Some(ours)) => theirs <= ours,
            (theirs, _) => theirs.is_some(),
        };
        let (version, only) =
            if on_rival { (&self.rivals[rival].version, &rival_only) } else { (self.base, &base_only) };
        let shows = only[0].clone();
        let found = quietly(|| {
            exhaust::<History>(version, case, self.budget, |finding, _| {
                if Loss::of(finding) == shows { Answer::Shortest } else { Answer::Ignore }
            })
        });
        let case = match found {
            // By place it means the same on the other version.
            Exhaust::Found { case, .. } => by_place(version, &case),
            // More states with a history than without: the program alone.
            _ => case.clone(),
        };
        Difference { number, case: case.to_string(), on_rival, shows, base_only, rival_only }
    }
}

/// What a program shows on the versions that were run.
struct Shown {
    base: Result<Losses, TooLarge>,
    rivals: BTreeMap<usize, Result<Losses, TooLarge>>,
}

impl Shown {
    fn states(&self) -> u64 {
        let all = [&self.base].into_iter().chain(self.rivals.values());
        all.filter_map(|l| l.as_ref().ok()).map(|l| l.states).sum()
    }
}

/// What the records of all shards say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answers {
    /// By rival.
    pub rivals: Vec<Told>,
    /// How many programs were looked at.
    pub programs: u64,
    /// How many states these have, on the version and on its rivals.
    pub states: u64,
    /// How many programs have more states on the version than the budget.
    pub too_large: u64,
}

/// What became of a rival.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The smallest program that tells it apart; `None` if there is none, as far as was looked.
    pub difference: Option<Difference>,
    /// How many programs were looked at.
    pub programs: u64,
    /// How many of them get to where the rival differs, and were run on it.
    pub reached: u64,
    /// How many states these have on it.
    pub states: u64,
    /// How many have too many.
    pub too_large: u64,
    /// Whether every program within the bounds was looked at, or those up to the difference.
    pub finished: bool,
}

impl Answers {
    /// Joins the records of shards. `programs` is the number of all programs within the bounds.
    #[must_use]
    pub fn of(rivals: usize, programs: u64, of: u64, records: &[(Shard, Record)]) -> Answers {
        let chunks = programs.div_ceil(CHUNK);
        let mut present = BTreeMap::<u64, BTreeSet<u64>>::new();
        for (shard, record) in records {
            present.entry(record.chunk).or_default().insert(shard.index);
        }
        let complete = (0..).take_while(|c| present.get(c).is_some_and(|s| s.len() as u64 == of)).count() as u64;
        let told: Vec<(Told, u64)> = (0..rivals)
            .map(|rival| {
                let firsts = records.iter().flat_map(|(_, r)| {
                    let mine = r.rivals.iter().filter(move |x| x.rival == rival);
                    mine.filter_map(move |x| x.first.as_ref()).map(|d| (r.chunk, d))
                });
                let first = firsts.min_by_key(|(_, d)| d.number);
                // Nothing that comes later was needed.
                let last = first.map_or(chunks, |(chunk, _)| chunk + 1);
                let mut told = Told {
                    difference: first.map(|(_, d)| d.clone()),
                    programs: 0,
                    reached: 0,
                    states: 0,
                    too_large: 0,
                    finished: complete >= last,
                };
                for (_, record) in records.iter().filter(|(_, r)| r.chunk < last) {
                    told.programs += record.programs;
                    told.too_large += record.too_large;
                    for of_rival in record.rivals.iter().filter(|x| x.rival == rival) {
                        told.reached += of_rival.reached;
                        told.states += of_rival.states;
                        told.too_large += of_rival.too_large;
                    }
                }
                (told, last)
            })
            .collect();
        let last = told.iter().map(|(_, last)| *last).max().unwrap_or(0);
        let counted = || records.iter().map(|(_, r)| r).filter(|r| r.chunk < last);
        Answers {
            programs: counted().map(|r| r.programs).sum(),
            states: counted().map(|r| r.states).sum::<u64>() + told.iter().map(|(t, _)| t.states).sum::<u64>(),
            too_large: counted().map(|r| r.too_large).sum(),
            rivals: told.into_iter().map(|(told, _)| told).collect(),
        }
    }

    /// Whether nothing is left to be done.
    #[must_use]
    pub fn finished(&self) -> bool {
        self.rivals.iter().all(|r| r.finished)
    }
}
