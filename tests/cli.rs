//! The command, end to end: what it prints, and how it exits.

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use predicates::prelude::*;
use std::path::{Path, PathBuf};

fn lostwrite(args: &[&str]) -> Assert {
    Command::new(assert_cmd::cargo::cargo_bin!("lostwrite")).args(args).assert()
}

fn printed(assert: &Assert) -> String {
    String::from_utf8(assert.get_output().stdout.clone()).expect("text")
}

fn complained(assert: &Assert) -> String {
    String::from_utf8(assert.get_output().stderr.clone()).expect("text")
}

/// A file of the repository.
fn repository(path: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path).display().to_string()
}

/// A folder of its own, and the path of a file in it.
fn written(name: &str, content: impl AsRef<[u8]>) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    std::fs::write(&path, content).expect("a file");
    let path = path.display().to_string();
    (folder, path)
}

fn left_in(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).expect("a folder").map(|e| e.expect("an entry").path()).collect()
}

#[test]
fn list_shows_the_versions_with_what_they_lose() {
    let out = printed(&lostwrite(&["list"]).success());
    for (version, loses) in
        [("pre-fix", "S1 S1b S2a S3 S3r"), ("v1", "S2a S3 S3r"), ("v2", "-"), ("v3", "-"), ("6.1.192", "-")]
    {
        let line = out.lines().find(|l| l.starts_with(&format!("{version} "))).unwrap_or_else(|| panic!("{out}"));
        assert!(line.contains(&format!("  {loses}  ")), "{line}");
    }
    for source in ["60bae7370896", "fd35ca3d12cc", "8c3328f1f36a"] {
        assert!(out.contains(source), "{source}");
    }
    for scenario in ["S1 ", "S1b", "S2a", "S2b", "S3 ", "S3r"] {
        assert!(out.lines().any(|l| l.starts_with(scenario)), "{scenario}: {out}");
    }
}

/// v3 differs from v2 in what happens between the folio lock and the dirty fact, and in the range flush at the end.
#[test]
fn diff_marks_the_two_places_where_v2_and_v3_differ() {
    let out = printed(&lostwrite(&["diff", "v2", "v3", "--all"]).success());
    // Two columns, and between them the column of the marks.
    let column = out.find("v3 [").expect("a header") - 2;
    let marked = |line: &&str| line.chars().nth(column).is_some_and(|mark| mark != ' ');
    let (mut places, mut landmark) = (Vec::new(), "");
    for line in out.lines().skip(1) {
        let landmarks = ["lock ptl", "pte = read", "trylock folio", "if dirty(pte)", "remove rmap", "unlock ptl"];
        if !marked(&line) {
            let found = landmarks.into_iter().find(|l| line.trim_start().starts_with(l));
            landmark = found.unwrap_or(landmark);
        } else if places.last() != Some(&landmark) {
            places.push(landmark);
        }
    }
    assert_eq!(places, ["trylock folio", "remove rmap"], "{out}");
    for (mark, line) in [("<", "pte = clear"), (">", "if anything was cleared"), (">", "flush range")] {
        assert!(out.lines().any(|l| l.contains(mark) && l.contains(line)), "{mark} {line}: {out}");
    }
    // Without --all the same lines are marked.
    let short = printed(&lostwrite(&["diff", "v2", "v3"]).success());
    let of = |text: &str| text.lines().skip(1).filter(marked).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(of(&short), of(&out));
    assert!(short.lines().count() < out.lines().count());
    lostwrite(&["diff", "v3", "v3"]).success().stdout(predicate::str::contains("no difference"));
}

/// The steps stand in the order of the listing, each with its kernel function, under reasons that fit the page.
#[test]
fn explain_says_why_each_step_is_there() {
    for version in impls::history().into_iter().chain(impls::mutants().iter().map(|m| &m.version)) {
        let out = printed(&lostwrite(&["explain", version.name]).success());
        assert!(out.starts_with(&format!("{}: {}", version.name, version.title)), "{out}");
        assert!(out.contains(version.provenance.source) && out.lines().all(|l| l.chars().count() <= 100), "{out}");
        let steps = out.lines().filter(|l| l.contains("  ") && !l.trim_start().starts_with('#'));
        let steps: Vec<_> = steps.map(|l| l.trim_start().split("  ").next().unwrap_or_default()).collect();
        let lines = model::listing::lines(&version.listing);
        let first_words =
            lines.iter().map(|l| l.trim()).filter(|l| !l.starts_with("else") && !l.starts_with("# "));
        let mut rest = steps.iter();
        for line in first_words.filter(|l| *l != "each page of the range") {
            assert!(rest.any(|step| *step == line), "{}: {line}: {out}", version.name);
        }
    }
    let out = printed(&lostwrite(&["explain", "7.0-rc6"]).success());
    let window = out.lines().position(|l| l.trim_start().starts_with("unlock ptl")).expect("the window");
    let before = out.lines().take(window).collect::<Vec<_>>();
    assert!(before[window - 1].contains("MADV_DONTNEED can return now"), "{out}");
    assert!(out.lines().any(|l| l.contains("flush this page") && l.ends_with("flush_tlb_page")), "{out}");
}

