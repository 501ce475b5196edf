//! The nightly job, end to end: what it finds, what it survives, and how it exits.

use predicates::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// Small chunks, and canaries that any night finds in its first ones.
const POLICY: &str = r#"
format = 1

[rules]
alarm = "red"
divergence = "red"
panic = "red"
unexpected-loss = "red"
unnamed-loss = "note"
beyond-table = "note"
broken = "note"
off-contract = "known"
missed-canary = "red"
undecided-canary = "note"
unwatched-loss = "note"
damaged-file = "note"

[small]
states = 500
samples = 20

[[lane]]
name = "generator"
share = 2
size = 96
[[lane]]
name = "hardware"
share = 2
size = 64
[[lane]]
name = "bytes"
share = 1
size = 32
[[lane]]
name = "corpus"
share = 2
size = 64
[[lane]]
name = "small"
share = 1
size = 1

[[canary]]
scenario = "swapcache-dirty"
versions = ["pre-fix"]
budget = 768
"#;

/// Chunks that spend the canary's budget: two of eight are the generator's.
const CHUNKS: u64 = 32;

struct Folder {
    root: tempfile::TempDir,
}

impl Folder {
    fn new() -> Folder {
        let root = tempfile::tempdir().expect("a folder");
        std::fs::write(root.path().join("policy.toml"), POLICY).expect("a file");
        Folder { root }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn policy(&self, edits: &[(&str, &str)]) {
        let mut text = POLICY.to_owned();
        for (from, to) in edits {
            assert!(text.contains(from), "{from}");
            text = text.replace(from, to);
        }
        std::fs::write(self.path("policy.toml"), text).expect("a file");
    }

    /// A night of this name, of so many chunks, always with the same seed.
    fn night(&self, name: &str, chunks: u64) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("lostwrite"));
        command.args(["nightly", "--seed", "5", "--threads", "2", "--chunks", &chunks.to_string()]);
        command.arg("--out").arg(self.path(name)).arg("--policy").arg(self.path("policy.toml"));
        command
    }

    fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.path(file)).unwrap_or_else(|e| panic!("{file}: {e}"))
    }

    fn report(&self, night: &str) -> Value {
        serde_json::from_str(&self.read(&format!("{night}/report.json"))).expect("JSON")
    }

    /// The report without what depends on how long things took and how often it was begun.
    fn facts(&self, night: &str) -> Value {
        let mut report = self.report(night);
        for field in ["seconds", "sessions", "notes"] {
            report.as_object_mut().expect("an object").remove(field).expect(field);
        }
        report
    }
}

fn code(command: &mut Command) -> (Option<i32>, String, String) {
    let out = command.output().expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (out.status.code(), text(out.stdout), text(out.stderr))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("a folder").map(|e| e.expect("an entry").path()).collect();
    files.sort();
    files
}

fn notes(report: &Value) -> String {
    report["notes"].to_string()
}

#[test]
fn a_night_finds_its_canary_and_leaves_reports_and_cases_behind() {
    let folder = Folder::new();
    let (exit, out, err) = code(&mut folder.night("a", CHUNKS));
    assert_eq!(exit, Some(0), "{out}{err}");
    assert!(out.starts_with("lostwrite nightly: GREEN (complete)"), "{out}");
    assert!(out.lines().all(|l| l.chars().count() <= 110), "{out}");
    assert_eq!(out, folder.read("a/summary.txt"));
    let report = folder.report("a");
    assert_eq!((report["format"].as_u64(), report["red"].as_bool()), (Some(1), Some(false)));
    assert_eq!(report["canaries"][0]["state"], "found");
    assert_eq!(report["alarms"], 0);
    // Every version of the registry is there, without the job naming any.
    let names: Vec<_> = impls::history().iter().map(|v| Value::from(v.name)).collect();
    assert_eq!(report["versions"], Value::from(names));
    let junit = folder.read("a/junit.xml");
    assert!(junit.contains("<testsuites") && junit.contains("pre-fix swapcache-dirty on hw0"), "{junit}");
    // Each finding is a case file, and each replays on its version.
    let findings = report["findings"].as_array().expect("a list");
    assert!(!findings.is_empty());
    for finding in findings {
        let file = folder.read(&format!("a/findings/{}.case", finding["key"].as_str().expect("a key")));
        let entries = corpus::load("finding", file.as_bytes()).unwrap_or_else(|e| panic!("{e}: {file}")).entries;
        let version = impls::find(finding["version"].as_str().expect("a name")).expect("registered");
        let trace = oracle::trace(version, &entries[0].case);
        let said: Vec<_> = trace.judges.iter().map(|f| f.judge().name()).collect();
        assert!(said.contains(&finding["judge"].as_str().expect("a judge")), "{finding}");
    }
    for path in files(&folder.path("a/corpus")) {
        let name = path.display().to_string();
        corpus::load(&name, &std::fs::read(&path).expect("a file")).unwrap_or_else(|e| panic!("{e}"));
    }
}

