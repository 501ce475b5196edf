//! Reading folders, running what is in them, writing what comes of it.

use super::write;
use crate::commands::FINE;
use corpus::{Case, FolderFile};
use explore::{Candidate, Group, Profile, Profiler};
use indicatif::{ParallelProgressIterator as _, ProgressBar, ProgressStyle};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What some folders hold.
pub struct Gathered {
    /// The files that hold cases, in the order of the folders and of the names in them.
    pub files: Vec<FolderFile>,
    /// How many files hold none.
    pub unread: usize,
    /// The cases of the files, each once, in the order in which they come.
    pub cases: Vec<Case>,
    /// Where a case stands among them.
    pub place: HashMap<Case, usize>,
}

impl Gathered {
    /// Reads folders, or single files. A file that holds no cases is named on the standard error and left alone.
    pub fn from(paths: &[PathBuf]) -> Result<Gathered, String> {
        let mut gathered = Gathered { files: Vec::new(), unread: 0, cases: Vec::new(), place: HashMap::new() };
        for path in paths {
            for file in corpus::read_folder(path).map_err(|e| e.to_string())? {
                match &file.content {
                    Ok(content) => {
                        for entry in &content.entries {
                            gathered.place.entry(entry.case.clone()).or_insert_with(|| {
                                gathered.cases.push(entry.case.clone());
                                gathered.cases.len() - 1
                            });
                        }
                        gathered.files.push(file);
                    }
                    Err(e) => {
                        eprintln!("lostwrite: {e}; the file is left alone");
                        gathered.unread += 1;
                    }
                }
            }
        }
        Ok(gathered)
    }

    /// What each case covers, on all cores.
    pub fn profiles(&self, profiler: &Profiler) -> Vec<Profile> {
        let bar = ProgressBar::new(self.cases.len() as u64).with_style(
            ProgressStyle::with_template("{elapsed_precise} {bar:40} {human_pos}/{human_len} cases, {eta} left")
                .expect("the template is well formed"),
        );
        self.cases.par_iter().progress_with(bar).map(|case| profiler.profile(case)).collect()
    }

    /// The cases as candidates. Protected are the cases that come with lostwrite, those of a file that says what is
    /// expected or that holds several, and the smallest one of each loss.
    pub fn candidates(&self, profiles: Vec<Profile>) -> Vec<Candidate> {
        let treasured: HashSet<Case> = corpus::treasured().into_iter().collect();
        let told = self.files.iter().filter(|file| file.plain().is_none());
        let told: HashSet<&Case> =
            told.flat_map(|file| &file.content).flat_map(|file| &file.entries).map(|entry| &entry.case).collect();
        let candidate = |(case, profile): (&Case, Profile)| {
            Candidate::new(case, profile, treasured.contains(case) || told.contains(case))
        };
        let mut candidates: Vec<_> = self.cases.iter().zip(profiles).map(candidate).collect();
        explore::protect_losses(&mut candidates);
        candidates
    }

    /// How to exit: with 2 if a file could not be read.
    pub fn exit(&self) -> ExitCode {
        if self.unread == 0 {
            return FINE;
        }
        let s = if self.unread == 1 { " was" } else { "s were" };
        eprintln!("lostwrite: {} file{s} not read, everything else was done", self.unread);
        ExitCode::from(2)
    }
}

/// How many features of each group these profiles have together.
pub fn count<'a>(profiles: impl IntoIterator<Item = &'a Profile>) -> BTreeMap<Group, usize> {
    let covered: BTreeSet<_> = profiles.into_iter().flat_map(|p| &p.features).collect();
    let mut counts = BTreeMap::new();
    for feature in covered {
        *counts.entry(feature.group()).or_default() += 1;
    }
    counts
}

/// Writes a file of a folder under the name of its content; false if it is there already.
pub fn put(folder: &Path, content: &[u8]) -> Result<bool, String> {
    put_as(folder, &corpus::file_name(content), content)
}

/// Writes a file of a folder; false if there is one of that name already.
pub fn put_as(folder: &Path, name: &str, content: &[u8]) -> Result<bool, String> {
    let path = folder.join(name);
    if path.exists() {
        return Ok(false);
    }
    write(&path, content).map_err(|e| format!("{}: {e}", path.display()))?;
    Ok(true)
}

/// Makes a folder that may be there already.
pub fn make(folder: &Path) -> Result<(), String> {
    std::fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))
}

/// Makes a folder in which nothing is yet.
pub fn make_empty(folder: &Path) -> Result<(), String> {
    make(folder)?;
    let mut entries = std::fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    match entries.next() {
        None => Ok(()),
        Some(_) => Err(format!("{}: expected a new or an empty folder, found files in it", folder.display())),
    }
}
