//! The model against what real kernels did: the recorded rows agree, and a row that lies is noticed.

use oracle::{ColumnReport, Conformance, conform_file};

fn recorded(name: &str) -> &'static str {
    let files = corpus::ground_truth();
    files.iter().find(|(n, _)| n == name).unwrap_or_else(|| panic!("{name} is not in the ground truth")).1
}

fn conform(name: &str, text: &str) -> Conformance {
    conform_file(name, text).unwrap_or_else(|e| panic!("{e}"))
}

/// agree, states, skipped, not run, disagree.
fn counts(report: &ColumnReport) -> [usize; 5] {
    [report.agree, report.states, report.skipped, report.not_run, report.disagree.len()]
}

/// The figures of the recorded files, column by column. Every row is in one of them: what the model stops running, or
/// starts to run, shows here.
#[test]
fn every_recorded_row_agrees() {
    let all = [
        ("cases.tsv", "bugA-6.1.192-nullb0", [32, 0, 22, 0, 0]),
        ("cases.tsv", "bugA-6.1.192-ram0", [32, 0, 22, 0, 0]),
        ("cases.tsv", "bugB-6.1.192-nullb0", [32, 0, 22, 0, 0]),
        ("cases.tsv", "bugC-6.1.192-nullb0", [32, 0, 22, 0, 0]),
        ("cases.tsv", "bugD-6.1.192-nullb0", [32, 0, 22, 0, 0]),
        ("cases.tsv", "bugE-6.1.192-nullb0", [32, 0, 22, 0, 0]),
        ("cases.tsv", "fixed-6.1.192-nullb0", [32, 0, 22, 0, 0]),
        ("cases.tsv", "fixed-6.1.192-ram0", [32, 0, 22, 0, 0]),
        ("random.tsv", "bugA-6.1.192-nullb0", [1548, 0, 838, 0, 0]),
        ("random.tsv", "bugA-6.1.192-ram0", [1548, 0, 838, 0, 0]),
        ("random.tsv", "bugE-6.1.192-nullb0", [1548, 0, 838, 0, 0]),
        ("random.tsv", "fixed-6.1.192-nullb0", [1548, 0, 838, 0, 0]),
        ("random.tsv", "fixed-6.1.192-ram0", [974, 0, 838, 574, 0]),
        ("states.jsonl", "bugA-6.1.192-nullb0", [253, 3264, 147, 0, 0]),
        ("states.jsonl", "fixed-6.1.192-nullb0", [253, 3264, 147, 0, 0]),
    ];
    let mut seen = Vec::new();
    for (name, text) in corpus::ground_truth() {
        let result = conform(&name, text);
        assert!(result.agrees(), "{name}: {result:?}");
        for (column, report) in &result.columns {
            seen.push((name.clone(), column.clone(), counts(report)));
        }
    }
    let all: Vec<_> = all.into_iter().map(|(n, c, figures)| (n.to_owned(), c.to_owned(), figures)).collect();
    assert_eq!(seen, all);
}

/// The operations that `docs/conformance.md` lists as skipped.
const OUT_OF_SCOPE: [&str; 10] = ["K+", "K-", "CR", "CW", "CP", "M", "L", "X", "DR", "DW"];

fn out_of_scope(ops: &str) -> bool {
    ops.split(' ').any(|op| OUT_OF_SCOPE.contains(&op.trim_end_matches(|c: char| c.is_ascii_digit())))
}

/// Each row by itself: it is skipped in every column if one of its operations is out of scope, and else in none.
#[test]
fn exactly_the_rows_with_an_operation_out_of_scope_are_skipped() {
    for name in ["cases.tsv", "random.tsv"] {
        let (header, rows) = recorded(name).split_once('\n').expect("a header");
        let mut scopes = [0, 0];
        for row in rows.lines().filter(|r| !r.is_empty() && !r.starts_with('#')) {
            let ops = row.split('\t').nth(1).expect("operations");
            let skipped = usize::from(out_of_scope(ops));
            scopes[skipped] += 1;
            for (column, report) in conform(name, &format!("{header}\n{row}\n")).columns {
                assert_eq!(report.skipped, skipped, "{name}: {column}: {row}");
            }
        }
        assert!(scopes[0] > 0 && scopes[1] > 0, "{name} has rows of both kinds");
    }
}

#[test]
fn exactly_the_states_with_an_operation_out_of_scope_are_skipped() {
    for line in recorded("states.jsonl").lines() {
        let row: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let ops: Vec<_> = row["ops"].as_array().expect("a list").iter().filter_map(|o| o.as_str()).collect();
        let result = conform("states.jsonl", line);
        let report = result.columns.values().next().expect("a column");
        assert_eq!(report.skipped, usize::from(out_of_scope(&ops.join(" "))), "{line}");
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
        assert_eq!(counts(&result.columns["fixed-6.1.192-nullb0"]), [1, 0, 0, 0, 0]);
        assert_eq!(counts(&result.columns["bugA-6.1.192-nullb0"]), [1, 0, 0, 0, 0]);
        assert_eq!(counts(&result.columns["bugA-7.3.4-nullb0"]), [0, 0, 1, 0, 0], "a kernel without a profile");
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
            if !name.starts_with(&format!("{column}-6")) {
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
    assert_eq!(counts(&truth.columns["fixed-6.1.192-nullb0"]), [1, 2, 0, 0, 0]);
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
