//! The model against what real kernels did: the recorded rows agree, and a row that lies is noticed.

use oracle::{ColumnReport, Conformance, conform_file};

fn recorded(name: &str) -> &'static str {
    let files = corpus::ground_truth();
    files.iter().find(|(n, _)| n == name).unwrap_or_else(|| panic!("{name} is not in the ground truth")).1
}

fn conform(name: &str, text: &str) -> Conformance {
    conform_file(name, text).unwrap_or_else(|e| panic!("{e}"))
}

/// agree, states, not run, unexplained.
fn counts(report: &ColumnReport) -> [usize; 4] {
    [report.agree, report.states, report.not_run, report.unexplained]
}

/// The figures of the recorded files, column by column. Every row is in one of them: what the model stops running, or
/// starts to run, shows here.
#[test]
fn every_recorded_row_agrees() {
    let all = [
        ("cases-7.3.4.tsv", "bugA-7.3.4-nullb0", [54, 0, 0, 0]),
        ("cases-7.3.4.tsv", "bugA-7.3.4-ram0", [54, 0, 0, 0]),
        ("cases-7.3.4.tsv", "bugC-7.3.4-nullb0", [54, 0, 0, 0]),
        ("cases-7.3.4.tsv", "fixed-7.3.4-nullb0", [54, 0, 0, 0]),
        ("cases-7.3.4.tsv", "fixed-7.3.4-ram0", [54, 0, 0, 0]),
        ("cases.tsv", "bugA-6.1.192-nullb0", [54, 0, 0, 0]),
        ("cases.tsv", "bugA-6.1.192-ram0", [54, 0, 0, 0]),
        ("cases.tsv", "bugB-6.1.192-nullb0", [54, 0, 0, 0]),
        ("cases.tsv", "bugC-6.1.192-nullb0", [54, 0, 0, 0]),
        ("cases.tsv", "bugD-6.1.192-nullb0", [54, 0, 0, 0]),
        ("cases.tsv", "bugE-6.1.192-nullb0", [54, 0, 0, 0]),
        ("cases.tsv", "fixed-6.1.192-nullb0", [54, 0, 0, 0]),
        ("cases.tsv", "fixed-6.1.192-ram0", [54, 0, 0, 0]),
        ("interleavings.tsv", "bugA-6.1.192", [3, 0, 2, 0]),
        ("interleavings.tsv", "bugA-7.3.4", [3, 0, 2, 0]),
        ("interleavings.tsv", "bugC-6.1.192", [4, 0, 1, 0]),
        ("interleavings.tsv", "bugC-7.3.4", [3, 0, 2, 0]),
        ("interleavings.tsv", "bugD-6.1.192", [1, 0, 4, 0]),
        ("interleavings.tsv", "fixed-6.1.192", [4, 0, 1, 0]),
        ("interleavings.tsv", "fixed-7.3.4", [3, 0, 2, 0]),
        ("random-7.3.4.tsv", "bugA-7.3.4-nullb0", [2385, 0, 0, 0]),
        ("random-7.3.4.tsv", "bugC-7.3.4-nullb0", [2385, 0, 0, 0]),
        ("random-7.3.4.tsv", "fixed-7.3.4-nullb0", [2385, 0, 0, 0]),
        ("random.tsv", "bugA-6.1.192-nullb0", [2386, 0, 0, 0]),
        ("random.tsv", "bugA-6.1.192-ram0", [2386, 0, 0, 0]),
        ("random.tsv", "bugE-6.1.192-nullb0", [2386, 0, 0, 0]),
        ("random.tsv", "fixed-6.1.192-nullb0", [2386, 0, 0, 0]),
        ("random.tsv", "fixed-6.1.192-ram0", [1415, 0, 971, 0]),
        ("states-7.3.4.jsonl", "bugA-7.3.4-nullb0", [199, 2494, 0, 1]),
        ("states-7.3.4.jsonl", "fixed-7.3.4-nullb0", [199, 2494, 0, 1]),
        ("states.jsonl", "bugA-6.1.192-nullb0", [400, 5211, 0, 0]),
        ("states.jsonl", "fixed-6.1.192-nullb0", [400, 5211, 0, 0]),
    ];
    let mut seen = Vec::new();
    for (name, text) in corpus::ground_truth() {
        let result = conform(&name, text);
        assert!(result.agrees(), "{name}: {result:?}");
        for (column, report) in &result.columns {
            assert_eq!(report.skipped, 0, "{name}: {column}: the model has everything that was recorded");
            seen.push((name.clone(), column.clone(), counts(report)));
        }
    }
    let all: Vec<_> = all.into_iter().map(|(n, c, figures)| (n.to_owned(), c.to_owned(), figures)).collect();
    assert_eq!(seen, all);
}

