//! `convert`.

use crate::common::{left_in, lostwrite, printed, repository, written};
use predicates::prelude::*;
use std::path::PathBuf;

/// Text to bytes to text, through a file, and text to JSON to text.
#[test]
fn convert_loses_nothing() {
    let case = "kernel=6.1.192 swap=disk shared=0 cpu0: W0 D0 | kswapd: P0 | schedule: 0*70 w 1*3 i0";
    let folder = tempfile::tempdir().expect("a folder");
    for form in ["bytes", "json", "text"] {
        let path = folder.path().join(form).display().to_string();
        lostwrite(&["convert", case, "--to", form, "-o", &path]).success().stdout("");
        lostwrite(&["convert", &path]).success().stdout(format!("{case}\n"));
        // What goes to the file is what goes to the standard output, and any form reads as any other.
        let direct = lostwrite(&["convert", case, "--to", form]).success().get_output().stdout.clone();
        assert_eq!(std::fs::read(&path).expect("just written"), direct, "{form}");
        for other in ["bytes", "json", "text"] {
            let there = lostwrite(&["convert", &path, "--to", other]).success().get_output().stdout.clone();
            assert_eq!(
                there,
                lostwrite(&["convert", case, "--to", other]).success().get_output().stdout,
                "{form} {other}"
            );
        }
    }
    let json = printed(&lostwrite(&["convert", case, "--to", "json"]).success());
    lostwrite(&["convert", json.trim()]).success().stdout(format!("{case}\n"));
    assert_eq!(std::fs::read(folder.path().join("bytes")).expect("just written")[..2], [2, 0x15]);
}

#[test]
fn convert_takes_several_cases_as_text_only() {
    let file = repository("corpus/cases/controls.case");
    let out = printed(&lostwrite(&["convert", &file]).success());
    assert!(out.lines().count() > 5 && out.lines().all(|l| l.starts_with("kernel=")), "{out}");
    lostwrite(&["convert", &file, "--to", "json"]).code(2).stderr(predicate::str::contains("expected one case"));
}

/// Nothing half written: not the file, not a temporary one beside it.
#[test]
fn a_conversion_that_cannot_be_written_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let nowhere = folder.path().join("none").join("case.bin");
    lostwrite(&["convert", "W0", "--to", "bytes", "-o", &nowhere.display().to_string()])
        .code(2)
        .stderr(predicate::str::contains("case.bin"));
    assert_eq!(left_in(folder.path()), Vec::<PathBuf>::new());
    // A folder in the place of the file.
    let taken = folder.path().join("taken");
    std::fs::create_dir(&taken).expect("a folder");
    lostwrite(&["convert", "W0", "--to", "bytes", "-o", &taken.display().to_string()]).code(2);
    assert_eq!(left_in(folder.path()), [taken]);
    // An input that is no case does not touch what is there.
    let (folder, path) = written("kept.case", "W0\n");
    lostwrite(&["convert", "Y0", "-o", &path]).code(2);
    assert_eq!(std::fs::read_to_string(&path).expect("still there"), "W0\n");
    assert_eq!(left_in(folder.path()).len(), 1);
}
