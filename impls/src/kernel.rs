//! The kernel: a body for every function, by release.
//!
//! The listings are in `impls/kernel/<file>/<function>/<variant>.listing`. A variant is named after the first
//! release that has it, or `any`: a release has the newest variant that is not newer than itself.

use crate::lint::Contract;
use crate::text::{self, Document, FunctionText};
use model::listing::{Doing, Function, Node};
use model::{Assumption, Assumptions, Code, Entries, LinkError, OpKind, Profile};
use std::sync::{Arc, LazyLock};

include!(concat!(env!("OUT_DIR"), "/listings.rs"));

/// A function as some kernel or some version has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// Name and steps.
    pub function: Function,
    /// The kernel's source file.
    pub file: &'static str,
    /// The releases in whose source the order of the steps was read.
    pub read: &'static str,
    /// The first release that has this body, `any`, or empty for one of a version's own.
    pub variant: &'static str,
    /// What its comment says.
    pub comment: &'static str,
    /// What is held and owed when it is entered and left.
    pub contract: Contract,
    /// Where it is written down.
    pub source: Option<Source>,
}

/// The file of a listing, and the place of each of its steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The path: relative to the repository for what is built in, as it was given for a file of one's own.
    pub file: &'static str,
    /// File and line, from 1, of each step; the first is that of step 1, as [`model::listing::steps`] counts. It
    /// is the line of the listing, or of the C that it was lifted from where a remark `# memory.c:1234` says so.
    pub places: Vec<(&'static str, usize)>,
}

/// The releases, oldest first, as variants are named after them.
const RELEASES: [&str; 9] = ["any", "5.18", "5.19", "6.0", "6.1", "6.1.192", "7.0-rc6", "7.2", "7.3"];

static LIBRARY: LazyLock<Vec<Arc<Body>>> = LazyLock::new(|| {
    let mut all: Vec<_> = KERNEL.iter().map(|(path, text)| Arc::new(built_in(path, text))).collect();
    all.sort_by_key(|b| (b.function.name, age(b.variant)));
    all
});

fn built_in(path: &'static str, text: &str) -> Body {
    let document = text::parse(text).unwrap_or_else(|all| {
        let problems = text::Problems { file: path.to_owned(), text: text.to_owned(), all };
        panic!("a listing that is built in:\n{problems}")
    });
    let [function] = document.functions.as_slice() else { panic!("{path}: expected one function") };
    if let Err((field, what, expected)) = contract_of(function) {
        panic!("{path}: {}: {what}; {expected}", function.fields[field].key);
    }
    let mut body = Body::new(path, text, function);
    let stem = path.rsplit('/').next().and_then(|name| name.strip_suffix(".listing"));
    body.variant = stem.unwrap_or_else(|| panic!("{path}: expected a variant"));
    body
}

impl Body {
    /// A function of a file. A contract that is wrong counts as none.
    #[must_use]
    pub fn new(path: &'static str, text: &str, function: &FunctionText) -> Body {
        let of = |key| text::value(&function.fields, key).map_or("", |f| crate::kept(&f.value));
        Body {
            function: Function { name: crate::kept(&function.name.value), body: function.body.clone() },
            file: of("file"),
            read: of("read"),
            variant: "",
            comment: crate::kept(&function.comment),
            contract: contract_of(function).unwrap_or_default(),
            source: Some(Source { file: path, places: places_of_steps(path, text, function, of("file")) }),
        }
    }

    /// The same function with other steps, which stand in no file.
    #[must_use]
    pub fn with(&self, body: Vec<model::listing::Node>) -> Body {
        Body { function: Function { name: self.function.name, body }, source: None, ..self.clone() }
    }

    /// How it is written down.
    #[must_use]
    pub fn to_text(&self) -> FunctionText {
        let fields = [("file", self.file), ("read", self.read)].into_iter().chain(self.contract.lines());
        FunctionText {
            comment: self.comment.to_owned(),
            name: text::Field::new("function", self.function.name),
            fields: fields.filter(|f| !f.1.is_empty()).map(|f| text::Field::new(f.0, f.1)).collect(),
            body: self.function.body.clone(),
            places: Vec::new(),
        }
    }
}

