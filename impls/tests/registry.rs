//! The registry: names, order, what is expected, and where two versions differ.

use impls::{Loss, Scenario, find, mutants, registry, thread};
use model::listing::lines;
use model::{Knobs, MigrationEntryBits};

/// The position of a version is its number in files, so that the order never changes; new ones go behind.
#[test]
fn versions_keep_their_places() {
    let names: Vec<_> = registry().iter().map(|v| v.name).collect();
    assert_eq!(names[..5], ["pre-fix", "v1", "v2", "v3", "6.1.192"]);
    assert_eq!(thread().iter().map(|v| v.name).collect::<Vec<_>>(), ["pre-fix", "v1", "v2", "v3"]);
    assert_eq!(mutants().iter().map(|m| m.name).collect::<Vec<_>>(), ["bugA", "bugB", "bugC", "bugD", "bugE"]);
}

#[test]
fn every_version_is_found_by_its_name_and_another_name_says_which_exist() {
    for version in registry() {
        assert_eq!(find(version.name).map(|v| v.name), Ok(version.name));
    }
    let e = find("v9").expect_err("no such version").to_string();
    assert!(e.contains("'v9'") && registry().iter().all(|v| e.contains(v.name)), "{e}");
}

/// What is believed correct loses in no scenario, and what loses in some is not believed correct.
#[test]
fn belief_and_expectation_agree() {
    for version in registry() {
        let loses = Scenario::ALL.into_iter().any(|s| version.expects(s) == Loss::Required);
        assert_eq!(version.correct, !loses, "{}", version.name);
        assert!(!version.provenance.source.is_empty() && !version.title.is_empty());
    }
    for mutant in mutants() {
        assert!(!mutant.version.correct, "{}", mutant.name);
        assert_eq!(mutant.name, mutant.version.name);
    }
}

/// The lines of one listing that are not in the other, as often as they are missing there.
fn gone(left: &str, right: &str) -> Vec<String> {
    let of = |name| lines(&find(name).expect("registered").listing);
    let mut rest: Vec<_> = of(right);
    of(left)
        .into_iter()
        .filter(|line| match rest.iter().position(|r| r.trim() == line.trim()) {
            Some(at) => {
                rest.remove(at);
                false
            }
            None => true,
        })
        .map(|line| line.trim().to_owned())
        .collect()
}

/// Two versions differ where the patches differ, and nowhere else.
#[test]
fn versions_differ_where_the_patches_differ() {
    // v1 adds the mark, from the word that was read.
    assert_eq!(gone("pre-fix", "v1"), [""; 0]);
    assert_eq!(gone("v1", "pre-fix"), ["if dirty(pte)", "mark folio dirty"]);
    // v3 uses the word that the clear returned.
    assert_eq!(gone("v1", "v3"), ["clear (returned word ignored)"; 2]);
    assert_eq!(gone("v3", "v1"), ["pte = clear"; 2]);
    // v3 tells exclusive pages from others once more, and has the range flush that v2 does without.
    assert_eq!(gone("v2", "v3"), [""; 0]);
    assert_eq!(gone("v3", "v2"), ["else", "pte = clear", "if anything was cleared", "flush range"]);
    // 6.1 asks whether the word is present.
    assert_eq!(gone("v3", "6.1.192"), ["if dirty(pte)"]);
    assert_eq!(gone("6.1.192", "v3"), ["if present(pte) and dirty(pte)"]);
}

/// Between v1 and v3 the range flush changes its place as well: before the unlock.
#[test]
fn the_range_flush_of_v3_comes_before_the_unlock() {
    for (name, before) in [("pre-fix", false), ("v1", false), ("v3", true), ("6.1.192", true)] {
        let lines = lines(&find(name).expect("registered").listing);
        let at = |text: &str| lines.iter().position(|l| l.trim() == text).expect("in every one of these");
        assert_eq!(at("flush range") < at("unlock ptl"), before, "{name}");
    }
}

/// Only two mutants turn a knob; everybody else runs with the case's.
#[test]
fn the_case_decides_the_knobs() {
    let case = Knobs { migration_entry: MigrationEntryBits::Gated, ..Knobs::default() };
    for version in registry() {
        assert_eq!(version.knobs(case), case, "{}", version.name);
    }
    let entries: Vec<_> = mutants().iter().map(|m| m.version.knobs(case).migration_entry).collect();
    use MigrationEntryBits::{Gated, None, Ungated};
    assert_eq!(entries, [Gated, None, Gated, Gated, Ungated]);
}
