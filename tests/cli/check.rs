//! `lostwrite check` on files that leave something out of a kernel function, and on the functions as released.

use crate::common::{complained, lostwrite, printed, repository, written};
use predicates::prelude::*;
use serde_json::Value;

/// A file of `tests/check`, and what is to be found in it: symptom, cause, the function of the step at fault.
const FAULTS: [(&str, &str, &str, &str); 4] = [
    ("tlb_finish_mmu", "freed-while-reachable", "flush-owed", "tlb_finish_mmu"),
    ("try_to_unmap_one", "lost-write", "dirty-bit-dropped", "try_to_unmap_one"),
    ("copy_present_pte", "shared-store", "shared-writable", "copy_present_pte"),
    ("wp_page_copy", "stale-load", "flush-owed", "wp_page_copy"),
];

fn file(function: &str) -> String {
    repository(&format!("tests/check/{function}.listing"))
}

fn json(args: &[&str], code: i32) -> Value {
    let out = printed(&lostwrite(&[args, &["--format", "json"]].concat()).code(code));
    serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out}"))
}

/// What is left out of a function is found, with the right cause, in a case of a few operations, and the line
/// that is printed shows it again.
#[test]
fn what_is_left_out_of_a_function_is_found() {
    for (function, symptom, cause, at_fault) in FAULTS {
        let path = file(function);
        let found = json(&["check", &path, "--time", "60"], 1);
        let side = &found["found"]["finding"]["losing"];
        assert_eq!(side["finding"]["symptom"], symptom, "{function}");
        assert_eq!(side["finding"]["cause"]["kind"], cause, "{function}");
        assert_eq!(side["finding"]["cause"]["function"], at_fault, "{function}");
        assert_eq!(found["found"]["released_too"], false, "{function}");
        let text = printed(&lostwrite(&["check", &path, "--time", "60"]).code(1));
        let line =
            text.lines().find_map(|l| l.strip_prefix("replay:  lostwrite ")).expect("a line that replays it");
        let words = shlex::split(line).expect("balanced quotes");
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        lostwrite(&words).code(1).stdout(predicate::str::contains("<== "));
        // The step at fault is a line of the file.
        assert!(text.contains(&format!("{path}:")) && text.contains("cause:   step "), "{text}");
        assert!(text.trim_end().lines().last().is_some_and(|l| l.contains(" by a step of ")), "{text}");
        let case = found["found"]["case"].as_str().expect("a case");
        let operations = case.split(" | schedule").next().unwrap_or(case).split_whitespace();
        assert!(operations.filter(|w| !w.contains('=') && !w.ends_with(':') && *w != "|").count() <= 3, "{case}");
    }
}

/// The same functions as released: nothing is found, and it is said how far was looked.
#[test]
fn a_function_as_released_is_silent() {
    for (function, ..) in FAULTS {
        let text = printed(&lostwrite(&["explain", function, "--format", "listing"]).success());
        let (_folder, path) = written("mine.listing", text);
        let found = json(&["check", &path, "--ops", "3", "--time", "8"], 0);
        assert_eq!(found["found"], Value::Null);
        assert!(found["programs"].as_u64().is_some_and(|n| n > 100), "{function}: {found}");
        assert!(found["executions"].as_u64().is_some_and(|n| n > 0), "{function}: {found}");
    }
}

#[test]
fn a_mail_and_a_page_are_of_what_was_found() {
    let path = file("wp_page_copy");
    let mail = printed(&lostwrite(&["check", &path, "--format", "mail"]).code(1));
    assert!(mail.starts_with("Subject: mm/memory: stale-copy: stale load: "), "{mail}");
    assert!(mail.contains("--beside=6.0"), "{mail}");
    let page = printed(&lostwrite(&["check", &path, "--format", "html"]).code(1));
    assert!(page.starts_with("<!doctype html>") || page.starts_with("<!DOCTYPE html>"), "{}", &page[..80]);
}

#[test]
fn what_cannot_be_read_is_pointed_at() {
    let text = "function wp_page_copy\n{\n    LockPtl\n    FlushPagee\n}\n";
    let (_folder, path) = written("mine.listing", text);
    let error = complained(&lostwrite(&["check", &path]).code(2));
    assert!(error.contains("FlushPagee") && error.contains("FlushPage") && error.contains('^'), "{error}");
    lostwrite(&["check"]).code(2);
    let error = complained(&lostwrite(&["check", "no/such.listing"]).code(2));
    assert!(error.contains("no/such.listing") && error.contains("expected a version or a function"), "{error}");
}

