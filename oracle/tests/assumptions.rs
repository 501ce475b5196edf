//! What judges excuse by default and not otherwise: each assumption with a bug that speaks without it, and none
//! that serves the functions under comparison.

mod common;

use common::{case, heard, judged, version};
use impls::Version;
use model::{Assumption, Assumptions};
use oracle::{End, Finding, Judge};

/// A kernel with functions replaced, as a file of one's own says it.
fn own(text: &str) -> Version {
    impls::file::read("mine.listing", text).unwrap_or_else(|e| panic!("{e}")).version
}

fn without(version: &Version, assumption: Assumption) -> Version {
    version.assuming(Assumptions::ALL.without(assumption))
}

/// The driver takes FOLL_GET where it needs FOLL_PIN: fork and a store of the parent leave the device with the
/// old page.
const GET_FOR_PIN: &str = "
version get-for-pin
title   the driver takes a reference where it needs a pin
source  microsoft/WSL#11095
kernel  6.0

function pin_user_pages_fast
{
    ReadPte
    if Holding { return }
    GupPermitted else { jump handle_pte_fault }
    unless PteZeroPage {
        TryGetFolio else { retry }
        PteRecheck else { PutFolio; retry }
    }
    Hold
}

function unpin_user_pages_dirty_lock
{
    if EndIo { set_page_dirty_lock }
    Release
}
";

/// The store of a device through a reference is seen, unless it is assumed that a reference does not hold.
#[test]
fn a_store_through_the_wrong_kind_of_hold_speaks_without_the_assumption_alone() {
    let bug = own(GET_FOR_PIN);
    let line = case("kernel=6.0 W0 IPW0 K+ W0 B0 R0 UP0");
    let (judges, summary) = judged(&bug, &line);
    assert!(judges.is_silent() && summary.end == End::Complete, "{judges:?}");
    let bug = without(&bug, Assumption::ReferenceDoesNotHold);
    let (judges, _) = judged(&bug, &line);
    // The child has the device's data, in a page that nobody will write to swap.
    assert_eq!(heard(&judges), [Judge::LastWrite, Judge::CleanMeansEqual]);
    let Some(Finding::WrongValue { mm: 0, page: 0, got: 2, legal, .. }) = judges.of(Judge::LastWrite) else {
        panic!("{judges:?}")
    };
    assert_eq!(legal.last, 3);
    // A pin holds; no other assumption has to go.
    let (judges, _) = judged(&without(version("v3"), Assumption::ReferenceDoesNotHold), &line);
    assert!(judges.is_silent(), "{judges:?}");
    for other in Assumption::ALL.iter().filter(|a| **a != Assumption::ReferenceDoesNotHold) {
        let (judges, _) = judged(&without(&own(GET_FOR_PIN), *other), &line);
        assert!(judges.of(Judge::LastWrite).is_none(), "{}: {judges:?}", other.id());
    }
}

/// Reclaim that does not look for pins, where exclusive pages are not tracked.
#[test]
fn reclaim_of_a_pinned_page_speaks_where_pins_are_believed_to_hold() {
    let shipped = impls::kernel::body("shrink_folio_list", model::Profile::V5_18).expect("there is one");
    let text = impls::text::write(&impls::text::Document {
        functions: vec![shipped.to_text()],
        ..impls::text::parse("version pinned-to-swap\ntitle pinned pages go to swap\nkernel 5.18\n")
            .expect("a head")
    });
    let asked = "if MaybePinned { UnlockFolio; KeepIsolated; return }";
    let bug = text.replace(asked, "");
    assert_ne!(text, bug, "{text}");
    let line = case("kernel=5.18 W0 IPW0 P0 R0 W0 B0 UP0 R0");
    for (text, heard_of) in [(&text, &[][..]), (&bug, &[Judge::LastWrite, Judge::CleanMeansEqual])] {
        let version = own(text);
        assert!(judged(&version, &line).0.is_silent());
        let (judges, _) = judged(&without(&version, Assumption::ExclusiveUntracked), &line);
        assert_eq!(heard(&judges), heard_of, "{judges:?}");
    }
}

/// Mutants and the words for the command line know what is off.
#[test]
fn an_assumption_that_is_off_stays_off_in_mutants() {
    let v3 = without(version("v3"), Assumption::DirtyBitInHand);
    let edits = impls::edits(&v3);
    assert!(edits.iter().all(|e| e.of(&v3).assumed() == v3.assumed()));
    assert_eq!(v3.argument(), "--impl v3 --no-assume dirty-bit-in-hand");
    assert!(!v3.has_expectations());
}
