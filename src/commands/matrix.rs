//! `lostwrite matrix`.

use super::{FINE, Format, MOST_EXECUTIONS, Outcome, comparison, input, terminal, unexpected};
use corpus::Surface;
use explore::answers::cell::Effort;
use explore::answers::distinguish::Shard;
use explore::answers::matrix::{Matrix, MatrixOptions};
use impls::PERFECT;
use report::comparison::fingerprint;
use report::lookup;
use report::{matrix_json, matrix_junit, matrix_markdown, matrix_part_json, matrix_text};

/// Every version in every scenario: all interleavings of the scenario's programs, and whether the result is
/// expected.
#[derive(clap::Args)]
#[command(after_help = "Example: lostwrite matrix --hardware hw0 --impl v2 --impl v3\n\n\
    With your own version: lostwrite matrix --impl-file mine.listing\n\n\
    Exits with 1 if a cell is not as the table of expected verdicts says, or if anything is found on a version that the table does \
    not speak of: one of your own, or a mutant.")]
pub struct Args {
    #[command(flatten)]
    table: Table,
    /// Do this part of the cells, as 1/3; with --format json, `lostwrite merge` joins the parts
    #[arg(long, value_name = "I/N", value_parser = comparison::shard)]
    shard: Option<Shard>,
    /// How to print
    #[arg(long, default_value = "text", value_parser = Format::among(&[Format::Text, Format::Json, Format::Markdown, Format::Junit]))]
    format: Format,
}

/// Which tables.
#[derive(clap::Args)]
pub struct Table {
    /// The CPU; may be repeated, a table each; 'all' for every one
    #[arg(long, value_name = "HARDWARE", default_values_t = [PERFECT.to_owned()])]
    hardware: Vec<String>,
    /// The kernel around the versions: one release for all, so that only the operation differs, or 'native'
    /// for each one's own
    #[arg(long, default_value = "6.0")]
    kernel: String,
    /// Another value for a knob of the kernel, as NAME=VALUE; may be repeated
    #[arg(long = "knob", value_name = "NAME=VALUE")]
    knobs: Vec<String>,
    #[command(flatten)]
    versions: input::Versions<input::History>,
    /// How many states a program may have to be exhausted
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1..))]
    budget: u32,
    /// How many executions are drawn of a program that has more
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(..=MOST_EXECUTIONS))]
    samples: u64,
}

impl Table {
    /// The work that is asked for.
    pub fn options(&self) -> Result<MatrixOptions, String> {
        Ok(MatrixOptions {
            versions: self.versions.all()?,
            hardware: hardware(&self.hardware)?,
            kernel: if self.kernel == "native" { None } else { Some(lookup::kernel(&self.kernel)?) },
            knobs: input::knobs(&self.knobs)?,
            effort: Effort { budget: self.budget as usize, samples: self.samples },
        })
    }

    /// Does it, or a part of it, with a progress bar on a terminal.
    pub fn compute(&self, options: &MatrixOptions, part: Shard) -> Vec<Matrix> {
        let cells = options.hardware.len() * options.versions.len() * impls::Scenario::ALL.len();
        let bar = terminal::bar(cells as u64 / part.of, "{elapsed_precise} {bar:40} {pos}/{len} cells");
        let tables = explore::answers::matrix::matrix_part(options, part, || bar.inc(1));
        bar.finish_and_clear();
        tables
    }
}

/// Computes and prints the tables.
pub fn run(args: &Args) -> Outcome {
    let options = args.table.options()?;
    if args.shard.is_some() && !matches!(args.format, Format::Json) {
        return Err("a part of a matrix is for `lostwrite merge`; expected --format json with --shard".to_owned());
    }
    let part = args.shard.unwrap_or(Shard::ALL);
    let tables = args.table.compute(&options, part);
    match args.format {
        Format::Json if args.shard.is_some() => {
            let listings = fingerprint(options.versions.iter().copied());
            let work = format!("{} {} {:?} {listings}", args.table.budget, args.table.samples, args.table.knobs);
            println!("{}", matrix_part_json(&tables, part, &work));
        }
        Format::Json => println!("{:#}", matrix_json(&tables)),
        Format::Markdown => print!("{}", matrix_markdown(&tables)),
        Format::Junit => print!("{}", matrix_junit(&tables)?),
        _ => print!("{}", matrix_text(&tables)),
    }
    Ok(if tables.iter().all(Matrix::is_fine) { FINE } else { unexpected() })
}

fn hardware(names: &[String]) -> Result<Vec<Surface>, String> {
    if names.iter().any(|n| n == "all") {
        return Ok(corpus::surfaces());
    }
    names.iter().map(|name| lookup::surface(name)).collect()
}
