//! Whatever is not a case is refused with its place and with what was expected there, and nothing panics.

use corpus::{Case, json, load};
use proptest::prelude::*;

fn config() -> ProptestConfig {
    ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() }
}

/// Lines made of the language's own words, so that parsing gets far before it fails.
fn almost_a_line() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        4 => "(R|W|P|D|DD|S|I|U|IP|UP|F|Z|G|Q|K\\+|K-|CR|CW|CP|M|L|X|DR|DW|IW|IPW|B|Y)[0-9]?",
        1 => "(cpu[0-4]|kswapd|schedule|dma):",
        1 => Just("|".to_owned()),
        1 => "(i|w|)[0-4]?(\\*[0-9]{1,3}|\\*)?",
        1 => "(kernel|swap|shared|large|hw|sticky|device-frames|swap-in|flush)=(6.0|7.3|disk|on|0,2|3|hw0|w7|double|)",
        1 => "[#\\PC]{0,4}",
    ];
    prop::collection::vec(word, 0..24).prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_line_is_a_case_or_an_error_inside_the_line(line in almost_a_line()) {
        match corpus::text::parse(&line, 3) {
            Ok(case) => prop_assert_eq!(case.to_string().parse::<Case>(), Ok(case)),
            Err(e) => {
                prop_assert_eq!(e.line, 3);
                prop_assert!((1..=line.chars().count() + 1).contains(&e.column), "{}", e);
                prop_assert!(!e.what.is_empty());
            }
        }
    }

    #[test]
    fn any_content_is_cases_or_an_error(content in prop::collection::vec(any::<u8>(), 0..256)) {
        if let Err(e) = load("some.file", &content) {
            prop_assert!(e.to_string().starts_with("some.file: "));
        }
    }

    /// A valid JSON text with a piece cut out or put in.
    #[test]
    fn damaged_json_is_a_case_or_an_error_inside_the_text(
        bytes in prop::collection::vec(any::<u8>(), 0..64), at: prop::sample::Index, cut in 0..4usize, put in "[{}\\[\\]\",:a0 ]{0,2}"
    ) {
        let mut text = json::to_json(&Case::from_unversioned(&bytes));
        let at = at.index(text.len());
        text.replace_range(at..(at + cut).min(text.len()), &put);
        if let Err(e) = json::from_json(&text) {
            prop_assert_eq!(e.line, 1);
            prop_assert!((1..=text.len() + 1).contains(&e.column), "{}", e);
            prop_assert!(!e.what.is_empty());
        }
    }
}

