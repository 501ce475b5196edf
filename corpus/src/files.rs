//! Case files: cases in text form with what is expected of them.
//!
//! ```text
//! # What this case shows, for a reader of a diff.
//! scenario: swapcache-dirty
//! expect: pre-fix=lost v1=ok v2=ok v3=ok
//! kernel=6.0 W0 P0 R0 W0 D0 P0 R0
//! ```
//!
//! `scenario:` and `expect:` hold for the next case line. In `expect:`, a word stands for the gravest that
//! the judges say ([`Expect`]): `lost` means that a load returned a value that the program never left there,
//! `ok` that no judge said anything.

use crate::text::{self, TextError};
use crate::{Case, bytes, json};
use include_dir::{Dir, include_dir};

/// More cases of a file are not read: in memory a case is hundreds of times as long as `W0`.
const MOST_CASES: usize = 1 << 18;

static CASES: Dir = include_dir!("$CARGO_MANIFEST_DIR/cases");
static REGRESSIONS: Dir = include_dir!("$CARGO_MANIFEST_DIR/regressions");

/// The folder of the cases that `lostwrite shrink --as-test` has written, and what their names begin with
/// among the cases that come with lostwrite.
pub const REGRESSIONS_FOLDER: &str = "regressions/";

/// What a file expects of a version: the gravest that the judges say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// No judge says anything.
    Ok,
    /// A load returns a wrong value.
    Lost,
    /// No load does, but somebody reaches what a call had taken away.
    Revoked,
    /// Nor that, but a structural rule is broken.
    Broken,
    /// Nor that, but a dirty bit is lost.
    Dropped,
}

impl Expect {
    /// All words.
    pub const ALL: [Expect; 5] = [Expect::Ok, Expect::Lost, Expect::Revoked, Expect::Broken, Expect::Dropped];

    /// The word in files.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Expect::Ok => "ok",
            Expect::Lost => "lost",
            Expect::Revoked => "revoked",
            Expect::Broken => "broken",
            Expect::Dropped => "dropped",
        }
    }
}

/// One case of a file.
#[derive(Clone, Debug)]
pub struct Entry {
    /// `file:line`.
    pub place: String,
    /// The scenario that the case belongs to, if the file says so.
    pub scenario: Option<String>,
    /// What is expected, by version name.
    pub expect: Vec<(String, Expect)>,
    /// The case.
    pub case: Case,
}

impl std::fmt::Display for Entry {
    /// As a file has it, with a line each for what there is.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(scenario) = &self.scenario {
            writeln!(f, "scenario: {scenario}")?;
        }
        if !self.expect.is_empty() {
            let pairs = self.expect.iter().map(|(version, expect)| format!("{version}={}", expect.word()));
            writeln!(f, "expect: {}", pairs.collect::<Vec<_>>().join(" "))?;
        }
        writeln!(f, "{}", self.case)
    }
}

/// A file of cases.
#[derive(Clone, Debug)]
pub struct CaseFile {
    /// The file's name.
    pub name: String,
    /// Its cases, in order.
    pub entries: Vec<Entry>,
}

/// A file that does not hold cases.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {what}")]
pub struct FileError {
    /// The file.
    pub file: String,
    /// The place in it, what was found and what was expected.
    pub what: String,
}

/// The cases that come with lostwrite, in the order of their file names, and then those that shrinking has
/// left.
///
/// # Panics
/// If one of them is malformed, which a test rules out.
#[must_use]
pub fn builtin() -> Vec<CaseFile> {
    let in_order = |dir: &'static Dir, folder: &str| {
        let cases = dir.files().filter(|f| f.path().extension().is_some_and(|e| e == "case"));
        let mut files: Vec<_> = cases.map(|f| (format!("{folder}{}", f.path().display()), f)).collect();
        files.sort_by(|a, b| a.0.cmp(&b.0));
        files
    };
    let files = in_order(&CASES, "").into_iter().chain(in_order(&REGRESSIONS, REGRESSIONS_FOLDER));
    files
        .map(|(name, f)| {
            let text = f.contents_utf8().expect("case files are text");
            parse(&name, text).unwrap_or_else(|e| panic!("{e}"))
        })
        .collect()
}

