//! What a check is about: files of listings, C files, patches and commits, each as a version and what it is
//! compared with.

use super::change::{Change, Changed, of_commit, of_patch};
use super::ignored::{self, Said};
use super::unlooked;
use crate::commands::lift::{read, release_of};
use impls::Version;
use lift::{Lifted, Source, Table};
use report::Caveats;
use report::known::Known;
use std::collections::BTreeSet;
use std::path::Path;

/// A version, what it is compared with, and what is to be said before.
pub struct Question {
    pub version: &'static Version,
    pub base: &'static Version,
    /// Whether only that counts which the base does not show, whoever is at fault.
    pub against_base: bool,
    /// What was lifted and what was not, in lines.
    pub notes: Vec<String>,
    /// The listings, by file name, for whoever wants to run them again.
    pub listings: Vec<(String, String)>,
    /// The subject of the patch.
    pub subject: Option<String>,
    /// Which release of the model it is run in, if that is another one.
    pub run_as: Option<String>,
    /// What is to be said beside the verdict.
    pub caveats: Caveats,
}

/// What an argument comes to.
pub enum Asked {
    /// Something to look at, and what could not be lifted beside it.
    Question(Box<Question>, Vec<String>),
    /// The change does nothing that the model sees, or touches no function that is known.
    Nothing(Nothing),
    /// Nothing of it could be lifted.
    Refused(Vec<String>),
}

/// A change that does nothing.
pub struct Nothing {
    /// Its name.
    pub name: String,
    /// The release of the model.
    pub kernel: &'static str,
    /// The functions that it touches.
    pub functions: Vec<&'static str>,
    /// What is to be said of it.
    pub notes: Vec<String>,
    /// What is to be said beside.
    pub caveats: Caveats,
}

/// How C becomes listings.
pub struct Lifting<'a> {
    pub tree: Option<&'a str>,
    pub functions: &'a [String],
    pub base: Option<&'a str>,
    pub release: Option<&'a str>,
    pub table: Table,
    pub accept: &'a [String],
    /// Where the listings are written to, if they are.
    pub out: Option<&'a Path>,
}

/// What a C file is, for whoever gave something else.
const SOURCE: &str = "the source of a kernel function";

/// What an argument is.
#[derive(PartialEq, Eq, Clone, Copy)]
pub enum Kind {
    Listing,
    C,
    Patch,
    Commit,
}

/// By the name of a file, by its first lines, or by there being none.
pub fn kind(argument: &str, tree: bool) -> Kind {
    let path = Path::new(argument);
    let ends = |all: &[&str]| path.extension().is_some_and(|e| all.iter().any(|end| e.eq_ignore_ascii_case(end)));
    if ends(&["c"]) {
        return Kind::C;
    }
    if ends(&["listing", "json"]) {
        return Kind::Listing;
    }
    if !path.exists() {
        return if tree { Kind::Commit } else { Kind::Listing };
    }
    if ends(&["patch", "diff", "eml", "mbox"]) || (tree && !path.is_dir()) {
        return Kind::Patch;
    }
    Kind::Listing
}

