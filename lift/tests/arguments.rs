//! What a call is told: the new page, the count of a batch, a function by its name. Something else is refused.

mod common;

use common::{lifted, patched, text};

/// Each change of a file is refused, and says why; the same change to what is right is none.
fn refused(file: &str, function: &str, release: &str, changes: &[(&str, &str, &str)]) {
    for (from, to, what) in changes {
        match patched(file, function, release, &[(from, to)]) {
            Ok(lifted) => panic!("{to}: not refused:\n{}", common::steps(&lifted)),
            Err(why) => assert!(why.contains(what), "{to}: {why}"),
        }
    }
}

#[test]
fn what_a_new_page_is_made_of() {
    refused(
        "copy-7.c",
        "wp_page_copy",
        "7.3",
        &[
            ("mk_pte(&fresh->page,", "mk_pte(fault->page,", "mk_pte() of something else"),
            ("mk_pte(&fresh->page,", "mk_pte(folio_page(old, 0),", "mk_pte() of something else"),
            (
                "__wp_page_copy_user(fresh, fault->page,",
                "__wp_page_copy_user(fault->page, fresh,",
                "something else",
            ),
            (
                "__wp_page_copy_user(fresh, fault->page,",
                "__wp_page_copy_user(fresh, fresh,",
                "argument 2 of __wp_page_copy_user() is fresh",
            ),
            ("fault->address, !old)", "fault->address, false)", "a new page that nobody has filled"),
            ("folio_add_new_anon_rmap(fresh,", "folio_add_new_anon_rmap(old,", "what is no new page"),
            ("folio_remove_rmap_pte(old,", "folio_remove_rmap_pte(fresh,", "something else"),
        ],
    );
    refused(
        "copy-6.c",
        "wp_page_copy",
        "6.1",
        &[("old ? alloc_page_vma(", "!old ? alloc_page_vma(", "a new page that nobody has filled")],
    );
    // The page of the folio is the same page, whichever way it is taken.
    let same = [("mk_pte(&fresh->page,", "mk_pte(folio_page(page_folio(&fresh->page), 0),")];
    let lifted = patched("copy-7.c", "wp_page_copy", "7.3", &same).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(lifted.same_as, Some("7.0-rc6"));
}

#[test]
fn how_many_entries_a_batch_has() {
    let batch = "many = swap_pte_batch(slot, most, word);";
    refused(
        "free-7.c",
        "madvise_free_pte_range",
        "7.3",
        &[
            (batch, "many = most;", "swap_put_entries_direct() of something else"),
            ("direct(parked, many)", "direct(parked, most)", "swap_put_entries_direct() of something else"),
            ("direct(parked, many)", "direct(parked, 1)", "swap_put_entries_direct() of something else"),
            ("direct(parked, many)", "direct(parked, many + 1)", "swap_put_entries_direct() of something else"),
            ("(space, at, slot, many);\n\t\t\t}\n", "(space, at, slot, 1);\n\t\t\t}\n", "clear_nonpresent_ptes()"),
            ("most = (to - at) / PAGE_SIZE", "most = 2 * (to - at) / PAGE_SIZE", "swap_pte_batch()"),
            ("slot += many, at +=", "slot += 1, at +=", "the round does not end at the next page"),
            ("at += PAGE_SIZE * many", "at += PAGE_SIZE", "the round does not end at the next page"),
            (
                "slot += many, at += PAGE_SIZE * many",
                "slot++, at += PAGE_SIZE",
                "the round does not end at the next",
            ),
        ],
    );
    // The same written in another way, and what is counted by batches.
    for changes in [
        [("at += PAGE_SIZE * many", "at += many << PAGE_SHIFT")],
        [("most = (to - at) / PAGE_SIZE", "most = (to - at) >> PAGE_SHIFT")],
        [(batch, "many = swap_pte_batch(slot, most, word);\n\t\t\t\tgone -= many;")],
    ] {
        let all = text("free-7.c").replace("int many, most;", "int many, most, gone = 0;");
        let (from, to) = changes[0];
        assert_eq!(all.matches(from).count(), 1, "{from}");
        let lifted = lifted(&all.replace(from, to), "madvise_free_pte_range", "7.3");
        assert_eq!(lifted.unwrap_or_else(|e| panic!("{e}")).same_as, Some("any"), "{to}");
    }
}

#[test]
fn a_variable_is_no_function() {
    refused(
        "unmap-6.c",
        "try_to_unmap_one",
        "6.12",
        &[
            (
                "\tpte_t word",
                "\tbool (*folio_mark_dirty)(struct folio *) = folio_test_dirty;\n\tpte_t word",
                "a declaration",
            ),
            ("\tpte_t word", "\tmark_t folio_mark_dirty = folio_test_dirty;\n\tpte_t word", "is a variable here"),
        ],
    );
}

/// A number that the table forbids is to be named in the row, and not let go.
#[test]
fn the_help_for_a_number_names_it() {
    let why = patched(
        "remove-6.c",
        "__remove_mapping",
        "6.1",
        &[("int expected = 1 + folio_nr_pages(whole);", "int expected = 2 + folio_nr_pages(whole);")],
    )
    .expect_err("one reference more");
    assert!(why.contains("say is=2:3 in the row") && !why.contains("any="), "{why}");
}
