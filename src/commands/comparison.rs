//! What `distinguish`, `ablate` and `merge` share: limits, long work with a journal, progress, and how
//! results are printed.

use super::format::{FOR_PROGRAMS, Format};
use super::interrupt::{INTERRUPTED, STOP, listen};
use super::{FINE, Outcome, input, terminal};
use corpus::Case;
use explore::answers::distinguish::{Record, Shard};
use explore::journal::Journal;
use indicatif::ProgressBar;
use report::comparison::{Comparison, Limits, Line, Part, Question};
use report::separation_text;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Which programs.
#[derive(clap::Args)]
pub struct Programs {
    /// At most so many operations in all
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=12))]
    ops: u8,
    /// At most so many actors
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=4))]
    actors: u8,
    /// On so many pages
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=3))]
    pages: u8,
    /// What CPUs do, in letters; if not given, loads and stores, reclaim, references and pins, discards, and
    /// the operations that run what differs between the versions
    #[arg(long, value_name = "LETTERS")]
    alphabet: Option<String>,
    /// Let kswapd or a DMA device take part too; may be repeated
    #[arg(long = "with", value_name = "kswapd|dma")]
    others: Vec<String>,
    /// A machine to start from, as the options of a case, such as 'shared=0'; may be repeated; if not given:
    /// '', 'shared=0', and for versions that split large folios 'large=0' and 'shared=0 large=1'
    #[arg(long = "start", value_name = "OPTIONS")]
    starts: Vec<String>,
    #[command(flatten)]
    around: input::Around,
    /// How many states a program may have on a version; programs with more are counted and left out
    #[arg(long, default_value_t = 200_000, value_parser = clap::value_parser!(u32).range(1..))]
    budget: u32,
}

/// How the work is done.
#[derive(clap::Args)]
pub struct Work {
    /// Do this part of the work, as 1/3: the results of all parts are joined by `lostwrite merge`
    #[arg(long, value_name = "I/N", value_parser = shard)]
    shard: Option<Shard>,
    /// Write down what is done, after each 256 programs
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
    /// Go on with what the journal says is done
    #[arg(long, requires = "journal")]
    resume: bool,
    /// How to print; JSON is what `merge` joins
    #[arg(long, default_value = "text", value_parser = Format::among(FOR_PROGRAMS))]
    format: Format,
}

/// Where no terminal shows the bar, a line comes this often.
const LINES: Duration = Duration::from_secs(30);

/// Answers a question about versions and prints the answer.
pub fn run(subject: &Comparison, ablates: bool, programs: &Programs, work: &Work) -> Outcome {
    let limits = Limits {
        ops: programs.ops.into(),
        actors: programs.actors.into(),
        pages: programs.pages.into(),
        alphabet: programs.alphabet.iter().flat_map(|a| a.split_whitespace()).map(str::to_owned).collect(),
        others: programs.others.clone(),
        starts: programs.starts.clone(),
        budget: programs.budget as usize,
    };
    let (question, bounds) = Question::new(subject, ablates, &limits, &programs.around.environment()?)?;
    let shard = work.shard.unwrap_or(Shard::ALL);
    let (mut journal, mut records) = open(work, &question, shard, subject.rivals.len())?;
    listen()?;
    let progress = Progress::new(&question, shard, &records);
    let mut failed = None;
    let over = question.job(subject, &bounds, shard).run(
        &records.clone(),
        || !STOP.load(Ordering::Relaxed),
        |case, states| progress.program(case, states),
        |record| {
            if let Some(journal) = &mut journal
                && let Err(e) = journal.put(&Line::Chunk(record.clone()))
            {
                failed = Some(e);
                return ControlFlow::Break(());
            }
            records.push(record);
            ControlFlow::Continue(())
        },
    );
    progress.bar.finish_and_clear();
    if let Some(message) = failed {
        return Err(message);
    }
    let part = Part { question, shard, records };
    match work.format {
        Format::Json => println!("{}", serde_json::to_string(&part).map_err(|e| e.to_string())?),
        _ => {
            if shard.of > 1 {
                println!(
                    "part {} of {}: join the results of all parts (--format json) with `lostwrite merge`",
                    shard.index + 1,
                    shard.of
                );
            }
            print(subject, shard.of, &[part]);
        }
    }
    if over.is_break() {
        let again = if work.journal.is_some() {
            "the same command with --resume goes on"
        } else {
            "without a --journal, all of it is lost"
        };
        note!("lostwrite: interrupted; {again}");
        return Ok(ExitCode::from(INTERRUPTED));
    }
    Ok(FINE)
}