impl Lifting<'_> {
    /// What there is to ask about an argument.
    pub fn ask(&self, argument: &str, known: &mut Known) -> Result<Asked, String> {
        match kind(argument, self.tree.is_some()) {
            Kind::Listing => unreachable!("read with the versions"),
            Kind::C => self.file(argument, known),
            Kind::Patch => {
                let tree = self.tree.ok_or_else(|| {
                    format!("{argument}: a patch; expected --tree and the folder of the kernel's sources that it applies to")
                })?;
                self.change(argument, of_patch(argument, tree, self.release)?, known)
            }
            Kind::Commit => {
                self.change(argument, of_commit(self.tree.unwrap_or_default(), argument, self.release)?, known)
            }
        }
    }

    fn options(&self, release: &str) -> lift::Options {
        lift::Options { table: self.table.clone(), release: release.to_owned(), accept: self.accept.to_vec() }
    }

    /// Functions of a C file, against those of a release, of a version or of another C file.
    fn file(&self, path: &str, known: &mut Known) -> Result<Asked, String> {
        let text = read(path, SOURCE)?;
        let release = match self.release {
            Some(release) => release.to_owned(),
            None => release_of(path)?,
        };
        let options = self.options(&release);
        let source = Source::new(path, &text, &options.table);
        let all = source.liftable(&options.table);
        if let Some(missing) = self.functions.iter().find(|f| !all.contains(f)) {
            if let Some(problem) = source.cut_off() {
                return Ok(Asked::Refused(vec![source.problem(problem).to_string()]));
            }
            return Err(format!("{path}: no function '{missing}' that can be lifted; found {}", listed(&all)));
        }
        let wanted = if self.functions.is_empty() { all } else { self.functions.to_vec() };
        if wanted.is_empty() {
            let what = format!("{path}: no function that can be lifted; `lostwrite lift --functions` lists them");
            return Ok(untouched(&stem(path), &release, vec![what]));
        }
        let after = lifted(&source, &wanted, &options);
        if after.lifted.is_empty() {
            return Ok(Asked::Refused(after.refused));
        }
        let base = match self.base {
            Some(base) if Path::new(base).extension().is_some_and(|e| e == "c") => {
                let text = read(base, SOURCE)?;
                let source = Source::new(base, &text, &options.table);
                let names: Vec<_> = after.lifted.iter().map(|l| l.name.to_owned()).collect();
                let before = lifted(&source, &names, &options);
                if !before.refused.is_empty() {
                    return Ok(Asked::Refused(before.refused));
                }
                Some(before.lifted)
            }
            _ => None,
        };
        if let Some(problem) = source.cut_off() {
            note!("lostwrite: {}", source.problem(problem));
        }
        let name = free(&stem(path), known);
        let run_as = lift::run_as(&release);
        match base {
            Some(before) => self.question(&name, None, before, after, Said::default(), known),
            None => {
                let version = self.add(&name, &after.lifted, known, true)?;
                let base = match self.base {
                    Some(base) => known.find(base)?,
                    None => impls::released(version.kernel),
                };
                let notes = notes(&after.lifted);
                let listings = vec![(format!("{name}.listing"), lift::document(&name, &after.lifted))];
                let given = given([&after.lifted]);
                let question = Question {
                    version,
                    base,
                    against_base: false,
                    notes,
                    listings,
                    subject: None,
                    run_as,
                    caveats: Caveats { given, ..Caveats::default() },
                };
                Ok(Asked::Question(Box::new(question), after.refused))
            }
        }
    }

    /// The functions that a change touches, after it against before it.
    fn change(&self, name: &str, change: Change, known: &mut Known) -> Result<Asked, String> {
        let options = self.options(&change.release);
        let (mut before, mut after) = (Set::default(), Set::default());
        let Said { mut unlooked, mut notes } = Said::default();
        for Changed { path, before: old, after: new } in &change.files {
            let (old, new) = (Source::new(path, old, &options.table), Source::new(path, new, &options.table));
            // A function that is cut off by the change would be gone without a word.
            if let (None, Some(problem)) = (old.cut_off(), new.cut_off()) {
                after.refused.push(new.problem(problem).to_string());
            }
            let changed = changed(&old, &new);
            let wanted = |name: &String| self.functions.is_empty() || self.functions.contains(name);
            let reach = |f: &str| -> BTreeSet<String> {
                [&old, &new].into_iter().flat_map(|source| reached(source, f, &options.table)).collect()
            };
            let all = [&old, &new].into_iter().flat_map(|source| source.liftable(&options.table));
            let touched: BTreeSet<_> = all.filter(|f| !reach(f).is_disjoint(&changed)).collect();
            let left_out: BTreeSet<_> = touched.iter().filter(|f| !wanted(f)).flat_map(|f| reach(f)).collect();
            let all: BTreeSet<_> = touched.into_iter().filter(wanted).collect();
            let looked: BTreeSet<_> = all.iter().flat_map(|f| reach(f)).collect();
            unlooked.extend(changed.difference(&looked).map(|name| match options.table.get(name) {
                Some(row) if row.role != "function" => {
                    format!("{path}: {name}: not looked at: what it does is taken from the table of kernel names")
                }
                _ if left_out.contains(name) => format!("{path}: {name}: not looked at: --function leaves it out"),
                _ => format!("{path}: {name}: not looked at: no function that is known runs it"),
            }));
            let all: Vec<_> = all.into_iter().collect();
            let (then, now) = (lifted(&old, &all, &options), lifted(&new, &all, &options));
            for one in &now.lifted {
                let Some(was) = then.lifted.iter().find(|b| b.name == one.name) else { continue };
                unlooked.extend(unlooked::of(was, one, &old, &new));
                let said = ignored::of(was, one, &old, &new, does_the_same(was, one));
                unlooked.extend(said.unlooked);
                notes.extend(said.notes);
            }
            before.extend(then);
            after.extend(now);
        }
        if after.lifted.is_empty() && after.refused.is_empty() {
            for asked in self.functions {
                let known = lift::liftable(&options.table).any(|f| f == asked);
                let why = if known { "the change does not touch it" } else { "it cannot be lifted" };
                unlooked.push(format!("{name}: {asked}: {why} (`lostwrite lift --functions` lists what can be)"));
            }
            if self.functions.is_empty() {
                unlooked.push(format!(
                    "{name}: it touches no function that can be lifted (`lostwrite lift --functions` lists them)"
                ));
            }
            return Ok(untouched(&free(&short(name), known), &change.release, unlooked));
        }
        self.question(
            &free(&short(name), known),
            change.subject,
            before.lifted,
            after,
            Said { unlooked, notes },
            known,
        )
    }

    /// What was lifted after a change, against the same functions before it.
    fn question(
        &self,
        name: &str,
        subject: Option<String>,
        before: Vec<Lifted>,
        mut after: Set,
        said: Said,
        known: &mut Known,
    ) -> Result<Asked, String> {
        // What could not be lifted before cannot be compared.
        let was = |name: &str| before.iter().find(|l| l.name == name);
        let (comparable, alone): (Vec<_>, Vec<_>) = after.lifted.into_iter().partition(|l| was(l.name).is_some());
        after.refused.extend(alone.iter().map(|l| {
            format!("{}: it can be lifted as it is after the change, and not as it was before; compare it with a release: `lostwrite check FILE.c --function {}`", l.name, l.name)
        }));
        let (same, differ): (Vec<_>, Vec<_>) =
            comparable.into_iter().partition(|l| was(l.name).is_some_and(|b| does_the_same(b, l)));
        let mut notes: Vec<_> = same
            .iter()
            .map(|l| format!("{}: no difference that the model sees", l.name))
            .chain(said.notes)
            .collect();
        let given = given([&before, &same, &differ]);
        let caveats = Caveats { unlooked: said.unlooked, given, excused: Vec::new() };
        if differ.is_empty() {
            return Ok(if after.refused.is_empty() {
                let functions: Vec<_> = same.iter().map(|l| l.name).collect();
                let kernel = same.first().map_or("", |l| l.kernel.name());
                Asked::Nothing(Nothing { name: name.to_owned(), kernel, functions, notes, caveats })
            } else {
                Asked::Refused(after.refused)
            });
        }
        let run_as = differ.first().and_then(|l| lift::run_as(&l.release));
        notes.extend(run_as.clone());
        let before: Vec<_> = before.into_iter().filter(|b| differ.iter().any(|l| l.name == b.name)).collect();
        notes.extend(
            differ.iter().map(|l| format!("{}: {}", l.name, changes(before.iter().find(|b| b.name == l.name), l))),
        );
        let base_name = format!("{name}-before");
        let base = self.add(&base_name, &before, known, false)?;
        let version = self.add(name, &differ, known, true)?;
        let listings = [(&base_name, &before), (&name.to_owned(), &differ)]
            .map(|(name, all)| (format!("{name}.listing"), lift::document(name, all)));
        let listings = listings.into();
        let question = Question { version, base, against_base: true, notes, listings, subject, run_as, caveats };
        Ok(Asked::Question(Box::new(question), after.refused))
    }

    /// The functions as a version of one's own; it has the place that its listing has, or would have.
    fn add(&self, name: &str, all: &[Lifted], known: &mut Known, warns: bool) -> Result<&'static Version, String> {
        let text = lift::document(name, all);
        let file = format!("{name}.listing");
        let path = self.out.map_or_else(|| file.clone(), |out| out.join(&file).display().to_string());
        // The linter knows the listing; who is told knows the C.
        let complaints = impls::file::complaints(&path, &text);
        let said = lift::in_c(&complaints, all).iter().map(ToString::to_string).collect::<Vec<_>>();
        if complaints.all.iter().any(|problem| !problem.warning) {
            return Err(said.join("\n"));
        }
        // What was wrong before the change is no news.
        if warns {
            said.iter().collect::<BTreeSet<_>>().iter().for_each(|warning| note!("lostwrite: {warning}"));
        }
        known.add(&path, &text)?;
        known.find(name)
    }
}

