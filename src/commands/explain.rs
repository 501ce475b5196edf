//! `lostwrite explain`.

use super::format::Format;
use super::{FINE, Outcome, input};
use impls::{Body, Provenance, Scenario, Standing, Version, kernel};
use model::listing::{Doing, Node};
use model::{Action, Profile};
use std::sync::Arc;

/// The steps of a version or of a kernel function, the kernel call behind each, and why it is there.
#[derive(clap::Args)]
#[command(after_help = "Examples: lostwrite explain v3\n          \
    lostwrite explain do_wp_page@7.3\n          \
    lostwrite explain try_to_unmap_one --format listing > mine.listing")]
pub struct Args {
    /// A version, a mutant or a release; a kernel function, as 6.0 has it or as in FUNCTION@RELEASE; or a
    /// file
    #[arg(value_name = "VERSION|FUNCTION", num_args = 0..=1)]
    version: Vec<String>,
    #[command(flatten)]
    file: input::Files,
    /// Text to read; or a listing, or JSON, to change and to give to `check` and to --impl-file
    #[arg(long, default_value = "text", value_parser = Format::among(FORMATS))]
    format: Format,
}

const FORMATS: &[Format] = &[Format::Text, Format::Listing, Format::Json];

const WIDTH: usize = 100;
/// The column of the kernel functions.
const COLUMN: usize = 52;

/// Prints where the version comes from, what is expected of it, and its steps.
pub fn run(args: &Args) -> Outcome {
    if let [name] = args.version.as_slice()
        && let Some((body, release)) = function(name)?
    {
        return explain_function(args.format, body, release);
    }
    let [version] = args.file.exactly(&args.version)?;
    match args.format {
        Format::Json => print!("{}", impls::file::to_json(version)),
        Format::Listing => print!("{}", impls::file::to_text(version)),
        _ => explain(version).iter().for_each(|line| println!("{line}")),
    }
    Ok(FINE)
}

/// The body of a kernel function, in a release; `None` if it is no function's name.
fn function(name: &str) -> Result<Option<(&'static Arc<Body>, Profile)>, String> {
    let is_function = |name: &str| !kernel::variants(name).is_empty();
    if is_function(name.split('@').next().unwrap_or(name)) { impls::function(name).map(Some) } else { Ok(None) }
}

fn explain_function(format: Format, body: &Arc<Body>, release: Profile) -> Outcome {
    let nowhere = Provenance { author: "", date: "", source: body.read };
    let name = body.function.name;
    let version =
        Version::new(name, body.function.name, nowhere, vec![Arc::clone(body)]).map_err(|e| e.to_string())?;
    let version = Version { kernel: release, ..version };
    match format {
        Format::Json => print!("{}", impls::file::to_json(&version)),
        Format::Listing => print!("{}", impls::file::function_to_text(body, release)),
        _ => {
            let mut page = Page::default();
            let bodies: Vec<_> = kernel::variants(name).iter().map(|b| b.variant).collect();
            // A body that only versions have goes by its own name.
            let of_a_release = kernel::body(name, release).is_some_and(|b| Arc::ptr_eq(b, body));
            let of = if of_a_release { release.name() } else { body.variant };
            page.prose(&format!("{name} of {of}, {}; read in {}.", body.file, body.read), 0, "");
            page.prose(
                &format!("Bodies, each named after the first release that has it: {}.", bodies.join(", ")),
                0,
                "",
            );
            page.prose(body.comment, 0, "");
            page.lines.push(String::new());
            page.block(&body.function.body, 0);
            page.lines.iter().for_each(|line| println!("{line}"));
        }
    }
    Ok(FINE)
}

fn explain(v: &Version) -> Vec<String> {
    let mut page = Page::default();
    page.prose(&format!("{}: {}", v.name, v.title), 0, "");
    let p = v.provenance;
    let origin: Vec<_> = [p.author, p.date, p.source].into_iter().filter(|s| !matches!(*s, "" | "-")).collect();
    page.prose(&format!("{}. Environment: {}.", origin.join("; "), v.kernel.name()), 0, "");
    page.prose(&belief(v), 0, "");
    page.lines.push(String::new());
    for body in v.functions() {
        page.lines.push(format!("{}()  {}", body.function.name, body.file).trim_end().to_owned());
        page.block(&body.function.body, 1);
    }
    page.lines
}

