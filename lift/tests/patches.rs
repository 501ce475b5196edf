//! Plausible patches: each is seen in the listing, or refused. None may vanish, and none be invented.

mod common;

use common::{patched, steps};

const COLLECT: (&str, &str, &str) = ("collect-6.c", "migrate_vma_collect_pmd", "6.0");

fn collect(changes: &[(&str, &str)]) -> String {
    let (file, function, release) = COLLECT;
    let lifted = patched(file, function, release, changes).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(lifted.same_as, None, "the change is not seen: {changes:?}");
    steps(&lifted)
}

fn refused(changes: &[(&str, &str)]) -> String {
    let (file, function, release) = COLLECT;
    match patched(file, function, release, changes) {
        Ok(lifted) => panic!("{changes:?}: not refused:\n{}", steps(&lifted)),
        Err(why) => why,
    }
}

/// The lines of a body without their indentation.
fn order(body: &str, first: &str, then: &str) {
    let at = |what: &str| body.find(what).unwrap_or_else(|| panic!("{what}: {body}"));
    assert!(at(first) < at(then), "{first} before {then}:\n{body}");
}

const MARK: &str = "\t\tif (pte_dirty(seen))\n\t\t\tfolio_mark_dirty(whole);\n";

/// Something else than what is under work is another step, and never the same.
#[test]
fn what_is_done_to_something_else_is_refused() {
    for (from, to, what) in [
        ("page_to_pfn(found)", "(page_to_pfn(found) + 1)", "page_to_pfn(found) + 1"),
        ("ptep_clear_flush(area, at, slot)", "ptep_clear_flush(area, to, slot)", "to"),
        ("folio_mark_dirty(whole)", "folio_mark_dirty(whole + 1)", "whole + 1"),
    ] {
        let text = common::text(COLLECT.0);
        let all = text.replace(from, to);
        assert_ne!(all, text, "{from}");
        let why = common::lifted(&all, COLLECT.1, COLLECT.2).expect_err(from);
        assert!(why.contains(what), "{from}: {why}");
    }
}

#[test]
fn the_mark_left_out() {
    let body = collect(&[(MARK, "")]);
    assert!(!body.contains("MarkFolioDirty"), "{body}");
}

#[test]
fn the_mark_before_the_clear() {
    let body = collect(&[(MARK, ""), ("\t\tif (alone) {\n", &format!("{MARK}\t\tif (alone) {{\n"))]);
    order(&body, "MarkFolioDirty", "ClearPte");
}

#[test]
fn the_exclusive_mark_cleared_before_the_entry() {
    let share = "\t\t\tseen = ptep_clear_flush(area, at, slot);\n\t\t\tif (page_try_share_anon_rmap(found)) {\n\t\t\t\tset_pte_at(space, at, slot, seen);\n";
    let first = "\t\t\tif (page_try_share_anon_rmap(found)) {\n";
    let body = collect(&[
        (share, first),
        (
            "\t\t\t\tgoto done;\n\t\t\t}\n\t\t} else {",
            "\t\t\t\tgoto done;\n\t\t\t}\n\t\t\tseen = ptep_clear_flush(area, at, slot);\n\t\t} else {",
        ),
    ]);
    order(&body, "ShareAnon", "ClearPte");
}

#[test]
fn the_counter_that_nothing_counts_and_the_flush_that_is_gone() {
    let count = "\t\tif (pte_present(seen))\n\t\t\tgone++;\n";
    let flush = "\tif (gone)\n\t\tflush_tlb_range(area, from, to);\n";
    for changes in [[(count, "")], [(flush, "")]] {
        let body = collect(&changes);
        assert!(!body.contains("FlushRange"), "{body}");
    }
}

#[test]
fn a_counter_that_counts_something_else_is_refused() {
    let why = refused(&[("\t\tif (pte_present(seen))\n\t\t\tgone++;\n", "\t\tif (alone)\n\t\t\tgone++;\n")]);
    assert!(why.contains("gone does not count an entry that was replaced"), "{why}");
}

#[test]
fn the_range_flush_after_the_unlock() {
    let flush = "\tif (gone)\n\t\tflush_tlb_range(area, from, to);\n";
    let unlock = "\tpte_unmap_unlock(slot - 1, lock);\n";
    let body = collect(&[(flush, ""), (unlock, &format!("{unlock}{flush}"))]);
    order(&body, "UnlockPtl\nif AnyCleared", "FlushRange");
}

#[test]
fn a_flush_of_part_of_the_range_is_refused() {
    for part in ["from, from + PAGE_SIZE", "at, to", "from + PAGE_SIZE, to", "at - PAGE_SIZE, at"] {
        let why = refused(&[("flush_tlb_range(area, from, to)", &format!("flush_tlb_range(area, {part})"))]);
        assert!(why.contains("a flush of part of the range"), "{part}: {why}");
    }
    // Behind the loop the address is the end.
    let (file, function, release) = COLLECT;
    let changes = [("flush_tlb_range(area, from, to)", "flush_tlb_range(area, from, at)")];
    assert_eq!(patched(file, function, release, &changes).unwrap_or_else(|e| panic!("{e}")).same_as, Some("6.0"));
}