/// The listing of unexplained rows hides nothing else, and nothing that is explained by now: under a name that no listing knows, the
/// same files disagree on exactly these rows, in every column.
#[test]
fn exactly_the_listed_rows_disagree() {
    let listed = corpus::unexplained();
    assert!(!listed.is_empty());
    for (name, text) in corpus::ground_truth() {
        let expected: Vec<_> = listed.iter().filter(|(file, _)| *file == name).map(|(_, case)| *case).collect();
        for (column, report) in conform(&format!("unlisted-{name}"), text).columns {
            let found: Vec<_> = report.disagree.iter().map(|d| d.case.as_str()).collect();
            assert_eq!(found, expected, "{name}: {column}");
            assert_eq!(report.unexplained, 0, "{name}: {column}");
        }
    }
    for (file, case) in listed {
        assert!(
            corpus::ground_truth().iter().any(|(name, _)| name == file),
            "{file} of {case} is no recorded file"
        );
    }
}

/// A listed row is excused in its own file only, and another row of that file not at all.
#[test]
fn the_listing_does_not_hide_a_row_that_lies() {
    let (file, case) = corpus::unexplained()[0];
    let lines: Vec<&str> = recorded(file).lines().collect();
    let is_listed = |line: &&&str| line.contains(&format!("\"{case}\""));
    let listed = lines.iter().find(is_listed).expect("the listed row");
    let other = lines.iter().find(|l| !is_listed(l) && l.contains("\"pte\":\"swap\"")).expect("another row");
    let lying = other.replacen("\"pte\":\"swap\"", "\"pte\":\"device\"", 1);
    let result = conform(file, &format!("{listed}\n{lying}\n"));
    assert!(!result.agrees(), "{result:?}");
    assert_eq!(result.columns.values().map(|r| r.unexplained).sum::<usize>(), 1, "{result:?}");
    assert_eq!(result.columns.values().map(|r| r.disagree.len()).sum::<usize>(), 1, "{result:?}");
}

const INTERLEAVINGS: &str = "interleavings.tsv";

/// Rows in words have a case each; a row without one is counted as skipped, not as agreeing.
#[test]
fn an_interleaving_without_a_case_is_skipped() {
    let text = recorded(INTERLEAVINGS);
    let rows = text.lines().skip(1).filter(|l| !l.is_empty() && !l.starts_with('#')).count();
    let cases = corpus::builtin().into_iter().find(|f| f.name == "interleavings.case").expect("built in").entries;
    assert_eq!(rows, cases.len());
    let more = text.lines().last().expect("a row");
    for (column, report) in conform(INTERLEAVINGS, &format!("{}\n{more}\n", text.trim_end())).columns {
        let without = &conform(INTERLEAVINGS, text).columns[&column];
        assert_eq!((report.skipped, counts(&report)), (1, counts(without)), "{column}");
        assert!(report.disagree.is_empty(), "{column}");
    }
}

#[test]
fn an_interleaving_that_lies_is_a_disagreement() {
    let text = recorded(INTERLEAVINGS);
    for (from, to, column, row) in [
        ("\tLOST", "\tok", "bugA-6.1.192", "row 1"),
        ("\tok: madvise", "\tSTALE: madvise", "fixed-6.1.192", "row 5"),
        ("\tSTALE", "\tLOST", "bugD-6.1.192", "row 5"),
    ] {
        let result = conform(INTERLEAVINGS, &text.replacen(from, to, 1));
        let said: Vec<_> = result
            .columns
            .iter()
            .flat_map(|(c, r)| r.disagree.iter().map(move |d| (c.as_str(), d.case.as_str())))
            .collect();
        assert_eq!(said, [(column, row)], "{from} -> {to}");
    }
}

