//! `lostwrite target`: the body of a fuzz target on files, without an engine.

use super::{FINE, Outcome, input, unexpected};
use corpus::read::WRITTEN;
use impls::Scenario;
use rayon::prelude::*;
use report::lookup;
use report::targets::Canary;
use report::targets::{ALL, Target, Verdict};
use std::path::{Path, PathBuf};

/// Run a fuzz target on files, without an engine
#[derive(clap::Args)]
#[command(after_help = "Examples: lostwrite target differential fuzz/corpus/differential\n         \
    lostwrite target rediscover --subject v1 --scenario sampled-dirty crash-1234\n         \
    lostwrite target rediscover --family swap-in-aba crash-1234\n\n\
    Files hold the byte form of a case, as engines write it. Exits with 1 if any raises the target's alarm.")]
pub struct Args {
    /// The target: differential, rediscover, programs or codec
    #[arg(value_parser = by_name)]
    target: Target,
    /// Files, or folders of files
    #[arg(required = true, value_name = "FILE|FOLDER")]
    paths: Vec<PathBuf>,
    /// rediscover: the version that must lose; pre-fix if not given
    #[arg(long, value_name = "VERSION")]
    subject: Option<String>,
    /// rediscover: a family of historical bugs, in its own surroundings: its first version that must lose, or
    /// the subject if that is one of them
    #[arg(long, value_name = "FAMILY", conflicts_with_all = ["scenario", "kernel", "hardware", "knobs"])]
    family: Option<String>,
    /// rediscover: only a loss of this scenario counts
    #[arg(long, value_parser = lookup::scenario)]
    scenario: Option<Scenario>,
    #[command(flatten)]
    versions: input::Versions<input::Correct>,
    #[command(flatten)]
    around: input::Around,
}

fn by_name(name: &str) -> Result<Target, String> {
    ALL.into_iter().find(|t| t.name == name).ok_or_else(|| {
        let known: Vec<_> = ALL.iter().map(|t| format!("  {}: alarm if {}", t.name, t.about)).collect();
        format!("expected one of\n{}", known.join("\n"))
    })
}

/// Runs the target on every file and says what came of it.
pub fn run(args: &Args) -> Outcome {
    let known = args.versions.known()?;
    let versions = args.versions.among(&known)?;
    let subject = match &args.family {
        Some(family) => Canary::of_family(family, args.subject.as_deref())?,
        None => {
            let name = args.subject.as_deref().unwrap_or("pre-fix");
            let version = known.find(name).map_err(|e| format!("--subject: {e}"))?;
            Canary::new(version, args.scenario, args.around.environment()?)
        }
    };
    let mut files = Vec::new();
    for path in &args.paths {
        collect(path, &mut files)?;
    }
    let verdicts: Vec<_> = files
        .par_iter()
        .map(|file| {
            let content = WRITTEN
                .read(file)
                .map_err(|e| input::unreadable(file, &e, "files or folders of cases in the byte form"))?;
            Ok((args.target.body)(&subject, &versions, &content))
        })
        .collect::<Result<_, String>>()?;
    let (mut rejected, mut alarms) = (0, 0);
    for (file, verdict) in files.iter().zip(&verdicts) {
        match verdict {
            Verdict::Fine => {}
            Verdict::Rejected => {
                rejected += 1;
                println!("{}: rejected: not the byte form of a case, or too large for the target", file.display());
            }
            Verdict::Alarm(report) => {
                alarms += 1;
                println!("{}: ALARM\n{report}", file.display());
            }
        }
    }
    println!("{}: {} files, {alarms} alarms, {rejected} rejected", args.target.name, files.len());
    Ok(if alarms == 0 { FINE } else { unexpected() })
}

/// The files of a path, those of a folder in the order of their names.
fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), String> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    let fail = |e: std::io::Error| format!("{}: {e}", path.display());
    let entries: Result<Vec<_>, _> = std::fs::read_dir(path).map_err(fail)?.map(|e| e.map(|e| e.path())).collect();
    let mut entries = entries.map_err(fail)?;
    entries.sort();
    for entry in entries {
        collect(&entry, files)?;
    }
    Ok(())
}