const S1: &str = "kernel=6.0 W0 P0 R0 W0 D0 P0 R0";

#[test]
fn replay_marks_where_the_fact_and_the_data_went() {
    let out = printed(&lostwrite(&["replay", "--impl", "pre-fix", S1]).success());
    let marks = ["DIRTY FACT DROPPED", "DATA LOST", "WRONG VALUE: 1, expected 2"];
    let places: Vec<_> = marks.iter().map(|m| out.find(m).unwrap_or_else(|| panic!("{m}: {out}"))).collect();
    assert!(places.is_sorted(), "{out}");
    // Each mark stands under the step that it is about.
    let above = |mark: &str| {
        let lines: Vec<_> = out.lines().collect();
        let at = lines.iter().position(|l| l.contains(mark)).expect("found above");
        lines[at - 1].to_owned()
    };
    assert!(above(marks[0]).contains("install migration entry"), "{out}");
    assert!(above(marks[1]).contains("-swapcache"), "{out}");
    assert!(above(marks[2]).contains("R0 load f0 -> [1]"), "{out}");
    assert!(out.contains(&format!("replay: lostwrite replay --impl pre-fix '{S1}'")), "{out}");
}

#[test]
fn replay_of_a_correct_version_says_nothing() {
    lostwrite(&["replay", "--impl", "v3", S1])
        .success()
        .stdout(predicate::str::contains("no judge says anything").and(predicate::str::contains("<==").not()));
}

#[test]
fn replay_takes_every_version_of_the_thread_unless_told() {
    let out = printed(&lostwrite(&["replay", "--quiet", S1]).success());
    let first: Vec<_> = out.lines().map(|l| l.split_whitespace().next().unwrap_or("")).collect();
    assert_eq!(first, ["pre-fix", "v1", "v2", "v3"], "{out}");
    assert!(out.lines().skip(1).all(|l| l.ends_with(" ok")), "{out}");
    let out = printed(&lostwrite(&["replay", "-q", "--impl", "bugA", "--impl", "6.1.192", S1]).success());
    assert!(out.starts_with("bugA ") && out.contains("expected 2"), "{out}");
    assert!(out.lines().nth(1).is_some_and(|l| l.starts_with("6.1.192") && l.ends_with(" ok")), "{out}");
}

#[test]
fn replay_prints_every_step_if_asked() {
    let steps = |args: &[&str]| printed(&lostwrite(args).success()).lines().count();
    let all = steps(&["replay", "--full", "--impl", "pre-fix", S1]);
    assert!(all > 124 && steps(&["replay", "--impl", "pre-fix", S1]) < all, "{all}");
}

#[test]
fn case_files_replay_as_they_say() {
    for file in ["thread.case", "controls.case", "regressions.case", "interleavings.case"] {
        let path = repository(&format!("corpus/cases/{file}"));
        let mut args = vec!["replay", "--quiet", &path];
        args.extend(impls::registry().iter().flat_map(|v| ["--impl", v.name]));
        lostwrite(&args).success();
    }
}

#[test]
fn a_case_file_that_expects_something_else_exits_with_1() {
    for (expect, complaint) in
        [("v3=lost", "v3: expected lost, found ok"), ("pre-fix=ok", "pre-fix: expected ok, found lost")]
    {
        let (_folder, path) = written("wrong.case", format!("expect: {expect}\n{S1}\n"));
        lostwrite(&["replay", "--quiet", &path])
            .code(1)
            .stdout(predicate::str::contains(format!("wrong.case:2: {complaint}")));
    }
}

#[test]
fn an_unknown_implementation_exits_with_2_and_names_the_known() {
    for args in [
        &["replay", "--impl", "v9", S1][..],
        &["diff", "v9", "v3"],
        &["diff", "v3", "v9"],
        &["explain", "v9"],
        &["hunt", "--impl", "v9", "--executions", "1"],
    ] {
        let e = complained(&lostwrite(args).code(2).stdout(""));
        assert!(
            e.contains("unknown implementation 'v9'; known are pre-fix, v1, v2, v3, 6.1.192"),
            "{args:?}: {e}"
        );
        assert!(e.contains("and the mutants bugA, bugB, bugC, bugD, bugE, bugA@7.3, "), "{args:?}: {e}");
    }
}

#[test]
fn a_malformed_case_exits_with_2_and_names_its_place() {
    for (case, place) in [
        ("W0 Y0", "line 1, column 4: expected an operation"),
        ("W0 D7", "line 1, column 5: expected a number from 0 to 2"),
        ("cpu0: W0 | schedule: 4", "line 1, column 22: expected an actor's number below 1"),
        ("kernel=5.4 W0", "line 1, column 8: expected kernel=6.0|6.1.192|5.18|5.19|6.1|7.0-rc6|7.3, found '5.4'"),
        ("hw=w9 W0", "line 1, column 4: expected hw=hw0|sw-dirty|w1"),
    ] {
        for command in ["replay", "convert"] {
            let e = complained(&lostwrite(&[command, case]).code(2).stdout(""));
            assert!(e.contains(place), "{command} {case}: {e}");
        }
    }
}

