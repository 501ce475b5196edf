//! Which files of its folder a night has written: it replaces, removes and puts aside these and no others.
//!
//! The list is a file of the folder. It is written before what it names, so that nothing of the night's is
//! ever unknown to it; and a file is removed only if it still holds what was written, so that nothing of
//! anybody else's is.

use super::outside::is_key;
use corpus::read::{RECORDED, WRITTEN};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The list's name in the folder.
pub const FILES: &str = "files.json";
/// The reports.
const REPORTS: [&str; 5] = ["findings.sarif", "junit.xml", "report.html", "report.json", "summary.txt"];
/// The folders of case files.
const FOLDERS: [&str; 2] = ["corpus", "findings"];
/// What the folder of an earlier night in this folder is called, before its number.
const ASIDE: &str = "before.";

/// The files by name, each with a sum of its content.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Files {
    sums: BTreeMap<String, String>,
}

/// Whether a night may write a file of this name.
fn is_ours(name: &str) -> bool {
    let case = |folder: &str| {
        let rest = name.strip_prefix(folder)?.strip_prefix('/')?;
        rest.strip_suffix(".case").map(is_key)
    };
    REPORTS.contains(&name) || FOLDERS.iter().any(|folder| case(folder) == Some(true))
}

/// Whether an entry of a folder may be there before a night begins in it: the night before, what `--again`
/// has put aside, and the lock.
pub(super) fn may_be_there(name: &str) -> bool {
    let aside = |n: &str| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit());
    ["previous", "lock"].contains(&name) || name.strip_prefix(ASIDE).is_some_and(aside)
}

impl Files {
    /// The list of a folder; empty if there is none, or none that can be read: then nothing is removed.
    #[must_use]
    pub fn read(folder: &Path) -> Files {
        let text = WRITTEN.text(&folder.join(FILES)).unwrap_or_default();
        let mut files: Files = serde_json::from_str(&text).unwrap_or_default();
        files.sums.retain(|name, _| is_ours(name));
        files
    }

    /// Adds what is going to be written.
    ///
    /// # Panics
    /// If a night has no file of this name.
    pub fn add(&mut self, name: &str, content: &str) {
        assert!(is_ours(name), "a night has no file '{name}'");
        self.sums.insert(name.to_owned(), super::name(content));
    }

    /// The names in one of its folders that are not among these.
    #[must_use]
    pub fn others(&self, folder: &str, names: &BTreeMap<String, String>) -> Vec<String> {
        let theirs = self.sums.keys().filter(|name| name.split_once('/').is_some_and(|(f, _)| f == folder));
        theirs.filter(|name| !names.contains_key(*name)).cloned().collect()
    }

    /// Removes a file of the list, if it still holds what was written.
    ///
    /// # Errors
    /// If it is there and cannot be removed.
    pub fn remove(&mut self, folder: &Path, name: &str) -> std::io::Result<()> {
        let Some(sum) = self.sums.remove(name) else { return Ok(()) };
        let path = folder.join(name);
        match RECORDED.text(&path) {
            Ok(content) if super::name(&content) == sum => std::fs::remove_file(&path),
            _ => Ok(()),
        }
    }

    /// The list as a file.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("names and sums") + "\n"
    }
}

/// Puts the files of the list, and then the journal, into a folder of their own beside what else is there.
/// Says where.
pub(super) fn put_aside(folder: &Path, journal: &str) -> std::io::Result<PathBuf> {
    let free = |n: u32| Some(folder.join(format!("{ASIDE}{n}"))).filter(|p| p.symlink_metadata().is_err());
    let aside = (1..).find_map(free).ok_or(ErrorKind::AlreadyExists)?;
    std::fs::create_dir(&aside)?;
    for name in Files::read(folder).sums.keys().map(String::as_str).chain([FILES, journal]) {
        let to = aside.join(name);
        if let Some(parent) = to.parent() {
            std::fs::create_dir_all(parent)?;
        }
        match std::fs::rename(folder.join(name), to) {
            Err(e) if e.kind() != ErrorKind::NotFound => return Err(e),
            _ => {}
        }
    }
    Ok(aside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_night_has_files_of_these_names_and_no_others() {
        for name in ["report.json", "corpus/0123456789abcdef.case", "findings/0123456789abcdef.case"] {
            assert!(is_ours(name), "{name}");
        }
        for name in [
            "journal.jsonl",
            "../report.json",
            "/etc/passwd",
            "corpus/../../0123456789abcdef.case",
            "corpus/mine.case",
            "other/0123456789abcdef.case",
            "corpus/0123456789abcdef",
        ] {
            assert!(!is_ours(name), "{name}");
        }
    }

    #[test]
    fn what_has_changed_since_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("corpus")).expect("a folder");
        let (same, changed) = ("corpus/0000000000000001.case", "corpus/0000000000000002.case");
        let mut files = Files::default();
        for name in [same, changed] {
            files.add(name, "W0\n");
            std::fs::write(at(name), "W0\n").expect("a file");
        }
        std::fs::write(at(changed), "# mine\nW0\n").expect("a file");
        std::fs::write(at(FILES), files.to_json()).expect("a file");
        let mut files = Files::read(folder.path());
        assert_eq!(files.others("corpus", &BTreeMap::new()), [same, changed]);
        for name in [same, changed] {
            files.remove(folder.path(), name).expect("removed");
        }
        assert_eq!((at(same).exists(), at(changed).exists()), (false, true));
        assert_eq!(files, Files::default());
    }

    /// A list that somebody else has written leads nowhere.
    #[test]
    fn a_list_names_nothing_outside() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(FILES), r#"{"../../own.case": "0", "corpus/own.case": "1"}"#)
            .expect("a file");
        assert_eq!(Files::read(folder.path()), Files::default());
    }
}
