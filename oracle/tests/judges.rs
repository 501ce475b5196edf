//! Every judge has a seeded bug that it, and only it, catches.
//!
//! The differential judge has its own file; its seeded bug is here all the same, to show that the others miss
//! it.

mod common;

use common::{case, edited, faulty, faulty_around, heard, is, judged, version, with_after, with_before, without};
use impls::Version;
use model::Action;
use model::listing::{Doing, Node};
use oracle::{Comparison, End, Finding, Judge, Revocation, compare, outcome};

/// Asserts that v3 is beyond reproach on a case, so that a finding is about the fault and not about the case.
fn right(line: &str) {
    let (right, summary) = judged(common::version("v3"), &case(line));
    assert!(right.is_silent() && summary.end == End::Complete, "v3 on {line}: {right:?}");
}

/// Asserts that of the judges of one execution exactly `judge` speaks, and none about v3.
fn only(judge: Judge, version: &Version, line: &str) -> Finding {
    right(line);
    let (judges, _) = judged(version, &case(line));
    assert_eq!(heard(&judges), [judge], "{} ({}) on {line}: {judges:?}", version.name, version.title);
    judges.of(judge).expect("it has just been heard")
}

fn bug_d() -> &'static Version {
    &impls::mutants().iter().find(|m| m.name == "bugD").expect("it is in the ground truth").version
}

/// No dirty bit involved, nothing revoked, every rule kept. Only the load is wrong.
#[test]
fn wrong_data_is_for_last_write_alone() {
    let forgotten = faulty_around("the driver copies nothing", "dmirror_migrate_alloc_and_copy", &|nodes| {
        without(nodes, &[Action::CopyToDst])
    });
    // The source's frame goes to page 1 in between, or the bytes would still be there when the page comes
    // back.
    let finding = only(Judge::LastWrite, &forgotten, "kernel=6.0 W0 D0 W1 R0 Z0");
    let Finding::WrongValue { actor: 0, page: 0, got: 0, legal, stale: false, .. } = finding else {
        panic!("{finding}");
    };
    assert_eq!((legal.last, legal.or_zero), (1, false));

    let unflushed = faulty_around("no flush when a write fault copies the page", "wp_page_copy", &|nodes| {
        without(nodes, &[Action::FlushPage])
    });
    let line = "kernel=6.0 cpu0: W0 K+ W0 R0 | cpu1: R0 R0 | schedule: 0*21 1*2 0*30 1*2";
    let finding = only(Judge::LastWrite, &unflushed, line);
    let Finding::WrongValue { actor: 1, page: 0, word: 0, got: 1, legal, stale: true, .. } = finding else {
        panic!("{finding}");
    };
    assert_eq!((legal.last, legal.or_zero), (2, false));
}

/// The flush comes after the lock, and MADV_DONTNEED returns before it (stale-load): the load is wrong, and
/// it reaches what was revoked.
#[test]
fn a_stale_load_of_old_data_is_for_last_write_and_revoked() {
    let line = "kernel=6.0 shared=0 cpu0: D0 | cpu1: R0 Z0 R0 | schedule: 1*2 0*8 1*30";
    right(line);
    for version in [version("pre-fix"), version("v1"), bug_d()] {
        let (judges, _) = judged(version, &case(line));
        assert_eq!(heard(&judges), [Judge::LastWrite, Judge::Revoked], "{}: {judges:?}", version.name);
        let finding = judges.of(Judge::LastWrite).expect("it has just been heard");
        let Finding::WrongValue { actor: 1, page: 0, word: 0, got: 99, legal, stale: true, .. } = finding else {
            panic!("{}: {finding}", version.name);
        };
        assert_eq!((legal.last, legal.or_zero), (0, false));
    }
}