#[test]
fn a_malformed_file_exits_with_2_and_names_file_and_place() {
    for (name, content, complaint) in [
        ("bad.json", &b"{\n  \"actors\": [{\"kind\": \"gpu\", \"ops\": []}]\n}"[..], "line 2, column 27: "),
        (
            "ops.json",
            b"{\"actors\":[{\"kind\":\"cpu\",\n\"ops\":[\"W0\",\"Y0\"]}]}",
            "line 2, column 14: expected an operation",
        ),
        ("bad.case", b"W0 D0\n\nW0 W\n", "line 3, column 5: expected a number from 0 to 2 after 'W'"),
        ("new.bin", b"\x03\x00\x00", "unknown format version 3: this program reads versions 1 to 2"),
        ("empty.bin", b"", "empty input"),
    ] {
        let (_folder, path) = written(name, content);
        for command in ["replay", "convert"] {
            let e = complained(&lostwrite(&[command, &path]).code(2).stdout(""));
            assert!(
                e.contains(&format!("{path}: {complaint}")) && e.contains("expected") | name.ends_with("bin"),
                "{e}"
            );
        }
    }
}

#[test]
fn a_missing_file_exits_with_2() {
    for args in [
        &["replay", "no-such.case"][..],
        &["replay", "no/such/file"],
        &["convert", "no-such.bin"],
        &["conform", "no-such.tsv"],
    ] {
        let e = complained(&lostwrite(args).code(2).stdout(""));
        assert!(e.contains(args[1]) && e.to_lowercase().contains("no such file"), "{args:?}: {e}");
    }
}

#[test]
fn bad_arguments_exit_with_2() {
    for args in [
        &["--time", "-1"][..],
        &["--time", "soon"],
        &["--threads", "0"],
        &["replay"],
        &["convert", "W0", "--to", "xml"],
        &["no-such-command"],
    ] {
        lostwrite(args).code(2);
    }
}

/// Text to bytes to text, through a file, and text to JSON to text.
#[test]
fn convert_loses_nothing() {
    let case = "kernel=6.1.192 swap=disk shared=0 cpu0: W0 D0 | kswapd: P0 | schedule: 0*70 w 1*3 i0";
    let folder = tempfile::tempdir().expect("a folder");
    for form in ["bytes", "json", "text"] {
        let path = folder.path().join(form).display().to_string();
        lostwrite(&["convert", case, "--to", form, "-o", &path]).success().stdout("");
        lostwrite(&["convert", &path]).success().stdout(format!("{case}\n"));
        // What goes to the file is what goes to the standard output, and any form reads as any other.
        let direct = lostwrite(&["convert", case, "--to", form]).success().get_output().stdout.clone();
        assert_eq!(std::fs::read(&path).expect("just written"), direct, "{form}");
        for other in ["bytes", "json", "text"] {
            let there = lostwrite(&["convert", &path, "--to", other]).success().get_output().stdout.clone();
            assert_eq!(
                there,
                lostwrite(&["convert", case, "--to", other]).success().get_output().stdout,
                "{form} {other}"
            );
        }
    }
    let json = printed(&lostwrite(&["convert", case, "--to", "json"]).success());
    lostwrite(&["convert", json.trim()]).success().stdout(format!("{case}\n"));
    assert_eq!(std::fs::read(folder.path().join("bytes")).expect("just written")[..2], [2, 0x15]);
}

#[test]
fn convert_takes_several_cases_as_text_only() {
    let file = repository("corpus/cases/controls.case");
    let out = printed(&lostwrite(&["convert", &file]).success());
    assert!(out.lines().count() > 5 && out.lines().all(|l| l.starts_with("kernel=")), "{out}");
    lostwrite(&["convert", &file, "--to", "json"]).code(2).stderr(predicate::str::contains("expected one case"));
}

/// Nothing half written: not the file, not a temporary one beside it.
#[test]
fn a_conversion_that_cannot_be_written_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let nowhere = folder.path().join("none").join("case.bin");
    lostwrite(&["convert", "W0", "--to", "bytes", "-o", &nowhere.display().to_string()])
        .code(2)
        .stderr(predicate::str::contains("case.bin"));
    assert_eq!(left_in(folder.path()), Vec::<PathBuf>::new());
    // A folder in the place of the file.
    let taken = folder.path().join("taken");
    std::fs::create_dir(&taken).expect("a folder");
    lostwrite(&["convert", "W0", "--to", "bytes", "-o", &taken.display().to_string()]).code(2);
    assert_eq!(left_in(folder.path()), [taken]);
    // An input that is no case does not touch what is there.
    let (folder, path) = written("kept.case", "W0\n");
    lostwrite(&["convert", "Y0", "-o", &path]).code(2);
    assert_eq!(std::fs::read_to_string(&path).expect("still there"), "W0\n");
    assert_eq!(left_in(folder.path()).len(), 1);
}

