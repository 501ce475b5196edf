//! `--help`: every subcommand has an example, and those that take no time and no files of their own are run.

use assert_cmd::Command;
use std::path::Path;

fn help(path: &[String]) -> String {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("lostwrite"));
    // Wide enough for every example on one line.
    let output =
        command.args(path).arg("--help").env("COLUMNS", "1000").assert().success().get_output().stdout.clone();
    String::from_utf8(output).expect("text")
}

/// Subcommands, each with its help, as the help of what is above lists them.
fn commands(above: &[String]) -> Vec<(Vec<String>, String)> {
    let text = help(above);
    let listed = text.lines().skip_while(|l| *l != "Commands:").skip(1).take_while(|l| !l.is_empty());
    let names = listed.filter(|l| l.starts_with("  ") && !l.starts_with("   "));
    let names: Vec<_> = names.filter_map(|l| l.split_whitespace().next()).filter(|n| *n != "help").collect();
    let mut all: Vec<_> = names.iter().flat_map(|n| commands(&[above, &[(*n).to_owned()]].concat())).collect();
    all.push((above.to_vec(), text));
    all
}

/// The examples of a help as words, without what the shell does with their output.
fn examples(help: &str) -> Vec<Vec<String>> {
    let lines = help.lines().skip_while(|l| !l.starts_with("Example")).map(|line| {
        let line = line.strip_prefix("Examples:").or(line.strip_prefix("Example:")).unwrap_or(line);
        shlex::split(line).unwrap_or_default()
    });
    let own = |words: Vec<String>| words.into_iter().take_while(|w| w != "|" && w != ">").collect::<Vec<_>>();
    lines.map(own).filter(|words| words.first().is_some_and(|w| w == "lostwrite")).collect()
}

#[test]
fn every_subcommand_has_an_example() {
    let all = commands(&[]);
    assert!(all.len() > 25, "{}", all.len());
    // A group of subcommands has none of its own.
    for (path, text) in all.iter().filter(|(path, text)| path.is_empty() || !text.contains("\nCommands:\n")) {
        let found = examples(text);
        assert!(!found.is_empty(), "{path:?}: no example in\n{text}");
        for words in found {
            assert!(
                words[1..].starts_with(path) || path.is_empty(),
                "{path:?}: an example of something else: {words:?}"
            );
        }
    }
}

/// Of these the examples are run.
const RUN: [&str; 12] = [
    "list",
    "steps",
    "diff",
    "explain",
    "replay",
    "convert",
    "exhaust",
    "outcomes",
    "conform",
    "schema",
    "completions",
    "man",
];

#[test]
fn examples_that_take_no_time_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut run = 0;
    for (path, text) in commands(&[]) {
        if !path.first().is_some_and(|name| RUN.contains(&name.as_str())) {
            continue;
        }
        for words in examples(&text).iter().filter(|words| !words.iter().any(|w| w == "mine.listing")) {
            // What is read is the repository's, what is written is nobody's.
            let reads = words.iter().any(|w| w.starts_with("corpus/"));
            let place = if reads { Path::new(env!("CARGO_MANIFEST_DIR")) } else { folder.path() };
            let mut command = Command::new(assert_cmd::cargo::cargo_bin!("lostwrite"));
            let output = command.args(&words[1..]).current_dir(place).output().expect("started");
            let complaint = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{words:?}: {complaint}");
            run += 1;
        }
    }
    assert!(run >= RUN.len(), "{run} examples");
}
