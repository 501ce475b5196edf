//! A function, lifted.

use crate::bisim;
use crate::emit;
use crate::explore::{Explorer, Paths};
use crate::marks::{Mark, Marked};
use crate::notes::{Decided, Effect, Notes, statements};
use crate::parse::Source;
use crate::places;
use crate::shape::shape;
use crate::simplify::{absorb, any_cleared, counters, simplify};
use crate::subject::Subject;
use crate::table::Table;
use crate::tree::{Place, Term, Tree, tree};
use crate::unroll::{Release, lines, unroll};
use crate::words::words;
use impls::text::{Problem, Problems};
use impls::{Body, kernel};
use model::Profile;
use model::listing::Node;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

/// What a lift needs beside the C.
#[derive(Clone, Debug)]
pub struct Options {
    /// The kernel's names.
    pub table: Table,
    /// The release, as its Makefile says.
    pub release: String,
    /// Unknown calls that the user takes as having no effect.
    pub accept: Vec<String>,
}

/// Something that was left out or taken as known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The line, from 1.
    pub line: usize,
    /// What.
    pub what: String,
    /// Why.
    pub why: String,
}

/// A listing of a function, and what it leaves out.
#[derive(Clone, Debug)]
pub struct Lifted {
    /// The function.
    pub name: &'static str,
    /// The kernel's source file.
    pub file: &'static str,
    /// What it does, with the places in C behind the lines.
    pub body: Vec<Node>,
    /// The release whose environment fits.
    pub kernel: Profile,
    /// The built-in body that does the same, if one does: the first release that has it.
    pub same_as: Option<&'static str>,
    /// No effect in the model, and why.
    pub irrelevant: Vec<Note>,
    /// Taken as known, and why.
    pub known: Vec<Note>,
    /// Statements that no path comes to.
    pub not_modelled: Vec<Note>,
    /// Conditions that what is taken as known has decided.
    pub decided: Vec<Decided>,
    /// What the listing has no line for, and where it stands.
    pub marks: Vec<Mark>,
    /// How many statements there are, helpers that are read through included.
    pub statements: usize,
    /// On how many some path comes by.
    pub live: usize,
    /// The rows of the table that were needed.
    pub rows: usize,
    /// What the user accepted and was needed.
    pub accepted: Vec<String>,
    /// The rows that were needed and do not come with this crate, a sentence each.
    pub given: Vec<String>,
    /// The functions that some path comes to, the lifted one included: bytes.
    pub functions: Vec<(usize, usize)>,
    /// Where the function is declared: its bytes.
    pub declared: (usize, usize),
    /// What each statement does, by its bytes.
    pub effects: BTreeMap<(usize, usize), Effect>,
    /// The release, as it was given.
    pub release: String,
    /// The file that was lifted.
    pub source: String,
    /// What is in it.
    pub text: Arc<str>,
}

/// The functions that can be lifted.
pub fn liftable(table: &Table) -> impl Iterator<Item = &str> {
    table.rows().filter(|row| row.role == "function").map(|row| row.name.as_str())
}

fn numbers(release: &str) -> Vec<u32> {
    release.split(['.', '-']).map_while(|part| part.parse().ok()).collect()
}

/// Which release of the model a source is run in, in words; `None` if it is of the same series.
#[must_use]
pub fn run_as(release: &str) -> Option<String> {
    let series = |release: &str| numbers(release).into_iter().take(2).collect::<Vec<_>>();
    let (name, newest) = (profile(release).name(), Profile::ALL.iter().map(|p| series(p.name())).max());
    let why = match series(name).cmp(&series(release)) {
        std::cmp::Ordering::Equal => return None,
        std::cmp::Ordering::Greater => "the oldest release of the model: what was another way before is not known",
        _ if newest == Some(series(name)) => {
            "the newest release of the model: what has changed since is not known"
        }
        _ => "the newest release of the model that is not newer",
    };
    Some(format!("{release} is run as {name}, {why}"))
}

/// The newest release of the model that is not newer; the oldest if there is none.
#[must_use]
pub fn profile(release: &str) -> Profile {
    let mut all = Profile::ALL.to_vec();
    all.sort_by_key(|p| numbers(p.name()));
    let fits = all.iter().rev().find(|p| numbers(p.name()) <= numbers(release));
    *fits.unwrap_or(&all[0])
}

/// Why a function cannot be lifted.
#[derive(Clone, Debug)]
pub struct Refused {
    /// Each place, and what would make it known.
    pub problems: Problems,
    /// How many statements there are on the paths that were found, and how many of them lift.
    pub share: Option<(usize, usize)>,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.problems)?;
        if let Some((all, lifted)) = self.share {
            write!(
                f,
                "\n{lifted} of {all} statements that were come to lift; what stands behind the others is not known"
            )?;
        }
        Ok(())
    }
}

