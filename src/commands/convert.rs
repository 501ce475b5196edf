//! `lostwrite convert`.

use super::corpus::convert as corpus_folder;
use super::output::write_or_tell;
use super::{FINE, Outcome, input, terminal};
use corpus::{Case, bytes, json};
use oracle::{by_place, resolve};
use std::path::{Path, PathBuf};

/// Convert a case between text, JSON and bytes, and its schedule between steps and places. The form of the
/// input is recognised.
#[derive(clap::Args)]
#[command(after_help = "Examples: lostwrite convert --to json 'W0 D0'\n          \
    lostwrite convert --to bytes -o seed.bin 'W0 D0'\n          \
    lostwrite convert --schedule places --impl v1 'cpu0: W0 F0 I0 D0 | cpu1: W0 | schedule: 0*26 1*3'")]
pub struct Args {
    /// A file (text, JSON or bytes), a folder of them, or a case
    case: String,
    /// The form to convert to
    #[arg(long, value_enum, default_value_t = Form::Text)]
    to: Form,
    /// Convert the schedule to one that counts steps, or to one that names places: what that is depends on
    /// the version
    #[arg(long, value_enum)]
    schedule: Option<Kind>,
    /// The version that the schedule is converted on
    #[arg(long = "impl", value_name = "VERSION")]
    version: Option<String>,
    #[command(flatten)]
    files: input::Files,
    /// Write here instead of to the standard output; of a folder, a file for each case into this new one
    #[arg(long, short, value_name = "FILE|FOLDER")]
    output: Option<PathBuf>,
}

/// A form of a case.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Form {
    /// A line of text
    Text,
    /// JSON
    Json,
    /// What fuzzers mutate
    Bytes,
}

/// A kind of schedule.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// Who runs until where: 0 to ClearPte, 1 op, 0 end
    Places,
    /// Who does how many steps: 0*26 1*3
    Steps,
}

impl Form {
    /// A case in this form. Only a schedule that counts steps has bytes.
    pub fn of(self, case: &Case) -> Vec<u8> {
        match self {
            Form::Text => format!("{case}\n").into_bytes(),
            Form::Json => with_newline(json::to_json(case)),
            Form::Bytes => bytes::encode(case),
        }
    }
}

/// Converts. Text takes any number of cases, the other forms one.
pub fn run(args: &Args) -> Outcome {
    let names: Vec<_> = args.version.iter().cloned().collect();
    args.files.known()?;
    let folder = Path::new(&args.case);
    if folder.is_dir() {
        return match (&args.output, args.schedule) {
            (_, Some(_)) => Err(format!("{}: --schedule is for one file; expected none with a folder", args.case)),
            (None, _) => Err(format!("{} is a folder; expected --output and a new folder to write to", args.case)),
            (Some(out), None) => corpus_folder(folder, args.to, out),
        };
    }
    // Asked for only where it is needed.
    let version = || {
        match args.files.exactly::<1>(&names) {
        Ok([version]) => Ok(version),
        Err(_) if names.is_empty() && args.files.is_empty() => Err("the schedule by place and the one that counts steps belong to a \
                                                                   version; name it with --impl VERSION or --impl-file FILE"
            .to_owned()),
        Err(e) => Err(e),
    }
    };
    let form = |case: &Case| match (args.schedule, args.to) {
        (Some(Kind::Places), Form::Bytes) => {
            Err("bytes have no schedule by place; leave --schedule out, or convert to text or json".to_owned())
        }
        (Some(Kind::Places), form) => Ok(form.of(&by_place(version()?, case))),
        (None, Form::Text | Form::Json) => Ok(args.to.of(case)),
        _ if !case.schedule.is_by_place() => Ok(args.to.of(case)),
        (_, form) => {
            let resolved = resolve(version()?, case);
            if let Some(stopped) = resolved.stopped {
                note!("lostwrite: {stopped}");
            }
            Ok(form.of(&resolved.case))
        }
    };
    let content = match args.to {
        Form::Text => {
            let lines = input::cases(&args.case)?.entries;
            lines.iter().map(|e| form(&e.case)).collect::<Result<Vec<_>, String>>()?.concat()
        }
        _ => form(&input::one_case(&args.case)?.case)?,
    };
    match &args.output {
        Some(path) => write_or_tell(path, &content)?,
        None => terminal::bytes(&content),
    }
    Ok(FINE)
}

fn with_newline(text: String) -> Vec<u8> {
    (text + "\n").into_bytes()
}
