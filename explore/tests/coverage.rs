//! What is covered is what happened, under names that stay.

use corpus::Case;
use explore::coverage::minimise::{Candidate, cover, protect_losses};
use explore::coverage::{Coverage, Feature, Group, Profile, Profiler, Said, Steps};
use explore::schedulers::case_at;
use impls::Version;
use model::ObjectKind;
use oracle::replay;
use std::collections::BTreeSet;

fn case(text: &str) -> Case {
    text.parse().unwrap_or_else(|e| panic!("{text}: {e}"))
}

fn covered(version: &Version, case: &Case) -> BTreeSet<Feature> {
    let mut features = BTreeSet::new();
    let steps = Steps::of(version.code(case.config.profile));
    replay(
        version,
        case,
        &mut Coverage::new(&steps, |f| {
            features.insert(f);
        }),
    );
    features
}

fn named(features: &BTreeSet<Feature>) -> BTreeSet<String> {
    features.iter().map(Feature::to_string).collect()
}

/// The store of sampled-dirty lands between the read and the clear of the entry: the exchange meets it. In
/// the other order it does not.
#[test]
fn a_pair_shows_which_step_met_which_and_by_whom() {
    let pre_fix = impls::find("pre-fix").expect("it is there");
    let race = "pte: migrate_vma_collect_pmd/ClearPteIgnored after user_access/SetDirty by another";
    let line = "kernel=6.0 cpu0: W0 F0 I0 D0 | cpu1: W0 | schedule: ";
    let raced = corpus::builtin()
        .into_iter()
        .flat_map(|file| file.entries)
        .find(|entry| entry.scenario.as_deref() == Some("sampled-dirty"))
        .expect("there is a case of sampled-dirty");
    let met = named(&covered(pre_fix, &raced.case));
    assert!(met.contains(race), "{met:#?}");
    let apart = named(&covered(pre_fix, &case(&format!("{line}0*200 1*200"))));
    assert!(!apart.contains(race), "{apart:#?}");
}

/// Nobody who wrote in between is skipped, and what nobody wrote pairs nobody.
#[test]
fn readers_alone_are_no_pair() {
    let v3 = impls::find("v3").expect("it is there");
    let features = covered(v3, &case("kernel=6.0 shared=0 cpu0: R0 | cpu1: R0 | schedule: 0*3 1*3"));
    let loads = features.iter().any(|f| {
        let name = f.to_string();
        matches!(f, Feature::Pair { object: ObjectKind::Data, other: true, .. })
            && name.contains("Access after user_access/Access")
    });
    assert!(!loads, "two loads are a pair");
}

/// A version that loses a step of the operation under comparison covers the same as ever where that operation
/// is not called, although every instruction behind it has moved.
#[test]
fn a_listing_that_changes_changes_no_other_features() {
    let v3 = impls::find("v3").expect("it is there");
    let without = case("kernel=6.0 cpu0: W0 P0 R0 W0 F0 K+ CW0 | cpu1: W0 Z0 R0 | schedule: 0*9 1*20 0*30 1*9");
    let before = covered(v3, &without);
    let mut moved = 0;
    for edit in impls::edits(v3) {
        let other = edit.of(v3);
        if other.code(without.config.profile).len() != v3.code(without.config.profile).len() {
            moved += 1;
            assert_eq!(covered(&other, &without), before, "{}", edit.place());
        }
    }
    assert!(moved > 0, "no edit moves anything");
}

/// Names, and the numbers that engines count by, do not change: these were written down when they were made.
#[test]
fn numbers_are_frozen() {
    let profile = Profiler::default().profile(&case("kernel=6.0 W0 P0 R0 W0 D0 P0 R0"));
    let number = |name: &str| {
        let found = profile.features.iter().find(|f| f.to_string() == name);
        found.unwrap_or_else(|| panic!("{name}: {:#?}", profile.features)).number()
    };
    for (name, frozen) in [
        ("pte: user_access/Translate after do_anonymous_page/MapNewAnon by itself", 0xb4df_a52a_88cc_73f8),
        ("migrate_vma_collect_pmd/LockPtl: yes", 0x75a5_a687_9d1a_fef9),
        ("reclaim wrote a page to swap", 0xe07a_a07c_10d1_60a1),
        ("pre-fix: lost swapcache-dirty", 0x21e4_7971_5b2d_8fda),
        ("v2: ok", 0x4a72_b751_8aed_d9ed),
    ] {
        assert_eq!(number(name), frozen, "{name}");
    }
}

