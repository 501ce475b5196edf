//! What the lint says of the kernel and the versions, and of listings that are wrong on purpose.

use super::*;
use crate::text::body;
use crate::{mutants, registry};

const COLLECT: &str = "migrate_vma_collect_pmd";

/// A function of 6.0 with another body.
fn replaced(name: &str, listing: Vec<Node>) -> Arc<Body> {
    let kernel = kernel::body(name, Profile::V6_0).unwrap_or_else(|| panic!("no function {name}"));
    Arc::new(kernel.with(listing))
}

fn listing(text: &str) -> Vec<Node> {
    body(text).unwrap_or_else(|e| panic!("{text}: {e:?}"))
}

fn said(name: &str, listing: Vec<Node>) -> Vec<Complaint> {
    lint(&[replaced(name, listing)], Profile::V6_0)
}

/// Kernel functions that are known to lose something, and what.
const KNOWN: [(&str, &[&str]); 5] = [
    ("5.18", &[THROWN_AWAY, UNMARKED, OWED]),
    ("5.19", &[THROWN_AWAY, UNMARKED, OWED]),
    ("7.0-rc6", &[OWED, UNKEPT]),
    ("7.2", &[OWED, UNKEPT]),
    ("7.3", &[OWED]),
];
const THROWN_AWAY: &str = "thrown away";
const UNMARKED: &str = "not marked dirty";
const OWED: &str = "flush of cleared entries owed";
const UNKEPT: &str = "nothing keeps the folio";

/// The parts of warnings that are among those that a version may deserve.
fn warned<'a>(complaints: &[Complaint]) -> Vec<&'a str> {
    let all = [THROWN_AWAY, UNMARKED, OWED, UNKEPT];
    all.into_iter().filter(|what| complaints.iter().any(|c| c.what.contains(what))).collect()
}

/// Nothing is wrong with what is built in, but for the collects that are known to lose something.
#[test]
fn every_function_of_every_release_keeps_its_contract() {
    for body in kernel::library() {
        let has_it = |release: &Profile| kernel::body(body.function.name, *release) == Some(body);
        // A body that only versions have is tried in the newest release.
        let mut releases: Vec<_> = Profile::ALL.into_iter().filter(has_it).collect();
        if releases.is_empty() {
            releases.push(Profile::V7_3);
        }
        for release in releases {
            let complaints = lint_kernel(body, release);
            for c in &complaints {
                assert!(!c.is_error, "{} of {}: {c:?}", c.function, release.name());
            }
            let is_collect = body.function.name == COLLECT;
            let runs_collect = is_collect || complaints.iter().all(|c| c.what.contains(COLLECT));
            let collect = if is_collect { body } else { kernel::body(COLLECT, release).expect("there") };
            let known = KNOWN.iter().find(|(variant, _)| *variant == collect.variant);
            let known = known.map_or(&[][..], |(_, known)| known);
            let deserved = warned(&complaints);
            let fine = complaints.is_empty() || (runs_collect && deserved == known);
            assert!(fine, "{} of {}: {complaints:#?}", body.function.name, release.name());
        }
    }
}

/// A contract says what a function needs: taking part of it away makes the function wrong.
#[test]
fn what_a_contract_says_is_needed() {
    let mut needed = 0;
    for release in [Profile::V6_1_192, Profile::V7_3] {
        for body in kernel::functions(release).filter(|b| !b.contract.is_empty()) {
            let without: Vec<_> = body.contract.lines().filter(|(key, _)| *key == "sleeps").collect();
            let mut weaker = (**body).clone();
            weaker.contract = Contract::new(without).expect("a contract");
            let find = |name: &str| kernel::body(name, release).map(|b| &**b);
            let find: Find = &find;
            let nothing = Contract::default();
            let found = walk::walk(
                &weaker,
                if weaker.contract.is_empty() { &nothing } else { &weaker.contract },
                true,
                find,
            );
            needed += usize::from(found.iter().any(|f| f.is_error));
        }
    }
    assert!(needed > 60, "{needed}");
}