/// What is known of a version before it runs.
fn belief(v: &Version) -> String {
    let of =
        |f: &&impls::Family| v.standing == Standing::Mutant && f.versions.iter().any(|known| known.name == v.name);
    if let Some(family) = impls::families().iter().find(of) {
        let name = family.name;
        return format!("Of the family {name}; `lostwrite zoo {name}` says what it loses, if anything.");
    }
    match v.standing {
        Standing::Own | Standing::Mutant => {
            let argument = v.argument();
            let (what, it) = match v.standing {
                Standing::Own => ("Unchecked", "what it loses"),
                _ => ("A mutant: a fault was put in on purpose", "what it loses, if anything"),
            };
            format!(
                "{what}. Nothing is expected of it; `lostwrite matrix {argument}` and `lostwrite hunt {argument}` say {it}."
            )
        }
        Standing::BuiltIn { correct: true } => "Believed never to lose a write.".to_owned(),
        Standing::BuiltIn { correct: false } => {
            let loses: Vec<_> = Scenario::ALL.into_iter().filter(|s| v.must_lose(*s)).collect();
            if loses.is_empty() {
                return "Not believed to keep every write.".to_owned();
            }
            let loses = loses.iter().map(|s| format!("{} ({})", s.name(), s.title())).collect::<Vec<_>>();
            format!("Loses in {}.", loses.join(", "))
        }
    }
}

/// The printed listing as it grows.
#[derive(Default)]
struct Page {
    lines: Vec<String>,
    /// The reason in the listing that waits for its step.
    why: Option<&'static str>,
    /// Steps whose common reason is already on the page.
    explained: Vec<Action>,
}

impl Page {
    fn block(&mut self, nodes: &[Node], depth: usize) {
        for node in nodes {
            match node {
                Node::Why(why) => {
                    self.why = Some(why);
                    continue;
                }
                // It stands on the line that is printed already.
                Node::Remark(remark) => {
                    if let Some(line) = self.lines.last_mut() {
                        line.push_str(&format!("  # {remark}"));
                    }
                    continue;
                }
                Node::Do(what, other) => {
                    self.step("", *what, depth);
                    if !other.is_empty() {
                        self.word("else", depth);
                        self.block(other, depth + 1);
                    }
                }
                Node::If(what, yes, no) if yes.is_empty() => {
                    self.step("unless ", *what, depth);
                    self.block(no, depth + 1);
                }
                Node::If(what, yes, no) => {
                    self.step("if ", *what, depth);
                    self.block(yes, depth + 1);
                    if !no.is_empty() {
                        self.word("else", depth);
                        self.block(no, depth + 1);
                    }
                }
                Node::EachPage(body) => {
                    self.word("each page of the range", depth);
                    self.block(body, depth + 1);
                }
                Node::EachMapping(body) => {
                    self.word("each mapping of the folio", depth);
                    self.block(body, depth + 1);
                }
                other => {
                    for line in model::listing::lines(std::slice::from_ref(other)) {
                        self.word(&line, depth);
                    }
                }
            }
            self.why = None;
        }
    }

    /// A step with the kernel calls that it stands for, under its reason: the listing's own, or what the step
    /// means where it comes first.
    fn step(&mut self, before: &str, what: Doing, depth: usize) {
        let known = what.action().and_then(impls::step);
        let common = known.filter(|step| !self.explained.contains(&step.action)).map(|step| {
            self.explained.push(step.action);
            step.meaning
        });
        if let Some(why) = self.why.take().or(common) {
            self.prose(why, depth, "# ");
        }
        let step = format!("{}{before}{}", indent(depth), what.name());
        let Some(known) = known else { return self.lines.push(step) };
        // One call after the other, as long as they fit; the rest on lines of its own.
        let mut line = format!("{step:<COLUMN$}");
        for call in known.calls.split_inclusive(", ") {
            let used = line.chars().count();
            if used > COLUMN && used + call.trim_end().chars().count() > WIDTH {
                self.lines.push(line.trim_end().to_owned());
                line = " ".repeat(COLUMN);
            }
            line.push_str(call);
        }
        self.lines.push(line);
    }

    /// A line that is no step: a branch, a loop, a way out.
    fn word(&mut self, text: &str, depth: usize) {
        if let Some(why) = self.why.take() {
            self.prose(why, depth, "# ");
        }
        self.lines.push(format!("{}{text}", indent(depth)));
    }

    /// A sentence, wrapped.
    fn prose(&mut self, text: &str, depth: usize, mark: &str) {
        let start = format!("{}{mark}", indent(depth));
        let mut line = start.clone();
        for word in text.split_whitespace() {
            if line.len() > start.len() && line.chars().count() + 1 + word.chars().count() > WIDTH {
                self.lines.push(std::mem::replace(&mut line, start.clone()));
            }
            if line.len() > start.len() {
                line.push(' ');
            }
            line.push_str(word);
        }
        if line.len() > start.len() {
            self.lines.push(line);
        }
    }
}

fn indent(depth: usize) -> String {
    "    ".repeat(depth)
}
