//! The table of survivors against what survives.

use explore::answers::cell::Effort;
use explore::answers::mutants::mutants;
use impls::{Version, edits, find, read_survivors, survivors};
use report::{reason, stale_reasons};

/// A row that names nothing explains nothing.
#[test]
fn every_reason_is_for_a_mutant_that_exists() {
    for row in survivors() {
        let version = find(&row.version).unwrap_or_else(|e| panic!("{e}"));
        assert!(edits(version).iter().any(|e| e.key == row.mutant), "{}: {}", row.version, row.mutant);
    }
}

/// What `lostwrite mutants` asks, here of the versions of the thread, of the kernel that was observed, and of
/// the one that is believed right in the end; the command asks all of them, which takes longer than a test should.
/// Every survivor has its reason, and every reason its survivor.
#[test]
fn every_survivor_has_a_reason_and_every_reason_a_survivor() {
    let names = ["pre-fix", "v1", "v2", "v3", "6.1.192", "7.3-closed"];
    let versions: Vec<&'static Version> = names.map(|name| find(name).unwrap_or_else(|e| panic!("{e}"))).into();
    let reports = mutants(&versions, Effort { budget: 300_000, samples: 500 }, || {});
    let unexplained: Vec<_> = reports
        .iter()
        .flat_map(|r| r.mutants.iter().map(move |m| (r, m)))
        .filter(|(r, m)| m.caught.is_none() && reason(r, m).is_none())
        .map(|(r, m)| format!("{}\t{}", r.version.name, m.key))
        .collect();
    assert!(unexplained.is_empty(), "no reason for\n{}", unexplained.join("\n"));
    let stale = stale_reasons(&reports);
    assert!(stale.is_empty(), "no survivor for {stale:?}");
    let open: Vec<_> =
        reports.iter().flat_map(|r| &r.mutants).filter(|m| m.caught.is_none() && !m.exhausted).collect();
    assert!(open.is_empty(), "programs not exhausted: {open:?}");
}

#[test]
fn a_malformed_table_names_the_line_and_what_was_expected() {
    let header = "version\tmutant\treason";
    let row = "v3\tdrop 11: FlushPage\tthe range flush does";
    assert_eq!(read_survivors(&format!("# a comment\n{header}\n{row}\n")).map(|r| r.len()), Ok(1));
    for (text, line, what) in [
        (String::new(), 1, "expected a header line"),
        (row.to_owned(), 1, "expected the columns version, mutant, reason"),
        (format!("{header}\nv3\tdrop 11"), 2, "expected 3 tab-separated fields, found 2"),
        (format!("{header}\nv3\tdrop 11\t "), 2, "expected a reason"),
        (format!("{header}\n\n{row}\n{row}"), 4, "a second reason for v3, drop 11"),
    ] {
        let e = read_survivors(&text).expect_err(&text);
        assert!(e.starts_with(&format!("line {line}: ")) && e.contains(what), "{e}");
    }
}