/// What only loses data is a warning, and the warnings say what the version is known for.
#[test]
fn the_versions_have_no_errors_and_the_warnings_they_deserve() {
    let versions = registry().iter().chain(mutants().iter().map(|m| &m.version));
    for version in versions {
        let complaints = lint(version.functions(), version.kernel);
        for c in &complaints {
            assert!(!c.is_error, "{}: {c:?}", version.name);
        }
        let expected: &[&str] = match version.name {
            "5.18" | "pre-fix" => &[THROWN_AWAY, UNMARKED, OWED],
            "v1" => &[THROWN_AWAY, OWED],
            "v3.1" => &[THROWN_AWAY, UNMARKED],
            "7.0-rc6" | "7.2" => &[OWED, UNKEPT],
            "v3.2" | "7.3" | "bugD" | "bugD@7.3" => &[OWED],
            "bugA" | "bugB" | "bugE" => &[UNMARKED],
            "bugC" => &[THROWN_AWAY],
            // 7.3 has the split window whatever is put into it.
            "bugA@7.3" | "bugB@7.3" | "bugE@7.3" => &[UNMARKED, OWED],
            "bugC@7.3" => &[THROWN_AWAY, OWED],
            _ => &[],
        };
        assert_eq!(warned(&complaints), expected, "{}", version.name);
        assert_eq!(complaints.is_empty(), expected.is_empty(), "{}: {complaints:?}", version.name);
    }
}

/// A body of collect with one thing wrong, and what an error says of it and where.
fn refused(listing: Vec<Node>, place: &str, what: &str) {
    refused_in(COLLECT, listing, place, what);
}

fn refused_in(name: &str, listing: Vec<Node>, place: &str, what: &str) {
    let errors: Vec<_> = said(name, listing.clone()).into_iter().filter(|c| c.is_error).collect();
    let at = |c: &Complaint| format!("${}", crate::file::path_of(&listing, c.line));
    assert!(errors.iter().any(|c| at(c) == place && c.what.contains(what)), "{place}: {what}: {errors:#?}");
}

#[test]
fn the_page_table_lock_is_taken_and_released_once() {
    refused(listing("LockPtl; LockPtl; UnlockPtl"), "$[1]", "already held");
    refused(listing("UnlockPtl"), "$[0]", "not held");
    refused(listing("LockPtl"), "$", "is held where the function is left");
    refused(listing("LockPtl; if BatchPending { return } UnlockPtl"), "$[1].then[0]", "lock is held");
    refused(
        listing("each_page { ReadPte; ClearPte; RestorePte }"),
        "$[0].each_page[1]",
        "without the page-table lock",
    );
    // Only from the second round on.
    refused(listing("LockPtl; each_page { ReadPte; UnlockPtl }"), "$[1].each_page[1]", "not held");
}

#[test]
fn a_round_leaves_nothing_behind() {
    let round = |body: &str| {
        listing(&format!("LockPtl; each_page {{ ReadPte; Collectable else {{ next }} {body} }} UnlockPtl"))
    };
    let end = "$[1]";
    refused(round("GetFolio"), end, "a reference stays");
    refused(round("TrylockFolio else { next }"), end, "stays locked");
    refused(round("UnlockFolio"), "$[1].each_page[2]", "not locked here");
    refused(round("PutFolio"), "$[1].each_page[2]", "no reference");
    refused(round("ClearPte"), end, "the entry stays empty");
    refused(round("RestorePte"), "$[1].each_page[2]", "nothing to put back");
    refused(round("RemoveRmap"), "$[1].each_page[2]", "still maps the page");
    refused(
        round("if LargeFolio { next } ClearPte; InstallMigrationEntry; RemoveRmap"),
        end,
        "folio is not locked",
    );
    let kept = "GetFolio; TrylockFolio else { next } UnlockFolio; PutFolio";
    refused(round(kept), "$[1].each_page[3].else[0]", "a reference stays");
    let unmapped =
        "if LargeFolio { next } GetFolio; TrylockFolio else { PutFolio; next } ClearPte; InstallMigrationEntry";
    refused(round(unmapped), end, "expected RemoveRmap");
    let half = "
        if LargeFolio { next }
        GetFolio
        TrylockFolio else { PutFolio; next }
        if PtePresent { if Exclusive { FlushPage } }
        ClearPte
        InstallMigrationEntry
        RemoveRmap
    ";
    refused(round(half), "$[1].each_page[7]", "asked on every path to here, or on none");
    let large = "
        GetFolio
        TrylockFolio else { PutFolio; next }
        ClearPte
        InstallMigrationEntry
        RemoveRmap
    ";
    refused(round(large), "$[1].each_page[5]", "a page of a large folio");
    // A lock that is only tried may not have been taken.
    refused(round("TrylockFolio; UnlockFolio"), "$[1].each_page[3]", "not locked here");
    refused(round("LockFolio; UnlockFolio"), "$[1].each_page[2]", "this sleeps");
}

