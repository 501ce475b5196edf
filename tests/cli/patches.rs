//! `lostwrite check` on C: a file, a patch to a tree, a commit of one. The C is ours, in the kernel's shape.

use crate::common::{complained, lostwrite, printed, repository};
use predicates::prelude::*;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

const MARK: &str = "\t\tif (pte_dirty(seen))\n\t\t\tfolio_mark_dirty(whole);\n";
const FILE: &str = "mm/migrate_device.c";

/// A tree of one file, under git, and a patch that replaces a piece of it.
struct Tree {
    folder: TempDir,
    outside: TempDir,
}

impl Tree {
    fn new() -> Tree {
        let tree = Tree {
            folder: tempfile::tempdir().expect("a folder"),
            outside: tempfile::tempdir().expect("a folder"),
        };
        std::fs::create_dir(tree.folder.path().join("mm")).expect("a folder");
        std::fs::copy(repository("lift/tests/c/collect-6.c"), tree.path(FILE)).expect("a copy");
        std::fs::write(tree.path("Makefile"), "VERSION = 6\nPATCHLEVEL = 0\nSUBLEVEL = 19\n").expect("a file");
        std::fs::write(tree.path("mm/other.c"), "int other(void)\n{\n\treturn 0;\n}\n").expect("a file");
        tree.git(&["init", "--quiet"]);
        tree.commit("the tree");
        tree
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn name(&self) -> String {
        self.folder.path().display().to_string()
    }

    fn git(&self, args: &[&str]) -> String {
        let who = ["-c", "user.name=A", "-c", "user.email=a@example.org"];
        let out =
            Command::new("git").current_dir(self.folder.path()).args(who).args(args).output().expect("git runs");
        assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8_lossy(&out.stdout).into_owned()
    }

    fn commit(&self, subject: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", subject]);
    }

    fn change(&self, file: &str, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.path(file)).expect("a file");
        assert_eq!(text.matches(from).count(), 1, "{from}");
        std::fs::write(self.path(file), text.replace(from, to)).expect("a file");
    }

    /// A patch, as git makes it of a commit, and the tree as it was before.
    fn patch(&self, file: &str, from: &str, to: &str) -> String {
        self.change(file, from, to);
        self.commit("mm: a change");
        let text = self.git(&["format-patch", "--stdout", "-1"]);
        self.git(&["reset", "--quiet", "--hard", "HEAD^"]);
        let path = self.outside.path().join("0001-a-change.patch").display().to_string();
        std::fs::write(&path, text).expect("a file");
        path
    }
}

fn left_in(folder: &Path) -> usize {
    std::fs::read_dir(folder).expect("a folder").count()
}

#[test]
fn a_patch_that_loses_a_write_is_found_at_its_line_of_c() {
    let tree = Tree::new();
    let patch = tree.patch(FILE, MARK, "");
    let out = tree.outside.path().join("out");
    let written = out.display().to_string();
    let args = ["check", &patch, "--tree", &tree.name(), "--time", "60", "--out", &written];
    let text = printed(&lostwrite(&args).code(1));
    assert!(
        text.starts_with("patch: mm: a change\nmigrate_vma_collect_pmd: less MarkFolioDirty, PteDirty\n"),
        "{text}"
    );
    assert!(text.contains("symptom: lost write") && text.contains("cause:   step "), "{text}");
    let line = text.lines().find(|l| l.starts_with("cause:")).expect("a cause");
    assert!(line.contains("migrate_vma_collect_pmd") && line.contains(&format!("({FILE}:")), "{line}");
    assert!(text.contains("against 0001-a-change-before as it was before"), "{text}");
    // The line that is printed runs, with the listing that was written.
    let line = text.lines().find_map(|l| l.strip_prefix("replay:  lostwrite ")).expect("a line that replays it");
    let words = shlex::split(line).expect("balanced quotes");
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    lostwrite(&words).code(1).stdout(predicate::str::contains("<== "));
    assert_eq!(left_in(&out), 2);
    // Nothing is written into the tree.
    assert_eq!(tree.git(&["status", "--porcelain"]), "");
    // A mail has what its reader needs.
    let args = ["check", &patch, "--tree", &tree.name(), "--time", "60", "--format", "mail"];
    let mail = printed(&lostwrite(&args).code(1));
    assert!(mail.starts_with("Subject: mm/migrate_device: 0001-a-change: "), "{mail}");
    assert!(mail.contains("The patch: mm: a change") && mail.contains("0001-a-change.listing:"), "{mail}");
}