impl std::error::Error for Refused {}

/// Lifts a function.
///
/// # Errors
/// With everything that cannot be lifted: its place, and what would make it known.
pub fn lift(source: &Source, name: &str, options: &Options) -> Result<Lifted, Refused> {
    let mut table = options.table.clone();
    for accepted in &options.accept {
        let is_name = accepted.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && accepted.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !is_name || options.table.get(accepted).is_some() {
            let why = if is_name { "is known already" } else { "is no name of a function" };
            let problem =
                Problem::error(0..0, format!("--accept '{accepted}': it {why}"), "expected an unknown one");
            return Err(one(source, problem));
        }
        let row = format!("{accepted}\tignore\t\t-\taccepted by the user: taken as having no effect");
        table.add("--accept", &row).map_err(|why| one(source, Problem::error(0..0, why, "here")))?;
    }
    inner(source, name, options, &table)
}

fn one(source: &Source, problem: Problem) -> Refused {
    Refused { problems: source.problem(problem), share: None }
}

fn inner(source: &Source, name: &str, options: &Options, table: &Table) -> Result<Lifted, Refused> {
    let functions = source.functions();
    let Some(&function) = functions.get(name) else {
        let known: Vec<_> = liftable(table).filter(|f| functions.contains_key(*f)).collect();
        let help = match known.as_slice() {
            [] => "it has none of the functions that can be lifted".to_owned(),
            known => format!("of those that can be lifted it has {}", known.join(", ")),
        };
        if let Some(problem) = source.cut_off() {
            return Err(one(source, problem));
        }
        let problem = Problem::error(0..0, format!("{} has no function {name}", source.file), "in this file");
        return Err(one(source, problem.help(help)));
    };
    let at = crate::parse::declarator(function).map_or(function.byte_range(), |d| d.byte_range());
    let row = table.get(name).filter(|row| row.role == "function");
    let Some(subject) = row.and_then(|row| Subject::new(name, row, &numbers(&options.release))) else {
        let known: Vec<_> = liftable(table).collect();
        let problem = Problem::error(at, format!("{name}() is not a function that can be lifted"), "here");
        let help = format!("known are {}; the model has a body for each", known.join(", "));
        return Err(one(source, problem.help(help)));
    };
    if let Some(problem) = source.broken(function) {
        return Err(one(source, problem));
    }
    let kinds = subject.kinds;
    let mut explorer = Explorer::new(source, &functions, table, subject);
    let paths = match explorer.paths(function) {
        Ok(paths) => paths,
        Err(problem) if explorer.problems.is_empty() => return Err(one(source, problem)),
        Err(_) => {
            let all: Vec<_> = explorer.problems.values().cloned().collect();
            let seen = &explorer.notes.seen;
            // The innermost statement around each.
            let hit: BTreeSet<_> = all
                .iter()
                .filter_map(|p| seen.iter().filter(|s| s.0 <= p.start && p.end <= s.1).min_by_key(|s| s.1 - s.0))
                .collect();
            let share = Some((seen.len(), seen.len() - hit.len()));
            let problems = Problems { file: source.file.clone(), text: source.text.clone(), all };
            return Err(Refused { problems, share });
        }
    };
    let release = Release {
        stays_lazy_free: numbers(&options.release) >= vec![7, 0],
        restores_exclusive_by_vma: profile(&options.release).restores_exclusive_by_vma(),
    };
    let parts = Parts::new(&paths, &explorer.subject, kinds).map_err(|problem| one(source, problem))?;
    let place = |place: &Place| {
        let file = source.file.rsplit('/').next().unwrap_or(&source.file);
        impls::kept(&format!("{file}:{}", source.line(place.start)))
    };
    let (nodes, mut places, same_as) = match parts.built_in(name, &options.release, release) {
        Some((body, places)) => (body.function.body.clone(), places, Some(body.variant)),
        None => {
            let (nodes, places) = match parts.near(name, &options.release, release) {
                Some(near) => near,
                None => parts.written(&explorer.subject, release, &at).map_err(|problem| one(source, problem))?,
            };
            (nodes, places, None)
        }
    };
    places::refine(&nodes, &mut places, &explorer.notes, kinds);
    let body = emit::placed(&nodes, &places, &place);
    let notes = std::mem::take(&mut explorer.notes);
    let subject = &explorer.subject;
    Ok(lists(source, &functions, options, table, notes, subject, body, same_as, at))
}

