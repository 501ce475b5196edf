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
/// long as they still do not. `compared` runs sequences on both.
///
/// # Errors
/// As `compared`.
pub fn shrink(
    differ: &[Difference],
    mut compared: impl FnMut(&[Sequence]) -> Result<Compared, String>,
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
        if tried.is_empty() {
            break;
        }
        let found: Vec<(usize, Difference)> = compared(&tried)?
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

/// What kernel and model have after each operation of a sequence, for two columns.
///
/// # Errors
/// If there is no model of that kernel, or the answers have no states.
pub fn columns(
    variant: &str,
    swap: &str,
    sequence: &Sequence,
    answers: &Answers,
) -> Result<Vec<[String; 3]>, String> {
    let (_, states) = written(variant, swap, std::slice::from_ref(sequence), answers);
    oracle::state_columns(states.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answers::read;

    fn difference(name: &str, ops: &str) -> Difference {
        let (name, ops) = (name.to_owned(), ops.to_owned());
        Difference { name, ops, kernel: "k".to_owned(), model: "m".to_owned() }
    }

    /// A kernel that differs where a page is migrated after it was written.
    #[test]
    fn a_sequence_is_shortened_as_long_as_it_differs() {
        let compared = |tried: &[Sequence]| {
            let differs = |ops: &str| ops.find("W0").is_some_and(|at| ops[at..].contains("D0"));
            let differ = tried.iter().filter(|s| differs(&s.ops)).map(|s| difference(&s.name, &s.ops)).collect();
            Ok(Compared { differ, ..Compared::default() })
        };
        let all = ["R0 W0 P0 R0 D0 R0", "W0 D0", "D0 W0 W0 S0 D0"].map(|ops| difference(ops, ops));
        let mut rounds = Vec::new();
        let short = shrink(&all, compared, |open| rounds.push(open)).expect("it ends");
        assert!(short.iter().zip(&all).all(|(short, all)| short.ops == "W0 D0" && short.name == all.name));
        assert!(rounds[0] == 3 && rounds.last() < Some(&3), "{rounds:?}");
        let failed = shrink(&all, |_| Err("no guest".to_owned()), |_| {});
        assert_eq!(failed, Err("no guest".to_owned()));
    }

    #[test]
    fn kernel_and_model_stand_in_two_columns() {
        let sequence = Sequence { name: "one-s1-00001".to_owned(), ops: "W0 P0".to_owned() };
        let answers = read("kernel 6.1.192 cpus 1\n0 .:p111001 .:p?11101\nover 1\n").expect("of the form");
        let rows = columns("fixed", "nullb0", &sequence, &answers).expect("a model");
        assert_eq!(rows[0][0], "W0");
        assert_eq!(rows[0][1], rows[0][2]);
        assert_eq!(
            rows[1],
            ["P0", "present mapped=1 dirty=1 swapcache=0 swapbacked=1", "swap"].map(str::to_owned)
        );
        let compared = compare("fixed", "nullb0", std::slice::from_ref(&sequence), &answers).expect("a model");
        assert_eq!(compared.differ.len(), 1);
        assert!(columns("bugZ", "nullb0", &sequence, &answers).is_err());
    }
}
