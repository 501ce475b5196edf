//! Versions from files.

use crate::common::{S1, cells, complained, lostwrite, own_version, printed, written};
use predicates::prelude::*;

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
    let (folder, path) = own_version("my own.json", &[("\"MarkFolioDirty\"", "\"CarryDirty\"")]);
    let diff = printed(&lostwrite(&["diff", "v3", "--impl-file", &path]).success());
    let line = diff.lines().find(|l| l.contains("MarkFolioDirty")).expect("a line that differs");
    assert!(line.contains(" | ") && line.contains("CarryDirty"), "{diff}");
    let run = lostwrite(&["replay", "--impl-file", &path, S1]).code(1);
    assert!(
        complained(&run)
            .contains(&format!("{path}: warning: $.functions[0].listing[1].each_page[9] (install migr"))
    );
    let out = printed(&run);
    assert!(out.contains("WRONG VALUE: 1, expected 2"), "{out}");
    assert!(out.contains(&format!("replay: lostwrite replay --impl-file '{path}' '{S1}'")), "{out}");
    assert!(out.ends_with("case:1: mine: found lost; nothing is expected of this version\n"), "{out}");
    let out = printed(&lostwrite(&["hunt", "--impl-file", &path, "--executions", "2000"]).code(1));
    assert!(
        out.starts_with("2000 executions on each of mine\nmine: ") && out.contains("\nmine swapcache-dirty: exec"),
        "{out}"
    );
    assert!(
        out.contains("\nmine loses a store in swapcache-dirty, lazyfree-dirty")
            && out.contains("(nothing was expected of it)"),
        "{out}"
    );
    assert!(out.lines().last().is_some_and(|l| l.starts_with("replay: lostwrite replay --impl-file '")), "{out}");
    // Older files say of themselves whether they are correct. It makes no difference.
    let text = std::fs::read_to_string(&path).expect("written above");
    for claim in ["true", "false"] {
        let old = folder.path().join("my old.json").display().to_string();
        std::fs::write(&old, text.replace("  \"kernel\"", &format!("  \"correct\": {claim},\n  \"kernel\"")))
            .expect("a file");
        let told = printed(&lostwrite(&["hunt", "--impl-file", &old, "--executions", "2000"]).code(1));
        assert_eq!(told.replace(&old, &path), out, "{claim}");
    }
}

