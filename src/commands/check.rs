//! `lostwrite check`.

use super::format::Format;
use super::interrupt::{INTERRUPTED, STOP, listen};
use super::report::written;
use super::{FINE, MOST_THREADS, Outcome, input, terminal, unexpected};
use explore::answers::check::{CheckOptions, CheckProgress, Checked, Stage, check};
use impls::Version;
use report::{Witness, check_json, check_text, finding_text};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Check files that replace functions of the kernel: does one lose a store, or show stale data, where the kernel
/// as released does not?
///
/// Each file is a version of its own. Programs of the operations that run its functions are tried in order of
/// size, each with all its interleavings; then those that come with lostwrite; then longer ones at random.
#[derive(clap::Args)]
#[command(after_help = "Example: lostwrite check mine.listing --time 30\n\n\
    A file to start from: lostwrite explain try_to_unmap_one --format listing > mine.listing\n\n\
    The linter's warnings are on the standard error. Exits with 0 if nothing was found, with 1 if something was, with 2 if a \
    file cannot be read.")]
pub struct Args {
    /// Files with functions, text or JSON (start from `explain FUNCTION --format listing`)
    #[arg(value_name = "FILE", required = true)]
    files: Vec<String>,
    #[command(flatten)]
    around: input::Around,
    #[command(flatten)]
    judged: input::Judged,
    /// How long to look at each file, in seconds
    #[arg(long, default_value_t = 60.0, value_parser = input::seconds)]
    time: f64,
    /// The most operations of a program that is exhausted
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=12))]
    ops: u8,
    /// How many states a program may have; programs with more are counted and left out
    #[arg(long, default_value_t = 200_000, value_parser = clap::value_parser!(u32).range(1..))]
    budget: u32,
    /// The seed of the random executions
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many threads to use; all cores if not given
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=MOST_THREADS))]
    threads: Option<u16>,
    /// How to print; mail and html are of what was found
    #[arg(long, default_value = "text", value_parser = Format::among(FORMATS))]
    format: Format,
}

const FORMATS: &[Format] = &[Format::Text, Format::Mail, Format::Html, Format::Json];

/// Checks each file and prints what was found.
pub fn run(args: &Args) -> Outcome {
    let known = input::known(&args.files, &args.judged)?;
    let environment = args.around.environment()?;
    if let Some(n) = args.threads {
        rayon::ThreadPoolBuilder::new().num_threads(n.into()).build_global().map_err(|e| e.to_string())?;
    }
    listen()?;
    let mut found = false;
    for &version in known.own() {
        let options = CheckOptions {
            version,
            released: impls::released(environment.kernel.unwrap_or(version.kernel)),
            environment: environment.clone(),
            time: Duration::from_secs_f64(args.time),
            ops: args.ops.into(),
            budget: args.budget as usize,
            seed: args.seed,
            stop: &STOP,
        };
        let checked = with_progress(&options);
        let witness = checked
            .flagged
            .as_ref()
            .map(|flagged| Witness::with(version, options.released, &flagged.case, Some(flagged.judge)));
        found |= witness.is_some();
        print(args.format, &options, &checked, witness.as_ref());
        if STOP.load(Ordering::Relaxed) {
            note!("lostwrite: interrupted: more may be found in the time that was left");
            return Ok(ExitCode::from(INTERRUPTED));
        }
    }
    Ok(if found { unexpected() } else { FINE })
}

fn print(format: Format, options: &CheckOptions, checked: &Checked, witness: Option<&Witness>) {
    let shown = witness.filter(|w| w.finding().is_some());
    match (format, shown) {
        (Format::Json, _) => println!("{}", check_json(options, checked, witness)),
        (Format::Mail | Format::Html, Some(witness)) => print!("{}", written(witness, format)),
        (_, Some(witness)) => {
            print!("{}\n{}", finding_text(witness), check_text(options, checked, Some(witness)))
        }
        _ => print!("{}", check_text(options, checked, witness)),
    }
}

/// Where no terminal shows it, a line comes this often.
const LINES: Duration = Duration::from_secs(10);

/// Checks, and says where it has come to: on a terminal all the time, elsewhere now and then.
fn with_progress(options: &CheckOptions) -> Checked {
    let bar = terminal::spinner("{elapsed_precise} {spinner} {msg}");
    let began = Instant::now();
    let said = Mutex::new(began);
    let name = |version: &Version| version.name;
    let progress = |at: &CheckProgress| {
        let doing = match at.stage {
            Stage::Programs(ops) => format!("programs of {ops} operations"),
            Stage::Corpus => "programs that come with lostwrite".to_owned(),
            Stage::Hunt => "random executions".to_owned(),
        };
        let line = format!(
            "{}: {doing}; {} programs, {} states, {} executions",
            name(options.version),
            at.programs,
            at.states,
            at.executions
        );
        if !bar.is_hidden() {
            bar.set_message(line);
        } else if let Ok(mut said) = said.lock()
            && said.elapsed() >= LINES
        {
            *said = Instant::now();
            note!("{line}, {:.0} s", began.elapsed().as_secs_f64());
        }
    };
    let checked = check(options, &progress);
    bar.finish_and_clear();
    checked
}
