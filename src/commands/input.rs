//! What the subcommands take as input: a case in place, or a file.

use corpus::read::WRITTEN;
use corpus::{Case, CaseFile, Entry, Environment, Knob, Surface};
use impls::{Scenario, Version};
use model::{Assumption, Profile};
use report::known::{self, Known};
use report::lookup::{assumption, kernel, surface};
use std::path::Path;

/// The cases of an argument: a file, a pipe or a device if there is one of that name, else a case in the text
/// or JSON form.
pub fn cases(argument: &str) -> Result<CaseFile, String> {
    let path = Path::new(argument);
    if path.exists() {
        let content =
            WRITTEN.read(path).map_err(|e| unreadable(path, &e, "a file of cases (text, JSON or bytes)"))?;
        let file = corpus::load(argument, &content).map_err(|e| e.to_string())?;
        for entry in &file.entries {
            let scenario = entry.scenario.as_deref().map_or(Ok(None), |s| s.parse::<Scenario>().map(Some));
            scenario.map_err(|e| format!("{}: {e}", entry.place))?;
        }
        return Ok(file);
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
    #[command(flatten)]
    versions: Versions<Thread>,
    #[command(flatten)]
    around: Around,
}

impl Runs {
    /// The versions.
    pub fn versions(&self) -> Result<Vec<&'static Version>, String> {
        self.versions.all()
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
    #[command(flatten)]
    machine: Machine,
}

/// The machine to run on, without the release.
#[derive(clap::Args)]
pub struct Machine {
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
        self.machine.environment(self.kernel)
    }
}

impl Machine {
    /// The environment, with a release.
    pub fn environment(&self, kernel: Option<Profile>) -> Result<Environment, String> {
        Ok(Environment { kernel, surface: self.hardware, knobs: knobs(&self.knobs)? })
    }
}

/// What judges are not to excuse.
#[derive(clap::Args)]
pub struct Judged {
    /// Switch an assumption of the judges off (`lostwrite assumptions` lists them); may be repeated
    #[arg(long = "no-assume", value_name = "ID", value_parser = assumption)]
    off: Vec<Assumption>,
}

/// Versions that are not built in, for commands that take names in another way than by `--impl`.
#[derive(clap::Args)]
pub struct Files {
    /// A version of your own, beside the others; may be repeated (a listing, or JSON; start from `explain v3
    /// --format listing`)
    #[arg(long = "impl-file", value_name = "FILE")]
    files: Vec<String>,
    #[command(flatten)]
    judged: Judged,
}

impl Files {
    /// What can be named.
    pub fn known(&self) -> Result<Known, String> {
        known(&self.files, &self.judged)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Versions by name, then those of the files that are not named, files among the names included: as many as
    /// a command takes. A file that is named as a version stands in its folder: `./6.1`.
    pub fn exactly<const N: usize>(&self, names: &[String]) -> Result<[&'static Version; N], String> {
        let mut known = self.known()?;
        let is_file =
            |name: &String| name.contains('.') && known.find(name).is_err() && Path::new(name.as_str()).is_file();
        let (files, names): (Vec<String>, Vec<String>) = names.iter().cloned().partition(is_file);
        add(&mut known, &files)?;
        let versions = known.named(&names)?;
        let found = versions.len();
        versions.try_into().map_err(|_| {
            let s = if N == 1 { "" } else { "s" };
            format!("expected {N} version{s} (names, files, or both), found {found}")
        })
    }
}

/// The versions of the history, as they are judged here, and one's own.
pub fn history(known: &Known) -> Vec<&'static Version> {
    let history = impls::history().into_iter().map(|v| known.judged(v));
    history.chain(known.own().iter().copied()).collect()
}

/// What a command runs on if nothing is named, and beside files if those are all that is.
pub trait Unnamed: Clone + Send + Sync + 'static {
    /// The help of `--impl`.
    const NAMES: &'static str;
    /// The help of `--impl-file`.
    const FILES: &'static str;
    /// Whether they stay when there is a file and no name: so that one's own version stands among those that
    /// one knows.
    const BESIDE_FILES: bool;

    /// The versions.
    fn versions() -> Vec<&'static Version>;
}

macro_rules! unnamed {
    ($(#[$doc:meta])* $name:ident, $versions:expr, beside files: $beside:literal, $names:literal, $files:literal) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name;

        impl Unnamed for $name {
            const NAMES: &'static str = $names;
            const FILES: &'static str = $files;
            const BESIDE_FILES: bool = $beside;

            fn versions() -> Vec<&'static Version> {
                $versions
            }
        }
    };
}

