//! `lostwrite shrink`, end to end: what it prints, writes and refuses.

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use corpus::{Case, Expect, bytes, json};
use explore::shrink::{Signature, deletions};
use oracle::Judge;
use predicates::prelude::*;
use std::path::{Path, PathBuf};

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("lostwrite"));
    command.args(args);
    command
}

fn lostwrite(args: &[&str]) -> Assert {
    command(args).assert()
}

fn printed(assert: &Assert) -> String {
    String::from_utf8(assert.get_output().stdout.clone()).expect("text")
}

fn complained(assert: &Assert) -> String {
    String::from_utf8(assert.get_output().stderr.clone()).expect("text")
}

fn case(line: &str) -> Case {
    line.parse().unwrap_or_else(|e| panic!("{line}: {e}"))
}

/// swapcache-dirty with an actor, a page, a kernel and five operations too many.
const LARGE: &str = "kernel=6.1 cpu0: W0 R1 P0 R0 W0 D0 P0 R0 W1 | cpu1: R1 W1 | schedule: 1*3 0*20 1*4";
const SMALL: &str = "kernel=6.0 W0 P0 R0 W0 D0";

#[test]
fn a_case_is_shrunk_and_printed() {
    let out = printed(&lostwrite(&["shrink", "--impl", "pre-fix", LARGE]).success().stderr(""));
    assert!(out.starts_with(&format!("{SMALL}\n")), "{out}");
    for line in [
        "last-write on pre-fix, page 0, swapcache-dirty: no single deletion shows the same",
        "DATA LOST",
        "WRONG VALUE",
    ] {
        assert!(out.contains(line), "{line}: {out}");
    }
    let row = |word: &str| {
        let row = out.lines().find(|l| l.starts_with(word)).unwrap_or_else(|| panic!("{out}"));
        row.split_whitespace().skip(1).map(|n| n.parse().expect("a number")).collect::<Vec<u32>>()
    };
    assert_eq!(row("before")[..5], [2, 11, 2, 3, 27]);
    assert_eq!(row("after")[..5], [1, 5, 1, 0, 0]);
    // A command that shows it, and a version that does not.
    assert!(out.contains(&format!("\nreplay: lostwrite replay --impl pre-fix '{SMALL}'\n")), "{out}");
    assert!(out.contains("\nbeside v3 ["), "{out}");
    // Of the result no deletion shows the same.
    let version = impls::find("pre-fix").expect("registered");
    let signature = Signature::all(version, &case(SMALL))[0];
    assert!(deletions(&case(SMALL)).iter().all(|smaller| !signature.holds(smaller)));
    // And a second time nothing changes.
    lostwrite(&["shrink", "--impl", "pre-fix", "--to", "text", SMALL]).success().stdout(format!("{SMALL}\n"));
}

/// What engines leave, in any form, with nothing else on standard output.
#[test]
fn files_of_all_forms_shrink_to_all_forms() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let large = case(LARGE);
    std::fs::write(path("crash-0123"), bytes::encode(&large)).expect("a file");
    std::fs::write(path("crash.json"), json::to_json(&large)).expect("a file");
    std::fs::write(path("crash.case"), format!("# found by somebody\nexpect: pre-fix=lost\n{LARGE}\n"))
        .expect("a file");
    let small = case(SMALL);
    let forms = [
        ("text", format!("{SMALL}\n").into_bytes()),
        ("json", (json::to_json(&small) + "\n").into_bytes()),
        ("bytes", bytes::encode(&small)),
    ];
    for name in ["crash-0123", "crash.json", "crash.case"] {
        for (form, content) in &forms {
            let shrink = ["shrink", "--impl", "pre-fix", &path(name), "--to", form];
            assert_eq!(&lostwrite(&shrink).success().get_output().stdout, content, "{name} {form}");
            let out = path("out");
            let written = lostwrite(&[&shrink[..], &["-o", &out]].concat()).success();
            assert!(printed(&written).starts_with(SMALL), "with a file, the report is printed");
            assert_eq!(&std::fs::read(&out).expect("it was written"), content, "{name} {form}");
            lostwrite(&["replay", "-q", "--impl", "pre-fix", &out])
                .success()
                .stdout(predicate::str::contains("last-write"));
        }
    }
}