/// Killed at random moments, and gone on with each time: nothing is missing, nothing is there twice.
#[test]
fn a_night_that_is_killed_again_and_again_comes_to_the_same_end() {
    let folder = Folder::new();
    assert_eq!(code(&mut folder.night("whole", CHUNKS)).0, Some(0));
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(11);
    let mut killed = 0;
    for _ in 0..12 {
        let mut command = folder.night("killed", CHUNKS);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it runs");
        std::thread::sleep(Duration::from_millis(rng.random_range(5..900)));
        child.kill().expect("it can be killed");
        killed += u64::from(child.wait().expect("it ends").code().is_none());
    }
    assert!(killed > 0, "it was never killed");
    let (exit, out, err) = code(&mut folder.night("killed", CHUNKS));
    assert_eq!(exit, Some(0), "{out}{err}");
    assert_eq!(folder.facts("killed"), folder.facts("whole"));
    // What is left of writing reports.
    for path in files(&folder.path("killed")) {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let known = [
            "corpus",
            "findings",
            "files.json",
            "findings.sarif",
            "journal.jsonl",
            "junit.xml",
            "lock",
            "report.html",
            "report.json",
            "summary.txt",
        ];
        assert!(known.contains(&name.as_str()) || name.starts_with(".tmp"), "{name}");
    }
}

/// What a kill or a full disk leaves of the last lines, and what a bad disk makes of others.
#[test]
fn lines_of_the_journal_that_are_damaged_are_done_again() {
    let folder = Folder::new();
    assert_eq!(code(&mut folder.night("a", CHUNKS)).0, Some(0));
    let whole = folder.facts("a");
    let journal = std::fs::read(folder.path("a/journal.jsonl")).expect("a journal");
    let second = journal.iter().position(|b| *b == b'\n').expect("a line") + 1;
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(3);
    for round in 0..4 {
        let mut bad = journal.clone();
        match round {
            0 => bad.truncate(rng.random_range(second..journal.len() - 2)),
            1 => bad.extend_from_slice(b"{\"sum\":\"0000000000000000\",\"body\":{\"line\":\"ch"),
            2 => bad.extend_from_slice(&[0; 512]),
            _ => {
                let at = rng.random_range(second..journal.len() - 2);
                bad[at] ^= 1;
            }
        }
        std::fs::write(folder.path("a/journal.jsonl"), &bad).expect("a journal");
        let (exit, out, err) = code(&mut folder.night("a", CHUNKS));
        assert_eq!(exit, Some(0), "round {round}: {out}{err}");
        assert_eq!(folder.facts("a"), whole, "round {round}");
        assert!(notes(&folder.report("a")).contains("torn lines"), "round {round}");
    }
    // Of what it was begun with there is no second copy.
    let mut bad = journal;
    bad[40] ^= 1;
    std::fs::write(folder.path("a/journal.jsonl"), &bad).expect("a journal");
    let (exit, _, err) = code(&mut folder.night("a", CHUNKS));
    assert!(exit == Some(2) && err.contains("first line") && err.contains("--again"), "{err}");
    let (exit, ..) = code(folder.night("a", CHUNKS).arg("--again"));
    assert_eq!((exit, folder.facts("a")), (Some(0), whole));
    assert!(folder.path("a/before.1/journal.jsonl").exists() && folder.path("a/before.1/report.json").exists());
}

