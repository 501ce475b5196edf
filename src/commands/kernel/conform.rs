//! `lostwrite kernel conform`.

use super::super::{FINE, Outcome, unexpected};
use super::Machine;
use kernel::conform::{Compared, Difference, PER_BOOT, columns, compare, run as run_in_guest, shrink};
use kernel::draw::{MIXES, Mix, every, sequence};
use kernel::recording::Sequence;
use report::Table;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Which sequences.
#[derive(clap::Args)]
pub struct Drawn {
    /// How many sequences of each mix
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    count: u64,
    /// The seed that they are drawn from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Which operations they are drawn from; may be repeated. All, if none is named
    #[arg(long, value_name = "MIX", value_parser = clap::builder::PossibleValuesParser::new(MIXES.map(|mix| mix.name)))]
    mix: Vec<String>,
    /// Every sequence `W0 X1 .. Xn P0 R0` of the alphabet instead, up to that n
    #[arg(long, value_name = "N", conflicts_with_all = ["count", "seed", "mix"], value_parser = clap::value_parser!(u32).range(1..=7))]
    exhaust: Option<u32>,
    /// The operations of such a sequence
    #[arg(long, value_name = "OPERATIONS", default_value = "R W P D S I U", requires = "exhaust")]
    alphabet: String,
    /// The sequences of a file instead, one in each line
    #[arg(long, value_name = "FILE", conflicts_with_all = ["count", "seed", "mix", "exhaust"])]
    file: Option<PathBuf>,
    /// How long it may take; what was begun is ended
    #[arg(long, value_name = "SECONDS")]
    time: Option<u64>,
}

impl Drawn {
    /// Whether the time is over; says how far it came.
    pub fn is_over(&self, begun: Instant, name: &str, at: usize, of: usize) -> bool {
        let over = self.time.is_some_and(|limit| begun.elapsed() >= Duration::from_secs(limit));
        if over {
            note!("kernel: {name}: the time is over at {at} of {of}");
        } else {
            note!("kernel: {name}: {at} of {of}");
        }
        over
    }
}

/// Run sequences on a real kernel and on the model of it, and compare every value and every state.
#[derive(clap::Args)]
#[command(after_help = "Examples: lostwrite kernel conform --count 1000\n          \
    lostwrite kernel conform --mix fork --seed 7 --count 20000\n          \
    lostwrite kernel conform --exhaust 4 --alphabet 'R W P D S I U'\n\n\
    A sequence on which they do not agree is shortened, and printed with what each of them did. Exit code 1 if there is one.")]
pub struct Args {
    #[command(flatten)]
    drawn: Drawn,
    /// What the kernel is in the model, if it is neither as released nor built with --variant
    #[arg(long, value_name = "MUTANT")]
    model: Option<String>,
    /// How many differences to shorten and print
    #[arg(long, default_value_t = 10)]
    show: usize,
    #[command(flatten)]
    machine: Machine,
}

/// Runs the sequences, boot after boot, and prints where kernel and model do not agree.
pub fn run(args: &Args) -> Outcome {
    let guest = args.machine.guest(true)?;
    let variant = args.model.as_deref().or(args.machine.which.variant.as_deref()).unwrap_or("fixed");
    let mut table = Table::new(["sequences", "run", "states", "aside", "differ", "seconds"]);
    let mut differ: Vec<Difference> = Vec::new();
    let mut release = String::new();
    let all = Instant::now();
    for (name, sequences) in parts(&args.drawn)? {
        let (begun, mut total) = (Instant::now(), Compared::default());
        for (n, part) in sequences.chunks(PER_BOOT).enumerate() {
            if args.drawn.is_over(all, &name, n * PER_BOOT, sequences.len()) {
                break;
            }
            let answers = run_in_guest(&guest, part)?;
            let compared = compare(variant, guest.swap, part, &answers)?;
            release.clone_from(&answers.release);
            total.sequences += compared.sequences;
            total.states += compared.states;
            total.aside += compared.aside;
            total.differ.extend(compared.differ);
        }
        let numbers = [total.sequences, total.states, total.aside, total.differ.len()].map(|n| n.to_string());
        let [sequences, states, aside, differing] = numbers;
        table.row([name, sequences, states, aside, differing, begun.elapsed().as_secs().to_string()]);
        differ.extend(total.differ);
    }
    println!("Linux {release}, {variant}, swap on {}\n\n{table}", guest.swap);
    if differ.is_empty() {
        println!("kernel and model agree");
        return Ok(FINE);
    }
    println!("{} sequences on which kernel and model do not agree; the first, shortened:\n", differ.len());
    let first = &differ[..differ.len().min(args.show)];
    for found in first {
        note!("kernel: {}: {}", found.name, found.ops);
    }
    let both = |tried: &[Sequence]| compare(variant, guest.swap, tried, &run_in_guest(&guest, tried)?);
    for found in shrink(first, both, |open| note!("kernel: shortening {open}"))? {
        println!("{}: {}\n  kernel: {}\n  model:  {}\n", found.name, found.ops, found.kernel, found.model);
        let sequence = Sequence { name: found.name, ops: found.ops };
        let answers = run_in_guest(&guest, std::slice::from_ref(&sequence))?;
        let mut table = Table::new(["", "the page on the kernel", "in the model"]);
        for row in columns(variant, guest.swap, &sequence, &answers)? {
            table.row(row);
        }
        println!("{table}");
    }
    Ok(unexpected())
}

/// What is to be run, by name.
pub fn parts(args: &Drawn) -> Result<Vec<(String, Vec<Sequence>)>, String> {
    if let Some(path) = &args.file {
        let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let row = |(n, line): (usize, &str)| match sequence(line) {
            Ok(ops) => Ok(Sequence { name: format!("file-s0-{:05}", n + 1), ops }),
            Err(e) => Err(format!("{}, line {}: {e}", path.display(), n + 1)),
        };
        let all = lines.map(row).collect::<Result<Vec<_>, _>>()?;
        return Ok(vec![("file".to_owned(), all)]);
    }
    if let Some(length) = args.exhaust {
        let all = every(&args.alphabet, length)?.into_iter().enumerate();
        let named = all.map(|(n, ops)| Sequence { name: format!("every-s{length}-{n:07}"), ops });
        return Ok(vec![("every".to_owned(), named.collect())]);
    }
    let wanted = |mix: &&Mix| args.mix.is_empty() || args.mix.iter().any(|name| name == mix.name);
    let drawn = |mix: &Mix| {
        let of =
            |n| Sequence { name: format!("{}-s{}-{n:05}", mix.name, args.seed), ops: mix.sequence(args.seed, n) };
        (mix.name.to_owned(), (0..args.count).map(of).collect())
    };
    Ok(MIXES.iter().filter(wanted).map(drawn).collect())
}
