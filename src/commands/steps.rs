//! `lostwrite steps`.

use super::format::{FOR_PROGRAMS, Format};
use super::{FINE, Outcome};
use impls::{Step, vocabulary};
use report::FORMAT;
use serde_json::json;

/// The steps and conditions that a listing may name: the kernel calls that each stands for, what it reads and
/// writes, and what it means.
///
/// With words, those that have each of them in the name, the kernel calls or the meaning, in capitals or not. A
/// name that no step has, such as PteAccessed, stands for the words in it.
#[derive(clap::Args)]
#[command(
    after_help = "Examples: lostwrite steps accessed\n          lostwrite steps PteAccessed\n          lostwrite steps ptep_get_and_clear"
)]
pub struct Args {
    /// Words to look for; all steps if there are none
    #[arg(value_name = "WORD")]
    words: Vec<String>,
    /// How to print
    #[arg(long, default_value = "text", value_parser = Format::among(FOR_PROGRAMS))]
    format: Format,
}

const WIDTH: usize = 100;

/// Prints the steps.
pub fn run(args: &Args) -> Outcome {
    let words: Vec<String> = args.words.iter().map(|word| word.to_lowercase()).collect();
    let having = |words: &[String]| -> Vec<&Step> {
        vocabulary().iter().filter(|step| words.iter().all(|word| has(step, word))).collect()
    };
    let mut found = having(&words);
    if found.is_empty() {
        found = having(&args.words.iter().flat_map(|word| impls::text::words(word)).collect::<Vec<_>>());
    }
    if args.format == Format::Json {
        let steps = found.iter().map(|step| {
            json!({
                "name": step.action.name(),
                "text": step.action.text(),
                "calls": list(step.calls),
                "reads": list(step.reads),
                "writes": list(step.writes),
                "meaning": step.meaning,
            })
        });
        println!("{:#}", json!({ "format": FORMAT, "steps": steps.collect::<Vec<_>>() }));
        return Ok(FINE);
    }
    if found.is_empty() {
        return Err(format!(
            "no step has '{}' in its name, kernel calls or meaning; expected other words, or none for all steps",
            args.words.join(" ")
        ));
    }
    for step in found {
        println!("{}: {}", step.action.name(), step.action.text());
        for line in wrapped(step.meaning) {
            println!("    {line}");
        }
        for (what, names) in [("kernel", step.calls), ("reads", step.reads), ("writes", step.writes)] {
            if names != "-" {
                println!("    {:<8}{names}", format!("{what}:"));
            }
        }
    }
    Ok(FINE)
}

fn has(step: &Step, word: &str) -> bool {
    let holds = |text: &str| text.to_lowercase().contains(word);
    holds(step.action.name()) || holds(step.action.text()) || holds(step.calls) || holds(step.meaning)
}

fn list(names: &str) -> Vec<&str> {
    if names == "-" { Vec::new() } else { names.split(", ").collect() }
}

fn wrapped(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.last_mut().expect("there is one");
        if last.is_empty() {
            last.push_str(word);
        } else if last.len() + 1 + word.len() <= WIDTH - 4 {
            last.push(' ');
            last.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}