/// Without a version: one that is flagged and should not be, else the oldest that loses.
#[test]
fn the_version_is_chosen_and_named() {
    let err = complained(&lostwrite(&["shrink", LARGE]).success());
    assert!(err.contains("last-write on 5.18") && err.contains("the oldest version that loses"), "{err}");
    let s3 = "kernel=6.0 cpu0: W0 F0 I0 D0 | cpu1: W0 | schedule: 0*26 1*3";
    let out = printed(&lostwrite(&["shrink", "--impl", "v1", s3]).success().stderr(""));
    assert!(out.contains("last-write on v1, page 0, sampled-dirty:"), "{out}");
    // A mutant, which is built when it is named.
    let out = printed(&lostwrite(&["shrink", "--impl", "bugA", "kernel=6.1.192 W0 P0 R0 W0 D0 P0 R0"]).success());
    assert!(out.contains("last-write on bugA, page 0"), "{out}");
    // The environment of the command line is the case's.
    let out = printed(&lostwrite(&["shrink", "--impl", "v3", "--hardware", "w1", "W0 F0 R0 W0 R0"]).success());
    assert!(out.starts_with("kernel=6.0 hw=w1 "), "{out}");
}

/// A version of which nothing is expected comes before those that are known to lose.
#[test]
fn what_is_news_is_preferred() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mine.json").display().to_string();
    let listing = printed(&lostwrite(&["explain", "pre-fix", "--format", "json"]).success());
    std::fs::write(&path, listing.replacen("\"pre-fix\"", "\"mine\"", 1)).expect("a file");
    let shrunk = lostwrite(&["shrink", "--impl-file", &path, "--impl", "pre-fix", LARGE]).success();
    let err = complained(&shrunk);
    assert!(
        err.contains("last-write on mine, page 0, swapcache-dirty: nothing is expected of it, and it is flagged"),
        "{err}"
    );
    // In its own release: what it does elsewhere is another question.
    let small = SMALL.replace("6.0", "6.1");
    assert!(printed(&shrunk).contains(&format!("replay: lostwrite replay --impl-file {path} '{small}'")));
    // As a test it is about the versions that everybody has.
    let dir = folder.path().display().to_string();
    lostwrite(&["shrink", "--impl-file", &path, LARGE, "--as-test=it", "--dir", &dir]).success();
    let test = std::fs::read_to_string(folder.path().join("it.case")).expect("it was written");
    assert!(test.contains("not in the registry") && !test.contains("mine="), "{test}");
}

#[test]
fn judge_and_page_choose() {
    let two = "kernel=6.0 W0 P0 R0 W0 D0 P0 R0";
    let of =
        |args: &[&str]| printed(&lostwrite(&[&["shrink", "--impl", "pre-fix", two], args].concat()).success());
    assert!(of(&[]).contains("last-write on pre-fix, page 0"));
    assert!(of(&["--judge", "clean-means-equal"]).contains("clean-means-equal on pre-fix, page 0: "));
    assert!(of(&["--page", "0"]).contains("last-write on pre-fix, page 0"));
    lostwrite(&["shrink", "--impl", "pre-fix", "--page", "1", two]).code(2).stderr(predicate::str::contains(
        "expected a finding of page 1, found last-write on pre-fix, page 0, swapcache-dirty; ",
    ));
    lostwrite(&["shrink", "--judge", "revoked", "--page", "0", two])
        .code(2)
        .stderr(predicate::str::contains("expected a finding of revoked on page 0, found "));
    lostwrite(&["shrink", "--judge", "mine", two])
        .code(2)
        .stderr(predicate::str::contains("known are last-write, clean-means-equal, structural, revoked"));
}

#[test]
fn what_shows_nothing_is_an_error_that_says_what_to_try() {
    lostwrite(&["shrink", "W0 R0"]).code(2).stdout("").stderr(
        predicate::str::contains("ran kernel=6.0 W0 R0 once on 5.18, pre-fix, ")
            .and(predicate::str::contains("no judge says anything"))
            .and(predicate::str::contains("--impl")),
    );
    for (args, what) in [
        (&["shrink"][..], "required"),
        (&["shrink", "no/such.case"], "no such file"),
        (&["shrink", "W0", "--impl", "v9"], "unknown implementation 'v9'"),
        (&["shrink", "W0", "--executions", "0"], "0 is not in 1.."),
        (&["shrink", "W0", "--page", "3"], "3 is not in 0..3"),
        (&["shrink", "W0", "--dir", "."], "--as-test"),
        (&["shrink", "W0", "--statistics"], "cannot be used with"),
    ] {
        lostwrite(args).code(2).stdout("").stderr(predicate::str::contains(what));
    }
}

