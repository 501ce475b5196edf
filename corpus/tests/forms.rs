//! Text, JSON and bytes hold the same value: properties over arbitrary bytes, generated, mutated and mixed
//! cases.

use arbitrary::{Arbitrary, Unstructured};
use corpus::{Case, Shape, bytes, crossover, generate, json, mutate};
use model::{ActorKind, Op, OpKind, Transition};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

fn config() -> ProptestConfig {
    // A failure prints its smallest input; a file of seeds in the tree would only repeat it.
    ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() }
}

/// Lengths from nothing to beyond the largest case (8 header bytes, 128 operations, 256 runs).
fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..64),
        prop::collection::vec(any::<u8>(), 0..1024),
        // As many operations as fit, and long runs.
        prop::collection::vec(any::<u8>(), 0..1024).prop_map(|mut b| {
            if b.len() > 7 {
                b[7] = 200;
            }
            b
        }),
    ]
}

/// Every form of the case reads back as the case.
fn survives(case: &Case) -> Result<(), TestCaseError> {
    prop_assert_eq!(&bytes::decode(&bytes::encode(case)).expect("the version just written"), case);
    let line = case.to_string();
    prop_assert_eq!(&line.parse::<Case>().map_err(|e| TestCaseError::fail(format!("{line}: {e}")))?, case);
    let text = json::to_json(case);
    prop_assert_eq!(&json::from_json(&text).map_err(|e| TestCaseError::fail(format!("{text}: {e}")))?, case);
    Ok(())
}

