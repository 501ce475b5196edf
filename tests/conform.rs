//! The model against what real kernels did: the recorded rows agree, and a row that lies is noticed.

use model::Profile;
use oracle::{ColumnReport, Conformance, conform_file};

fn recorded(name: &str) -> &'static str {
    let files = corpus::ground_truth();
    files.iter().find(|(n, _)| n == name).unwrap_or_else(|| panic!("{name} is not in the ground truth")).1
}

fn conform(name: &str, text: &str) -> Conformance {
    conform_file(name, text).unwrap_or_else(|e| panic!("{e}"))
}

/// agree, states, not run, aside.
fn counts(report: &ColumnReport) -> [usize; 4] {
    [report.agree, report.states, report.not_run, report.aside]
}

/// The figures of the recorded files, column by column. Every row is in one of them: what the model stops
/// running, or starts to run, shows here.
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
        ("states-7.3.4.jsonl", "bugA-7.3.4-nullb0", [200, 2497, 0, 0]),
        ("states-7.3.4.jsonl", "fixed-7.3.4-nullb0", [200, 2497, 0, 0]),
        ("states.jsonl", "bugA-6.1.192-nullb0", [400, 5211, 0, 0]),
        ("states.jsonl", "fixed-6.1.192-nullb0", [400, 5211, 0, 0]),
    ];
    assert_eq!(agreement(|name| !name.contains('/')), figures(&all));
}

type Figures = Vec<(String, String, [usize; 4])>;

fn figures(all: &[(&str, &str, [usize; 4])]) -> Figures {
    all.iter().map(|(name, column, counts)| ((*name).to_owned(), (*column).to_owned(), *counts)).collect()
}

/// The figures of files, column by column; none of them disagrees.
fn agreement(wanted: impl Fn(&str) -> bool) -> Figures {
    let mut seen = Vec::new();
    for (name, text) in corpus::ground_truth().into_iter().filter(|(name, _)| wanted(name)) {
        let result = conform(&name, text);
        assert!(result.agrees(), "{name}: {result:?}");
        for (column, report) in &result.columns {
            assert_eq!(report.skipped, 0, "{name}: {column}: the model has everything that was recorded");
            seen.push((name.clone(), column.clone(), counts(report)));
        }
    }
    seen
}

const SECOND: &str = "second/";

/// The second recording, every row of it.
/// What guests of this project's own did: sequences of all operations, and those that showed a rule.
#[test]
fn every_row_of_the_third_recording_agrees() {
    let all = [
        ("third/mix-6.1.192.jsonl", "fixed-6.1.192-nullb0", [200, 2665, 0, 0]),
        ("third/mix-6.1.192.tsv", "fixed-6.1.192-nullb0", [200, 0, 0, 0]),
        ("third/mix-bugA-6.1.192.jsonl", "bugA-6.1.192-nullb0", [100, 1431, 0, 0]),
        ("third/mix-bugA-6.1.192.tsv", "bugA-6.1.192-nullb0", [100, 0, 0, 0]),
        ("third/rules-6.1.192.jsonl", "fixed-6.1.192-nullb0", [2, 17, 0, 1]),
        ("third/rules-6.1.192.tsv", "fixed-6.1.192-nullb0", [3, 0, 0, 0]),
    ];
    assert_eq!(agreement(|name| name.starts_with("third/")), figures(&all));
}

#[test]
fn every_row_of_the_second_recording_agrees() {
    let all = [
        ("second/sequences-6.1.192-2.tsv", "fixed-6.1.192-nullb0", [4400, 0, 0, 0]),
        ("second/sequences-6.1.192.tsv", "bugA-6.1.192-nullb0", [9600, 0, 0, 0]),
        ("second/sequences-6.1.192.tsv", "fixed-6.1.192-nullb0", [9600, 0, 0, 0]),
        ("second/sequences-7.3.4.tsv", "fixed-7.3.4-nullb0", [13600, 0, 0, 0]),
        ("second/states-6.1.192.jsonl", "bugA-6.1.192-nullb0", [1197, 17816, 0, 3]),
        ("second/states-6.1.192.jsonl", "fixed-6.1.192-nullb0", [1747, 25878, 0, 3]),
        ("second/states-7.3.4.jsonl", "fixed-7.3.4-nullb0", [1700, 25115, 0, 0]),
    ];
    assert_eq!(agreement(|name| name.starts_with(SECOND)), figures(&all));
}

