//! Colour, notes, and readers that close the pipe.

use crate::common::{S1, lostwrite, written};
use assert_cmd::Command;
use std::io::Read as _;
use std::process::Stdio;

const ESCAPE: char = '\u{1b}';

/// What is printed with these arguments and variables, into pipes.
fn run(args: &[&str], variables: &[(&str, &str)]) -> (String, String) {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("lostwrite"));
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    let output = command.args(args).envs(variables.iter().copied()).output().expect("started");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    (text(output.stdout), text(output.stderr))
}

#[test]
fn colour_is_for_terminals_unless_asked_for() {
    let matrix = ["matrix", "--impl", "v1", "--budget", "1000", "--samples", "0"];
    let (plain, _) = run(&matrix, &[]);
    assert!(!plain.contains(ESCAPE), "{plain}");
    let colour = |more: &[&str], variables: &[(&str, &str)]| run(&[&matrix, more].concat(), variables).0;
    let painted = colour(&["--color", "always"], &[]);
    assert!(painted.contains(ESCAPE), "{painted}");
    assert_eq!(anstream::adapter::strip_str(&painted).to_string(), plain);
    assert_eq!(colour(&[], &[("CLICOLOR_FORCE", "1")]), painted);
    assert_eq!(colour(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]), plain);
    assert_eq!(colour(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]), plain);
}

#[test]
fn what_programs_read_is_never_painted() {
    for args in [
        &["list", "--format", "json"][..],
        &["explain", "v3", "--format", "json"],
        &["convert", "W0", "--to", "json"],
    ] {
        let (out, _) = run(&[args, &["--color", "always"]].concat(), &[]);
        assert!(!out.contains(ESCAPE), "{args:?}: {out}");
    }
}

#[test]
fn an_error_is_painted_on_request_only() {
    let (_, e) = run(&["explain", "v9"], &[]);
    assert!(e.starts_with("lostwrite: ") && !e.contains(ESCAPE), "{e}");
    let (_, painted) = run(&["explain", "v9", "--color", "always"], &[]);
    assert!(painted.starts_with(ESCAPE), "{painted}");
    assert_eq!(anstream::adapter::strip_str(&painted).to_string(), e);
}

/// Notes go, results and errors stay.
#[test]
fn quiet_leaves_results_and_errors() {
    let shrink = ["shrink", S1];
    let (out, notes) = run(&shrink, &[]);
    assert!(notes.contains("--impl, --judge and --page choose otherwise"), "{notes}");
    assert_eq!(run(&["shrink", S1, "--quiet"], &[]), (out.clone(), String::new()));
    assert_eq!(run(&["-q", "shrink", S1], &[]), (out, String::new()));
    let (_, e) = run(&["-q", "explain", "v9"], &[]);
    assert!(e.contains("unknown implementation 'v9'"), "{e}");
}

/// No bar, and nothing that moves a cursor, where no terminal shows it.
#[test]
fn progress_is_for_terminals() {
    let folder = tempfile::tempdir().expect("a folder");
    let seeds = folder.path().join("seeds").display().to_string();
    std::fs::create_dir(&seeds).expect("a folder");
    std::fs::write(folder.path().join("seeds/one.case"), "W0 D0\n").expect("a file");
    for args in [
        &["hunt", "--impl", "v3", "--executions", "500"][..],
        &["matrix", "--impl", "v3", "--budget", "10", "--samples", "0"],
        &["distinguish", "v2", "v3", "--ops", "1", "--actors", "1"],
        &["shrink", "--impl", "pre-fix", S1],
        &["shrink", "--statistics", "--cases", "2"],
        &["corpus", "stats", &seeds],
    ] {
        let (_, e) = run(args, &[]);
        assert!(!e.contains(['\r', ESCAPE]) && e.is_empty(), "{args:?}: {e}");
    }
}

/// The reader takes a line and goes.
#[test]
fn a_closed_pipe_is_no_panic() {
    let (_folder, path) = written("many.case", format!("{S1}\n").repeat(2000));
    for args in [
        &["list"][..],
        &["explain", "v3"],
        &["replay", "--full", "--impl", "pre-fix", &path],
        &["convert", &path],
        &["schema", "night"],
        &["--help"],
    ] {
        let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin!("lostwrite"))
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("started");
        let mut reader = child.stdout.take().expect("a pipe");
        let mut some = [0; 8];
        reader.read_exact(&mut some).expect("it prints something");
        drop(reader);
        let output = child.wait_with_output().expect("it ends");
        let e = String::from_utf8_lossy(&output.stderr);
        assert!(e.is_empty(), "{args:?}: {e}");
        // Ended by the signal, or the whole of it fitted into the pipe.
        assert!(output.status.code().is_none() || output.status.success(), "{args:?}: {:?}", output.status);
    }
}

/// A full disk is no panic either.
#[test]
#[cfg(target_os = "linux")]
fn an_output_that_cannot_be_written_exits_with_2() {
    let full = std::fs::File::create("/dev/full").expect("a device");
    let output = std::process::Command::new(assert_cmd::cargo::cargo_bin!("lostwrite"))
        .args(["list"])
        .stdout(full)
        .output()
        .expect("started");
    let e = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{e}");
    assert!(e.contains("the standard output cannot be written") && !e.contains("panicked"), "{e}");
}

#[test]
fn a_word_that_is_no_colour_is_told() {
    lostwrite(&["--color", "sometimes", "list"]).code(2);
}