/// What the head of a function says of its entry and its exits.
pub(crate) fn contract_of(function: &FunctionText) -> Result<Contract, (usize, String, String)> {
    Contract::new(function.fields.iter().map(|f| (f.key.as_str(), f.value.as_str())))
}

/// The place of each step.
fn places_of_steps(
    path: &'static str,
    text: &str,
    function: &FunctionText,
    file: &'static str,
) -> Vec<(&'static str, usize)> {
    let mut remarks = Vec::new();
    remarked(&function.body, &mut remarks);
    let of = |(n, (node, remark)): (usize, &(&Node, Option<&str>))| {
        node.doing()?;
        let lifted = remark.and_then(|remark| lifted_from(remark, file));
        Some(lifted.unwrap_or_else(|| (path, text::line(text, function.places[n].start))))
    };
    remarks.iter().enumerate().filter_map(of).collect()
}

/// The lines of a body as [`model::listing::nodes`] counts them, with the remark that stands behind each.
fn remarked<'a>(body: &'a [Node], out: &mut Vec<(&'a Node, Option<&'a str>)>) {
    let of = |node: Option<&'a Node>| match node {
        Some(Node::Remark(remark)) => Some(*remark),
        _ => None,
    };
    for (n, node) in body.iter().enumerate().filter(|(_, node)| !node.is_comment()) {
        // Behind an opening brace it is the first thing in the block.
        let inside = || node.blocks().find(|block| !block.is_empty()).and_then(|block| of(block.first()));
        out.push((node, of(body.get(n + 1)).or_else(inside)));
        node.blocks().for_each(|block| remarked(block, out));
    }
}

/// The place in C that a remark names. The kernel's file is named in full by the function's own field.
fn lifted_from(remark: &str, file: &'static str) -> Option<(&'static str, usize)> {
    let (name, line) = remark.trim().rsplit_once(':')?;
    let line = line.parse().ok().filter(|line| *line > 0)?;
    let is_c = [".c", ".h"].iter().any(|end| name.ends_with(end)) && !name.contains(char::is_whitespace);
    let whole = file.rsplit('/').next() == Some(name);
    is_c.then(|| (if whole { file } else { crate::kept(name) }, line))
}

fn age(release: &str) -> usize {
    RELEASES.iter().position(|r| *r == release).unwrap_or_else(|| panic!("no release is named {release}"))
}

/// Every body of every function.
#[must_use]
pub fn library() -> &'static [Arc<Body>] {
    &LIBRARY
}

/// Every variant of a function, oldest first.
#[must_use]
pub fn variants(name: &str) -> &'static [Arc<Body>] {
    let all = library();
    let from = all.partition_point(|b| b.function.name < name);
    let to = from + all[from..].partition_point(|b| b.function.name == name);
    &all[from..to]
}

/// The body that a function has in a release. A function that is newer than the release is the oldest that
/// there is, so that what calls it can run there.
#[must_use]
pub fn body(name: &str, release: Profile) -> Option<&'static Arc<Body>> {
    let variants = variants(name);
    let age_of_release = age(release.name());
    variants.iter().rev().find(|b| age(b.variant) <= age_of_release).or_else(|| variants.first())
}

/// The functions of a release, by name, as a version with nothing replaced runs them.
pub fn functions(release: Profile) -> impl Iterator<Item = &'static Arc<Body>> {
    let mut last = "";
    let names = library().iter().map(|b| b.function.name).filter(move |n| std::mem::replace(&mut last, n) != *n);
    names.filter_map(move |name| body(name, release))
}

