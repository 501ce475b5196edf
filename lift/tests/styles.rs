//! C in several styles and of several releases, and what must make no difference.

mod common;

use common::{ALL, lifted, patched, plain, steps, text};

/// Every word of a C text that is one of some names, replaced.
fn renamed(text: &str, names: &[&str]) -> String {
    let mut out = String::new();
    let mut word = String::new();
    for c in text.chars().chain(['\n']) {
        if c.is_alphanumeric() || c == '_' {
            word.push(c);
            continue;
        }
        // A field keeps its name.
        let field = out.ends_with('.') || out.ends_with("->");
        match names.iter().position(|n| *n == word) {
            Some(n) if !field => out.push_str(&format!("renamed_{n}")),
            _ => out.push_str(&word),
        }
        word.clear();
        out.push(c);
    }
    out
}

const LOCALS: [&str; 52] = [
    "dir",
    "from",
    "to",
    "job",
    "wanted",
    "area",
    "space",
    "at",
    "gone",
    "lock",
    "slot",
    "word",
    "whole",
    "found",
    "parked",
    "seen",
    "instead",
    "alone",
    "failed",
    "writable",
    "walk",
    "told",
    "fine",
    "one",
    "references",
    "mappings",
    "gather",
    "first",
    "freed",
    "many",
    "most",
    "behind",
    "bits",
    "how",
    "counts",
    "before",
    "after",
    "wanted",
    "changed",
    "flags",
    "where",
    "group",
    "expected",
    "done",
    "fault",
    "reading",
    "old",
    "fresh",
    "copied",
    "mapped",
    "reclaimed",
    "entry",
];

#[test]
fn every_style_lifts_to_the_built_in_body() {
    for (file, function, release, same) in ALL {
        let lifted = lifted(&text(file), function, release).unwrap_or_else(|e| panic!("{file}\n{e}"));
        assert_eq!(lifted.same_as, same, "{file}\n{}", steps(&lifted));
        if let Some(variant) = same {
            let bodies = impls::kernel::variants(function);
            let body = bodies.iter().find(|b| b.variant == variant).expect("there");
            assert_eq!(plain(&lifted.body), plain(&body.function.body), "{file}");
        }
    }
}

#[test]
fn what_is_printed_is_read_again_as_a_version() {
    for (file, function, release, _) in ALL {
        let lifted = lifted(&text(file), function, release).unwrap_or_else(|e| panic!("{file}\n{e}"));
        let printed = lift::document("mine", std::slice::from_ref(&lifted));
        let loaded = impls::file::read("mine.listing", &(printed.clone() + &lift::report(&lifted)));
        let loaded = loaded.unwrap_or_else(|e| panic!("{file}\n{printed}\n{e}"));
        let body = &loaded.version.functions()[0].function.body;
        assert_eq!(plain(body), plain(&lifted.body), "{file}");
        let marked = |line: &str| line.contains("# ours.c:") || line.trim() == "}" || line.trim() == "} else {";
        let lines: Vec<_> = printed.lines().skip_while(|l| *l != "{").skip(1).collect();
        let bare: Vec<_> = lines.iter().filter(|l| !marked(l)).collect();
        assert!(bare.iter().all(|l| l.contains("StaysLazyFree")), "{file}: lines without a place: {bare:?}");
    }
}

#[test]
fn names_of_variables_mean_nothing() {
    for (file, function, release, _) in ALL {
        let before = lifted(&text(file), function, release).unwrap_or_else(|e| panic!("{file}\n{e}"));
        let other = renamed(&text(file), &LOCALS);
        assert!(other.contains("renamed_"), "{file}");
        let after = lifted(&other, function, release).unwrap_or_else(|e| panic!("{file}\n{e}"));
        assert_eq!(steps(&before), steps(&after), "{file}");
    }
}

/// Comments everywhere, statistics and tracepoints at the start of every block.
#[test]
fn comments_statistics_and_tracepoints_make_no_difference() {
    for (file, function, release, _) in ALL {
        let before = lifted(&text(file), function, release).unwrap_or_else(|e| panic!("{file}\n{e}"));
        let mut other = String::new();
        let mut declarations = false;
        for line in text(file).lines() {
            // After the declarations of a block.
            declarations |= line.ends_with('{');
            if declarations && (line.is_empty() || line.ends_with("++;")) {
                other.push_str("\tcount_vm_event(PGMIGRATE); trace_ours(1, \"here\"); /* counted */\n");
                declarations = false;
            }
            other.push_str(line);
            other.push_str(" /* ours */\n");
        }
        assert!(other.contains("trace_ours"), "{file}");
        let after = lifted(&other, function, release).unwrap_or_else(|e| panic!("{file}\n{other}\n{e}"));
        assert_eq!(steps(&before), steps(&after), "{file}");
        assert!(after.irrelevant.iter().any(|n| n.what.starts_with("trace_ours")), "{file}");
    }
}