/// What was lifted, and what was refused.
#[derive(Default)]
struct Set {
    lifted: Vec<Lifted>,
    refused: Vec<String>,
}

impl Set {
    fn extend(&mut self, other: Set) {
        self.lifted.extend(other.lifted);
        self.refused.extend(other.refused);
    }
}

fn lifted(source: &Source, names: &[String], options: &lift::Options) -> Set {
    let mut set = Set::default();
    for name in names {
        match lift::lift(source, name, options) {
            Ok(one) => set.lifted.push(one),
            Err(problems) => set.refused.push(problems.to_string()),
        }
    }
    set
}

/// The functions of a file whose text a change touches.
fn changed(old: &Source, new: &Source) -> BTreeSet<String> {
    let (old, new) = (old.texts(), new.texts());
    let names: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    names.into_iter().filter(|name| old.get(*name) != new.get(*name)).map(|name| (*name).to_owned()).collect()
}

/// The functions that a lift reads: the function itself, and what it calls of the same file without a row in
/// the table.
fn reached(source: &Source, function: &str, table: &Table) -> BTreeSet<String> {
    let texts = source.texts();
    let (mut seen, mut open) = (BTreeSet::new(), vec![function]);
    while let Some(name) = open.pop() {
        let Some(text) = texts.get(name).filter(|_| seen.insert(name.to_owned())) else { continue };
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        open.extend(words.filter(|word| texts.contains_key(word) && table.get(word).is_none()));
    }
    seen
}