/// The function that performs an operation.
#[must_use]
pub const fn entry(kind: OpKind) -> &'static str {
    match kind {
        OpKind::Read | OpKind::Write | OpKind::ChildRead | OpKind::ChildWrite => "user_access",
        OpKind::PageOut | OpKind::ChildPageOut => "madvise_pageout",
        OpKind::Migrate | OpKind::MigrateRange => "dmirror_migrate_to_device",
        OpKind::ToSystem => "dmirror_migrate_to_system",
        OpKind::Get | OpKind::GetWrite => "get_user_pages_fast",
        OpKind::Put => "__bio_release_pages",
        OpKind::Pin | OpKind::PinWrite => "pin_user_pages_fast",
        OpKind::Unpin => "unpin_user_pages_dirty_lock",
        OpKind::Free => "madvise_free_single_vma",
        OpKind::DontNeed => "zap_page_range_single",
        OpKind::Reclaim => RECLAIM,
        OpKind::SwapMax => "swap_max_write",
        OpKind::Fork => "dup_mmap",
        OpKind::Exit => "exit_mm",
        OpKind::Protect => "mprotect_fixup",
        OpKind::Lock => "mlock_fixup",
        OpKind::DeviceExclusive => "make_device_exclusive_range",
        OpKind::DeviceRead | OpKind::DeviceWrite => "dmirror_access",
        OpKind::Dma => "device_dma",
    }
}

const RECLAIM: &str = "shrink_inactive_list";
const POPULATE: &str = "populate_vma_page_range";

/// Links a release with functions replaced. `assumed` is what judges are to excuse of the rest of the kernel.
///
/// # Errors
/// If one of them calls a function that there is not, or itself.
pub fn link(release: Profile, replaced: &[Arc<Body>], assumed: Assumptions) -> Result<Code, LinkError> {
    let own = |name: &str| replaced.iter().find(|b| b.function.name == name);
    let find = |name: &str| own(name).or_else(|| body(name, release)).map(|b| &b.function);
    let entries = Entries { of: &entry, reclaim: RECLAIM, populate: POPULATE };
    let excused = excused(release, replaced, assumed);
    Code::link(&find, &entries, &|name| own(name).is_some(), excused)
}

/// What is excused when those functions are under comparison. A window in which somebody owes something
/// belongs to whoever opens or closes it, as shipped or as replaced: a body that forgot to close it has no such
/// step any more. What serves the rest of the kernel does not serve them.
fn excused(release: Profile, replaced: &[Arc<Body>], assumed: Assumptions) -> Assumptions {
    let mut excused = assumed;
    for name in replaced.iter().map(|b| b.function.name) {
        let own = |name: &str| replaced.iter().find(|b| b.function.name == name);
        let shipped = |name: &str| body(name, release).map(|b| &b.function);
        let now = |name: &str| own(name).map(|b| &b.function).or_else(|| shipped(name));
        let mut drop = |assumption| excused = excused.without(assumption);
        windows(name, &shipped, &mut Vec::new(), &mut drop);
        windows(name, &now, &mut Vec::new(), &mut drop);
    }
    excused
}

/// The assumptions that serve the windows which a function, or one that it calls, opens or closes.
fn windows<'a>(
    name: &'a str,
    find: &dyn Fn(&str) -> Option<&'a Function>,
    seen: &mut Vec<&'a str>,
    found: &mut impl FnMut(Assumption),
) {
    fn look<'a>(nodes: &'a [Node], called: &mut Vec<&'a str>, found: &mut impl FnMut(Assumption)) {
        for node in nodes {
            match node.doing() {
                Some(Doing::Step(action)) => Assumption::of_window(action).into_iter().for_each(&mut *found),
                Some(Doing::Call(name)) => called.push(name),
                None => {}
            }
            node.blocks().for_each(|block| look(block, called, found));
        }
    }
    if seen.contains(&name) {
        return;
    }
    seen.push(name);
    let mut called = Vec::new();
    if let Some(function) = find(name) {
        look(&function.body, &mut called, found);
    }
    for name in called {
        windows(name, find, seen, found);
    }
}

/// The files of the versions that are built in.
pub(crate) fn version_files() -> impl Iterator<Item = (&'static str, &'static str, Document)> {
    documents(VERSIONS)
}

/// The files of families.
pub(crate) fn family_files() -> impl Iterator<Item = (&'static str, &'static str, Document)> {
    documents(FAMILIES)
}

/// What tells of families: path and text.
pub(crate) const fn family_texts() -> &'static [(&'static str, &'static str)] {
    FAMILY_TEXTS
}