#[allow(clippy::too_many_arguments)]
fn lists(
    source: &Source,
    functions: &BTreeMap<&str, tree_sitter::Node<'_>>,
    options: &Options,
    table: &Table,
    notes: Notes,
    subject: &Subject,
    body: Vec<Node>,
    same_as: Option<&'static str>,
    at: Place,
) -> Lifted {
    let decided = notes.decided();
    // What a variable of the path decides in both ways is a condition like any other.
    let mut marks = notes.marks.clone().all();
    marks.retain(|mark| mark.what != Marked::Decided || notes.comes_to_one(mark.place));
    let list = |notes: BTreeMap<String, (usize, String)>| {
        let mut all: Vec<_> =
            notes.into_iter().map(|(what, (at, why))| Note { line: source.line(at), what, why }).collect();
        all.sort_by(|a, b| (a.line, &a.what).cmp(&(b.line, &b.what)));
        all
    };
    let mut known = list(notes.known);
    for row in notes.rows.iter().filter_map(|name| table.get(name)) {
        if !row.covers(&options.release) && !row.releases.is_empty() && row.releases != "-" {
            let what = format!("{} in {}", row.name, options.release);
            known.push(Note { line: 0, what, why: format!("the table knows it in {}", row.releases) });
        }
    }
    let (mut all, mut reached) = (BTreeSet::new(), Vec::new());
    for function in functions.values() {
        let mut own = BTreeSet::new();
        statements(*function, &mut own);
        // A helper counts if some path comes to it.
        let is_subject = functions.get(subject.name.as_str()).is_some_and(|f| f.id() == function.id());
        if is_subject || own.iter().any(|s| notes.seen.contains(s)) {
            all.extend(own);
            reached.push((function.start_byte(), function.end_byte()));
        }
    }
    let dead: Vec<_> = all.iter().filter(|s| !notes.seen.contains(*s)).copied().collect();
    let outermost = dead.iter().filter(|s| !dead.iter().any(|o| o != *s && o.0 <= s.0 && s.1 <= o.1));
    let not_modelled = outermost.map(|(start, end)| {
        let (first, last) = (source.line(*start), source.line(end - 1));
        let text = source.text[*start..*end].split_whitespace().collect::<Vec<_>>().join(" ");
        let shown: String = text.chars().take(60).collect();
        let what = if first == last { shown } else { format!("{shown} ... to line {last}") };
        Note { line: first, what, why: "no path comes here, by what is taken as known".to_owned() }
    });
    let given = notes.rows.iter().filter_map(|name| {
        let (file, row) = (table.given(name)?, table.get(name)?);
        let means = if row.means.is_empty() { String::new() } else { format!(" {}", row.means) };
        Some(format!("{}: taken from {file}: {name} is {}{means}", subject.name, row.role))
    });
    let accepted = options.accept.iter().filter(|name| notes.rows.contains(*name)).cloned().collect();
    Lifted {
        name: impls::kept(&subject.name),
        file: subject.file,
        body,
        kernel: profile(&options.release),
        same_as,
        not_modelled: not_modelled.collect(),
        decided,
        marks,
        irrelevant: list(notes.irrelevant),
        known,
        statements: all.len(),
        live: all.len() - dead.len(),
        rows: notes.rows.len(),
        accepted,
        given: given.collect(),
        functions: reached,
        declared: (at.start, at.end),
        effects: notes.effects,
        release: options.release.clone(),
        source: source.file.clone(),
        text: source.text.as_str().into(),
    }
}

/// The paths of a function as trees of listing steps: to the loop, a round, behind it.
struct Parts {
    head: Rc<Tree>,
    round: Option<(Rc<Tree>, Rc<Tree>)>,
    kinds: u32,
    /// The folio lock is held from the start to the end.
    locked: bool,
}

impl Parts {
    fn new(paths: &Paths, subject: &Subject, kinds: u32) -> Result<Parts, Problem> {
        let part = |paths: &[crate::tree::Path]| simplify(&words(&tree(paths), kinds, subject)?);
        let head = part(&paths.head)?;
        let locked = subject.locked;
        if paths.round.is_empty() {
            return Ok(Parts { head, round: None, kinds, locked });
        }
        let (mut round, mut tail) = (part(&paths.round)?, part(&paths.tail)?);
        let mut asked = Vec::new();
        counters(&round, &mut asked);
        counters(&tail, &mut asked);
        for (name, place) in asked {
            counts_what_was_cleared(paths, &name, &place)?;
        }
        (round, tail) = (any_cleared(&round), any_cleared(&tail));
        Ok(Parts { head, round: Some((round, tail)), kinds, locked })
    }

