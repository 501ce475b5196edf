//! Round trips of the versions, and what is said of files that are wrong on purpose.

use super::*;
use crate::{mutants, registry};
use model::Action;
use model::listing::Node;

#[test]
fn every_version_reads_back_as_it_was_written() {
    for version in registry().iter().chain(mutants().iter().map(|m| &m.version)) {
        let json = to_json(version);
        let read = read("mine.json", &json).unwrap_or_else(|e| panic!("{}: {e}", version.name)).version;
        assert_eq!(read.listing(), version.listing(), "{json}");
        let of = |v: &Version| (v.name, v.title, v.provenance.source, v.kernel, v.migration_entry);
        assert_eq!(of(&read), of(version));
        assert_eq!(read.standing, Standing::Own);
        assert_eq!(to_json(&read), json);
    }
}

/// A file with this listing.
fn with(listing: &str) -> String {
    format!(r#"{{"name":"mine","title":"t","source":"s","listing":{listing}}}"#)
}

#[test]
fn what_is_optional_has_a_value() {
    let listing = r#"["LockPtl",{"unless":"BatchPending","then":[]},"UnlockPtl"]"#;
    let e = read("mine.json", &with(listing)).expect_err("an empty branch");
    assert!(e.to_string().contains("$.listing[1] (unless reclaim's batched flush pending): "), "{e}");
    let v = read("mine.json", &with(r#"["LockPtl",{"unless":"BatchPending","then":["FlushMm"]},"UnlockPtl"]"#))
        .expect("fine");
    assert_eq!((v.version.kernel, v.version.migration_entry), (Profile::V6_0, None));
    assert_eq!(v.warnings, Vec::<String>::new());
    let flush = vec![Node::Do(Action::FlushMm.into(), vec![])];
    assert_eq!(v.version.listing()[1], Node::If(Action::BatchPending.into(), vec![], flush));
}

#[test]
fn a_wrong_value_is_placed_and_explained() {
    for (listing, complaint) in [
        (r#"["LockPtl","LokPtl"]"#, "$.listing[1]: unknown step \"LokPtl\"; the nearest names are LockPtl"),
        (r#"["lock ptl"]"#, "$.listing[0]: unknown step \"lock ptl\"; the nearest names are LockPtl"),
        (r#"["Access"]"#, "$.listing[0] (access memory): the CPU has no translation"),
        (
            r#"[{"if":"FreezeRefs","then":[]}]"#,
            "$.listing[0] (unless freeze refcount): a condition with nothing behind it",
        ),
        (r#"["FlushWait"]"#, "$.listing[0]: FlushWait is put in by the linker"),
        (r#"["LookupSwapCache"]"#, "$.listing[0] (look up swap cache): this is for a swap entry"),
        (r#"["LockPtl","finish"]"#, "$.listing[1] (give up): the page-table lock is held"),
        (r#"[{"each_page":["ReadPte",{"step":"Collectible"}]}]"#, "$.listing[0].each_page[1].step: unknown step"),
        (r#"[{"if":"PteNone","then":"next"}]"#, "$.listing[0].then: found \"next\"; expected a list of lines"),
        (
            r#"[{"if":"PteNone","else":[],"or":[]}]"#,
            "$.listing[0]: found \"or\" beside \"if\"; expected \"then\" and",
        ),
        (r#"[{"at":"f","then":[]}]"#, "$.listing[0]: found \"then\" beside \"at\"; expected nothing else"),
        (r#"[{"call":"pages"}]"#, "$.listing[0]: found an object with \"call\"; expected a step"),
        (r#"["nowhere","LockPtl","UnlockPtl"]"#, "$: migrate_vma_collect_pmd calls nowhere"),
        (r#"[{"at":7}]"#, "$.listing[0].at: found 7; expected a text"),
        (r#"[{"why":"a\tb"}]"#, "$.listing[0].why: found \"a\\tb\"; expected one line"),
        ("[null]", "$.listing[0]: found null; expected a step such as"),
        ("[]", "$.listing: 0 lines; expected 1 to 1000"),
        (
            r#"["LockPtl"]"#,
            "$.listing (the end): the page-table lock is held where the function is left; expected",
        ),
    ] {
        let e = read("mine.json", &with(listing)).expect_err(listing).to_string();
        assert!(e.contains(complaint), "{listing}: {e}");
    }
}

#[test]
fn a_wrong_field_is_placed_and_explained() {
    let fine = r#"["LockPtl","UnlockPtl"]"#;
    let changed = |from: &str, to: &str| with(fine).replace(from, to);
    for (json, complaint) in [
        (changed(r#""title""#, r#""tittle""#), "line 1, column 23: unknown field `tittle`, expected one of"),
        (changed(r#""title":"t","#, ""), "line 1, column 62: missing field `title`; expected a version such as"),
        ("{\n\"name\": 3}".to_owned(), "line 2, column 9: invalid type: integer `3`, expected a string"),
        ("{\n".to_owned(), "line 2, column 1: EOF"),
        (changed("mine", "my own"), "$.name: found \"my own\"; expected a name"),
        (changed("mine", "-x"), "$.name: found \"-x\""),
        (changed(r#""t""#, r#""""#), "$.title: found \"\"; expected one line of text"),
        (
            changed(r#""source""#, r#""kernel":"4.4","source""#),
            "$.kernel: unknown release \"4.4\"; expected one of 6.0, 6.1.192, 5.18, ",
        ),
        (
            changed(r#""source""#, r#""migration_entry":"all","source""#),
            "$.migration_entry: found \"all\"; expected",
        ),
    ] {
        let e = read("mine.json", &json).expect_err(&json).to_string();
        assert!(e.contains(complaint), "{json}: {e}");
    }
}

/// What a patch may do wrong on purpose is only warned of.
#[test]
fn what_only_loses_data_is_read_with_a_warning() {
    let v3 = crate::find("v3").expect("registered");
    let unmarked = to_json(v3).replace(r#""MarkFolioDirty""#, r#""FlushPage""#);
    let loaded = read("mine.json", &unmarked).expect("it can be run");
    let said: Vec<_> = loaded.warnings.iter().map(ToString::to_string).collect();
    assert!(said.len() == 1 && said[0].contains("each_page[9] (install migration entry): the word"), "{said:?}");
}

/// A listing can be as deep as JSON allows without harm.
#[test]
fn depth_and_length_are_bounded() {
    let deep = r#"{"if":"AnyCleared","then":["#.repeat(500) + &"]}".repeat(500);
    let e = read("mine.json", &with(&format!("[{deep}]"))).expect_err("too deep").to_string();
    assert!(e.contains("recursion limit"), "{e}");
    let long = format!("[{}]", vec![r#""LockPtl","UnlockPtl""#; 501].join(","));
    let e = read("mine.json", &with(&long)).expect_err("too long").to_string();
    assert!(e.contains("1002 lines; expected 1 to 1000"), "{e}");
}

/// A function of any kind, with a lock that does not balance: the place is the line that leaves with it.
#[test]
fn a_listing_that_leaves_a_lock_held_is_refused_where_it_does() {
    let file = "function remove_migration_pte\n{\n    LockPtl\n    RemoveMigrationPte\n    if BatchPending { return }\n    UnlockPtl\n}\n";
    let said = read("mine.listing", file).expect_err("a lock is left");
    assert!(said.contains("mine.listing:5:23") && said.contains("expected UnlockPtl before"), "{said}");
    let fine = file.replace("return", "FlushMm");
    assert_eq!(read("mine.listing", &fine).expect("balanced").warnings, Vec::<String>::new());
}

/// A function may have a contract of its own; then what calls it is held against it.
#[test]
fn a_contract_of_ones_own_is_checked_at_the_callers() {
    let own = |enter: &str| {
        format!("function set_page_dirty_lock\nenter    {enter}\nleave    {enter}\n{{\n    MarkFolioDirty\n}}\n")
    };
    read("mine.listing", &own("folio held")).expect("what the kernel has");
    let said = read("mine.listing", &own("folio held, folio locked")).expect_err("the callers do not lock it");
    assert!(said.contains("set_page_dirty_lock is entered here") && said.contains("`folio locked`"), "{said}");
    let said = read("mine.listing", &own("folio kept")).expect_err("no such thing");
    assert!(said.contains("nothing is called `folio kept`") && said.contains("mine.listing:2:10"), "{said}");
}

/// The caret is under what is wrong: a word where the word is, a value where the value is.
#[test]
fn errors_point_at_what_is_wrong() {
    let function = "function remove_migration_pte\n{\n    RemoveMigrationPte\n}\n";
    let end = "function end_of_batch\n{\n    move_folios_to_lru\n}\n";
    for (text, place, what) in [
        (format!("kernel  6.99\n{function}"), "1:9", "no release"),
        (format!("karnel  6.1\n{function}"), "1:1", "no field `karnel`"),
        (format!("kernel 6.1\nkernel 6.0\n{function}"), "2:1", "a second `kernel`"),
        (format!("takes  pageout of_6.9\n{function}"), "1:8", "pageout"),
        (format!("version a b\n{function}"), "1:9", "a version named"),
        (function.replace("\n{", "\ntakes x\n{"), "2:1", "no field `takes` of a function"),
        (end.replace("    move", "    end_of_batch\n    move"), "3:5", "calls itself"),
        (end.replace("    move_folios_to_lru", "    jump end_of_batch"), "3:5", "jumps round and round"),
    ] {
        let said = read("mine.listing", &text).expect_err(&text);
        assert!(said.contains(&format!("mine.listing:{place}\n")) && said.contains(what), "{text}\n{said}");
    }
}

/// A function that the kernel does not have needs no contract: it leaves as it was entered.
#[test]
fn a_function_of_ones_own_is_checked_where_it_is_called() {
    let file = |helper: &str| {
        format!(
            "function remove_migration_pte\n{{\n    LockPtl\n    put_back\n    UnlockPtl\n}}\n\nfunction put_back\n{{\n    {helper}\n}}\n"
        )
    };
    read("mine.listing", &file("RemoveMigrationPte")).expect("balanced");
    let said = read("mine.listing", &file("RemoveMigrationPte; UnlockPtl; DrainLru")).expect_err("a lock is gone");
    assert!(said.contains("another lock, reference or entry") && said.contains("mine.listing:8:1"), "{said}");
}

#[test]
fn a_contract_is_written_and_read_back() {
    let file = "source   s\n\nfunction remove_migration_pte\nenter    source\nleave    source\n{\n    LockPtl\n    RemoveMigrationPte\n    UnlockPtl\n}\n";
    let version = read("mine.listing", file).expect("a listing").version;
    assert!(to_text(&version).contains("enter    source\nleave    source\n"), "{}", to_text(&version));
    let json = to_json(&version);
    assert!(json.contains(r#""contract": ["enter source", "leave source"]"#), "{json}");
    assert_eq!(
        read("mine.json", &json).expect("JSON").version.functions()[0].contract,
        version.functions()[0].contract
    );
}
