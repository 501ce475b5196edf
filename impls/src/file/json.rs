//! A version as JSON: what programs read and write.
//!
//! ```json
//! {
//!   "format": 2,
//!   "name": "mine",
//!   "title": "v3 without the flush of exclusive pages",
//!   "source": "a patch of mine",
//!   "kernel": "6.0",
//!   "functions": [
//!     {"name": "migrate_vma_collect_pmd", "file": "mm/migrate_device.c", "listing": [
//!       "LockPtl",
//!       {"each_page": [
//!         "ReadPte", {"if": "CollectHole", "then": ["next"]}, {"step": "Collectable", "else": ["next"]}
//!       ]},
//!       "UnlockPtl"
//!     ]}
//!   ]
//! }
//! ```
//!
//! A line is the name of a step or of a function that is called, or a word of the text form (`"next"`,
//! `"return"`, ...); `{"step": ..., "else": [...]}` is a step or a call with what happens if it fails; `{"if":
//! ..., "then": [...], "else": [...]}` and `{"unless": ..., "then": [...]}` are branches; `{"each_page": [...]}`
//! and `{"each_mapping": [...]}` loops, `{"jump": ...}` goes to a function for good, `{"why": ...}` and
//! `{"remark": ...}` are comments. Format 1 has `"listing"` in the place of `"functions"`: the steps of
//! `migrate_vma_collect_pmd`. Its `{"at": ...}` lines, and `"correct"`, are read and mean nothing.

use super::{COLLECT, Loaded, one_word};
use crate::kept;
use crate::kernel::{self, Body, Source};
use crate::lint::{Contract, lint};
use crate::text::{is_put_in, nearest};
use crate::version::{Provenance, Standing, Version};
use model::listing::{Doing, Function, Node, nodes};
use model::{Action, MigrationEntryBits, Profile};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::sync::Arc;

/// Why a text is not a version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum FileError {
    /// It is not JSON, or a field is missing, unknown or of the wrong kind.
    #[error(
        "line {line}, column {column}: {what}; expected a version such as `lostwrite explain v3 --format json` prints"
    )]
    Json { line: usize, column: usize, what: String },
    /// A value does not mean anything: the path to it, what is wrong, what was expected.
    #[error("{place}: {what}")]
    Value { place: String, what: String },
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
    listing: Option<Vec<Value>>,
    functions: Option<Vec<Listing>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listing {
    name: String,
    #[serde(default)]
    file: String,
    #[serde(default)]
    read: String,
    #[serde(default)]
    contract: Vec<String>,
    listing: Vec<Value>,
}

/// The number of the form; it changes when a field changes its meaning or goes away.
pub const FORMAT: u32 = 2;

pub(super) fn read(path: &str, json: &str) -> Result<Loaded, String> {
    let placed = |e: FileError| format!("{path}: {e}");
    let (header, functions) = parse(path, json).map_err(placed)?;
    let mut errors = Vec::new();
    let mut warnings = Vec::new();
    for complaint in lint(&functions, header.kernel) {
        let function = functions.iter().position(|b| b.function.name == complaint.function).unwrap_or_default();
        let body = &functions[function].function.body;
        let at = format!("{}{}", header.places[function], path_of(body, complaint.line));
        let line = nodes(body).get(complaint.line).map_or("the end".to_owned(), |n| words(n));
        let text = format!("{at} ({line}): {}", complaint.what);
        if complaint.is_error {
            errors.push(format!("{path}: {text}"))
        } else {
            warnings.push(format!("{path}: warning: {text}"))
        };
    }
    if !errors.is_empty() {
        return Err(errors.join("\n"));
    }
    let linked = Version::new(header.name, header.title, header.provenance, functions);
    let version = linked.map_err(|e| format!("{path}: $: {e}"))?;
    let (kernel, migration_entry) = (header.kernel, header.migration_entry);
    Ok(Loaded { version: Version { kernel, migration_entry, standing: Standing::Own, ..version }, warnings })
}

struct Header {
    name: &'static str,
    title: &'static str,
    provenance: Provenance,
    kernel: Profile,
    migration_entry: Option<MigrationEntryBits>,
    /// The path to the listing of each function.
    places: Vec<String>,
}

