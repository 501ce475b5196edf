//! Linking: every kernel links, and what does not link is said.

use impls::kernel::{body, entry, link};
use impls::{Body, text};
use model::listing::{Doing, Node, lines};
use model::{Action, Assumptions, LinkError, OpKind, Profile};
use std::sync::Arc;

fn listing(lines: &str) -> Vec<Node> {
    text::body(lines).unwrap_or_else(|e| panic!("{lines}: {e:?}"))
}

/// A release whose function of that name does this.
fn with(name: &str, lines: &str) -> Result<model::Code, LinkError> {
    let shipped = body(name, Profile::V6_0).expect("a function of the kernel");
    link(Profile::V6_0, &[Arc::new(Body::with(shipped, listing(lines)))], Assumptions::ALL)
}

/// Every line of a listing names what is in it, and its depth shows as indentation by four.
#[test]
fn a_listing_prints_one_line_a_node() {
    let printed = lines(impls::find("v3").expect("registered").listing());
    assert_eq!(printed[..3], ["lock ptl", "each page of the range", "    pte = read"]);
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
    let nodes = listing(
        "# it sleeps
        SplitFolio else { PutFolio; if AnyCleared { FlushRange } return }
        TrylockFolio else { PutFolio; next_one; fail }",
    );
    let expected = [
        "split folio",
        "    else",
        "        put folio",
        "        if anything was cleared",
        "            flush range",
        "        return",
        "trylock folio",
        "    else put folio, next_one, fail",
    ];
    assert_eq!(lines(&nodes), expected);
}

#[test]
fn every_operation_has_an_entry() {
    for release in Profile::ALL {
        let code = link(release, &[], Assumptions::ALL).expect("it links");
        for kind in OpKind::ALL {
            for kswapd in [false, true] {
                let pc = code.entry(kind, kswapd);
                assert!((pc as usize) < code.len(), "{kind:?}");
                assert_ne!(code.at(pc).action, Action::Goto, "{kind:?}: stepping never sees a goto");
            }
            assert!(body(entry(kind), release).is_some(), "{kind:?}");
        }
        assert_eq!(code.entry(OpKind::PageOut, true), code.entry(OpKind::Reclaim, false));
    }
}

#[test]
fn what_does_not_link_is_said() {
    let of = |lines| with("try_to_unmap", lines).expect_err("it does not link").to_string();
    assert_eq!(of("nowhere"), "try_to_unmap calls nowhere, and there is no function of that name");
    assert!(of("jump nowhere").contains("no function nowhere"));
    assert!(of("shrink_folio_list").contains("calls itself"));
    assert_eq!(of("jump try_to_unmap"), "try_to_unmap jumps round and round, and no step comes in between");
}

/// A call fails where its function leaves by `fail`, and succeeds where it ends or returns.
#[test]
fn a_call_succeeds_or_fails_as_its_function_says() {
    let code = with("__remove_mapping", "FreezeRefs else { fail } if InSwapCache { Unfreeze; return } Access")
        .expect("it links");
    let find = |function: &str, action: Action| {
        (0..code.len() as model::Pc)
            .find(|pc| code.function(*pc) == function && code.at(*pc).action == action)
            .unwrap_or_else(|| panic!("{action:?} in {function}"))
    };
    let freeze = code.at(find("__remove_mapping", Action::FreezeRefs));
    let unlock = code.at(freeze.alt);
    assert_eq!((unlock.action, code.function(freeze.alt)), (Action::UnlockFolio, "shrink_folio_list"));
    assert_eq!(code.at(unlock.next).action, Action::KeepIsolated, "the failing way");
    let unfreeze = code.at(find("__remove_mapping", Action::Unfreeze));
    let unlock = code.at(unfreeze.next);
    assert_eq!((unlock.action, code.at(unlock.next).action), (Action::UnlockFolio, Action::QueueFree));
    assert_eq!(code.step(find("__remove_mapping", Action::Access)), Some(4));
    assert!(code.subject_step(find("__remove_mapping", Action::Access)).is_some());
    assert_eq!(code.subject_step(freeze.alt), None, "it belongs to the caller");
    assert_eq!(Doing::Call("f").name(), "f");
}
