//! Schedules by place, on the command line.

use crate::common::{complained, lostwrite, printed, written};
use predicates::prelude::*;

const PROGRAMS: &str = "kernel=6.0 cpu0: W0 F0 I0 D0 | cpu1: W0";
const STEPS: &str = "kernel=6.0 cpu0: W0 F0 I0 D0 | cpu1: W0 | schedule: 0*26 1*3";
const PLACES: &str =
    "kernel=6.0 cpu0: W0 F0 I0 D0 | cpu1: W0 | schedule: 0 to migrate_vma_collect_pmd/ClearPte, 1 op";

/// Text, JSON and a file; from steps to places and back; to bytes with a version.
#[test]
fn convert_converts_the_schedule() {
    let placed = printed(&lostwrite(&["convert", "--schedule", "places", "--impl", "v1", STEPS]).success());
    assert_eq!(placed, format!("{PROGRAMS} | schedule: 0 to migrate_vma_collect_pmd/GetFolio, 1 op\n"));
    let steps = ["convert", "--schedule", "steps", "--impl", "v1"];
    lostwrite(&[&steps[..], &[placed.trim()]].concat()).success().stdout(format!("{STEPS}\n"));
    let json = printed(&lostwrite(&["convert", "--to", "json", PLACES]).success());
    assert!(json.contains(r#""schedule":["0 to migrate_vma_collect_pmd/ClearPte","1 op"]"#), "{json}");
    let (_folder, file) = written("by-place.json", &json);
    lostwrite(&["convert", &file]).success().stdout(format!("{PLACES}\n"));
    // The byte form has steps only: those of the version.
    let of = |case: &str, more: &[&str]| {
        let args = [&["convert", "--to", "bytes", case][..], more].concat();
        lostwrite(&args).success().get_output().stdout.clone()
    };
    assert_eq!(of(placed.trim(), &["--impl", "v1"]), of(STEPS, &[]));
    for (args, what) in [
        (vec!["--to", "bytes", PLACES], "name it with --impl VERSION or --impl-file FILE"),
        (vec!["--schedule", "places", STEPS], "name it with --impl VERSION or --impl-file FILE"),
        (vec!["--to", "bytes", "--schedule", "places", "--impl", "v1", STEPS], "bytes have no schedule by place"),
        (vec!["--schedule", "steps", "--impl", "v9", PLACES], "v9"),
        (vec!["cpu0: W0 D0 | schedule: 0 to ClearPtr"], "found 'ClearPtr'; near it are ClearPte"),
    ] {
        lostwrite(&[&["convert"], &args[..]].concat()).code(2).stderr(predicate::str::contains(what));
    }
    // What does not match is said, and what it comes to is printed.
    let case = format!("{PROGRAMS} | schedule: 0 to ClearPteIgnored, 1 op");
    let stopped = lostwrite(&[&["convert", "--schedule", "steps", "--impl", "v3"], &[case.as_str()][..]].concat());
    assert!(complained(&stopped).contains("stopped matching at entry 1, '0 to ClearPteIgnored'"));
    assert!(printed(&stopped.success()).starts_with(PROGRAMS));
}

/// The same places on each version, and for each where it stopped matching.
#[test]
fn replay_says_where_it_stopped_matching() {
    let out = printed(&lostwrite(&["replay", "-q", "--impl", "v1", "--impl", "v2", PLACES]).success());
    assert!(
        out.contains("v1       last-write") && out.contains("v2       ok") && !out.contains("stopped"),
        "{out}"
    );
    let exact = PLACES.replace("ClearPte", "ClearPteIgnored");
    let out = printed(&lostwrite(&["replay", "-q", "--impl", "v1", "--impl", "v2", &exact]).success());
    let stopped = "the schedule stopped matching at entry 1, '0 to migrate_vma_collect_pmd/ClearPteIgnored', after step 0: \
                   migrate_vma_collect_pmd of v2 has no step ClearPteIgnored";
    assert_eq!(out.matches("stopped matching").count(), 1, "{out}");
    assert!(out.contains(stopped), "{out}");
    let timeline = printed(&lostwrite(&["replay", "--impl", "v2", &exact]).success());
    assert!(timeline.split_whitespace().collect::<Vec<_>>().join(" ").contains(stopped), "{timeline}");
    assert!(timeline.lines().all(|line| line.len() <= 100 || line.starts_with("case:")), "{timeline}");
}

/// A version of one's own that reads once more: what is counted misses, what is named hits.
#[test]
fn a_step_more_in_a_file() {
    let v1 = include_str!("../../impls/versions/v1.listing");
    let text = v1
        .replace("version v1\n", "version longer\n")
        .replace("        ReadPte\n", "        ReadPte\n        ReadPte\n");
    let text: String = text.lines().filter(|l| !l.starts_with("thread")).map(|l| format!("{l}\n")).collect();
    let (_folder, file) = written("longer.listing", text);
    let verdict = |case: &str| printed(&lostwrite(&["replay", "-q", "--impl-file", &file, case]));
    assert!(verdict(PLACES).contains("longer   last-write"), "{}", verdict(PLACES));
    assert!(verdict(STEPS).contains("longer   ok"), "{}", verdict(STEPS));
}

/// The schedule of what is shrunk names places, and the mail says it in words; steps are there if asked for.
#[test]
fn shrinking_names_places() {
    let shrink = |more: &[&str]| {
        let case = format!("{PROGRAMS} R1 | schedule: 0*27 1*5");
        printed(&lostwrite(&[&["shrink", "--impl", "v1", "--to", "text", &case], more].concat()).success())
    };
    let placed = shrink(&[]);
    assert!(
        placed.contains("schedule: ") && placed.contains("0 to migrate_vma_collect_pmd/ClearPte, 1 "),
        "{placed}"
    );
    assert_eq!(shrink(&["--schedule", "places"]), placed);
    let counted = shrink(&["--schedule", "steps"]);
    assert!(counted.contains("schedule: ") && !counted.contains(','), "{counted}");
    // What goes in by place comes out as what goes in by steps.
    let again = printed(&lostwrite(&["shrink", "--impl", "v1", "--to", "text", placed.trim()]).success());
    assert_eq!(again, placed);
    lostwrite(&["replay", "-q", "--impl", "v1", placed.trim()])
        .success()
        .stdout(predicate::str::contains("last-write"));
    let mail = printed(
        &lostwrite(&["report", "finding", "--impl", "v1", PLACES, "--as-is", "--format", "mail"]).success(),
    );
    let words = mail.split_whitespace().collect::<Vec<_>>().join(" ");
    let said = "cpu0 runs until it is about to clear the entry (ClearPte in migrate_vma_collect_pmd); cpu1 does the whole of W0 \
                (store); cpu0 goes on to the end.";
    assert!(words.contains(said), "{mail}");
    let page = printed(
        &lostwrite(&["report", "finding", "--impl", "v1", PLACES, "--as-is", "--format", "html"]).success(),
    );
    assert!(page.contains(said), "{page}");
}

/// A test by place: the file says what every version does at those places.
#[test]
fn a_test_by_place_and_folders() {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().display().to_string();
    lostwrite(&["shrink", "--impl", "v1", PLACES, "--as-test=race", "--dir", &dir]).success();
    let file = folder.path().join("race.case").display().to_string();
    let text = std::fs::read_to_string(&file).expect("written");
    assert!(text.contains(PLACES) && text.contains("v1=lost v2=ok"), "{text}");
    lostwrite(&["replay", "-q", "--impl", "v1", "--impl", "v2", &file]).success();
    // Engines work on steps.
    lostwrite(&["corpus", "stats", &dir]).code(2).stderr(predicate::str::contains(
        "race.case:5: expected a schedule that counts steps, found one by place",
    ));
}
