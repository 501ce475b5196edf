//! Counting interleavings, and drawing them: the numbers against an enumeration that knows nothing of
//! components, every number another interleaving, and what the sampler is for.

mod common;

use common::version;
use corpus::Case;
use explore::answers::outcomes::outcomes;
use explore::hunt::first_loss::{Scheduling, first_loss};
use explore::schedulers::interleavings::Interleavings;
use explore::states::graph::Graph;
use model::{Machine, Transition, World};
use num_bigint::BigUint;
use std::collections::{BTreeMap, HashMap, HashSet};

const BUDGET: usize = 1 << 20;

fn case(text: &str) -> Case {
    text.parse().expect("a case")
}

/// Programs without a cycle: nobody tries in vain.
const PLAIN: [&str; 4] = [
    "kernel=6.0 cpu0: W0 | cpu1: R0",
    "kernel=6.0 shared=0 cpu0: R0 R0 | cpu1: W0",
    "kernel=6.0 shared=0 cpu0: R0 | cpu1: R0 | cpu2: R0",
    "kernel=6.0 shared=0 cpu0: Z0 | cpu1: R0",
];

/// Follows every execution to its end, one by one, on the machine alone.
fn walk_all(
    world: &World,
    machine: Machine,
    path: &mut Vec<Transition>,
    out: &mut Vec<(Vec<Transition>, Machine)>,
) {
    let enabled = machine.enabled(world);
    assert!(path.len() < 400, "there is a cycle");
    if enabled.is_empty() {
        out.push((path.clone(), machine));
    }
    for via in enabled.iter() {
        let mut next = machine;
        next.step(world, via);
        path.push(via);
        walk_all(world, next, path, out);
        path.pop();
    }
}

#[test]
fn without_cycles_every_interleaving_is_counted_and_has_one_number() {
    for text in PLAIN {
        let case = case(text);
        let all = Interleavings::new(version("v3"), &case, BUDGET).expect("few states");
        let world = World::new(&case.config, &case.programs, version("v3").code(case.config.profile));
        let mut walked = Vec::new();
        walk_all(&world, Machine::new(&case.config), &mut Vec::new(), &mut walked);
        assert!(walked.len() < 200_000, "{text}: too many to walk");
        assert_eq!(*all.count(), BigUint::from(walked.len()), "{text}");

        let mut paths: HashSet<Vec<Transition>> = walked.iter().map(|(path, _)| path.clone()).collect();
        for number in 0..walked.len() {
            let path: Vec<_> = all.nth(&BigUint::from(number)).into_iter().map(|(_, via)| via).collect();
            assert!(paths.remove(&path), "{text}: number {number} is not an interleaving, or came before");
        }
        assert!(paths.is_empty());

        let mut ends = HashMap::<Machine, u64>::new();
        walked.into_iter().for_each(|(_, machine)| *ends.entry(machine).or_default() += 1);
        let counted: HashMap<_, _> =
            all.ends().into_iter().map(|(state, n)| (all.graph().machine(state), n)).collect();
        assert_eq!(counted, ends.into_iter().map(|(m, n)| (m, BigUint::from(n))).collect(), "{text}");
    }
}

/// Two migrations of one page: one of them finds the folio locked, and a store waits for both.
const CYCLIC: &str = "kernel=6.0 cpu0: W0 D0 | cpu1: W0";

#[test]
fn with_cycles_every_number_is_an_execution_that_ends_and_no_two_are_the_same() {
    let case = case(CYCLIC);
    let graph = Graph::new(version("v3"), &case, BUDGET).expect("few states");
    let all = Interleavings::of(graph);
    let world = World::new(&case.config, &case.programs, version("v3").code(case.config.profile));
    let mut seen = HashSet::new();
    let step = all.count() / 3_000u32 + 1u32;
    let mut number = BigUint::ZERO;
    while number < *all.count() {
        let path = all.nth(&number);
        let mut machine = Machine::new(&case.config);
        for (state, via) in &path {
            assert_eq!(all.graph().machine(*state), machine);
            assert!(machine.enabled(&world).has(*via));
            machine.step(&world, *via);
        }
        assert!(machine.enabled(&world).is_empty(), "number {number} does not end");
        assert!(seen.insert(path), "number {number} came before");
        number += &step;
    }
    assert!(seen.len() > 2_000, "{}", seen.len());
}

