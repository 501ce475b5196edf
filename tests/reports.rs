//! Reports of a finding: two executions aligned, side by side, and as a mail.

use corpus::Case;
use impls::Version;
use oracle::trace;
use report::{Pair, Witness, mail, neighbour, side_by_side, subject};
use std::process::Command;

const V1_RACE: &str = "kernel=6.0 cpu0: W0 F0 I0 D0 | cpu1: W0 | schedule: 0*26 1*3";

fn version(name: &str) -> &'static Version {
    impls::find(name).expect("registered")
}

fn case(text: &str) -> Case {
    text.parse().expect("a case")
}

/// A text whatever its lines.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Every built-in case on every version that a judge speaks of there.
fn findings() -> impl Iterator<Item = Witness> {
    corpus::builtin().into_iter().flat_map(|f| f.entries).flat_map(|entry| {
        let flagged = impls::registry().iter().filter(|v| trace(v, &entry.case).finding.is_some());
        flagged.map(|v| Witness::of(v, &entry.case, None)).collect::<Vec<_>>()
    })
}

#[test]
fn an_alignment_has_every_step_once_and_in_order() {
    let mut aligned = 0;
    for witness in findings() {
        let Some(alignment) = witness.alignment() else { continue };
        let beside = witness.beside.as_ref().expect("aligned with it");
        let (left, right) = (witness.losing.rows(), beside.rows());
        let lefts: Vec<_> = alignment.pairs.iter().filter_map(|p| p.left).collect();
        assert_eq!(lefts, (0..left.len()).collect::<Vec<_>>(), "{}", witness.case);
        let rights: Vec<_> = alignment.pairs.iter().filter_map(|p| p.right).collect();
        assert_eq!(rights, (0..rights.len()).collect::<Vec<_>>(), "{}", witness.case);
        for pair in &alignment.pairs {
            match *pair {
                Pair { left: Some(l), right: Some(r), .. } => {
                    assert_eq!((left[l].action, left[l].event.op), (right[r].action, right[r].event.op));
                }
                Pair { alike, .. } => assert!(!alike),
            }
        }
        let first = alignment.first_difference.expect("one loses and the other does not");
        assert!(alignment.pairs[..first].iter().all(|p| p.alike) && !alignment.pairs[first].alike);
        aligned += 1;
    }
    assert!(aligned > 100, "{aligned}");
}

#[test]
fn a_neighbour_is_silent_and_a_version_alike_has_no_difference() {
    for witness in findings() {
        if let Some(beside) = &witness.beside {
            assert_ne!(beside.version.name, witness.losing.version.name);
            assert!(beside.trace.judges.is_silent(), "{} on {}", beside.version.name, witness.case);
        }
    }
    let same = Witness::with(version("v1"), version("v1"), &case(V1_RACE), None);
    assert_eq!(same.alignment().expect("there is one").first_difference, None);
    assert!(side_by_side(&same).expect("there is one").contains("do not differ"));
}

/// The versions of the thread next to each other, as a reader of the thread would expect.
#[test]
fn the_nearest_version_that_keeps_it_is_chosen() {
    let beside =
        |name: &str, text: &str| neighbour(version(name), &case(text)).expect("there is one").version.name;
    assert_eq!(beside("v1", V1_RACE), "v3");
    assert_eq!(
        beside("7.3", "kernel=7.3 shared=0 large=1 cpu0: DD0 | cpu1: R0 Z0 R0 | schedule: 1*15 0*7"),
        "7.3-closed"
    );
}

#[test]
fn the_first_difference_of_the_race_is_the_clear() {
    let text = side_by_side(&Witness::of(version("v1"), &case(V1_RACE), None)).expect("v3 beside");
    let after = text.split("<== FIRST DIFFERENCE\n").nth(1).expect("marked");
    let line = after.lines().next().expect("a step");
    assert!(line.contains("cpu0 D0 clear (returned word ignored)") && line.contains("| "), "{text}");
    assert!(line.ends_with("cpu0 D0 pte = clear"), "{text}");
    for mark in ["DIRTY BIT LOST", "DATA LOST", "WRONG VALUE: 0, expected 1"] {
        assert!(after.contains(mark), "{text}");
    }
    assert!(after.contains("> ") && after.contains("mark folio dirty"), "{text}");
}

#[test]
fn every_finding_fits_a_mail() {
    for witness in findings() {
        let text = mail(&witness).expect("a finding");
        assert!(text.is_ascii(), "{text}");
        assert!(text.starts_with(&format!("Subject: {}\n\n", subject(&witness).expect("a finding"))));
        let long = text.lines().next().expect("a subject").len();
        assert!(long <= 100, "{long}: {text}");
        let run = format!("replay {}", witness.losing.version.argument());
        // The case, in the list and in the command, is as long as it is.
        for line in text.lines().filter(|l| !l.contains(&run) && !l.contains("schedule: ")) {
            assert!(line.len() <= 100, "{} columns: {line}\n{text}", line.len());
            assert_eq!(line, line.trim_end());
        }
        for part in [witness.losing.version.provenance.source, witness.losing.version.title] {
            assert!(words(&text).contains(&words(part)), "{part} in\n{text}");
        }
    }
}

