//! Reading folders, running what is in them, writing what comes of it.

use super::write;
use crate::commands::{FINE, terminal};
use corpus::read::WRITTEN;
use corpus::{Case, CaseFile, FolderFile, WANTS_RUNS};
use explore::coverage::minimise::Candidate;
use explore::coverage::{Group, Profile, Profiler};
use indicatif::ParallelProgressIterator as _;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::io::ErrorKind;
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
    /// Reads folders, or single files. A file that holds no cases is named on the standard error and left
    /// alone. One that comes twice, by a link or because its folder was named twice, is one file: removing
    /// its double would lose it.
    pub fn from(paths: &[PathBuf]) -> Result<Gathered, String> {
        let mut gathered = Gathered { files: Vec::new(), unread: 0, cases: Vec::new(), place: HashMap::new() };
        let mut seen = HashSet::new();
        for path in paths {
            for file in corpus::read_folder(path).map_err(|e| e.to_string())? {
                if !seen.insert(std::fs::canonicalize(&file.path).unwrap_or_else(|_| file.path.clone())) {
                    continue;
                }
                let by_place = |content: &CaseFile| {
                    let entry = content.entries.iter().find(|e| e.case.schedule.is_by_place())?;
                    Some(format!("{}: {WANTS_RUNS}", entry.place))
                };
                let content = match &file.content {
                    Ok(content) => by_place(content).map_or(Ok(content), Err),
                    Err(e) => Err(e.to_string()),
                };
                match content {
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
                        terminal::error(&format!("{e}; the file is left alone"));
                        gathered.unread += 1;
                    }
                }
            }
        }
        Ok(gathered)
    }

    /// What each case covers, on all cores.
    pub fn profiles(&self, profiler: &Profiler) -> Vec<Profile> {
        let template = "{elapsed_precise} {bar:40} {human_pos}/{human_len} cases, {eta} left";
        let bar = terminal::bar(self.cases.len() as u64, template);
        self.cases.par_iter().progress_with(bar).map(|case| profiler.profile(case)).collect()
    }

    /// The cases as candidates. Protected are the cases that come with lostwrite, and those of a file that
    /// says what is expected or that holds several.
    pub fn candidates(&self, profiles: Vec<Profile>) -> Vec<Candidate> {
        let treasured: HashSet<Case> = corpus::treasured().into_iter().collect();
        let told = self.files.iter().filter(|file| file.plain().is_none());
        let told: HashSet<&Case> =
            told.flat_map(|file| &file.content).flat_map(|file| &file.entries).map(|entry| &entry.case).collect();
        let candidate = |(case, profile): (&Case, Profile)| {
            Candidate::new(case, profile, treasured.contains(case) || told.contains(case))
        };
        self.cases.iter().zip(profiles).map(candidate).collect()
    }

    /// How to exit: with 2 if a file could not be read.
    pub fn exit(&self) -> ExitCode {
        if self.unread == 0 {
            return FINE;
        }
        let s = if self.unread == 1 { " was" } else { "s were" };
        terminal::fail(&format!("{} file{s} not read, everything else was done", self.unread))
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

/// Makes a folder that may be there already.
pub fn make(folder: &Path) -> Result<(), String> {
    std::fs::create_dir_all(folder).map_err(|e| at(folder, &e))
}

/// Adds a file to a folder, under the name of its content; false if it is there already.
pub fn put(folder: &Path, content: &[u8]) -> Result<bool, String> {
    let path = folder.join(corpus::file_name(content));
    match WRITTEN.read(&path) {
        Ok(found) if found == content => Ok(false),
        Ok(_) => {
            let path = path.display();
            Err(format!("{path}: expected the bytes that the name is the SHA-1 of, found others; move it away"))
        }
        Err(e) if e.kind() == ErrorKind::NotFound => {
            write(&path, content).map_err(|e| at(&path, &e))?;
            Ok(true)
        }
        Err(e) => Err(at(&path, &e)),
    }
}

/// Says so if there is something where a new folder is to be.
pub fn expect_empty(folder: &Path) -> Result<(), String> {
    match std::fs::read_dir(folder).map(|mut entries| entries.next().is_none()) {
        Ok(true) => Ok(()),
        Ok(false) => Err(format!(
            "{}: expected a new or an empty folder, found files in it; name another one",
            folder.display()
        )),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
        Err(e) => Err(at(folder, &e)),
    }
}

/// Writes a new folder, whole or not at all: the files go to a hidden folder beside it, which takes its name
/// at the end.
pub fn write_folder(folder: &Path, files: &BTreeMap<String, Vec<u8>>) -> Result<(), String> {
    let fail = |e: std::io::Error| at(folder, &e);
    expect_empty(folder)?;
    let parent = folder.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    make(parent)?;
    let beside = tempfile::Builder::new().prefix(".lostwrite-").tempdir_in(parent).map_err(fail)?;
    // One folder deeper, where the mode is that of any new folder.
    let new = beside.path().join("new");
    make(&new)?;
    for (name, content) in files {
        std::fs::write(new.join(name), content).map_err(fail)?;
    }
    if folder.exists() {
        std::fs::remove_dir(folder).map_err(fail)?;
    }
    std::fs::rename(new, folder).map_err(fail)
}

fn at(path: &Path, e: &std::io::Error) -> String {
    format!("{}: {e}; expected a folder that exists or can be made, and that may be written to", path.display())
}