/// Whether two bodies have the same steps on the same paths.
fn does_the_same(a: &Lifted, b: &Lifted) -> bool {
    model::listing::plain(&a.body) == model::listing::plain(&b.body)
}

/// A change that touches no function that is known.
fn untouched(name: &str, release: &str, unlooked: Vec<String>) -> Asked {
    let kernel = lift::profile(release).name();
    let caveats = Caveats { unlooked, ..Caveats::default() };
    Asked::Nothing(Nothing { name: name.to_owned(), kernel, functions: Vec::new(), notes: Vec::new(), caveats })
}

/// What the lifts rest on that whoever asks has given.
fn given<'a>(all: impl IntoIterator<Item = &'a Vec<Lifted>>) -> Vec<String> {
    let all: BTreeSet<_> = all.into_iter().flatten().flat_map(|l| &l.given).cloned().collect();
    all.into_iter().collect()
}

/// Which steps a change adds and takes away.
fn changes(before: Option<&Lifted>, after: &Lifted) -> String {
    let names = |l: &Lifted| model::listing::steps(&l.body).iter().map(|s| s.name()).collect::<Vec<_>>();
    let (old, new) = (before.map(names).unwrap_or_default(), names(after));
    let count = |all: &[&str], name: &str| all.iter().filter(|n| **n == name).count();
    let all: BTreeSet<_> = old.iter().chain(&new).copied().collect();
    let more = |a: &[&str], b: &[&str]| -> Vec<String> {
        all.iter().filter(|name| count(a, name) > count(b, name)).map(|name| (*name).to_owned()).collect()
    };
    match (more(&new, &old), more(&old, &new)) {
        (added, gone) if added.is_empty() && gone.is_empty() => "the same steps in another order".to_owned(),
        (added, gone) => {
            let of = |what: &str, names: Vec<String>| {
                if names.is_empty() { None } else { Some(format!("{what} {}", names.join(", "))) }
            };
            [of("more", added), of("less", gone)].into_iter().flatten().collect::<Vec<_>>().join("; ")
        }
    }
}

fn notes(all: &[Lifted]) -> Vec<String> {
    all.first()
        .and_then(|l| lift::run_as(&l.release))
        .into_iter()
        .chain(all.iter().map(|l| {
            let as_built_in = l
                .same_as
                .map_or_else(String::new, |variant| format!("; it does what the built-in body does ({variant})"));
            format!(
                "{} of {}: lifted, {} of {} statements on some path{as_built_in}",
                l.name, l.source, l.live, l.statements
            )
        }))
        .collect()
}

fn listed(names: impl IntoIterator<Item = impl std::fmt::Display>) -> String {
    names.into_iter().map(|name| name.to_string()).collect::<Vec<_>>().join(", ")
}

/// A name for a version, of a path.
fn stem(path: &str) -> String {
    short(&Path::new(path).file_stem().map_or(String::new(), |s| s.to_string_lossy().into_owned()))
}

/// The same name with a number, if a version or the one before it has it already.
fn free(name: &str, known: &Known) -> String {
    let taken = |name: &String| known.find(name).is_ok() || known.find(&format!("{name}-before")).is_ok();
    let numbered = (2..).map(|n| format!("{name}-{n}"));
    std::iter::once(name.to_owned()).chain(numbered).find(|name| !taken(name)).unwrap_or_default()
}

fn short(name: &str) -> String {
    let name = name.rsplit('/').next().unwrap_or(name);
    let name = [".patch", ".diff", ".eml", ".mbox"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
    let fine = |c: char| if c.is_ascii_alphanumeric() || "._+-".contains(c) { c } else { '-' };
    let name: String = name.trim_start_matches('-').chars().map(fine).take(30).collect();
    if name.is_empty() { "patched".to_owned() } else { name }
}
