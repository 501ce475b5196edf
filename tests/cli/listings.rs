//! `list`, `diff`, `explain`.

use crate::common::{lostwrite, printed};
use predicates::prelude::*;

#[test]
fn list_shows_the_versions_with_what_they_lose() {
    let out = printed(&lostwrite(&["list"]).success());
    for (version, loses) in [
        ("pre-fix", "swapcache-dirty lazyfree-dirty stale-load sampled-dirty sampled-restore"),
        ("v1", "stale-load sampled-dirty sampled-restore"),
        ("v2", "-"),
        ("v3", "-"),
        ("6.1.192", "-"),
    ] {
        let line = out.lines().find(|l| l.starts_with(&format!("{version} "))).unwrap_or_else(|| panic!("{out}"));
        assert!(line.contains(&format!("  {loses}  ")), "{line}");
    }
    for source in ["60bae7370896", "fd35ca3d12cc", "8c3328f1f36a"] {
        assert!(out.contains(source), "{source}");
    }
    for scenario in
        ["swapcache-dirty ", "lazyfree-dirty", "stale-load", "stale-store", "sampled-dirty ", "sampled-restore"]
    {
        assert!(out.lines().any(|l| l.starts_with(scenario)), "{scenario}: {out}");
    }
}

/// v3 differs from v2 in what happens between the folio lock and the dirty bit, and in the range flush at the
/// end.
#[test]
fn diff_marks_the_two_places_where_v2_and_v3_differ() {
    let out = printed(&lostwrite(&["diff", "v2", "v3", "--all"]).success());
    // Two columns, and between them the column of the marks.
    let column = out.find("v3 [").expect("a header") - 2;
    let marked = |line: &&str| line.chars().nth(column).is_some_and(|mark| mark != ' ');
    let (mut places, mut landmark) = (Vec::new(), "");
    for line in out.lines().skip(1) {
        let landmarks = ["LockPtl", "ReadPte", "TrylockFolio", "if PteDirty", "RemoveRmap", "UnlockPtl"];
        if !marked(&line) {
            let found = landmarks.into_iter().find(|l| line.trim_start().starts_with(l));
            landmark = found.unwrap_or(landmark);
        } else if places.last() != Some(&landmark) {
            places.push(landmark);
        }
    }
    assert_eq!(places, ["TrylockFolio", "RemoveRmap"], "{out}");
    for (mark, line) in [("<", "ClearPte"), (">", "if AnyCleared"), (">", "FlushRange")] {
        assert!(out.lines().any(|l| l.contains(mark) && l.contains(line)), "{mark} {line}: {out}");
    }
    // Without --all the same lines are marked.
    let short = printed(&lostwrite(&["diff", "v2", "v3"]).success());
    let of = |text: &str| text.lines().skip(1).filter(marked).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(of(&short), of(&out));
    assert!(short.lines().count() < out.lines().count());
    lostwrite(&["diff", "v3", "v3"]).success().stdout(predicate::str::contains("no difference"));
}

/// The steps stand in the order of the listing, each with its kernel function, under reasons that fit the
/// page.
#[test]
fn explain_says_why_each_step_is_there() {
    for version in impls::history().into_iter().chain(impls::mutants().iter().map(|m| &m.version)) {
        let out = printed(&lostwrite(&["explain", version.name]).success());
        assert!(out.starts_with(&format!("{}: {}", version.name, version.title)), "{out}");
        assert!(out.contains(version.provenance.source) && out.lines().all(|l| l.chars().count() <= 100), "{out}");
        let steps = out.lines().filter(|l| l.contains("  ") && !l.trim_start().starts_with('#'));
        let steps: Vec<_> = steps.map(|l| l.trim_start().split("  ").next().unwrap_or_default()).collect();
        let mut rest = steps.iter();
        for step in model::listing::steps(version.listing()) {
            assert!(rest.any(|line| line.ends_with(step.name())), "{}: {}: {out}", version.name, step.name());
        }
    }
    let out = printed(&lostwrite(&["explain", "7.0-rc6"]).success());
    let window = out.lines().position(|l| l.trim_start().starts_with("UnlockPtl")).expect("the window");
    let before = out.lines().take(window).collect::<Vec<_>>();
    assert!(before[window - 1].contains("MADV_DONTNEED can return now"), "{out}");
    assert!(out.lines().any(|l| l.contains("FlushPage") && l.contains("flush_tlb_page")), "{out}");
}
