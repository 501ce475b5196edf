//! What the lint says of the versions, and of listings that are wrong on purpose.

use super::*;
use crate::{mutants, registry};

fn listing(text: &str) -> Vec<Node> {
    crate::text::body(text).unwrap_or_else(|e| panic!("{text}: {e:?}"))
}

fn said(listing: &[Node]) -> Vec<Complaint> {
    lint(listing, &|name| crate::kernel::body(name, model::Profile::V6_0).map(|b| &b.function))
}

/// What only loses data is a warning, and the warnings say what the version is known for.
#[test]
fn the_versions_have_no_errors_and_the_warnings_they_deserve() {
    let versions = registry().iter().chain(mutants().iter().map(|m| &m.version));
    for version in versions {
        let complaints = said(version.listing());
        for c in &complaints {
            assert!(!c.is_error, "{}: {c:?}", version.name);
        }
        let said: Vec<_> = ["thrown away", "not marked dirty", "flush of cleared entries owed"]
            .into_iter()
            .filter(|what| complaints.iter().any(|c| c.what.contains(what)))
            .collect();
        let expected: &[&str] = match version.name {
            "5.18" | "pre-fix" => &["thrown away", "not marked dirty", "flush of cleared entries owed"],
            "v1" => &["thrown away", "flush of cleared entries owed"],
            "v3.1" => &["thrown away", "not marked dirty"],
            "v3.2" | "7.0-rc6" | "7.2" | "7.3" | "bugD" | "bugD@7.3" => &["flush of cleared entries owed"],
            "bugA" | "bugB" | "bugE" => &["not marked dirty"],
            "bugC" => &["thrown away"],
            // 7.3 has the split window whatever is put into it.
            "bugA@7.3" | "bugB@7.3" | "bugE@7.3" => &["not marked dirty", "flush of cleared entries owed"],
            "bugC@7.3" => &["thrown away", "flush of cleared entries owed"],
            _ => &[],
        };
        assert_eq!(said, expected, "{}", version.name);
        assert_eq!(complaints.is_empty(), expected.is_empty(), "{}: {complaints:?}", version.name);
    }
}

/// A listing with one thing wrong, and what the only error says and where.
fn refused(listing: Vec<Node>, place: &str, what: &str) {
    let errors: Vec<_> = said(&listing).into_iter().filter(|c| c.is_error).collect();
    let at = |c: &Complaint| format!("$.listing{}", crate::file::path_of(&listing, c.line));
    assert!(errors.iter().any(|c| at(c) == place && c.what.contains(what)), "{place}: {what}: {errors:#?}");
}

#[test]
fn the_page_table_lock_is_taken_and_released_once() {
    refused(listing("LockPtl; LockPtl; UnlockPtl"), "$.listing[1]", "already held");
    refused(listing("UnlockPtl"), "$.listing[0]", "not held");
    refused(listing("LockPtl"), "$.listing", "ends with the page-table lock held");
    refused(listing("LockPtl; if BatchPending { return } UnlockPtl"), "$.listing[1].then[0]", "lock held");
    refused(listing("each_page { ReadPte }"), "$.listing[0].each_page[0]", "without the page-table lock");
    // Only from the second round on.
    refused(listing("LockPtl; each_page { ReadPte; UnlockPtl }"), "$.listing[1].each_page[0]", "without the");
}

#[test]
fn a_round_leaves_nothing_behind() {
    let round = |body: &str| {
        listing(&format!("LockPtl; each_page {{ ReadPte; Collectable else {{ next }} {body} }} UnlockPtl"))
    };
    let end = "$.listing[1]";
    refused(round("GetFolio"), end, "a reference stays");
    refused(round("TrylockFolio else { next }"), end, "stays locked");
    refused(round("UnlockFolio"), "$.listing[1].each_page[2]", "not locked here");
    refused(round("PutFolio"), "$.listing[1].each_page[2]", "no reference");
    refused(round("ClearPte"), end, "the entry stays empty");
    refused(round("RestorePte"), "$.listing[1].each_page[2]", "nothing to put back");
    refused(round("RemoveRmap"), end, "does not count any more");
    refused(round("ClearPte; InstallMigrationEntry; RemoveRmap"), end, "folio is not locked");
    let kept = "GetFolio; TrylockFolio else { next } UnlockFolio; PutFolio";
    refused(round(kept), "$.listing[1].each_page[3].else[0]", "a reference stays");
    let unmapped = "GetFolio; TrylockFolio else { PutFolio; next } ClearPte; InstallMigrationEntry";
    refused(round(unmapped), end, "expected RemoveRmap");
    let half = "
        GetFolio
        TrylockFolio else { PutFolio; next }
        if PtePresent { if Exclusive { FlushPage } }
        ClearPte
        InstallMigrationEntry
        RemoveRmap
    ";
    refused(round(half), "$.listing[1].each_page[6]", "asked on every path to here, or on none");
    let large = "
        GetFolio
        TrylockFolio else { PutFolio; next }
        ClearPte
        InstallMigrationEntry
        RemoveRmap
    ";
    refused(round(large), "$.listing[1].each_page[5]", "a page of a large folio");
    // A lock that is only tried may not have been taken.
    refused(round("TrylockFolio; UnlockFolio"), "$.listing[1].each_page[3]", "not locked here");
    refused(round("LockFolio; UnlockFolio"), "$.listing[1].each_page[2]", "this sleeps");
}

#[test]
fn what_is_used_was_looked_up_before() {
    let at = "$.listing[1].each_page[0]";
    refused(listing("LockPtl; each_page { Collectable else { next } } UnlockPtl"), at, "no word has been read");
    refused(listing("LockPtl; each_page { GetFolio; PutFolio } UnlockPtl"), at, "no folio has been chosen");
    refused(listing("LockPtl; ClearPte; UnlockPtl"), "$.listing[1]", "inside each_page");
}

#[test]
fn control_goes_somewhere() {
    let nothing = "without a step";
    refused(
        listing("each_page { if PteNone { again } LockPtl; UnlockPtl }"),
        "$.listing[0].each_page[0].then[0]",
        nothing,
    );
    refused(listing("each_page { next }"), "$.listing[0]", nothing);
    refused(listing("each_page { LockPtl; UnlockPtl; again }"), "$.listing[0]", "no path gets past");
    refused(vec![Node::Next], "$.listing[0]", "no round");
    refused(listing("return; LockPtl"), "$.listing[1]", "no path comes here");
    refused(listing("LockPtl else { return } UnlockPtl"), "$.listing[0]", "never fails");
    refused(
        vec![Node::If(Action::BatchPending.into(), vec![], vec![])],
        "$.listing[0]",
        "something in the branch",
    );
    refused(
        listing("each_page { each_page { LockPtl; UnlockPtl } }"),
        "$.listing[0].each_page[0]",
        "inside a loop",
    );
    refused(listing("jump fault"), "$.listing[0]", "not a line of collect");
    refused(listing("Access"), "$.listing[0]", "reads and writes no user memory");
    refused(listing("FreezeRefs"), "$.listing[0]", "how reclaim frees a page");
}

/// A branch whose answer is known is not walked the other way.
#[test]
fn a_condition_that_was_asked_before_has_its_answer() {
    let listing = listing(
        "
        LockPtl
        each_page {
            ReadPte
            Collectable else { next }
            if Exclusive { GetFolio }
            if Exclusive { PutFolio }
        }
        UnlockPtl
    ",
    );
    assert_eq!(said(&listing), []);
}