const HEADER: &str = "# case\tops\tfixed-6.1.192-nullb0\tbugA-6.1.192-nullb0\tbugA-7.3.4-nullb0";

/// A file of one row with these verdicts for `fixed` and `bugA`.
fn row(fixed: &str, bug_a: &str) -> String {
    format!("{HEADER}\none\tW0 P0 R0 W0 D0 P0 R0\t{fixed}\t{bug_a}\tok\n")
}

#[test]
fn the_true_row_agrees_with_and_without_its_details() {
    for loss in ["LOST", "LOST@7:R0=1!=2"] {
        let result = conform("one.tsv", &row("ok", loss));
        assert!(result.agrees(), "{result:?}");
        assert_eq!(counts(&result.columns["fixed-6.1.192-nullb0"]), [1, 0, 0, 0]);
        assert_eq!(counts(&result.columns["bugA-6.1.192-nullb0"]), [1, 0, 0, 0]);
        // 7.3 frees the slot and marks the folio dirty where 6.1.192 refuses to migrate, so that bugA hides.
        assert_eq!(counts(&result.columns["bugA-7.3.4-nullb0"]), [1, 0, 0, 0]);
    }
}

#[test]
fn a_row_that_lies_is_a_disagreement() {
    for (fixed, bug_a, column, kernel, model) in [
        ("LOST@7:R0=1!=2", "LOST", "fixed", "LOST@7:R0=1!=2", "ok"),
        ("LOST", "LOST", "fixed", "LOST", "ok"),
        ("ok", "ok", "bugA", "ok", "LOST@7:R0=1!=2"),
        ("ok", "LOST@6:R0=1!=2", "bugA", "LOST@6:R0=1!=2", "LOST@7:R0=1!=2"),
        ("ok", "LOST@7:R1=1!=2", "bugA", "LOST@7:R1=1!=2", "LOST@7:R0=1!=2"),
        ("ok", "LOST@7:R0=0!=2", "bugA", "LOST@7:R0=0!=2", "LOST@7:R0=1!=2"),
        ("ok", "LOST@7:R0=1!=3", "bugA", "LOST@7:R0=1!=3", "LOST@7:R0=1!=2"),
    ] {
        let result = conform("one.tsv", &row(fixed, bug_a));
        assert!(!result.agrees(), "{fixed} {bug_a}");
        for (name, report) in &result.columns {
            if !name.starts_with(&format!("{column}-6.")) {
                assert!(report.disagree.is_empty(), "{fixed} {bug_a}: {name}");
                continue;
            }
            let [d] = &report.disagree[..] else { panic!("{fixed} {bug_a}: {report:?}") };
            assert_eq!((d.case.as_str(), d.ops.as_str()), ("one", "W0 P0 R0 W0 D0 P0 R0"));
            assert_eq!((d.kernel.as_str(), d.model.as_str()), (kernel, model), "{fixed} {bug_a}");
            assert_eq!(report.agree, 0);
        }
    }
}

#[test]
fn a_recorded_verdict_turned_round_is_noticed_wherever_it_stands() {
    let text = recorded("cases.tsv");
    let lying = text.replacen("a04-never-swapped\tW0 D0 P0 R0\tok", "a04-never-swapped\tW0 D0 P0 R0\tLOST", 1);
    assert_ne!(text, lying);
    let result = conform("cases.tsv", &lying);
    let said: Vec<_> =
        result.columns.iter().flat_map(|(c, r)| r.disagree.iter().map(move |d| (c, &d.case))).collect();
    assert_eq!(said, [(&"fixed-6.1.192-nullb0".to_owned(), &"a04-never-swapped".to_owned())]);
}