#[test]
fn a_commit_is_compared_with_its_parent() {
    let tree = Tree::new();
    tree.change(FILE, MARK, "");
    tree.commit("mm: no mark");
    let args = ["check", "HEAD", "--tree", &tree.name(), "--time", "60"];
    let text = printed(&lostwrite(&args).code(1));
    assert!(text.starts_with("patch: mm: no mark\n") && text.contains("symptom: lost write"), "{text}");
    // The other way round it is a fix.
    tree.git(&["revert", "--no-edit", "HEAD"]);
    lostwrite(&["check", "HEAD", "--tree", &tree.name(), "--time", "3", "--ops", "3"])
        .code(0)
        .stdout(predicate::str::contains("more MarkFolioDirty").and(predicate::str::contains("nothing found")));
    lostwrite(&["check", "no-such", "--tree", &tree.name()])
        .code(2)
        .stderr(predicate::str::contains("no commit 'no-such'"));
}

#[test]
fn a_patch_that_changes_nothing_here_says_so_and_why() {
    let tree = Tree::new();
    let statistic = format!("\t\tcount_vm_event(PGMIGRATE_SUCCESS);\n{MARK}");
    for (to, why) in [
        (statistic.as_str(), "count_vm_event() was added, or is another one; it has no effect here: statistics"),
        (&MARK.replace("if (", "if ( "), "no difference"),
    ] {
        let patch = tree.patch(FILE, MARK, to);
        lostwrite(&["check", &patch, "--tree", &tree.name()]).code(0).stdout(
            predicate::str::contains("no difference that the model sees").and(predicate::str::contains(why)),
        );
    }
    let elsewhere = tree.patch("mm/other.c", "return 0", "return 1");
    let out = lostwrite(&["check", &elsewhere, "--tree", &tree.name()]).code(3);
    let e = printed(&out);
    assert!(e.contains("other: not looked at") && e.contains("it touches no function that can be lifted"), "{e}");
    // Beside one that is looked at, it is named all the same.
    tree.change(FILE, MARK, &statistic);
    tree.change("mm/other.c", "return 0", "return 2");
    tree.commit("mm: both");
    lostwrite(&["check", "HEAD", "--tree", &tree.name()]).code(3).stdout(
        predicate::str::contains("no difference that the model sees")
            .and(predicate::str::contains("mm/other.c: other: not looked at")),
    );
    let args = ["check", "HEAD", "--tree", &tree.name(), "--accept", "folio_mark_dirty"];
    lostwrite(&args).code(2).stderr(predicate::str::contains("it is known already"));
}

#[test]
fn what_cannot_be_lifted_is_no_silence() {
    let tree = Tree::new();
    let patch = tree.patch(FILE, MARK, &format!("\t\tmy_own_helper(whole);\n{MARK}"));
    let args = ["check", &patch, "--tree", &tree.name(), "--time", "3", "--ops", "2"];
    let e = complained(&lostwrite(&args).code(2));
    assert!(e.contains("unknown call my_own_helper()") && e.contains(&format!("{FILE}:")), "{e}");
    // Accepted, it has no effect.
    lostwrite(&[&args[..], &["--accept", "my_own_helper"]].concat())
        .code(0)
        .stdout(predicate::str::contains("no difference that the model sees"));
    // A patch that does not apply, one without a tree, a path that leaves the tree.
    let twice = tree.patch(FILE, MARK, "");
    tree.change(FILE, MARK, "");
    tree.commit("gone already");
    lostwrite(&["check", &twice, "--tree", &tree.name()])
        .code(2)
        .stderr(predicate::str::contains("does not apply to"));
    lostwrite(&["check", &twice]).code(2).stderr(predicate::str::contains("expected --tree"));
    let text =
        std::fs::read_to_string(&twice).expect("a file").replace("a/mm/", "a/../mm/").replace("b/mm/", "b/../mm/");
    std::fs::write(&twice, text).expect("a file");
    lostwrite(&["check", &twice, "--tree", &tree.name()]).code(2);
}

