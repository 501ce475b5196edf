//! What holds of every page, without a browser.

use super::{finding_html, matrix_html, night_html};
use crate::{Witness, timeline_svg};
use explore::answers::cell::Effort;
use explore::answers::matrix::MatrixOptions;
use night::Report;
use std::collections::BTreeSet;

const RACE: &str = "kernel=6.0 cpu0: W0 F0 I0 D0 | cpu1: W0 | schedule: 0*26 1*3";

fn witness(version: &str, case: &str) -> Witness {
    let file = corpus::load("case", case.as_bytes()).expect("a case");
    Witness::of(impls::find(version).expect("a version"), &file.entries[0].case, None)
}

fn options() -> MatrixOptions {
    MatrixOptions {
        versions: ["v1", "v3"].map(|v| impls::find(v).expect("a version")).to_vec(),
        hardware: vec![crate::lookup::surface("hw0").expect("a CPU")],
        kernel: Some(crate::lookup::kernel("6.0").expect("a kernel")),
        knobs: Vec::new(),
        effort: Effort { budget: 20_000, samples: 100 },
    }
}

fn matrix() -> String {
    let options = options();
    matrix_html(&options, &explore::answers::matrix::matrix(&options, || ()))
}

/// A night that found one thing, in words that are markup.
fn night(message: &str) -> Report {
    let text = serde_json::json!({
        "format": 1, "status": "complete", "red": true, "reasons": [message], "notes": [], "seed": 1, "seconds": 2.0,
        "sessions": 1, "versions": ["v1", "v3"], "believed_correct": ["v3"], "alarms": 1, "lanes": [], "canaries": [],
        "not_canaries": [], "more_known": 0, "compared": null, "losses": [],
        "goals": [{ "goal": "a goal", "executions": 0 }],
        "findings": [{
            "key": "00000000000000ff", "what": "flag", "version": "v1", "judge": "last-write", "scenario": "sampled-dirty", "hardware": "hw0",
            "kernel": "6.0", "contract": true, "alarm": true, "tabulated": true, "lane": "generator", "index": 0,
            "step": 80, "message": message, "case": RACE, "kind": "alarm", "colour": "red", "times": 1, "on": ["hw0"],
            "replayed": false,
        }],
    });
    Report::read(&text.to_string()).expect("a report")
}

/// The values of an attribute.
fn values<'a>(page: &'a str, attribute: &str) -> Vec<&'a str> {
    let start = format!(" {attribute}=\"");
    page.split(&start).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

/// Every anchor leads somewhere, every id is its own, and nothing is fetched.
fn check(page: &str) {
    let ids = values(page, "id");
    let own: BTreeSet<_> = ids.iter().collect();
    assert_eq!(own.len(), ids.len(), "ids are unique");
    let mut anchors = 0;
    for href in values(page, "href") {
        match href.strip_prefix('#') {
            Some(anchor) => {
                assert!(own.contains(&anchor), "{anchor} is nowhere");
                anchors += 1;
            }
            None => assert!(
                ["https://git.kernel.org/", "https://lore.kernel.org/", "data:"]
                    .iter()
                    .any(|s| href.starts_with(s)),
                "{href}"
            ),
        }
    }
    assert!(anchors > 0);
    assert_eq!(values(page, "src"), Vec::<&str>::new());
    for label in values(page, "aria-labelledby").iter().flat_map(|l| l.split(' ')) {
        assert!(own.contains(&label), "{label} labels nothing");
    }
    assert!(!page.contains("@import") && !page.contains("url("));
}

#[test]
fn anchors_resolve_on_every_page() {
    check(&finding_html(&witness("v1", RACE)));
    check(&finding_html(&witness("v3", RACE)));
    check(&finding_html(&witness("pre-fix", "kernel=6.0 W0 P0 R0 W0 D0 P0 R0")));
    check(&finding_html(&witness("v1", "kernel=6.0 shared=0 cpu0: D0 | cpu1: R0 Z0 R0 | schedule: 1*2 0*9 1*11")));
    check(&finding_html(&witness("v1", "kernel=7.3 cpu0: W0 K+ IPW0 UP0 CR0 K- | kswapd: P0 | dma: B0")));
    check(&matrix());
    check(&night_html(&night("lost"), &impls::history()));
}

