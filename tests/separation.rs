//! `distinguish`, `ablate`, `merge`, `outcomes` and `sample`, through the command.

use assert_cmd::Command;
use predicates::prelude::PredicateBooleanExt as _;
use predicates::str::contains;
use std::path::Path;
use std::process::{Command as Process, Stdio};
use std::time::{Duration, Instant};

fn lostwrite(args: &[&str]) -> assert_cmd::assert::Assert {
    Command::cargo_bin("lostwrite").expect("it is built").args(args).assert()
}

fn printed(args: &[&str]) -> String {
    String::from_utf8(lostwrite(args).success().get_output().stdout.clone()).expect("UTF-8")
}

/// Small enough for a moment, and of more than one chunk.
const NONE: [&str; 9] =
    ["distinguish", "v2", "v3", "--ops", "3", "--alphabet", "R W P D I U F Z", "--start", "shared=0"];

#[test]
fn v1_is_told_from_v3_by_the_smallest_program_with_a_timeline_that_replays() {
    let out = printed(&["distinguish", "v1", "v3", "--ops", "3", "--alphabet", "R W D F Z", "--kernel", "6.0"]);
    assert!(
        out.contains("v1 and v3 differ, and on no smaller program: kernel=6.0 cpu0: F0 D0 | cpu1: W0\n"),
        "{out}"
    );
    assert!(out.contains("only v1: the dirty bit of a store of actor 1 to page 0 is lost"), "{out}");
    assert!(out.contains("only v3: nothing") && out.contains("DIRTY BIT LOST"), "{out}");
    let replay = out.lines().find_map(|l| l.strip_prefix("replay: lostwrite replay --impl v1 '")).expect("a case");
    lostwrite(&["replay", "--impl", "v1", replay.trim_end_matches('\'')]).stdout(contains("DIRTY BIT LOST"));
}

/// The other way round the same program answers, and the same states are looked at.
#[test]
fn the_order_of_the_two_makes_no_difference() {
    let of = |a: &str, b: &str| {
        let args = ["distinguish", a, b, "--ops", "3", "--alphabet", "R W D F Z", "--kernel", "6.0"];
        let out = printed(&args);
        let work = out.lines().find(|l| l.contains(" programs, ") && l.ends_with(" states")).expect("figures");
        let case = out.lines().find(|l| l.starts_with("case: ")).expect("a case");
        (work.to_owned(), case.to_owned())
    };
    assert_eq!(of("v1", "v3"), of("v3", "v1"));
}

#[test]
fn none_is_said_with_the_bounds_and_the_work() {
    let out = printed(&["distinguish", "v2", "v3", "--ops", "2", "--actors", "1", "--alphabet", "W D"]);
    assert!(out.contains("v2 and v3: none up to 2 operations on 1 actor: "), "{out}");
    assert!(out.contains("starting from 'kernel=5.19', 'kernel=5.19 shared=0'"), "{out}");
    // D0, W0 D0, D0 W0, D0 D0 from two starts.
    assert!(out.contains(": 8 programs, "), "{out}");
}

#[test]
fn programs_with_too_many_states_are_counted_and_not_called_silent() {
    let out = printed(&["distinguish", "v2", "v3", "--ops", "2", "--alphabet", "W D", "--budget", "30"]);
    assert!(out.contains("NOT EXHAUSTED"), "{out}");
}

#[test]
fn every_thread_count_gives_the_same_answer() {
    let out = |threads: &str| {
        let mut command = Command::cargo_bin("lostwrite").expect("it is built");
        command.env("RAYON_NUM_THREADS", threads).args(["ablate", "v3", "--ops", "2"]);
        command.assert().success().get_output().stdout.clone()
    };
    assert_eq!(out("1"), out("3"));
}

#[test]
fn ablate_tells_what_each_step_is_for() {
    let out = printed(&["ablate", "v3", "--ops", "2"]);
    let step = |name: &str| {
        out.lines().find(|l| l.starts_with(name)).unwrap_or_else(|| panic!("{name}: {out}")).to_owned()
    };
    assert!(step("1: lock ptl").contains("I6"), "{out}");
    assert!(step("24: unlock ptl").contains("deadlock"), "{out}");
    assert!(step("5: if large folio").contains("not needed within these bounds"), "{out}");
    assert!(step("12: flush this page").contains("not needed within these bounds"), "{out}");
    // Only a pinned page of a reader is restored, and one operation pins, another migrates.
    assert!(step("14: restore pte").contains("kernel=6.0 shared=0 IP0 D0"), "{out}");
    lostwrite(&["ablate", "v3", "--step", "25"]).code(2).stderr(contains("a number from 1 to 24"));
    let out = printed(&["ablate", "v3", "--ops", "1", "--alphabet", "D", "--step", "14"]);
    assert!(out.contains("no program within these bounds gets there"), "{out}");
}

