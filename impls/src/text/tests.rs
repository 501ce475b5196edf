//! What is read, what is written back, and what is said of a text that is wrong.

use super::*;
use model::Action as A;
use model::listing::{Doing, Node};

fn refused(text: &str) -> String {
    let all = parse(text).expect_err(text);
    Problems { file: "mine.listing".to_owned(), text: text.to_owned(), all }.to_string()
}

const WHOLE: &str = "\
# A patch of mine.

version mine
title   \"quoted\", and more  # a remark

# Why it is there.
# In two lines.
function zap_pte_range
file     mm/memory.c
{  # under the lock
    LockPtl  # pte_offset_map_lock
    # Why the loop.
    each_page {
        if PteNone { next }
        TrylockFolio else { PutFolio; next }
        if copy_present_pte {
            ClearPte
            ReadPte
        } else if PteDirty {
            MarkFolioDirty
        } else {
            # nothing
            again
        }
        unless Mapped { fail }
    }
    jump do_wp_page
}

# The end.
";

#[test]
fn a_text_is_read_and_written_back() {
    let document = parse(WHOLE).expect("a listing");
    assert_eq!(write(&document), WHOLE);
    assert_eq!(value(&document.fields, "title").map(|f| f.value.as_str()), Some("\"quoted\", and more"));
    let [function] = document.functions.as_slice() else { panic!("one function") };
    assert_eq!(function.comment, "Why it is there.\nIn two lines.");
    let lines: Vec<_> = function.places.iter().map(|p| line(WHOLE, p.start)).collect();
    assert_eq!(lines[..5], [11, 13, 14, 14, 15]);
    assert_eq!(model::listing::nodes(&function.body).len(), function.places.len());
}

#[test]
fn a_body_is_what_it_reads_like() {
    let step = |a: A| Node::Do(a.into(), vec![]);
    let read = body(
        "LockPtl; f else { next_one; fail }\nif Exclusive { ClearPte } else { ReadPte }; unless g { return }",
    );
    let call = |name| Node::Do(Doing::Call(name), vec![]);
    let expected = [
        step(A::LockPtl),
        Node::Do(Doing::Call("f"), vec![call("next_one"), Node::Fail]),
        Node::If(A::Exclusive.into(), vec![step(A::ClearPte)], vec![step(A::ReadPte)]),
        Node::If(Doing::Call("g"), vec![], vec![Node::Return]),
    ];
    assert_eq!(read.expect("a listing"), expected);
}

/// Each with the place, what was expected, and what to do.
#[test]
fn what_is_wrong_is_shown_where_it_is() {
    let of = |lines: &str| refused(&format!("function f\n{{\n{lines}\n}}\n"));
    for (said, parts) in [
        (of("    LokPtl"), &["no step `LokPtl`", "mine.listing:3:5", "the nearest names are LockPtl"][..]),
        (of("    if PteAccessed { next }"), &["no step `PteAccessed`", ":3:8", "PteYoung"]),
        (of("    ReadPte LockPtl"), &["found `LockPtl` behind a statement", ":3:13", "the line's end"]),
        (of("    next"), &["`next` outside a loop", "`return` leaves"]),
        (of("    if not Exclusive { }"), &["a negated condition", "`unless C"]),
        (of("    unless Mapped { return } else { next }"), &["`unless` with `else`", "if Mapped"]),
        (of("    FlushWait"), &["put in by the linker"]),
        (of("    { ReadPte }"), &["a block without a condition"]),
        (of("    if"), &["found the end of the line behind `if`"]),
        (of("    else { }"), &["`else` without a step"]),
        (refused("function f\n{\n    LockPtl\n"), &["never closed", ":2:1"]),
        (refused("function f\n    LockPtl\n"), &["in the head of f", "expected `{`"]),
        (
            refused("kernel 6.0\n\nfuncton f\n{\n}\n"),
            &["a block behind the field `functon`", ":3:1", "`function NAME`"],
        ),
        (refused("function Foo\n{\n}\n"), &["a function named `Foo`"]),
        (refused("function f\n{\n}\nversion x\n"), &["`version` after a function"]),
        (refused("function f\n{\n}\n}\n"), &["found `}`"]),
    ] {
        for part in parts {
            assert!(said.contains(part), "{part:?} is not in\n{said}");
        }
        assert!(said.contains('^'), "{said}");
    }
}

/// Everything that is wrong is said at once, as far as the rest makes sense.
#[test]
fn several_wrong_names_are_said_at_once() {
    let said = refused("function f\n{\n    LokPtl\n    ReadPte\n    UnlokPtl\n}\n");
    assert!(said.contains("LokPtl") && said.contains("UnlokPtl"), "{said}");
}

/// Whatever the bytes are, reading ends with a listing or an error that can be shown.
#[test]
fn no_text_is_too_strange() {
    let mut state = 1u64;
    let pieces = [
        "function f",
        "{",
        "}",
        "\n",
        ";",
        "#",
        "if",
        "else",
        "LockPtl",
        "ü",
        "\u{1b}[1m",
        "\t",
        "next",
        "each_page",
        " ",
        "\r\n",
        "\u{202e}",
    ];
    for _ in 0..3000 {
        let mut text = String::new();
        for _ in 0..20 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(pieces[(state >> 33) as usize % pieces.len()]);
            text.push(' ');
        }
        match parse(&text) {
            Ok(document) => {
                let written = write(&document);
                let again = parse(&written).unwrap_or_else(|e| panic!("{text:?}\n{written}\n{e:?}"));
                assert_eq!(write(&again), written, "{text:?}");
            }
            Err(_) => assert!(!refused(&text).contains('\u{1b}')),
        }
    }
    let deep = format!("function f\n{{\n{}", "if Mapped {\n".repeat(10_000));
    assert!(refused(&deep).contains("blocks in each other"));
}
