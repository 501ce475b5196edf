//! `lostwrite kernel run`.

use super::super::format::{FOR_PROGRAMS, Format};
use super::super::{FINE, Outcome, unexpected};
use super::Machine;
use kernel::answers::{Answer, Seen};
use kernel::draw::sequence;
use kernel::recording::verdict;
use report::{FORMAT, Table};
use serde_json::json;

/// Run sequences of operations on a real kernel.
#[derive(clap::Args)]
#[command(after_help = "Example: lostwrite kernel run 'W0 P0 R0 W0 D0 P0 R0'\n\n\
    Each sequence is one program of one CPU, in the letters of a case. Exit code 1 if a load returns a wrong value.")]
pub struct Args {
    /// Sequences of operations
    #[arg(value_name = "OPERATIONS", required = true)]
    sequences: Vec<String>,
    #[command(flatten)]
    machine: Machine,
    /// How to print
    #[arg(long, default_value = "text", value_parser = Format::among(FOR_PROGRAMS))]
    format: Format,
}

/// Runs them, and prints what each operation did.
pub fn run(args: &Args) -> Outcome {
    let sequences = args.sequences.iter().map(|text| sequence(text)).collect::<Result<Vec<_>, _>>()?;
    let answers = args.machine.guest(true)?.run(&sequences)?;
    let verdicts: Vec<String> =
        sequences.iter().zip(&answers.cases).map(|(ops, answers)| verdict(ops, answers)).collect();
    if args.format == Format::Json {
        let cases: Vec<_> = sequences
            .iter()
            .zip(&verdicts)
            .map(|(ops, verdict)| json!({ "ops": ops, "verdict": verdict }))
            .collect();
        println!("{:#}", json!({ "format": FORMAT, "release": answers.release, "cases": cases }));
    } else {
        for ((ops, answers_of), verdict) in sequences.iter().zip(&answers.cases).zip(&verdicts) {
            println!("Linux {}: {ops}\n", answers.release);
            let mut table = Table::new(["", "did", "the page afterwards"]);
            for (word, answer) in ops.split(' ').zip(answers_of) {
                table.row([word.to_owned(), did(answer), answer.seen.map_or(String::new(), shown)]);
            }
            println!("{table}\n{verdict}\n");
        }
    }
    Ok(if verdicts.iter().all(|verdict| verdict == "ok") { FINE } else { unexpected() })
}

fn did(answer: &Answer) -> String {
    match answer {
        Answer { refused: true, .. } => "refused".to_owned(),
        Answer { read: Some(value), .. } => format!("read {value}"),
        Answer { .. } => String::new(),
    }
}

fn shown(seen: Seen) -> String {
    match seen {
        Seen::None => "no entry".to_owned(),
        Seen::Swap => "swap entry".to_owned(),
        Seen::Device => "device memory".to_owned(),
        Seen::Zero => "zero page".to_owned(),
        Seen::Present { dirty, mapped, folio_dirty, swapcache, swapbacked, .. } => {
            let mut words = vec!["present".to_owned()];
            let flags = [
                (dirty == Some(true), "D in the entry"),
                (folio_dirty, "PG_dirty"),
                (swapcache, "in the swap cache"),
                (!swapbacked, "not swap-backed"),
            ];
            words.extend(flags.into_iter().filter(|(on, _)| *on).map(|(_, word)| word.to_owned()));
            if mapped != 1 {
                words.push(format!("mapped {mapped} times"));
            }
            words.join(", ")
        }
    }
}
