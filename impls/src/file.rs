//! A version as JSON, so that a patch can be tried without building anything.
//!
//! ```json
//! {
//!   "format": 1,
//!   "name": "mine",
//!   "title": "v3 without the flush of exclusive pages",
//!   "source": "a patch of mine",
//!   "listing": [
//!     {"at": "migrate_vma_collect_pmd"},
//!     "LockPtl",
//!     {"each_page": ["ReadPte", {"if": "CollectHole", "then": ["next"]}, {"step": "Collectable", "else": ["next"]}]},
//!     "UnlockPtl"
//!   ]
//! }
//! ```
//!
//! A step is its name; `{"step": …, "else": […]}` is a step with what happens if it fails; `{"if": …, "then":
//! […], "else": […]}` and `{"unless": …, "then": […]}` are branches; `{"each_page": […]}` is the loop;
//! `{"at": …}` names the kernel function and `{"why": …}` the reason of the line that follows; `"next"`,
//! `"again"` and `"return"` leave the round or the listing. Optional beside the listing: `"format"`,
//! `"kernel"` and `"migration_entry"`, as in [`Version`]. `"correct"`, which older files have, is read and
//! means nothing.

use crate::lint::{Complaint, lint};
use crate::version::{Provenance, Standing, Version};
use crate::why::{note, refusal};
use model::listing::Node;
use model::{Action, MigrationEntryBits, Profile};
use serde::Deserialize;
use serde_json::{Map, Value};

/// A version that was read, and what it may lose by the look of it.
#[derive(Debug)]
pub struct Loaded {
    /// The version.
    pub version: Version,
    /// Warnings of the lint.
    pub warnings: Vec<Complaint>,
}

/// Why a text is not a version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// It is not JSON, or a field is missing, unknown or of the wrong kind.
    #[error(
        "line {line}, column {column}: {what}; expected a version such as `lostwrite explain v3 --format json` prints"
    )]
    Json {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong.
        what: String,
    },
    /// A value does not mean anything.
    #[error("{place}: {what}")]
    Value {
        /// Path to the value, such as `$.listing[2].each_page[0]`.
        place: String,
        /// What is wrong and what was expected.
        what: String,
    },
    /// The listing cannot be run.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Listing(
        /// Every error of the lint.
        Vec<Complaint>,
    ),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: Option<u32>,
    name: String,
    title: String,
    source: String,
    kernel: Option<String>,
    /// What older files say of themselves. It means nothing: a version from a file has to be checked,
    /// whatever it says.
    #[serde(default, rename = "correct")]
    _claim: Option<bool>,
    migration_entry: Option<String>,
    listing: Vec<Value>,
}

/// The number of the form; it changes when a field changes its meaning or goes away.
pub const FORMAT: u32 = 1;
/// The longest listing, in lines.
const LONGEST: usize = 1000;

/// Reads a version. Its texts are kept for the rest of the program's life, as those of the built-in ones are.
///
/// # Errors
/// With the place, what was found there, and what was expected.
pub fn read(json: &str) -> Result<Loaded, FileError> {
    let file: File = serde_json::from_str(json).map_err(|e| FileError::Json {
        line: e.line(),
        column: e.column().max(1),
        what: without_place(&e),
    })?;
    if let Some(format) = file.format.filter(|f| *f != FORMAT) {
        return Err(wrong(
            "$.format",
            format!("found {format}; expected {FORMAT}, or none; a newer lostwrite may read it"),
        ));
    }
    let name = kept(one_word(&file.name, "$.name")?);
    let provenance = Provenance { author: "", date: "", source: kept(one_line(&file.source, "$.source")?) };
    let kernel = file.kernel.as_deref().map_or(Ok(Profile::V6_0), release)?;
    let migration_entry = file.migration_entry.as_deref().map(entry_bits).transpose()?;
    let listing = block(&file.listing, "$.listing")?;
    let lines = count(&listing);
    if !(1..=LONGEST).contains(&lines) {
        return Err(wrong("$.listing", format!("{lines} lines; expected 1 to {LONGEST}")));
    }
    let (errors, warnings): (Vec<_>, Vec<_>) = lint(&listing).into_iter().partition(|c| c.is_error);
    if !errors.is_empty() {
        return Err(FileError::Listing(errors));
    }
    let title = kept(one_line(&file.title, "$.title")?);
    let mut version = Version::new(name, title, provenance, listing).on(kernel);
    version.standing = Standing::Own;
    version.migration_entry = migration_entry;
    Ok(Loaded { version, warnings })
}

fn release(name: &str) -> Result<Profile, FileError> {
    Profile::named(name).ok_or_else(|| {
        let known = Profile::ALL.map(Profile::name).join(", ");
        wrong("$.kernel", format!("unknown release {name:?}; expected one of {known}"))
    })
}

