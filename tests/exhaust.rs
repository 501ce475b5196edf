//! `lostwrite exhaust`: its limits, its quotients, and that its answer does not depend on how it was found.

use assert_cmd::Command;

const RACING: &str = "cpu0: W0 D0 | cpu1: W0";

fn exhaust(args: &[&str]) -> (i32, String, String) {
    let mut command = Command::cargo_bin("lostwrite").expect("the command is built");
    let output = command.arg("exhaust").args(args).output().expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it prints text");
    (output.status.code().expect("it ends by itself"), text(output.stdout), text(output.stderr))
}

#[test]
fn a_limit_that_is_hit_is_no_silence() {
    let (code, out, _) = exhaust(&["--impl", "v3", "--budget", "100", RACING]);
    assert_eq!(code, 1);
    assert!(out.contains("NOT EXHAUSTED, 100 states seen (budget used up)"), "{out}");
    let (code, out, _) = exhaust(&["--impl", "v3", "--memory", "20K", RACING]);
    assert_eq!(code, 1);
    assert!(out.contains("states seen (memory used up)") && !out.contains("silent"), "{out}");
}

#[test]
fn threads_change_nothing_and_time_goes_to_standard_error() {
    let (code, one, _) = exhaust(&["--threads", "1", RACING]);
    let (_, two, err) = exhaust(&["--threads", "2", "--time", RACING]);
    assert_eq!((code, &one), (0, &two));
    assert!(one.contains("silent") && !one.contains(" s, ") && err.contains("states/s"), "{one}\n{err}");
}

#[test]
fn symmetry_is_reported_and_can_be_turned_off() {
    let alike = "cpu0: W0 | cpu1: W0";
    let (_, with, _) = exhaust(&["--impl", "v3", alike]);
    let (_, without, _) = exhaust(&["--impl", "v3", "--no-symmetry", "--no-reduction", alike]);
    assert!(with.contains("2 symmetries") && !without.contains("symmetries"), "{with}\n{without}");
}

#[test]
fn a_lossy_search_states_its_probability() {
    let (code, out, _) = exhaust(&["--impl", "v3", "--lossy", RACING]);
    assert_eq!(code, 0);
    assert!(out.contains("lossy; with probability at most"), "{out}");
}

#[test]
fn a_number_of_bytes_that_is_none_is_refused() {
    let (code, _, err) = exhaust(&["--memory", "much", RACING]);
    assert_eq!(code, 2);
    assert!(err.contains("'much' is no number of bytes; expected something like 500M or 4G"), "{err}");
}
