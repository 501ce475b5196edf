//! The registry: names, order, what is expected, and where two versions differ.

use impls::{Scenario, find, history, mutants, registry, thread};
use model::listing::lines;
use model::{Config, Knobs, MigrationEntryBits};

/// The position of a version is its number in files, so that the order never changes; new ones go behind.
#[test]
fn versions_keep_their_places() {
    let names: Vec<_> = registry().iter().map(|v| v.name).collect();
    assert_eq!(names[..5], ["pre-fix", "v1", "v2", "v3", "6.1.192"]);
    assert_eq!(names[5..], ["5.18", "v3.1", "v3.2", "6.1", "DH+", "7.0-rc6", "7.3", "7.3-closed", "7.2"]);
    assert_eq!(thread().iter().map(|v| v.name).collect::<Vec<_>>(), ["pre-fix", "v1", "v2", "v3"]);
    let mutants: Vec<_> = mutants().iter().map(|m| (m.of, m.name, m.version.name)).collect();
    let bugs = ["bugA", "bugB", "bugC", "bugD", "bugE"];
    assert_eq!(mutants[..5], bugs.map(|bug| ("6.1.192", bug, bug)));
    let with_kernel = ["bugA@7.3", "bugB@7.3", "bugC@7.3", "bugD@7.3", "bugE@7.3"];
    assert_eq!(mutants[5..], [0, 1, 2, 3, 4].map(|n| ("7.3", bugs[n], with_kernel[n])));
}

/// The history has every version once, and the releases whose environments they belong to only go forward in
/// it, except that 6.1.192 is a stable release.
#[test]
fn history_goes_from_5_18_to_7_3() {
    let names: Vec<_> = history().iter().map(|v| v.name).collect();
    assert_eq!(names[..7], ["5.18", "pre-fix", "v1", "v2", "v3.1", "v3.2", "v3"]);
    assert_eq!(names[7..], ["DH+", "6.1", "6.1.192", "7.0-rc6", "7.2", "7.3", "7.3-closed"]);
    let mut sorted = (names.clone(), registry().iter().map(|v| v.name).collect::<Vec<_>>());
    sorted.0.sort_unstable();
    sorted.1.sort_unstable();
    assert_eq!(sorted.0, sorted.1);
    let mut releases: Vec<_> = history().iter().map(|v| v.kernel.name()).collect();
    releases.dedup();
    assert_eq!(releases, ["5.18", "5.19", "6.0", "6.1", "6.1.192", "7.0-rc6", "7.3"]);
}

#[test]
fn every_version_is_found_by_its_name_and_no_other() {
    for version in registry() {
        assert_eq!(find(version.name).map(|v| v.name), Ok(version.name));
    }
    let e = find("v9").expect_err("no such version").to_string();
    assert_eq!(e, "unknown implementation 'v9'");
}

/// What is believed correct loses in no scenario, and what loses in some is not believed correct.
#[test]
fn belief_and_expectation_agree() {
    for version in registry() {
        let loses = Scenario::ALL.into_iter().any(|s| version.must_lose(s));
        assert_eq!(version.is_believed_correct(), !loses, "{}", version.name);
        assert!(!version.provenance.source.is_empty() && !version.title.is_empty());
    }
    for mutant in mutants() {
        assert!(!mutant.version.has_expectations(), "{}", mutant.version.name);
    }
}

/// The line diff of two listings, without the indentation and the lines that are equal.
fn changes(left: &str, right: &str) -> Vec<String> {
    let text = |name| {
        let lines = lines(find(name).expect("registered").listing());
        lines.iter().map(|l| format!("{}\n", l.trim())).collect::<String>()
    };
    let (left, right) = (text(left), text(right));
    let diff = similar::TextDiff::from_lines(&left, &right);
    let changed = diff.iter_all_changes().filter(|c| c.tag() != similar::ChangeTag::Equal);
    changed.map(|c| format!("{}{}", c.tag(), c.value().trim_end())).collect()
}

