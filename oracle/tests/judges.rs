//! Every judge has a seeded bug that it, and only it, catches.
//!
//! The fourth judge, differential, has its own file; its seeded bug is here all the same, to show that the three others
//! miss it.

mod common;

use common::{case, edited, faulty, heard, is, judged, version, with_after, with_before, without};
use impls::Version;
use model::listing::Node;
use model::{Action, listing};
use oracle::{Comparison, End, Finding, Judge, compare, outcome};

/// Asserts that of the three judges of one execution exactly `judge` speaks, and that v3 is beyond reproach on the same
/// case, so that the finding is about the fault and not about the case.
fn only(judge: Judge, version: &Version, line: &str) -> Finding {
    let case = case(line);
    let (right, summary) = judged(common::version("v3"), &case);
    assert!(right.is_silent() && summary.end == End::Complete, "v3 on {line}: {right:?}");
    let (judges, _) = judged(version, &case);
    assert_eq!(heard(&judges), [judge], "{} ({}) on {line}: {judges:?}", version.name, version.title);
    judges.of(judge).expect("it has just been heard")
}

/// The flush comes after the lock: data right, no dirty fact involved, every rule kept. Only the load is wrong.
#[test]
fn a_stale_load_is_for_last_write_alone() {
    let line = "kernel=6.0 shared=0 cpu0: D0 | cpu1: R0 Z0 R0 | schedule: 1*2 0*8 1*30";
    let bug_d = &impls::mutants().iter().find(|m| m.name == "bugD").expect("it is in the ground truth").version;
    for version in [version("pre-fix"), version("v1"), bug_d] {
        let finding = only(Judge::LastWrite, version, line);
        let Finding::WrongValue { actor: 1, page: 0, word: 0, got: 99, legal, stale: true, .. } = finding else {
            panic!("{}: {finding}", version.name);
        };
        assert_eq!((legal.last, legal.or_zero), (0, false));
    }
}

/// A later store sets D again before reclaim looks: every load is right, and yet the fact was gone for a while.
#[test]
fn a_dropped_fact_that_is_made_good_is_for_clean_means_equal_alone() {
    let line = "kernel=6.0 W0 P0 R0 W0 D0 W0 P0 R0";
    let bug_a = &impls::mutants().iter().find(|m| m.name == "bugA").expect("it is in the ground truth").version;
    for version in [version("pre-fix"), bug_a] {
        let finding = only(Judge::CleanMeansEqual, version, line);
        let Finding::CleanButNewer { page: 0, word: 0, backing: 1, legal, .. } = finding else {
            panic!("{}: {finding}", version.name);
        };
        assert_eq!((legal.last, legal.or_zero), (2, false));
        let (mine, theirs) = (outcome(version, &case(line)).0, outcome(common::version("v3"), &case(line)).0);
        assert_eq!(compare(&case(line), &mine, &theirs), Comparison::Agree, "no load and no place gives it away");
    }
}

