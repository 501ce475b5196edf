//! Folders of cases: what is in them, what a file is called, and the cases that every engine starts from.

use crate::read::WRITTEN;
use crate::{
    Case, CaseFile, FileError, builtin, bytes, ground_truth_sequences, load, mutant_programs, scenario_programs,
};
use sha1::{Digest, Sha1};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// The name of the file that holds these bytes: their SHA-1, as libFuzzer names its finds, so that a case
/// that comes back from an engine has the name that it went there with.
#[must_use]
pub fn file_name(content: &[u8]) -> String {
    Sha1::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The cases that come with lostwrite in the byte form, each once: the case files, the programs of the
/// scenarios and of the mutants, and the operation sequences of the ground truth.
#[must_use]
pub fn seeds() -> Vec<Vec<u8>> {
    let programs = scenario_programs().into_iter().chain(mutant_programs()).map(|entry| entry.case);
    let mut seen = HashSet::<Case>::new();
    let cases = treasured().into_iter().chain(programs);
    cases.filter(|case| seen.insert(case.clone())).map(|case| bytes::encode(&case)).collect()
}

/// The cases that no corpus should lose: those of the case files (the thread's, the regressions, the
/// controls), and the operation sequences of the ground truth. Schedules by place have no bytes, and no engine
/// works on them.
#[must_use]
pub fn treasured() -> Vec<Case> {
    let files = builtin().into_iter().flat_map(|file| file.entries).filter(|e| !e.case.schedule.is_by_place());
    files.map(|entry| entry.case).chain(ground_truth_sequences()).collect()
}

/// A file of a folder, with its cases or with what is wrong with it.
#[derive(Clone, Debug)]
pub struct FolderFile {
    /// Where it is.
    pub path: PathBuf,
    /// What it holds.
    pub content: Result<CaseFile, FileError>,
}

impl FolderFile {
    /// Reads a file in any of the three forms.
    #[must_use]
    pub fn read(path: &Path) -> FolderFile {
        let name = path.display().to_string();
        let content = match WRITTEN.read(path) {
            Ok(content) => load(&name, &content),
            Err(e) => Err(FileError { file: name, what: e.to_string() }),
        };
        FolderFile { path: path.to_owned(), content }
    }

    /// The only case of the file, if it has one and says nothing about it: no expectation, no scenario.
    #[must_use]
    pub fn plain(&self) -> Option<&Case> {
        match &self.content.as_ref().ok()?.entries[..] {
            [entry] if entry.expect.is_empty() && entry.scenario.is_none() => Some(&entry.case),
            _ => None,
        }
    }
}

/// The files of a folder by name, or the one file that the path names. Folders inside it, and files whose
/// names start with a dot, are not looked into.
///
/// # Errors
/// If the folder cannot be read; a file that cannot is among the results.
pub fn read_folder(path: &Path) -> Result<Vec<FolderFile>, FileError> {
    let fail = |e: std::io::Error| FileError { file: path.display().to_string(), what: e.to_string() };
    // A device or a pipe that was named is a file too; in a folder it is left alone.
    if path.exists() && !path.is_dir() {
        return Ok(vec![FolderFile::read(path)]);
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        if !hidden && entry.path().is_file() {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files.iter().map(|file| FolderFile::read(file)).collect())
}