#[test]
fn parts_are_joined_to_the_same_numbers_as_one_job() {
    for question in [&NONE[..], &["ablate", "v3", "--ops", "2", "--kernel", "6.0"]] {
        let whole = printed(question);
        let folder = tempfile::tempdir().expect("a folder");
        let mut merge = vec!["merge".to_owned()];
        for part in ["1/3", "2/3", "3/3"] {
            let mut args = question.to_vec();
            args.extend(["--shard", part, "--format", "json"]);
            let path = folder.path().join(part.replace('/', "of"));
            std::fs::write(&path, printed(&args)).expect("written");
            merge.push(path.display().to_string());
        }
        let args: Vec<&str> = merge.iter().map(String::as_str).collect();
        assert_eq!(printed(&args), whole);
        // The order of the parts does not matter; a missing one does.
        let backwards: Vec<&str> = args[..1].iter().chain(args[1..].iter().rev()).copied().collect();
        assert_eq!(printed(&backwards), whole);
        lostwrite(&args[..3]).code(1).stdout(contains("NOT FINISHED"));
        lostwrite(&[args[0], args[1], args[1]]).code(2).stderr(contains("is there twice"));
    }
}

#[test]
fn parts_of_a_matrix_are_joined_to_what_one_job_prints() {
    let question =
        ["matrix", "--impl", "v1", "--impl", "v3", "--budget", "3000", "--samples", "50", "--format", "json"];
    let json = |args: &[&str]| -> serde_json::Value {
        let assert = lostwrite(args);
        serde_json::from_slice(&assert.get_output().stdout).expect("JSON")
    };
    let whole = json(&question);
    let folder = tempfile::tempdir().expect("a folder");
    let mut merge = vec!["merge".to_owned()];
    for part in ["2/2", "1/2"] {
        let path = folder.path().join(part.replace('/', "of"));
        let args: Vec<&str> = question.into_iter().chain(["--shard", part]).collect();
        std::fs::write(&path, json(&args).to_string()).expect("written");
        merge.push(path.display().to_string());
    }
    let args: Vec<&str> = merge.iter().map(String::as_str).collect();
    assert_eq!(json(&args), whole);
    lostwrite(&args[..2]).code(2).stderr(contains("part 1/2 is missing"));
    lostwrite(&["matrix", "--shard", "1/2"]).code(2).stderr(contains("--format json"));
}

/// A function that does nothing but call others, and one line of it that nothing reaches.
#[test]
fn a_line_that_is_a_call_is_reached_where_what_it_calls_is() {
    let out = printed(&["ablate", "exit_mmap@6.1", "--ops", "2", "--alphabet", "W K+ K-", "--actors", "1"]);
    let step =
        |name: &str| out.lines().find(|l| l.starts_with(name)).unwrap_or_else(|| panic!("{out}")).to_owned();
    for line in ["1: drain lru", "2: zap_pte_range", "3: flush"] {
        assert!(!step(line).contains("no program within"), "{out}");
    }
}

#[test]
fn parts_of_other_work_are_not_joined() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (one, two, mine) = (path("one"), path("two"), path("mine.listing"));
    // The same name, and another text: nobody can tell by the name.
    for (file, takes, part) in [(&one, "6.0", "1/2"), (&two, "5.19", "2/2")] {
        let text = format!("version mine\ntitle mine\nkernel 6.0\ntakes migrate_vma_collect_pmd {takes}\n");
        std::fs::write(&mine, text).expect("written");
        let args = ["--budget", "10", "--samples", "1", "--shard", part, "--format", "json"];
        let run = lostwrite(&[&["matrix", "--impl-file", &mine][..], &args].concat());
        std::fs::write(file, &run.get_output().stdout).expect("written");
    }
    lostwrite(&["merge", &one, &two]).code(2).stderr(contains("a part is of other work"));
    for (file, ops) in [(&one, "1"), (&two, "2")] {
        let out = printed(&["distinguish", "v2", "v3", "--ops", ops, "--shard", "1/2", "--format", "json"]);
        std::fs::write(file, out).expect("written");
    }
    lostwrite(&["merge", &one, &two]).code(2).stderr(contains("a part of other work"));
    std::fs::write(&one, "{}").expect("written");
    lostwrite(&["merge", &one])
        .code(2)
        .stderr(contains("expected what `distinguish`, `ablate` or `matrix` prints with --format json"));
    lostwrite(&["distinguish", "v2", "v3", "--shard", "4/3"]).code(2).stderr(contains("such as 1/3"));
}