/// A replay is about the gravest finding unless it is told what was said.
#[test]
fn a_line_of_a_night_replays_what_was_said() {
    let mut report = night("lost");
    let line = |report: &Report| crate::night::replay(&report.findings[0].record);
    assert_eq!(line(&report), format!("lostwrite replay --impl v1 '{RACE}'"));
    report.findings[0].record.judge = Some("structural".to_owned());
    assert_eq!(line(&report), format!("lostwrite replay --impl v1 --judge structural '{RACE}'"));
}

#[test]
fn the_same_input_makes_the_same_page() {
    let page = || finding_html(&witness("v1", RACE));
    assert_eq!(page(), page());
    assert_eq!(matrix(), matrix());
    assert!(page().len() < 500_000, "{} bytes", page().len());
}

#[test]
fn a_page_says_what_is_lost_and_how_to_replay_it() {
    let page = finding_html(&witness("v1", RACE));
    for wanted in [
        "<title>v1: store between read and clear of the pte lost (sampled-dirty) - lostwrite</title>",
        "The value 1 that cpu1 stored to page 0 at step 29 is lost: the load of page 0 by cpu0 at step 80 returns 0; 1 is right.",
        // The read-back at the end has operations of its own.
        "<code>P</code>",
        "lostwrite replay --impl v1 'kernel=6.0 cpu0: W0 F0 I0 D0 | cpu1: W0 | schedule: 0*26 1*3'",
        "<strong>DIRTY BIT LOST</strong>",
        "<strong>DATA LOST</strong>",
        "<strong>WRONG VALUE</strong>: 0, expected 1",
        "first difference",
    ] {
        assert!(page.contains(wanted), "{wanted}");
    }
}

/// The machine of a step has what the step changed beside what was there before.
#[test]
fn the_machine_of_a_step_shows_what_it_changed() {
    let page = finding_html(&witness("v1", RACE));
    let step =
        page.split("id=\"step-13\"").nth(1).and_then(|rest| rest.split("</details>").next()).expect("step 13");
    assert!(step.contains("<dt>pte0</dt><dd><ins>none</ins>, <del>f0 WDA</del></dd>"), "{step}");
}

#[test]
fn words_of_others_are_no_markup() {
    let page = night_html(&night("<script>alert('&')</script>"), &impls::history());
    assert!(!page.contains("<script>alert"));
    assert!(page.contains("&lt;script&gt;alert('&amp;')&lt;/script&gt;"));
}

#[test]
fn every_cell_of_the_table_opens_what_stands_behind_it() {
    let page = matrix();
    for (version, scenario) in [("v1", "sampled-dirty"), ("v3", "sampled-dirty"), ("v1", "stale-load")] {
        let id = format!("hw0-{version}-{scenario}");
        assert!(page.contains(&format!("href=\"#{id}\"")) && page.contains(&format!("id=\"{id}\"")), "{id}");
    }
    assert!(page.contains("id=\"hw0-v1-sampled-dirty-step-80\""));
    assert!(page.contains("lostwrite exhaust --impl v3 'kernel=6.0 "));
}

#[test]
fn a_picture_has_the_marks_a_title_and_a_description() {
    let svg = timeline_svg(&witness("v1", RACE));
    assert_eq!(svg, timeline_svg(&witness("v1", RACE)));
    for wanted in [
        "<title id=\"title\">v1: store between read and clear of the pte lost (sampled-dirty)</title>",
        "<desc ",
        "DATA LOST",
        "WRONG VALUE: 0, expected 1",
    ] {
        assert!(svg.contains(wanted), "{wanted}");
    }
    // Every element is closed, as XML wants it.
    for element in ["svg", "text", "rect", "line", "circle", "title", "desc", "style"] {
        let opened = svg.matches(&format!("<{element} ")).count() + svg.matches(&format!("<{element}>")).count();
        assert_eq!(opened, svg.matches(&format!("</{element}>")).count(), "{element}");
    }
}
