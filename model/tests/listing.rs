//! Listings: what the macro builds, how it prints, and what the linker refuses.

mod common;

use model::listing::{Node, lines};
use model::{Action, Code, OpKind, environment, listing};

#[test]
fn the_macro_builds_what_it_reads_like() {
    let nodes = listing! {
        at "f";
        LockPtl;
        TrylockFolio else { next; }
        if Exclusive { ClearPte; } else { ReadPte; }
        unless Mapped { return; }
        each_page { retry; finish; }
        call "pages";
        jump "fault";
    };
    assert_eq!(
        nodes,
        [
            Node::At("f"),
            Node::Do(Action::LockPtl, vec![]),
            Node::Do(Action::TrylockFolio, vec![Node::Next]),
            Node::If(
                Action::Exclusive,
                vec![Node::Do(Action::ClearPte, vec![])],
                vec![Node::Do(Action::ReadPte, vec![])]
            ),
            Node::If(Action::Mapped, vec![], vec![Node::Return]),
            Node::EachPage(vec![Node::Retry, Node::Finish]),
            Node::Call("pages"),
            Node::Jump("fault"),
        ]
    );
}

/// Every line of a listing names what is in it, and its depth shows as indentation by four.
#[test]
fn a_listing_prints_one_line_a_node() {
    let printed = lines(&common::collect());
    let expected = ["# migrate_vma_collect_pmd", "lock ptl", "each page of the range", "    pte = read"];
    assert_eq!(printed[..4], expected);
    for action in ["pte = clear", "share anon", "mark folio dirty", "install migration entry", "flush range"] {
        assert!(printed.iter().any(|l| l.trim() == action), "{action}: {printed:#?}");
    }
    for line in &printed {
        let indent = line.len() - line.trim_start().len();
        assert!(indent % 4 == 0 && line.is_ascii() && !line.trim().is_empty(), "{line:?}");
    }
}

/// A way out that has branches of its own prints as a block; a reason does not print.
#[test]
fn an_alternative_with_branches_prints_as_a_block() {
    let nodes = listing! {
        why "it sleeps";
        SplitFolio else { PutFolio; if AnyCleared { FlushRange; } return; }
        TrylockFolio else { PutFolio; next; }
    };
    let expected = [
        "split folio",
        "    else",
        "        put folio",
        "        if anything was cleared",
        "            flush range",
        "        return",
        "trylock folio",
        "    else put folio, next",
    ];
    assert_eq!(lines(&nodes), expected);
}

#[test]
fn every_operation_has_an_entry() {
    let code = common::code();
    for kind in OpKind::ALL {
        for kswapd in [false, true] {
            let pc = code.entry(kind, kswapd);
            assert!((pc as usize) < code.len(), "{kind:?}");
            assert_ne!(code.at(pc).action, Action::Goto, "{kind:?}: stepping never sees a goto");
        }
    }
    assert_eq!(code.entry(OpKind::PageOut, true), code.entry(OpKind::Reclaim, false));
}

#[test]
#[should_panic(expected = "a listing of that name")]
fn a_call_to_nowhere_does_not_link() {
    let subject: Vec<Node> = listing! { call "nowhere"; };
    let _ = Code::link(&environment(), &subject);
}

#[test]
#[should_panic(expected = "no listing is named nowhere")]
fn a_jump_to_nowhere_does_not_link() {
    let subject: Vec<Node> = listing! { jump "nowhere"; };
    let _ = Code::link(&environment(), &subject);
}