    /// Whether lines of a listing do the same; then the place of each in C.
    fn compared(&self, nodes: &[Node], release: Release) -> Option<BTreeMap<usize, Place>> {
        let all = bisim::seen(self.kinds);
        let at = nodes.iter().position(|n| matches!(n, Node::EachPage(_)));
        let (Some((round, tail)), Some(at)) = (&self.round, at) else {
            if self.round.is_some() || at.is_some() {
                return None;
            }
            return bisim::compare(&self.head, &unroll(nodes, &Term::Return, release)?, all, self.locked);
        };
        let Node::EachPage(inner) = &nodes[at] else { return None };
        let (before, behind) = (&nodes[..at], &nodes[at + 1..]);
        let mut places = bisim::compare(&self.head, &unroll(before, &Term::Loop, release)?, all, self.locked)?;
        let offset = lines(before) + 1;
        if let Some(begins) = ends_at(&self.head) {
            places.insert(offset - 1, begins);
        }
        let round =
            bisim::compare(round, &unroll(inner, &Term::Next { hole: false }, release)?, all, self.locked)?;
        places.extend(round.into_iter().map(|(n, p)| (n + offset, p)));
        let offset = offset + lines(inner);
        let tail = bisim::compare(tail, &unroll(behind, &Term::Return, release)?, all, self.locked)?;
        places.extend(tail.into_iter().map(|(n, p)| (n + offset, p)));
        Some(places)
    }

    /// A body that is built in and does the same: that of the release first.
    fn built_in(
        &self,
        name: &str,
        release: &str,
        knobs: Release,
    ) -> Option<(&'static Body, BTreeMap<usize, Place>)> {
        let mut variants: Vec<_> = kernel::variants(name).iter().collect();
        let newer = |b: &Body| numbers(b.variant) > numbers(release);
        variants.sort_by_key(|b| (newer(b), std::cmp::Reverse(numbers(b.variant))));
        variants.into_iter().find_map(|b| Some((&**b, self.compared(&b.function.body, knobs)?)))
    }

    /// A built-in body with one small change that does the same: its layout shows the change and nothing
    /// else.
    fn near(&self, name: &str, release: &str, knobs: Release) -> Option<(Vec<Node>, BTreeMap<usize, Place>)> {
        let newer = |b: &Body| numbers(b.variant) > numbers(release);
        let mut variants: Vec<_> = kernel::variants(name).iter().collect();
        variants.sort_by_key(|b| (newer(b), std::cmp::Reverse(numbers(b.variant))));
        let nearest = variants.first()?;
        crate::near::near(nearest).into_iter().find_map(|nodes| {
            let places = self.compared(&nodes, knobs)?;
            Some((nodes, places))
        })
    }

    /// A listing of its own, checked against the paths.
    fn written(
        &self,
        subject: &Subject,
        release: Release,
        at: &Place,
    ) -> Result<(Vec<Node>, BTreeMap<usize, Place>), Problem> {
        for align in [true, false] {
            let lines = |tree: &Rc<Tree>| {
                shape(&simplify(&absorb(tree))?, self.kinds, &subject.asks, align).map_err(|at| {
                    Problem::error(at, "what is asked here has no place in a listing", "no condition of the model")
                        .help("add a row to the table, or ask it in another way")
                })
            };
            let mut nodes = Vec::new();
            match &self.round {
                None => nodes.extend(emit::nodes(&lines(&self.head)?, &Term::Return)),
                Some((round, tail)) => {
                    nodes.extend(emit::nodes(&lines(&self.head)?, &Term::Loop));
                    nodes.push(Node::EachPage(emit::nodes(&lines(round)?, &Term::Next { hole: false })));
                    nodes.extend(emit::nodes(&lines(tail)?, &Term::Return));
                }
            }
            if let Some(places) = self.compared(&nodes, release) {
                return Ok((nodes, places));
            }
        }
        Err(Problem::error(at.clone(), "what it does has no form as a listing", "no listing has the same paths")
            .help("please report it, with the function"))
    }
}

/// Where a tree ends with the loop over the pages.
fn ends_at(tree: &Rc<Tree>) -> Option<Place> {
    match &**tree {
        Tree::End(Term::Loop, place) => Some(place.clone()),
        Tree::End(..) => None,
        Tree::Do(_, _, rest) => ends_at(rest),
        Tree::Ask(_, _, yes, no) => ends_at(yes).or_else(|| ends_at(no)),
    }
}

/// A counter that steps depend on has to count exactly what the model counts: present entries that became
/// migration entries.
fn counts_what_was_cleared(paths: &Paths, name: &str, place: &Place) -> Result<(), Problem> {
    for count in &paths.counts {
        let counted = count.counted.iter().any(|c| c == name);
        let what = match (counted, count.installed) {
            (false, Some(true)) => "does not count an entry that was replaced",
            (true, None) => "counts an entry that was not replaced",
            _ => continue,
        };
        return Err(Problem::error(place.clone(), format!("{name} {what}"), "steps depend on it here").help(format!(
            "AnyCleared of the model holds if a present entry became a migration entry; see the path that ends at byte {}",
            count.place.start
        )));
    }
    Ok(())
}
