//! Timelines go into mails as they stand: plain ASCII, at most 100 columns.

use corpus::Case;
use impls::Version;
use oracle::trace;
use report::{Detail, timeline};

fn versions() -> impl Iterator<Item = &'static Version> {
    impls::registry().iter().chain(impls::mutants().iter().map(|m| &m.version))
}

/// All lines but the title, the case and the command that replays it, which are as long as they are.
fn fits(version: &Version, case: &Case) {
    let trace = trace(version, case);
    for detail in [Detail::Telling, Detail::Full] {
        let text = timeline(version, case, &trace, detail);
        assert!(text.is_ascii(), "{text}");
        let (title, rest) = text.split_once('\n').expect("more than a title");
        assert!(title.starts_with(&format!("{}: ", version.name)), "{title}");
        for line in rest.lines().filter(|l| !l.starts_with("case: ") && !l.starts_with("replay: ")) {
            assert!(line.len() <= 100, "{} columns: {line}\n{text}", line.len());
            assert_eq!(line, line.trim_end());
        }
    }
}

#[test]
fn every_case_fits_a_mail_on_every_version() {
    for entry in corpus::builtin().into_iter().flat_map(|f| f.entries) {
        versions().for_each(|version| fits(version, &entry.case));
    }
}

/// Four actors, three pages, all operations: the widest there is.
#[test]
fn wide_cases_fit_too() {
    for index in 0..300 {
        let mut rng = explore::schedulers::rng_for(1, index);
        let mut case = corpus::generate(&mut rng, &corpus::Shape { actors: 4, pages: 3, ops: 16 });
        corpus::mutate(&mut rng, &mut case);
        versions().for_each(|version| fits(version, &case));
    }
}

#[test]
fn a_full_timeline_has_a_line_for_every_step() {
    for entry in corpus::builtin().into_iter().flat_map(|f| f.entries) {
        let version = impls::find("pre-fix").expect("registered");
        let trace = trace(version, &entry.case);
        let text = timeline(version, &entry.case, &trace, Detail::Full);
        let numbers: Vec<u32> =
            text.lines().filter_map(|l| l.get(..4)?.trim().parse().ok()).filter(|n| *n > 0).collect();
        assert_eq!(numbers, (1..=trace.length()).collect::<Vec<_>>(), "{text}");
    }
}

#[test]
fn a_telling_timeline_keeps_the_steps_of_a_full_one_in_order() {
    for entry in corpus::builtin().into_iter().flat_map(|f| f.entries) {
        for version in impls::thread() {
            let trace = trace(version, &entry.case);
            let full = timeline(version, &entry.case, &trace, Detail::Full);
            let telling = timeline(version, &entry.case, &trace, Detail::Telling);
            let mut rest = full.lines();
            for line in telling.lines() {
                assert!(rest.any(|l| l == line), "{line}\n{telling}\n{full}");
            }
            assert!(telling.lines().count() < full.lines().count());
        }
    }
}