#[test]
fn a_c_file_is_compared_with_the_release_or_with_another() {
    let tree = Tree::new();
    let file = tree.path(FILE);
    let silent = ["check", &file, "--time", "3", "--ops", "3"];
    lostwrite(&silent).code(0).stdout(predicate::str::contains("it does what the built-in body does (6.0)"));
    let before = tree.path("mm/before.c");
    std::fs::copy(&file, &before).expect("a copy");
    tree.change(FILE, MARK, "");
    for base in [&["--base", &before][..], &["--base", "v3"], &[]] {
        let args = [&["check", &file, "--function", "migrate_vma_collect_pmd", "--time", "60"], base].concat();
        lostwrite(&args).code(1).stdout(predicate::str::contains("symptom: lost write"));
    }
    lostwrite(&["check", &file, "--function", "no_such"])
        .code(2)
        .stderr(predicate::str::contains("no function 'no_such'"));
}

/// The linter speaks of a listing that nobody wrote: what it says stands at the line of C.
#[test]
fn what_the_linter_says_stands_at_the_line_of_c() {
    let tree = Tree::new();
    let patch = tree.patch(FILE, "\t\t\t\tset_pte_at(space, at, slot, seen);\n", "");
    let e = complained(&lostwrite(&["check", &patch, "--tree", &tree.name()]).code(2));
    assert!(e.contains("the entry stays empty") && e.contains(&format!("--> {FILE}:")), "{e}");
    assert!(e.contains("as a listing it is `") && !e.contains(".listing:"), "{e}");
}

/// What is taken as known decides a condition: a change of it is not looked at, and that is no silence.
#[test]
fn a_condition_that_is_known_is_not_looked_at() {
    let tree = Tree::new();
    let patch = tree.patch(FILE, "folio_test_anon(whole) && PageAnon", "PageAnon");
    lostwrite(&["check", &patch, "--tree", &tree.name()])
        .code(3)
        .stdout(predicate::str::contains("no difference that the model sees").and(predicate::str::contains(
            "before the change: not looked at: `folio_test_anon(whole)` always holds here, as folio_test_anon() is true: anonymous memory only",
        )));
    // Another name for a variable is no other condition.
    let patch = tree.patch(FILE, "\t\talone = folio_test_anon(whole)", "\t\talone  = folio_test_anon( whole )");
    lostwrite(&["check", &patch, "--tree", &tree.name()]).code(0);
}

/// A call that the table passes over, though it does something in the kernel, and what is returned: a change of it
/// is named.
#[test]
fn what_has_no_line_in_a_listing_is_named() {
    let tree = Tree::new();
    let barrier = format!("{MARK}\t\tsmp_mb();\n");
    let says = |patch: &str, said: &str| {
        lostwrite(&["check", patch, "--tree", &tree.name()]).code(3).stdout(
            predicate::str::contains("no difference that the model sees").and(predicate::str::contains(said)),
        );
    };
    says(&tree.patch(FILE, MARK, &barrier), "after the change: not looked at: `smp_mb()` was added");
    let returned = "after the change: not looked at: what it returns to its caller: 1; before the change 0";
    says(&tree.patch(FILE, "\treturn 0;\n}", "\treturn 1;\n}"), returned);
    tree.change(FILE, MARK, &barrier);
    tree.commit("a barrier");
    says(&tree.patch(FILE, "\t\tsmp_mb();\n", ""), "before the change: not looked at: `smp_mb()` was taken out");
    let first = format!("\t\tsmp_mb();\n{MARK}");
    says(&tree.patch(FILE, &barrier, &first), "not looked at: `smp_mb()` is not where it was");
}

