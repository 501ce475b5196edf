//! Mutants: who catches which, that a catch replays, and that the same comes out every time.

use explore::answers::cell::Effort;
use explore::answers::mutants::{Catcher, MutantReport, MutantsReport, mutants};
use impls::{edits, find};
use oracle::{Judge, Judges, replay};

const EFFORT: Effort = Effort { budget: 300_000, samples: 300 };

fn of(name: &str) -> MutantsReport {
    let version = find(name).unwrap_or_else(|e| panic!("{e}"));
    mutants(&[version], EFFORT, || {}).remove(0)
}

#[test]
fn what_the_fix_is_about_is_caught_and_by_whom() {
    let report = of("v3");
    for (step, by) in [
        ("lock ptl", Judge::Structural),
        ("mark folio dirty", Judge::LastWrite),
        ("flush range", Judge::LastWrite),
        ("unlock ptl", Judge::Structural),
    ] {
        let of_step = |m: &&MutantReport| m.name.starts_with("drop ") && m.name.ends_with(&format!(": {step}"));
        let mutant = report.mutants.iter().find(of_step).unwrap_or_else(|| panic!("{step}"));
        assert_eq!(mutant.caught.as_ref().map(|c| c.by), Some(Catcher::Judge(by)), "{}", mutant.name);
    }
    // The flush of an exclusive page by itself: the thread settled that the range flush does for both.
    let own_flush = report.mutants.iter().find(|m| m.name.ends_with(": flush this page")).expect("v3 has one");
    assert!(own_flush.caught.is_none(), "{own_flush:?}");
    assert_eq!(report.mutants.len(), edits(report.version).len());
    assert_eq!(report.caught(), report.mutants.iter().filter(|m| m.caught.is_some()).count());
}

/// What a judge finds on a mutant shows in the case, and not on the original.
#[test]
fn a_catch_replays() {
    for name in ["pre-fix", "v3"] {
        let report = of(name);
        let edits = edits(report.version);
        for (mutant, edit) in report.mutants.iter().zip(&edits) {
            assert_eq!(mutant.name, edit.name);
            let Some(catch) = &mutant.caught else { continue };
            let Some(finding) = catch.finding else { continue };
            let (mut judges, mut theirs) = (Judges::default(), Judges::default());
            replay(&edit.of(report.version), &catch.case, &mut judges);
            replay(report.version, &catch.case, &mut theirs);
            assert_eq!(judges.of(finding.judge()), Some(finding), "{name} {} on {}", mutant.name, catch.case);
            if report.version.is_believed_correct() {
                assert!(theirs.is_silent(), "{name} on {}: {theirs:?}", catch.case);
            }
        }
    }
}

#[test]
fn the_same_comes_out_every_time() {
    let told = |report: MutantsReport| format!("{:?}", report.mutants);
    assert_eq!(told(of("v2")), told(of("v2")));
}
