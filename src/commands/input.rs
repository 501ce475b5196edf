//! What the subcommands take as input: a case in place, or a file.

use corpus::{Case, CaseFile, Entry, Environment, Knob, Surface};
use impls::Version;
use lostwrite::named::{kernel, surface};
use model::Profile;
use std::path::Path;

/// The cases of an argument: a file if there is one of that name, else a case in the text or JSON form.
pub fn cases(argument: &str) -> Result<CaseFile, String> {
    let path = Path::new(argument);
    if path.is_file() {
        let content =
            std::fs::read(path).map_err(|e| unreadable(path, &e, "a file of cases (text, JSON or bytes)"))?;
        return corpus::load(argument, &content).map_err(|e| e.to_string());
    }
    let looks_like_a_path = !argument.contains(char::is_whitespace)
        && (argument.contains('/') || path.extension().is_some_and(|e| e.len() > 1));
    if looks_like_a_path && !argument.trim_start().starts_with('{') {
        return Err(format!(
            "{argument}: no such file (expected a file, or a case such as 'W0 P0 R0 W0 D0 P0 R0')"
        ));
    }
    corpus::load("case", argument.as_bytes()).map_err(|e| e.to_string())
}

/// Why a file cannot be read, and what it was expected to be.
pub fn unreadable(path: &Path, e: &std::io::Error, expected: &str) -> String {
    format!("{}: {e}; expected {expected}", path.display())
}

/// The single case of an argument.
pub fn one_case(argument: &str) -> Result<Entry, String> {
    one(cases(argument)?.entries, argument)
}

fn one<T>(mut all: Vec<T>, argument: &str) -> Result<T, String> {
    match (all.len(), all.pop()) {
        (1, Some(only)) => Ok(only),
        (n, _) => Err(format!(
            "{argument}: expected one case, found {n}; give one of them in quotes, or a file that holds one"
        )),
    }
}

/// Knobs and their values, each as NAME=VALUE.
pub fn knobs(words: &[String]) -> Result<Vec<(&'static Knob, usize)>, String> {
    words.iter().map(|word| knob(word)).collect()
}

fn knob(word: &str) -> Result<(&'static Knob, usize), String> {
    let (name, value) = word
        .split_once('=')
        .ok_or_else(|| format!("expected a knob as NAME=VALUE, such as swap-in=writable-clean, found '{word}'"))?;
    let knob = corpus::knob(name).ok_or_else(|| {
        let names: Vec<_> = corpus::KNOBS.iter().map(|k| k.name).collect();
        format!("unknown knob '{name}'; known are {}", names.join(", "))
    })?;
    let value = knob
        .values
        .iter()
        .position(|v| *v == value)
        .ok_or_else(|| format!("expected {name}={}, found '{value}'", knob.values.join("|")))?;
    Ok((knob, value))
}

/// What to run on what, and in which surroundings.
#[derive(clap::Args)]
pub struct Runs {
    /// A file of cases (text, JSON or bytes), or a case
    case: String,
    /// Run on this version instead of the four of the thread; may be repeated
    #[arg(long = "impl", value_name = "VERSION")]
    versions: Vec<String>,
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    around: Around,
}

impl Runs {
    /// The versions.
    pub fn versions(&self) -> Result<Vec<&'static Version>, String> {
        versions_or_thread(&self.versions, &self.files)
    }

    /// The cases, in the surroundings that the arguments name.
    pub fn cases(&self) -> Result<Vec<Case>, String> {
        let environment = self.around.environment()?;
        let of = |case: Case| if environment.is_empty() { case } else { environment.of(&case) };
        Ok(cases(&self.case)?.entries.into_iter().map(|entry| of(entry.case)).collect())
    }

    /// The case, if there is one.
    pub fn one_case(&self) -> Result<Case, String> {
        one(self.cases()?, &self.case)
    }
}

/// What surrounds the operation, whatever the case says.
#[derive(clap::Args)]
pub struct Around {
    /// The kernel around the operation, whatever the case says
    #[arg(long, value_name = "RELEASE", value_parser = kernel)]
    kernel: Option<Profile>,
    /// The CPU, whatever the case says
    #[arg(long, value_name = "HARDWARE", value_parser = surface)]
    hardware: Option<Surface>,
    /// A knob of the kernel, whatever the case or the release says, as NAME=VALUE; may be repeated
    #[arg(long = "knob", value_name = "NAME=VALUE")]
    knobs: Vec<String>,
}