#[test]
fn what_is_used_was_looked_up_before() {
    let at = "$[1].each_page[0]";
    refused(listing("LockPtl; each_page { Collectable else { next } } UnlockPtl"), at, "no word has been read");
    refused(listing("LockPtl; each_page { GetFolio; PutFolio } UnlockPtl"), at, "no folio has been chosen");
    refused(listing("LockPtl; ClearPte; UnlockPtl"), "$[1]", "nobody has looked");
    refused(listing("Access"), "$[0]", "no translation");
    refused(listing("FreezeRefs"), "$[0]", "no folio has been chosen");
    refused(listing("CopyToDst"), "$[0]", "no destination");
    refused(listing("PutSrc"), "$[0]", "no source");
    refused(listing("GatherEnd"), "$[0]", "no mmu gather");
    refused(listing("EndExit"), "$[0]", "no child");
}

#[test]
fn control_goes_somewhere() {
    let nothing = "without a step";
    refused(
        listing("each_page { if BatchPending { again } LockPtl; UnlockPtl }"),
        "$[0].each_page[0].then[0]",
        nothing,
    );
    refused(listing("each_page { next }"), "$[0]", nothing);
    refused(listing("each_page { LockPtl; UnlockPtl; again }"), "$[0]", "no path gets past");
    refused(vec![Node::Next], "$[0]", "no round");
    refused(listing("return; LockPtl"), "$[1]", "no path comes here");
    refused(listing("LockPtl else { return } UnlockPtl"), "$[0]", "never fails");
    refused(vec![Node::If(model::Action::BatchPending.into(), vec![], vec![])], "$[0]", "something in the branch");
    refused(listing("each_page { each_page { LockPtl; UnlockPtl } }"), "$[0].each_page[0]", "inside a loop");
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
    assert_eq!(said(COLLECT, listing), []);
}

/// What a walk has found stays so while its lock is held, whoever reads the entry again.
#[test]
fn a_read_after_the_walk_is_of_the_same_entry() {
    let read = |at: &str| edited("try_to_unmap_one", at, &format!("ReadPte\n{at}"));
    assert_eq!(said("try_to_unmap_one", read("Exclusive\n")), []);
    let dropped = edited("try_to_unmap_one", "Exclusive\n", "UnlockPtl\nLockPtl\nReadPte\nExclusive\n");
    let complaints = said("try_to_unmap_one", dropped);
    assert!(complaints.iter().any(|c| c.is_error), "{complaints:#?}");
}

/// The text of a kernel function's body in 6.0, changed in one place.
fn edited(name: &str, from: &str, to: &str) -> Vec<Node> {
    let kernel = kernel::body(name, Profile::V6_0).unwrap_or_else(|| panic!("no function {name}"));
    let text = crate::text::write_body(&kernel.function.body);
    assert_eq!(text.matches(from).count(), 1, "{name}: {from}\n{text}");
    listing(&text.replace(from, to))
}

/// What is looked at once more under the lock is what it was, and the zero page has no books to keep.
#[test]
fn a_second_look_under_the_lock_is_accepted() {
    for (name, from, to) in [
        (
            "try_to_unmap_one",
            "MapsFolio else { UnlockPtl; return }",
            "MapsFolio else { UnlockPtl; return } ReadPte",
        ),
        (
            "try_to_migrate_one",
            "MapsSource else { UnlockPtl; return }",
            "MapsSource else { UnlockPtl; return } ReadPte",
        ),
        ("page_make_device_exclusive_one", "ClearPte", "ReadPte; ClearPte"),
        ("wp_page_copy", "ClearPte", "ReadPte; ClearPte"),
        (
            "remove_migration_pte",
            "RemoveMigrationPte",
            "ReadPte; unless PteMigration { UnlockPtl; return } RemoveMigrationPte",
        ),
        ("zap_pte_range", "ReadPte", "ReadPte; if PteZeroPage { ClearPte; GatherPage; next }"),
    ] {
        let complaints = said(name, edited(name, from, to));
        let errors: Vec<_> = complaints.iter().filter(|c| c.is_error).collect();
        assert!(errors.is_empty(), "{name}, {from} -> {to}: {errors:#?}");
    }
}