fn entry_bits(name: &str) -> Result<MigrationEntryBits, FileError> {
    let place = MigrationEntryBits::NAMES.iter().position(|known| *known == name);
    place.map(|n| MigrationEntryBits::ALL[n]).ok_or_else(|| {
        let known = MigrationEntryBits::NAMES.join(", ");
        wrong("$.migration_entry", format!("found {name:?}; expected one of {known}"))
    })
}

/// serde's words without the place, which has fields of its own.
fn without_place(e: &serde_json::Error) -> String {
    let text = e.to_string();
    text.rfind(" at line ").map_or(text.as_str(), |at| &text[..at]).to_owned()
}

fn wrong(place: &str, what: String) -> FileError {
    FileError::Value { place: place.to_owned(), what }
}

fn kept(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

fn one_line<'a>(text: &'a str, place: &str) -> Result<&'a str, FileError> {
    if text.trim().is_empty() || text.contains(char::is_control) {
        return Err(wrong(place, format!("found {text:?}; expected one line of text")));
    }
    Ok(text)
}

/// A name that can stand in tables, on the command line and before the `=` of an expectation.
fn one_word<'a>(text: &'a str, place: &str) -> Result<&'a str, FileError> {
    let fine = |c: char| c.is_alphanumeric() || "._+-@".contains(c);
    if text.is_empty() || text.starts_with('-') || text.chars().count() > 40 || !text.chars().all(fine) {
        let what = format!("found {text:?}; expected a name of at most 40 letters, digits and ._+-@");
        return Err(wrong(place, what));
    }
    Ok(text)
}

fn count(nodes: &[Node]) -> usize {
    let inner = |n: &Node| match n {
        Node::Do(_, body) | Node::EachPage(body) => count(body),
        Node::If(_, yes, no) => count(yes) + count(no),
        _ => 0,
    };
    nodes.iter().map(|n| 1 + inner(n)).sum()
}

fn block(values: &[Value], path: &str) -> Result<Vec<Node>, FileError> {
    values.iter().enumerate().map(|(i, v)| node(v, &format!("{path}[{i}]"))).collect()
}

/// What a line of a listing may be.
const LINES: &str = "a step such as \"LockPtl\", \"next\", \"again\", \"return\", or an object with \"step\", \"if\", \
                     \"unless\", \"each_page\", \"at\" or \"why\"";

fn node(value: &Value, place: &str) -> Result<Node, FileError> {
    match value {
        Value::String(word) => match word.as_str() {
            "next" => Ok(Node::Next),
            "again" => Ok(Node::Again),
            "return" => Ok(Node::Return),
            "retry" | "finish" => Err(wrong(
                place,
                format!("{word:?} ends or restarts the whole operation; collect ends with \"return\""),
            )),
            name => Ok(Node::Do(action(name, place)?, Vec::new())),
        },
        Value::Object(map) => object(map, place),
        other => Err(wrong(place, format!("found {other}; expected {LINES}"))),
    }
}

fn object(map: &Map<String, Value>, place: &str) -> Result<Node, FileError> {
    let kind = ["step", "if", "unless", "each_page", "at", "why"].into_iter().find(|k| map.contains_key(*k));
    let Some(kind) = kind else {
        let found = map.keys().map(|k| format!("{k:?}")).collect::<Vec<_>>().join(", ");
        return Err(wrong(place, format!("found an object with {found}; expected {LINES}")));
    };
    let branches: &[&str] = match kind {
        "step" => &["else"],
        "if" => &["then", "else"],
        "unless" => &["then"],
        _ => &[],
    };
    if let Some(key) = map.keys().find(|k| *k != kind && !branches.contains(&k.as_str())) {
        let beside = match branches {
            [] => "nothing else".to_owned(),
            _ => branches.iter().map(|b| format!("{b:?}")).collect::<Vec<_>>().join(" and "),
        };
        return Err(wrong(place, format!("found {key:?} beside {kind:?}; expected {beside}")));
    }
    let inner = |key: &str| match map.get(key) {
        None => Ok(Vec::new()),
        Some(Value::Array(lines)) => block(lines, &format!("{place}.{key}")),
        Some(other) => Err(wrong(&format!("{place}.{key}"), format!("found {other}; expected a list of lines"))),
    };
    let word = || match &map[kind] {
        Value::String(word) => Ok(word.as_str()),
        other => Err(wrong(&format!("{place}.{kind}"), format!("found {other}; expected a text"))),
    };
    let act = || action(word()?, &format!("{place}.{kind}"));
    Ok(match kind {
        "step" => Node::Do(act()?, inner("else")?),
        "if" => Node::If(act()?, inner("then")?, inner("else")?),
        "unless" => Node::If(act()?, Vec::new(), inner("then")?),
        "each_page" => Node::EachPage(inner("each_page")?),
        "at" => Node::At(kept(one_line(word()?, &format!("{place}.at"))?)),
        _ => Node::Why(kept(one_line(word()?, &format!("{place}.why"))?)),
    })
}

