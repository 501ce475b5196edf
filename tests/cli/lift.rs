//! `lift`, through the command: C in, a listing out that the other commands read.

use crate::common::{complained, lostwrite, printed, repository, written};

const OURS: &str = "lift/tests/c/unmap-7.c";

#[test]
fn what_is_lifted_is_read_by_diff() {
    let out = printed(
        &lostwrite(&["lift", &repository(OURS), "try_to_unmap_one", "--kernel", "7.3", "--name", "mine"])
            .success(),
    );
    assert!(out.contains("version mine\n") && out.contains("ClearPte  # unmap-7.c:"), "{out}");
    for list in ["# Irrelevant, and why:", "# Taken as known, and why:", "# Not modelled:"] {
        assert!(out.contains(list), "{list}: {out}");
    }
    let (_folder, file) = written("mine.listing", &out);
    let diff = printed(&lostwrite(&["diff", "7.3", "--impl-file", &file]).success());
    assert!(diff.contains("no difference"), "{diff}");
    let diff = printed(&lostwrite(&["diff", "6.1.192", "--impl-file", &file]).success());
    assert!(diff.contains("unless StaysLazyFree { SetSwapBacked }"), "{diff}");
}

/// Without a function: all of the file that can be lifted.
#[test]
fn the_release_comes_from_the_makefile_of_the_tree() {
    let text = std::fs::read_to_string(repository(OURS)).expect("a file");
    let (folder, file) = written("rmap.c", text);
    let why = complained(&lostwrite(&["lift", &file]).code(2));
    assert!(why.contains("give --kernel RELEASE"), "{why}");
    let makefile = "# SPDX\nVERSION = 7\nPATCHLEVEL = 3\nSUBLEVEL = 4\n";
    std::fs::write(folder.path().join("Makefile"), makefile).expect("a file");
    let out = printed(&lostwrite(&["lift", &file]).success());
    assert!(out.contains("release 7.3.4") && out.contains("kernel  7.3\n"), "{out}");
}

#[test]
fn what_cannot_be_lifted_is_said_with_its_place_and_exit_code_2() {
    let text = std::fs::read_to_string(repository(OURS)).expect("a file");
    let text = text.replace("folio_mark_dirty(whole)", "folio_ours(whole)");
    let (folder, file) = written("rmap.c", text);
    let why = complained(&lostwrite(&["lift", &file, "--kernel", "7.3"]).code(2));
    assert!(why.contains("unknown call folio_ours()") && why.contains("rmap.c:") && why.contains('^'), "{why}");
    // A row makes it known.
    let table = folder.path().join("mine.tsv");
    std::fs::write(&table, "folio_ours\tstep\tMarkFolioDirty folio=1\t-\tours\n").expect("a file");
    let table = table.display().to_string();
    let out = printed(&lostwrite(&["lift", &file, "--kernel", "7.3", "--table", &table]).success());
    assert!(out.contains("MarkFolioDirty"), "{out}");
    // Or the user takes it as nothing, which is written down.
    let out = printed(&lostwrite(&["lift", &file, "--kernel", "7.3", "--accept", "folio_ours"]).success());
    assert!(!out.contains("MarkFolioDirty") && out.contains("# Accepted by the user: folio_ours()"), "{out}");
}

#[test]
fn bad_arguments_are_refused() {
    let file = repository(OURS);
    lostwrite(&["lift"]).code(2);
    lostwrite(&["lift", "nonexistent.c", "--kernel", "7.3"]).code(2);
    lostwrite(&["lift", &file, "--kernel", "new"]).code(2);
    let why = complained(&lostwrite(&["lift", &file, "do_wp_page", "--kernel", "7.3"]).code(2));
    assert!(why.contains("has no function do_wp_page") && why.contains("try_to_unmap_one"), "{why}");
    let (_folder, table) = written("bad.tsv", "one column\n");
    let why = complained(&lostwrite(&["lift", &file, "--kernel", "7.3", "--table", &table]).code(2));
    assert!(why.contains("bad.tsv:1: 1 columns"), "{why}");
}

#[test]
fn the_tables_are_printed() {
    assert!(printed(&lostwrite(&["lift", "--config"]).success()).contains("CONFIG_SMP\ty\t"));
    assert!(printed(&lostwrite(&["lift", "--functions"]).success()).lines().any(|l| l == "try_to_unmap_one"));
}