fn parse(path: &str, json: &str) -> Result<(Header, Vec<Arc<Body>>), FileError> {
    let file: File = serde_json::from_str(json).map_err(|e| FileError::Json {
        line: e.line(),
        column: e.column().max(1),
        what: without_place(&e),
    })?;
    if let Some(format) = file.format.filter(|f| !(1..=FORMAT).contains(f)) {
        return Err(wrong(
            "$.format",
            format!("found {format}; expected 1 to {FORMAT}, or none; a newer lostwrite may read it"),
        ));
    }
    one_word(&file.name).map_err(|_| {
        wrong("$.name", format!("found {:?}; expected a name of at most 40 letters, digits and ._+-@", file.name))
    })?;
    let collect = |listing| Listing {
        name: COLLECT.to_owned(),
        file: String::new(),
        read: String::new(),
        contract: Vec::new(),
        listing,
    };
    let (listings, places) = match (file.listing, file.functions) {
        (Some(listing), None) => (vec![collect(listing)], vec!["$.listing".to_owned()]),
        (None, Some(all)) => {
            let places = (0..all.len()).map(|n| format!("$.functions[{n}].listing")).collect();
            (all, places)
        }
        _ => return Err(wrong("$", "expected either \"functions\" or \"listing\"".to_owned())),
    };
    let mut functions: Vec<Arc<Body>> = Vec::new();
    for (listing, place) in listings.iter().zip(&places) {
        if kernel::variants(&listing.name).is_empty() {
            let known = kernel::library().iter().map(|b| b.function.name);
            let near = nearest(&listing.name, known).join(", ");
            let what = format!("the kernel has no function {:?}; the nearest names are {near}", listing.name);
            return Err(wrong(place, what));
        }
        if functions.iter().any(|b| b.function.name == listing.name) {
            return Err(wrong(place, format!("a second {}; expected one body of a function", listing.name)));
        }
        let fields = listing.contract.iter().map(|line| line.split_once(' ').unwrap_or((line, "")));
        let contract = Contract::new(fields).map_err(|(n, what, expected)| {
            wrong(&format!("{place}.contract[{n}]"), format!("{what}; {expected}"))
        })?;
        let body = block(&listing.listing, place)?;
        let lines = nodes(&body).len();
        if !(1..=super::LONGEST).contains(&lines) {
            return Err(wrong(place, format!("{lines} lines; expected 1 to {}", super::LONGEST)));
        }
        let steps = lines_of_steps(
            json,
            &body,
            functions.iter().map(|b| model::listing::steps(&b.function.body).len()).sum(),
        );
        functions.push(Arc::new(Body {
            function: Function { name: kept(&listing.name), body },
            file: kept(&listing.file),
            read: kept(&listing.read),
            variant: "",
            comment: "",
            contract,
            source: steps.map(|lines| {
                let file = kept(path);
                Source { file, places: lines.into_iter().map(|line| (file, line)).collect() }
            }),
        }));
    }
    if functions.is_empty() {
        return Err(wrong("$.functions", "no function; expected at least one".to_owned()));
    }
    let header = Header {
        name: kept(&file.name),
        title: kept(one_line(&file.title, "$.title")?),
        provenance: Provenance { author: "", date: "", source: kept(one_line(&file.source, "$.source")?) },
        kernel: file.kernel.as_deref().map_or(Ok(Profile::V6_0), release)?,
        migration_entry: file.migration_entry.as_deref().map(entry_bits).transpose()?,
        places,
    };
    Ok((header, functions))
}

/// The line of the file that each step of a listing stands on; `before` steps stand before it.
fn lines_of_steps(json: &str, body: &[Node], before: usize) -> Option<Vec<usize>> {
    let steps = model::listing::steps(body);
    let found: Vec<_> = names_in(json).into_iter().skip(before).take(steps.len()).collect();
    let same = found.len() == steps.len() && found.iter().zip(&steps).all(|((name, _), step)| name == step.name());
    same.then(|| found.into_iter().map(|(_, line)| line).collect())
}

/// The path from a listing to one of its lines.
pub(crate) fn path_of(listing: &[Node], line: usize) -> String {
    fn size(node: &Node) -> usize {
        usize::from(!node.is_comment()) + node.blocks().flatten().map(size).sum::<usize>()
    }
    let mut first = 0;
    for (i, node) in listing.iter().enumerate() {
        let here = size(node);
        if line >= first + here || node.is_comment() {
            first += here;
            continue;
        }
        let mut inside = first + 1;
        if line < inside {
            return format!("[{i}]");
        }
        let keys = match node {
            Node::If(_, then, _) if then.is_empty() => ["", "then"],
            Node::If(..) => ["then", "else"],
            Node::EachPage(_) => ["each_page", ""],
            Node::EachMapping(_) => ["each_mapping", ""],
            _ => ["else", ""],
        };
        for (block, key) in node.blocks().zip(keys) {
            let lines: usize = block.iter().map(size).sum();
            if line < inside + lines {
                return format!("[{i}].{key}{}", path_of(block, line - inside));
            }
            inside += lines;
        }
    }
    String::new()
}