impl Around {
    /// The environment that the arguments name.
    pub fn environment(&self) -> Result<Environment, String> {
        Ok(Environment { kernel: self.kernel, surface: self.hardware, knobs: knobs(&self.knobs)? })
    }
}

/// Versions that are not built in.
#[derive(clap::Args)]
pub struct Files {
    /// A version of your own as JSON, beside the others; may be repeated (start from `explain v3 --format json`)
    #[arg(long = "impl-file", value_name = "FILE")]
    files: Vec<String>,
}

/// Versions by name, and then those of the files that are not named. A file's version can be named like any other.
pub fn versions(names: &[String], files: &Files) -> Result<Vec<&'static Version>, String> {
    let mut loaded: Vec<&'static Version> = Vec::new();
    for file in &files.files {
        let version = load(file)?;
        if self::version(version.name).is_ok() || loaded.iter().any(|v| v.name == version.name) {
            return Err(format!(
                "{file}: $.name: there is a version '{}' already; expected another name",
                version.name
            ));
        }
        loaded.push(version);
    }
    let mut versions = Vec::new();
    for name in names {
        match loaded.iter().find(|v| v.name == name) {
            Some(version) => versions.push(*version),
            None => versions.push(version(name)?),
        }
    }
    let unnamed = loaded.into_iter().filter(|v| !names.iter().any(|n| n == v.name));
    versions.extend(unnamed);
    Ok(versions)
}

/// The same, for a command that takes so many.
pub fn exactly<const N: usize>(names: &[String], files: &Files) -> Result<[&'static Version; N], String> {
    let versions = versions(names, files)?;
    let found = versions.len();
    versions.try_into().map_err(|_| {
        let s = if N == 1 { "" } else { "s" };
        format!("expected {N} version{s} (names, --impl-file, or both), found {found}")
    })
}

/// The same, for a command that takes any number: those of the thread if there is none.
pub fn versions_or_thread(names: &[String], files: &Files) -> Result<Vec<&'static Version>, String> {
    let versions = versions(names, files)?;
    Ok(if versions.is_empty() { impls::thread() } else { versions })
}

/// A version from a file, for the rest of the program's life. What it may lose is said, and no error.
fn load(path: &str) -> Result<&'static Version, String> {
    let expected = "a version as JSON, such as `lostwrite explain v3 --format json` prints";
    let json = std::fs::read_to_string(path).map_err(|e| unreadable(Path::new(path), &e, expected))?;
    let loaded = impls::file::read(&json).map_err(|e| {
        let lines = e.to_string();
        lines.lines().map(|line| format!("{path}: {line}")).collect::<Vec<_>>().join("\n")
    })?;
    for warning in &loaded.warnings {
        note!("lostwrite: {path}: warning: {warning}");
    }
    let mut version = loaded.version;
    version.file = Some(path.to_owned().leak());
    Ok(Box::leak(Box::new(version)))
}

/// A version or mutant by name; `v3/drop 12` is what `lostwrite mutants` makes of v3 there.
pub fn version(name: &str) -> Result<&'static Version, String> {
    if let Some((original, place)) = name.split_once('/') {
        let original = version(original)?;
        let edits = impls::edits(&original.listing);
        let edit = edits.iter().find(|e| e.place() == place || e.name == place).ok_or_else(|| {
            let places: Vec<_> = edits.iter().map(impls::Edit::place).collect();
            format!("{} has no mutant '{place}'; expected {}", original.name, places.join(", "))
        })?;
        return Ok(Box::leak(Box::new(edit.of(original))));
    }
    if let Some(mutant) = impls::mutants().iter().find(|m| m.version.name == name) {
        return Ok(&mutant.version);
    }
    impls::find(name).map_err(|e| {
        let mutants: Vec<_> = impls::mutants().iter().map(|m| m.version.name).collect();
        format!("{e}; and the mutants {}", mutants.join(", "))
    })
}