#[test]
fn a_wrong_json_value_is_placed_and_says_what_was_expected() {
    for (text, line, column, what) in [
        (r#"{"actors":[{"kind":"cpu","ops":["Y0"]}]}"#, 1, 34, "expected an operation"),
        (
            "{\"actors\":[\n {\"kind\":\"cpu\",\"ops\":[\"W0\",\n  \"R7\"]}]}",
            3,
            4,
            "expected a number from 0 to 2",
        ),
        (
            r#"{"options":{"swap":"tape"},"actors":[{"kind":"cpu","ops":[]}]}"#,
            1,
            21,
            "expected swap=nullblk|disk|ramdisk",
        ),
        (r#"{"options":{"colour":"red"},"actors":[{"kind":"cpu","ops":[]}]}"#, 1, 14, "unknown option 'colour'"),
        (r#"{"actors":[]}"#, 1, 3, "expected 1 to 4 actors, found 0"),
        (
            r#"{"actors":[{"kind":"kswapd","ops":[]}]}"#,
            1,
            14,
            "kswapd and dma come last, in that order and one of each",
        ),
        (
            r#"{"actors":[{"kind":"cpu","ops":[]},{"kind":"dma","ops":["W0"]}]}"#,
            1,
            58,
            "dma only does B, found 'W0'",
        ),
        (r#"{"actors":[{"kind":"cpu","ops":["K+0"]}]}"#, 1, 34, "expected nothing after 'K+', found '0'"),
        (
            r#"{"options":{"hw":"w6"},"actors":[{"kind":"cpu","ops":[]}]}"#,
            1,
            19,
            "expected hw=hw0|sw-dirty|w1|w2|w3|w4|w5|w7, found 'w6'",
        ),
        (
            r#"{"actors":[{"kind":"cpu","ops":[]}],"schedule":["1*2"]}"#,
            1,
            50,
            "expected an actor's number below 1",
        ),
        (r#"{"actors":[{"kind":"cpu","ops":[7]}]}"#, 1, 33, "expected a string"),
        (r#"{"actors":[{"kind":"gpu","ops":[]}]}"#, 1, 24, "expected one of `cpu`, `kswapd`, `dma`"),
        (r#"{"actors":[{"kind":"cpu","ops":[],"tlb":0}]}"#, 1, 39, "expected `kind` or `ops`"),
        (r#"{"actors":[{"kind":"cpu","ops":["W0" "R0"]}]}"#, 1, 38, "expected `,` or `]`"),
    ] {
        let e = json::from_json(text).expect_err(text);
        assert_eq!((e.line, e.column), (line, column), "{text}: {e}");
        assert!(e.what.contains(what), "{text}: {e}");
        assert!(e.to_string().starts_with(&format!("line {line}, column {column}: ")), "{e}");
    }
}

/// What is not JSON at all, or has a field too few.
#[test]
fn broken_json_is_placed() {
    for (text, line, column) in [
        ("{", 1, 1),
        ("{\n\"actors\":", 2, 9),
        (r#"{"actors":[{"kind":"cpu","ops":[]}]} W0"#, 1, 38),
        (r#"{"actors":[{"kind":"cpu","ops":["W0",]}]}"#, 1, 38),
        (r#"{"schedule":[]}"#, 1, 15),
    ] {
        let e = json::from_json(text).expect_err(text);
        assert_eq!((e.line, e.column), (line, column), "{text}: {e}");
        assert!(!e.what.is_empty());
    }
}

/// A place in a file of cases is the place in the file, whichever line it is on.
#[test]
fn a_wrong_line_of_a_case_file_is_placed_in_the_file() {
    for (content, place, what) in [
        ("# a comment\n\nW0 D0\n  W0 Y0  # and why\n", "line 4, column 6", "expected an operation"),
        (
            "expect: v1=ok v2=maybe\nW0\n",
            "line 1, column 15",
            "expected VERSION=ok|lost|revoked|broken|dropped, found 'v2=maybe'",
        ),
        ("# nothing here\n", "line 1, column 1", "expected at least one case"),
        ("\n", "line 1, column 1", "expected at least one case"),
        ("{\n \"actors\": 3\n}\n", "line 2, column 12", "expected a sequence"),
        ("\u{1}", "", ""),
        ("\u{2}", "", ""),
        ("\u{3}", "unknown format version 3", "reads versions 1 to 2"),
        ("", "empty input", "expected at least the format's version byte"),
    ] {
        match load("some.case", content.as_bytes()) {
            Ok(file) => assert!(place.is_empty(), "{content:?}: {file:?}"),
            Err(e) => {
                let e = e.to_string();
                assert!(e.starts_with(&format!("some.case: {place}")) && e.contains(what), "{content:?}: {e}");
            }
        }
    }
}

/// What the text form says of a wrong word, and where.
#[test]
fn a_wrong_word_is_placed_and_says_what_was_expected() {
    for (line, column, what) in [
        ("W0 K+1", 6, "expected nothing after 'K+', found '1'"),
        ("W0 CW", 6, "expected a number from 0 to 2 after 'CW', found ''"),
        ("cpu0: W0 | kswapd: B0", 20, "kswapd only does P and G, found 'B0'"),
        ("cpu0: W0 | dma: P0", 17, "dma only does B, found 'P0'"),
        ("cpu0: B0 | dma: B0 | kswapd: P0", 1, "kswapd and dma come last, in that order"),
        ("cpu0: | dma: B0 | dma: B0", 1, "one of each"),
        ("dma: B0", 1, "after at least one CPU"),
        ("hw=w6 W0", 4, "expected hw=hw0|sw-dirty|w1|w2|w3|w4|w5|w7, found 'w6'"),
        ("kernel=6.2 W0", 8, "expected kernel=6.0|6.1.192|5.18|5.19|6.1|7.0-rc6|7.3, found '6.2'"),
        ("large=1,3 W0", 7, "expected large= and pages from 0 to 2 with commas, found '1,3'"),
        ("flush=triple W0", 7, "expected flush=single|double, found 'triple'"),
        ("mprotect=on W0", 10, "expected mprotect=never|dirty|exclusive, found 'on'"),
        ("colour=red W0", 1, "unknown option 'colour'; known are kernel, hw, swap, shared, large, device-frames"),
    ] {
        let e = corpus::text::parse(line, 1).expect_err(line);
        assert_eq!(e.column, column, "{line}: {e}");
        assert!(e.what.contains(what), "{line}: {e}");
    }
}

/// `scenario:` and `expect:` hold for the next case only.
#[test]
fn what_a_file_says_holds_for_the_next_case() {
    let text = "scenario: swapcache-dirty\nexpect: v1=ok pre-fix=lost\nexpect: v2=dropped\nW0 D0\nW0\n";
    let file = load("some.case", text.as_bytes()).expect("two cases");
    let [one, two] = &file.entries[..] else { panic!("{file:?}") };
    assert_eq!((one.place.as_str(), one.scenario.as_deref()), ("some.case:4", Some("swapcache-dirty")));
    let words: Vec<_> = one.expect.iter().map(|(v, e)| format!("{v}={}", e.word())).collect();
    assert_eq!(words, ["v1=ok", "pre-fix=lost", "v2=dropped"]);
    assert_eq!((two.place.as_str(), &two.scenario, two.expect.len()), ("some.case:5", &None, 0));
}
