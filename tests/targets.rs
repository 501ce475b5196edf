//! The bodies of the fuzz targets, on whatever an engine may feed them.

use corpus::{Case, Shape, bytes};
use impls::{Provenance, Version};
use model::listing::Node;
use oracle::{End, Judges};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use report::targets::Canary;
use report::targets::{
    Verdict, codec_bytes, correct, differential, differential_bytes, programs, programs_bytes, rediscover_bytes,
};

/// Random strings of up to `longest` bytes: one in eight of the old version, one in eight with any version
/// byte.
fn random(seed: u64, count: usize, longest: usize) -> impl Iterator<Item = Vec<u8>> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    (0..count).map(move |_| {
        let mut input: Vec<u8> = (0..rng.random_range(0..=longest)).map(|_| rng.random()).collect();
        if let Some(version) = input.first_mut() {
            match rng.random_range(0..8) {
                0 => {}
                1 => *version = 1,
                _ => *version = bytes::VERSION,
            }
        }
        input
    })
}

/// What an engine works on once it has a corpus: generated cases, mutated, with schedules.
fn generated(seed: u64, count: usize) -> impl Iterator<Item = Vec<u8>> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    (0..count).map(move |_| {
        let mut case = corpus::generate(&mut rng, &Shape { actors: 4, pages: 3, ops: 8 });
        for _ in 0..rng.random_range(0..8) {
            corpus::mutate(&mut rng, &mut case);
        }
        bytes::encode(&case)
    })
}

fn inputs(seed: u64) -> impl Iterator<Item = Vec<u8>> {
    random(seed, 20_000, 64).chain(random(seed, 2_000, 700)).chain(generated(seed, 10_000))
}