#[test]
fn conform_agrees_with_what_is_built_in() {
    let out = printed(&lostwrite(&["conform"]).success());
    for file in ["cases.tsv", "random.tsv", "states.jsonl"] {
        assert!(out.contains(file), "{out}");
    }
    let path = repository("corpus/ground-truth/cases.tsv");
    let out = printed(&lostwrite(&["conform", &path]).success());
    assert!(out.starts_with(&path) && out.contains("fixed-6.1.192-nullb0"), "{out}");
    let header = out.lines().nth(1).expect("a header");
    assert_eq!(cells(header), ["column", "agree", "states", "disagree", "unexplained", "skipped", "not run"]);
    assert!(out.lines().skip(3).take(8).all(|l| cells(l)[1..] == ["54", "0", "0", "0", "0", "0"]), "{out}");
}

/// A row that nobody can explain is counted apart in its own file, and a disagreement like any other elsewhere.
#[test]
fn conform_counts_unexplained_rows_apart() {
    let path = repository("corpus/ground-truth/states-7.3.4.jsonl");
    let out = printed(&lostwrite(&["conform", &path]).success());
    let row = out.lines().find(|l| l.starts_with("fixed-7.3.4-nullb0")).unwrap_or_else(|| panic!("{out}"));
    assert_eq!(cells(row)[3..5], ["0", "1"], "{out}");
    let (_folder, copy) = written("copy.jsonl", std::fs::read(&path).expect("the file is there"));
    let out = printed(&lostwrite(&["conform", &copy]).code(1));
    let row = out.lines().find(|l| l.starts_with("fixed-7.3.4-nullb0")).unwrap_or_else(|| panic!("{out}"));
    assert_eq!(cells(row)[3..5], ["1", "0"], "{out}");
    assert!(out.contains("fixed-7.3.4-nullb0: fork-2429: "), "{out}");
}

#[test]
fn conform_exits_with_1_on_a_row_that_lies() {
    let rows =
        "# case\tops\tfixed-6.1.192-nullb0\none\tW0 R0\tLOST@2:R0=0!=1\ntwo\tW0 R0\tLOST\nthree\tW0 R0\tok\n";
    let (_folder, path) = written("lying.tsv", rows);
    let out = printed(&lostwrite(&["conform", &path]).code(1));
    assert!(out.contains("fixed-6.1.192-nullb0: one: W0 R0"), "{out}");
    assert!(out.contains("kernel: LOST@2:R0=0!=1") && out.contains("model:  ok"), "{out}");
    assert!(out.contains("two: W0 R0") && !out.contains("three: W0 R0"), "{out}");
    let out = printed(&lostwrite(&["conform", &path, "--show", "1"]).code(1));
    assert!(out.contains("and 1 more") && !out.contains("two: W0 R0"), "{out}");
}

#[test]
fn a_bad_conform_file_exits_with_2_and_names_its_place() {
    for (name, content, complaint) in [
        ("head.tsv", "case\tops\n", "line 1: expected a header"),
        (
            "short.tsv",
            "# case\tops\tfixed-6.1.192-nullb0\none\tW0\n",
            "line 2: expected 3 tab-separated fields, found 2",
        ),
        ("op.tsv", "# case\tops\tfixed-6.1.192-nullb0\none\tY0\tok\n", "line 2: expected an operation"),
        ("verdict.tsv", "# case\tops\tfixed-6.1.192-nullb0\none\tW0\tfine\n", "line 2: expected ok, LOST"),
        ("cut.jsonl", "{\"case\":\n", "line 1: "),
        ("notes.txt", "W0\n", "line 1: expected a .tsv"),
    ] {
        let (_folder, path) = written(name, content);
        let e = complained(&lostwrite(&["conform", &path]).code(2));
        assert!(e.contains(&format!("{path}, {complaint}")), "{e}");
    }
}

#[test]
fn hunt_finds_what_pre_fix_loses_and_nothing_else() {
    let args = ["hunt", "--executions", "2000", "--impl", "pre-fix", "--impl", "v3"];
    let out = printed(&lostwrite(&args).success());
    assert!(out.starts_with("2000 executions on each of pre-fix, v3\n"), "{out}");
    assert!(out.lines().any(|l| l.starts_with("pre-fix S1: execution ")), "{out}");
    assert!(out.contains("flags on versions believed correct: 0"), "{out}");
    assert!(!out.lines().any(|l| l.starts_with("v3:")), "{out}");
    // What made the executions worth running: a line per goal, with count and share.
    for goal in oracle::Goal::ALL {
        let line = out.lines().find(|l| l.starts_with(goal.text())).unwrap_or_else(|| panic!("{goal:?}: {out}"));
        let [_, count, share] = cells(line)[..] else { panic!("{line}") };
        let count: u32 = count.parse().expect("a number");
        assert!(count <= 2000 && (share == "NEVER") == (count == 0), "{line}");
    }
    let line = out.lines().find(|l| l.starts_with("a page moved to or from the device")).expect("found above");
    assert!(cells(line)[1].parse::<u32>().is_ok_and(|n| n > 200), "{line}");
    assert_eq!(out, printed(&lostwrite(&args).success()), "the same seed finds the same");
    // What a hunt prints replays.
    let line = out.lines().find(|l| l.starts_with("pre-fix S1: ")).expect("found above");
    let case = line.splitn(3, ": ").nth(2).expect("execution, steps, case");
    lostwrite(&["replay", "--impl", "pre-fix", case]).success().stdout(predicate::str::contains("WRONG VALUE"));
}

