//! Every command that takes versions takes files of one's own, and reads them: none may leave a file unread
//! in silence.

use crate::{Cli, run};
use clap::{Arg, ArgAction, Command, CommandFactory as _, Parser as _};

/// A command: its words, and its definition.
fn commands(command: &Command, words: &[String], out: &mut Vec<(Vec<String>, Command)>) {
    out.push((words.to_vec(), command.clone()));
    for below in command.get_subcommands() {
        let words: Vec<_> = words.iter().cloned().chain([below.get_name().to_owned()]).collect();
        commands(below, &words, out);
    }
}

/// Whether an argument names a version.
fn names_a_version(arg: &Arg) -> bool {
    arg.get_value_names().is_some_and(|names| names.iter().any(|n| n.as_str() == "VERSION"))
}

fn takes_files(command: &Command) -> bool {
    command.get_arguments().any(|a| a.get_long() == Some("impl-file"))
}

fn all() -> Vec<(Vec<String>, Command)> {
    let mut all = Vec::new();
    commands(&Cli::command(), &["lostwrite".to_owned()], &mut all);
    all
}

#[test]
fn whoever_names_versions_takes_files() {
    let named = all().into_iter().filter(|(_, c)| c.get_arguments().any(names_a_version));
    let mut count = 0;
    for (words, command) in named {
        assert!(takes_files(&command), "{words:?} names versions, and has no --impl-file");
        count += 1;
    }
    assert!(count >= 16, "{count}");
}

#[test]
fn a_file_that_does_not_exist_is_an_error_in_every_command() {
    const CASE: &str = "kernel=6.0 W0 D0";
    let folder = tempfile::tempdir().expect("a folder");
    let in_folder = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(in_folder("case"), CASE).expect("a file");
    std::fs::write(in_folder("part.json"), "{}").expect("a file");
    let missing = in_folder("nonexistent.json");
    let mut asked = Vec::new();
    for (mut words, command) in all() {
        if !takes_files(&command) {
            continue;
        }
        let name = words[1..].join(" ");
        // What the command cannot do without, of a kind that it takes; and as little work as possible, should
        // it not notice.
        let required = command.get_arguments().filter(|a| a.is_required_set() || a.get_id() == "case");
        for arg in required {
            let value = match (name.as_str(), arg.get_id().as_str()) {
                (_, "case") => CASE.to_owned(),
                (_, "out") => in_folder("out"),
                ("target", "target") => "codec".to_owned(),
                ("merge", _) => in_folder("part.json"),
                ("target", _) => in_folder("case"),
                (_, other) => panic!("{name}: what is a value of {other}?"),
            };
            words.extend(arg.get_long().map(|long| format!("--{long}")));
            words.push(value);
        }
        for (option, value) in
            [("executions", "1"), ("chunks", "1"), ("time", "1"), ("seeds", "1"), ("samples", "1")]
        {
            let known = command.get_arguments().find(|a| a.get_long() == Some(option));
            if known.is_some_and(|a| matches!(a.get_action(), ArgAction::Set)) && name != "nightly" {
                words.extend([format!("--{option}"), value.to_owned()]);
            }
        }
        words.extend(["--impl-file".to_owned(), missing.clone()]);
        let cli = Cli::try_parse_from(&words).unwrap_or_else(|e| panic!("{words:?}\n{e}"));
        // A message is exit code 2.
        let Err(message) = run(cli) else { panic!("{words:?}: it went on without the file") };
        assert!(
            message.contains(&missing) && message.contains("expected a version or a function as a listing"),
            "{words:?}: {message}"
        );
        asked.push(name);
    }
    for name in ["", "matrix", "mutants", "report matrix", "report finding", "hunt", "exhaust", "replay", "shrink"]
    {
        assert!(asked.iter().any(|a| a == name), "'{name}' takes no files: {asked:?}");
    }
    for name in ["sample", "outcomes", "distinguish", "ablate", "diff", "explain", "bench", "nightly", "target"] {
        assert!(asked.iter().any(|a| a == name), "'{name}' takes no files: {asked:?}");
    }
    assert!(!folder.path().join("out").exists(), "something was begun");
}
