//! Listings that are not built in: the lint against the machine.

use impls::kernel::{self, Body};
use impls::{Standing, Version};
use model::listing::Node;
use model::{Flaw, Profile};
use oracle::{End, Finding, Judges, Rule};
use rand::{Rng, RngExt as _, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
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
            matches!(rule, Rule::WritableNotExclusive | Rule::Flaw(Flaw::FreedWhileWritable))
        }
        _ => true,
    }
}

/// What is wrong with a version's shape in a case, or `None`.
fn structural(version: &Version, case: &corpus::Case, sampler: &mut explore::Recorder, silent: bool) -> Option<String> {
    let run = || {
        let mut judges = Judges::default();
        let summary = oracle::execute(version, &case.config, &case.programs, sampler, &mut judges);
        (summary, judges)
    };
    let Ok((summary, judges)) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)) else {
        return Some("a step that cannot be carried out".to_owned());
    };
    if summary.end == End::Deadlock {
        return Some("a deadlock".to_owned());
    }
    let without_end = |f: &Finding| matches!(f, Finding::Broken { rule: Rule::Livelock, .. });
    let allowed = |f: &Finding| without_end(f) || (about_data(f) && !silent);
    judges.iter().find(|f| !allowed(f)).map(|f| format!("{f:?}"))
}

/// A version of a release with one function changed, and whether the lint is silent about it. `None` if the
/// lint calls it wrong.
fn accepted(body: &Body, release: Profile, listing: Vec<Node>) -> Option<(Version, bool)> {
    let mut functions = vec![Arc::new(body.with(listing))];
    if body.function.name != COLLECT {
        // The collects of some releases lose something by themselves.
        functions.push(Arc::clone(kernel::body(COLLECT, Profile::V6_1_192).expect("there")));
    }
    let complaints = impls::lint::lint(&functions, release);
    if complaints.iter().any(|c| c.is_error) {
        return None;
    }
    let nobody = impls::registry()[0].provenance;
    let version = Version::new("changed", "one function changed at random", nobody, functions).ok()?;
    Some((Version { kernel: release, standing: Standing::Own, ..version }, complaints.is_empty()))
}

const COLLECT: &str = "migrate_vma_collect_pmd";

#[test]
fn explore_all() {
    let seed: u64 = std::env::var("SEED").map_or(1, |s| s.parse().unwrap());
    let rounds: u64 = std::env::var("ROUNDS").map_or(3000, |s| s.parse().unwrap());
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    std::panic::set_hook(Box::new(|_| {}));
    let mut failures: std::collections::BTreeMap<(String, String), (usize, String)> = Default::default();
    let (mut clean, mut warned, mut refused) = (0, 0, 0);
    for round in 0..rounds {
        let release = Profile::ALL[rng.random_range(0..Profile::ALL.len())];
        let all: Vec<_> = kernel::functions(release).collect();
        let body = all[rng.random_range(0..all.len())];
        let mut listing = body.function.body.clone();
        for _ in 0..rng.random_range(1..4) {
            listing = changed(&listing, &mut rng);
        }
        let Some((version, silent)) = accepted(body, release, listing) else { refused += 1; continue };
        *(if silent { &mut clean } else { &mut warned }) += 1;
        for index in 0..60 {
            let (mut case, mut sampler) = explore::case_at(round, index);
            case.config = model::Config { profile: release, knobs: release.knobs(), ..case.config };
            if let Some(what) = structural(&version, &case, &mut sampler, silent) {
                let kind: String = what.split("step:").next().unwrap().to_owned() + what.split("rule:").nth(1).unwrap_or("");
                let e = failures.entry((body.function.name.to_owned(), kind)).or_insert_with(|| {
                    let old = model::listing::lines(&body.function.body).join("\n");
                    let new = model::listing::lines(&version.functions()[0].function.body).join("\n");
                    std::fs::write("/tmp/wt/a", old + "\n").unwrap();
                    std::fs::write("/tmp/wt/b", new + "\n").unwrap();
                    let d = std::process::Command::new("diff").args(["-U2", "/tmp/wt/a", "/tmp/wt/b"]).output().unwrap();
                    let d = String::from_utf8_lossy(&d.stdout).lines().skip(2).collect::<Vec<_>>().join("\n");
                    (0, format!("silent {silent} {} {case}: {what}\n{d}", release.name()))
                });
                e.0 += 1;
                break;
            }
        }
    }
    println!("clean {clean} warned {warned} refused {refused}");
    let mut f: Vec<_> = failures.into_iter().collect();
    f.sort_by_key(|f| f.1.0);
    for ((name, kind), (n, text)) in f.iter().rev() {
        println!("=== {n} {name} {kind}\n{text}");
    }
}