#[test]
fn numbers_tell_features_apart() {
    let profiler = Profiler::default();
    let mut features = BTreeSet::new();
    for index in 0..64 {
        features.extend(profiler.profile(&drawn(index)).features);
    }
    let numbers: BTreeSet<_> = features.iter().map(|f| f.number()).collect();
    let names: BTreeSet<_> = features.iter().map(Feature::to_string).collect();
    assert_eq!((numbers.len(), names.len()), (features.len(), features.len()));
    for group in Group::ALL {
        assert!(features.iter().any(|f| f.group() == group) || group == Group::Judges, "{}", group.name());
    }
}

/// A CPU that breaks the contract may bring a version to where the model cannot go on: said, and no panic.
#[test]
fn every_cpu_can_be_profiled() {
    let profiler = Profiler::default();
    for (index, surface) in (0..).zip(corpus::surfaces().into_iter().cycle().take(200)) {
        let case = drawn(index);
        let profile = profiler.profile(&case.on(case.config.profile, surface));
        assert_eq!(profile.said.len(), impls::registry().len());
        assert!(profile.features.is_sorted());
    }
}

fn drawn(index: u64) -> Case {
    let versions = impls::registry();
    let (case, recorder) = case_at(21, index);
    recorder.draw_for(case, &versions[index as usize % versions.len()])
}

fn together<'a>(profiles: impl IntoIterator<Item = &'a Profile>) -> BTreeSet<Feature> {
    profiles.into_iter().flat_map(|p| p.features.iter().copied()).collect()
}

fn candidates(indices: std::ops::Range<u64>) -> Vec<Candidate> {
    let profiler = Profiler::default();
    let of = |index| {
        let case = drawn(index);
        let profile = profiler.profile(&case);
        Candidate::new(&case, profile, index % 50 == 0)
    };
    let mut candidates: Vec<_> = indices.map(of).collect();
    protect_losses(&mut candidates);
    candidates
}

#[test]
fn a_cover_keeps_every_feature_and_every_protected_case_and_is_its_own_cover() {
    for part in 0..4 {
        let all = candidates(part * 200..part * 200 + 200);
        let kept = cover(&all, []);
        assert!(kept.len() < all.len() && kept.is_sorted());
        let small: Vec<_> = kept.iter().map(|n| all[*n].clone()).collect();
        assert_eq!(together(small.iter().map(|c| &c.profile)), together(all.iter().map(|c| &c.profile)));
        for (n, candidate) in all.iter().enumerate() {
            assert!(!candidate.protected || kept.contains(&n), "{} is protected", candidate.name);
        }
        assert_eq!(cover(&small, []), (0..small.len()).collect::<Vec<_>>());
        // Each that is not protected has something of its own.
        for n in (0..small.len()).filter(|n| !small[*n].protected) {
            let others = small.iter().enumerate().filter(|(m, _)| *m != n).map(|(_, c)| &c.profile);
            let others = together(others);
            assert!(small[n].profile.features.iter().any(|f| !others.contains(f)), "{}", small[n].name);
        }
        // The order in which they come does not matter.
        let backwards: Vec<_> = all.iter().rev().cloned().collect();
        let names =
            |of: &[Candidate], kept: Vec<usize>| kept.iter().map(|n| of[*n].name.clone()).collect::<BTreeSet<_>>();
        assert_eq!(names(&backwards, cover(&backwards, [])), names(&all, kept));
    }
}

#[test]
fn what_is_covered_already_needs_nobody() {
    let mut all = candidates(0..100);
    all.iter_mut().for_each(|c| c.protected = false);
    assert!(cover(&all, together(all.iter().map(|c| &c.profile))).is_empty());
    let first = all[0].profile.features.clone();
    let kept = cover(&all, first.iter().copied());
    let more = together(kept.iter().map(|n| &all[*n].profile)).into_iter().chain(first);
    assert_eq!(more.collect::<BTreeSet<_>>(), together(all.iter().map(|c| &c.profile)));
}

/// Each loss of each version keeps the smallest case that shows it.
#[test]
fn the_smallest_case_of_each_loss_is_protected() {
    let profiler = Profiler::default();
    let lines = [
        "kernel=6.0 W0 P0 R0 W0 D0 P0 R0",
        "kernel=6.0 W0 P0 R0 W0 D0 P0 R0 R0 R0",
        "kernel=6.0 W0 F0 W0 I0 D0 U0 P0 R0",
    ];
    let mut all: Vec<_> = lines.map(case).iter().map(|c| Candidate::new(c, profiler.profile(c), false)).collect();
    protect_losses(&mut all);
    assert_eq!(all.iter().map(|c| c.protected).collect::<Vec<_>>(), [true, false, true]);
    let pre_fix = impls::registry().iter().position(|v| v.name == "pre-fix").expect("it is there");
    assert!(matches!(all[0].profile.said[pre_fix], Said::Lost(impls::Scenario::SwapcacheDirty)));
}