#[test]
fn the_interleavings_of_all_ends_are_all_interleavings() {
    for text in PLAIN.into_iter().chain([CYCLIC, RACING]) {
        let all = Interleavings::new(version("v1"), &case(text), BUDGET).expect("few states");
        let sum: BigUint = all.ends().into_iter().map(|(_, n)| n).sum();
        assert_eq!(sum, *all.count(), "{text}");
    }
}

/// Each of the few interleavings of a small program comes as often as any other.
#[test]
fn draws_are_uniform() {
    let case = case("kernel=6.0 shared=0 cpu0: R0 | cpu1: R0");
    let scheduling = Scheduling::uniform(version("v3"), &case, BUDGET).expect("few states");
    let Scheduling::Uniform(all) = &scheduling else { unreachable!("it is uniform") };
    let n = usize::try_from(all.count().clone()).expect("few interleavings");
    let mut counts = BTreeMap::<String, u64>::new();
    let draws = 2_000 * n as u64;
    for index in 0..draws {
        let mut recorder = scheduling.recorder(explore::schedulers::rng_for(3, index));
        recorder.restart(true);
        let mut nothing = oracle::Judges::default();
        oracle::execute(version("v3"), &case.config, &case.programs, &mut recorder, &mut nothing);
        *counts.entry(format!("{:?}", recorder.schedule())).or_default() += 1;
    }
    assert!(n > 3);
    assert_eq!(counts.len(), n);
    // 2,000 expected of each; six standard deviations.
    assert!(counts.values().all(|c| (1_730..2_270).contains(c)), "{counts:?}");
}

/// sampled-restore: the store lands between the read and the clear of the entry, and the pin makes collect
/// put the old word back.
const RACING: &str = "kernel=6.0 cpu0: W0 F0 IP0 D0 | cpu1: W0";

#[test]
fn every_seed_finds_the_race_of_v1_and_half_of_them_within_200_executions() {
    let case = case(RACING);
    let scheduling = Scheduling::uniform(version("v1"), &case, BUDGET).expect("few states");
    let mut firsts: Vec<u64> = (0..15)
        .map(|seed| first_loss(version("v1"), &case, &scheduling, seed, 2_000).expect("no blind seed").execution)
        .collect();
    firsts.sort_unstable();
    assert!(firsts[7] <= 200, "{firsts:?}");
}

#[test]
fn the_share_of_forbidden_endings_is_the_share_of_draws_that_lose() {
    let case = case(RACING);
    let counted = outcomes(version("v1"), &case, BUDGET).expect("few states");
    let forbidden: BigUint = counted.rows.values().map(|row| &row.forbidden).sum();
    // In parts of a million: exact up to rounding, however large the numbers.
    let share = forbidden * 1_000_000u32 / &counted.interleavings;
    let share = u64::try_from(share).expect("a share") as f64 / 1e6;
    let scheduling = Scheduling::uniform(version("v1"), &case, BUDGET).expect("few states");
    let draws = 20_000u64;
    let lost = (0..draws)
        .filter(|index| {
            let mut judges = oracle::Judges::default();
            let mut recorder = scheduling.recorder(explore::schedulers::rng_for(9, *index));
            oracle::execute(version("v1"), &case.config, &case.programs, &mut recorder, &mut judges);
            judges.of(oracle::Judge::LastWrite).is_some()
        })
        .count();
    let expected = share * draws as f64;
    assert!(
        share > 0.0 && (lost as f64 - expected).abs() < 6.0 * expected.sqrt(),
        "{lost} of {draws}, share {share}"
    );
}