/// The shortest sequences of rules that cost verdicts when the model lacks them: what FOLL_TOUCH marks, what
/// mprotect populates, what the mirror has. With the test driver, which does not mark what its device wrote.
#[test]
fn the_rules_of_real_kernels_decide_verdicts() {
    for (column, ops) in [
        ("fixed-6.1.192", "W0 F0 L0 DW0 L0 P0 R0"),
        ("fixed-6.1.192", "W0 F0 DW0 L0 L0 P0 R0"),
        ("bugA-6.1.192", "W0 P0 R0 W0 D0 L0 L0 P0 R0"),
        ("bugA-6.1.192", "W0 P0 DR0 DW0 D0 X0 R0 D0 P0 R0"),
        ("bugA-6.1.192", "X0 DR0 P0 R0 W0 D0 P0 R0"),
    ] {
        let text = format!("# case\tops\t{column}-nullb0\nshortest\t{ops}\tok\n");
        let result = conform("shortest.tsv", &text);
        assert!(result.agrees(), "{ops}: {result:?}");
    }
}

/// What a row of the first recording says of a child's copy of the pipe holds for that recording alone: the
/// same sequence, named as the second recording names its rows, disagrees.
#[test]
fn the_inherited_pipe_is_a_rule_of_the_first_recording() {
    let row = recorded("states-7.3.4.jsonl").lines().find(|l| l.contains("\"fork-2429\"")).expect("the row");
    assert!(conform("row.jsonl", row).agrees());
    let result = conform("row.jsonl", &row.replace("fork-2429", "fork-s9104-02429"));
    let [d] = &result.columns["fixed-7.3.4-nullb0"].disagree[..] else { panic!("{result:?}") };
    assert_eq!(d.kernel, "step 19, R0");
}

/// Present against swapped is set aside after `G`, and after nothing else; what comes before in the row is
/// compared.
#[test]
fn only_a_reclaim_may_leave_another_kind_of_page() {
    let row = |op: &str, pte: &str, dirty: u8| {
        let present = |dirty| {
            format!(
                r#"{{"pte":"present","pte_dirty":{dirty},"exclusive":1,"mapcount":1,"folio_dirty":0,"swapcache":0,"swapbacked":1}}"#
            )
        };
        let last = if pte == "present" { present(1) } else { format!(r#"{{"pte":"{pte}"}}"#) };
        let head = r#"{"case":"full-s1-1","kernel":"fixed","release":"6.1.192","swap":"nullb0""#;
        format!(r#"{head},"ops":["W0","{op}"],"after":[{},{last}]}}"#, present(dirty))
    };
    for (op, pte, dirty, expected, disagree) in [
        ("G0", "swap", 1, [1, 2, 0, 0], 0),
        ("G0", "present", 1, [0, 1, 0, 1], 0),
        ("G0", "none", 1, [0, 2, 0, 0], 1),
        ("G0", "present", 0, [0, 1, 0, 0], 1),
        ("P0", "present", 1, [0, 2, 0, 0], 1),
    ] {
        let result = conform("one.jsonl", &row(op, pte, dirty));
        let report = &result.columns["fixed-6.1.192-nullb0"];
        assert_eq!(
            (counts(report), report.disagree.len()),
            (expected, disagree),
            "{op} {pte} {dirty}: {result:?}"
        );
    }
}

const INTERLEAVINGS: &str = "interleavings.tsv";

/// Rows in words have a case each; a row without one is counted as skipped, not as agreeing.
#[test]
fn an_interleaving_without_a_case_is_skipped() {
    let text = recorded(INTERLEAVINGS);
    let rows = text.lines().skip(1).filter(|l| !l.is_empty() && !l.starts_with('#')).count();
    let cases = corpus::builtin().into_iter().find(|f| f.name == "interleavings.case").expect("built in").entries;
    // A case for another kernel stands for the row of the one before it.
    assert_eq!(rows, cases.iter().filter(|e| e.case.config.profile == Profile::V6_1_192).count());
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
            "column 'fixed-5.4-nullb0': expected a release of 6.1 or 7.3, found '5.4'",
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
