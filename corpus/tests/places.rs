//! Schedules by place as text and as JSON: the same value both ways, and errors that say what was expected.

use corpus::{Case, MAX_TIMES, Place, Schedule, Segment, Until, bytes, json};
use model::{Action, Transition};
use proptest::prelude::*;

const PROGRAMS: &str = "kernel=6.0 cpu0: W0 D0 | cpu1: W0 | schedule: ";

fn place() -> impl Strategy<Value = Place> {
    let steps: Vec<Action> = Action::ALL.iter().copied().filter(|a| !a.is_local()).collect();
    let function = prop::option::of("[a-z_]{1,20}".prop_map(Into::into));
    (function, prop::sample::select(steps), 1..=u16::MAX).prop_map(|(function, action, nth)| Place {
        function,
        action,
        nth,
    })
}

fn segment() -> impl Strategy<Value = Segment> {
    let actor = (0..2usize).prop_map(Transition::run);
    let any = (0..5usize).prop_map(|n| match n {
        0 | 1 => Transition::run(n),
        2 | 3 => Transition::interrupt(n - 2),
        _ => Transition::WRITEBACK,
    });
    let until = prop_oneof![
        place().prop_map(Until::To),
        place().prop_map(Until::Past),
        (1..=model::MAX_OPS as u16).prop_map(Until::Ops),
        Just(Until::End),
    ];
    prop_oneof![
        3 => (actor, until).prop_map(|(who, until)| Segment { who, until }),
        1 => (any, 1..=MAX_TIMES).prop_map(|(who, n)| Segment { who, until: Until::Times(n) }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn text_and_json_hold_the_same(segments in prop::collection::vec(segment(), 0..20)) {
        let Some(schedule) = Schedule::by_place(segments.clone()) else { return Ok(()) };
        let case = Case { schedule, ..PROGRAMS.replace(" | schedule: ", "").parse::<Case>().expect("a case") };
        let mut repaired = case.clone();
        repaired.repair();
        prop_assert_eq!(&repaired, &case);
        let counts = segments.iter().all(|s| matches!(s.until, Until::Times(_)));
        prop_assert_eq!(case.schedule.is_by_place(), !counts);
        let line = case.to_string();
        prop_assert_eq!(line.parse::<Case>(), Ok(case.clone()), "{}", line);
        let text = json::to_json(&case);
        prop_assert_eq!(json::from_json(&text), Ok(case), "{}", text);
    }
}

/// However it is written, and with a comment behind it.
#[test]
fn one_value_has_many_spellings() {
    let canonical = format!("{PROGRAMS}0 to try_to_unmap_one/ClearPte#2, i1, 0*3, 1 op, 0 op*2, 0 end");
    let case: Case = canonical.parse().expect("a case");
    assert_eq!(case.to_string(), canonical);
    for line in [
        format!("{PROGRAMS}0  to try_to_unmap_one/ClearPte#2 ,i1,0*3,1 op*1,0 op*2 , 0 end # ClearPte#2"),
        format!("{canonical}# 1"),
    ] {
        assert_eq!(line.parse().as_ref(), Ok(&case), "{line}");
    }
    // Commas alone make no schedule by place.
    let counted: Case = format!("{PROGRAMS}0*3, i1, 1*2").parse().expect("a case");
    assert_eq!(counted.to_string(), format!("{PROGRAMS}0*3 i1 1*2"));
    // A comment is one where no place can be.
    assert_eq!("W0 R0#1".parse::<Case>(), "W0 R0".parse());
}

#[test]
fn errors_say_what_was_expected() {
    for (schedule, column, what) in [
        ("0 to", 5, "expected a step, such as ClearPte or try_to_unmap_one/ClearPte, after 'to', found the end"),
        ("0 to , 1 op", 6, "expected a step, such as ClearPte"),
        ("0 to ClearPtr", 6, "found 'ClearPtr'; near it are ClearPte, ClearPteIgnored"),
        ("0 to f/clearpte", 8, "near it are ClearPte"),
        ("0 to PteDirty", 6, "found 'PteDirty', which is no step of its own: it rides along"),
        ("0 to /ClearPte", 6, "expected a function before '/'"),
        ("0 to ClearPte#0", 15, "expected a number from 1 to 65535 after '#', found '0'"),
        ("0 to ClearPte 1 op", 15, "expected ',' before the next entry, found '1'"),
        ("0 1 op", 3, "expected 'to', 'past', 'op' or 'end' after '0', or ',' before the next entry, found '1'"),
        ("0 op*0", 6, "expected a positive number after '*', found '0'"),
        ("0 op*33", 6, "expected a number up to 32 after '*', found '33'"),
        ("0 end, 0*20000", 10, "expected a number up to 16384"),
        ("2 op", 1, "expected an actor's number below 2"),
        ("i1 op", 1, "expected an actor's number before 'op', found 'i1'"),
        ("0 op,, 1 op", 6, "expected an entry such as '0 to ClearPte', '1 op', '0 end' or '0*3', found none"),
        ("0 op,", 6, "found none"),
        ("0 op, 3*2", 7, "expected an actor's number below 2"),
    ] {
        let e = format!("{PROGRAMS}{schedule}").parse::<Case>().expect_err(schedule);
        assert_eq!(e.column, PROGRAMS.len() + column, "{schedule}: {e}");
        assert!(e.what.contains(what), "{schedule}: {e}");
    }
    let long = vec!["0 op"; corpus::MAX_RUNS + 1].join(", ");
    let e = format!("{PROGRAMS}{long}").parse::<Case>().expect_err("too long");
    assert!(e.what.contains("too long: at most 256"), "{e}");
    let json = r#"{"actors":[{"kind":"cpu","ops":["W0"]}],"schedule":["0 op","0 to Clear"]}"#;
    let e = json::from_json(json).expect_err("no such step");
    assert_eq!((e.line, e.column), (1, json.find("0 to").expect("there") + 1), "{e}");
    assert!(e.what.contains("found 'Clear'; near it are Clear"), "{e}");
}

/// There is no byte form, and nobody gets one of another case.
#[test]
#[should_panic(expected = "by place")]
fn bytes_are_refused() {
    let case: Case = format!("{PROGRAMS}0 end").parse().expect("a case");
    let _ = bytes::encode(&case);
}
