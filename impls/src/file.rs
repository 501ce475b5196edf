//! Versions in files: as text, which people write, and as JSON, which programs write.

mod json;

#[cfg(test)]
pub(crate) use json::path_of;
pub use json::{FORMAT, to_json};

use crate::kernel::{self, Body};
use crate::lint::{Complaint, contract, lint};
use crate::text::{self, Document, Field, FunctionText, Problem, Problems, nearest};
use crate::version::{Provenance, Standing, Version};
use model::listing::nodes;
use model::{Assumption, LinkError, MigrationEntryBits, Profile};
use std::sync::Arc;

/// A version that was read, and what it may lose by the look of it.
#[derive(Debug)]
pub struct Loaded {
    /// The version.
    pub version: Version,
    /// Warnings of the lint, each with its place.
    pub warnings: Vec<String>,
}

/// The longest function, in lines.
const LONGEST: usize = 1000;
/// The fields of a version.
const FIELDS: [&str; 10] =
    ["version", "title", "author", "date", "source", "kernel", "migration_entry", "takes", "thread", "no_assume"];

/// Reads a version from the text of a file, listing or JSON. Its texts are kept for the rest of the program's
/// life, as those of the built-in ones are.
///
/// # Errors
/// With each place, what was found there, and what was expected.
pub fn read(path: &str, text: &str) -> Result<Loaded, String> {
    if text.trim_start().starts_with('{') {
        return json::read(path, text);
    }
    let problems = |all| Problems { file: path.to_owned(), text: text.to_owned(), all };
    let (version, warnings) = text::parse(text)
        .and_then(|document| own(path, text, &document))
        .map_err(|all| problems(all).to_string())?;
    let warnings = if warnings.is_empty() { Vec::new() } else { vec![problems(warnings).to_string()] };
    Ok(Loaded { version, warnings })
}

/// What is wrong with a listing, or may lose something by the look of it, each with its place: for who has
/// made it of something else, and knows better where that is.
#[must_use]
pub fn complaints(path: &str, text: &str) -> Problems {
    let read = text::parse(text).and_then(|document| own(path, text, &document));
    let all = read.map_or_else(|errors| errors, |(_, warnings)| warnings);
    Problems { file: path.to_owned(), text: text.to_owned(), all }
}

/// A version that is built in.
///
/// # Panics
/// If its file is wrong.
pub(crate) fn built_in(path: &'static str, text: &'static str, document: &Document) -> Version {
    let version = header(path, document).and_then(|header| {
        let functions = functions(path, text, document)?;
        let linked = Version::new(header.name, header.title, header.provenance, functions);
        let version = linked.map_err(|e| vec![Problem::error(0..0, e.to_string(), "here")])?;
        Ok(Version { in_thread: header.thread, ..header.of(version) })
    });
    let mut version =
        version.unwrap_or_else(|all| panic!("{}", Problems { file: path.to_owned(), text: text.to_owned(), all }));
    let correct = crate::Scenario::ALL.into_iter().all(|s| !version.must_lose(s));
    version.standing = Standing::BuiltIn { correct };
    version
}

/// What the fields before the functions say.
struct Header {
    name: &'static str,
    title: &'static str,
    provenance: Provenance,
    kernel: Profile,
    migration_entry: Option<MigrationEntryBits>,
    thread: bool,
    /// What judges do not excuse.
    not_assumed: Vec<Assumption>,
}

impl Header {
    fn of(&self, version: Version) -> Version {
        let version = Version { kernel: self.kernel, migration_entry: self.migration_entry, ..version };
        if self.not_assumed.is_empty() {
            return version;
        }
        let assumed = self.not_assumed.iter().fold(version.assumed(), |all, one| all.without(*one));
        version.assuming(assumed)
    }
}

type Read<T> = Result<T, Vec<Problem>>;

