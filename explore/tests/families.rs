//! Families of historical bugs: each version does on the family's programs what is expected of it.

use corpus::Case;
use explore::answers::rediscovery::{Effort, bugs, measure};
use explore::answers::zoo::{Row, SHIPPED, programs, zoo};
use impls::families;

const BUDGET: usize = 1_000_000;

fn found(row: &Row) -> String {
    row.found.map_or("too large".to_owned(), |(found, states)| format!("{}, {states} states", found.word()))
}

#[test]
fn every_version_of_every_family_does_what_is_expected_of_it() {
    assert!(families().len() >= 18);
    let mut other = Vec::new();
    for family in families() {
        for row in zoo(family, BUDGET).iter().filter(|row| !row.is_fine()) {
            other.push(format!("{}: {}, not {}: {}", row.version, row.case, row.expected.word(), found(row)));
        }
    }
    assert_eq!(other, Vec::<String>::new());
}

/// Every version is in some program; some version loses, and the kernel as shipped is asked on each program.
#[test]
fn every_family_tells_its_versions_apart() {
    for family in families() {
        assert!(family.readme.starts_with("# ") && family.title().len() <= 100, "{}", family.name);
        assert!(
            (8..=30).contains(&family.readme.lines().count()),
            "{}: a story of some twenty lines",
            family.name
        );
        let entries = programs(family).entries;
        for entry in &entries {
            let shipped = entry.expect.iter().find(|(name, _)| name == SHIPPED);
            assert!(shipped.is_some_and(|(_, expect)| *expect == corpus::Expect::Ok), "{}", entry.place);
        }
        let all = || entries.iter().flat_map(|entry| &entry.expect);
        assert!(all().any(|(_, expect)| *expect != corpus::Expect::Ok), "{} loses nothing", family.name);
        for version in &family.versions {
            assert!(all().any(|(name, _)| name == version.name), "{} is in no program", version.name);
            assert!(family.readme.contains(&format!("`{}`", version.name)), "{} has no story", version.name);
        }
        assert!(all().all(|(name, _)| name == SHIPPED || family.versions.iter().any(|v| v.name == name)));
    }
}

/// A version replaces what was wrong, and a body that is as the kernel has it is no part of it.
#[test]
fn every_function_of_a_version_differs_from_the_kernels() {
    for version in impls::historical() {
        for body in version.functions() {
            let name = body.function.name;
            let shipped = impls::kernel::body(name, version.kernel).expect("a function of the kernel");
            assert_ne!(shipped.function.body, body.function.body, "{}: {name}", version.name);
        }
    }
}

/// What `lostwrite zoo --measure` asks: an easy bug is found by every seed, and told from the kernel as shipped by
/// a small program; the shipped kernel is never taken for it.
#[test]
fn an_easy_bug_is_found_from_nothing() {
    let easy = ["old-entry-not-flushed", "discard-peeks-without-the-lock"];
    let effort = Effort { seeds: 3, executions: 20_000, ops: 4, programs: 2_000, budget: 20_000 };
    for bug in bugs().into_iter().filter(|bug| easy.contains(&bug.version.name)) {
        let found = measure(&bug, &effort);
        assert!(found.executions.iter().all(Option::is_some), "{}: {found:?}", bug.version.name);
        assert!(found.median().is_some());
        let smallest = found.smallest.expect("a small program");
        let case: Case = smallest.case.parse().expect("a case");
        assert!(case.programs.total() <= bug.case.programs.total().max(4), "{case}");
        let nothing = Effort { executions: 0, programs: 1, ..effort };
        assert_eq!(measure(&bug, &nothing).median(), None);
    }
    assert_eq!(bugs().iter().filter(|bug| easy.contains(&bug.version.name)).count(), easy.len());
}
