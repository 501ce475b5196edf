//! `lostwrite check`.

mod change;
mod excused;
mod ignored;
mod needless;
mod source;
mod unlooked;

use super::format::Format;
use super::interrupt::{INTERRUPTED, STOP, listen};
use super::kernel::confirm::of_patch;
use super::lift::{release, table};
use super::output::text_or_tell;
use super::report::written;
use super::{FINE, MOST_THREADS, Outcome, input, terminal, unexpected};
use corpus::{Case, Environment};
use explore::answers::check::{CheckOptions, CheckProgress, Checked, Stage, check};
use explore::released::judged_as;
use impls::Version;
use oracle::conform_version;
use report::{
    Caveats, Level, Witness, check_json, check_json_same, check_junit, check_text, finding_html_with,
    finding_text, sarif_log_with,
};
use source::{Asked, Kind, Lifting, Nothing, Question, kind};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Check functions of the kernel, as listings, as C, or as a patch changes them: does one lose a store, or
/// show stale data, where what it replaces does not?
///
/// Each file is a version of its own; C is lifted to listings first (`lostwrite lift`). A listing or a C file
/// is compared with the kernel as released, or with --base; a patch or a commit with what was there before.
/// Programs of the operations that run its functions are tried in order of size, each with all its
/// interleavings; then those that come with lostwrite; then longer ones at random.
#[derive(clap::Args)]
#[command(after_help = "Examples: lostwrite check mine.listing --time 30\n          \
    lostwrite check 0001-my.patch --tree ~/linux\n          \
    lostwrite check HEAD --tree ~/linux\n          \
    lostwrite check ~/linux/mm/rmap.c --function try_to_unmap_one\n\n\
    A file to start from: lostwrite explain try_to_unmap_one --format listing > mine.listing\n\n\
    The linter's warnings are on the standard error. Exits with 0 if nothing was found, with 1 if something was, with 2 if a \
    file cannot be read or a function cannot be lifted, with 3 if some of a change is not looked at, and nothing was found in the rest.")]
pub struct Args {
    /// Listings (text or JSON), C files of the kernel, patches, or commits of the tree
    #[arg(value_name = "FILE|COMMIT", required = true)]
    files: Vec<String>,
    /// The sources of the kernel that patches apply to and commits are in; nothing is written there
    #[arg(long, value_name = "FOLDER")]
    tree: Option<String>,
    /// Of C, patches and commits, only this function; may be repeated
    #[arg(long = "function", value_name = "FUNCTION")]
    functions: Vec<String>,
    /// What a C file is compared with: a version, or another C file; if not given, the kernel as released
    #[arg(long, value_name = "VERSION|FILE")]
    base: Option<String>,
    /// Build the tree with the patch, and force what is found on it (`lostwrite kernel confirm`)
    #[arg(long, requires = "tree")]
    confirm: bool,
    /// More rows for the table of kernel names (`lostwrite lift --help`); may be repeated
    #[arg(long = "table", value_name = "FILE")]
    tables: Vec<String>,
    /// A function that C calls and nobody knows: take it as having no effect; may be repeated
    #[arg(long, value_name = "NAME")]
    accept: Vec<String>,
    /// Write the listings that were lifted here
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// CONFIG options that #ifdef asks for, such as the .config of a kernel
    #[arg(long, value_name = "FILE")]
    config: Option<String>,
    /// The release of the source, such as 6.12 or 7.3.4, or of the kernel around a listing; as the Makefile
    /// of the tree or the listing says, if not given
    #[arg(long, value_name = "RELEASE", value_parser = release)]
    kernel: Option<String>,
    #[command(flatten)]
    machine: input::Machine,
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

const FORMATS: &[Format] = &[Format::Text, Format::Mail, Format::Html, Format::Json, Format::Junit, Format::Sarif];

/// Exit code 3: some of a change is not looked at.
const UNTOUCHED: u8 = 3;

/// Checks each file and prints what was found.
pub fn run(args: &Args) -> Outcome {
    let (listings, lifted): (Vec<_>, Vec<_>) =
        args.files.iter().cloned().partition(|file| kind(file, args.tree.is_some()) == Kind::Listing);
    if args.confirm && !(args.files.len() == 1 && kind(&args.files[0], true) == Kind::Patch) {
        return Err("--confirm builds a tree with a patch; expected one patch".to_owned());
    }
    let mut known = input::known(&listings, &args.judged)?;
    let environment = args.machine.environment(args.kernel.as_deref().map(lift::profile))?;
    let lifting = Lifting {
        tree: args.tree.as_deref(),
        functions: &args.functions,
        base: args.base.as_deref(),
        release: args.kernel.as_deref(),
        table: table(&args.tables, args.config.as_deref())?,
        accept: &args.accept,
        out: args.out.as_deref(),
    };
    if lifted.is_empty() {
        args.none_for_c()?;
    }
    let run_as = args.kernel.as_deref().and_then(lift::run_as);
    let of_listing = |version: &'static Version| Question {
        version,
        base: impls::released(environment.kernel.unwrap_or(version.kernel)),
        against_base: false,
        notes: run_as.iter().cloned().collect(),
        listings: Vec::new(),
        subject: None,
        caveats: Caveats::default(),
        run_as: run_as.clone(),
    };
    let mut questions: Vec<Question> = known.own().iter().map(|version| of_listing(version)).collect();
    let (mut refused, mut caveats) = (Vec::new(), Caveats::default());
    for file in &lifted {
        match lifting.ask(file, &mut known)? {
            Asked::Question(question, not_lifted) => {
                questions.push(*question);
                refused.extend(not_lifted);
            }
            Asked::Nothing(nothing) => {
                say_nothing(args.format, &nothing);
                caveats.extend(nothing.caveats);
            }
            Asked::Refused(problems) => refused.extend(problems),
        }
    }
    if let Some(n) = args.threads {
        rayon::ThreadPoolBuilder::new().num_threads(n.into()).build_global().map_err(|e| e.to_string())?;
    }
    listen()?;
    if let Some(out) = &args.out {
        std::fs::create_dir_all(out).map_err(|e| format!("{}: {e}; expected a folder", out.display()))?;
        for (name, text) in questions.iter().flat_map(|q| &q.listings) {
            text_or_tell(&out.join(name), text)?;
        }
    }
    let mut found = false;
    let mut looked = Vec::new();
    for question in &questions {
        let (checked, witness, beside) = look(args, &environment, question)?;
        caveats.extend(beside);
        found |= witness.is_some();
        looked.push((question.version, checked, witness));
        if STOP.load(Ordering::Relaxed) {
            note!("lostwrite: interrupted: more may be found in the time that was left");
            return Ok(ExitCode::from(INTERRUPTED));
        }
    }
    match args.format {
        Format::Junit => print!("{}", check_junit(&looked, &refused, &caveats)?),
        Format::Sarif => {
            let found: Vec<_> = looked.iter().filter_map(|(.., w)| Some((w.as_ref()?, Level::Error))).collect();
            println!("{:#}", sarif_log_with(&found, &caveats.lines().collect::<Vec<_>>()));
        }
        _ => {}
    }
    if args.format != Format::Text {
        caveats.lines().for_each(|what| eprintln!("lostwrite: {what}"));
    }
    if found {
        refused.iter().for_each(|problem| note!("lostwrite: not checked: {problem}"));
        return Ok(unexpected());
    }
    if !refused.is_empty() {
        return Err(refused.join("\n"));
    }
    Ok(if caveats.unlooked.is_empty() { FINE } else { ExitCode::from(UNTOUCHED) })
}

