//! Bad input: exit code 2, with what was found, what was expected and what to try.

use crate::common::{S1, complained, lostwrite, own_version, written};

#[test]
fn an_unknown_implementation_exits_with_2_and_names_the_nearest() {
    for args in [
        &["replay", "--impl", "v9", S1][..],
        &["diff", "v9", "v3"],
        &["diff", "v3", "v9"],
        &["explain", "v9"],
        &["hunt", "--impl", "v9", "--executions", "1"],
    ] {
        let e = complained(&lostwrite(args).code(2).stdout(""));
        let said = "unknown implementation 'v9'; the nearest are v1, v2, v3 (`lostwrite list` lists all)";
        assert!(e.contains(said), "{args:?}: {e}");
    }
    for (name, said) in [
        ("swap-in-aba", "'swap-in-aba' is a family of bugs; expected one of its versions: swap-in-does-not-pin"),
        ("pageout", "'pageout' is a function; expected it with a release, such as pageout@6.0"),
    ] {
        let e = complained(&lostwrite(&["replay", "--impl", &format!("{name}/drop 1"), S1]).code(2).stdout(""));
        assert!(e.contains(said), "{e}");
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
fn a_scenario_that_does_not_exist_is_refused_and_a_code_is_not() {
    let (_folder, path) = written("mine.case", b"scenario: S99\nW0\n");
    let e = complained(&lostwrite(&["replay", &path]).code(2).stdout(""));
    assert!(e.contains(&format!("{path}:2: unknown scenario 'S99'; known are swapcache-dirty, ")), "{e}");
    let (_folder, path) = written("mine.case", b"scenario: S1\nW0\n");
    lostwrite(&["replay", &path]).code(0);
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
fn a_malformed_version_exits_with_2_and_names_its_place() {
    for (changes, complaint) in [
        (
            &[("\"RemoveRmap\"", "\"RemoveRmp\"")][..],
            "$.functions[0].listing[1].each_page[10]: unknown step \"RemoveRmp\"; the nearest names are RemoveRmap",
        ),
        (
            &[("\"RemoveRmap\"", "\"FreezeRefs\"")],
            "$.functions[0].listing[1].each_page[10] (freeze refcount): only an isolated, locked folio is frozen",
        ),
        (
            &[("\"RemoveRmap\"", "\"return\"")],
            "$.functions[0].listing[1].each_page[10] (return): another entry is installed, and the mapping",
        ),
        (&[("\"listing\"", "\"steps\"")], "line 8, column 161: unknown field `steps`"),
        (&[("\"mine\"", "\"v2\"")], "there is a version 'v2' already"),
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
        assert!(e.contains("(names, files, or both)") && e.contains(&format!("found {found}")), "{args:?}: {e}");
    }
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

/// Each of these says what was found, and what was expected or is known.
#[test]
fn bad_input_says_what_was_found_and_what_was_expected() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, content: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).expect("a file");
        path.display().to_string()
    };
    let none = folder.path().join("none").join("file").display().to_string();
    let part = file("part.json", r#"{"format": 7, "tables": []}"#);
    let no_part = file("no-part.json", r#"{"a": 1}"#);
    let later = file("later.json", r#"{"format": 9, "actors": [{"kind": "cpu", "ops": ["W0"]}]}"#);
    let (_own, version) = own_version("later.json", &[("\"format\": 2", "\"format\": 9")]);
    let policy = file("policy.toml", "[rules]\nalarm = 'blue'\n");
    let out = folder.path().join("night").display().to_string();
    let two = file("two.case", "W0\nW1\n");
    let full = folder.path().display().to_string();
    for (args, found, expected) in [
        (&["replay", &later][..], "found format 9", "expected a case of format 1"),
        (&["replay", "no.case"], "no.case: no such file", "expected a file, or a case such as"),
        (&["exhaust", "W0", "--impl-file", &version], "$.format: found 9", "expected 1"),
        (&["exhaust", "W0", "--memory", "much"], "'much' is no number of bytes", "expected something like 500M"),
        (&["exhaust", "W0", "--judge", "jury"], "unknown judge 'jury'", "known are last-write"),
        (&["sample", "W0", "--sampler", "dice"], "unknown sampler 'dice'", "expected uniform"),
        (&["sample", &two], "found 2", "expected one case"),
        (&["shrink", "W0", "--judge", "jury"], "unknown judge 'jury'", "known are last-write"),
        (
            &["shrink", "--impl", "v3", S1],
            "no judge says anything",
            "expected a case with a finding. Try another version",
        ),
        (&["convert", "W0", "-o", &none], "entity not found", "expected a place for a file"),
        (&["matrix", "--shard", "1/2"], "a part of a matrix", "expected --format json"),
        (&["matrix", "--shard", "3/2"], "found '3/2'", "expected I/N with I from 1 to N"),
        (&["matrix", "--format", "sarif"], "'sarif'", "possible values: text, json, markdown, junit"),
        (&["merge", &none], "No such file or directory", "expected what a job with --shard"),
        (&["merge", &part], "found format 7", "expected one from 1 to 2"),
        (&["merge", &no_part], "found something else", "expected what `distinguish`, `ablate` or `matrix` prints"),
        (&["distinguish", "v1"], "found 1", "expected 2 versions"),
        (&["distinguish", "v1", "v2", "--with", "gpu"], "unknown actor 'gpu'", "expected kswapd or dma"),
        (&["distinguish", "v1", "v2", "--start", "W0"], "found 'W0'", "expected the options of a case"),
        (&["ablate", "v3", "--step", "99"], "v3 has no step 99", "expected a number from 1 to"),
        (&["explain", "--impl-file", &none], "No such file or directory", "expected a version or a function"),
        (&["conform", &none], "No such file or directory", "expected a file as in corpus/ground-truth"),
        (&["target", "codec", &none], "No such file or directory", "expected files or folders of cases"),
        (&["target", "nothing", "x"], "'nothing'", "expected one of"),
        (&["corpus", "seeds", &two], "File exists", "expected a folder that exists or can be made"),
        (
            &["convert", "--to", "text", "--output", &full, &full],
            "found files in it",
            "expected a new or an empty folder",
        ),
        (&["nightly", "--out", &out, "--policy", &none], "the policy cannot be read", "expected a file such as"),
        (&["nightly", "--out", &out, "--policy", &policy], "blue", "expected"),
        (
            &["nightly", "--out", &out, "--previous", &no_part],
            "found JSON without a format",
            "expected a report of a night",
        ),
        (&["schema", "nothing"], "'nothing'", "expected one of case, version"),
        (&["completions", "tcsh"], "'tcsh'", "possible values: bash"),
        (&["man", "--out", &two], "File exists", "expected a folder"),
        (
            &["bench", "--scenario", "swapcache-dirty"],
            "required arguments were not provided",
            "--subject <VERSION>",
        ),
        (&["--time", "soon"], "'soon'", "expected a number of seconds"),
    ] {
        let e = complained(&lostwrite(args).code(2).stdout(""));
        assert!(e.contains(found), "{args:?}: found {found:?} in {e}");
        assert!(e.contains(expected), "{args:?}: expected {expected:?} in {e}");
        assert!(!e.contains("panicked"), "{args:?}: {e}");
    }
}