/// The dirty bit of the word that was read, and all else of the one that was cleared: two words.
#[test]
fn the_dirty_bit_of_the_word_that_was_read() {
    let body = collect(&[
        ("\t\tpte_t seen, instead;\n", "\t\tpte_t seen, instead, early;\n"),
        ("\t\tseen = *slot;\n", "\t\tseen = *slot;\n\t\tearly = seen;\n"),
        (MARK, "\t\tif (pte_dirty(early))\n\t\t\tfolio_mark_dirty(whole);\n"),
        ("\t\t\t\tset_pte_at(space, at, slot, seen);\n", "\t\t\t\tset_pte_at(space, at, slot, early);\n"),
    ]);
    assert!(body.contains("ClearPteIgnored") || body.contains("OrigDirty"), "{body}");
    // The word of the clear is put back, and that of the read asked: orig keeps it.
    let body = collect(&[
        ("\t\tpte_t seen, instead;\n", "\t\tpte_t seen, instead, early;\n"),
        ("\t\tseen = *slot;\n", "\t\tseen = *slot;\n\t\tearly = seen;\n"),
        (MARK, "\t\tif (pte_dirty(early))\n\t\t\tfolio_mark_dirty(whole);\n"),
    ]);
    order(&body, "SaveOrig", "if OrigDirty");
}

#[test]
fn what_is_carried_from_page_to_page_is_refused() {
    let why = refused(&[
        ("\tpte_t *slot;\n", "\tpte_t *slot;\n\tbool late = false;\n"),
        (MARK, "\t\tif (pte_dirty(seen))\n\t\t\tlate = true;\n"),
        (
            "\t\tif (pte_present(seen))\n\t\t\tgone++;\n",
            "\t\tif (pte_present(seen))\n\t\t\tgone++;\n\t\tif (late)\n\t\t\tfolio_mark_dirty(whole);\n",
        ),
    ]);
    assert!(why.contains("late is carried from one page to the next"), "{why}");
}

#[test]
fn leaving_without_the_restore_is_seen() {
    let body = collect(&[("\t\t\t\tset_pte_at(space, at, slot, seen);\n", "")]);
    assert!(!body.contains("RestorePte"), "{body}");
}

#[test]
fn src_must_say_what_happened() {
    let why = refused(&[("\t\t\tfolio_put(whole);\n\t\t\tword = 0;\n", "\t\t\tfolio_put(whole);\n")]);
    assert!(why.contains("no migration entry was installed"), "{why}");
    let why = refused(&[("\t\twanted->cpages++;\n\t\tif (pte_dirty", "\t\tif (pte_dirty")]);
    assert!(why.contains("cpages grows by 0"), "{why}");
    let why = refused(&[("\t\t\tif (pte_write(seen))\n\t\t\t\tword |= MIGRATE_PFN_WRITE;\n", "")]);
    assert!(why.contains("does not depend on W") || why.contains("W"), "{why}");
}

#[test]
fn an_entry_of_the_wrong_kind_is_refused() {
    let why =
        refused(&[("parked = make_readable_exclusive_migration_entry", "parked = make_readable_migration_entry")]);
    assert!(why.contains("expected Exclusive"), "{why}");
}

#[test]
fn what_is_not_known_is_refused_with_its_row() {
    for (to, what, help) in [
        ("\t\tfolio_ours(whole);\n", "unknown call folio_ours()", "add a row to the table: folio_ours"),
        ("\t\tif (area->ours)\n\t\t\tfolio_get(whole);\n", "unknown condition", "`expr:vm_area_struct->ours`"),
        ("\t\tarea->ours = 1;\n", "unknown store", "`store:vm_area_struct->ours`"),
        ("\t\tgoto nowhere;\n", "no label nowhere", "a label"),
        ("\t\t*slot = seen;\n", "a plain store to the entry", "hardware"),
        ("\t\tarea->ours(whole);\n", "a call of `area->ours`", "which function"),
        ("\t\tswitch (at) { case 0: break; }\n", "a switch statement cannot be lifted", "write it with if"),
        ("\t\tcount_vm_event(folio_get(whole));\n", "folio_get() in an argument", "statement of its own"),
    ] {
        let why = refused(&[(MARK, to)]);
        assert!(why.contains(what) && why.contains(help), "{to}: {why}");
        // The line of C, and a caret under the place.
        assert!(why.contains("--> ours.c:") && why.contains('^'), "{why}");
    }
}

