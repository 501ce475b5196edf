//! The table of expected verdicts: it reads, it names what exists, and it agrees with what the versions'
//! files say.

use impls::{Loss, PERFECT, Scenario, Standing, Version, expected_rows, find, read_expected, registry};

#[test]
fn every_version_has_a_row_for_perfect_hardware() {
    for version in registry() {
        assert!(
            expected_rows().iter().any(|r| r.version == version.name && r.hardware == PERFECT),
            "{} has no row for {PERFECT} in expected.tsv",
            version.name
        );
    }
}

#[test]
fn every_row_names_a_version_that_exists() {
    for row in expected_rows() {
        assert!(find(&row.version).is_ok(), "{}", row.version);
    }
}

/// What a version's file says it loses is what the table requires, and a version believed correct may lose
/// nothing.
#[test]
fn the_table_agrees_with_the_files_of_the_versions() {
    for version in registry() {
        let required: Vec<_> = Scenario::ALL.into_iter().filter(|s| version.must_lose(*s)).collect();
        assert_eq!(version.is_believed_correct(), required.is_empty(), "{}", version.name);
        if version.is_believed_correct() {
            let row = version.row(PERFECT).expect("every version has a row");
            assert!(row.cells.iter().flatten().all(|l| *l == Loss::Forbidden), "{}", version.name);
        }
    }
}

#[test]
fn what_does_not_arise_is_not_expected() {
    let of = |name| impls::find(name).expect("registered");
    assert_eq!(of("v2").expects_on(Scenario::SplitWindow, PERFECT), None);
    assert_eq!(of("v2").expects_on(Scenario::SwapcacheDirty, "no such hardware"), None);
    assert_eq!(of("v1").expects_on(Scenario::SampledDirty, PERFECT), Some(Loss::Required));
}

/// The table speaks of what is built in. A name is no reason to expect anything of another version.
#[test]
fn a_version_that_is_not_built_in_has_no_row_whatever_its_name() {
    let v1 = impls::find("v1").expect("registered");
    for standing in [Standing::Own, Standing::Mutant] {
        let namesake = Version { standing, ..v1.clone() };
        assert_eq!(namesake.row(PERFECT), None, "{standing:?}");
        assert!(!namesake.must_lose(Scenario::SampledDirty) && !namesake.is_believed_correct());
    }
    assert!(v1.must_lose(Scenario::SampledDirty));
}

#[test]
fn a_malformed_table_names_the_line_and_what_was_expected() {
    let header = "version\thardware\tswapcache-dirty\tlazyfree-dirty\tstale-load\tstale-store\tsampled-dirty\tsampled-restore\tblind-store\tsplit-window";
    let row = "v2\thw0\tforbidden\tforbidden\tallowed\t-\t-\t-\t-\t-";
    assert_eq!(read_expected(&format!("# a comment\n{header}\n{row}\n")).map(|r| r.len()), Ok(1));
    for (text, line, what) in [
        (String::new(), 1, "expected a header line"),
        (format!("#\n{row}"), 2, "expected the columns version, hardware, swapcache-dirty"),
        (format!("{header}\nv2\thw0\n"), 2, "expected 10 tab-separated fields, found 2"),
        (format!("{header}\n\n{}", row.replace("allowed", "lost")), 3, "in column stale-load, found 'lost'"),
        (format!("{header}\n{row}\n{row}"), 3, "a second row for v2 on hw0"),
    ] {
        let e = read_expected(&text).expect_err(&text);
        assert!(e.starts_with(&format!("line {line}: ")) && e.contains(what), "{e}");
    }
}
