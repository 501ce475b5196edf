//! `lostwrite corpus`, end to end.

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use std::path::{Path, PathBuf};

fn corpus(args: &[&str]) -> Assert {
    Command::new(assert_cmd::cargo::cargo_bin!("lostwrite")).arg("corpus").args(args).assert()
}

fn lostwrite(args: &[&str]) -> Assert {
    Command::new(assert_cmd::cargo::cargo_bin!("lostwrite")).args(args).assert()
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

/// A folder with these files.
fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, content) in files {
        std::fs::write(folder.path().join(name), content).expect("a file");
    }
    folder
}

fn text(path: &Path) -> &str {
    path.to_str().expect("text")
}

fn bytes(line: &str) -> Vec<u8> {
    corpus::bytes::encode(&line.parse().expect("a case"))
}

fn names(folder: &Path) -> Vec<String> {
    files(folder).iter().map(|f| name(f).to_owned()).collect()
}

fn features(folder: &Path) -> serde_json::Value {
    let out = printed(&corpus(&["stats", text(folder), "--format", "json"]));
    let statistics: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let verdicts = statistics["verdicts"].as_object().expect("versions");
    let said: Vec<_> =
        verdicts.values().map(|v| v.as_object().expect("verdicts").keys().collect::<Vec<_>>()).collect();
    serde_json::json!([statistics["features"], statistics["unreached"], said])
}

const S1: &str = "kernel=6.0 W0 P0 R0 W0 D0 P0 R0";
const LONGER: &str = "kernel=6.0 W0 P0 R0 W0 D0 P0 R0 R0 R0 R0";

#[test]
fn min_keeps_what_is_covered_and_what_is_protected() {
    let generated = tempfile::tempdir().expect("a folder");
    let seeds = bytes(S1);
    corpus(&["generate", text(generated.path()), "--cases", "150", "--seed", "4"]).success();
    // A case that comes with lostwrite, and one that covers nothing more.
    std::fs::write(generated.path().join("s1"), &seeds).expect("a file");
    std::fs::write(generated.path().join("longer"), bytes(LONGER)).expect("a file");
    let small = tempfile::tempdir().expect("a folder");
    let out = printed(&corpus(&["min", text(generated.path()), "--out", text(small.path())]).success());
    let kept = files(small.path());
    assert!(kept.len() < 130, "{out}");
    assert!(
        out.lines().any(|l| l.starts_with("cases") && l.trim_end().ends_with(&kept.len().to_string())),
        "{out}"
    );
    assert_eq!(features(small.path()), features(generated.path()));
    assert!(names(small.path()).contains(&corpus::file_name(&seeds)));
    assert!(!names(small.path()).contains(&corpus::file_name(&bytes(LONGER))));
    // Again: nothing changes. In place: the same cases, under the names that they had.
    let again = tempfile::tempdir().expect("a folder");
    corpus(&["min", text(small.path()), "--out", text(again.path())]).success();
    assert_eq!(names(again.path()), names(small.path()));
    corpus(&["min", text(generated.path()), "--in-place"]).success();
    let mut in_place: Vec<_> =
        files(generated.path()).iter().map(|f| corpus::file_name(&std::fs::read(f).expect("a file"))).collect();
    in_place.sort();
    assert_eq!(in_place, names(small.path()));
    assert!(generated.path().join("s1").is_file() && !generated.path().join("longer").exists());
}

#[test]
fn min_leaves_broken_files_and_what_people_wrote_alone() {
    let told = format!("# A regression.\nexpect: v2=ok\n{LONGER}\n");
    let several = format!("{LONGER} R0\n{LONGER} R0 R0\n");
    let mixed = folder(&[
        ("broken", b"\x63nothing"),
        ("told.case", told.as_bytes()),
        ("several.case", several.as_bytes()),
        ("json", corpus::json::to_json(&S1.parse().expect("a case")).as_bytes()),
        ("plain", &bytes("kernel=6.0 W0 P0 R0 W0 D0 P0 R0 R0")),
        ("twice", &bytes(LONGER)),
    ]);
    let before = names(mixed.path());
    let assert = corpus(&["min", text(mixed.path())]).code(2);
    let complaint = String::from_utf8(assert.get_output().stderr.clone()).expect("text");
    assert!(complaint.contains("broken: ") && complaint.contains("1 file was not read"), "{complaint}");
    assert_eq!(names(mixed.path()), before, "without --in-place nothing changes");
    corpus(&["min", text(mixed.path()), "--in-place"]).code(2);
    assert_eq!(names(mixed.path()), ["broken", "json", "several.case", "told.case"]);
}