#[test]
fn a_night_that_is_over_is_not_run_again_and_one_with_other_settings_is_not_gone_on_with() {
    let folder = Folder::new();
    assert_eq!(code(&mut folder.night("a", 8)).0, Some(0));
    let (exit, out, err) = code(&mut folder.night("a", 8));
    assert!(exit == Some(0) && err.contains("this night is over (8 chunks") && out.contains("complete"), "{err}");
    assert_eq!(code(&mut folder.night("a", 10)).0, Some(0), "a longer one goes on");
    let chunks: u64 =
        folder.report("a")["lanes"].as_array().expect("a list").iter().filter_map(|l| l["chunks"].as_u64()).sum();
    assert_eq!(chunks, 10);
    folder.policy(&[("size = 96", "size = 97")]);
    let (exit, _, err) = code(&mut folder.night("a", 12));
    assert!(exit == Some(2) && err.contains("other lanes in its policy") && err.contains("--again"), "{err}");
}

#[test]
fn a_corrupt_file_of_the_corpus_is_told_skipped_and_kept() {
    let folder = Folder::new();
    let cases = folder.path("cases");
    std::fs::create_dir(&cases).expect("a folder");
    std::fs::write(cases.join("good.case"), "kernel=6.0 W0 P0 R0 W0 D0 P0 R0 W1\n").expect("a file");
    std::fs::write(cases.join("bad.case"), "this is no case\n").expect("a file");
    let (exit, out, err) = code(folder.night("a", 8).arg("--corpus").arg(&cases));
    assert_eq!(exit, Some(0), "{out}{err}");
    assert!(notes(&folder.report("a")).contains("bad.case"), "{out}");
    assert!(cases.join("bad.case").exists());
    // A night that goes on knows of it still, and of the good one.
    let (exit, out, _) = code(&mut folder.night("a", 10));
    assert!(exit == Some(0) && notes(&folder.report("a")).contains("bad.case"), "{out}");
    assert!(folder.read("a/journal.jsonl").contains("W0 P0 R0 W0 D0 P0 R0 W1"));
}

#[test]
fn a_canary_that_is_not_found_makes_the_night_red() {
    let folder = Folder::new();
    folder.policy(&[("[\"pre-fix\"]", "[\"pre-fix\", \"v3\"]")]);
    let (exit, out, _) = code(&mut folder.night("a", CHUNKS));
    assert_eq!(exit, Some(1), "{out}");
    assert!(out.starts_with("lostwrite nightly: RED"), "{out}");
    assert!(out.contains("the fuzzer lost its teeth") && out.contains("v3 swapcache-dirty on hw0"), "{out}");
    assert!(folder.read("a/junit.xml").contains("<failure"));
}

#[test]
fn a_night_too_short_for_a_canary_decides_nothing_and_the_policy_says_what_that_is_worth() {
    let folder = Folder::new();
    let v3 = ("versions = [\"pre-fix\"]", "versions = [\"v3\"]");
    folder.policy(&[v3]);
    let (exit, out, _) = code(&mut folder.night("a", 8));
    assert!(exit == Some(0) && out.contains("not decided"), "{out}");
    folder.policy(&[v3, ("undecided-canary = \"note\"", "undecided-canary = \"red\"")]);
    let (exit, out, _) = code(&mut folder.night("a", 8));
    assert!(exit == Some(1) && out.contains("RED: not decided"), "{out}");
}

#[test]
fn a_policy_that_names_what_does_not_exist_is_refused() {
    let folder = Folder::new();
    folder.policy(&[("\"pre-fix\"", "\"v9\"")]);
    let (exit, _, err) = code(&mut folder.night("a", 8));
    assert_eq!(exit, Some(2));
    assert!(err.contains("policy.toml") && err.contains("unknown version 'v9'; known are 5.18, "), "{err}");
    assert!(!folder.path("a").exists());
}

#[test]
fn a_night_says_what_is_new_gone_and_still_there() {
    let folder = Folder::new();
    assert_eq!(code(&mut folder.night("a", 8)).0, Some(0));
    // Something of the night before that nothing shows any more, and one finding fewer than it had.
    let mut report = folder.report("a");
    let findings = report["findings"].as_array_mut().expect("a list");
    let lost = findings.remove(0);
    let mut gone = lost.clone();
    gone["key"] = Value::from("00000000deadbeef");
    gone["case"] = Value::from("kernel=6.0 W0 R0");
    findings.push(gone);
    let before = findings.len();
    std::fs::write(folder.path("a/report.json"), report.to_string()).expect("a file");
    let (exit, out, err) = code(folder.night("b", 8).arg("--previous").arg(folder.path("a")));
    assert_eq!(exit, Some(0), "{out}{err}");
    let compared = &folder.report("b")["compared"];
    let keys = |name: &str| compared[name].as_array().expect("a list").clone();
    assert!(keys("new").contains(&lost["key"]), "{compared}");
    assert_eq!(keys("gone").iter().map(|g| g["key"].clone()).collect::<Vec<_>>(), ["00000000deadbeef"]);
    assert_eq!(keys("still").len(), before - 1);
    assert!(out.contains(" 1 gone, ") && out.contains("gone: 00000000deadbeef"), "{out}");
    // Its cases are worked on.
    let journal = folder.read("b/journal.jsonl");
    let case = std::fs::read_to_string(&files(&folder.path("a/corpus"))[0]).expect("a case");
    assert!(journal.contains(case.trim()), "{case}");
    let (exit, _, err) = code(folder.night("c", 8).arg("--previous").arg(folder.path("nowhere")));
    assert!(exit == Some(2) && err.contains("nowhere"), "{err}");
}