/// A version of a user's, and what the lint warns of.
fn own(path: &str, text: &str, document: &Document) -> Read<(Version, Vec<Problem>)> {
    let header = header(path, document)?;
    if let Some(field) = document.fields.iter().find(|f| f.key == "thread") {
        let what = format!("`{}` is for what is built in", field.key);
        return Err(vec![at(Some(field), what, "leave it out")]);
    }
    let functions = functions(crate::kept(path), text, document)?;
    if functions.is_empty() {
        let end = text.len()..text.len();
        let problem = Problem::error(end, "no function", "expected `function NAME` and its steps in braces");
        return Err(vec![
            problem.help("`lostwrite explain try_to_unmap_one --format listing` prints one to start from"),
        ]);
    }
    known(document, &functions)?;
    let linked = Version::new(header.name, header.title, header.provenance, functions.clone());
    let version = linked.map_err(|e| vec![unlinked(document, &functions, &e)])?;
    let problem = |complaint: &Complaint| {
        let own = document.functions.iter().find(|f| f.name.value == complaint.function);
        let place = own.map_or(0..0, |f| f.places.get(complaint.line).unwrap_or(&f.name.place).clone());
        let what = complaint.what.as_str();
        let (what, expected) = what.split_once("; ").unwrap_or((what, "here"));
        Problem { warning: !complaint.is_error, ..Problem::error(place, what, expected) }
    };
    let (errors, warnings): (Vec<_>, Vec<_>) =
        lint(&functions, header.kernel).iter().map(problem).partition(|p| !p.warning);
    if !errors.is_empty() {
        return Err(errors);
    }
    Ok((Version { standing: Standing::Own, ..header.of(version) }, warnings))
}

/// The function that files of JSON, format 1, have.
const COLLECT: &str = "migrate_vma_collect_pmd";

fn at(field: Option<&Field>, what: impl Into<String>, expected: impl Into<String>) -> Problem {
    Problem::error(field.map_or(0..0, |f| f.place.clone()), what, expected)
}

fn header(path: &str, document: &Document) -> Read<Header> {
    let mut problems = Vec::new();
    for (n, field) in document.fields.iter().enumerate() {
        if !FIELDS.contains(&field.key.as_str()) {
            let near = nearest(&field.key, FIELDS).join(", ");
            let what = format!("there is no field `{}`", shown(&field.key));
            problems.push(
                Problem::error(field.key_place.clone(), what, format!("the nearest are {near}"))
                    .help("steps stand inside a function: `function NAME { ... }`"),
            );
        } else if field.key != "takes" && document.fields[..n].iter().any(|f| f.key == field.key) {
            let what = format!("a second `{}`", field.key);
            problems.push(Problem::error(field.key_place.clone(), what, "expected one"));
        }
    }
    let of = |key| text::value(&document.fields, key);
    let text = |key| of(key).map_or("", |f| f.value.as_str());
    let name = match of("version") {
        Some(field) => {
            if let Err(what) = one_word(&field.value) {
                problems.push(at(Some(field), what, "expected a name of at most 40 letters, digits and ._+-@"));
            }
            field.value.clone()
        }
        None => stem(path),
    };
    let kernel = match of("kernel") {
        None => Some(Profile::V6_0),
        Some(field) => Profile::named(&field.value).or_else(|| {
            let known = Profile::ALL.map(Profile::name).join(", ");
            let what = format!("there is no release `{}`", shown(&field.value));
            problems.push(at(Some(field), what, format!("expected one of {known}")));
            None
        }),
    };
    let migration_entry = of("migration_entry").and_then(|field| {
        let bits = MigrationEntryBits::NAMES.iter().position(|known| *known == field.value);
        if bits.is_none() {
            let known = MigrationEntryBits::NAMES.join(", ");
            problems.push(at(
                Some(field),
                format!("found `{}`", shown(&field.value)),
                format!("expected one of {known}"),
            ));
        }
        bits.map(|n| MigrationEntryBits::ALL[n])
    });
    let mut not_assumed = Vec::new();
    if let Some(field) = of("no_assume") {
        match Assumption::ALL.iter().find(|known| known.id() == field.value) {
            Some(assumption) => not_assumed.push(*assumption),
            None => problems.push(at(
                Some(field),
                format!("there is no assumption `{}`", shown(&field.value)),
                "expected one that `lostwrite assumptions` lists",
            )),
        }
    }
    let Some(kernel) = kernel.filter(|_| problems.is_empty()) else { return Err(problems) };
    let title = match text("title") {
        "" => "a version of your own",
        title => title,
    };
    Ok(Header {
        name: crate::kept(&name),
        title: crate::kept(title),
        provenance: Provenance {
            author: crate::kept(text("author")),
            date: crate::kept(text("date")),
            source: crate::kept(text("source")),
        },
        kernel,
        migration_entry,
        thread: of("thread").is_some(),
        not_assumed,
    })
}

