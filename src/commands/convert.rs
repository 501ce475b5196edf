//! `lostwrite convert`.

use super::output::write_or_tell;
use super::{FINE, Outcome, input, terminal};
use corpus::{Case, bytes, json};
use std::path::PathBuf;

/// Convert a case between text, JSON and bytes. The form of the input is recognised.
#[derive(clap::Args)]
#[command(after_help = "Examples: lostwrite convert --to json 'W0 D0'\n          \
    lostwrite convert --to bytes -o seed.bin 'W0 D0'")]
pub struct Args {
    /// A file (text, JSON or bytes), or a case
    case: String,
    /// The form to convert to
    #[arg(long, value_enum, default_value_t = Form::Text)]
    to: Form,
    /// Write here instead of to the standard output
    #[arg(long, short, value_name = "FILE")]
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

impl Form {
    /// A case in this form.
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
    let content = match args.to {
        Form::Text => {
            let lines = input::cases(&args.case)?.entries;
            lines.iter().flat_map(|e| Form::Text.of(&e.case)).collect()
        }
        form => form.of(&input::one_case(&args.case)?.case),
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