/// The same with a store that a second discard takes away again: no load can tell, and the store went into a
/// page that was not there any more.
#[test]
fn a_store_into_a_discarded_page_is_for_revoked_alone() {
    let line = "kernel=6.0 cpu0: D0 | cpu1: W0 Z0 W0 Z0 | schedule: 1*7 0*9 1*40";
    let finding = only(Judge::Revoked, version("5.18"), line);
    let Finding::Revoked { actor: 1, page: 0, what: Revocation::Page, .. } = finding else { panic!("{finding}") };
    // In v3 the discard waits for the lock. The fault is that of the versions that defer, not of the discard.
    let zap = faulty_around("a discard that does not flush", "zap_page_range_single", &without_end_of_gather);
    let line = "kernel=6.0 cpu0: IW0 Z0 | cpu1: R0 R0 | schedule: 0*10 1*2 0*12 1*2";
    let finding = only(Judge::Revoked, &zap, line);
    let Finding::Revoked { actor: 1, page: 0, what: Revocation::Page, .. } = finding else { panic!("{finding}") };
}

/// mprotect returns before other CPUs have dropped their writable translations. The data comes out as the
/// program left it.
#[test]
fn a_store_to_a_read_only_page_is_for_revoked_alone() {
    let unflushed = faulty_around("mprotect does not flush", "mprotect_fixup", &without_end_of_gather);
    let line = "kernel=6.0 cpu0: W0 M0 | cpu1: W0 W0 | schedule: 0*8 1*3 0*10 1*2";
    let finding = only(Judge::Revoked, &unflushed, line);
    let Finding::Revoked { actor: 1, page: 0, what: Revocation::Stores, .. } = finding else {
        panic!("{finding}")
    };
}

/// The gather ends, and what it owes is forgotten.
fn without_end_of_gather(nodes: &[Node]) -> Vec<Node> {
    edited(nodes, &|n| match n {
        Node::Do(Doing::Call("tlb_finish_mmu"), _) => {
            vec![common::step(Action::FreeBatch), common::step(Action::GatherEnd)]
        }
        n => vec![n],
    })
}

/// A later store sets D again before reclaim looks: every load is right, and yet the fact was gone for a
/// while.
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

/// A lock that keeps others away is no reason to wait where whoever holds it is not going to mend what is
/// broken: the judge speaks at the step of collect that loses the dirty bit, with the folio still locked.
#[test]
fn clean_means_equal_speaks_as_early_as_it_can() {
    let line = "kernel=6.0 W0 P0 R0 W0 D0 P0 R0";
    for name in ["pre-fix", "5.18", "v3.1"] {
        let trace = oracle::trace_of(version(name), &case(line), Some(Judge::CleanMeansEqual));
        let finding = trace.finding.unwrap_or_else(|| panic!("{name}: nothing found"));
        let row = trace.row(finding.step()).expect("a row");
        assert!(row.subject_step.is_some(), "{name}: {finding}");
        assert!(row.after.folios.iter().any(|f| f.locked()), "{name}: {finding}");
    }
}

/// Who marks the folio dirty too often or too late, but under the lock, loses nothing.
#[test]
fn a_mark_that_comes_late_but_under_the_lock_is_right() {
    let line = "kernel=6.0 W0 P0 R0 W0 D0 P0 R0";
    let v3 = version("v3");
    let mark = Node::If(Action::PteDirty.into(), vec![common::step(Action::MarkFolioDirty)], vec![]);
    let rest = without(v3.listing(), &[Action::PteDirty]);
    let late = edited(&rest, &|n| if is(&n, Action::RemoveRmap) { vec![n, mark.clone()] } else { vec![n] });
    let (judges, _) = judged(&faulty("marked behind the migration entry", late), &case(line));
    assert!(judges.is_silent(), "{judges:?}");
    // Without it, or behind the unlock of the folio, it is a loss.
    let (judges, _) = judged(&faulty("not marked", rest), &case(line));
    assert_eq!(heard(&judges), [Judge::LastWrite, Judge::CleanMeansEqual]);
}