/// A disk that is full from some point on: a limit on the size of files does the same to a write.
#[cfg(unix)]
#[test]
fn a_full_disk_is_told_and_loses_nothing() {
    let folder = Folder::new();
    assert_eq!(code(&mut folder.night("whole", CHUNKS)).0, Some(0));
    let limited = |blocks: u32| {
        let night = folder.night("full", CHUNKS);
        let mut shell = Command::new("sh");
        // Without the trap the signal would end the program before the write can fail.
        shell.arg("-c").arg(format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"")).arg("sh");
        shell.arg(night.get_program()).args(night.get_args());
        code(&mut shell)
    };
    for blocks in [8, 16, 40] {
        let (exit, _, err) = limited(blocks);
        assert_eq!(exit, Some(2), "{blocks} blocks: {err}");
        for part in ["full/journal.jsonl", "cannot be written", "run the same command again"] {
            assert!(err.contains(part), "{err}");
        }
        let temporary = |p: &PathBuf| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with(".tmp"));
        let half = files(&folder.path("full")).into_iter().find(temporary);
        assert_eq!(half, None, "nothing is left half written");
    }
    let (exit, out, err) = code(&mut folder.night("full", CHUNKS));
    assert_eq!(exit, Some(0), "{out}{err}");
    assert_eq!(folder.facts("full"), folder.facts("whole"));
}

#[cfg(unix)]
#[test]
fn a_night_that_is_asked_to_stop_writes_its_reports_and_can_be_gone_on_with() {
    let folder = Folder::new();
    assert_eq!(code(&mut folder.night("whole", CHUNKS)).0, Some(0));
    for signal in ["INT", "TERM"] {
        let mut command = folder.night(signal, CHUNKS);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
        // Once the journal is there, somebody listens.
        let journal = folder.path(&format!("{signal}/journal.jsonl"));
        let lines = || std::fs::read_to_string(&journal).map_or(0, |text| text.lines().count());
        while lines() < 3 {
            std::thread::sleep(Duration::from_millis(10));
        }
        let kill = Command::new("kill").arg(format!("-{signal}")).arg(child.id().to_string()).status();
        assert!(kill.expect("there is kill").success());
        let out = child.wait_with_output().expect("it ends");
        let text = String::from_utf8(out.stdout).expect("text");
        assert_eq!(out.status.code(), Some(130), "{text}");
        assert!(text.contains("(interrupted)"), "{text}");
        assert_eq!(folder.report(signal)["status"], "interrupted");
        assert_eq!(code(&mut folder.night(signal, CHUNKS)).0, Some(0));
        assert_eq!(folder.facts(signal), folder.facts("whole"));
    }
}

#[test]
fn two_nights_do_not_share_a_folder() {
    let folder = Folder::new();
    let mut long =
        folder.night("a", 100_000).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it runs");
    while !folder.path("a/journal.jsonl").exists() {
        std::thread::sleep(Duration::from_millis(10));
    }
    let (exit, _, err) = code(&mut folder.night("a", 8));
    long.kill().expect("it can be killed");
    long.wait().expect("it ends");
    assert!(exit == Some(2) && err.contains("another night is running"), "{err}");
    assert_eq!(code(&mut folder.night("a", 8)).0, Some(0), "the lock went with the process");
}

#[test]
fn help_says_how_it_exits() {
    let mut help = assert_cmd::Command::new(assert_cmd::cargo::cargo_bin!("lostwrite"));
    help.args(["nightly", "--help"])
        .assert()
        .success()
        .stdout(predicate::str::contains("Exit codes: 0 green; 1 red"));
}

