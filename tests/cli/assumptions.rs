//! `assumptions`, and `--no-assume` wherever judges speak.

use crate::common::{complained, lostwrite, printed, written};
use serde_json::Value;

const N01: &str = "kernel=6.0 W0 IW0 K+ W0 B0 R0";
const OFF: &str = "reference-does-not-hold";

#[test]
fn assumptions_lists_what_is_excused() {
    let out = printed(&lostwrite(&["assumptions"]).success());
    let json: Value =
        serde_json::from_str(&printed(&lostwrite(&["assumptions", "--format", "json"]).success())).expect("JSON");
    let all = json["assumptions"].as_array().expect("a list");
    assert!(all.len() >= 20, "{out}");
    for entry in all {
        let id = entry["id"].as_str().expect("an identifier");
        assert!(out.lines().any(|l| l.split(' ').next() == Some(id)), "{id}: {out}");
        assert!(out.contains(entry["serves"].as_str().expect("a text")), "{id}: {out}");
    }
}

#[test]
fn an_unknown_assumption_is_refused_with_the_nearest() {
    for command in [&["replay", N01][..], &["hunt"], &["matrix"], &["nightly", "--out", "nowhere"]] {
        let run = lostwrite(&[command, &["--no-assume", "reclaim-batch"]].concat()).code(2);
        let said = complained(&run);
        assert!(
            said.contains("unknown assumption 'reclaim-batch'") && said.contains("reclaim-batch-open"),
            "{said}"
        );
    }
}

/// By default the case is silent; without the assumption it is not, and every command says under what.
#[test]
fn what_is_found_without_an_assumption_says_so() {
    lostwrite(&["replay", "-q", "--impl", "v3", N01]).success().stdout("v3       ok\n");
    let with = |args: &[&str]| printed(&lostwrite(&[args, &["--no-assume", OFF]].concat()).code(1));
    let out = with(&["replay", "--impl", "v3", N01]);
    assert!(out.contains("last-write under --no-assume reference-does-not-hold: step"), "{out}");
    let replay = format!("replay: lostwrite replay --impl v3 --no-assume {OFF} '{N01}'");
    assert!(out.contains(&replay), "{out}");
    assert!(out.contains("nothing is expected of this version"), "{out}");
    // The line runs as printed.
    let words = shlex::split(replay.trim_start_matches("replay: lostwrite ")).expect("balanced");
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    assert_eq!(printed(&lostwrite(&words).code(1)), out);
    let out = with(&["exhaust", "--impl", "v3", N01]);
    assert!(out.contains("last-write under --no-assume reference-does-not-hold: step"), "{out}");
    let hunt = ["hunt", "--impl", "v3", "--executions", "3000", "--no-assume", "store-during-discard"];
    let out = printed(&lostwrite(&hunt).code(1));
    assert!(out.contains("under --no-assume store-during-discard (nothing was expected of it)"), "{out}");
    let out = printed(&lostwrite(&["distinguish", "v2", "v3", "--ops", "2", "--no-assume", OFF]).success());
    assert!(out.contains(&format!("under --no-assume {OFF}")), "{out}");
    let finding = ["report", "finding", "--impl", "v3", "--as-is", "--no-assume", OFF, N01];
    let out = printed(&lostwrite(&finding).success());
    assert!(out.contains(&replay), "{out}");
    let mail = printed(&lostwrite(&[&finding[..], &["--format", "mail"]].concat()).success());
    assert!(mail.contains(&format!("--impl v3 --no-assume {OFF} --beside")), "{mail}");
}

/// A version of one's own, and its mutants, are judged like the others.
#[test]
fn versions_from_files_are_judged_without_it_too() {
    let text = "version mine\ntitle the driver\nkernel 6.0\n\nfunction get_user_pages_fast\n{\n    ReadPte\n    \
                if Holding { return }\n    GupPermitted else { jump handle_pte_fault }\n    unless PteZeroPage {\n        \
                TryGetFolio else { retry }\n        PteRecheck else { PutFolio; retry }\n    }\n    Hold\n}\n";
    let (_folder, path) = written("mine.listing", text);
    lostwrite(&["replay", "-q", "--impl-file", &path, N01]).success();
    let run = lostwrite(&["replay", "-q", "--impl-file", &path, N01, "--no-assume", OFF]).code(1);
    assert!(printed(&run).contains(&format!("under --no-assume {OFF}")));
}