/// One mutant of v3 per structural rule. The data comes out right in all of them.
#[test]
fn broken_rules_are_for_structural_alone() {
    let v3 = &version("v3").listing;
    for (rule, title, listing, line) in [
        (
            "I1: a page was freed while a CPU had it mapped writable",
            "no flush at all: the source goes back to the allocator under cpu0's translation",
            edited(v3, &|n| match n {
                Node::If(Action::PtePresent | Action::AnyCleared, ..) => vec![],
                n => vec![n],
            }),
            "kernel=6.0 W0 D0",
        ),
        (
            "I1: a page was freed while a CPU had it mapped writable",
            "the same with the translation on another CPU",
            edited(v3, &|n| match n {
                Node::If(Action::PtePresent | Action::AnyCleared, ..) => vec![],
                n => vec![n],
            }),
            "kernel=6.0 cpu0: D0 | cpu1: W0 | schedule: 1*20 0*60",
        ),
        (
            "I3: a writable entry maps a page that is not exclusive",
            "shared before the clear, as 5.19 forbids",
            share_before_clear(),
            "kernel=6.0 W0 D0",
        ),
        (
            "I4: a migration entry names an unlocked or unreferenced folio",
            "folio unlocked before the entry is installed",
            with_before(v3, Action::InstallMigrationEntry, Action::UnlockFolio),
            "kernel=6.0 W0 D0",
        ),
        (
            "I4: a migration entry names an unlocked or unreferenced folio",
            "folio unlocked as soon as the entry is installed",
            with_after(v3, Action::InstallMigrationEntry, Action::UnlockFolio),
            "kernel=6.0 shared=0 D0",
        ),
        (
            "I4: a migration entry names an unlocked or unreferenced folio",
            "folio never locked",
            without(v3, &[Action::TrylockFolio]),
            "kernel=6.0 W0 D0",
        ),
        (
            "I5: fewer references than mappings and swap cache explain",
            "no reference taken: the restored mapping has none of its own",
            without(v3, &[Action::GetFolio]),
            "kernel=6.0 W0 P0 R0 D0",
        ),
        (
            "I5: a count was dropped that nobody held",
            "rmap removed twice",
            with_after(v3, Action::RemoveRmap, Action::RemoveRmap),
            "kernel=6.0 shared=0 D0",
        ),
        (
            "a page was freed while locked",
            "no reference taken: the mapping's was the last one",
            without(v3, &[Action::GetFolio]),
            "kernel=6.0 W0 D0",
        ),
        (
            "I6: a page-table entry was written without the page-table lock",
            "no page-table lock",
            without(v3, &[Action::LockPtl, Action::UnlockPtl]),
            "kernel=6.0 W0 D0",
        ),
        (
            "I6: a page-table entry was written without the page-table lock",
            "page-table lock dropped after the clear",
            edited(&without(v3, &[Action::UnlockPtl]), &|n| {
                if is(&n, Action::ClearPte) { vec![n, common::step(Action::UnlockPtl)] } else { vec![n] }
            }),
            "kernel=6.0 W0 D0",
        ),
        (
            "a lock was released by somebody who did not hold it",
            "page-table lock dropped twice",
            with_after(v3, Action::UnlockPtl, Action::UnlockPtl),
            "kernel=6.0 W0 D0",
        ),
        (
            "a lock was released by somebody who did not hold it",
            "folio of a pinned page unlocked twice on the way out",
            with_after(v3, Action::RestorePte, Action::UnlockFolio),
            "kernel=6.0 W0 IP0 D0",
        ),
        (
            "deadlock: nothing can move, and a program is not over",
            "page-table lock never dropped",
            without(v3, &[Action::UnlockPtl]),
            "kernel=6.0 W0 D0",
        ),
        (
            "livelock: something can always move, and the end is never reached",
            "the same entry over and over",
            edited(v3, &|n| if is(&n, Action::ReadPte) { vec![n, Node::Again] } else { vec![n] }),
            "kernel=6.0 W0 D0",
        ),
        (
            "I5: at the end a page has a reference that nobody will drop",
            "the reference of a pinned page kept on the way out",
            edited(v3, &|n| match n {
                Node::Do(Action::ShareAnon, other) => {
                    vec![Node::Do(Action::ShareAnon, without(&other, &[Action::PutFolio]))]
                }
                n => vec![n],
            }),
            "kernel=6.0 W0 IP0 D0 UP0",
        ),
    ] {
        let mutant = faulty(title, listing);
        let finding = only(Judge::Structural, &mutant, line);
        let Finding::Broken { rule: found, .. } = finding else { panic!("{title}: {finding}") };
        assert_eq!(found.text(), rule, "{title}");
    }
    // The unreferenced half of I4 cannot come first: whoever drops the last reference frees a locked folio, which the
    // step itself reports.
}

fn share_before_clear() -> Vec<Node> {
    listing! {
        at "migrate_vma_collect_pmd";
        LockPtl;
        each_page {
            ReadPte;
            if CollectHole { next; }
            Collectable else { next; }
            GetFolio;
            TrylockFolio else { PutFolio; next; }
            if Exclusive {
                ShareAnon else { UnlockFolio; PutFolio; next; }
                ClearPte;
                if PtePresent { FlushPage; }
            } else {
                ClearPte;
            }
            if PteDirty { MarkFolioDirty; }
            InstallMigrationEntry;
            RemoveRmap;
        }
        if AnyCleared { FlushRange; }
        UnlockPtl;
    }
}

/// A version that migrates nothing loses nothing and breaks no rule. Only comparison with another version shows it.
#[test]
fn a_version_that_does_nothing_is_for_differential_alone() {
    let idle = faulty(
        "leaves everything where it is",
        listing! {
            at "migrate_vma_collect_pmd";
            LockPtl;
            each_page { ReadPte; next; }
            UnlockPtl;
        },
    );
    for line in corpus::builtin().into_iter().flat_map(|f| f.entries) {
        let (judges, _) = judged(&idle, &line.case);
        assert!(judges.is_silent(), "{}: {judges:?}", line.case);
    }
    let line = case("kernel=6.0 W0 D0");
    let (mine, theirs) = (outcome(&idle, &line).0, outcome(version("v3"), &line).0);
    assert!(mine.is_silent() && theirs.is_silent());
    assert_eq!(mine.loads, theirs.loads, "the data is right");
    assert_eq!(compare(&line, &mine, &theirs), Comparison::Diverge);
}