/// The name of a file that names no version: its own, as far as it can be one.
fn stem(path: &str) -> String {
    let stem = std::path::Path::new(path).file_stem().map_or(String::new(), |s| s.to_string_lossy().into_owned());
    let fine = |c: char| if c.is_alphanumeric() || "._+-@".contains(c) { c } else { '-' };
    let name: String = stem.trim_start_matches('-').chars().take(40).map(fine).collect();
    if name.is_empty() { "mine".to_owned() } else { name }
}

/// The functions of a file, its own and those that it takes from a release.
fn functions(path: &'static str, text: &str, document: &Document) -> Read<Vec<Arc<Body>>> {
    let mut problems = Vec::new();
    let mut all: Vec<Arc<Body>> = Vec::new();
    for field in document.fields.iter().filter(|f| f.key == "takes") {
        let mut words = field.value.split_whitespace();
        let (name, variant) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let variants = kernel::variants(name);
        let found = variants.iter().find(|b| b.variant == variant).filter(|_| words.next().is_none());
        match found {
            Some(body) => all.push(Arc::clone(body)),
            None if variants.is_empty() => problems.push(no_function(field.place.clone(), name)),
            None => {
                let known = variants.iter().map(|b| b.variant).collect::<Vec<_>>().join(", ");
                problems.push(at(
                    Some(field),
                    format!("`takes {}`", shown(&field.value)),
                    format!("{name} has the bodies {known}"),
                ));
            }
        }
    }
    for function in &document.functions {
        problems.extend(fields_of(function));
        let lines = nodes(&function.body).len();
        if !(1..=LONGEST).contains(&lines) {
            let what = format!("{} has {lines} lines", function.name.value);
            problems.push(at(Some(&function.name), what, format!("expected 1 to {LONGEST}")));
        }
        all.push(Arc::new(Body::new(path, text, function)));
    }
    for (n, body) in all.iter().enumerate() {
        let name = body.function.name;
        if all[..n].iter().any(|b| b.function.name == name) {
            let second = document.functions.iter().rev().find(|f| f.name.value == name);
            problems.push(at(
                second.map(|f| &f.name),
                format!("a second {name}"),
                "expected one body of a function",
            ));
        }
    }
    if problems.is_empty() { Ok(all) } else { Err(problems) }
}

fn fields_of(function: &FunctionText) -> impl Iterator<Item = Problem> {
    let known = || ["file", "read"].into_iter().chain(contract::FIELDS);
    let unknown = function.fields.iter().filter(move |f| !known().any(|k| k == f.key)).map(move |field| {
        let what = format!("there is no field `{}` of a function", shown(&field.key));
        let expected = format!("expected {}, or `{{`", known().collect::<Vec<_>>().join(", "));
        Problem::error(field.key_place.clone(), what, expected)
    });
    let contract = kernel::contract_of(function).err().map(|(field, what, expected)| {
        let help = "docs/listings.md lists what a contract can name";
        at(function.fields.get(field), what, expected).help(help)
    });
    unknown.chain(contract)
}