impl Args {
    /// What asks for something of C must not be taken and ignored.
    fn none_for_c(&self) -> Result<(), String> {
        let given = [
            ("--tree", self.tree.is_some()),
            ("--function", !self.functions.is_empty()),
            ("--base", self.base.is_some()),
            ("--table", !self.tables.is_empty()),
            ("--accept", !self.accept.is_empty()),
            ("--config", self.config.is_some()),
            ("--out", self.out.is_some()),
        ];
        match given.iter().find(|(_, given)| *given) {
            None => Ok(()),
            Some((option, _)) => Err(format!(
                "{option} is for C, patches and commits, and {} is a listing; expected one of those, or no {option}",
                self.files[0]
            )),
        }
    }
}

/// Says that a change does nothing.
fn say_nothing(format: Format, nothing: &Nothing) {
    match format {
        Format::Junit | Format::Sarif => {}
        Format::Json => {
            println!("{}", check_json_same(&nothing.name, nothing.kernel, &nothing.functions, &nothing.caveats));
        }
        _ => {
            nothing.notes.iter().for_each(|note| println!("{note}"));
            nothing.caveats.lines().for_each(|what| println!("{what}"));
        }
    }
}

/// Looks at a version, and prints what was found.
fn look(
    args: &Args,
    environment: &Environment,
    question: &Question,
) -> Result<(Checked, Option<Witness>, Caveats), String> {
    let version = question.version;
    let options = CheckOptions {
        version,
        released: Box::leak(Box::new(judged_as(version, question.base))),
        against_base: question.against_base,
        environment: environment.clone(),
        time: Duration::from_secs_f64(args.time),
        ops: args.ops.into(),
        budget: args.budget as usize,
        seed: args.seed,
        stop: &STOP,
    };
    if args.format == Format::Text {
        question.subject.iter().for_each(|subject| println!("patch: {subject}"));
        question.notes.iter().for_each(|note| println!("{note}"));
    }
    let began = Instant::now();
    let checked = with_progress(&options);
    let took = began.elapsed();
    let mut witness = checked
        .flagged
        .as_ref()
        .map(|flagged| Witness::with(version, options.released, &flagged.case, Some(flagged.judge)));
    if let (true, Some(found), Some(tree)) = (args.confirm, &mut witness, &args.tree) {
        // What is found first need not be what a guest can be held to: a recorded sequence may lose too.
        let cases: Vec<_> = std::iter::once(found.case.clone()).chain(recorded_loss(version)).collect();
        found.tried = Some(of_patch(tree, &args.files[0], version, &cases)?);
    }
    let mut caveats = question.caveats.clone();
    // Of what was there before, the whole change is what is new; a release is judged as it is.
    if question.against_base && checked.flagged.is_none() && !STOP.load(Ordering::Relaxed) {
        caveats.excused = excused::sentences(&options, took);
    }
    print(args.format, &options, &checked, witness.as_ref(), &caveats);
    if args.format == Format::Text {
        recorded(version);
    }
    if args.format == Format::Text && question.against_base && checked.flagged.is_none() {
        needless::sentences(&options, &checked, took).iter().for_each(|said| println!("{}: {said}", version.name));
    }
    match (args.format, &witness) {
        (Format::Mail, Some(_)) => appendix(question, &caveats),
        (Format::Text, _) | (Format::Mail | Format::Html, None) => {
            caveats.lines().for_each(|what| println!("{}: {what}", version.name));
        }
        _ => {}
    }
    if args.out.is_none() && args.format == Format::Text && witness.is_some() && !question.listings.is_empty() {
        println!("({}: --out FOLDER writes what was lifted)", version.file.unwrap_or(version.name));
    }
    if args.format == Format::Text
        && let Some(tried) = witness.as_ref().and_then(|witness| witness.tried.as_ref())
    {
        println!("{}: {}", version.name, tried.sentence());
    }
    Ok((checked, witness, caveats))
}