/// The first line of a node, as listings print it.
fn words(node: &Node) -> String {
    model::listing::lines(std::slice::from_ref(node)).into_iter().next().unwrap_or_default()
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

fn one_line<'a>(text: &'a str, place: &str) -> Result<&'a str, FileError> {
    if text.trim().is_empty() || text.contains(char::is_control) {
        return Err(wrong(place, format!("found {text:?}; expected one line of text")));
    }
    Ok(text)
}

/// One or more lines of text.
fn text<'a>(text: &'a str, place: &str) -> Result<&'a str, FileError> {
    text.split('\n')
        .try_for_each(|line| if line.is_empty() { Ok(()) } else { one_line(line, place).map(|_| ()) })?;
    Ok(text)
}

fn block(values: &[Value], path: &str) -> Result<Vec<Node>, FileError> {
    let mut out = Vec::new();
    for (i, value) in values.iter().enumerate() {
        match value.as_str() {
            // One step in files of format 1.
            Some("CarryYoungDirty") => {
                out.extend([Action::CarryYoung, Action::CarryDirty].map(|a| Node::Do(a.into(), Vec::new())));
            }
            _ => out.push(node(value, &format!("{path}[{i}]"))?),
        }
    }
    Ok(out)
}

/// What a line of a listing may be.
const LINES: &str = "a step such as \"LockPtl\", a function's name, \"next\", \"again\", \"return\", \"fail\", or an object with \
                     \"step\", \"if\", \"unless\", \"each_page\", \"each_mapping\", \"jump\" or \"why\"";

fn node(value: &Value, place: &str) -> Result<Node, FileError> {
    match value {
        Value::String(word) => Ok(match word.as_str() {
            "next" => Node::Next,
            "again" => Node::Again,
            "return" => Node::Return,
            "fail" => Node::Fail,
            "retry" => Node::Retry,
            "finish" => Node::Finish,
            name => Node::Do(doing(name, place)?, Vec::new()),
        }),
        Value::Object(map) => object(map, place),
        other => Err(wrong(place, format!("found {other}; expected {LINES}"))),
    }
}

const KINDS: [&str; 9] = ["step", "if", "unless", "each_page", "each_mapping", "jump", "at", "why", "remark"];