/// One place of a kernel function is changed so that locks or references do not balance.
#[test]
fn an_unbalanced_body_of_any_function_is_refused() {
    for (name, from, to, what) in [
        (
            "try_to_unmap_one",
            "MapsFolio else { UnlockPtl; return }",
            "MapsFolio else { return }",
            "page-table lock",
        ),
        ("try_to_unmap_one", "RemoveRmap\n", "\n", "RemoveRmap"),
        ("try_to_unmap_one", "DupSlot\n", "\n", "does not count this entry"),
        ("try_to_unmap_one", "RestorePte\n", "\n", "stays empty"),
        ("zap_pte_range", "UnlockPtl", "DrainLru", "page-table lock is held"),
        ("zap_pte_range", "each_page", "LockPtl; each_page", "already held"),
        ("zap_pte_range", "FreeSwapAndCache", "DrainLru", "still counted"),
        ("zap_pte_range", "ZapRmap; next", "next", "stays empty"),
        ("copy_present_pte", "CopyPteToChild", "UnlockPtl; CopyPteToChild", "both page-table locks"),
        ("copy_present_pte", "CopyPteToChild", "DrainLru", "has no entry"),
        ("copy_pte_range", "DupSlotOfEntry; ", "", "counted nowhere"),
        ("do_wp_page", "GetFolio\n", "\n", "wp_page_copy is entered"),
        ("do_wp_page", "UnlockPtl\nwp_page_copy", "wp_page_copy", "already held"),
        ("wp_page_copy", "RemoveOldRmap", "DrainLru", "mapping still counts"),
        ("wp_page_copy", "free_swap_cache; PutFolio", "free_swap_cache", "reference on the folio is left"),
        ("change_pte_range", "SetPte", "DrainLru", "stays empty"),
        ("change_pte_range", "UnlockPtl", "DrainLru", "page-table lock is held"),
        ("remove_migration_pte", "UnlockPtl", "DrainLru", "page-table lock"),
        ("remove_migration_pte", "RemoveMigrationPte", "DrainLru", "migration entries may name it"),
        ("migration_entry_wait", "UnlockPtl\nWaitFolio", "WaitFolio; UnlockPtl", "this sleeps"),
        ("migrate_device_unmap", "ForgetSource", "DrainLru", "the list still has them"),
        (
            "shrink_folio_list",
            "FolioDirty { UnlockFolio; KeepIsolated; return }",
            "FolioDirty { KeepIsolated; return }",
            "kept locked",
        ),
        ("end_of_batch", "move_folios_to_lru", "DrainLru", "kept off the LRU"),
        ("do_swap_page", "SwapFree\n", "\n", "slot still counts the entry"),
        ("do_swap_page", "SwapFree\n", "SwapFree; FreeBatch\n", "nobody queues a page"),
        ("do_swap_page", "MapSwappedIn\nUnlockFolio", "MapSwappedIn", "folio is locked"),
        ("do_anonymous_page", "UnlockPtl; PutNew; retry", "UnlockPtl; retry", "neither mapped nor put"),
        ("get_user_pages_fast", "PteRecheck else { PutFolio; retry }", "PteRecheck else { retry }", "reference"),
        ("pin_user_pages_fast", "PteRecheck else { UnpinFolio; retry }", "PteRecheck else { retry }", "pin stays"),
        (
            "madvise_free_pte_range",
            "MappedOnce else { UnlockFolio; next }",
            "MappedOnce else { next }",
            "stays locked",
        ),
        ("dup_mmap", "EndFork", "DrainLru", "half made"),
    ] {
        let complaints = said(name, edited(name, from, to));
        let errors: Vec<_> = complaints.iter().filter(|c| c.is_error).collect();
        assert!(errors.iter().any(|c| c.what.contains(what)), "{name}, {from} -> {to}: {complaints:#?}");
    }
}

/// What somebody may want to try as a file of his own: each bug that a kernel had, beside what loses data.
#[test]
fn a_bug_that_a_kernel_had_is_no_error() {
    for bug in crate::historical() {
        let complaints = lint(bug.functions(), bug.kernel);
        let errors: Vec<_> = complaints.iter().filter(|c| c.is_error).collect();
        assert!(errors.is_empty(), "{}: {errors:#?}", bug.name);
    }
    let open = said("tlb_finish_mmu", edited("tlb_finish_mmu", "GatherEnd", "DrainLru"));
    assert!(open.iter().any(|c| !c.is_error && c.what.contains("gather is open")), "{open:#?}");
}