/// An action of collect by name.
fn action(name: &str, place: &str) -> Result<Action, FileError> {
    let found = Action::ALL.iter().find(|a| a.name() == name);
    match found {
        Some(action) if note(*action).is_some() => Ok(*action),
        Some(action) => Err(wrong(place, format!("{name} is no step of collect: {}", refusal(*action)))),
        None => {
            Err(wrong(place, format!("unknown step {name:?}; the nearest names are {}", nearest(name).join(", "))))
        }
    }
}

/// The three names of collect's steps that are nearest to a name, or have it for their words.
fn nearest(name: &str) -> Vec<&'static str> {
    let wanted = name.to_lowercase();
    let mut known: Vec<_> = Action::ALL.iter().filter(|a| note(**a).is_some()).collect();
    known.sort_by_key(|a| {
        let by_name = strsim::damerau_levenshtein(&wanted, &a.name().to_lowercase());
        by_name.min(strsim::damerau_levenshtein(&wanted, a.text()))
    });
    known.iter().take(3).map(|a| a.name()).collect()
}

/// Writes a version; [`read`] gives the same listing back.
#[must_use]
pub fn to_json(version: &Version) -> String {
    let mut fields = vec![
        ("format", FORMAT.to_string()),
        ("name", quoted(version.name)),
        ("title", quoted(version.title)),
        ("source", quoted(version.provenance.source)),
        ("kernel", quoted(version.kernel.name())),
    ];
    if let Some(bits) = version.migration_entry {
        fields.push(("migration_entry", quoted(MigrationEntryBits::NAMES[bits as usize])));
    }
    fields.push(("listing", list(&version.listing, 1)));
    let fields: Vec<_> = fields.iter().map(|(key, value)| format!("  {}: {value}", quoted(key))).collect();
    format!("{{\n{}\n}}\n", fields.join(",\n"))
}

/// The widest line that keeps a list in one line.
const WIDTH: usize = 88;

/// A list of lines, each on a line of its own, unless all are short.
fn list(nodes: &[Node], depth: usize) -> String {
    let lines: Vec<_> = nodes.iter().map(|n| line(n, depth + 1)).collect();
    let short = format!("[{}]", lines.join(", "));
    let explained = nodes.iter().any(|n| matches!(n, Node::Why(_)));
    if depth > 1 && !explained && !short.contains('\n') && short.len() + 2 * depth < WIDTH {
        return short;
    }
    let pad = "  ".repeat(depth);
    let lines: Vec<_> = lines.iter().map(|l| format!("{pad}  {l}")).collect();
    format!("[\n{}\n{pad}]", lines.join(",\n"))
}

fn line(node: &Node, depth: usize) -> String {
    let object = |fields: &[(&str, String)]| {
        let fields: Vec<_> = fields.iter().map(|(key, value)| format!("{}: {value}", quoted(key))).collect();
        format!("{{{}}}", fields.join(", "))
    };
    let name = |action: &Action| quoted(action.name());
    match node {
        Node::At(function) => object(&[("at", quoted(function))]),
        Node::Why(why) => object(&[("why", quoted(why))]),
        Node::Do(action, other) if other.is_empty() => name(action),
        Node::Do(action, other) => object(&[("step", name(action)), ("else", list(other, depth))]),
        Node::If(action, yes, no) if yes.is_empty() => {
            object(&[("unless", name(action)), ("then", list(no, depth))])
        }
        Node::If(action, yes, no) if no.is_empty() => object(&[("if", name(action)), ("then", list(yes, depth))]),
        Node::If(action, yes, no) => {
            object(&[("if", name(action)), ("then", list(yes, depth)), ("else", list(no, depth))])
        }
        Node::EachPage(body) => object(&[("each_page", list(body, depth))]),
        Node::EachMapping(body) => object(&[("each_mapping", list(body, depth))]),
        Node::Next => quoted("next"),
        Node::Again => quoted("again"),
        Node::Return => quoted("return"),
        Node::Retry => quoted("retry"),
        Node::Finish => quoted("finish"),
        Node::Jump(name) => object(&[("jump", quoted(name))]),
        Node::Call(name) => object(&[("call", quoted(name))]),
    }
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a text always serialises")
}

#[cfg(test)]
mod tests;