/// Prints what parts of so many say; whether all of it is there.
pub fn print(subject: &Comparison, of: u64, parts: &[Part]) -> bool {
    let question = &parts[0].question;
    let records: Vec<_> = parts.iter().flat_map(|p| p.records.iter().map(|r| (p.shard, r.clone()))).collect();
    let answers = question.answers(subject.rivals.len(), of, &records);
    print!("{}", separation_text(question, subject, &answers));
    answers.finished()
}

/// The journal, if there is one, and what it says is done.
fn open(
    work: &Work,
    question: &Question,
    shard: Shard,
    rivals: usize,
) -> Result<(Option<Journal>, Vec<Record>), String> {
    let Some(path) = &work.journal else { return Ok((None, Vec::new())) };
    let (mut journal, lines) = Journal::open(path, "go on with --resume")?;
    let lines =
        lines.read::<Line>().map_err(|e| format!("{}: the journal cannot be read: {e}", path.display()))?;
    let mut records = Vec::new();
    let mut begun = false;
    for (_, line) in lines {
        match line {
            Line::Question { question: theirs, shard: their_shard } => {
                if theirs != *question || their_shard != shard {
                    return Err(format!(
                        "{}: the journal is of another question, version or part; expected one of this command, or a new file",
                        path.display()
                    ));
                }
                begun = true;
            }
            // What stands before its question is of nobody knows what.
            Line::Chunk(record) if begun => {
                let checked = record.checked(question.programs, rivals);
                records.push(checked.map_err(|e| format!("{}: {e}; expected another file", path.display()))?);
            }
            Line::Chunk(_) => {}
        }
    }
    if begun && !work.resume {
        return Err(format!(
            "{}: the journal holds {} chunks already; --resume goes on with them, another file begins anew",
            path.display(),
            records.len()
        ));
    }
    if !begun {
        journal.put(&Line::Question { question: question.clone(), shard })?;
    }
    Ok((Some(journal), records))
}

/// `1/3` is the first of three parts.
pub fn shard(text: &str) -> Result<Shard, String> {
    let parts = text.split_once('/').and_then(|(i, n)| Some((i.parse::<u64>().ok()?, n.parse::<u64>().ok()?)));
    match parts {
        Some((i, of)) if i >= 1 && i <= of => Ok(Shard { index: i - 1, of }),
        _ => Err(format!("expected I/N with I from 1 to N, such as 1/3, found '{text}'")),
    }
}

/// A bar on a terminal, a line now and then elsewhere.
struct Progress {
    bar: ProgressBar,
    began: Instant,
    states: AtomicU64,
    programs: AtomicU64,
    said: Mutex<Instant>,
}

impl Progress {
    fn new(question: &Question, shard: Shard, done: &[Record]) -> Progress {
        let template = "{elapsed_precise} {bar:30} {pos}/{len} programs, {msg}";
        let bar = terminal::bar(question.programs / shard.of, template);
        bar.set_position(done.iter().map(|r| r.programs).sum());
        let now = Instant::now();
        Progress { bar, began: now, states: AtomicU64::new(0), programs: AtomicU64::new(0), said: Mutex::new(now) }
    }

    /// A program is done: where the work has come to, how fast, and with how much memory.
    fn program(&self, case: &Case, states: u64) {
        let states = self.states.fetch_add(states, Ordering::Relaxed) + states;
        let programs = self.programs.fetch_add(1, Ordering::Relaxed) + 1;
        self.bar.inc(1);
        let Ok(mut said) = self.said.try_lock() else { return };
        let every = if self.bar.is_hidden() { LINES } else { Duration::from_millis(200) };
        if said.elapsed() < every {
            return;
        }
        *said = Instant::now();
        let seconds = self.began.elapsed().as_secs_f64();
        let memory = memory_stats::memory_stats().map_or(0, |m| m.physical_mem) >> 20;
        let line = format!("{:.0} states/s, {memory} MiB, at {case}", states as f64 / seconds);
        if self.bar.is_hidden() {
            note!("{programs} programs in {seconds:.0} s, {line}");
        } else {
            self.bar.set_message(line);
        }
    }
}