/// Whoever gets the mail can run what it says, and sees what it shows.
#[test]
fn what_a_mail_says_can_be_run() {
    for (name, text) in [("v1", V1_RACE), ("pre-fix", "kernel=6.0 W0 P0 R0 W0 D0 P0 R0")] {
        let witness = Witness::of(version(name), &case(text), None);
        let mail = mail(&witness).expect("a finding");
        let command =
            mail.lines().find_map(|l| l.trim().strip_prefix("cargo run --release -- ")).expect("a command");
        let lostwrite = env!("CARGO_BIN_EXE_lostwrite");
        let run = Command::new("sh").arg("-c").arg(format!("'{lostwrite}' {command}")).output().expect("sh runs");
        let out = String::from_utf8(run.stdout).expect("text");
        assert!(run.status.success(), "{out}");
        assert!(out.contains(&side_by_side(&witness).expect("a neighbour")), "{out}");
    }
}

mod command {
    use super::{V1_RACE, case, version, words};
    use assert_cmd::Command;
    use corpus::bytes;
    use predicates::prelude::*;

    fn lostwrite() -> Command {
        Command::cargo_bin("lostwrite").expect("built")
    }

    /// What an engine leaves: bytes, and more operations than needed.
    #[test]
    fn from_a_crash_file_to_a_mail_in_one_command() {
        let folder = tempfile::tempdir().expect("a folder");
        let crash = folder.path().join("crash-0123");
        let long = case("kernel=6.0 cpu0: W0 F0 I0 D0 R1 | cpu1: W0 R1 | schedule: 0*26 1*3");
        assert!(oracle::trace(version("v1"), &long).loses());
        std::fs::write(&crash, bytes::encode(&long)).expect("written");
        let mail = folder.path().join("mail.txt");
        lostwrite()
            .args(["report", "finding", "--impl", "v1", "--format", "mail", "--out"])
            .args([&mail, &crash])
            .assert()
            .success()
            .stdout("");
        let text = std::fs::read_to_string(&mail).expect("written");
        assert!(
            text.starts_with("Subject: mm/migrate_device: v1: store between read and clear of the pte lost\n"),
            "{text}"
        );
    }

    #[test]
    fn a_report_of_nothing_says_what_to_try() {
        lostwrite().args(["report", "finding", "--impl", "v3", V1_RACE]).assert().code(2).stderr(
            predicate::str::contains("no judge says anything").and(predicate::str::contains("lostwrite hunt")),
        );
    }

    #[test]
    fn as_it_is_or_shrunk_and_beside_whom() {
        let report = |more: &[&str]| {
            let run = lostwrite().args(["report", "finding", "--impl", "v1"]).args(more).output().expect("runs");
            assert!(run.status.success());
            String::from_utf8(run.stdout).expect("text")
        };
        assert!(report(&["--as-is", V1_RACE]).contains(V1_RACE));
        let shrunk = report(&["--beside", "v2", V1_RACE]);
        assert!(!shrunk.contains(V1_RACE) && shrunk.contains("beside v2 ["), "{shrunk}");
        let replayed =
            lostwrite().args(["replay", "--impl", "v1", "--beside=v2", V1_RACE]).output().expect("runs");
        assert!(String::from_utf8(replayed.stdout).expect("text").contains("beside v2 ["));
    }

    #[test]
    fn every_loss_of_the_table_in_one_command() {
        let folder = tempfile::tempdir().expect("a folder");
        let out = folder.path().join("losses");
        lostwrite().args(["report", "matrix", "--out"]).arg(&out).assert().success();
        let mut mails = 0;
        for version in impls::history() {
            for scenario in impls::Scenario::ALL {
                let mail = out.join(format!("{}-{}-hw0.txt", version.name, scenario.name()));
                let required = version.must_lose(scenario);
                if required {
                    let text =
                        std::fs::read_to_string(&mail).unwrap_or_else(|e| panic!("{}: {e}", mail.display()));
                    let named = format!("{}: {}", scenario.name(), scenario.title());
                    assert!(words(&text).contains(&named), "{text}");
                    mails += 1;
                } else {
                    assert!(!mail.exists(), "{}", mail.display());
                }
            }
        }
        assert!(mails > 15, "{mails}");
        for file in ["matrix.txt", "matrix.json"] {
            assert!(out.join(file).is_file());
        }
    }
}