/// Reads the content of a file in any of the three forms: bytes if it does not start like text, JSON if it
/// starts with `{`, else the text form.
///
/// # Errors
/// With the file, the place and what was expected there.
pub fn load(name: &str, content: &[u8]) -> Result<CaseFile, FileError> {
    let fail = |what: String| FileError { file: name.to_owned(), what };
    let single = |case| CaseFile {
        name: name.to_owned(),
        entries: vec![Entry { place: name.to_owned(), scenario: None, expect: Vec::new(), case }],
    };
    // Printable text never starts with a version byte of the byte form, which are all below the space.
    let binary = content.first().is_none_or(|b| *b < 0x20 && !b.is_ascii_whitespace());
    if binary {
        return bytes::decode(content).map(single).map_err(|e| fail(e.to_string()));
    }
    let text =
        std::str::from_utf8(content).map_err(|e| fail(format!("expected text, JSON or bytes of a case: {e}")))?;
    if text.trim_start().starts_with('{') {
        return json::from_json(text).map(single).map_err(|e| fail(e.to_string()));
    }
    parse(name, text)
}

pub(crate) fn parse(name: &str, content: &str) -> Result<CaseFile, FileError> {
    let fail = |e: TextError| FileError { file: name.to_owned(), what: e.to_string() };
    let mut entries = Vec::new();
    let mut scenario = None;
    let mut expect = Vec::new();
    for (n, line) in content.lines().enumerate() {
        let number = n + 1;
        let body = text::code(line).trim();
        if body.is_empty() {
            continue;
        }
        if let Some(value) = body.strip_prefix("scenario:") {
            scenario = Some(value.trim().to_owned());
        } else if let Some(value) = body.strip_prefix("expect:") {
            for pair in value.split_whitespace() {
                let column = line.find(pair).map_or(1, |i| line[..i].chars().count() + 1);
                let parsed = pair.split_once('=').and_then(|(version, word)| {
                    let expect = Expect::ALL.into_iter().find(|e| e.word() == word)?;
                    Some((version.to_owned(), expect))
                });
                expect.push(parsed.ok_or_else(|| {
                    fail(TextError::new(
                        number,
                        column,
                        format!("expected VERSION={}, found '{pair}'", Expect::ALL.map(Expect::word).join("|")),
                    ))
                })?);
            }
        } else {
            if entries.len() == MOST_CASES {
                let what = format!("expected at most {MOST_CASES} cases in a file, found more; split it");
                return Err(fail(TextError::new(number, 1, what)));
            }
            let case = text::parse(line, number).map_err(fail)?;
            entries.push(Entry {
                place: format!("{name}:{number}"),
                scenario: scenario.take(),
                expect: std::mem::take(&mut expect),
                case,
            });
        }
    }
    if scenario.is_some() || !expect.is_empty() {
        let last = content.lines().count();
        return Err(fail(TextError::new(
            last,
            1,
            "expected a case after 'scenario:' or 'expect:', found the end",
        )));
    }
    if entries.is_empty() {
        return Err(fail(TextError::new(1, 1, "expected at least one case, found none")));
    }
    Ok(CaseFile { name: name.to_owned(), entries })
}

static GROUND_TRUTH: Dir = include_dir!("$CARGO_MANIFEST_DIR/ground-truth");

/// The ground-truth files, by name, those of the later recordings behind `second/` and `third/`: what real
/// kernels did.
#[must_use]
pub fn ground_truth() -> Vec<(String, &'static str)> {
    let later = ["second", "third"].into_iter().filter_map(|name| GROUND_TRUTH.get_dir(name)).flat_map(Dir::files);
    let mut files: Vec<_> = GROUND_TRUTH
        .files()
        .chain(later)
        .filter_map(|f| Some((f.path().to_str()?.replace('\\', "/"), f.contents_utf8()?)))
        .filter(|(name, _)| name.ends_with(".tsv") || name.ends_with(".jsonl"))
        .collect();
    files.sort();
    files
}

/// The operation sequences of the first recording that the model has every operation of, each once, as cases
/// of the default kernel: seeds, of which the second recording has too many.
#[must_use]
pub fn ground_truth_sequences() -> Vec<Case> {
    let rows = ground_truth().into_iter().filter(|(name, _)| name.ends_with(".tsv") && !name.contains('/'));
    let sequences: std::collections::BTreeSet<&str> =
        rows.flat_map(|(_, text)| text.lines().filter_map(|l| l.split('\t').nth(1))).collect();
    sequences.into_iter().filter_map(|ops| text::parse(ops, 1).ok()).collect()
}