#[test]
fn the_main_job_finds_everything_that_is_expected() {
    let out = printed(&lostwrite(&["--time", "1", "--threads", "1"]).success());
    assert!(out.lines().last().is_some_and(|l| l == "everything as expected"), "{out}");
    let row = |version: &str| {
        let line = out.lines().find(|l| l.starts_with(&format!("{version} "))).unwrap_or_else(|| panic!("{out}"));
        // Cells are two blanks apart.
        line.split("  ").map(str::trim).filter(|c| !c.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(row("version")[1..7], ["S1", "S1b", "S2a", "S2b", "S3", "S3r"]);
    for (version, lost) in [
        ("pre-fix", [true, true, true, false, true, true]),
        ("v1", [false, false, true, false, true, true]),
        ("v2", [false; 6]),
        ("v3", [false; 6]),
    ] {
        let cells: Vec<_> = row(version)[1..7].iter().map(|c| c.starts_with("LOST")).collect();
        assert_eq!(cells, lost, "{version}: {out}");
    }
    // The hunt starts from nothing; in a second it finds at least the losses that need no second CPU.
    assert!(row("pre-fix")[1] == "LOST (both)" && row("pre-fix")[2] == "LOST (both)", "{out}");
    for scenario in ["S1:", "S1b:", "S2a:", "S3:", "S3r:"] {
        assert!(out.contains(&format!("--- {scenario}")), "{scenario}: {out}");
    }
    assert!(!out.contains("--- S2b:") && !out.contains("UNEXPECTED"), "{out}");
}

/// A version of one's own: v3 as JSON, with other words in some places.
fn own_version(name: &str, changes: &[(&str, &str)]) -> (tempfile::TempDir, String) {
    let mut json = printed(&lostwrite(&["explain", "v3", "--format", "json"]).success());
    for (from, to) in [("\"name\": \"v3\"", "\"name\": \"mine\"")].iter().chain(changes) {
        assert!(json.contains(from), "{from}: {json}");
        json = json.replace(from, to);
    }
    written(name, json)
}

#[test]
fn a_version_of_ones_own_takes_part_wherever_one_is_named() {
    let (_folder, same) = own_version("mine.json", &[]);
    lostwrite(&["diff", "v3", "--impl-file", &same]).success().stdout(predicate::str::contains("no difference"));
    lostwrite(&["replay", "-q", "--impl-file", &same, S1]).success().stdout("mine     ok\n").stderr("");
    let out = printed(&lostwrite(&["replay", "-q", "--impl", "pre-fix", "--impl-file", &same, S1]).success());
    assert!(out.starts_with("pre-fix ") && out.lines().nth(1) == Some("mine     ok"), "{out}");
    let explained = printed(&lostwrite(&["explain", "--impl-file", &same]).success());
    let built_in = printed(&lostwrite(&["explain", "v3"]).success());
    let steps = |out: &str| out.lines().skip_while(|l| !l.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(steps(&explained), steps(&built_in));
    // As JSON it is what was read.
    let json = printed(&lostwrite(&["explain", "mine", "--impl-file", &same, "--format", "json"]).success());
    assert_eq!(json, std::fs::read_to_string(&same).expect("written above"));
}

#[test]
fn a_version_of_ones_own_that_loses_is_found_out() {
    let (folder, path) = own_version("my own.json", &[("\"MarkFolioDirty\"", "\"CarryYoungDirty\"")]);
    let diff = printed(&lostwrite(&["diff", "v3", "--impl-file", &path]).success());
    let line = diff.lines().find(|l| l.contains("mark folio dirty")).expect("a line that differs");
    assert!(line.contains(" | ") && line.ends_with("entry carries young and dirty"), "{diff}");
    // It claims to be correct, as v3 does.
    let run = lostwrite(&["replay", "--impl-file", &path, S1]).code(1);
    assert!(complained(&run).contains(&format!("{path}: warning: $.listing[2].each_page[9] (install migr")));
    let out = printed(&run);
    assert!(out.contains("WRONG VALUE: 1, expected 2"), "{out}");
    assert!(out.contains(&format!("replay: lostwrite replay --impl-file '{path}' '{S1}'")), "{out}");
    let out = printed(&lostwrite(&["hunt", "--impl-file", &path, "--executions", "2000"]).code(1));
    assert!(out.starts_with("2000 executions on each of mine\n") && out.contains("mine: deferred"), "{out}");
    // Nothing is claimed of it.
    let text = std::fs::read_to_string(&path).expect("written above");
    let modest = folder.path().join("modest.json").display().to_string();
    std::fs::write(&modest, text.replace("  \"correct\": true,\n", "")).expect("a file");
    let out = printed(&lostwrite(&["hunt", "--impl-file", &modest, "--executions", "2000"]).success());
    assert!(out.lines().any(|l| l.starts_with("mine S1: execution ")), "{out}");
}

#[test]
fn a_malformed_version_exits_with_2_and_names_its_place() {
    for (changes, complaint) in [
        (&[("\"RemoveRmap\"", "\"RemoveRmp\"")][..], "$.listing[2].each_page[10]: unknown step \"RemoveRmp\""),
        (&[("\"RemoveRmap\"", "\"FreezeRefs\"")], "$.listing[2].each_page[10]: FreezeRefs is no step of collect"),
        (
            &[("\"RemoveRmap\"", "\"return\"")],
            "$.listing[2].each_page[10] (return): the listing ends with the page-",
        ),
        (&[("\"listing\"", "\"steps\"")], "line 7, column 9: unknown field `steps`"),
        (&[("\"mine\"", "\"v2\"")], "$.name: there is a version 'v2' already"),
    ] {
        let (_folder, path) = own_version("wrong.json", changes);
        for args in [&["replay", S1][..], &["diff", "v3"], &["explain"], &["hunt", "--executions", "1"]] {
            let e = complained(&lostwrite(&[args, &["--impl-file", &path]].concat()).code(2).stdout(""));
            assert!(e.contains(&format!("{path}: {complaint}")), "{args:?}: {e}");
        }
    }
    let e = complained(&lostwrite(&["explain", "--impl-file", "no-such.json"]).code(2));
    assert!(e.contains("no-such.json: No such file"), "{e}");
    for (args, found) in [(&["diff"][..], 0), (&["diff", "v3"], 1), (&["explain"], 0)] {
        let e = complained(&lostwrite(args).code(2).stdout(""));
        assert!(e.contains("--impl-file") && e.contains(&format!("found {found}")), "{args:?}: {e}");
    }
}

/// The worked example of docs/adding-a-version.md: without the flush of exclusive pages v3 loses nothing, unless the range
/// flush comes after the unlock.
#[test]
fn the_worked_example_comes_out_as_the_manual_says() {
    let (_folder, same) = own_version("same.json", &[]);
    let json = std::fs::read_to_string(&same).expect("written above").replace("mine", "one-flush");
    let without = |json: &str, from: &str, to: &str| {
        let start = json.find(from).expect("the first line of a block");
        let end = start + json[start..].find(to).expect("its last line") + to.len();
        (format!("{}{}", &json[..start], &json[end..]), json[start..end].to_owned())
    };
    let (one_flush, _) = without(&json, "        {\"if\": \"PtePresent\"", "]},\n");
    let (_folder, one) = written("one-flush.json", &one_flush);
    let diff = printed(&lostwrite(&["diff", "v3", "--impl-file", &one]).success());
    assert!(diff.lines().filter(|l| l.contains('<')).count() == 2 && !diff.contains('>'), "{diff}");
    let hunt = ["hunt", "--executions", "20000", "--impl-file"];
    let out = printed(&lostwrite(&[&hunt[..], &[one.as_str()]].concat()).success());
    assert!(
        !out.lines().any(|l| l.starts_with("one-flush"))
            && out.contains("believed correct: 0; executions without an end: 0"),
        "{out}"
    );

    let (unflushed, flush) = without(&one_flush, "    {\"if\": \"AnyCleared\"", "]},\n");
    let flush = flush.trim_end().trim_end_matches(',');
    let late = unflushed.replace("    \"UnlockPtl\"\n", &format!("    \"UnlockPtl\",\n{flush}\n"));
    let late = late.replace("one-flush", "late-flush").replace("  \"correct\": true,\n", "");
    let (_folder, late) = written("late-flush.json", late);
    let run = lostwrite(&[&hunt[..], &[late.as_str()]].concat()).success();
    assert!(complained(&run).contains("warning: $.listing[3] (unlock ptl): the lock is dropped with the flush"));
    assert!(printed(&run).lines().any(|l| l.starts_with("late-flush S2b: ")), "{}", printed(&run));
}

/// Cells of a line of a printed table, which are two blanks apart.
fn cells(line: &str) -> Vec<&str> {
    line.split("  ").map(str::trim).filter(|c| !c.is_empty()).collect()
}

#[test]
fn matrix_is_as_expected_and_its_cases_replay() {
    let args = ["matrix", "--impl", "v1", "--impl", "v2"];
    let out = printed(&lostwrite(&args).success());
    assert_eq!(out, printed(&lostwrite(&args).success()), "the same every time");
    let row = |name: &str| {
        let line = out.lines().find(|l| l.starts_with(&format!("{name} "))).unwrap_or_else(|| panic!("{out}"));
        cells(line)
    };
    assert_eq!(row("version"), ["version", "kernel", "S1", "S1b", "S2a", "S2b", "S3", "S3r", "S4", "S6"]);
    assert_eq!(row("v1")[4], "V");
    assert_eq!(row("v1")[6..8], ["L", "L"]);
    assert!(row("v2")[2..9].iter().all(|c| c.starts_with("ok ")), "{out}");
    assert!(out.contains("hardware hw0") && out.contains("every cell as expected"), "{out}");
    let replays: Vec<_> =
        out.lines().filter_map(|l| l.trim().strip_prefix("lostwrite replay --impl v1 '")).collect();
    assert_eq!(replays.len(), 3, "{out}");
    for case in replays {
        let case = case.strip_suffix('\'').expect("a quoted case");
        let shown = lostwrite(&["replay", "--impl", "v1", case]).success();
        assert!(printed(&shown).contains("WRONG VALUE") || printed(&shown).contains("STALE VALUE"), "{case}");
    }
}

#[test]
fn matrix_exits_with_1_where_a_loss_is_not_found() {
    // Nothing to look with.
    let args = ["matrix", "--impl", "v1", "--budget", "10", "--samples", "0"];
    let out = printed(&lostwrite(&args).code(1));
    assert!(
        out.contains("ok? 0 NOT FOUND") && out.contains("3 cells NOT as expected; 8 cells not exhausted"),
        "{out}"
    );
}

#[test]
fn matrix_prints_json_and_markdown() {
    let args = ["matrix", "--impl", "pre-fix", "--kernel", "6.1.192", "--hardware", "hw0", "--format"];
    let with = |format: &str| {
        let args: Vec<_> = args.iter().copied().chain([format]).collect();
        printed(&lostwrite(&args).success())
    };
    let json: serde_json::Value = serde_json::from_str(&with("json")).expect("JSON");
    assert_eq!(json["version"], 1);
    let row = &json["tables"][0]["rows"][0];
    assert_eq!((&row["impl"], &row["kernel"]), (&"pre-fix".into(), &"6.1.192".into()));
    let cells = row["cells"].as_array().expect("cells");
    let s3 = cells.iter().find(|c| c["scenario"] == "S3").expect("S3");
    assert_eq!(
        (&s3["verdict"], &s3["expected"], &s3["as_expected"]),
        (&"lost".into(), &"required".into(), &true.into())
    );
    assert!(s3["states"].as_u64() > Some(100) && s3["transitions"].as_u64() > s3["states"].as_u64());
    assert!(s3["case"].as_str().is_some_and(|c| c.starts_with("kernel=6.1.192 ")), "{s3}");
    let markdown = with("markdown");
    assert!(markdown.lines().any(|l| l.starts_with("| pre-fix | 6.1.192 | L | L | V |")), "{markdown}");
}

#[test]
fn matrix_names_what_exists_if_asked_for_something_else() {
    for (args, complaint) in [
        (["--hardware", "w9"], "unknown hardware 'w9'; known are hw0"),
        (["--kernel", "5.4"], "unknown kernel '5.4'; known are 6.0"),
        (["--impl", "v9"], "unknown implementation 'v9'"),
    ] {
        let e = complained(&lostwrite(&["matrix", args[0], args[1]]).code(2).stdout(""));
        assert!(e.contains(complaint), "{e}");
    }
    lostwrite(&["matrix", "--budget", "0"]).code(2);
}

/// One kernel around all versions unless each is to have its own.
#[test]
fn matrix_takes_kernels_hardware_and_knobs() {
    let table = |args: &[&str]| printed(&lostwrite(&[&["matrix", "--impl", "5.18"], args].concat()).success());
    let row = |out: &str| {
        let line = out.lines().find(|l| l.starts_with("5.18 ")).unwrap_or_else(|| panic!("{out}"));
        cells(line).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(table(&[]), table(&["--kernel", "6.0", "--hardware", "hw0"]));
    let (around_6_0, native) = (row(&table(&[])), row(&table(&["--kernel", "native"])));
    assert_eq!((around_6_0[1].as_str(), around_6_0[2].as_str()), ("6.0", "L"));
    // 5.18 finds no exclusive page in its own kernel: the write fault copies, and the copy has no slot to be stale.
    assert!(native[1] == "5.18" && native[2].starts_with("ok "), "{native:?}");
    // The same knob by hand.
    let by_hand = printed(&lostwrite(&["matrix", "--impl", "5.18", "--knob", "exclusive=off"]).code(1));
    assert!(row(&by_hand)[1] == "6.0" && row(&by_hand)[2].starts_with("ok "), "{by_hand}");
}

/// A table for each CPU, in their order.
#[test]
fn matrix_takes_all_hardware() {
    let out = printed(&lostwrite(&["matrix", "--impl", "v2", "--hardware", "all"]).success());
    let titles: Vec<_> = out.lines().filter_map(|l| l.strip_prefix("hardware ")).collect();
    assert_eq!(titles, corpus::surfaces().iter().map(|s| s.name).collect::<Vec<_>>());
    let rows: Vec<_> = out.lines().filter(|l| l.starts_with("v2 ")).map(cells).collect();
    for (hardware, row) in titles.iter().zip(&rows) {
        let loses_s4 = ["w1", "w2", "w4", "w7"].contains(hardware);
        assert_eq!(row[8] == "L", loses_s4, "{hardware}: {row:?}");
    }
}

/// What surrounds the operation is the same word everywhere, and what does not exist is told with what does.
#[test]
fn unknown_surroundings_exit_with_2_and_name_the_known() {
    for command in [&["hunt", "--executions", "1"][..], &["replay", S1], &["matrix"]] {
        for (option, value, complaint) in [
            ("--kernel", "5.4", "unknown kernel '5.4'; known are 6.0, 6.1.192, 5.18, 5.19, 6.1, 7.0-rc6, 7.3"),
            (
                "--hardware",
                "w9",
                "unknown hardware 'w9'; known are hw0, sw-dirty, w1, w2, w3, w4, w5, w7, w7-double",
            ),
            ("--knob", "swap_in=read-only", "unknown knob 'swap_in'; known are migration-entry, swap-in, "),
            ("--knob", "swap-in=maybe", "expected swap-in=read-only|writable-clean, found 'maybe'"),
            (
                "--knob",
                "swap-in",
                "expected a knob as NAME=VALUE, such as swap-in=writable-clean, found 'swap-in'",
            ),
        ] {
            let e = complained(&lostwrite(&[command, &[option, value]].concat()).code(2).stdout(""));
            assert!(e.contains(complaint), "{command:?} {option} {value}: {e}");
        }
    }
}

/// What the options say holds, whatever the case says.
#[test]
fn replay_takes_kernels_hardware_and_knobs() {
    let case = "kernel=6.0 cpu0: W0 F0 I0 D0 | cpu1: R0 W0 | schedule: 0*24 1*2 0*5 1*2";
    let replay =
        |args: &[&str]| printed(&lostwrite(&[&["replay", "--impl", "v3", case], args].concat()).success());
    assert!(replay(&[]).contains("no judge says anything"));
    // A CPU that breaks the contract is nobody's alarm.
    let out = replay(&["--hardware", "w1"]);
    assert!(out.contains("WRONG VALUE: 0, expected 1") && out.contains("case: kernel=6.0 hw=w1 "), "{out}");
    let out = replay(&["--kernel", "7.3", "--knob", "flush=double", "--knob", "sticky=off"]);
    assert!(out.contains("case: kernel=7.3 sticky=off flush=double cpu0: "), "{out}");
}

#[test]
fn hunt_takes_kernels_hardware_and_knobs() {
    let hunt = |args: &[&str]| {
        let all = [&["hunt", "--impl", "v3", "--executions", "3000"], args].concat();
        printed(&lostwrite(&all).success())
    };
    let out = hunt(&["--kernel", "7.3", "--hardware", "w1", "--knob", "swap-in=writable-clean"]);
    let found: Vec<_> = out.lines().filter(|l| l.starts_with("v3 ")).collect();
    assert!(!found.is_empty() && found.iter().all(|l| l.contains(": kernel=7.3 hw=w1 ")), "{out}");
    let out = hunt(&["--kernel", "6.0", "--hardware", "hw0"]);
    assert!(!out.lines().any(|l| l.starts_with("v3 ") || l.starts_with("v3:")), "{out}");
}

#[test]
fn mutants_tells_who_caught_what_and_what_survives() {
    let args = ["mutants", "--impl", "v3", "--samples", "100"];
    // The exit code depends on the table of survivors, which has a test of its own.
    let out = printed(&lostwrite(&args).code(predicate::in_iter([0, 1])));
    let row = out.lines().find(|l| l.starts_with("v3 ")).unwrap_or_else(|| panic!("{out}"));
    let (caught, all) = cells(row)[2].split_once('/').expect("n/m");
    let (caught, all): (usize, usize) = (caught.parse().expect("a number"), all.parse().expect("a number"));
    let survivors = out.lines().filter(|l| l.starts_with("survives: v3: ")).count();
    assert!(caught > 20 && caught + survivors == all, "{out}");
    let json = lostwrite(&[&args[..], &["--format", "json"]].concat()).code(predicate::in_iter([0, 1]));
    let json: serde_json::Value = serde_json::from_str(&printed(&json)).expect("JSON");
    assert_eq!((&json["version"], &json["versions"][0]["caught"]), (&1.into(), &caught.into()));
    lostwrite(&["mutants", "--impl", "v9"])
        .code(2)
        .stderr(predicate::str::contains("unknown implementation 'v9'"));
}

/// The mutants of the two kernels that were recorded have names of their own.
#[test]
fn a_mutant_of_the_ground_truth_is_named_with_its_kernel() {
    lostwrite(&["diff", "6.1.192", "bugA"]).success().stdout(predicate::str::contains("no difference").not());
    lostwrite(&["diff", "7.3", "bugA@7.3"]).success().stdout(predicate::str::contains("mark folio dirty"));
    lostwrite(&["replay", "--impl", "bugA@7.3", "kernel=6.0 W0 P0 R0 W0 D0 P0 R0"])
        .success()
        .stdout(predicate::str::contains("WRONG VALUE: 1, expected 2"));
}

/// A mutant replays by its place.
#[test]
fn a_mutant_is_named_by_version_and_place() {
    let out = printed(&lostwrite(&["diff", "v3", "v3/drop 1"]).success());
    assert!(out.contains("lock ptl"), "{out}");
    lostwrite(&["replay", "--impl", "v3/drop 18", S1]).success().stdout(predicate::str::contains("WRONG VALUE"));
    let e = complained(&lostwrite(&["replay", "--impl", "v3/drop 99", S1]).code(2).stdout(""));
    assert!(e.contains("v3 has no mutant 'drop 99'; expected drop 1, drop 2"), "{e}");
}