#[test]
fn what_the_user_accepts_is_recorded() {
    let text = common::text("collect-6.c").replace(MARK, &format!("\t\tfolio_ours(whole);\n{MARK}"));
    let table = lift::Table::default();
    let source = lift::Source::new("ours.c", &text, &table);
    let options = lift::Options { table, release: "6.0".to_owned(), accept: vec!["folio_ours".to_owned()] };
    let lifted = lift::lift(&source, COLLECT.1, &options).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(lifted.same_as, Some("6.0"));
    let printed = lift::document("mine", &[lifted]);
    assert!(printed.contains("# Accepted by the user: folio_ours() is taken as having no effect."), "{printed}");
}

#[test]
fn a_macro_of_the_file_is_not_taken_for_the_kernels() {
    let (file, function, release) = COLLECT;
    let text = format!("#define folio_mark_dirty(x) do {{ }} while (0)\n{}", common::text(file));
    let why = common::lifted(&text, function, release).expect_err("a macro");
    assert!(why.contains("folio_mark_dirty is a macro of this file, defined in line 1"), "{why}");
}

#[test]
fn config_options_are_taken_as_the_table_says_or_refused() {
    let (file, function, release) = COLLECT;
    let both =
        |option: &str| patched(file, function, release, &[(MARK, &format!("#ifdef {option}\n{MARK}#endif\n"))]);
    assert_eq!(both("CONFIG_SWAP").unwrap_or_else(|e| panic!("{e}")).same_as, Some("6.0"));
    assert_eq!(both("CONFIG_DEBUG_VM").unwrap_or_else(|e| panic!("{e}")).same_as, None);
    let why = both("CONFIG_OURS").expect_err("not known");
    assert!(why.contains("whether `defined(CONFIG_OURS)` holds is not known"), "{why}");
}

#[test]
fn other_functions_show_their_patches_too() {
    let seen = |file, function, release, from: &str, to: &str, expected: &str, has: bool| {
        let lifted =
            patched(file, function, release, &[(from, to)]).unwrap_or_else(|e| panic!("{file}: {from}\n{e}"));
        let body = steps(&lifted);
        assert_eq!(body.contains(expected), has, "{file}: {from}\n{body}");
    };
    let unmap = ("unmap-6.c", "try_to_unmap_one", "6.12");
    seen(
        unmap.0,
        unmap.1,
        unmap.2,
        "\t\tif (pte_dirty(word))\n\t\t\tfolio_mark_dirty(whole);\n",
        "",
        "MarkFolioDirty",
        false,
    );
    seen(
        unmap.0,
        unmap.1,
        unmap.2,
        "\t\t\tset_tlb_ubc_flush_pending(space, word, at);\n",
        "",
        "BatchFlush",
        false,
    );
    let free = ("free-6.c", "madvise_free_pte_range", "6.1");
    seen(free.0, free.1, free.2, "\t\t\tword = pte_mkclean(word);\n", "", "MkClean", false);
    seen(free.0, free.1, free.2, "\t\t\ttlb_remove_tlb_entry(gather, slot, at);\n", "", "GatherPage", false);
    seen(free.0, free.1, free.2, "\tflush_tlb_batched_pending(space);\n", "", "flush_tlb_batched_pending", false);
    let migrate = ("migrate-one-6.c", "try_to_migrate_one", "6.1");
    seen(
        migrate.0,
        migrate.1,
        migrate.2,
        "\t\t\tif (pte_dirty(word))\n\t\t\t\tparked = make_migration_entry_dirty(parked);\n",
        "",
        "CarryDirty",
        false,
    );
    // The word that was read is put back, not the one that was cleared.
    let lifted = patched(
        free.0,
        free.1,
        free.2,
        &[(
            "\t\t\tword = ptep_get_and_clear_full(space, at, slot, gather->fullmm);\n",
            "\t\t\tptep_get_and_clear_full(space, at, slot, gather->fullmm);\n",
        )],
    );
    let body = steps(&lifted.unwrap_or_else(|e| panic!("{e}")));
    assert!(body.contains("ClearPteIgnored"), "{body}");
}

/// A batch of which it is not known how long it is: the next round could begin anywhere.
#[test]
fn a_round_that_ends_nowhere_is_refused() {
    let from = "\t\tif (!whole || folio_is_zone_device(whole))\n\t\t\tcontinue;\n";
    let to = "\t\tif (!whole) {\n\t\t\tmany = area->ours;\n\t\t\tcontinue;\n\t\t}\n";
    match patched("free-7.c", "madvise_free_pte_range", "7.3", &[(from, to)]) {
        Ok(lifted) => panic!("not refused:\n{}", steps(&lifted)),
        Err(why) => assert!(why.contains("stands at the end of the round is not known"), "{why}"),
    }
}