/// Faults of the kernel around v3, likewise.
#[test]
fn rules_broken_around_the_operation_are_for_structural_alone() {
    for (rule, title, place, edit, line) in [
        (
            "I3: a writable entry maps a page that is not exclusive",
            "fork does not write-protect the parent's entry",
            "copy_present_pte",
            &(|nodes: &[Node]| without(nodes, &[Action::WriteProtect])) as &dyn Fn(&[Node]) -> Vec<Node>,
            "kernel=6.0 W0 K+",
        ),
        (
            "livelock: something can always move, and the end is never reached",
            "a swap-in that maps nothing: the access faults over and over",
            "do_swap_page",
            &|nodes| {
                edited(&without(nodes, &[Action::SwapFree]), &|n| {
                    if is(&n, Action::MapSwappedIn) { vec![common::step(Action::PutFolio)] } else { vec![n] }
                })
            },
            "kernel=6.0 W0 P0 R0",
        ),
        (
            "I1: a page was freed while a CPU had it mapped",
            "no flush of the child's mapping, which is read-only: what is loaded is right by chance",
            "try_to_migrate_one",
            &|nodes| without(nodes, &[Action::FlushPage]),
            "kernel=6.0 W0 K+ CR0 D0 CR0",
        ),
    ] {
        let finding = only(Judge::Structural, &faulty_around(title, place, edit), line);
        let Finding::Broken { rule: found, .. } = finding else { panic!("{title}: {finding}") };
        assert_eq!(found.text(), rule, "{title}");
    }
}

/// One mutant of v3 per structural rule. The data comes out right in all of them.
#[test]
fn broken_rules_are_for_structural_alone() {
    let v3 = version("v3").listing();
    for (rule, title, listing, line) in [
        (
            "I1: a page was freed while a CPU had it mapped writable",
            "no flush at all: the source goes back to the allocator under cpu0's translation",
            edited(v3, &|n| match n {
                Node::If(Doing::Step(Action::PtePresent | Action::AnyCleared), ..) => vec![],
                n => vec![n],
            }),
            "kernel=6.0 W0 D0",
        ),
        (
            "I1: a page was freed while a CPU had it mapped writable",
            "the same with the translation on another CPU",
            edited(v3, &|n| match n {
                Node::If(Doing::Step(Action::PtePresent | Action::AnyCleared), ..) => vec![],
                n => vec![n],
            }),
            "kernel=6.0 cpu0: D0 | cpu1: W0 | schedule: 1*20 0*60",
        ),
        (
            "I3: a writable entry maps a page that is not exclusive",
            "put back writable after the exclusive mark is gone",
            edited(v3, &|n| {
                if is(&n, Action::InstallMigrationEntry) {
                    vec![
                        Node::Do(Doing::Step(Action::RestorePte), vec![]),
                        common::step(Action::UnlockFolio),
                        common::step(Action::PutFolio),
                        Node::Next,
                    ]
                } else {
                    vec![n]
                }
            }),
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
                Node::Do(Doing::Step(Action::ShareAnon), other) => {
                    vec![Node::Do(Doing::Step(Action::ShareAnon), without(&other, &[Action::PutFolio]))]
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
    // The unreferenced half of I4 cannot come first: whoever drops the last reference frees a locked folio,
    // which the step itself reports.
}

/// A version that migrates nothing loses nothing and breaks no rule. Only comparison with another version
/// shows it.
#[test]
fn a_version_that_does_nothing_is_for_differential_alone() {
    let idle = faulty(
        "leaves everything where it is",
        common::listing(
            "
            LockPtl
            each_page { ReadPte; next }
            UnlockPtl
    ",
        ),
    );
    for line in corpus::builtin().into_iter().flat_map(|f| f.entries).filter(|e| e.case.config.keeps_contract()) {
        let (judges, _) = judged(&idle, &line.case);
        assert!(judges.is_silent(), "{}: {judges:?}", line.case);
    }
    let line = case("kernel=6.0 W0 D0");
    let (mine, theirs) = (outcome(&idle, &line).0, outcome(version("v3"), &line).0);
    assert!(mine.is_silent() && theirs.is_silent());
    assert_eq!(mine.loads, theirs.loads, "the data is right");
    assert_eq!(compare(&line, &mine, &theirs), Comparison::Diverge);
}