/// Neighbours in history, and the line diff from the one to the other.
const NEIGHBOURS: [(&str, &str, &[&str]); 16] = [
    // 5.19 learns of exclusive pages: clear and flush, share or back off.
    (
        "5.18",
        "pre-fix",
        &[
            "+if exclusive",
            "+clear (returned word ignored)",
            "+if pte present",
            "+flush this page",
            "+share anon",
            "+else restore pte, unlock folio, put folio, next",
            "+else",
        ],
    ),
    // v1 marks the folio, from the word that was read.
    ("pre-fix", "v1", &["+if dirty(pte)", "+mark folio dirty"]),
    // v2 clears and flushes every page alike, and uses the word that the clear returned.
    (
        "v1",
        "v2",
        &[
            "-if exclusive",
            "-clear (returned word ignored)",
            "+pte = clear",
            "+if exclusive",
            "-else",
            "-clear (returned word ignored)",
            "-if anything was cleared",
            "-flush range",
        ],
    ),
    // v3, patch 1: the unlock goes behind the flush. Patch 2: the returned word, and the mark. Both in either
    // order.
    ("pre-fix", "v3.1", &["-unlock ptl", "+unlock ptl"]),
    (
        "pre-fix",
        "v3.2",
        &[
            "-clear (returned word ignored)",
            "+pte = clear",
            "-clear (returned word ignored)",
            "+pte = clear",
            "+if dirty(pte)",
            "+mark folio dirty",
        ],
    ),
    (
        "v3.1",
        "v3",
        &[
            "-clear (returned word ignored)",
            "+pte = clear",
            "-clear (returned word ignored)",
            "+pte = clear",
            "+if dirty(pte)",
            "+mark folio dirty",
        ],
    ),
    ("v3.2", "v3", &["-unlock ptl", "+unlock ptl"]),
    (
        "v1",
        "v3.2",
        &["-clear (returned word ignored)", "+pte = clear", "-clear (returned word ignored)", "+pte = clear"],
    ),
    // v3 tells exclusive pages from others once more, and has the range flush that v2 does without.
    (
        "v2",
        "v3",
        &["+if exclusive", "-if exclusive", "+else", "+pte = clear", "+if anything was cleared", "+flush range"],
    ),
    // DH+ clears in one place, and flushes no page by itself.
    (
        "v3",
        "DH+",
        &["-if exclusive", "-if pte present", "-flush this page", "+if exclusive", "-else", "-pte = clear"],
    ),
    // 6.1 carries A and D in the migration entry; 6.1.192 marks only for a word that is present.
    ("v3", "6.1", &["+if pte present", "+entry carries young", "+entry carries dirty"]),
    ("6.1", "6.1.192", &["-if dirty(pte)", "+if present(pte) and dirty(pte)"]),
    // 7.0-rc6 splits a large folio where older ones skip it; 7.2 has the guard of 6.1.192.
    (
        "6.1",
        "7.0-rc6",
        &[
            "-next",
            "+unlock ptl",
            "+get folio",
            "+lock folio",
            "+split folio",
            "+else",
            "+unlock folio",
            "+put folio",
            "+if anything was cleared",
            "+flush range",
            "+return",
            "+unlock folio",
            "+put folio",
            "+lock ptl",
            "+again",
        ],
    ),
    ("7.0-rc6", "7.2", &["-if dirty(pte)", "+if present(pte) and dirty(pte)"]),
    // 7.3 takes the large folio's reference before it drops the lock.
    ("7.2", "7.3", &["+get folio", "-get folio"]),
    ("7.3", "7.3-closed", &["+if anything was cleared", "+flush range"]),
];

/// Two versions differ where the patches differ, and nowhere else.
#[test]
fn versions_differ_where_the_patches_differ() {
    for (left, right, expected) in NEIGHBOURS {
        assert_eq!(changes(left, right), expected, "{left} -> {right}");
    }
    let compared = |name| NEIGHBOURS.iter().any(|(l, r, ..)| [*l, *r].contains(&name));
    assert!(history().iter().all(|v| compared(v.name)));
}

/// The range flush of the last steps comes before the unlock, or after it.
#[test]
fn the_range_flush_changes_its_place() {
    for version in history() {
        let lines = lines(version.listing());
        let last = |text: &str| lines.iter().rposition(|l| l == text);
        let unlock = last("unlock ptl").expect("in every version");
        let after = ["5.18", "pre-fix", "v1", "v3.2"].contains(&version.name);
        let expected = if version.name == "v2" { None } else { Some(!after) };
        assert_eq!(last("    flush range").map(|flush| flush < unlock), expected, "{}", version.name);
    }
}

/// Only the versions with the split window drop the page-table lock inside the loop, and only 7.3-closed
/// flushes first.
#[test]
fn the_window_is_where_the_lock_is_dropped_in_the_loop() {
    for version in history() {
        let lines: Vec<_> = lines(version.listing()).iter().map(|l| l.trim().to_owned()).collect();
        let window =
            lines.iter().position(|l| l == "large folio" || l == "if large folio").expect("in every version");
        let expected: &[&str] = match version.name {
            "7.0-rc6" | "7.2" => &["unlock ptl"],
            "7.3" => &["get folio", "unlock ptl"],
            "7.3-closed" => &["if anything was cleared", "flush range", "get folio", "unlock ptl"],
            _ => &["next", "get folio"],
        };
        assert_eq!(lines[window + 1..][..expected.len()], *expected, "{}", version.name);
    }
}

/// Only bugB and bugE turn a knob; everybody else runs with the case's.
#[test]
fn the_case_decides_the_knobs() {
    let knobs = Knobs { migration_entry: MigrationEntryBits::Gated, ..Knobs::default() };
    let case = Config { knobs, ..Config::default() };
    for version in registry() {
        assert_eq!(version.config(&case), case, "{}", version.name);
    }
    let entries: Vec<_> = mutants().iter().map(|m| m.version.config(&case).knobs.migration_entry).collect();
    use MigrationEntryBits::{Gated, None, Ungated};
    assert_eq!(entries, [[Gated, None, Gated, Gated, Ungated]; 2].concat());
}