/// What is not looked at, and what was taken from whoever asks, stands in every format.
#[test]
fn caveats_are_in_every_format() {
    let tree = Tree::new();
    let helper = format!("\t\tmy_own_helper(whole);\n{MARK}");
    let other = ("mm/other.c", "return 0", "return 1");
    let ours = (FILE, MARK, helper.as_str());
    for ((file, from, to), more, code, said) in [
        (other, &[][..], 3, "mm/other.c: other: not looked at: no function that is known runs it"),
        (ours, &["--accept", "my_own_helper"][..], 0, "taken from --accept: my_own_helper is ignore"),
    ] {
        let patch = tree.patch(file, from, to);
        for format in ["text", "mail", "html", "json", "junit", "sarif"] {
            let args = ["check", &patch, "--tree", &tree.name(), "--format", format];
            let out = printed(&lostwrite(&[&args[..], more].concat()).code(code));
            assert!(out.contains(said), "{format}: {out}");
            if format == "json" {
                let value: serde_json::Value = serde_json::from_str(&out).expect("JSON");
                let schema = report::schemas::ALL.iter().find(|s| s.name == "check").expect("a schema");
                assert!(crate::schemas::validator(schema).is_valid(&value), "{out}");
            }
            if format == "sarif" {
                let log: serde_sarif::sarif::Sarif = serde_json::from_str(&out).expect("SARIF");
                assert_eq!(log.runs[0].results.as_ref().map(Vec::len), Some(0), "{out}");
            }
        }
    }
}

/// A release that the model does not have is run as another, and a mail says so, with the line of C at fault.
#[test]
fn the_release_that_it_is_run_as_is_said() {
    let tree = Tree::new();
    let patch = tree.patch(FILE, MARK, "");
    let args = ["check", &patch, "--tree", &tree.name(), "--time", "60", "--kernel", "6.12", "--format"];
    let said = "6.12 is run as 6.1.192, the newest release of the model that is not newer";
    let text = printed(&lostwrite(&[&args[..], &["text"]].concat()).code(1));
    assert!(text.contains(said), "{text}");
    // What was recorded of that release speaks too.
    let line =
        text.lines().find(|l| l.contains("rows recorded of 6.1.192 agree")).unwrap_or_else(|| panic!("{text}"));
    assert!(!line.contains(" 0 disagree") && line.contains("the kernel ok, this LOST"), "{line}");
    let mail = printed(&lostwrite(&[&args[..], &["mail"]].concat()).code(1));
    let folded = mail.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(folded.contains(&format!("The release: {said}")), "{mail}");
    assert!(folded.contains(&format!("In C it is {FILE}:")), "{mail}");
    for (release, said) in
        [("5.4", "the oldest release of the model"), ("9.1", "the newest release of the model: what")]
    {
        let args = ["check", &patch, "--tree", &tree.name(), "--time", "3", "--ops", "2", "--kernel", release];
        let out = lostwrite(&args);
        let text = String::from_utf8_lossy(&out.get_output().stdout).into_owned()
            + &String::from_utf8_lossy(&out.get_output().stderr);
        assert!(text.contains(said) || text.contains("error: "), "{release}: {text}");
    }
    lostwrite(&["check", &patch, "--tree", &tree.name(), "--kernel", "new"])
        .code(2)
        .stderr(predicate::str::contains("expected a release, such as 6.12"));
}

