//! `lostwrite target`: what an engine would say of a file, without one.

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use corpus::{Case, bytes};
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use report::targets::ALL;
use std::path::Path;

fn target(args: &[&str]) -> Assert {
    Command::new(env!("CARGO_BIN_EXE_lostwrite")).arg("target").args(args).assert()
}

fn write(folder: &Path, name: &str, case: &str) -> String {
    let case: Case = case.parse().expect("a case");
    let path = folder.join(name);
    std::fs::write(&path, bytes::encode(&case)).expect("written");
    path.display().to_string()
}

const S1: &str = "kernel=6.0 W0 P0 R0 W0 D0 P0 R0";

/// A target is a body here and a binary in `fuzz/`: none without the other, apart from what only a feature
/// builds.
#[test]
fn every_binary_of_the_engine_has_a_body_and_every_body_a_binary() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/Cargo.toml");
    let manifest = std::fs::read_to_string(manifest).expect("the manifest of the targets");
    let mut binaries: Vec<_> = manifest
        .split("[[bin]]")
        .skip(1)
        .filter(|bin| !bin.contains("required-features"))
        .map(|bin| bin.split('"').nth(1).expect("a name"))
        .collect();
    binaries.sort_unstable();
    let mut bodies = ALL.map(|t| t.name);
    bodies.sort_unstable();
    assert_eq!(binaries, bodies);
}

#[test]
fn a_crash_of_rediscover_is_one_of_a_class_on_a_cpu() {
    let folder = tempfile::tempdir().expect("a folder");
    let crash = write(folder.path(), "crash-1", S1);
    target(&["rediscover", &crash]).code(1).stdout(contains("WRONG VALUE")).stdout(contains("1 alarms"));
    target(&["rediscover", "--scenario", "swapcache-dirty", "--hardware", "sw-dirty", &crash]).code(1);
    target(&["rediscover", "--scenario", "sampled-dirty", &crash]).code(0);
    target(&["rediscover", "--subject", "v3", &crash]).code(0);
}

#[test]
fn folders_are_read_whole_and_what_is_no_case_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let inner = folder.path().join("inner");
    std::fs::create_dir(&inner).expect("made");
    write(folder.path(), "a", S1);
    write(&inner, "b", "kernel=6.0 cpu0: W0 F0 I0 D0 | cpu1: W0 | schedule: 0*26 1*3");
    std::fs::write(folder.path().join("c"), [250, 1, 2]).expect("written");
    let all = folder.path().display().to_string();
    target(&["differential", &all]).code(0).stdout(contains("differential: 3 files, 0 alarms, 1 rejected"));
    target(&["codec", &all]).code(0).stdout(contains("c: rejected: not the byte form of a case"));
    target(&["rediscover", &all]).code(1).stdout(contains("rediscover: 3 files, 2 alarms, 1 rejected"));
}

#[test]
fn bad_arguments_are_told_with_what_is_known() {
    target(&["nonsense", "x"]).code(2).stderr(contains("differential: alarm if"));
    target(&["codec"]).code(2);
    target(&["codec", "no-such-file"]).code(2).stderr(contains("no-such-file"));
    target(&["rediscover", "--subject", "v9", "x"]).code(2).stderr(contains("--subject").and(contains("v2")));
    target(&["rediscover", "--hardware", "w9", "x"]).code(2).stderr(contains("--hardware").and(contains("w7")));
}
