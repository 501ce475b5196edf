//! Running the command, and files to run it on.

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use std::path::{Path, PathBuf};

pub fn lostwrite(args: &[&str]) -> Assert {
    Command::new(assert_cmd::cargo::cargo_bin!("lostwrite")).args(args).assert()
}

pub fn printed(assert: &Assert) -> String {
    String::from_utf8(assert.get_output().stdout.clone()).expect("text")
}

pub fn complained(assert: &Assert) -> String {
    String::from_utf8(assert.get_output().stderr.clone()).expect("text")
}

/// A file of the repository.
pub fn repository(path: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path).display().to_string()
}

/// A folder of its own, and the path of a file in it.
pub fn written(name: &str, content: impl AsRef<[u8]>) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    std::fs::write(&path, content).expect("a file");
    let path = path.display().to_string();
    (folder, path)
}

pub fn left_in(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).expect("a folder").map(|e| e.expect("an entry").path()).collect()
}

pub const S1: &str = "kernel=6.0 W0 P0 R0 W0 D0 P0 R0";

/// Cells of a line of a printed table, which are two blanks apart.
pub fn cells(line: &str) -> Vec<&str> {
    line.split("  ").map(str::trim).filter(|c| !c.is_empty()).collect()
}

/// A version of one's own: v3 as JSON, with other words in some places.
pub fn own_version(name: &str, changes: &[(&str, &str)]) -> (tempfile::TempDir, String) {
    let mut json = printed(&lostwrite(&["explain", "v3", "--format", "json"]).success());
    for (from, to) in [("\"name\": \"v3\"", "\"name\": \"mine\"")].iter().chain(changes) {
        assert!(json.contains(from), "{from}: {json}");
        json = json.replace(from, to);
    }
    written(name, json)
}
