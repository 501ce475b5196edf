//! `lostwrite merge`.

use super::{FINE, Outcome, comparison, input, unexpected};
use corpus::read::RECORDED;
use explore::answers::distinguish::{Record, Shard};
use report::comparison::{Comparison, FORMAT, Part};
use report::{check_matrix_part, join_matrices};
use serde_json::Value;
use std::path::Path;

/// Joins the results of jobs that did a part each (--shard): the same answer, with the same numbers, as one
/// job gives (of a matrix, as JSON).
#[derive(clap::Args)]
#[command(after_help = "Example: lostwrite merge part1.json part2.json part3.json\n\n\
    Exits with 1 if a part is missing or was interrupted.")]
pub struct Args {
    /// What `distinguish`, `ablate` or `matrix` printed with --shard I/N --format json, a file for each part
    #[arg(required = true, value_name = "FILE")]
    parts: Vec<String>,
    #[command(flatten)]
    files: input::Files,
}

/// Reads, joins and prints.
pub fn run(args: &Args) -> Outcome {
    // Read in any case: a file that does not exist is a mistake.
    args.files.known()?;
    let values = args.parts.iter().map(|path| read(path)).collect::<Result<Vec<_>, _>>()?;
    if values[0].get("tables").is_some() {
        for (path, value) in args.parts.iter().zip(&values) {
            check_matrix_part(value).map_err(|e| format!("{path}: {e}"))?;
        }
        let whole = join_matrices(&values).map_err(|e| format!("{}: {e}", args.parts.join(", ")))?;
        println!("{whole:#}");
        let fine = whole["tables"]
            .as_array()
            .is_some_and(|t| t.iter().all(|t| t["as_expected"] == true && t["found"] == 0));
        return Ok(if fine { FINE } else { unexpected() });
    }
    let mut parts =
        args.parts.iter().zip(values).map(|(path, value)| part(path, value)).collect::<Result<Vec<_>, _>>()?;
    let first = &parts[0];
    for (path, part) in args.parts.iter().zip(&parts) {
        if part.question != first.question || part.shard.of != first.shard.of {
            return Err(format!(
                "{path}: this is a part of other work than {}; expected parts of one question",
                args.parts[0]
            ));
        }
    }
    for (path, Part { shard, .. }) in args.parts.iter().zip(&parts) {
        if parts.iter().filter(|p| p.shard == *shard).count() > 1 {
            let Shard { index, of } = shard;
            return Err(format!("{path}: part {}/{of} is there twice; expected each once", index + 1));
        }
    }
    let question = first.question.clone();
    // A file's version is named by the question like any other.
    let subject = if question.ablates {
        Comparison::ablation(args.files.exactly::<1>(&question.versions)?[0], &question.steps)?
    } else {
        let [a, b] = args.files.exactly(&question.versions)?;
        Comparison::pair(a, b)
    };
    if subject.fingerprint() != question.listings {
        return Err(format!(
            "{}: it was made with other listings of {} than this program has; expected the same on both sides",
            args.parts[0],
            question.versions.join(" and ")
        ));
    }
    let of = first.shard.of;
    for (path, part) in args.parts.iter().zip(&mut parts) {
        let checked = |record: Record| record.checked(question.programs, subject.rivals.len());
        let records = std::mem::take(&mut part.records).into_iter().map(checked).collect::<Result<_, _>>();
        part.records = records.map_err(|e| format!("{path}: $.records: {e}"))?;
    }
    Ok(if comparison::print(&subject, of, &parts) { FINE } else { unexpected() })
}

fn read(path: &str) -> Result<Value, String> {
    let expected = "what a job with --shard I/N --format json printed";
    let text = RECORDED.text(Path::new(path)).map_err(|e| input::unreadable(Path::new(path), &e, expected))?;
    serde_json::from_str(&text).map_err(|e| foreign(path, &e))
}

fn part(path: &str, value: Value) -> Result<Part, String> {
    let part: Part = serde_json::from_value(value).map_err(|e| foreign(path, &e))?;
    if part.question.format != FORMAT {
        let found = part.question.format;
        return Err(format!("{path}: found format {found}; expected {FORMAT}, as this program writes it"));
    }
    let Shard { index, of } = part.shard;
    if index >= of {
        return Err(format!("{path}: $.shard: expected an index below 'of', found {index} of {of}"));
    }
    Ok(part)
}

fn foreign(path: &str, e: &serde_json::Error) -> String {
    format!(
        "{path}: expected what `distinguish`, `ablate` or `matrix` prints with --format json, found something else: {e}"
    )
}