/// The shortest recorded sequence that the release does not lose, and the version does.
fn recorded_loss(version: &'static Version) -> Option<Case> {
    let files = corpus::ground_truth();
    let reports = files.iter().filter(|(name, _)| name.ends_with(".tsv"));
    let reports = reports.filter_map(|(name, text)| conform_version(version, name, text).ok());
    let lost =
        reports.flat_map(|report| report.disagree).filter(|d| d.kernel == "ok" && d.model.starts_with("LOST"));
    let shortest = lost.min_by_key(|d| d.ops.len())?;
    let case = corpus::text::parse(&shortest.ops, 1).ok()?;
    Some(Environment { kernel: Some(version.kernel), ..Environment::default() }.of(&case))
}

/// Says how far a version does what was recorded of the release that it is run in, if something was.
fn recorded(version: &'static Version) {
    let files = corpus::ground_truth();
    let reports = files.iter().filter(|(name, _)| name.ends_with(".tsv"));
    let reports: Vec<_> = reports.filter_map(|(name, text)| conform_version(version, name, text).ok()).collect();
    let agree: usize = reports.iter().map(|report| report.agree).sum();
    let all: Vec<_> = reports.iter().flat_map(|report| &report.disagree).collect();
    if agree + all.len() == 0 {
        return;
    }
    let first = all.first().map_or_else(String::new, |d| {
        format!("; the first: {} {}: the kernel {}, this {}", d.case, d.ops, d.kernel, d.model)
    });
    println!(
        "{}: {agree} rows recorded of {} agree, {} disagree{first}",
        version.name,
        version.kernel.name(),
        all.len()
    );
}

/// What whoever gets the mail needs to run it again.
fn appendix(question: &Question, caveats: &Caveats) {
    question.subject.iter().for_each(|subject| println!("\nThe patch: {subject}"));
    question.run_as.iter().for_each(|run_as| println!("\nThe release: {run_as}"));
    for what in caveats.lines() {
        println!("\n{what}");
    }
    for (name, text) in &question.listings {
        println!("\n{name}:\n\n{}", text.trim_end());
    }
}

fn print(format: Format, options: &CheckOptions, checked: &Checked, witness: Option<&Witness>, caveats: &Caveats) {
    let shown = witness.filter(|w| w.finding().is_some());
    match (format, shown) {
        // These are of all files together.
        (Format::Junit | Format::Sarif, _) => {}
        (Format::Json, _) => println!("{}", check_json(options, checked, witness, caveats)),
        (Format::Html, Some(witness)) => {
            print!("{}", finding_html_with(witness, &caveats.lines().collect::<Vec<_>>()));
        }
        (Format::Mail, Some(witness)) => print!("{}", written(witness, format)),
        (_, Some(witness)) => {
            let text = check_text(options, checked, Some(witness));
            // The verdict first and last: what is between is long.
            let verdict = text.lines().last().unwrap_or_default();
            print!("{verdict}\n\n{}\n{text}", finding_text(witness));
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