/// A version with a fault that is believed correct all the same.
fn trusted(name: &'static str, listing: &[Node]) -> &'static Version {
    let provenance = Provenance { author: "mutant", date: "-", source: "-" };
    let v3 = impls::find("v3").expect("registered").edited(0, listing.to_vec()).expect("it links");
    Box::leak(Box::new(Version { name, title: "believed correct", provenance, ..v3 }))
}

/// What differential must not let pass: a finding on a version that is believed correct, whatever the others
/// say, and two such versions that do not do the same.
#[test]
fn differential_raises_its_alarm_on_a_version_that_is_believed_correct() {
    let find = |name| impls::find(name).expect("registered");
    let s1: Case = "kernel=6.0 W0 P0 R0 W0 D0 P0 R0".parse().expect("a case");
    let forgetful = trusted("forgetful", find("pre-fix").listing());
    let report = differential(&[find("v2"), find("v3"), forgetful], &s1).expect("an alarm");
    assert!(report.starts_with("forgetful: ") && report.contains("WRONG VALUE: 1, expected 2"), "{report}");
    assert_eq!(differential(&[find("pre-fix"), find("v2"), find("v3")], &s1), None, "pre-fix is not believed");

    let idle = trusted("idle", &impls::text::body("LockPtl; each_page { next } UnlockPtl").expect("a listing"));
    let moved: Case = "kernel=6.0 W0 D0".parse().expect("a case");
    let report = differential(&[find("v3"), idle], &moved).expect("an alarm");
    assert!(report.starts_with("v3 and idle diverge") && report.contains("case: kernel=6.0 W0 D0"), "{report}");
    assert_eq!(differential(&[idle], &moved), None, "there is nothing to compare with");
}

/// The hook for a new version: whatever the registry has that is believed correct is compared, without a list
/// of its own.
#[test]
fn differential_runs_every_version_believed_correct() {
    let names: Vec<_> = report::targets::correct().iter().map(|v| v.name).collect();
    let registered: Vec<_> =
        impls::registry().iter().filter(|v| v.is_believed_correct()).map(|v| v.name).collect();
    assert_eq!(names, registered);
    assert!(names.len() >= 6, "{names:?}");
}

/// Only a known version is run.
fn known(input: &[u8]) -> bool {
    matches!(input.first(), Some(1..=bytes::VERSION))
}

/// The first byte decides, and nothing else.
#[test]
fn only_known_versions_are_run() {
    for version in 0..=u8::MAX {
        let rejected = codec_bytes(&[version, 0, 0]) == Verdict::Rejected;
        assert_eq!(rejected, !known(&[version]), "{version}");
    }
    assert_eq!(codec_bytes(&[]), Verdict::Rejected);
}

#[test]
fn differential_raises_no_alarm() {
    for input in inputs(1) {
        match differential_bytes(&input) {
            Verdict::Rejected => assert!(!known(&input), "{input:02x?}"),
            Verdict::Fine => assert!(known(&input), "{input:02x?}"),
            Verdict::Alarm(report) => panic!("{input:02x?}\n{report}"),
        }
    }
}

/// Schedules are ignored, so that one program is one input whatever follows it.
#[test]
fn programs_raises_no_alarm_and_takes_small_programs_only() {
    let (mut fine, mut rejected) = (0, 0);
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(4);
    for _ in 0..60 {
        let case = corpus::generate(&mut rng, &Shape { actors: 2, pages: 1, ops: 3 });
        match programs(correct(), &case, 1_000) {
            Verdict::Rejected => rejected += 1,
            Verdict::Fine => fine += 1,
            Verdict::Alarm(report) => panic!("{case}\n{report}"),
        }
    }
    assert!(fine > 10 && rejected > 0, "{fine} fine, {rejected} rejected");
    assert_eq!(programs_bytes(&[]), Verdict::Rejected);
}

/// A version that loses is told with a schedule that shows it, though the program came without one.
#[test]
fn programs_tells_a_loss_with_its_schedule() {
    let find = |name| impls::find(name).expect("registered");
    let case = |text: &str| text.parse::<Case>().expect("a case");
    let v1 = trusted("v1", find("v1").listing());
    let Verdict::Alarm(report) = programs(&[v1], &case("kernel=6.0 cpu0: F0 D0 | cpu1: W0"), 5_000) else {
        panic!("no alarm")
    };
    assert!(report.contains("v1: the dirty bit") && report.contains("DIRTY BIT LOST"), "{report}");
    let moved = case("kernel=6.0 W0 D0");
    assert_eq!(programs(&[find("v3"), find("v2")], &moved, 5_000), Verdict::Fine);
    assert_eq!(programs(&[v1], &moved, 5_000), Verdict::Fine);
    assert_eq!(programs(&[v1], &moved, 10), Verdict::Rejected);
}

#[test]
fn codec_raises_no_alarm() {
    for input in inputs(2).chain(random(3, 40_000, 200)) {
        match codec_bytes(&input) {
            Verdict::Rejected => assert!(!known(&input), "{input:02x?}"),
            Verdict::Fine => assert!(known(&input), "{input:02x?}"),
            Verdict::Alarm(report) => panic!("{input:02x?}\n{report}"),
        }
    }
}

/// The other side: a target that never alarms would pass the tests above.
#[test]
fn rediscover_raises_its_alarm_on_pre_fix() {
    let pre_fix = Canary::any(impls::find("pre-fix").expect("registered"));
    let (mut alarms, mut runs) = (0, 0);
    for input in inputs(4) {
        match rediscover_bytes(&pre_fix, &input) {
            Verdict::Rejected => assert!(!known(&input), "{input:02x?}"),
            Verdict::Fine => runs += 1,
            Verdict::Alarm(report) => {
                alarms += 1;
                assert!(report.starts_with("pre-fix: ") && report.contains("last-write: "), "{report}");
            }
        }
    }
    assert!(alarms >= 50, "{alarms} alarms in {runs} executions");
}

/// A version that is believed correct loses where the CPU or the driver breaks the contract, and only there.
#[test]
fn rediscover_is_silent_on_what_does_not_lose() {
    let mut losses = 0;
    for name in ["v2", "v3", "6.1.192"] {
        let version = impls::find(name).expect("registered");
        for input in random(5, 5_000, 64).chain(generated(5, 5_000)) {
            let verdict = rediscover_bytes(&Canary::any(version), &input);
            if matches!(verdict, Verdict::Alarm(_)) {
                losses += 1;
                let config = bytes::decode(&input).expect("it ran").config;
                assert!(!config.keeps_contract(), "{name}: {input:02x?}: {verdict:?}");
            }
        }
    }
    assert!(losses > 0, "no input broke the contract");
}

#[test]
fn known_losses_raise_the_alarm_and_correct_versions_none() {
    let pre_fix = Canary::any(impls::find("pre-fix").expect("registered"));
    for entry in corpus::builtin().into_iter().flat_map(|f| f.entries) {
        let input = bytes::encode(&entry.case);
        if let Some((_, expect)) = entry.expect.iter().find(|(v, _)| v == "pre-fix") {
            let alarm = matches!(rediscover_bytes(&pre_fix, &input), Verdict::Alarm(_));
            assert_eq!(alarm, *expect == corpus::Expect::Lost, "{}", entry.place);
        }
        assert_eq!(differential_bytes(&input), Verdict::Fine, "{}", entry.place);
        assert_eq!(codec_bytes(&input), Verdict::Fine, "{}", entry.place);
    }
}

/// No input wastes an engine's time: on every version every execution comes to its end, long before the
/// bound. (A CPU that breaks the contract may corrupt an entry so that nobody gets anywhere.)
#[test]
fn every_execution_comes_to_its_end() {
    let mut longest = 0;
    for input in inputs(6).chain(random(7, 2_000, 16)) {
        let case = Case::from_unversioned(&input);
        if !case.config.keeps_contract() {
            continue;
        }
        for version in impls::registry() {
            let summary = oracle::replay(version, &case, &mut Judges::default());
            assert_eq!(summary.end, End::Complete, "{}: {case}", version.name);
            longest = longest.max(summary.steps);
        }
    }
    assert!(longest < oracle::STEP_BOUND / 2, "{longest} steps");
}

/// The largest inputs: every program full, every run as long as can be.
#[test]
fn the_largest_cases_come_to_their_end() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(8);
    for round in 0..40u8 {
        let actors_and_swap = 3 | (round & 3) << 2 | (round >> 2 & 3) << 4;
        let mut input = vec![bytes::VERSION, actors_and_swap];
        // Kernel and CPU, knobs, shared pages and device frames, large folio, 128 records.
        input.extend([rng.random(), rng.random(), rng.random(), rng.random(), rng.random(), 128u8]);
        for actor in 0..4u8 {
            for _ in 0..32 {
                input.extend([actor << 6 | rng.random_range(0..model::OpKind::ALL.len() as u8), rng.random()]);
            }
        }
        for _ in 0..256 {
            input.extend([rng.random_range(0..9), if round % 2 == 0 { 255 } else { rng.random() }]);
        }
        let case = bytes::decode(&input).expect("a known version");
        assert_eq!(case.programs.total(), 128);
        for version in impls::registry().iter().filter(|_| case.config.keeps_contract()) {
            let summary = oracle::replay(version, &case, &mut Judges::default());
            assert_eq!(summary.end, End::Complete, "{}: {case}", version.name);
        }
        assert_eq!(differential_bytes(&input), Verdict::Fine);
    }
}
