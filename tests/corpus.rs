//! `lostwrite corpus`, end to end.

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use std::path::{Path, PathBuf};

fn corpus(args: &[&str]) -> Assert {
    Command::new(assert_cmd::cargo::cargo_bin!("lostwrite")).arg("corpus").args(args).assert()
}

fn printed(assert: &Assert) -> String {
    String::from_utf8(assert.get_output().stdout.clone()).expect("text")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("a folder").map(|e| e.expect("an entry").path()).collect();
    files.sort();
    files
}

fn name(path: &Path) -> &str {
    path.file_name().and_then(|n| n.to_str()).expect("a name")
}

#[test]
fn seeds_are_canonical_files_named_after_their_content() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("new/seeds");
    let path = path.to_str().expect("text");
    let out = printed(&corpus(&["seeds", path]).success());
    let written = files(Path::new(path));
    assert!(out.contains(&format!("{0} seeds, {0} of them new", written.len())), "{out}");
    let cases: std::collections::HashSet<_> = written
        .iter()
        .map(|file| {
            let content = std::fs::read(file).expect("a file");
            assert_eq!(name(file), corpus::file_name(&content));
            let case = corpus::bytes::decode(&content).expect("a case");
            assert_eq!(corpus::bytes::encode(&case), content);
            case
        })
        .collect();
    for entry in corpus::builtin().iter().flat_map(|file| &file.entries) {
        assert!(cases.contains(&entry.case), "{}", entry.place);
    }
    // Once more: nothing is new.
    assert!(printed(&corpus(&["seeds", path]).success()).contains(" 0 of them new"));
    assert_eq!(files(Path::new(path)), written);
}