fn object(map: &Map<String, Value>, place: &str) -> Result<Node, FileError> {
    let Some(kind) = KINDS.into_iter().find(|k| map.contains_key(*k)) else {
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
    let at = format!("{place}.{kind}");
    let what = || doing(word()?, &at);
    Ok(match kind {
        "step" => Node::Do(what()?, inner("else")?),
        "if" => Node::If(what()?, inner("then")?, inner("else")?),
        "unless" => Node::If(what()?, Vec::new(), inner("then")?),
        "each_page" => Node::EachPage(inner("each_page")?),
        "each_mapping" => Node::EachMapping(inner("each_mapping")?),
        "jump" => Node::Jump(kept(one_line(word()?, &at)?)),
        "at" => Node::Remark(kept(one_line(word()?, &at)?)),
        "remark" => Node::Remark(kept(one_line(word()?, &at)?)),
        _ => Node::Why(kept(text(word()?, &at)?)),
    })
}

/// A step, or a call of a function, by name.
fn doing(name: &str, place: &str) -> Result<Doing, FileError> {
    if let Some(action) = Action::ALL.iter().find(|a| a.name() == name) {
        if is_put_in(*action) {
            let what = format!("{name} is put in by the linker, where loops, branches and flushes need it");
            return Err(wrong(place, what));
        }
        return Ok(Doing::Step(*action));
    }
    let is_function = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if is_function {
        return Ok(Doing::Call(kept(name)));
    }
    let known = Action::ALL.iter().filter(|a| !is_put_in(**a)).map(|a| a.name());
    Err(wrong(place, format!("unknown step {name:?}; the nearest names are {}", nearest(name, known).join(", "))))
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
    let functions: Vec<_> = version.functions().iter().map(|b| function(b)).collect();
    fields.push(("functions", format!("[\n    {}\n  ]", functions.join(",\n    "))));
    let fields: Vec<_> = fields.iter().map(|(key, value)| format!("  {}: {value}", quoted(key))).collect();
    format!("{{\n{}\n}}\n", fields.join(",\n"))
}

fn function(body: &Body) -> String {
    let mut fields = vec![("name", body.function.name), ("file", body.file), ("read", body.read)];
    fields.retain(|f| !f.1.is_empty());
    let mut fields: Vec<_> =
        fields.iter().map(|(key, value)| format!("{}: {}", quoted(key), quoted(value))).collect();
    let contract: Vec<_> =
        body.contract.lines().map(|(key, value)| quoted(format!("{key} {value}").trim())).collect();
    if !contract.is_empty() {
        fields.push(format!("\"contract\": [{}]", contract.join(", ")));
    }
    format!("{{{}, \"listing\": {}}}", fields.join(", "), list(&body.function.body, 2))
}

/// The widest line that keeps a list in one line.
const WIDTH: usize = 88;

/// A list of lines, each on a line of its own, unless all are short.
fn list(nodes: &[Node], depth: usize) -> String {
    let lines: Vec<_> = nodes.iter().map(|n| line(n, depth + 1)).collect();
    let short = format!("[{}]", lines.join(", "));
    let explained = nodes.iter().any(|n| n.is_comment());
    if depth > 2 && !explained && !short.contains('\n') && short.len() + 2 * depth < WIDTH {
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
    let name = |what: &Doing| quoted(what.name());
    match node {
        Node::Why(why) => object(&[("why", quoted(why))]),
        Node::Remark(remark) => object(&[("remark", quoted(remark))]),
        Node::Do(what, other) if other.is_empty() => name(what),
        Node::Do(what, other) => object(&[("step", name(what)), ("else", list(other, depth))]),
        Node::If(what, yes, no) if yes.is_empty() => object(&[("unless", name(what)), ("then", list(no, depth))]),
        Node::If(what, yes, no) if no.is_empty() => object(&[("if", name(what)), ("then", list(yes, depth))]),
        Node::If(what, yes, no) => {
            object(&[("if", name(what)), ("then", list(yes, depth)), ("else", list(no, depth))])
        }
        Node::EachPage(body) => object(&[("each_page", list(body, depth))]),
        Node::EachMapping(body) => object(&[("each_mapping", list(body, depth))]),
        Node::Next => quoted("next"),
        Node::Again => quoted("again"),
        Node::Return => quoted("return"),
        Node::Fail => quoted("fail"),
        Node::Retry => quoted("retry"),
        Node::Finish => quoted("finish"),
        Node::Jump(name) => object(&[("jump", quoted(name))]),
    }
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a text always serialises")
}

/// The strings behind `"listing"` that are names of steps, with their lines.
fn names_in(text: &str) -> Vec<(String, usize)> {
    let mut out = Vec::new();
    let (mut line, mut listing, mut key) = (1, false, String::new());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\n' => line += 1,
            '"' => {
                let (word, lines) = string(&mut rest);
                let at = line;
                line += lines;
                let mut ahead = rest.clone();
                let is_key = ahead.find(|c| !c.is_whitespace()) == Some(':');
                if is_key {
                    listing |= word == "listing";
                    key = word;
                } else if listing
                    && ["", "step", "if", "unless", "then", "else", "each_page", "each_mapping", "listing"]
                        .contains(&key.as_str())
                    && is_step_or_call(&word)
                {
                    out.push((word, at));
                }
            }
            // Behind a text there is a list or another object again, with steps that have no key of their
            // own.
            '}' => key.clear(),
            _ => {}
        }
    }
    out
}

/// The rest of a string, and how many line ends are in it.
fn string(rest: &mut std::iter::Peekable<std::str::Chars>) -> (String, usize) {
    let (mut word, mut lines) = (String::new(), 0);
    while let Some(c) = rest.next() {
        let c = match c {
            '"' => break,
            '\\' => rest.next().unwrap_or('\\'),
            c => c,
        };
        lines += usize::from(c == '\n');
        word.push(c);
    }
    (word, lines)
}

/// Whether a string is no word of the form.
fn is_step_or_call(word: &str) -> bool {
    !["next", "again", "return", "fail", "retry", "finish"].contains(&word)
}