/// The case needs no repair: it names only what exists.
fn valid(case: &Case) -> Result<(), TestCaseError> {
    let mut repaired = case.clone();
    repaired.repair();
    prop_assert_eq!(&repaired, case);
    let actors = case.programs.actors as usize;
    prop_assert!((1..=model::ACTORS).contains(&actors));
    for run in case.schedule.runs() {
        prop_assert!((1..=corpus::MAX_RUN).contains(&run.times));
        let who = run.who.actor().or(run.who.cpu());
        prop_assert!(who.map_or(run.who == Transition::WRITEBACK, |w| w < actors), "{:?}", run.who);
    }
    for actor in 0..actors {
        for op in case.programs.of(actor) {
            prop_assert!(op.arg <= op.kind.max_arg(), "{op}");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    /// Every byte string is a valid case, and its canonical string is a fixed point.
    #[test]
    fn decoding_is_total_and_its_result_canonical(input in any_bytes()) {
        let case = Case::from_unversioned(&input);
        valid(&case)?;
        let canonical = bytes::encode(&case);
        let again = bytes::decode(&canonical).expect("the version just written");
        prop_assert_eq!(&again, &case);
        prop_assert_eq!(bytes::encode(&again), canonical);
    }

    /// The first byte is the version and nothing else.
    #[test]
    fn the_version_byte_does_not_change_the_case(input in any_bytes(), version: u8) {
        let mut input = input;
        input.insert(0, bytes::VERSION);
        let case = bytes::decode(&input).expect("a known version");
        input[0] = version;
        prop_assert_eq!(&Case::from_unversioned(&input), &case);
    }

    /// What version 1 wrote decodes as totally as what is written today, and lives on as a case of today.
    #[test]
    fn version_1_is_total_too(input in any_bytes()) {
        let mut input = input;
        input.insert(0, 1);
        let case = bytes::decode(&input).expect("a known version");
        valid(&case)?;
        survives(&case)?;
        prop_assert_eq!(bytes::encode(&case)[0], bytes::VERSION);
        // It knew nothing of what came later.
        prop_assert_eq!((case.config.large, case.config.hardware), (0, model::Hardware::Hw0));
    }

    /// An unknown version is refused by its number.
    #[test]
    fn an_unknown_version_is_refused_by_name(input in any_bytes(), version in bytes::VERSION + 1..) {
        let mut input = input;
        input.insert(0, version);
        let e = bytes::decode(&input).expect_err("no such version");
        prop_assert_eq!(e, bytes::DecodeError::UnknownVersion(version));
        prop_assert_eq!(e.to_string(), format!("unknown format version {version}: this program reads versions 1 to 2"));
    }

    /// Half a record at the end says nothing.
    #[test]
    fn an_odd_byte_at_the_end_is_dropped(input in any_bytes(), extra: u8) {
        let mut input = input;
        // Past the header, the number of operations may grow to what follows.
        if input.len() > 8 && input.len() % 2 == 0 {
            let case = Case::from_unversioned(&input);
            input.push(extra);
            prop_assert_eq!(Case::from_unversioned(&input), case);
        }
    }

    #[test]
    fn decoded_cases_survive_every_form(input in any_bytes()) {
        survives(&Case::from_unversioned(&input))?;
    }

    /// What libFuzzer's `arbitrary` gives is the codec.
    #[test]
    fn arbitrary_is_the_codec(input in any_bytes()) {
        let case = Case::from_unversioned(&input);
        prop_assert_eq!(&Case::arbitrary_take_rest(Unstructured::new(&input)).expect("total"), &case);
        prop_assert_eq!(&Case::arbitrary(&mut Unstructured::new(&input)).expect("total"), &case);
    }

    #[test]
    fn generated_mutated_and_mixed_cases_are_valid_and_survive(
        seed: u64, actors in 1..=model::ACTORS, pages in 1..=model::PAGES, ops in 2..=model::MAX_OPS
    ) {
        let rng = &mut Xoshiro256PlusPlus::seed_from_u64(seed);
        let shape = Shape { actors, pages, ops };
        let mut one = generate(rng, &shape);
        prop_assert!(one.programs.actors as usize <= actors);
        valid(&one)?;
        survives(&one)?;
        let mut two = generate(rng, &Shape::default());
        for _ in 0..rng.random_range(1..64) {
            mutate(rng, &mut one);
            mutate(rng, &mut two);
            valid(&one)?;
        }
        survives(&one)?;
        let child = crossover(rng, &one, &two);
        valid(&child)?;
        survives(&child)?;
    }

    /// The same seed draws the same case, change by change.
    #[test]
    fn drawing_is_a_function_of_the_seed(seed: u64) {
        let draw = || {
            let rng = &mut Xoshiro256PlusPlus::seed_from_u64(seed);
            let (mut a, b) = (generate(rng, &Shape::default()), generate(rng, &Shape::default()));
            mutate(rng, &mut a);
            crossover(rng, &a, &b)
        };
        prop_assert_eq!(draw(), draw());
    }
}

#[test]
fn no_bytes_at_all_are_the_default_case() {
    assert_eq!(Case::from_unversioned(&[]), Case::default());
    assert_eq!(bytes::decode(&[]), Err(bytes::DecodeError::Empty));
}

/// Numbers out of range, as a careless edit leaves them.
#[test]
fn repair_makes_a_broken_case_valid() {
    let mut case = "cpu0: W0 | cpu1: W1 | kswapd: P0 | schedule: 2*3 i2 1".parse::<Case>().expect("a case");
    case.config.shared = 0xff;
    case.config.large = 0xff;
    case.config.device_frames = 9;
    case.programs.actors = 2;
    case.programs.kinds[0] = ActorKind::Kswapd;
    case.programs.kinds[1] = ActorKind::Kswapd;
    case.programs.ops[0][0] = Op::new(OpKind::SwapMax, 200);
    case.programs.ops[0][7] = Op::new(OpKind::Write, 1);
    case.repair();
    assert_eq!(
        case.to_string(),
        "kernel=6.0 shared=0,1,2 large=0,1,2 cpu0: Q0 | kswapd: P1 | schedule: 0*3 i0 1",
        "actor 2 is gone, and what it did in the schedule falls to actor 0"
    );
    valid(&case).expect("valid");
    survives(&case).expect("the same in every form");
    case.programs.actors = 0;
    case.repair();
    assert_eq!(case.to_string(), "kernel=6.0 shared=0,1,2 large=0,1,2 cpu0: Q0 | schedule: 0*3 i0 0");
    case.programs.actors = 9;
    case.repair();
    assert_eq!(case.programs.actors, 4);
    valid(&case).expect("valid");
}

/// kswapd and a DMA device stand behind the CPUs, in that order and one of each; anybody else in their place
/// is a CPU.
#[test]
fn repair_puts_actors_in_order() {
    use ActorKind::{Cpu, Dma, Kswapd};
    for (kinds, repaired) in [
        ([Cpu, Kswapd, Dma], [Cpu, Kswapd, Dma]),
        ([Cpu, Dma, Kswapd], [Cpu, Cpu, Kswapd]),
        ([Cpu, Dma, Dma], [Cpu, Cpu, Dma]),
        ([Dma, Kswapd, Dma], [Cpu, Kswapd, Dma]),
        ([Kswapd, Kswapd, Cpu], [Cpu, Cpu, Cpu]),
    ] {
        let mut case = "cpu0: W0 | cpu1: K+ | cpu2: P0".parse::<Case>().expect("a case");
        case.programs.kinds[..3].copy_from_slice(&kinds);
        case.repair();
        assert_eq!(case.programs.kinds[..3], repaired, "{kinds:?}");
        valid(&case).expect("valid");
        survives(&case).expect("the same in every form");
    }
}

/// One edit changes little: that is what the mutator is for. A mutation in 16 draws a new case.
#[test]
fn mutations_mostly_keep_most_of_the_program() {
    let rng = &mut Xoshiro256PlusPlus::seed_from_u64(1);
    let base = generate(rng, &Shape { actors: 1, pages: 1, ops: 24 });
    let kept = (0..1000)
        .filter(|_| {
            let mut case = base.clone();
            mutate(rng, &mut case);
            case.programs.total().abs_diff(base.programs.total()) <= 4
        })
        .count();
    assert!(kept > 700, "{kept} of 1000");
    let mut case = base.clone();
    let changed = (0..1000)
        .filter(|_| {
            let before = case.clone();
            mutate(rng, &mut case);
            case != before
        })
        .count();
    assert!(changed > 900, "{changed} of 1000");
}