#[test]
fn min_writes_into_an_empty_folder_only() {
    let cases = folder(&[("s1", &bytes(S1))]);
    let full = folder(&[("something", b"else")]);
    let assert = corpus(&["min", text(cases.path()), "--out", text(full.path())]).code(2);
    let complaint = String::from_utf8(assert.get_output().stderr.clone()).expect("text");
    assert!(complaint.contains("expected a new or an empty folder"), "{complaint}");
    assert_eq!(names(full.path()), ["something"]);
}

/// What is written is written whole: nothing is left beside it, and what was there is named.
#[test]
fn min_leaves_nothing_beside_what_it_writes() {
    let cases = folder(&[("s1", &bytes(S1))]);
    let around = tempfile::tempdir().expect("a folder");
    let out = around.path().join("new/small");
    corpus(&["min", text(cases.path()), "--out", text(&out)]).success();
    assert_eq!(names(&out), [corpus::file_name(&bytes(S1))]);
    assert_eq!(names(&around.path().join("new")), ["small"]);
    std::fs::write(around.path().join("file"), b"").expect("a file");
    corpus(&["min", text(cases.path()), "--out", text(&around.path().join("file"))]).code(2);
    assert_eq!(names(around.path()), ["file", "new"]);
}

/// A folder that is named twice, or a file that a link leads to, is not its own double.
#[cfg(unix)]
#[test]
fn min_does_not_take_a_file_for_its_own_double() {
    let cases = folder(&[("s1", &bytes(S1)), ("longer", &bytes(LONGER))]);
    let path = text(cases.path());
    std::os::unix::fs::symlink(cases.path().join("s1"), cases.path().join("link")).expect("a link");
    let file = cases.path().join("s1");
    corpus(&["min", path, &format!("{path}/."), text(&file), "--in-place"]).success();
    assert_eq!(names(cases.path()), ["link", "s1"]);
}

#[test]
fn merge_adds_what_is_new() {
    let into = folder(&[("mine", &bytes(S1))]);
    let from = folder(&[
        ("same", &bytes(S1)),
        ("nothing-new", &bytes(LONGER)),
        ("new", &bytes("kernel=6.0 W0 K+ CW0 K-")),
        ("broken", b""),
    ]);
    let out = corpus(&["add", text(into.path()), text(from.path())]).code(2);
    assert!(printed(&out).contains("1 cases, 1 of 3 added"), "{}", printed(&out));
    let mut expected = vec!["mine".to_owned(), corpus::file_name(&bytes("kernel=6.0 W0 K+ CW0 K-"))];
    expected.sort();
    assert_eq!(names(into.path()), expected);
    let again = corpus(&["add", text(into.path()), text(from.path())]).code(2);
    assert!(printed(&again).contains("2 cases, 0 of 3 added"), "{}", printed(&again));
}

#[test]
fn stats_count_and_name_what_is_not_reached() {
    let cases = folder(&[("s1", &bytes(S1)), ("copy", S1.as_bytes()), ("broken", b"")]);
    let out = printed(&corpus(&["stats", text(cases.path())]).code(2));
    assert!(out.starts_with("3 files (1 not read), 1 different cases"), "{out}");
    for line in ["operations: R 2, W 2, P 2, D 1,", "lost swapcache-dirty 1", "goals: fork copied a pinned page"] {
        assert!(out.contains(line), "{line}: {out}");
    }
    let json: serde_json::Value =
        serde_json::from_str(&printed(&corpus(&["stats", text(cases.path()), "--format", "json"]))).expect("JSON");
    assert_eq!(json["cases"], 1);
    assert_eq!(json["operations"]["W"], 2);
    assert_eq!(json["goals"]["reclaim wrote a page to swap"], 1);
    assert_eq!(json["verdicts"]["pre-fix"]["lost swapcache-dirty"], 1);
    assert_eq!(json["verdicts"]["v2"]["ok"], 1);
    assert!(
        json["unreached"]
            .as_array()
            .is_some_and(|u| u.iter().any(|f| f["feature"] == "fork copied a pinned page"))
    );
}

/// A file whose content is not what its name says is not taken for the case that belongs there.
#[test]
fn merge_tells_of_a_broken_file_in_the_place_of_a_case() {
    let name = corpus::file_name(&bytes(S1));
    let into = folder(&[(&name, b"cut off")]);
    let from = folder(&[("s1", &bytes(S1))]);
    let assert = corpus(&["add", text(into.path()), text(from.path())]).code(2);
    let complaint = String::from_utf8(assert.get_output().stderr.clone()).expect("text");
    assert!(
        complaint.contains(&format!("{name}: expected the bytes that the name is the SHA-1 of")),
        "{complaint}"
    );
    assert_eq!(std::fs::read(into.path().join(&name)).expect("a file"), b"cut off");
}