/// A key that leads elsewhere, a case with something behind it, a name with quotes: nothing of that is taken,
/// from a report or from a journal.
#[test]
fn what_comes_back_from_a_night_leads_nowhere() {
    let folder = Folder::new();
    assert_eq!(code(&mut folder.night("a", 8)).0, Some(0));
    std::fs::create_dir(folder.path("keep")).expect("a folder");
    std::fs::write(folder.path("keep/own.case"), "mine\n").expect("a file");
    let report = folder.read("a/report.json");
    let journal = folder.read("a/journal.jsonl");
    let finding = serde_json::from_str::<Value>(&report).expect("JSON")["findings"][0].clone();
    let key = finding["key"].as_str().expect("a key").to_owned();
    let outside = folder.path("keep/own").display().to_string();
    for (field, bad, said) in [
        ("key", "../../keep/own", "key: expected 16 hexadecimal digits"),
        ("key", outside.as_str(), "key: expected 16 hexadecimal digits"),
        ("key", "", "key: expected 16 hexadecimal digits"),
        ("version", "v1'; reboot '", "version: expected a name"),
        ("hardware", "\u{1b}[31m", "hardware: expected a name"),
        ("case", "W0 Y0", "case: "),
        ("scenario", "S99", "unknown scenario 'S99'; known are "),
    ] {
        let mut changed: Value = serde_json::from_str(&report).expect("JSON");
        changed["findings"][0][field] = bad.into();
        std::fs::write(folder.path("changed.json"), changed.to_string()).expect("a file");
        let (exit, out, err) = code(folder.night("b", 8).arg("--previous").arg(folder.path("changed.json")));
        assert!(
            exit == Some(2) && err.contains("changed.json") && err.contains(said),
            "{field} {bad}: {out}{err}"
        );
        assert!(err.contains("$.findings[0]") && !folder.path("b").exists(), "{err}");
        // The same in a line of a journal, with its right sum.
        let mut lines: Vec<String> = journal.lines().map(str::to_owned).collect();
        let line = lines.iter().position(|l| l.contains(&format!("\"key\":\"{key}\""))).expect("its chunk");
        let mut body: Value = serde_json::from_str::<Value>(&lines[line]).expect("JSON")["body"].clone();
        for record in body["chunk"]["records"].as_array_mut().expect("a list") {
            record[field] = bad.into();
        }
        let body = body.to_string();
        lines[line] = format!("{{\"sum\":\"{}\",\"body\":{body}}}", night::name(&body));
        std::fs::create_dir(folder.path("c")).expect("a folder");
        std::fs::write(folder.path("c/journal.jsonl"), lines.join("\n") + "\n").expect("a file");
        let (exit, out, err) = code(&mut folder.night("c", 8));
        let place = format!("line {} of the journal", line + 1);
        assert!(exit == Some(2) && err.contains(&place) && err.contains(said), "{field} {bad}: {out}{err}");
        std::fs::remove_dir_all(folder.path("c")).expect("it is there");
    }
    assert_eq!(files(&folder.path("keep")), [folder.path("keep/own.case")]);
    assert_eq!(folder.read("keep/own.case"), "mine\n");
}

/// Chunks that the night does not have, and counts that no chunk can have.
#[test]
fn a_journal_with_other_chunks_is_refused() {
    let folder = Folder::new();
    assert_eq!(code(&mut folder.night("a", 8)).0, Some(0));
    let journal = folder.read("a/journal.jsonl");
    let line = journal.lines().find(|l| l.contains("\"line\":\"chunk\"")).expect("a chunk");
    let body = serde_json::from_str::<Value>(line).expect("JSON")["body"].clone();
    for (field, bad) in [
        ("number", Value::from(u64::MAX)),
        ("turn", Value::from(7)),
        ("lane", Value::from("../lane")),
        ("executions", Value::from(u64::MAX)),
        ("goals", Value::from(vec![u64::MAX; 3])),
    ] {
        let mut body = body.clone();
        body["chunk"][field] = bad;
        let body = body.to_string();
        let bad = format!("{{\"sum\":\"{}\",\"body\":{body}}}", night::name(&body));
        std::fs::write(folder.path("a/journal.jsonl"), journal.replace(line, &bad)).expect("a file");
        let (exit, out, err) = code(&mut folder.night("a", 8));
        assert!(
            exit == Some(2) && err.contains("of the journal") && err.contains("expected"),
            "{field}: {out}{err}"
        );
    }
}