#[test]
fn the_order_of_declarations_makes_no_difference() {
    for (file, function, release, changes) in [
        (
            "collect-6.c",
            "migrate_vma_collect_pmd",
            "6.0",
            ("\tspinlock_t *lock;\n\tpte_t *slot;\n", "\tpte_t *slot;\n\tspinlock_t *lock;\n"),
        ),
        (
            "unmap-6.c",
            "try_to_unmap_one",
            "6.12",
            ("\tpte_t word;\n\tbool alone;\n", "\tbool alone;\n\tpte_t word;\n"),
        ),
        (
            "migrate-one-6.c",
            "try_to_migrate_one",
            "6.1",
            ("\t\tbool writable;\n\t\tswp_entry_t parked;\n", "\t\tswp_entry_t parked;\n\t\tbool writable;\n"),
        ),
        (
            "free-6.c",
            "madvise_free_pte_range",
            "6.1",
            ("\tstruct folio *whole;\n\tstruct page *found;\n", "\tstruct page *found;\n\tstruct folio *whole;\n"),
        ),
    ] {
        let before = lifted(&text(file), function, release).unwrap_or_else(|e| panic!("{file}\n{e}"));
        let after = patched(file, function, release, &[changes]).unwrap_or_else(|e| panic!("{file}\n{e}"));
        assert_eq!(steps(&before), steps(&after), "{file}");
    }
}

#[test]
fn a_helper_of_the_same_file_is_read_through() {
    let mark = "\t\tif (pte_dirty(seen))\n\t\t\tfolio_mark_dirty(whole);\n";
    let helper = "static void remember(struct folio *of, pte_t was)\n{\n\tif (!pte_dirty(was))\n\t\treturn;\n\tfolio_mark_dirty(of);\n}\n\nstatic int migrate_vma_collect_pmd";
    let changes = [(mark, "\t\tremember(whole, seen);\n"), ("static int migrate_vma_collect_pmd", helper)];
    let after =
        patched("collect-6.c", "migrate_vma_collect_pmd", "6.0", &changes).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(after.same_as, Some("6.0"));
    // One that does more is seen as well.
    let more = helper.replace("\tfolio_mark_dirty(of);\n", "\tfolio_get(of);\n");
    let changes = [(mark, "\t\tremember(whole, seen);\n"), ("static int migrate_vma_collect_pmd", more.as_str())];
    let after =
        patched("collect-6.c", "migrate_vma_collect_pmd", "6.0", &changes).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(after.same_as, None);
    assert!(steps(&after).contains("if PteDirty { GetFolio }"), "{}", steps(&after));
}

/// A condition stands where C asks it of what it guards, not where something else was asked first.
#[test]
fn conditions_stand_where_c_asks_them() {
    let asks = |step: &str| match step {
        "PtePresent" => "present|ptep_clear_flush|is_device",
        "PtePresentDirty" | "PteDirty" | "CarryDirty" => "pte_dirty",
        "CarryYoung" | "PteYoungOrDirty" => "pte_young",
        // Of what is not present.
        "PteSwap" => "is_swap|non_swap_entry|pte_present",
        "PteDevice" | "PteDeviceExclusive" => "device",
        "PteNone" => "pte_none",
        "NormalPage" => "vm_normal",
        "InSwapCache" | "CachedOrDirty" => "swapcache",
        "SwapBacked" => "swapbacked|lazyfree",
        "OrigWritable" | "PteWritable" => "pte_needs_flush|pte_write",
        "CanChangeWritable" => "can_change_pte_writable",
        "LargeFolio" => "large|Compound",
        "Exclusive" => "exclusive|Exclusive|alone",
        "AnyCleared" => "gone",
        _ => "",
    };
    let mut seen = 0;
    for (file, function, release, _) in ALL {
        let c = text(file);
        let lifted = lifted(&c, function, release).unwrap_or_else(|e| panic!("{file}\n{e}"));
        for line in lift::document("mine", &[lifted]).lines() {
            let Some((step, place)) = line.split_once("# ours.c:") else { continue };
            let word = step.trim().trim_start_matches("if ").trim_start_matches("unless ");
            let word = word.split_whitespace().next().unwrap_or_default();
            let number: usize = place.trim().parse().unwrap_or_else(|e| panic!("{line}: {e}"));
            let there = c.lines().nth(number - 1).unwrap_or_default();
            let expected = asks(word);
            seen += usize::from(!expected.is_empty());
            assert!(expected.split('|').any(|part| there.contains(part)), "{file}:{number}: {word}: {there}");
        }
    }
    assert!(seen > 50, "{seen}");
}
