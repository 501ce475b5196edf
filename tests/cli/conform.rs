//! `conform`.

use crate::common::{cells, lostwrite, printed, repository, written};

#[test]
fn conform_agrees_with_what_is_built_in() {
    let out = printed(&lostwrite(&["conform"]).success());
    for file in ["cases.tsv", "random.tsv", "states.jsonl", "second/sequences-7.3.4.tsv"] {
        assert!(out.contains(file), "{out}");
    }
    let path = repository("corpus/ground-truth/cases.tsv");
    let out = printed(&lostwrite(&["conform", &path]).success());
    assert!(out.starts_with(&path) && out.contains("fixed-6.1.192-nullb0"), "{out}");
    let header = out.lines().nth(1).expect("a header");
    assert_eq!(cells(header), ["column", "agree", "states", "disagree", "aside", "skipped", "not run"]);
    assert!(out.lines().skip(3).take(8).all(|l| cells(l)[1..] == ["54", "0", "0", "0", "0", "0"]), "{out}");
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