fn documents(
    files: &'static [(&'static str, &'static str)],
) -> impl Iterator<Item = (&'static str, &'static str, Document)> {
    files.iter().map(|(path, text)| {
        let document = text::parse(text).unwrap_or_else(|all| {
            let problems = text::Problems { file: (*path).to_owned(), text: (*text).to_owned(), all };
            panic!("a version that is built in:\n{problems}")
        });
        (*path, *text, document)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::listing::steps;

    /// The tree is the table of contents: a file is found by the kernel file and the function that it names.
    #[test]
    fn every_listing_stands_where_its_function_says() {
        for body in library() {
            let source = body.source.as_ref().expect("built in");
            let folder = match body.file {
                "the CPU" | "a device" => "cpu",
                // 5.18 had it in mm/migrate.c.
                "mm/migrate.c" if body.function.name == "migrate_vma_collect_pmd" => "mm/migrate_device.c",
                file => file,
            };
            let expected = format!("impls/kernel/{folder}/{}/{}.listing", body.function.name, body.variant);
            assert_eq!(source.file, expected);
            let lines: Vec<_> =
                KERNEL.iter().find(|(path, _)| *path == source.file).expect("there").1.lines().collect();
            for (step, (_, line)) in steps(&body.function.body).iter().zip(&source.places) {
                assert!(lines[line - 1].contains(step.name()), "{}:{line}: {}", source.file, step.name());
            }
        }
    }

    #[test]
    fn a_lifted_step_stands_in_c() {
        let text = "function zap_pte_range\nfile mm/memory.c\n{\n    LockPtl  # memory.c:12\n    \
            if PteDirty {  # other.h:7\n        UnlockPtl  # see: 3\n    }\n}\n";
        let document = text::parse(text).expect("well formed");
        let places = Body::new("f.listing", text, &document.functions[0]).source.expect("a source").places;
        assert_eq!(places, [("mm/memory.c", 12), ("other.h", 7), ("f.listing", 6)]);
    }

    #[test]
    fn a_release_has_the_newest_body_that_is_not_newer() {
        let collect = |release| body("migrate_vma_collect_pmd", release).expect("there").variant;
        assert_eq!(collect(Profile::V5_18), "5.18");
        assert_eq!(collect(Profile::V6_1), "6.1");
        assert_eq!(collect(Profile::V7_0Rc6), "7.0-rc6");
        assert_eq!(collect(Profile::V7_3), "7.3");
        assert_eq!(body("no_such_function", Profile::V7_3), None);
    }

    #[test]
    fn every_release_links_and_needs_every_function() {
        fn calls(nodes: &[Node], out: &mut Vec<&'static str>) {
            for node in nodes {
                match node {
                    Node::Do(Doing::Call(name), _) | Node::If(Doing::Call(name), _, _) | Node::Jump(name) => {
                        out.push(name);
                    }
                    _ => {}
                }
                node.blocks().for_each(|b| calls(b, out));
            }
        }
        for release in Profile::ALL {
            link(release, &[], Assumptions::ALL).unwrap_or_else(|e| panic!("{}: {e}", release.name()));
            let mut named: Vec<_> = OpKind::ALL.into_iter().map(entry).chain([RECLAIM, POPULATE]).collect();
            functions(release).for_each(|b| calls(&b.function.body, &mut named));
            for body in functions(release) {
                assert!(named.contains(&body.function.name), "nobody calls {}", body.function.name);
            }
        }
    }

    /// What is built in is in the canonical layout. `LAYOUT=overwrite` writes the files anew.
    #[test]
    fn what_is_built_in_is_written_in_the_canonical_layout() {
        for (path, text) in KERNEL.iter().chain(VERSIONS).chain(FAMILIES) {
            let document = text::parse(text).unwrap_or_else(|e| panic!("{path}: {e:?}"));
            let canonical = text::write(&document);
            if canonical != *text && std::env::var_os("LAYOUT").is_some() {
                let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
                std::fs::write(file, &canonical).expect("written");
                continue;
            }
            assert_eq!(canonical, *text, "{path}");
        }
    }
}