#[test]
fn a_state_that_lies_is_a_disagreement_at_its_operation() {
    let state = |dirty, pte| {
        format!(
            r#"{{"case":"one","kernel":"fixed","release":"6.1.192","swap":"nullb0","ops":["W0","P0"],"after":[{{"pte":"present","pte_dirty":{dirty},"exclusive":1,"mapcount":1,"folio_dirty":0,"swapcache":0,"swapbacked":1}},{{"pte":"{pte}"}}]}}"#
        )
    };
    let truth = conform("one.jsonl", &state(1, "swap"));
    assert!(truth.agrees());
    assert_eq!(counts(&truth.columns["fixed-6.1.192-nullb0"]), [1, 2, 0, 0]);
    for (text, at, what) in [
        (state(0, "swap"), "step 1, W0", "kernel/model: pte_dirty 0/1"),
        (state(1, "none"), "step 2, P0", "kernel/model: pte none/swap"),
    ] {
        let result = conform("one.jsonl", &text);
        let [d] = &result.columns["fixed-6.1.192-nullb0"].disagree[..] else { panic!("{result:?}") };
        assert_eq!((d.kernel.as_str(), d.model.as_str()), (at, what));
    }
}

#[test]
fn a_malformed_file_is_an_error_with_its_place() {
    let good = "one\tW0 R0\tok\tok\tok";
    let many = vec!["R0"; 33].join(" ");
    for (name, text, line, what) in [
        ("empty.tsv", String::new(), 1, "expected a header"),
        ("headless.tsv", format!("{good}\n"), 1, "expected a header"),
        ("narrow.tsv", "# case\tops\n".to_owned(), 1, "expected a header"),
        (
            "short.tsv",
            format!("{HEADER}\n{good}\none\tW0 R0\tok\n"),
            3,
            "expected 5 tab-separated fields, found 3",
        ),
        ("long.tsv", format!("{HEADER}\n\n# rest\n{good}\tok\n"), 4, "expected 5 tab-separated fields, found 6"),
        (
            "release.tsv",
            "# case\tops\tfixed-5.4-nullb0\n".to_owned(),
            1,
            "column 'fixed-5.4-nullb0': expected release 6.1.192 or 7.3.4, found '5.4'",
        ),
        (
            "bug.tsv",
            "# case\tops\tbugZ-7.3.4-nullb0\n".to_owned(),
            1,
            "column 'bugZ-7.3.4-nullb0': expected fixed or a mutant",
        ),
        (
            "device.tsv",
            "# case\tops\tfixed-7.3.4-sda\n".to_owned(),
            1,
            "expected swap device nullb0 or ram0, found 'sda'",
        ),
        (
            "told.tsv",
            "# scenario\tfixed-7.3.4\nrow\tok\tok\n".to_owned(),
            2,
            "expected 2 tab-separated fields, found 3",
        ),
        (
            "word.tsv",
            "# scenario\tfixed-7.3.4\nrow\tfine\n".to_owned(),
            2,
            "expected ok, LOST, STALE or -, found 'fine'",
        ),
        ("op.tsv", format!("{HEADER}\n{good}\none\tW0 Y0\tok\tok\tok\n"), 3, "expected an operation"),
        ("page.tsv", format!("{HEADER}\none\tW0 R3\tok\tok\tok\n"), 2, "expected a number from 0 to 2"),
        ("many.tsv", format!("{HEADER}\none\t{many}\tok\tok\tok\n"), 2, "at most 32 operations, found 33"),
        ("verdict.tsv", format!("{HEADER}\n{good}\none\tW0 R0\tfine\tok\tok\n"), 3, "found 'fine'"),
        ("cut.jsonl", "{\"case\":\"one\"\n".to_owned(), 1, "EOF"),
        ("field.jsonl", "\n{\"case\":\"one\"}\n".to_owned(), 2, "missing field"),
        (
            "states.jsonl",
            r#"{"case":"one","kernel":"fixed","release":"6.1.192","swap":"nullb0","ops":["W0"],"after":[]}"#
                .to_owned(),
            1,
            "expected a state for each of 1 operations, found 0",
        ),
        ("notes.txt", String::new(), 1, "expected a .tsv of verdicts or a .jsonl of states"),
    ] {
        let e = conform_file(name, &text).expect_err(name);
        assert_eq!((e.file.as_str(), e.line), (name, line), "{e}");
        assert!(e.what.contains(what), "{e}");
        assert!(e.to_string().starts_with(&format!("{name}, line {line}: ")), "{e}");
    }
}
