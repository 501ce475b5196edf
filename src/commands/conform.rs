//! `lostwrite conform`.

use super::{FINE, Format, Outcome, unexpected};
use corpus::read::RECORDED;
use oracle::{Conformance, conform_file};
use report::{conform_json, conform_junit, conform_text};
use std::path::Path;

/// Compare the model with what real kernels did.
#[derive(clap::Args)]
#[command(
    after_help = "Example: lostwrite conform corpus/ground-truth/cases.tsv corpus/ground-truth/states.jsonl\n\n\
    Without files: the ground truth that comes with lostwrite. Exits with 1 on any disagreement."
)]
pub struct Args {
    /// Ground-truth files: .tsv (verdicts) or .jsonl (states after every operation)
    files: Vec<String>,
    /// How many disagreeing rows to print per column, as text
    #[arg(long, default_value_t = 10)]
    show: usize,
    /// How to print
    #[arg(long, default_value = "text", value_parser = Format::among(&[Format::Text, Format::Json, Format::Junit]))]
    format: Format,
}

/// Runs every row and column, and prints the agreement.
pub fn run(args: &Args) -> Outcome {
    let mut files = Vec::new();
    if args.files.is_empty() {
        files.extend(corpus::ground_truth().into_iter().map(|(n, t)| (n, t.to_owned())));
    }
    for file in &args.files {
        let text = RECORDED.text(Path::new(file)).map_err(|e| {
            format!(
                "{file}: {e}; expected a file as in corpus/ground-truth, or none for what comes with lostwrite"
            )
        })?;
        files.push((file.clone(), text));
    }
    let mut results: Vec<(String, Conformance)> = Vec::new();
    for (name, text) in files {
        let result = conform_file(&name, &text).map_err(|e| e.to_string())?;
        if args.format == Format::Text {
            print!("{}", conform_text(&name, &result, args.show));
        }
        results.push((name, result));
    }
    match args.format {
        Format::Json => println!("{:#}", conform_json(&results)),
        Format::Junit => print!("{}", conform_junit(&results)?),
        _ => {}
    }
    Ok(if results.iter().all(|(_, r)| r.agrees()) { FINE } else { unexpected() })
}