/// Lines that a mailer ended in another way, a file that moves, two patches of one name.
#[test]
fn patches_of_all_kinds_are_read() {
    let tree = Tree::new();
    let quick = ["--time", "60", "--tree", &tree.name()];
    let patch = tree.patch(FILE, MARK, "");
    let mailed = tree.outside.path().join("crlf.patch").display().to_string();
    std::fs::write(&mailed, std::fs::read_to_string(&patch).expect("a file").replace('\n', "\r\n"))
        .expect("a file");
    lostwrite(&[&["check", &mailed], &quick[..]].concat()).code(1);
    let sub = tree.outside.path().join("second");
    std::fs::create_dir(&sub).expect("a folder");
    let second = sub.join("0001-a-change.patch").display().to_string();
    std::fs::copy(&patch, &second).expect("a copy");
    let text = printed(&lostwrite(&[&["check", &patch, &second], &quick[..]].concat()).code(1));
    assert!(text.contains("0001-a-change: loses") && text.contains("0001-a-change-2: loses"), "{text}");
    tree.git(&["mv", FILE, "mm/moved.c"]);
    tree.change("mm/moved.c", MARK, "");
    tree.commit("mm: moved");
    let text = tree.git(&["format-patch", "--find-renames", "--stdout", "-1"]);
    assert!(text.contains("rename from"), "{text}");
    lostwrite(&[&["check", "HEAD"], &quick[..]].concat())
        .code(1)
        .stdout(predicate::str::contains("less MarkFolioDirty"));
    tree.git(&["reset", "--quiet", "--hard", "HEAD^"]);
    std::fs::write(&patch, text).expect("a file");
    lostwrite(&[&["check", &patch], &quick[..]].concat())
        .code(1)
        .stdout(predicate::str::contains("less MarkFolioDirty"));
}

#[test]
fn no_difference_is_json_too() {
    let tree = Tree::new();
    let patch = tree.patch(FILE, MARK, &MARK.replace("if (", "if ( "));
    let out = printed(&lostwrite(&["check", &patch, "--tree", &tree.name(), "--format", "json"]).code(0));
    let value: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert!(value["found"].is_null() && value["functions"][0] == "migrate_vma_collect_pmd", "{out}");
    let schema = report::schemas::ALL.iter().find(|s| s.name == "check").expect("a schema");
    assert!(crate::schemas::validator(schema).is_valid(&value), "{out}");
}

#[test]
fn what_an_ifdef_asks_is_said_by_a_file_of_options() {
    let tree = Tree::new();
    let patch = tree.patch(FILE, MARK, &format!("#ifdef CONFIG_OURS\n{MARK}#endif\n"));
    let e = complained(&lostwrite(&["check", &patch, "--tree", &tree.name()]).code(2));
    assert!(e.contains("--config FILE") && !e.contains("config.tsv"), "{e}");
    for (line, code) in [("CONFIG_OURS=y\n", 0), ("# CONFIG_OURS is not set\n", 1)] {
        let config = tree.outside.path().join("config").display().to_string();
        std::fs::write(&config, line).expect("a file");
        lostwrite(&["check", &patch, "--tree", &tree.name(), "--time", "60", "--config", &config]).code(code);
    }
}

/// C that nobody can run through is an error at its line, and no crash.
#[test]
fn what_is_too_deep_or_cut_off_is_said() {
    let tree = Tree::new();
    let deep = format!("\t\tword = {}word{};\n{MARK}", "(".repeat(5000), ")".repeat(5000));
    let patch = tree.patch(FILE, MARK, &deep);
    let e = complained(&lostwrite(&["check", &patch, "--tree", &tree.name()]).code(2));
    assert!(e.contains("nested deeper than") && e.contains(&format!("--> {FILE}:")), "{e}");
    let many = tree.patch(FILE, MARK, &format!("{}{MARK}", "\t\tfolio_get(whole);\n".repeat(3000)));
    let e = complained(&lostwrite(&["check", &many, "--tree", &tree.name()]).code(2));
    assert!(e.contains("error: ") && e.contains(&format!("--> {FILE}:")), "{e}");
    let file = tree.path(FILE);
    let text = std::fs::read_to_string(&file).expect("a file");
    std::fs::write(&file, &text[..text.len() / 2]).expect("a file");
    let e = complained(&lostwrite(&["lift", &file, "migrate_vma_collect_pmd"]).code(2));
    assert!(e.contains("this is no C") && e.contains("is the file whole?"), "{e}");
}

