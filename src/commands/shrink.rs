//! `lostwrite shrink`.

use super::convert::{Form, Kind};
use super::finding::Which;
use super::interrupt::{INTERRUPTED, STOP, listen};
use super::output::write_or_tell;
use super::{FINE, MOST_SEEDS, Outcome, input, regression, terminal};
use corpus::Case;
use explore::shrink::{Limits, Shrunk, Size, statistics};
use oracle::{counted, trace};
use report::targets::report;
use report::{sizes, statistics_text};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::Ordering;

/// The smallest case with the same verdict: the same version, judge and page, and of a loss the same
/// scenario.
#[derive(clap::Args)]
#[command(
    after_help = "Examples: lostwrite shrink --impl pre-fix 'kernel=6.1 W0 R1 P0 R0 W0 D0 P0 R0 W1'\n          \
    lostwrite shrink fuzz/artifacts/differential/crash-0123 --as-test\n\n\
    Ctrl-C prints the smallest case so far and exits with 130. docs/searching.md says what is guaranteed."
)]
pub struct Args {
    /// A file (text, JSON or bytes, as an engine leaves it when it has found something), or a case
    #[arg(required_unless_present = "statistics")]
    case: Option<String>,
    #[command(flatten)]
    which: Which,
    /// Print nothing but the shrunk case, in this form; with --output, the form of the file
    #[arg(long, value_enum)]
    to: Option<Form>,
    /// The schedule of the shrunk case: one that names places where it is as short, or one that counts steps
    #[arg(long, value_enum, default_value_t = Kind::Places)]
    schedule: Kind,
    /// Write the shrunk case here
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write it into corpus/regressions of the checkout, with what every version does on it, where the tests
    /// replay it
    #[arg(long, value_name = "NAME", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    as_test: Option<String>,
    /// With --as-test: write into this folder
    #[arg(long, value_name = "DIR", requires = "as_test")]
    dir: Option<PathBuf>,
    /// Shrink random losing cases, and print their sizes before and after
    #[arg(long, conflicts_with_all = ["case", "names", "files", "judge", "page", "to", "output", "as_test"])]
    statistics: bool,
    /// With --statistics: how many cases
    #[arg(long, value_name = "N", default_value_t = 1000, requires = "statistics", value_parser = clap::value_parser!(u64).range(1..=MOST_SEEDS))]
    cases: u64,
    /// With --statistics: the seed of the cases
    #[arg(long, default_value_t = 1, requires = "statistics")]
    seed: u64,
}

/// Shrinks and prints, or measures.
pub fn run(args: &Args) -> Outcome {
    let Some(argument) = &args.case else { return measure(args) };
    let known = args.which.versions.known()?;
    let entry = input::one_case(argument)?;
    let case = args.which.around.environment()?.of(&entry.case);
    // What cannot be written need not be shrunk.
    let folder = args.as_test.as_ref().map(|_| regression::folder(args.dir.as_deref())).transpose()?;
    listen()?;
    let signature = args.which.choose(&known, &entry.place, &case)?;
    let case = counted(signature.version(), &case);
    let shrunk = args.which.shrink(&case, signature);
    let placed = (args.schedule == Kind::Places).then(|| shrunk.by_place()).flatten();
    let result = placed.as_ref().unwrap_or(&shrunk.case);
    // Bytes have no places.
    let of = |form: Form| form.of(if form == Form::Bytes { &shrunk.case } else { result });
    let interrupted = STOP.load(Ordering::Relaxed);
    if let Some(path) = &args.output {
        let content = of(args.to.unwrap_or(Form::Text));
        write_or_tell(path, &content)?;
    }
    let test = args.as_test.as_deref().zip(folder).filter(|_| !interrupted);
    if let Some((name, folder)) = test {
        let name = Some(name).filter(|name| !name.is_empty());
        let written = regression::write(result, &shrunk.signature, name, &folder)?;
        note!("lostwrite: {} written", written.path.display());
        if !written.alarms.is_empty() {
            note!(
                "lostwrite: {} is believed correct and flagged: the test expects ok of it, and fails until that is so",
                written.alarms.join(", ")
            );
        }
    }
    match args.to {
        Some(form) if args.output.is_none() => {
            terminal::bytes(&of(form));
        }
        _ => print(args, &case, &shrunk, result),
    }
    if interrupted {
        note!("lostwrite: interrupted: this is the smallest case so far, and more of it may be able to go");
        return Ok(ExitCode::from(INTERRUPTED));
    }
    if !shrunk.complete {
        note!(
            "lostwrite: stopped after {} executions: this is the smallest case so far, and more of it may be able to go; \
             --executions allows more",
            shrunk.executions
        );
    }
    Ok(FINE)
}

fn print(args: &Args, before: &Case, shrunk: &Shrunk<'static>, result: &Case) {
    let (version, after) = (shrunk.signature.version(), &shrunk.case);
    let steps = |case: &Case| {
        let finding = trace(version, case).judges.of(shrunk.signature.judge());
        finding.map_or(0, |f| f.step())
    };
    println!("{result}\n");
    println!("{}", sizes((&Size::of(before), steps(before)), (&Size::of(after), steps(after))));
    let minimal = if shrunk.complete { "no single deletion shows the same" } else { "NOT a local minimum" };
    println!(
        "{}: {minimal}; {} of at most {} executions\n",
        shrunk.signature, shrunk.executions, args.which.executions
    );
    println!("{}", report(version, result));
}

/// Shrinks random losing cases, and prints what came of it.
fn measure(args: &Args) -> Outcome {
    listen()?;
    let template = "{elapsed_precise} {bar:40} {human_pos}/{human_len} cases, {eta} left";
    let bar = terminal::bar(args.cases, template);
    let limits = Limits { executions: args.which.executions, stop: Some(&STOP), progress: None };
    let samples = statistics(args.seed, args.cases as usize, &limits, || bar.inc(1));
    bar.finish_and_clear();
    println!("{} random losing cases, seed {}\n", samples.len(), args.seed);
    println!("{}", statistics_text(&samples).trim_end());
    if STOP.load(Ordering::Relaxed) {
        note!("lostwrite: interrupted after {} of {} cases", samples.len(), args.cases);
        return Ok(ExitCode::from(INTERRUPTED));
    }
    // Every result that was finished has to be a minimum.
    let wrong = samples.iter().find(|s| s.shrunk.complete && !s.minimal);
    if let Some(sample) = wrong {
        println!("NOT a local minimum: {} on {}, from {}", sample.shrunk.case, sample.version.name, sample.before);
        return Ok(super::unexpected());
    }
    Ok(FINE)
}
