//! How far shrinking gets: random losing cases, each shrunk, with its size before and after.
//!
//! The cases are numbered executions, half of them from the generator and half from random bytes, on each
//! version in turn and on every CPU. Which they are depends on the seed alone.

use super::{Limits, Shrunk, Signature, Size, deletions, shrink_to};
use crate::hunt::Numbered;
use crate::hunt::Origin;
use corpus::{Case, Environment, surfaces};
use impls::Version;
use oracle::guard::{guarded, quietly};
use oracle::{Judge, Judges, trace};
use rayon::prelude::*;
use std::time::{Duration, Instant};

/// A losing case that was shrunk.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The version that loses.
    pub version: &'static Version,
    /// Where the case came from.
    pub origin: Origin,
    /// The case before.
    pub before: Case,
    /// What came of it.
    pub shrunk: Shrunk<'static>,
    /// Steps up to the wrong load, before and after.
    pub steps: [u32; 2],
    /// No single deletion of the result shows the same.
    pub minimal: bool,
    /// How long it took, which depends on the machine.
    pub time: Duration,
}

impl Sample {
    /// The size before and after.
    #[must_use]
    pub fn sizes(&self) -> [Size; 2] {
        [Size::of(&self.before), Size::of(&self.shrunk.case)]
    }
}

/// Executions in which a loss is looked for, for each case.
const TRIES: u64 = 1_000;

/// The losing case of a number, if there is one within some thousand executions: its version, its origin, and
/// the case with its schedule.
#[must_use]
pub fn draw_losing(seed: u64, number: u64) -> Option<(&'static Version, Origin, Case)> {
    let versions = impls::registry();
    let turn = number as usize / versions.len();
    let version = &versions[number as usize % versions.len()];
    let origin = if turn.is_multiple_of(2) { Origin::Generator } else { Origin::Bytes };
    // Half of all byte strings would have a driver that loses by itself.
    let knobs: Vec<_> = corpus::knob("driver-dirties").map(|knob| (knob, 1)).into_iter().collect();
    let around = |surface| Environment { surface, knobs: knobs.clone(), ..Environment::default() };
    // The bytes name a CPU of their own. A correct version loses on a CPU that breaks the contract, and
    // nowhere else.
    let places: Vec<Environment> = surfaces()
        .into_iter()
        .map(|surface| around(Some(surface)))
        .chain((!version.is_believed_correct()).then(|| around(None)))
        .filter(|e| !version.is_correct_on(&e.of(&Case::default()).config))
        .collect();
    let environment = &places[turn / 2 % places.len()];
    (0..TRIES).find_map(|at| {
        let mut numbered = Numbered::draw(origin, environment, seed, number * TRIES + at);
        let mut judges = Judges::default();
        // A CPU that breaks the contract may ask the model for what it does not have.
        quietly(|| guarded(|| numbered.run(version, true, &mut judges)))?;
        judges.of(Judge::LastWrite)?;
        Some((version, origin, numbered.case))
    })
}

/// Draws losing cases, as many as asked for, and shrinks each on all cores. `progress` is told of each case
/// that is done.
pub fn statistics(seed: u64, cases: usize, limits: &Limits<'_>, progress: impl Fn() + Sync) -> Vec<Sample> {
    let mut samples = Vec::new();
    let mut number = 0;
    while samples.len() < cases {
        let round = (cases - samples.len()) as u64;
        let stop = limits.stop;
        let drawn: Vec<Option<Sample>> = (number..number + round)
            .into_par_iter()
            .map(|number| {
                let stopped = stop.is_some_and(|s| s.load(std::sync::atomic::Ordering::Relaxed));
                let sample =
                    if stopped { None } else { draw_losing(seed, number).and_then(|d| sample(d, limits)) };
                if sample.is_some() {
                    progress();
                }
                sample
            })
            .collect();
        samples.extend(drawn.into_iter().flatten());
        number += round;
        if stop.is_some_and(|s| s.load(std::sync::atomic::Ordering::Relaxed)) {
            break;
        }
    }
    samples
}

fn sample((version, origin, before): (&'static Version, Origin, Case), limits: &Limits<'_>) -> Option<Sample> {
    let signature = Signature::all(version, &before).into_iter().find(|s| s.judge() == Judge::LastWrite)?;
    let start = Instant::now();
    let shrunk = shrink_to(&before, signature, limits);
    let time = start.elapsed();
    let length = |case: &Case| trace(version, case).length();
    let steps = [length(&before), length(&shrunk.case)];
    let minimal = !deletions(&shrunk.case).iter().any(|smaller| shrunk.signature.holds(smaller));
    Some(Sample { version, origin, before, shrunk, steps, minimal, time })
}
