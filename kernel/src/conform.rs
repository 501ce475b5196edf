//! The kernel and the model side by side.
//!
//! Sequences are run in guests, many to a boot; what comes out is written as a recording is, and compared as
//! one. A sequence on which they do not agree is shortened as long as they do not: all that are tried in one
//! round share a boot.

use crate::answers::Answers;
use crate::guest::Guest;
use crate::recording::{Sequence, written};
use oracle::{Conformance, Disagreement, conform_file};
use std::collections::{BTreeMap, BTreeSet};

/// What a comparison came to.
#[derive(Clone, Debug, Default)]
pub struct Compared {
    /// Sequences that ran.
    pub sequences: usize,
    /// States that were compared.
    pub states: usize,
    /// Sequences that agree up to a step which the model is known not to have: `G`.
    pub aside: usize,
    /// Those that do not agree, in verdict or state.
    pub differ: Vec<Difference>,
}

/// A sequence on which kernel and model do not agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Its name.
    pub name: String,
    /// The operations.
    pub ops: String,
    /// What the kernel did.
    pub kernel: String,
    /// What the model did.
    pub model: String,
}

/// Sequences that are run in one boot: a device page is used up by each that migrates, and takes memory.
pub const PER_BOOT: usize = 10_000;

/// Runs sequences on a kernel.
///
/// # Errors
/// If a guest does not come to its end, or says something else than it was asked.
pub fn run(guest: &Guest, sequences: &[Sequence]) -> Result<Answers, String> {
    let mut all: Option<Answers> = None;
    for part in sequences.chunks(PER_BOOT) {
        let lines: Vec<String> = part.iter().map(|sequence| sequence.ops.clone()).collect();
        let answers = guest.run(&lines)?;
        if answers.cases.len() != part.len() {
            return Err(format!("expected the answers of {} sequences, got {}", part.len(), answers.cases.len()));
        }
        match &mut all {
            None => all = Some(answers),
            Some(all) => all.cases.extend(answers.cases),
        }
    }
    all.ok_or_else(|| "expected a sequence at least".to_owned())
}

/// Compares what a kernel did with the model of it.
///
/// # Errors
/// If there is no model of that release, or a sequence is none.
pub fn compare(variant: &str, swap: &str, sequences: &[Sequence], answers: &Answers) -> Result<Compared, String> {
    let (verdicts, states) = written(variant, swap, sequences, answers);
    let of_verdicts = conform_file("guest.tsv", &verdicts).map_err(|e| e.to_string())?;
    let of_states = conform_file("guest.jsonl", &states).map_err(|e| e.to_string())?;
    let mut compared = Compared { sequences: sequences.len(), ..Compared::default() };
    // A state tells more than the wrong read that follows from it.
    let mut differ = BTreeMap::new();
    let mut aside = BTreeSet::new();
    for part in [of_verdicts, of_states] {
        let Conformance { columns } = part;
        for report in columns.into_values() {
            compared.states += report.states;
            compared.aside += report.aside;
            aside.extend(report.aside_cases);
            for Disagreement { case, ops, kernel, model } in report.disagree {
                differ.insert(case.clone(), Difference { name: case, ops, kernel, model });
            }
        }
    }
    // What is read behind that step follows from it.
    differ.retain(|name, _| !aside.contains(name));
    compared.differ = differ.into_values().collect();
    Ok(compared)
}

/// Shortens the sequences on which kernel and model do not agree: without one operation after the other, as
/// long as they still do not.
///
/// # Errors
/// As [`run`] and [`compare`].
pub fn shrink(
    guest: &Guest,
    variant: &str,
    differ: &[Difference],
    mut progress: impl FnMut(usize),
) -> Result<Vec<Difference>, String> {
    let mut shortest: Vec<Difference> = differ.to_vec();
    let mut open: Vec<usize> = (0..shortest.len()).collect();
    while !open.is_empty() {
        progress(open.len());
        let mut tried = Vec::new();
        for n in &open {
            let words: Vec<&str> = shortest[*n].ops.split(' ').collect();
            for left_out in 0..words.len() {
                let rest: Vec<&str> =
                    words.iter().enumerate().filter(|(at, _)| *at != left_out).map(|(_, word)| *word).collect();
                if !rest.is_empty() {
                    // The name carries where it belongs.
                    tried.push(Sequence { name: format!("try-s{n}-{left_out:05}"), ops: rest.join(" ") });
                }
            }
        }
        let answers = run(guest, &tried)?;
        let compared = compare(variant, guest.swap, &tried, &answers)?;
        let found: Vec<(usize, Difference)> = compared
            .differ
            .into_iter()
            .filter_map(|d| Some((d.name.strip_prefix("try-s")?.split('-').next()?.parse().ok()?, d)))
            .collect();
        open.retain(|n| {
            let Some((_, shorter)) = found.iter().find(|(of, _)| of == n) else { return false };
            shortest[*n] = Difference { name: shortest[*n].name.clone(), ..shorter.clone() };
            true
        });
    }
    Ok(shortest)
}
