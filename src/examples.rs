//! The examples of the helps as the parser sees them: none may rot.

use crate::Cli;
use clap::{Command, CommandFactory as _};

/// The text behind the options of a command and of all below it.
fn texts(command: &Command, out: &mut Vec<(String, String)>) {
    let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    out.push((command.get_name().to_owned(), text));
    command.get_subcommands().for_each(|below| texts(below, out));
}

#[test]
fn the_arguments_are_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn every_example_is_a_command_line() {
    let mut all = Vec::new();
    texts(&Cli::command(), &mut all);
    let mut parsed = 0;
    for (name, text) in all {
        for line in text.lines() {
            let line = line.strip_prefix("Examples:").or(line.strip_prefix("Example:")).unwrap_or(line).trim();
            if !line.starts_with("lostwrite ") {
                continue;
            }
            let words = shlex::split(line).unwrap_or_else(|| panic!("{name}: unbalanced quotes: {line}"));
            let own = words.iter().take_while(|w| *w != "|" && *w != ">");
            if let Err(e) = Cli::command().try_get_matches_from(own) {
                panic!("{name}: {line}\n{e}");
            }
            parsed += 1;
        }
    }
    assert!(parsed > 30, "{parsed}");
}