/// A step that a change adds is left out in turn: whether it is needed, within the bounds of the check.
#[test]
fn a_new_step_that_is_not_needed_is_named() {
    let tree = Tree::new();
    let patch = tree.patch(FILE, MARK, &format!("\t\tflush_tlb_page(area, at);\n{MARK}"));
    let args = ["check", &patch, "--tree", &tree.name(), "--time", "4", "--ops", "2"];
    let text = printed(&lostwrite(&args).code(0));
    assert!(
        text.contains(&format!("the new FlushPage ({FILE}:")) && text.contains("is not needed within"),
        "{text}"
    );
    // The mark, put back where it was forgotten, is.
    tree.change(FILE, MARK, "");
    tree.commit("mm: no mark");
    tree.git(&["revert", "--no-edit", "HEAD"]);
    let args = ["check", "HEAD", "--tree", &tree.name(), "--time", "6", "--ops", "3"];
    let text = printed(&lostwrite(&args).code(0));
    assert!(text.contains("the new MarkFolioDirty") && text.contains("is needed: without it"), "{text}");
}

#[test]
fn a_check_for_ci_and_for_code_scanning() {
    let tree = Tree::new();
    let patch = tree.patch(FILE, MARK, "");
    let args = ["check", &patch, "--tree", &tree.name(), "--time", "60", "--format"];
    let junit = printed(&lostwrite(&[&args[..], &["junit"]].concat()).code(1));
    let document = roxmltree::Document::parse(&junit).unwrap_or_else(|e| panic!("{e}: {junit}"));
    assert_eq!(document.descendants().filter(|n| n.has_tag_name("failure")).count(), 1, "{junit}");
    let sarif = printed(&lostwrite(&[&args[..], &["sarif"]].concat()).code(1));
    let log: serde_sarif::sarif::Sarif = serde_json::from_str(&sarif).unwrap_or_else(|e| panic!("{e}: {sarif}"));
    let results = log.runs[0].results.as_ref().expect("results");
    assert_eq!(results.len(), 1, "{sarif}");
    assert!(sarif.contains(FILE), "{sarif}");
}

/// The functions of a tree run as a version in a night; one that does not lift is a note with its line.
#[test]
fn a_night_runs_the_functions_of_a_tree() {
    let tree = Tree::new();
    let text = std::fs::read_to_string(repository("lift/tests/c/unmap-6.c")).expect("a file");
    std::fs::write(tree.path("mm/rmap.c"), text.replace("folio_mark_dirty(", "folio_ours(")).expect("a file");
    let out = tree.outside.path().join("night");
    let folder = out.display().to_string();
    let args = ["nightly", "--chunks", "1", "--seed", "1", "--tree", &tree.name(), "--out", &folder];
    let run = lostwrite(&args);
    let text = String::from_utf8_lossy(&run.get_output().stdout).into_owned();
    let note = text
        .lines()
        .find(|line| line.starts_with("note: mm/rmap.c:") && line.contains("does not lift"))
        .unwrap_or_else(|| panic!("{text}"));
    assert!(note.contains("try_to_unmap_one does not lift: unknown call folio_ours()"), "{note}");
    assert!(text.contains("note: mm/madvise.c: not in this tree"), "{text}");
    let summary = std::fs::read_to_string(out.join("summary.txt")).expect("a summary");
    assert!(summary.contains(note), "{summary}");
    let report = std::fs::read_to_string(out.join("report.json")).expect("a report");
    assert!(report.contains("tree-6.0.19"), "{report}");
    lostwrite(&["nightly", "--chunks", "1", "--tree", "no-such-folder", "--out", &folder]).code(2);
}
