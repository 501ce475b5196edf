//! What a loss is named after. A name is given while an execution runs, from what a search remembers of the
//! past, and once more when it is over, if symptom and cause are those of the scenario: the two must agree,
//! or a table and a report would say different things of one case.

#[path = "../../oracle/tests/common/mod.rs"]
mod common;

use common::{case, is, version, with_after, without};
use corpus::Case;
use explore::exhaust::{Answer, Exhaust, exhaust};
use explore::schedulers::{Recorder, SamplerKind, case_at, rng_for};
use explore::shrink::Signature;
use impls::{Scenario, Standing, Version};
use model::listing::Node;
use model::{Action as A, Hardware};
use oracle::{CauseKind, History, Judge, Judges, Symptom, execute, trace};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// A version of one's own, made of a built-in one.
fn own(of: &str, name: &'static str, edit: &dyn Fn(&[Node]) -> Vec<Node>) -> Version {
    let built_in = version(of);
    let edited = built_in.edited(0, edit(built_in.listing())).expect("it links");
    Version { name, title: "of one's own", standing: Standing::Own, ..edited }
}

const FLUSHES: [A; 3] = [A::FlushPage, A::FlushRange, A::AnyCleared];

fn owns() -> Vec<Version> {
    let unflushed = |n: &[Node]| without(n, &FLUSHES);
    vec![
        own("v3", "v3 without a flush", &unflushed),
        own("v2", "v2 without a flush", &unflushed),
        own("pre-fix", "pre-fix without a flush", &unflushed),
        own("7.3", "7.3 without a flush", &unflushed),
        own("v3", "no mark, no flush", &|n| without(&without(n, &FLUSHES), &[A::PteDirty])),
        own("7.3", "7.3", &<[Node]>::to_vec),
        own("v3", "flush behind the unlock", &late),
        own("7.3", "7.3, flush behind the unlock", &late),
        own("v3", "unlocks between", &|n| {
            with_after(&with_after(n, A::ClearPte, A::UnlockPtl), A::UnlockPtl, A::LockPtl)
        }),
    ]
}

/// The range flush comes after the page-table lock is dropped.
fn late(nodes: &[Node]) -> Vec<Node> {
    let (flush, mut rest): (Vec<_>, Vec<_>) = nodes.iter().cloned().partition(|node| is(node, A::AnyCleared));
    rest.extend(flush);
    rest
}

/// The case of a numbered execution with the schedule that it draws on a version.
fn drawn(version: &Version, case: &Case, seed: u64, index: u64) -> (Case, Judges) {
    let mut judges = Judges::default();
    let mut rng = rng_for(seed, index);
    let kind = SamplerKind::draw(&mut rng);
    let mut sampler = Recorder::new(kind, rng);
    sampler.restart(true);
    execute(version, &case.config, &case.programs, &mut sampler, &mut judges);
    (Case { schedule: sampler.schedule().clone(), ..case.clone() }, judges)
}

/// How often each name was given.
type Names = BTreeMap<Option<&'static str>, u64>;

/// Compares the two names of a loss, if the case shows one.
fn compare(version: &Version, case: &Case, names: &mut Names) {
    let trace = trace(version, case);
    let Some(signature) = Signature::all(version, case).into_iter().find(|s| s.judge() == Judge::LastWrite) else {
        return;
    };
    let at = format!("{} on {case}: {:?}", version.name, trace.diagnosis);
    assert_eq!(signature.scenario(), trace.scenario(), "{at}");
    *names.entry(trace.scenario().map(Scenario::name)).or_default() += 1;
}

/// How many programs are drawn.
const MANY: u64 = 2_000;

#[test]
fn what_a_search_remembers_names_a_loss_as_its_diagnosis_does() {
    let owns = owns();
    let mutants = impls::mutants().iter().map(|m| &m.version);
    let versions: Vec<&Version> = impls::registry().iter().chain(mutants).chain(&owns).collect();
    let programs: Vec<Case> = corpus::scenario_programs().into_iter().map(|e| e.case).collect();
    let parts = (0..MANY).into_par_iter().map(|index| {
        let mut names = Names::new();
        let (random, _) = case_at(7, index);
        let mut cases = vec![random];
        cases.extend(programs.get(index as usize % (2 * programs.len())).cloned());
        // CPUs that leave D clear, for blind-store.
        for n in 0..cases.len() {
            let mut other = cases[n].clone();
            other.config.hardware = [Hardware::BlindStore, Hardware::LateDirty][index as usize % 2];
            cases.push(other);
        }
        for (version, case) in versions.iter().flat_map(|v| cases.iter().map(move |case| (*v, case))) {
            let (case, judges) = drawn(version, case, 7, index);
            if judges.of(Judge::LastWrite).is_some() {
                compare(version, &case, &mut names);
            }
        }
        names
    });
    let names = parts.reduce(Names::new, |mut all, part| {
        part.into_iter().for_each(|(name, n)| *all.entry(name).or_default() += n);
        all
    });
    // Each name is given somewhere, and some losses are of no scenario.
    assert_eq!(names.len(), Scenario::ALL.len() + 1, "{names:?}");
}

/// Without any flush the store itself goes astray: that is neither a dirty bit that was dropped nor a store
/// between read and clear.
#[test]
fn a_store_that_went_astray_is_no_dropped_dirty_bit() {
    let program = case("kernel=6.0 cpu0: W0 P0 R0 W0 D0 P0 R0 | cpu1: W0");
    let unflushed = own("v3", "unflushed", &|n| without(n, &FLUSHES));
    let mut astray = 0;
    for index in 0..20_000 {
        let (case, judges) = drawn(&unflushed, &program, 3, index);
        if judges.of(Judge::LastWrite).is_none() {
            continue;
        }
        let trace = trace(&unflushed, &case);
        let diagnosis = trace.diagnosis.expect("a finding");
        let owed = matches!(diagnosis.cause.map(|c| c.kind), Some(CauseKind::FlushOwed { .. }));
        assert!(owed && diagnosis.symptom != Symptom::LostWrite, "{case}: {diagnosis:?}");
        assert_eq!(trace.scenario(), None, "{case}");
        astray += 1;
    }
    assert!(astray > 0);
}

/// The names of all losses of a program, over all interleavings.
fn all_names(version: &Version, line: &str) -> Vec<&'static str> {
    let mut names = BTreeSet::new();
    let found = exhaust::<History>(version, &case(line), 2_000_000, |finding, past| {
        names.extend(past.scenario(finding));
        Answer::Ignore
    });
    assert!(matches!(found, Exhaust::Exhausted { .. }), "{found:?}");
    names.into_iter().map(Scenario::name).collect()
}

/// The unlock for the split of a large folio opens the window, and not only the split behind it; the unlock
/// behind the walk is another one, large folio or not.
#[test]
fn the_unlock_before_a_split_is_told_from_the_last_one() {
    let copy = own("7.3", "a copy of 7.3", &<[Node]>::to_vec);
    let late = own("7.3", "7.3, flush behind the unlock", &late);
    let first = "shared=0 large=1 cpu0: DD0 | cpu1: R0 Z0 R0";
    let second = "shared=1 large=1 cpu0: DD0 | cpu1: R1 Z1 R1";
    assert_eq!(all_names(&copy, first), ["split-window"]);
    assert_eq!(all_names(&late, first), ["split-window"]);
    assert_eq!(all_names(&late, second), ["stale-load"]);
    // It leaves large folios where they are: the last page that it looks at is one.
    assert_eq!(all_names(version("v1"), first), ["stale-load"]);
}