#[test]
fn a_folder_of_something_else_is_left_alone() {
    let folder = Folder::new();
    std::fs::create_dir_all(folder.path("mine/corpus")).expect("a folder");
    std::fs::write(folder.path("mine/corpus/own.case"), "W0\n").expect("a file");
    for again in [&[][..], &["--again"]] {
        let (exit, _, err) = code(folder.night("mine", 8).args(again));
        assert!(exit == Some(2) && err.contains("'corpus'") && err.contains("choose another --out"), "{err}");
    }
    assert_eq!(files(&folder.path("mine")), [folder.path("mine/corpus")]);
    assert_eq!(folder.read("mine/corpus/own.case"), "W0\n");
}

/// What somebody has put into the night's folder stays there, and a night that is begun anew loses nothing of
/// the old one.
#[test]
fn only_what_the_night_has_written_is_removed() {
    let folder = Folder::new();
    assert_eq!(code(&mut folder.night("a", CHUNKS)).0, Some(0));
    let findings = files(&folder.path("a/findings"));
    let own = ["a/findings/own.case", "a/corpus/own.case", "a/corpus/0123456789abcdef.case", "a/notes.txt"];
    own.iter().for_each(|name| std::fs::write(folder.path(name), "# mine\nW0\n").expect("a file"));
    // Looked through by somebody, with a remark.
    let remarked = findings[0].clone();
    let mut text = std::fs::read_to_string(&remarked).expect("text");
    text.insert_str(0, "# looked at\n");
    std::fs::write(&remarked, &text).expect("a file");
    let (exit, out, err) = code(folder.night("a", 8).arg("--again"));
    assert_eq!(exit, Some(0), "{out}{err}");
    for name in own {
        assert_eq!(folder.read(name), "# mine\nW0\n", "{name}");
    }
    let aside = folder.path("a/before.1");
    for path in findings.iter().skip(1) {
        let name = path.file_name().expect("a name");
        assert!(aside.join("findings").join(name).exists(), "{}", path.display());
    }
    let kept = aside.join("findings").join(remarked.file_name().expect("a name"));
    assert_eq!(std::fs::read_to_string(kept).expect("it is there"), text);
    // What was put aside is a night before.
    let (exit, out, err) = code(folder.night("b", 8).arg("--previous").arg(&aside));
    assert_eq!(exit, Some(0), "{out}{err}");
    // Of a night that goes on, what is out of date goes.
    let before = files(&folder.path("a/corpus"));
    assert_eq!(code(&mut folder.night("a", CHUNKS)).0, Some(0));
    let now = files(&folder.path("a/corpus"));
    let listed: Value = serde_json::from_str(&folder.read("a/files.json")).expect("JSON");
    for path in before.iter().chain(&now) {
        let name = format!("corpus/{}", path.file_name().expect("a name").to_string_lossy());
        let mine = own.contains(&format!("a/{name}").as_str());
        assert_eq!(path.exists(), mine || listed[&name].is_string(), "{name}");
    }
}

/// A link in the folder does not lead the night out of it.
#[cfg(unix)]
#[test]
fn a_night_follows_no_links() {
    for name in ["corpus", "findings", "report.json", "files.json"] {
        let folder = Folder::new();
        assert_eq!(code(&mut folder.night("a", 8)).0, Some(0));
        let place = folder.path("a").join(name);
        let elsewhere = folder.path("elsewhere");
        if place.is_dir() {
            std::fs::remove_dir_all(&place).expect("it is there");
            std::fs::create_dir(&elsewhere).expect("a folder");
        } else {
            std::fs::rename(&place, &elsewhere).expect("it is there");
            std::fs::write(&elsewhere, "mine").expect("a file");
        }
        std::os::unix::fs::symlink(&elsewhere, &place).expect("a link");
        let (exit, out, err) = code(&mut folder.night("a", 10));
        assert!(exit == Some(2) && err.contains("found a link") && err.contains(name), "{name}: {out}{err}");
        if elsewhere.is_dir() {
            assert_eq!(files(&elsewhere), Vec::<PathBuf>::new());
        } else {
            assert_eq!(folder.read("elsewhere"), "mine");
        }
    }
}
