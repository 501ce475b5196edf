//! Listings that are not built in: the lint against the machine.

use corpus::Case;
use impls::kernel::{self, Body};
use impls::{Standing, Version};
use model::listing::Node;
use model::{Action, Config, Flaw, Hardware, Profile};
use oracle::{End, Finding, Judges, Rule};
use rand::{Rng, RngExt as _, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use std::collections::BTreeSet;
use std::sync::Arc;

fn blocks(nodes: &mut Vec<Node>, visit: &mut impl FnMut(&mut Vec<Node>)) {
    visit(nodes);
    for node in nodes {
        match node {
            Node::Do(_, body) | Node::EachPage(body) | Node::EachMapping(body) => blocks(body, visit),
            Node::If(_, yes, no) => {
                blocks(yes, visit);
                blocks(no, visit);
            }
            _ => {}
        }
    }
}

/// One line taken out, doubled, moved or replaced.
fn changed(listing: &[Node], rng: &mut impl Rng) -> Vec<Node> {
    let mut nodes = listing.to_vec();
    let mut lines = 0;
    blocks(&mut nodes, &mut |block| lines += block.len());
    if lines == 0 {
        return nodes;
    }
    let target = rng.random_range(0..lines);
    let known = impls::vocabulary();
    let other = known[rng.random_range(0..known.len())].action;
    let what = rng.random_range(0..5);
    let mut at = 0;
    blocks(&mut nodes, &mut |block| {
        let here = target.wrapping_sub(at);
        at += block.len();
        if here >= block.len() {
            return;
        }
        match what {
            0 => drop(block.remove(here)),
            1 => block.insert(here, block[here].clone()),
            2 if here + 1 < block.len() => block.swap(here, here + 1),
            3 => block.insert(here, Node::Do(other.into(), vec![])),
            _ => match &mut block[here] {
                Node::Do(a, _) | Node::If(a, ..) => *a = other.into(),
                _ => {}
            },
        }
    });
    nodes
}

/// Whether a finding is about data, or about a page that somebody still reaches, and not about the listing's
/// shape.
fn about_data(finding: &Finding) -> bool {
    match finding {
        Finding::Broken { rule, .. } => {
            let freed = [Flaw::FreedWhileWritable, Flaw::FreedWhileReadable].map(Rule::Flaw);
            *rule == Rule::WritableNotExclusive || freed.contains(rule)
        }
        _ => true,
    }
}

/// What is wrong with a version's shape in a case; if the lint is silent, with what it does to data too.
/// `None` if nothing is.
fn wrong(
    version: &Version,
    case: &Case,
    sampler: &mut explore::schedulers::Recorder,
    allowed: &Allowed,
) -> Option<String> {
    let mut judges = Judges::default();
    let run = || oracle::execute(version, &case.config, &case.programs, sampler, &mut judges);
    let Ok(summary) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)) else {
        return Some("a step that cannot be carried out".to_owned());
    };
    if summary.end == End::Deadlock {
        return Some("a deadlock".to_owned());
    }
    judges.iter().find(|f| !allowed.is_fine(f)).map(|f| format!("{f:?}"))
}

/// What a changed function may do, by what the lint says of it.
struct Allowed {
    data: bool,
    leaks: bool,
}

impl Allowed {
    fn is_fine(&self, finding: &Finding) -> bool {
        match finding {
            // A fault whose page is never collected tries for ever.
            Finding::Broken { rule: Rule::Livelock, .. } => true,
            Finding::Broken { rule: Rule::LeakedReference, .. } => self.leaks,
            // 7.0-rc6 and 7.2 take a reference behind the unlock: the lint warns of that.
            Finding::Broken { rule: Rule::Flaw(Flaw::RefOfNobody), .. } => self.data,
            f => self.data && about_data(f),
        }
    }
}

/// How many steps take or give back what outlives a call: batches of the LRU, and what a hold keeps.
fn beyond_the_call(listing: &[Node]) -> [usize; 6] {
    let steps = model::listing::steps(listing);
    [Action::DrainLru, Action::MarkLazyFree, Action::Hold, Action::HoldPin, Action::Release, Action::ReleasePin]
        .map(|a| steps.iter().filter(|s| s.action() == Some(a)).count())
}

const COLLECT: &str = "migrate_vma_collect_pmd";

/// A version of a release with one function changed, and what it may do. `None` if the lint calls it wrong.
fn accepted(body: &Body, release: Profile, listing: Vec<Node>) -> Option<(Version, Allowed, bool)> {
    let leaks = beyond_the_call(&listing) != beyond_the_call(&body.function.body);
    let mut functions = vec![Arc::new(body.with(listing))];
    let collects = body.function.name == COLLECT;
    if !collects {
        // The collects of some releases lose something by themselves.
        functions.extend(kernel::body(COLLECT, Profile::V6_1_192).cloned());
    }
    let complaints = impls::lint::lint(&functions, release);
    if complaints.iter().any(|c| c.is_error) {
        return None;
    }
    let silent = complaints.is_empty();
    // Of other functions the lint does not know what they are there for: one that does nothing is silent.
    let allowed = Allowed { data: !(silent && collects), leaks };
    let nobody = impls::registry()[0].provenance;
    let version = Version::new("changed", "one function changed at random", nobody, functions).ok()?;
    Some((Version { kernel: release, standing: Standing::Own, ..version }, allowed, silent))
}

/// Functions with a few lines changed at random. What the lint calls an error never gets here; what it lets
/// pass can be run, and leaves nothing behind. A collect without warnings loses nothing either.
#[test]
fn what_the_lint_lets_pass_can_be_run() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    let (mut clean, mut warned, mut functions) = (0, 0, BTreeSet::new());
    for round in 0..3000 {
        let release = Profile::ALL[rng.random_range(0..Profile::ALL.len())];
        let all: Vec<_> = kernel::functions(release).filter(|b| b.function.name != COLLECT).collect();
        let versions = impls::registry();
        // Half of the time one of the versions, which are many bodies of one function.
        let (body, release) = if rng.random() {
            let version = &versions[rng.random_range(0..versions.len())];
            (&version.functions()[0], version.kernel)
        } else {
            (all[rng.random_range(0..all.len())], release)
        };
        let mut listing = body.function.body.clone();
        for _ in 0..rng.random_range(1..4) {
            listing = changed(&listing, &mut rng);
        }
        if listing.is_empty() {
            continue;
        }
        let Some((version, allowed, silent)) = accepted(body, release, listing) else { continue };
        *(if silent { &mut clean } else { &mut warned }) += 1;
        functions.insert(body.function.name);
        for index in 0..40 {
            let (mut case, mut sampler) = explore::schedulers::case_at(round, index);
            let (knobs, hardware) = (release.knobs(), Hardware::Hw0);
            case.config = Config { profile: release, knobs, hardware, ..case.config };
            if let Some(what) = wrong(&version, &case, &mut sampler, &allowed) {
                let [old, new] =
                    [&**body, &*version.functions()[0]].map(|b| model::listing::lines(&b.function.body));
                let (name, old, new) = (body.function.name, old.join("\n"), new.join("\n"));
                panic!(
                    "{name} of {}, silent: {silent}, {case}: {what}\n{old}\n--- changed\n{new}",
                    release.name()
                );
            }
        }
    }
    println!("{clean} without warnings, {warned} with, {} functions", functions.len());
    assert!(clean > 200 && warned > 100, "{clean} without warnings, {warned} with");
    assert!(functions.len() > 60, "{functions:?}");
}
