//! `lostwrite conform`.

use super::{FINE, Outcome, unexpected};
use lostwrite::report::Table;
use oracle::{Conformance, conform_file};

/// Compare the model with what real kernels did.
#[derive(clap::Args)]
#[command(after_help = "Example: lostwrite conform corpus/ground-truth/*.tsv corpus/ground-truth/*.jsonl\n\n\
    Without files: the ground truth that comes with lostwrite. Exits with 1 on any disagreement.")]
pub struct Args {
    /// Ground-truth files: .tsv (verdicts) or .jsonl (states after every operation)
    files: Vec<String>,
    /// How many disagreeing rows to print per column
    #[arg(long, default_value_t = 10)]
    show: usize,
}

/// Runs every row and column, and prints the agreement.
pub fn run(args: &Args) -> Outcome {
    let mut files = Vec::new();
    if args.files.is_empty() {
        files.extend(corpus::ground_truth().into_iter().map(|(n, t)| (n, t.to_owned())));
    }
    for file in &args.files {
        let text = std::fs::read_to_string(file).map_err(|e| format!("{file}: {e}"))?;
        files.push((file.clone(), text));
    }
    let mut agree = true;
    for (name, text) in files {
        let result = conform_file(&name, &text).map_err(|e| e.to_string())?;
        agree &= result.agrees();
        print(&name, &result, args.show);
    }
    Ok(if agree { FINE } else { unexpected() })
}

fn print(name: &str, result: &Conformance, show: usize) {
    println!("{name}");
    let mut table = Table::new(["column", "agree", "states", "disagree", "unexplained", "skipped", "not run"]);
    for (column, r) in &result.columns {
        let cells =
            [r.agree, r.states, r.disagree.len(), r.unexplained, r.skipped, r.not_run].map(|n| n.to_string());
        table.row(std::iter::once(column.clone()).chain(cells));
    }
    println!("{table}");
    for (column, r) in &result.columns {
        for d in r.disagree.iter().take(show) {
            println!("{column}: {}: {}\n    kernel: {}\n    model:  {}", d.case, d.ops, d.kernel, d.model);
        }
        if r.disagree.len() > show {
            println!("{column}: and {} more", r.disagree.len() - show);
        }
    }
}
