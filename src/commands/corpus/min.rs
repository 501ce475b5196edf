//! `lostwrite corpus min`.

use super::gather::{Gathered, count, expect_empty, write_folder};
use crate::commands::Outcome;
use corpus::{Case, bytes};
use explore::coverage::minimise::{cover, protect_losses};
use explore::coverage::{Group, Profiler};
use report::Table;
use std::collections::HashSet;
use std::path::PathBuf;

/// Keep as few cases as cover what all do: the same features of the model, and the same verdicts on all
/// versions. Never dropped are the cases that come with lostwrite, those of files that say what is expected
/// or that hold several cases, and the smallest case of each loss of each version.
///
/// Without --out and --in-place, only the figures are printed.
#[derive(clap::Args)]
#[command(after_help = "Example: lostwrite corpus min fuzz/corpus/differential --out target/small\n\n\
    Exits with 2 if a file could not be read; it is left alone, and the others are dealt with.")]
pub struct Args {
    /// The folder, or several as if they were one
    #[arg(required = true)]
    folders: Vec<PathBuf>,
    /// Write what is kept here, in the byte form, each file named after its content
    #[arg(long, value_name = "FOLDER", conflicts_with = "in_place")]
    out: Option<PathBuf>,
    /// Remove what is dropped; what is kept stays as it is
    #[arg(long)]
    in_place: bool,
}

/// Minimises.
pub fn run(args: &Args) -> Outcome {
    let all = Gathered::from(&args.folders)?;
    if let Some(out) = &args.out {
        expect_empty(out)?;
    }
    let profiler = Profiler::default();
    let mut candidates = all.candidates(all.profiles(&profiler));
    protect_losses(&mut candidates);
    let kept = cover(&candidates, []);
    let cases: HashSet<&Case> = kept.iter().map(|n| &all.cases[*n]).collect();
    let (stay, go) = sort_files(&all, &cases);
    print!("{}", {
        let size = |n: &usize| candidates[*n].size;
        let profiles = |of: &[usize]| count(of.iter().map(|n| &candidates[*n].profile));
        let everything: Vec<usize> = (0..candidates.len()).collect();
        let mut table = Table::new(["", "before", "after"]);
        let mut row = |name: &str, before: usize, after: usize| {
            table.row([name.to_owned(), before.to_string(), after.to_string()]);
        };
        row("files", all.files.len(), if args.out.is_some() { kept.len() } else { stay });
        row("cases", candidates.len(), kept.len());
        let protected = |of: &[usize]| of.iter().filter(|n| candidates[**n].protected).count();
        row("  protected", protected(&everything), protected(&kept));
        row("bytes", everything.iter().map(size).sum(), kept.iter().map(size).sum());
        let (before, after) = (profiles(&everything), profiles(&kept));
        for group in Group::ALL {
            let of = |counts: &std::collections::BTreeMap<_, _>| counts.get(&group).copied().unwrap_or(0);
            row(group.name(), of(&before), of(&after));
        }
        table
    });
    if let Some(out) = &args.out {
        let written = kept.iter().map(|n| bytes::encode(&all.cases[*n]));
        write_folder(out, &written.map(|content| (corpus::file_name(&content), content)).collect())?;
    }
    if args.in_place {
        for path in go {
            std::fs::remove_file(path).map_err(|e| format!("{}: {e}", path.display()))?;
        }
    }
    Ok(all.exit())
}

/// How many files stay, and which go: those whose only case is not kept, or is in another file that stays.
fn sort_files<'a>(all: &'a Gathered, kept: &HashSet<&Case>) -> (usize, Vec<&'a PathBuf>) {
    let told = all.files.iter().filter(|file| file.plain().is_none());
    let mut held: HashSet<&Case> =
        told.flat_map(|file| &file.content).flat_map(|file| &file.entries).map(|entry| &entry.case).collect();
    let mut go = Vec::new();
    for file in &all.files {
        if let Some(case) = file.plain()
            && !(kept.contains(case) && held.insert(case))
        {
            go.push(&file.path);
        }
    }
    (all.files.len() - go.len(), go)
}