/// A number that a step is told, a property of the page in place of it, a flag: another step, and never the
/// same.
#[test]
fn what_a_step_is_told_is_looked_at() {
    let told = |file: &str, function: &str, release: &str, from: &str, to: &str, what: &str| {
        let why = match patched(file, function, release, &[(from, to)]) {
            Ok(lifted) => panic!("{to}: not refused:\n{}", steps(&lifted)),
            Err(why) => why,
        };
        assert!(why.contains(what), "{to}: {why}");
    };
    let remove = |from: &str, to: &str, what: &str| told("remove-6.c", "__remove_mapping", "6.1", from, to, what);
    remove(
        "1 + folio_nr_pages(whole)",
        "2 + folio_nr_pages(whole)",
        "argument 2 of folio_ref_freeze() is expected",
    );
    remove("1 + folio_nr_pages(whole)", "whole->ours", "argument 2 of folio_ref_freeze() is expected");
    for count in ["folio_mapcount(whole)", "folio_ref_count(whole)"] {
        remove("folio_ref_freeze(whole, expected)", &format!("folio_ref_freeze(whole, {count})"), count);
    }
    remove("__delete_from_swap_cache(whole, slot", "__delete_from_swap_cache(whole, area->ours", "area->ours");
    let collect = |from: &str, to: &str, what: &str| told(COLLECT.0, COLLECT.1, COLLECT.2, from, to, what);
    collect("set_pte_at(space, at, slot, seen)", "set_pte_at(current->mm, at, slot, seen)", "current->mm");
    collect(
        "set_pte_at(space, at, slot, seen)",
        "set_pte_at(space, at + PAGE_SIZE, slot, seen)",
        "at + PAGE_SIZE",
    );
    collect("wanted->dst[wanted->npages] = 0", "wanted->dst[wanted->npages] = 1", "dst says something");
    collect("wanted->dst[wanted->npages] = 0", "wanted->dst[0] = 0", "dst of another page");
    collect("at < to", "at <= to", "unknown condition");
    // A counter that begins somewhere else does not say whether anything was counted.
    collect("gone = 0", "gone = 7", "gone is carried from one page to the next");
    let zap = |from: &str, to: &str, what: &str| told("zap-6.c", "zap_pte_range", "6.1", from, to, what);
    zap("\tif (mapped)\n", "", "the mapping of a device-exclusive entry");
}

/// A condition that what is taken as known has decided is told: what a change makes of it is not looked at.
#[test]
fn what_is_known_and_decides_a_condition_is_told() {
    let lifted = |changes: &[(&str, &str)]| {
        patched(COLLECT.0, COLLECT.1, COLLECT.2, changes).unwrap_or_else(|e| panic!("{e}"))
    };
    let decided = |lifted: &lift::Lifted| {
        lifted.decided.iter().map(|d| (d.asked.clone(), d.holds, d.inside.len())).collect::<Vec<_>>()
    };
    let anonymous = ("folio_test_anon(folio)".to_owned(), true, 0);
    assert_eq!(decided(&lifted(&[])), [anonymous]);
    // Through a variable, and with what happens behind it; behind what it jumps over, and in a helper.
    let known = "\tbool ours = area_is_ours(area);\n";
    let table = "area_is_ours\tfact\ttrue\t-\tour own\n";
    let text = common::text(COLLECT.0)
        .replace("\tpte_t *slot;\n", &format!("\tpte_t *slot;\n{known}"))
        .replace(MARK, "\t\tif (ours && pte_dirty(seen))\n\t\t\tfolio_mark_dirty(whole);\n");
    let mut rows = lift::Table::default();
    rows.add("ours", table).unwrap_or_else(|e| panic!("{e}"));
    let source = lift::Source::new("ours.c", &text, &rows);
    let options = lift::Options { table: rows, release: "6.0".to_owned(), accept: Vec::new() };
    let lifted = lift::lift(&source, COLLECT.1, &options).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(lifted.same_as, Some("6.0"));
    let ours = lifted.decided.iter().find(|d| d.asked == "bool").unwrap_or_else(|| panic!("{:?}", lifted.decided));
    assert!(ours.holds && ours.why == "area_is_ours() is true: our own", "{ours:?}");
}

/// Under the folio lock a page stays swap-backed, or lazyfree: asked twice, it is one question.
#[test]
fn what_the_folio_lock_keeps_is_asked_once() {
    let mark = "\t\tif (pte_dirty(word))\n\t\t\tfolio_mark_dirty(whole);\n";
    let swapped = mark.replace("pte_dirty(word)", "folio_test_swapbacked(whole) && pte_dirty(word)");
    let lifted = patched("unmap-6.c", "try_to_unmap_one", "6.12", &[(mark, &swapped)]);
    let body = steps(&lifted.unwrap_or_else(|e| panic!("{e}")));
    assert_eq!(body.matches("SwapBacked {").count(), 1, "{body}");
}