/// Nothing that was asked for is taken and ignored.
#[test]
fn what_is_for_c_is_not_taken_for_a_listing() {
    let text =
        "function end_of_batch\n{\n    try_to_unmap_flush\n    free_unref_page_list\n    move_folios_to_lru\n}\n";
    let (_folder, path) = written("mine.listing", text);
    for (option, value) in [("--base", "6.1"), ("--function", "f"), ("--tree", "."), ("--accept", "f")] {
        let error = complained(&lostwrite(&["check", &path, option, value]).code(2).stdout(""));
        assert!(error.contains(&format!("{option} is for C, patches and commits")), "{error}");
    }
    let args = ["check", &path, "--kernel", "9.9", "--time", "1", "--ops", "1"];
    lostwrite(&args).stdout(predicate::str::contains("9.9 is run as 7.3, the newest release of the model"));
}

#[test]
fn steps_are_found_by_what_the_kernel_calls_them() {
    lostwrite(&["steps", "accessed"]).success().stdout(predicate::str::contains("PteYoung: "));
    lostwrite(&["steps", "PTEP_get_and_clear"]).success().stdout(predicate::str::contains("ClearPte: "));
    for name in ["PteAccessed", "pte_accessed"] {
        lostwrite(&["steps", name]).success().stdout(predicate::str::contains("PteYoung: "));
    }
    lostwrite(&["steps", "nosuchword"]).code(2).stderr(predicate::str::contains("nosuchword"));
}

#[test]
fn functions_are_listed_explained_and_compared_by_release() {
    let list = printed(&lostwrite(&["list", "functions"]).success());
    let row = list.lines().find(|l| l.starts_with("zap_page_range_single ")).expect("a row");
    assert!(row.contains("mm/memory.c") && row.contains("any 7.0-rc6") && row.ends_with(" Z"), "{row}");
    let text = printed(&lostwrite(&["explain", "zap_page_range_single@7.3"]).success());
    assert!(text.starts_with("zap_page_range_single of 7.3, mm/memory.c"), "{text}");
    assert!(!text.contains("DrainLru"), "{text}");
    let error = complained(&lostwrite(&["explain", "do_wp_page@9.9"]).code(2));
    assert!(error.contains("9.9") && error.contains("7.3"), "{error}");
    let diff = printed(&lostwrite(&["diff", "6.1", "7.3"]).success());
    for function in ["zap_page_range_single()", "exit_mmap()", "migrate_vma_collect_pmd()"] {
        assert!(diff.contains(function), "{function}: {diff}");
    }
    assert!(!diff.contains("do_wp_page()"), "{diff}");
    // One's own file beside the release that it changes.
    let diff = printed(&lostwrite(&["diff", "6.0", &file("wp_page_copy")]).success());
    assert!(diff.contains("FlushPage") && diff.contains(" <"), "{diff}");
}

/// A release is meant by its name, whatever files there are; a file of that name is named with its folder.
#[test]
fn a_file_does_not_take_the_name_of_a_release() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::copy(file("copy_present_pte"), folder.path().join("6.1")).expect("a copy");
    let diff = |names: [&str; 2]| {
        let mut command = assert_cmd::Command::cargo_bin("lostwrite").expect("built");
        printed(&command.current_dir(folder.path()).arg("diff").args(names).assert().success())
    };
    assert!(!diff(["6.1", "7.3"]).contains("copy_present_pte()"));
    assert!(diff(["6.0", "./6.1"]).contains("copy_present_pte()"));
}

/// distinguish draws its operations from what differs.
#[test]
fn distinguish_tells_a_file_from_the_release() {
    let out = printed(
        &lostwrite(&["distinguish", "6.0", "--impl-file", &file("copy_present_pte"), "--ops", "2"]).success(),
    );
    assert!(out.contains("K+"), "{out}");
}

/// What reclaim has left to flush shows beside two CPUs and kswapd; the case stays on the kernel of the file.
#[test]
fn a_batch_that_nobody_asks_for_is_found_beside_kswapd() {
    let text = printed(&lostwrite(&["explain", "zap_pte_range", "--format", "listing"]).success());
    let (_folder, path) = written("no-batch.listing", text.replace("    flush_tlb_batched_pending\n", ""));
    let found = json(&["check", &path, "--time", "60"], 1);
    assert_eq!(found["found"]["found_by"], "programs", "{found}");
    assert_eq!(found["found"]["finding"]["losing"]["finding"]["symptom"], "stale-load");
    let case = found["found"]["case"].as_str().expect("a case");
    assert!(case.starts_with("kernel=6.0 ") && case.contains("kswapd: P0"), "{case}");
}