fn no_function(place: std::ops::Range<usize>, name: &str) -> Problem {
    let known = kernel::library().iter().map(|b| b.function.name);
    let near = nearest(name, known).join(", ");
    let what = format!("the kernel has no function `{}`", shown(name));
    Problem::error(place, what, format!("the nearest names are {near}"))
        .help("`lostwrite list functions` names them all")
}

/// Each function is one of the kernel's, or is called by one of the file's.
fn known(document: &Document, functions: &[Arc<Body>]) -> Read<()> {
    let called = |name: &str| {
        functions.iter().flat_map(|b| nodes(&b.function.body)).any(|n| match n {
            model::listing::Node::Jump(to) => *to == name,
            n => n.doing().is_some_and(|what| what.action().is_none() && what.name() == name),
        })
    };
    let nobody = |f: &&FunctionText| kernel::variants(&f.name.value).is_empty() && !called(&f.name.value);
    let problems: Vec<_> = document
        .functions
        .iter()
        .filter(nobody)
        .map(|f| no_function(f.name.place.clone(), &f.name.value))
        .collect();
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// Where functions do not link: at the line that calls or jumps to the one that is named, best in itself.
fn unlinked(document: &Document, functions: &[Arc<Body>], error: &LinkError) -> Problem {
    let name = match error {
        LinkError::Unknown { name, .. } | LinkError::Recursion { name } | LinkError::Spins { name } => *name,
        LinkError::TooLong => "",
    };
    let leads_there = |function: &FunctionText| {
        let body = functions.iter().find(|b| b.function.name == function.name.value);
        let all = body.map(|b| nodes(&b.function.body)).unwrap_or_default();
        let place = all.iter().zip(&function.places).find(|(n, _)| match n {
            model::listing::Node::Jump(to) => *to == name,
            n => n.doing().is_some_and(|what| what.action().is_none() && what.name() == name),
        });
        place.map(|(_, place)| place.clone())
    };
    let itself = || document.functions.iter().find(|f| f.name.value == name);
    let place = itself()
        .and_then(leads_there)
        .or_else(|| document.functions.iter().find_map(leads_there))
        .or_else(|| itself().map(|f| f.name.place.clone()))
        .unwrap_or(0..0);
    match error {
        LinkError::Unknown { .. } => no_function(place, name),
        _ => Problem::error(place, error.to_string(), "here"),
    }
}

/// A name that can stand in tables, on the command line and before the `=` of an expectation.
fn one_word(text: &str) -> Result<(), String> {
    let fine = |c: char| c.is_alphanumeric() || "._+-@".contains(c);
    if text.is_empty() || text.starts_with('-') || text.chars().count() > 40 || !text.chars().all(fine) {
        return Err(format!("a version named `{}`", shown(text)));
    }
    Ok(())
}

fn shown(text: &str) -> String {
    text.chars().take(60).flat_map(char::escape_debug).collect()
}

/// How a version is written down.
#[must_use]
pub fn to_text(version: &Version) -> String {
    let p = version.provenance;
    let entry = version.migration_entry.map_or("", |bits| MigrationEntryBits::NAMES[bits as usize]);
    let fields = [
        ("version", version.name),
        ("title", version.title),
        ("author", p.author),
        ("date", p.date),
        ("source", p.source),
        ("kernel", version.kernel.name()),
        ("migration_entry", entry),
    ];
    text::write(&Document {
        fields: fields.into_iter().filter(|f| !f.1.is_empty()).map(|f| Field::new(f.0, f.1)).collect(),
        functions: version.functions().iter().map(|b| b.to_text()).collect(),
        ..Document::default()
    })
}

/// How a function of a release is written down, to be edited.
#[must_use]
pub fn function_to_text(body: &Body, release: Profile) -> String {
    let kernel = Field::new("kernel", release.name());
    text::write(&Document { fields: vec![kernel], functions: vec![body.to_text()], ..Document::default() })
}

#[cfg(test)]
mod tests;