unnamed!(
    /// The four of the thread, or the files alone.
    Thread,
    impls::thread(),
    beside files: false,
    "Run on this version or mutant instead of the four of the thread; may be repeated",
    "Run on a version of your own, alone or beside those that --impl names; may be repeated (a listing, or \
     JSON; start from `explain v3 --format listing`)"
);
unnamed!(
    /// The four of the thread, and the files.
    ThreadBeside,
    impls::thread(),
    beside files: true,
    "Run on this version or mutant instead of the four of the thread; may be repeated",
    "Run on a version of your own too, beside the others; may be repeated (a listing, or \
     JSON; start from `explain v3 --format listing`)"
);
unnamed!(
    /// Every version, oldest first, and the files.
    History,
    impls::history(),
    beside files: true,
    "Only this version or mutant; may be repeated",
    "A version of your own too, beside every built-in one or those that --impl names; may be repeated (a listing, or \
     JSON; start from `explain v3 --format listing`)"
);
unnamed!(
    /// Every version, or the files alone.
    Registry,
    impls::registry().iter().collect(),
    beside files: false,
    "Only this version's; may be repeated",
    "A version of your own, alone or beside those that --impl names; may be repeated (a listing, or \
     JSON; start from `explain v3 --format listing`)"
);
unnamed!(
    /// The version that says most, or one of the files.
    Telling,
    impls::history(),
    beside files: false,
    "The version; of several, or of all if none is given, one that is flagged and believed correct, or that is your own, else the oldest that \
     loses, else the oldest that is flagged",
    "A version of your own, alone or beside those that --impl names; may be repeated (a listing, or \
     JSON; start from `explain v3 --format listing`)"
);
unnamed!(
    /// Every version that is believed correct, and the files.
    Correct,
    report::targets::correct().to_vec(),
    beside files: true,
    "differential, programs: run this version instead of all that are believed correct; may be repeated",
    "A version of your own: differential and programs run it beside the others, --subject can name it; may be repeated (a listing, or \
     JSON; start from `explain v3 --format listing`)"
);

/// The versions that a command runs on.
#[derive(clap::Args)]
pub struct Versions<U: Unnamed> {
    #[arg(long = "impl", value_name = "VERSION", help = U::NAMES)]
    names: Vec<String>,
    #[arg(long = "impl-file", value_name = "FILE", help = U::FILES)]
    files: Vec<String>,
    #[command(flatten)]
    judged: Judged,
    #[arg(skip)]
    unnamed: std::marker::PhantomData<U>,
}

impl<U: Unnamed> Versions<U> {
    /// The versions.
    pub fn all(&self) -> Result<Vec<&'static Version>, String> {
        self.among(&self.known()?)
    }

    /// The same of those that are known already, so that no file is read twice.
    pub fn among(&self, known: &Known) -> Result<Vec<&'static Version>, String> {
        let named = known.named(&self.names)?;
        Ok(match (self.is_empty(), self.names.is_empty() && U::BESIDE_FILES) {
            (true, _) => Self::unnamed(known).collect(),
            (false, true) => Self::unnamed(known).chain(named).collect(),
            (false, false) => named,
        })
    }

    fn unnamed(known: &Known) -> impl Iterator<Item = &'static Version> {
        U::versions().into_iter().map(|v| known.judged(v))
    }

    /// What can be named.
    pub fn known(&self) -> Result<Known, String> {
        known(&self.files, &self.judged)
    }

    /// Whether the command chooses by itself.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty() && self.files.is_empty()
    }
}

/// What can be named beside what is built in. What a file's version may lose is said, and no error.
pub fn known(files: &[String], judged: &Judged) -> Result<Known, String> {
    let mut known = Known::without(&judged.off);
    add(&mut known, files)?;
    Ok(known)
}

fn add(known: &mut Known, files: &[String]) -> Result<(), String> {
    for path in files {
        let text = WRITTEN.text(Path::new(path)).map_err(|e| unreadable(Path::new(path), &e, known::FILE))?;
        for warning in known.add(path, &text)? {
            note!("lostwrite: {warning}");
        }
    }
    Ok(())
}

/// A number of seconds.
pub fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(s) if s.is_finite() && (0.0..1e9).contains(&s) => Ok(s),
        _ => Err("expected a number of seconds".to_owned()),
    }
}

/// A version that is built in.
pub fn built_in(name: &str) -> Result<&'static Version, String> {
    Known::default().find(name)
}