/// One place of a kernel function is changed so that it loses data or shows old data.
#[test]
fn a_loss_in_any_function_is_warned_of() {
    for (name, from, to, what) in [
        ("try_to_unmap_one", "if PteDirty { MarkFolioDirty }\n", "", "not marked dirty"),
        ("try_to_unmap_one", "BatchFlush\n", "\n", "the flush of cleared entries owed"),
        ("try_to_migrate_one", "if PteDirty { MarkFolioDirty }\n", "", "not marked dirty"),
        ("copy_present_pte", "if PteWritable { WriteProtect; WrProtect }\n", "", "may still be writable"),
        ("zap_pte_range", "GatherPage; ", "", "nobody owes the flush"),
        ("wp_page_copy", "FlushPage\n", "\n", "CPUs go on with the old page"),
        ("tlb_finish_mmu", "if GatherOwesFlush { FlushRange }", "DrainLru", "the flush of their entries owed"),
        ("try_to_unmap_flush", "FlushPending; BatchDone", "BatchDone", "the flush has not come"),
        ("dup_mmap", "FlushMm\nEndFork", "EndFork", "write-protected entries owed"),
        ("__remove_mapping", "CleanAfterFreeze else { Unfreeze; fail }\n", "\n", "looked whether it is clean"),
        ("unpin_user_pages_dirty_lock", "if EndIo { set_page_dirty_lock }", "EndIo", "not marked dirty"),
        ("madvise_free_single_vma", "MmapReadLock\n", "", "mmap lock"),
        ("madvise_free_single_vma", "BeginDiscard\n", "\n", "`discard`"),
    ] {
        let complaints = said(name, edited(name, from, to));
        let errors: Vec<_> = complaints.iter().filter(|c| c.is_error).collect();
        assert!(errors.is_empty(), "{name}, {from} -> {to}: {errors:#?}");
        assert!(complaints.iter().any(|c| c.what.contains(what)), "{name}, {from} -> {to}: {complaints:#?}");
    }
}

/// A walk finds the entry, and reads no word: what throws the word of the clear away has none then.
#[test]
fn a_word_that_is_thrown_away_leaves_one_that_was_read() {
    let clear = "ClearPte\n    BatchFlush";
    let ignored = said("try_to_unmap_one", edited("try_to_unmap_one", clear, "ClearPteIgnored\n    BatchFlush"));
    let no_word = |complaints: &[Complaint]| {
        complaints.iter().any(|c| c.is_error && c.what.contains("the variable has no word of this entry"))
    };
    assert!(no_word(&ignored), "{ignored:#?}");
    let read = "ReadPte\n    ClearPteIgnored\n    BatchFlush";
    assert!(!no_word(&said("try_to_unmap_one", edited("try_to_unmap_one", clear, read))));
}

/// Patches that lose nothing: other orders that are as good, and more than is needed.
#[test]
fn a_harmless_change_is_silent() {
    for (name, from, to) in [
        ("try_to_unmap_one", "InvalidateMirror\nLockPtl", "LockPtl; InvalidateMirror"),
        ("try_to_unmap_one", "if PteDirty { MarkFolioDirty }\n", "MarkFolioDirty\n"),
        ("zap_pte_range", "ClearPte; GatherPage", "ClearPte; FlushPage; GatherPage"),
        ("copy_present_pte", "if PteWritable { WriteProtect; WrProtect }\n", "WriteProtect; WrProtect\n"),
        ("do_wp_page", "if InSwapCache { FreeSwap }", "FreeSwap"),
        ("change_pte_range", "SaveOrig", "FlushPage; SaveOrig"),
        ("remove_migration_pte", "LockPtl\n", "LockPtl; DrainLru\n"),
        ("set_page_dirty_lock", "MarkFolioDirty", "MarkFolioDirty; DrainLru"),
        ("tlb_finish_mmu", "if GatherOwesFlush { FlushRange }", "FlushRange"),
    ] {
        assert_eq!(said(name, edited(name, from, to)), [], "{name}, {from} -> {to}");
    }
}

/// The document lists everything that a contract can say.
#[test]
fn every_item_of_a_contract_is_documented() {
    let text = include_str!("../../../docs/listings.md");
    for item in &ITEMS {
        let row = format!("| `{}` | {} |", item.name, item.meaning);
        assert!(text.contains(&row), "docs/listings.md lacks {row}");
    }
}