/// With a bound the best so far is printed, and that it may not be the end.
#[test]
fn a_bound_gives_the_best_so_far() {
    let out = lostwrite(&["shrink", "--impl", "pre-fix", "--executions", "3", LARGE]).success();
    let err = complained(&out);
    assert!(err.contains("stopped after 3 executions") && err.contains("--executions allows more"), "{err}");
    let out = printed(&out);
    assert!(out.contains("NOT a local minimum; 3 of at most 3 executions"), "{out}");
    let so_far = case(out.lines().next().expect("a line"));
    let version = impls::find("pre-fix").expect("registered");
    assert!(Signature::all(version, &so_far).iter().any(|s| s.judge() == Judge::LastWrite));
    assert!(so_far.programs.total() < case(LARGE).programs.total());
}

/// Searches for some time, and finds nothing smaller.
#[cfg(unix)]
const LONG: &str = "kernel=6.1.192 hw=w4 exclusive=off shared=0,2 cpu0: IW2 R1 IPW1 G0 IP0 W2 IW1 DD0 UP1 UP0 U1 DD0 R1 W1 | \
                    cpu1: DW0 D1 | kswapd: P2 P0 | schedule: 2*41 0*66 2*5 1*9 0*36 1*18 0*134 1*6";

#[cfg(unix)]
#[test]
fn ctrl_c_gives_the_best_so_far() {
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin!("lostwrite"))
        .args(["shrink", LONG])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    // Once it has said what it shrinks, it listens.
    let mut err = BufReader::new(child.stderr.take().expect("piped"));
    let mut first = String::new();
    err.read_line(&mut first).expect("a line");
    assert!(first.contains("choose otherwise"), "{first}");
    let kill = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(kill.expect("kill runs").success());
    let mut rest = String::new();
    std::io::Read::read_to_string(&mut err, &mut rest).expect("text");
    let out = child.wait_with_output().expect("it ends");
    let stdout = String::from_utf8(out.stdout).expect("text");
    assert_eq!(out.status.code(), Some(130), "{rest}\n{stdout}");
    assert!(rest.contains("interrupted: this is the smallest case so far"), "{rest}");
    assert!(stdout.contains("NOT a local minimum") && stdout.contains("replay: lostwrite replay "), "{stdout}");
    let so_far = case(stdout.lines().next().expect("a line"));
    assert!(so_far.programs.total() <= case(LONG).programs.total());
}

/// A checkout to write into: the folder, and a manifest that says whose it is.
fn checkout() -> (tempfile::TempDir, PathBuf) {
    let root = tempfile::tempdir().expect("a folder");
    let folder = root.path().join("corpus/regressions");
    std::fs::create_dir_all(&folder).expect("folders");
    std::fs::write(root.path().join("Cargo.toml"), "name = \"lostwrite\"\n").expect("a file");
    (root, folder)
}

fn files(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).expect("a folder");
    names.map(|e| e.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn a_case_becomes_a_test() {
    let (root, folder) = checkout();
    let inside = root.path().join("corpus");
    let shrink = |args: &[&str]| {
        command(&[&["shrink", "--impl", "pre-fix", LARGE], args].concat()).current_dir(&inside).assert()
    };
    shrink(&["--as-test"]).success().stderr(predicate::str::contains(".case written"));
    let names = files(&folder);
    assert!(names.len() == 1 && names[0].starts_with("pre-fix-last-write-swapcache-dirty-"), "{names:?}");
    let path = folder.join(&names[0]);
    let content = std::fs::read(&path).expect("it was written");
    let text = String::from_utf8(content.clone()).expect("text");
    assert!(text.starts_with("# last-write on pre-fix, page 0, swapcache-dirty. Shrunk.\n"), "{text}");
    let file = corpus::load("it", &content).expect("it reads back");
    assert_eq!(file.entries.len(), 1);
    let entry = &file.entries[0];
    assert_eq!((&entry.case, entry.scenario.as_deref()), (&case(SMALL), Some("swapcache-dirty")));
    // Every version of the registry, with what it does.
    let named: Vec<_> = impls::history().iter().map(|v| v.name).collect();
    assert_eq!(entry.expect.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), named);
    for (name, expect) in &entry.expect {
        let loses = ["5.18", "pre-fix", "v3.1"].contains(&name.as_str());
        assert_eq!(*expect, if loses { Expect::Lost } else { Expect::Ok }, "{name}");
    }
    let versions: Vec<_> = named.iter().flat_map(|name| ["--impl", name]).collect();
    lostwrite(&[&["replay", "-q", &path.display().to_string()][..], &versions].concat()).success();
    // The same case has the same name, and is not written twice.
    shrink(&["--as-test"]).code(2).stderr(predicate::str::contains("not overwritten; give another name"));
    shrink(&["--as-test=another-1"]).success();
    assert_eq!(std::fs::read(folder.join("another-1.case")).expect("it was written"), content);
    for name in ["a/b", "..", "a b"] {
        shrink(&[&format!("--as-test={name}")])
            .code(2)
            .stderr(predicate::str::contains("expected a name of letters"));
    }
    assert_eq!(files(&folder).len(), 2);
}