/// What somebody wrote, and what comes with lostwrite, is added although it covers nothing new.
#[test]
fn merge_adds_what_is_protected() {
    let longest = format!("{LONGER} R0 R0 R0");
    let into = folder(&[("longest", &bytes(&longest))]);
    let told = format!("expect: v2=ok\n{LONGER}\n");
    let from =
        folder(&[("told.case", told.as_bytes()), ("s1", &bytes(S1)), ("none", &bytes(&format!("{LONGER} R0")))]);
    let out = printed(&corpus(&["add", text(into.path()), text(from.path())]).success());
    assert!(out.contains("1 cases, 2 of 3 added"), "{out}");
}

/// Two files that say different things of one case: both are kept.
#[test]
fn convert_keeps_all_that_is_said_of_a_case() {
    let told = [format!("scenario: swapcache-dirty\n{S1}\n"), format!("expect: v2=ok\n{S1}\n")];
    let cases = folder(&[("a", told[0].as_bytes()), ("b", told[1].as_bytes()), ("c", &bytes(S1))]);
    let out = cases.path().join("text");
    lostwrite(&["convert", "--to", "text", text(cases.path()), "--output", text(&out)]).success();
    let written = std::fs::read_to_string(&files(&out)[0]).expect("text");
    assert_eq!((files(&out).len(), written), (1, told.concat()));
}

/// Engines name crashes each in their own way, and write bytes that no encoder wrote; the file replays as it
/// is.
#[test]
fn a_crash_file_of_any_engine_replays() {
    let canonical = bytes(S1);
    let mut untidy = canonical.clone();
    untidy.extend([0xff; 3]);
    for name in [
        "crash-0123456789abcdef",
        "minimized-from-0123456789abcdef",
        "id:000000,sig:06,src:000001,time:12,execs:345,op:havoc,rep:2",
        "SIGABRT.PC.7ffff7.STACK.1.CODE.-6.ADDR.0.INSTR.mov.fuzz",
    ] {
        for content in [&canonical, &untidy] {
            let crashes = folder(&[(name, content)]);
            Command::new(assert_cmd::cargo::cargo_bin!("lostwrite"))
                .args(["replay", "--quiet", "--impl", "pre-fix", text(&crashes.path().join(name))])
                .assert()
                .success()
                .stdout(predicates::str::contains("pre-fix  last-write: step "));
        }
    }
}

/// Round and round: the same cases in every form.
#[test]
fn convert_changes_the_form_of_a_whole_folder_and_nothing_else() {
    let told = format!("scenario: swapcache-dirty\nexpect: pre-fix=lost v2=ok\n{S1}\n");
    let cases = folder(&[("told.case", told.as_bytes()), ("longer", &bytes(LONGER)), ("broken", b"W9")]);
    let forms = tempfile::tempdir().expect("a folder");
    let into = |form: &str, from: &Path, code| {
        let out = forms.path().join(format!("{form}-{}", name(from)));
        lostwrite(&["convert", "--to", form, text(from), "--output", text(&out)]).code(code);
        out
    };
    let as_text = into("text", cases.path(), 2);
    let as_json = into("json", &as_text, 0);
    let as_bytes = into("bytes", &as_json, 0);
    let mut expected: Vec<_> = [S1, LONGER].map(|line| corpus::file_name(&bytes(line))).into();
    expected.sort();
    assert_eq!(names(&as_bytes), expected);
    for (folder, end) in [(&as_text, ".case"), (&as_json, ".json")] {
        assert_eq!(names(folder), expected.iter().map(|n| format!("{n}{end}")).collect::<Vec<_>>());
    }
    let kept =
        std::fs::read_to_string(as_text.join(format!("{}.case", corpus::file_name(&bytes(S1))))).expect("text");
    assert_eq!(kept, told);
    for file in files(&as_bytes) {
        assert_eq!(corpus::file_name(&std::fs::read(&file).expect("a file")), name(&file));
    }
}

/// Case counts, names and figures do not depend on how many threads there are.
#[test]
fn threads_change_nothing() {
    let generated = tempfile::tempdir().expect("a folder");
    corpus(&["generate", text(generated.path()), "--cases", "60"]).success();
    let with = |threads: &str| {
        let out = tempfile::tempdir().expect("a folder");
        Command::new(assert_cmd::cargo::cargo_bin!("lostwrite"))
            .env("RAYON_NUM_THREADS", threads)
            .args(["corpus", "min", text(generated.path()), "--out", text(out.path())])
            .assert()
            .success();
        names(out.path())
    };
    assert_eq!(with("1"), with("3"));
}
