//! `lostwrite convert`.

use super::{FINE, Outcome, input, terminal};
use corpus::{Case, bytes, json};
use std::io::Write as _;
use std::path::{Path, PathBuf};

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

/// Writes a whole file or nothing, and says what was expected if it cannot.
pub fn write_or_tell(path: &Path, content: &[u8]) -> Result<(), String> {
    write(path, content).map_err(|e| {
        format!(
            "{}: {e}; expected a place for a file, in a folder that exists and may be written to",
            path.display()
        )
    })
}

/// Writes a whole file or nothing.
pub fn write(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // A link is followed, as a plain write would.
    let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666)); // less the umask
    // The error is about the file that was asked for, not about the temporary one.
    let mut file = builder.tempfile_in(folder).map_err(|e| std::io::Error::from(e.kind()))?;
    file.write_all(content)?;
    file.persist(target)?;
    Ok(())
}