/// A version that does what v1 does has v1's row and nobody's expectations, in every form of the table.
#[test]
fn the_table_has_the_row_of_a_version_of_ones_own_and_says_in_words_what_it_loses() {
    let v1 = printed(&lostwrite(&["explain", "v1", "--format", "json"]).success());
    let (_folder, path) = written("mine.json", v1.replace("\"name\": \"v1\"", "\"name\": \"mine\""));
    let matrix = |args: &[&str]| printed(&lostwrite(&[&["matrix", "--impl-file", &path], args].concat()).code(1));
    let out = matrix(&[]);
    let row = |name: &str| {
        let line = out.lines().find(|l| l.starts_with(name)).unwrap_or_else(|| panic!("{name}: {out}"));
        cells(line)[1..].iter().map(|c| (*c).to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(row("mine"), row("v1"));
    assert_eq!(row("v3 ").len(), row("mine").len(), "the built-in versions stand beside it");
    let last: Vec<_> = out.lines().rev().take(2).collect();
    let words = "mine loses a store in sampled-dirty, sampled-restore; loads stale data in stale-load (nothing was expected of it)";
    assert_eq!(last, [words, "every cell of the built-in versions as expected"]);
    assert!(out.contains(&format!(" --impl v1 --impl v3.1 --impl-file {path} '")), "{out}");

    let json: serde_json::Value =
        serde_json::from_str(&matrix(&["--impl", "v1", "--format", "json"])).expect("JSON");
    let [v1, mine] = [0, 1].map(|n| &json["tables"][0]["rows"][n]);
    assert_eq!((&v1["standing"], &mine["standing"]), (&"built-in".into(), &"own".into()));
    for (built_in, own) in
        v1["cells"].as_array().into_iter().flatten().zip(mine["cells"].as_array().expect("cells"))
    {
        assert_eq!((&built_in["verdict"], &built_in["as_expected"]), (&own["verdict"], &true.into()));
        assert!(own["as_expected"].is_null() && own["expected"].is_null(), "{own}");
    }
    assert_eq!(json["tables"][0]["as_expected"], true);
    assert!(json["tables"][0]["found"].as_u64() >= Some(3), "{json:#}");

    let junit = matrix(&["--impl", "v1", "--format", "junit"]);
    let document = roxmltree::Document::parse(&junit).expect("XML");
    let failed: Vec<_> = document
        .descendants()
        .filter(|n| n.has_tag_name("testcase") && n.children().any(|c| c.has_tag_name("failure")))
        .filter_map(|n| n.attribute("name"))
        .collect();
    assert!(
        ["mine stale-load", "mine sampled-dirty", "mine sampled-restore"].iter().all(|name| failed.contains(name)),
        "{failed:?}"
    );
    assert!(failed.iter().all(|name| name.starts_with("mine ")), "{failed:?}");
}

/// Takes the flushes out of a listing.
fn unflushed(listing: &mut serde_json::Value) {
    let is_flush = |step: &serde_json::Value| step == "FlushPage" || step == "FlushRange";
    match listing {
        serde_json::Value::Array(steps) => {
            steps.retain(|step| !is_flush(step));
            steps.iter_mut().for_each(unflushed);
            // A condition with nothing behind it but a comment is refused.
            let says = |step: &serde_json::Value| step.get("why").is_none();
            steps.retain(|step| step["then"].as_array().is_none_or(|then| then.iter().any(says)));
        }
        serde_json::Value::Object(step) => step.values_mut().for_each(unflushed),
        _ => {}
    }
}

/// A scenario's name is given to what is in the scenario, whatever program showed it.
#[test]
fn a_loss_of_no_known_scenario_is_not_named_after_one() {
    // Nothing is flushed: stores and loads go through translations that are long gone.
    let json = printed(&lostwrite(&["explain", "v3", "--format", "json"]).success());
    let mut json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    json["name"] = "mine".into();
    unflushed(&mut json["functions"][0]["listing"]);
    let (_folder, path) = written("mine.json", json.to_string());
    let out = printed(&lostwrite(&["matrix", "--impl-file", &path]).code(1));
    let words = "mine loses a store in stale-store and in a way that is no known scenario; loads stale data in stale-load; breaks a \
                 structural rule (nothing was expected of it)";
    assert!(out.ends_with(&format!("{words}\n")), "{out}");
    let row = out.lines().find(|l| l.starts_with("mine")).expect("a row");
    assert_eq!(cells(row).get(5).map(|c| c.trim()), Some("L*"), "{row}");
    let hunted = printed(&lostwrite(&["hunt", "--impl-file", &path, "--executions", "40000"]).code(1));
    assert!(hunted.contains("\nmine stale-load: ") && hunted.contains("\nmine ?: "), "{hunted}");
    assert!(
        ["swapcache-dirty", "lazyfree-dirty", "sampled-dirty", "sampled-restore"]
            .iter()
            .all(|s| !hunted.contains(&format!("\nmine {s}: "))),
        "{hunted}"
    );
}

/// The split of a large folio has a window of its own.
#[test]
fn a_copy_of_the_version_with_the_split_window_loses_there_alone() {
    let json = printed(&lostwrite(&["explain", "7.3", "--format", "json"]).success());
    let (_folder, path) = written("mine.json", json.replace("\"name\": \"7.3\"", "\"name\": \"mine\""));
    let out = printed(&lostwrite(&["matrix", "--impl-file", &path]).code(1));
    assert!(out.ends_with("\nmine loads stale data in split-window (nothing was expected of it)\n"), "{out}");
}

/// Where nothing is lost, it is said within which bounds.
#[test]
fn a_version_of_ones_own_that_loses_nothing_is_said_to_within_bounds() {
    let (folder, path) = own_version("mine.json", &[]);
    let night = folder.path().join("night").display().to_string();
    let race = "cpu0: W0 F0 I0 D0 | cpu1: W0";
    for (args, words) in [
        (&["matrix", "--impl", "v3"][..], "mine: nothing found within 12 programs of the scenarios, "),
        (&["hunt", "--executions", "2000"], "mine: nothing found within 2000 executions from 0 on, seed 1"),
        (&["exhaust", race], "mine: nothing found within all interleavings, "),
        (&["outcomes", race], "mine: no forbidden final memory within all interleavings, "),
        (&["replay", S1], "mine: nothing found within this one execution"),
        (&["mutants", "--budget", "2000", "--samples", "50"], "mine: nothing found within what its mutants are"),
        (&["--time", "0"], "mine: nothing found within the corpus and 0 executions, seed 1"),
        (&["nightly", "--chunks", "1", "--seed", "1", "--out", &night], "mine: nothing found within "),
    ] {
        let assert = lostwrite(&[args, &["--impl-file", &path]].concat());
        let out = printed(&assert);
        assert!(out.contains(words), "{args:?}: {out}");
        assert!(!out.lines().any(|l| l.starts_with("mine") && l.contains("as expected")), "{args:?}: {out}");
        // Ten seconds are needed to find what the main job looks for in the built-in versions.
        if args[0] != "--time" {
            assert.success();
        }
    }
    let out = printed(&lostwrite(&["explain", "--impl-file", &path]).success());
    assert!(out.contains("\nUnchecked. Nothing is expected of it; `lostwrite matrix --impl-file"), "{out}");
    assert!(!out.contains("Believed"), "{out}");
}

/// Whatever searches for losses fails on one of one's own, and names it in words.
#[test]
fn a_loss_on_a_version_of_ones_own_is_never_as_expected() {
    let (folder, path) = own_version("mine.json", &[("\"MarkFolioDirty\"", "\"CarryDirty\"")]);
    let night = folder.path().join("night").display().to_string();
    for (args, words) in [
        (&["matrix", "--impl", "v3"][..], "\nmine loses a store in swapcache-dirty, lazyfree-dirty"),
        (&["exhaust", S1], "\nmine loses a dirty bit (nothing was expected of it)\n"),
        (&["outcomes", S1], "\nmine can end with what is forbidden (nothing was expected of it)\n"),
        (&["mutants", "--budget", "2000", "--samples", "50"], "\nmine loses a store in swapcache-dirty"),
        (&["--time", "0"], "\nmine loses a store in swapcache-dirty, lazyfree-dirty"),
        (&["nightly", "--chunks", "1", "--seed", "1", "--out", &night], "of kind own-version\n"),
    ] {
        let out = printed(&lostwrite(&[args, &["--impl-file", &path]].concat()).code(1));
        assert!(out.contains(words), "{args:?}: {out}");
    }
    // The line that replays a finding of the night runs.
    let summary = std::fs::read_to_string(folder.path().join("night/summary.txt")).expect("a summary");
    let line = summary.lines().find(|l| l.contains("lostwrite replay --impl-file")).expect("a line that replays");
    let words = shlex::split(line).expect("balanced quotes");
    let words: Vec<_> = words[1..].iter().map(String::as_str).collect();
    assert!(printed(&lostwrite(&words).code(1)).contains("<=="));
}

/// The question that Peter Xu asked on 26 August 2022: without the flush of exclusive pages v3 loses nothing,
/// unless the range flush comes after the unlock.
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
    assert!(diff.lines().filter(|l| l.contains('<')).count() == 1 && !diff.contains('>'), "{diff}");
    let hunt = ["hunt", "--executions", "20000", "--impl-file"];
    let out = printed(&lostwrite(&[&hunt[..], &[one.as_str()]].concat()).success());
    assert!(
        out.ends_with("one-flush: nothing found within 20000 executions from 0 on, seed 1\n")
            && out.contains("believed correct: 0; executions without an end: 0"),
        "{out}"
    );

    let (unflushed, flush) = without(&one_flush, "    {\"if\": \"AnyCleared\"", "]},\n");
    let flush = flush.trim_end().trim_end_matches(',');
    let late = unflushed.replace("    \"UnlockPtl\"\n", &format!("    \"UnlockPtl\",\n{flush}\n"));
    let late = late.replace("one-flush", "late-flush");
    let (_folder, late) = written("late-flush.json", late);
    let run = lostwrite(&[&hunt[..], &[late.as_str()]].concat()).code(1);
    assert!(
        complained(&run)
            .contains("warning: $.functions[0].listing[2] (unlock ptl): the lock is dropped with the flush")
    );
    assert!(printed(&run).lines().any(|l| l.starts_with("late-flush stale-store: ")), "{}", printed(&run));
}
