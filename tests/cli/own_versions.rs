//! Versions from files.

use crate::common::{S1, complained, lostwrite, own_version, printed, written};
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
