//! What the corpus lane works on: the cases that come with lostwrite, and the files that earlier nights have
//! left.
//!
//! A file that does not hold cases is reported, left where it is, and skipped.

use corpus::read::WRITTEN;
use corpus::{Case, WANTS_RUNS};
use oracle::counted;
use std::collections::HashSet;
use std::path::Path;

/// The cases, and what was wrong with files.
#[derive(Clone, Debug, Default)]
pub struct Seeds {
    /// The cases, each once: the built-in ones first, then those of the folders.
    pub cases: Vec<Case>,
    /// Where the cases of the folders begin.
    pub own: usize,
    /// Files that could not be read: which, and why.
    pub complaints: Vec<String>,
}

impl Seeds {
    /// The built-in cases and these.
    #[must_use]
    pub fn of(texts: &[String], complaints: Vec<String>) -> Seeds {
        let mut seeds = Seeds { cases: builtin(), own: 0, complaints };
        seeds.own = seeds.cases.len();
        let mut known: HashSet<Case> = seeds.cases.iter().cloned().collect();
        for text in texts {
            match text.parse::<Case>() {
                // The lane works on runs; the journal has none but those.
                Ok(case) if case.schedule.is_by_place() => {
                    seeds.complaints.push(format!("a case of the journal: {WANTS_RUNS}: {text}"));
                }
                Ok(case) => {
                    if known.insert(case.clone()) {
                        seeds.cases.push(case);
                    }
                }
                Err(e) => seeds.complaints.push(format!("a case of the journal: {e}: {text}")),
            }
        }
        seeds
    }
}

fn builtin() -> Vec<Case> {
    let cases = corpus::builtin().into_iter().flat_map(|f| f.entries).map(|e| e.case);
    let programs = corpus::scenario_programs().into_iter().chain(corpus::mutant_programs()).map(|e| e.case);
    let mut known = HashSet::new();
    // By place, a case is what it comes to on each of the versions of the thread.
    let counted = cases.flat_map(|case| impls::thread().into_iter().map(move |v| counted(v, &case).into_owned()));
    counted
        .chain(programs)
        .chain(corpus::ground_truth_sequences())
        .filter(|case| known.insert(case.clone()))
        .collect()
}

/// At most so many cases are taken from folders.
const MOST: usize = 4096;

/// The cases of the files of a folder, in the order of their names, as text; and what was wrong with files.
///
/// # Errors
/// If the folder itself cannot be read.
pub fn read_seeds(folder: &Path) -> Result<(Vec<String>, Vec<String>), String> {
    let fail = |e: std::io::Error| format!("{}: the corpus cannot be read: {e}", folder.display());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(fail)? {
        let path = entry.map_err(fail)?.path();
        if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    let (mut cases, mut complaints) = (Vec::new(), Vec::new());
    for path in files {
        let name = path.display().to_string();
        let loaded = WRITTEN.read(&path).map_err(|e| format!("{name}: {e}"));
        match loaded.and_then(|content| corpus::load(&name, &content).map_err(|e| e.to_string())) {
            Ok(file) => {
                for entry in &file.entries {
                    if entry.case.schedule.is_by_place() {
                        complaints.push(format!("{}: {WANTS_RUNS}; skipped, and left where it is", entry.place));
                    } else {
                        cases.push(entry.case.to_string());
                    }
                }
            }
            Err(e) => complaints.push(format!("{e}; skipped, and left where it is")),
        }
    }
    if cases.len() > MOST {
        complaints.push(format!("{}: {} cases; the first {MOST} are used", folder.display(), cases.len()));
        cases.truncate(MOST);
    }
    Ok((cases, complaints))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_corrupt_file_is_reported_and_kept_and_the_others_are_read() {
        let folder = std::env::temp_dir().join(format!("lostwrite-seeds-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join("a.case"), "kernel=6.0 W0 P0 R0\n").expect("a file");
        std::fs::write(folder.join("b.case"), "W0 Q? nonsense\n").expect("a file");
        std::fs::write(folder.join("c.bin"), [1, 2, 0xff]).expect("a file");
        let (cases, complaints) = read_seeds(&folder).expect("a folder");
        assert_eq!(cases[0], "kernel=6.0 W0 P0 R0");
        assert!(complaints.iter().any(|c| c.contains("b.case") && c.contains("skipped")), "{complaints:?}");
        assert!(folder.join("b.case").exists());
        std::fs::remove_dir_all(&folder).expect("it is there");
    }

    #[test]
    fn built_in_cases_are_not_taken_twice() {
        let first = builtin()[0].to_string();
        let seeds = Seeds::of(&[first, "kernel=6.0 W0 W0 W0 R0 W0".to_owned()], Vec::new());
        assert_eq!(seeds.cases.len(), seeds.own + 1);
    }
}