#[test]
fn a_job_that_was_killed_goes_on_to_the_same_answer() {
    let whole = printed(&NONE);
    let folder = tempfile::tempdir().expect("a folder");
    let journal = folder.path().join("journal");
    let path = journal.display().to_string();
    let mut args = NONE.to_vec();
    args.extend(["--journal", &path]);
    let binary = assert_cmd::cargo::cargo_bin("lostwrite");
    let mut child = Process::new(binary).args(&args).stdout(Stdio::null()).spawn().expect("it runs");
    let patience = Instant::now();
    while lines(&journal) < 2 && patience.elapsed() < Duration::from_secs(300) {
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().expect("it is killed, or over");
    child.wait().expect("it ends");
    let done = lines(&journal);
    assert!(done >= 2, "{done} lines");
    // Nobody goes on by accident.
    lostwrite(&args).code(2).stderr(contains("--resume"));
    let mut other = args.clone();
    other[4] = "2";
    other.push("--resume");
    lostwrite(&other).code(2).stderr(contains("another question"));
    args.push("--resume");
    assert_eq!(printed(&args), whole);
    assert_eq!(printed(&args), whole, "what is over is not done again");
    let content = std::fs::read(&journal).expect("it is there");
    // Whatever is left of the last line: the chunk is done again, and never taken for done.
    for cut in [content.len() - 2, content.len() - 40] {
        std::fs::write(&journal, &content[..cut]).expect("cut");
        assert_eq!(printed(&args), whole, "cut at {cut}");
    }
}

fn lines(path: &Path) -> usize {
    std::fs::read(path).map_or(0, |content| content.iter().filter(|b| **b == b'\n').count())
}

#[test]
fn outcomes_mark_what_is_forbidden() {
    let out = String::from_utf8(
        lostwrite(&["outcomes", "--impl", "v1", "--impl", "v3", "cpu0: W0 F0 IP0 D0 | cpu1: W0"])
            .success()
            .get_output()
            .stdout
            .clone(),
    )
    .expect("UTF-8");
    let row =
        |start: &str| out.lines().find(|l| l.starts_with(start)).unwrap_or_else(|| panic!("{out}")).to_owned();
    // Both words are zero: cpu1's store, after MADV_FREE had returned, is lost. On v3 only with a store that
    // overlapped the call.
    assert!(row("page 0: 0 0").contains("(* 4.15%)"), "{out}");
    assert!(!row("page 0: 1 1").contains('*'), "{out}");
    assert!(row("interleavings").contains("2.32e10"), "{out}");
}

#[test]
fn outcomes_as_json_have_whole_numbers_and_every_ending() {
    let out = printed(&["outcomes", "--json", "--impl", "v3", "cpu0: W0 | cpu1: R0"]);
    let json: serde_json::Value = serde_json::from_str(out.trim()).expect("JSON");
    let version = &json["versions"][0];
    assert_eq!(version["interleavings"], "11745");
    let sum: u64 = version["outcomes"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| row["interleavings"].as_str().and_then(|n| n.parse::<u64>().ok()).expect("a number"))
        .sum();
    assert_eq!(sum, 11_745);
    assert_eq!(version["outcomes"][0]["forbidden"], "0");
}

#[test]
fn outcomes_of_a_listing_that_deadlocks_say_so() {
    lostwrite(&["outcomes", "--impl", "v3/drop 24", "D0"]).stdout(contains("deadlock").and(contains("100.00% *")));
    lostwrite(&["outcomes", "--budget", "10", "--impl", "v3", "W0 D0"]).code(1).stdout(contains("NOT EXHAUSTED"));
}

#[test]
fn sample_counts_executions_by_sampler() {
    let out = printed(&[
        "sample",
        "--impl",
        "v1",
        "--seeds",
        "15",
        "--executions",
        "2000",
        "--sampler",
        "uniform",
        "--sampler",
        "pct:2",
        "cpu0: W0 F0 IP0 D0 | cpu1: W0",
    ]);
    let row = |name: &str| -> Vec<String> {
        let line =
            out.lines().find(|l| l.starts_with("v1") && l.contains(name)).unwrap_or_else(|| panic!("{out}"));
        line.split_whitespace().map(str::to_owned).collect()
    };
    let uniform = row("uniform");
    assert_eq!(uniform[2], "2.32e10", "{out}");
    assert!(uniform[4].parse::<u64>().expect("a median") <= 200, "{out}");
    assert_eq!(uniform.last().map(String::as_str), Some("0"), "no seed is blind: {out}");
    assert!(row("pct:2").len() >= 6, "{out}");
    lostwrite(&["sample", "--sampler", "pct:0", "W0"]).code(2).stderr(contains("from 1 to 16"));
}