/// Versions that lose in other scenarios have an entry of their own.
#[test]
fn a_test_names_each_loss_after_its_scenario() {
    let (_root, folder) = checkout();
    let s3r = "kernel=6.0 cpu0: W0 F0 IP0 D0 UP0 P0 R0 | cpu1: W0 | schedule: 0*27 1*3";
    let dir = folder.display().to_string();
    lostwrite(&["shrink", "--impl", "v1", s3r, "--as-test=it", "--dir", &dir]).success();
    let file = corpus::load("it", &std::fs::read(folder.join("it.case")).expect("it was written"))
        .expect("it reads back");
    let scenarios: Vec<_> = file.entries.iter().map(|e| e.scenario.as_deref()).collect();
    assert_eq!(scenarios, [Some("sampled-restore"), Some("sampled-dirty")]);
    for entry in &file.entries {
        assert!(entry.case == file.entries[0].case && entry.expect.iter().any(|(_, e)| *e == Expect::Ok));
        for (name, expect) in &entry.expect {
            let trace = oracle::trace(impls::find(name).expect("registered"), &entry.case);
            assert_eq!(trace.judges.verdict(), *expect, "{name}");
            assert_eq!(
                trace.scenario().map(impls::Scenario::name),
                entry.scenario.as_deref().filter(|_| *expect == Expect::Lost)
            );
        }
    }
}

#[test]
fn a_test_needs_a_checkout_or_a_folder() {
    let elsewhere = tempfile::tempdir().expect("a folder");
    let shrink =
        |args: &[&str]| command(&[&["shrink", LARGE], args].concat()).current_dir(elsewhere.path()).assert();
    shrink(&["--as-test"])
        .code(2)
        .stdout("")
        .stderr(predicate::str::contains("of a checkout of lostwrite").and(predicate::str::contains("--dir")));
    shrink(&["--as-test", "--dir", "nowhere"])
        .code(2)
        .stderr(predicate::str::contains("nowhere: expected a folder, found none"));
    assert!(files(elsewhere.path()).is_empty());
    shrink(&["--as-test=it", "--dir", "."]).success();
    assert_eq!(files(elsewhere.path()), ["it.case"]);
}

/// What comes with lostwrite is what the command would write today.
#[test]
fn the_regressions_are_local_minima() {
    let regressions = corpus::builtin().into_iter().filter(|f| f.name.starts_with(corpus::REGRESSIONS_FOLDER));
    let mut seen = 0;
    for entry in regressions.flat_map(|f| f.entries) {
        let name = entry.place.rsplit('/').next().expect("a name");
        let version = impls::history().into_iter().find(|v| name.starts_with(&format!("{}-", v.name)));
        let version = version.unwrap_or_else(|| panic!("{name} does not begin with a version"));
        let judge = Judge::ALL.into_iter().find(|j| name.contains(j.name())).expect("a judge");
        let signature = Signature::all(version, &entry.case).into_iter().find(|s| s.judge() == judge);
        let signature = signature.unwrap_or_else(|| panic!("{name}: {} does not say so", judge.name()));
        for smaller in deletions(&entry.case) {
            assert!(!signature.holds(&smaller), "{name} could be {smaller}");
        }
        seen += 1;
    }
    assert!(seen >= 10, "only {seen}");
}

#[test]
fn statistics_are_the_same_for_a_seed() {
    let of =
        |seed: &str| printed(&lostwrite(&["shrink", "--statistics", "--cases", "20", "--seed", seed]).success());
    let (one, two) = (of("1"), of("1"));
    // All but the time, which also sets how wide its columns are.
    let counted = |out: &str| {
        let lines = out.lines().filter(|l| !l.starts_with("milliseconds") && !l.starts_with("---"));
        lines.map(|l| l.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>()
    };
    assert_eq!(counted(&one), counted(&two));
    assert_ne!(counted(&one), counted(&of("2")));
    assert!(one.starts_with("20 random losing cases, seed 1\n"), "{one}");
    assert!(one.contains("no single deletion shows the same: 20 of 20 (100.0%)"), "{one}");
}
