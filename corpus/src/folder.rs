//! Folders of cases: what a file is called, and the cases that every engine starts from.

use crate::{Case, builtin, bytes, ground_truth_sequences, mutant_programs, scenario_programs};
use sha1::{Digest, Sha1};
use std::collections::HashSet;

/// The name of the file that holds these bytes: their SHA-1, as libFuzzer names its finds, so that a case that comes
/// back from an engine has the name that it went there with.
#[must_use]
pub fn file_name(content: &[u8]) -> String {
    Sha1::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The cases that come with lostwrite in the byte form, each once: the case files, the programs of the scenarios and of
/// the mutants, and the operation sequences of the ground truth.
#[must_use]
pub fn seeds() -> Vec<Vec<u8>> {
    let files = builtin().into_iter().flat_map(|file| file.entries);
    let entries = files.chain(scenario_programs()).chain(mutant_programs());
    let cases = entries.map(|entry| entry.case).chain(ground_truth_sequences());
    let mut seen = HashSet::<Case>::new();
    cases.filter(|case| seen.insert(case.clone())).map(|case| bytes::encode(&case)).collect()
}
