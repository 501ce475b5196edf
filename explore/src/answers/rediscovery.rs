//! How hard the historical bugs are to find for somebody who does not know them: by random executions, and as the
//! smallest program that tells the faulty kernel from the mended one.

use super::distinguish::{Job, Rival, Shard};
use super::zoo::{SHIPPED, programs, version};
use crate::hunt::{Numbered, Origin};
use crate::programs::{Alphabet, Bounds};
use corpus::{Case, Environment, Expect, surfaces};
use impls::{Family, Version, families};
use model::{ActorKind, OpKind};
use oracle::Judges;
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// A version of a family that must lose.
#[derive(Clone, Debug)]
pub struct Bug {
    /// The family.
    pub family: &'static Family,
    /// The version.
    pub version: &'static Version,
    /// The gravest that it must lose on some program of the family.
    pub loses: Expect,
    /// The smallest of the programs on which it must lose.
    pub case: Case,
    /// The kernel with nothing replaced, judged as the version is.
    pub shipped: Version,
}

/// Every version that must lose, by family: what canaries, fuzzers and tables go through.
#[must_use]
pub fn bugs() -> Vec<Bug> {
    families().iter().flat_map(of_family).collect()
}

/// Those of a family.
#[must_use]
pub fn of_family(family: &'static Family) -> Vec<Bug> {
    let entries = programs(family).entries;
    let of = |version_of: &'static Version| {
        let losing = entries.iter().filter_map(|entry| {
            let (_, loses) = entry.expect.iter().find(|(name, _)| name == version_of.name)?;
            (*loses != Expect::Ok).then_some((&entry.case, *loses))
        });
        let (case, loses) = losing.min_by_key(|(case, _)| case.programs.total())?;
        let shipped = version(family, SHIPPED, case).assuming(version_of.assumed());
        Some(Bug { family, version: version_of, loses, case: case.clone(), shipped })
    };
    family.versions.iter().filter_map(of).collect()
}

/// How hard to look.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// So many seeds.
    pub seeds: u64,
    /// So many executions of a seed.
    pub executions: u64,
    /// Programs of at most so many operations, as long as there are not too many of them.
    pub ops: usize,
    /// So many programs are too many.
    pub programs: usize,
    /// How many states a program may have on a version.
    pub budget: usize,
}

/// How a bug was found.
#[derive(Clone, Debug)]
pub struct Measured {
    /// By seed, the execution that shows it, counted from 1; `None` if there was none.
    pub executions: Vec<Option<u64>>,
    /// The smallest program that tells it from the kernel as shipped, by the family's operations.
    pub smallest: Option<Smallest>,
    /// How many operations the programs had at most that were gone through.
    pub ops: usize,
}

/// A program that tells a bug from the kernel as shipped.
#[derive(Clone, Debug)]
pub struct Smallest {
    /// The program.
    pub case: String,
    /// How many programs come before it.
    pub before: u64,
    /// How many states it has on the kernel as shipped, and on the bug.
    pub states: [u64; 2],
}

impl Measured {
    /// The median number of executions; `None` if half of the seeds did not find it.
    #[must_use]
    pub fn median(&self) -> Option<u64> {
        let mut all: Vec<u64> = self.executions.iter().map(|n| n.unwrap_or(u64::MAX)).collect();
        all.sort_unstable();
        all.get(all.len() / 2).copied().filter(|n| *n != u64::MAX)
    }
}

/// Looks for a bug without knowing it.
#[must_use]
pub fn measure(bug: &Bug, effort: &Effort) -> Measured {
    let executions = (0..effort.seeds).into_par_iter().map(|seed| first(bug, seed, effort.executions)).collect();
    let (smallest, ops) = smallest(bug, effort);
    Measured { executions, smallest, ops }
}

/// The surroundings in which a bug is looked for: its release, on the CPU that Linux relies on.
#[must_use]
pub fn surroundings(version: &Version) -> Environment {
    let surface = surfaces().into_iter().next();
    Environment { kernel: Some(version.kernel), surface, knobs: Vec::new() }
}

/// The first of numbered random executions in which a judge speaks of the bug and not of the kernel as shipped.
fn first(bug: &Bug, seed: u64, most: u64) -> Option<u64> {
    let around = surroundings(bug.version);
    let speaks = |numbered: &mut Numbered, version: &Version| {
        let mut judges = Judges::default();
        numbered.run(version, false, &mut judges);
        !judges.is_silent()
    };
    let found = |index: &u64| {
        let mut numbered = Numbered::draw(Origin::Generator, &around, seed, *index);
        numbered.case.config.keeps_contract()
            && speaks(&mut numbered, bug.version)
            && !speaks(&mut numbered, &bug.shipped)
    };
    (0..most).find(found).map(|index| index + 1)
}

fn smallest(bug: &Bug, effort: &Effort) -> (Option<Smallest>, usize) {
    let mut bounds = bounds(bug, effort.ops);
    while bounds.programs().take(effort.programs + 1).count() > effort.programs {
        bounds.ops -= 1;
    }
    let rivals = [Rival { version: bug.version.clone(), from_step: None }];
    let budget = effort.budget;
    let job = Job { base: &bug.shipped, rivals: &rivals, bounds: &bounds, budget, shard: Shard::ALL };
    let mut found = None;
    let keep = |record: super::distinguish::Record| {
        found = record.rivals.into_iter().find_map(|rival| rival.first);
        if found.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let _ = job.run(&[], || true, |_, _| {}, keep);
    let smallest = found.and_then(|first| {
        let case: Case = first.case.parse().ok()?;
        let states = |version: &Version| super::losses::losses(version, &case, budget).ok().map(|all| all.states);
        let states = [states(&bug.shipped)?, states(bug.version)?];
        let program = Case { schedule: corpus::Schedule::default(), ..case };
        Some(Smallest { case: program.to_string(), before: first.number, states })
    });
    (smallest, bounds.ops)
}

/// Programs of the operations, the actors and the pages of those on which the version must lose.
fn bounds(bug: &Bug, ops: usize) -> Bounds {
    let entries = programs(bug.family).entries;
    let loses = |expect: &(String, Expect)| expect.0 == bug.version.name && expect.1 != Expect::Ok;
    let cases: Vec<&Case> = entries.iter().filter(|e| e.expect.iter().any(loses)).map(|e| &e.case).collect();
    let used = |kind: &OpKind| cases.iter().any(|case| case.programs.kinds_used().has(*kind));
    // A loss shows in a load, or in the drain at the end.
    let alphabet = OpKind::ALL.into_iter().filter(|kind| used(kind) || *kind == OpKind::Read).collect();
    let kind = |kind: ActorKind| cases.iter().any(|case| case.programs.kinds.contains(&kind));
    let pages = cases.iter().map(|case| 8 - case.programs.pages().leading_zeros() as usize).max();
    let starts: BTreeSet<String> = cases.iter().map(|case| start(case).to_string()).collect();
    Bounds {
        ops,
        actors: cases.iter().map(|case| case.programs.actors as usize).max().unwrap_or(1),
        pages: pages.unwrap_or(1),
        alphabet,
        others: [ActorKind::Kswapd, ActorKind::Dma].into_iter().filter(|k| kind(*k)).collect(),
        starts: starts.iter().filter_map(|text| Some(text.parse::<Case>().ok()?.config)).collect(),
        runs: Alphabet::of([bug.version.code(bug.version.kernel)]).runs,
    }
}

/// A case with nothing to do.
fn start(case: &Case) -> Case {
    Case { config: case.config, ..Case::default() }
}
