//! Which step is to blame for what functions of one's own do wrong.

mod common;

use common::{case, edited, faulty_around, version, without};
use impls::Version;
use model::listing::{Doing, Node};
use model::{Action as A, Actor};
use oracle::{CauseKind, Diagnosis, GivenUp, Judge, Symptom, Trace, trace, trace_of};
use std::collections::BTreeSet;

/// What is to be found: the symptom, what the step at fault did, its function and words.
type Found = (Symptom, &'static str, &'static str, &'static str);

fn diagnosed(version: &Version, line: &str, judge: Option<Judge>) -> (Trace, Diagnosis) {
    let trace = trace_of(version, &case(line), judge);
    let diagnosis = trace.diagnosis.unwrap_or_else(|| panic!("{} on {line}: nothing is found", version.title));
    (trace, diagnosis)
}

fn kind(kind: CauseKind) -> &'static str {
    match kind {
        CauseKind::FlushOwed { given_up: GivenUp::Lock, .. } => "lock dropped",
        CauseKind::FlushOwed { given_up: GivenUp::Gather, .. } => "gather ended",
        CauseKind::FlushOwed { given_up: GivenUp::Call, .. } => "returned",
        CauseKind::FlushOwed { given_up: GivenUp::Io, .. } => "written out",
        CauseKind::FlushOwed { given_up: GivenUp::Frame, .. } => "freed",
        CauseKind::FlushOwed { given_up: GivenUp::Map, .. } => "another mapped",
        CauseKind::DirtyBitDropped => "dirty bit dropped",
        CauseKind::StoredWithoutDirty => "stored without D",
        CauseKind::DataDropped => "data dropped",
        CauseKind::HeldPageTaken => "held page taken",
        CauseKind::MappedAgain => "mapped again",
        CauseKind::StaleHold => "stale hold",
        CauseKind::NotExcluded => "not excluded",
        CauseKind::NotCopied => "not copied",
        CauseKind::NotInherited => "not inherited",
        CauseKind::NotRevoked => "not revoked",
        CauseKind::SharedWritable => "shared and writable",
        CauseKind::NotExclusive => "not exclusive",
        CauseKind::GoesRound { .. } => "goes round",
        CauseKind::BrokeRule => "rule broken",
    }
}

fn blames(version: &Version, line: &str, found: Found) {
    judge_blames(None, version, line, found);
}

/// The same of what a judge finds.
fn judge_blames(judge: Option<Judge>, version: &Version, line: &str, found: Found) {
    let (trace, diagnosis) = diagnosed(version, line, judge);
    let at = format!("{} on {line}: {diagnosis:?}", version.title);
    let cause = diagnosis.cause.unwrap_or_else(|| panic!("{at}"));
    let fault = trace.at_fault.expect("the step of the cause");
    assert_eq!((diagnosis.symptom, kind(cause.kind), fault.function, fault.text), found, "{at}");
}

/// The function without some steps or branches.
fn lacks(title: &'static str, function: &str, what: &[A]) -> Version {
    faulty_around(title, function, &|nodes| without(nodes, what))
}

/// A release with a fault in one of its functions.
fn around(release: &str, title: &'static str, function: &str, edit: &dyn Fn(&[Node]) -> Vec<Node>) -> Version {
    let subject = impls::subject(&format!("{function}@{release}")).unwrap_or_else(|e| panic!("{e}"));
    let changed = edit(subject.listing());
    assert_ne!(subject.listing(), changed, "{title}: nothing changed");
    Version { name: "mutant", title, ..subject.edited(0, changed).expect("it links") }
}

/// A release with another body of one of its functions.
fn replaced(release: &str, function: &str, body: &str) -> Version {
    around(release, "another body", function, &|_| common::listing(body))
}

/// The flush comes through the mmu gather, behind the unlock: what went wrong is that it did not come.
#[test]
fn a_flush_that_the_gather_was_not_told_of_is_owed_when_the_call_lets_go() {
    let gather = |function| lacks("no flush noted", function, &[A::GatherPage]);
    let freed = (Symptom::FreedWhileReachable, "freed", "tlb_finish_mmu", "free pages");
    blames(&gather("zap_pte_range"), "kernel=6.0 shared=0 cpu0: R0 | cpu1: Z0 | schedule: 0 1*10", freed);
    let returned = (Symptom::StaleStore, "returned", "tlb_finish_mmu", "end mmu gather");
    let protect = lacks("no flush noted", "change_pte_range", &[A::OrigWritable]);
    blames(&protect, "kernel=6.0 cpu0: W0 | cpu1: M0 | schedule: 0*7 1*9", returned);
    // D went before the store, but the translation with D stayed: MADV_FREE should have waited for the store.
    let returned = (Symptom::LostWrite, "returned", "tlb_finish_mmu", "end mmu gather");
    let free = gather("madvise_free_pte_range");
    blames(&free, "kernel=6.0 cpu0: W0 | cpu1: F0 | schedule: 0*7 1*11", returned);
}

/// The gather of the caller is open, but it does not flush before the page is written out.
#[test]
fn a_flush_left_out_of_reclaim_is_owed_at_the_unlock() {
    let unflushed = lacks("no flush", "try_to_unmap_one", &[A::FlushPage]);
    let found = (Symptom::StaleStore, "lock dropped", "try_to_unmap_one", "unlock ptl");
    blames(&unflushed, "kernel=6.0 cpu0: W0 | cpu1: P0 | schedule: 0*7 1*24", found);
}

/// The batch may be flushed later, but not behind the write.
#[test]
fn a_batch_is_flushed_before_the_page_is_written_out() {
    let unflushed = faulty_around("no flush before the write", "shrink_folio_list", &|nodes| {
        edited(nodes, &|node| match node.doing() {
            Some(Doing::Call("try_to_unmap_flush_dirty")) => vec![],
            _ => vec![node],
        })
    });
    let found = (Symptom::StaleLoad, "written out", "swap_writepage", "start writeback");
    let line = "kernel=6.0 shared=0 cpu0: R0 | cpu1: W0 | kswapd: P0 | schedule: 0 2*24 1*13";
    blames(&unflushed, line, found);
}

/// Reclaim has told that it is to flush; whoever promises something before that has to see to the flush.
#[test]
fn a_call_returns_while_the_batch_of_another_is_owed() {
    let line = "kernel=6.0 shared=0 cpu0: R0 | cpu1: Z0 | kswapd: P0 | schedule: 0 2*14 1*10";
    let found = (Symptom::StaleLoad, "returned", "tlb_finish_mmu", "end mmu gather");
    let deaf = lacks("does not ask for the batch", "flush_tlb_batched_pending", &[A::BatchPending]);
    blames(&deaf, line, found);
}

/// A fault that has seen the mapping writable goes on after mprotect has returned.
#[test]
fn a_mapping_changes_while_a_fault_has_seen_it_as_it_was() {
    let shared = replaced(
        "6.0",
        "mprotect_fixup",
        "MmapReadLock; ToggleProtection; tlb_gather_mmu; InvalidateMirror; change_pte_range; tlb_finish_mmu",
    );
    // The step is a local one: it is done on the way to the next.
    let found = (Symptom::Unrevoked, "not excluded", "mprotect_fixup", "change protection of the vma");
    blames(&shared, "kernel=6.0 cpu0: W0 | cpu1: M0 | schedule: 0*2 1*2", found);
}

/// The page has gone to swap and its frame to another page between the look at the entry and the reference.
#[test]
fn a_hold_is_kept_of_a_page_that_is_no_longer_there() {
    let trusting = lacks("does not look again", "get_user_pages_fast", &[A::PteRecheck]);
    let found = (Symptom::LostWrite, "stale hold", "get_user_pages_fast", "keep the reference");
    blames(&trusting, "kernel=6.0 cpu0: P0 R0 | cpu1: IW0 B0 | schedule: 1*7 0*40 1*3", found);
}

/// Nobody may come in between, where a fault copies the page.
#[test]
fn the_unlock_is_to_blame_where_a_fault_could_come_before_the_flush() {
    let line = "kernel=5.18 cpu0: F0 W0 | cpu1: W0 | cpu2: M0 | schedule: 1*6 0*10 1*2 2*6";
    let found = (Symptom::StaleStore, "lock dropped", "change_pte_range", "unlock ptl");
    blames(bug("uffd-wp-under-the-read-lock"), line, found);
}

fn bug(name: &str) -> &'static Version {
    impls::historical().find(|bug| bug.name == name).unwrap_or_else(|| panic!("{name}"))
}

/// A translation of an earlier page in the same frame has nothing to do with it.
#[test]
fn a_page_that_is_also_in_the_swap_cache_of_another_process_must_not_become_writable() {
    let careless = faulty_around("does not count references", "do_wp_page", &|nodes| {
        edited(nodes, &|node| match node {
            Node::If(Doing::Step(A::SoleOwner), then, _) => then,
            node => vec![node],
        })
    });
    let found = (Symptom::SharedStore, "not exclusive", "do_wp_page", "mark exclusive");
    blames(&careless, "kernel=6.0 cpu0: P0 K+ | cpu1: W0 | schedule: 1*6", found);
    let exclusive = faulty_around("leaves the page exclusive", "try_to_unmap_one", &|nodes| {
        edited(nodes, &|node| match &node {
            Node::If(Doing::Step(A::Exclusive), ..) => vec![],
            _ => vec![node],
        })
    });
    let found = (Symptom::SharedStore, "not exclusive", "try_to_unmap_one", "install swap entry");
    blames(&exclusive, "kernel=6.0 swap=disk W0 P0 K+ W0", found);
}

/// The child has a copy by the time it loads; what the parent stored came before that.
#[test]
fn the_child_must_not_run_before_the_flush() {
    let unflushed = lacks("no flush", "dup_mmap", &[A::FlushMm]);
    let line =
        "kernel=6.0 cpu0: W0 K+ W0 | cpu1: CW0 CR0 | cpu2: R0 W0 R0 | schedule: 0*4 2*27 1*3 0 1*5 2*12 0*9";
    blames(&unflushed, line, (Symptom::SharedStore, "returned", "dup_mmap", "child runs"));
}

#[test]
fn a_page_is_taken_from_the_device_that_writes_to_it() {
    let line = "kernel=6.0 IW0 F0 P0 B0";
    let found = (Symptom::LostWrite, "held page taken", "try_to_unmap_one", "discard: drop mapping");
    blames(bug("lazyfree-references-not-asked"), line, found);
}

/// What is known of PG_dirty when it has been cleared comes to nothing: it went at the clear, not where its
/// holder turns to something else.
#[test]
fn a_cleared_dirty_bit_that_is_not_passed_on_went_at_the_clear() {
    let clear = (Symptom::LostWrite, "dirty bit dropped", "pageout", "test and clear folio dirty");
    let late = replaced("6.1", "pageout", "Freeable else { fail }; swap_writepage else { fail }; ClearDirtyForIo");
    blames(&late, "kernel=6.1 cpu0: W0 D0 | kswapd: P0 | schedule: 0*5 1*22 0*20 1*2", clear);
    let early = around("6.1", "clears before it unmaps", "shrink_folio_list", &|nodes| {
        edited(nodes, &|node| match node.doing() {
            Some(Doing::Call("try_to_unmap")) => vec![common::step(A::ClearDirtyForIo), node],
            _ => vec![node],
        })
    });
    let clear = (Symptom::LostWrite, "dirty bit dropped", "shrink_folio_list", "test and clear folio dirty");
    blames(&early, "kernel=6.1 shared=0 cpu0: R0 | cpu1: P0 | schedule: 1*16", clear);
}

/// A word that is still in a register when the page-table lock is dropped has no way back.
#[test]
fn a_word_that_is_not_put_back_is_lost_at_the_unlock() {
    let kept = around("6.1", "does not put the entry back", "madvise_cold_or_pageout_pte_range", &|nodes| {
        without(nodes, &[A::SetPte])
    });
    let found = (Symptom::LostWrite, "data dropped", "madvise_cold_or_pageout_pte_range", "unlock ptl");
    blames(&kept, "kernel=6.1 W0 P0", found);
}

/// D of the store was set in time, and the data came behind the page: no flush was owed at the unlock.
#[test]
fn a_dirty_bit_that_goes_with_the_page_is_dropped_there() {
    let earlier = around("6.1", "goes by an earlier read", "try_to_unmap_one", &|nodes| {
        edited(nodes, &|node| match &node {
            Node::Do(Doing::Step(A::Exclusive), _) => {
                vec![common::step(A::ReadPte), common::step(A::SaveOrig), node]
            }
            Node::If(Doing::Step(A::Exclusive), ..) => vec![node],
            Node::If(Doing::Step(A::PteDirty), then, other) => {
                vec![Node::If(A::OrigDirty.into(), then.clone(), other.clone())]
            }
            _ => vec![node],
        })
    });
    let found = (Symptom::LostWrite, "dirty bit dropped", "try_to_unmap_one", "discard: drop mapping");
    blames(&earlier, "kernel=6.1 cpu0: F0 P0 | cpu1: W0 | schedule: 1*6 0*21 1*2", found);
    let ignored = around("6.1", "ignores the word that it clears", "try_to_unmap_one", &|nodes| {
        edited(nodes, &|node| match &node {
            Node::Do(Doing::Step(A::ClearPte), _) => {
                vec![common::step(A::ReadPte), common::step(A::ClearPteIgnored)]
            }
            _ => vec![node],
        })
    });
    let found = (Symptom::LostWrite, "dirty bit dropped", "try_to_unmap_one", "clear (returned word ignored)");
    blames(&ignored, "kernel=6.1 cpu0: F0 P0 | cpu1: W0 | schedule: 1*6 0*21 1*2", found);
}

/// What is stored to the zero page is nowhere: the step that made it writable is to blame.
#[test]
fn the_zero_page_must_not_become_writable() {
    let writable = around("6.1", "asks the VMA alone", "change_pte_range", &|nodes| {
        edited(nodes, &|node| match node.doing() {
            Some(Doing::Step(A::SetPte)) => {
                let mkwrite = Node::If(A::VmaWritable.into(), vec![common::step(A::MkWrite)], vec![]);
                vec![mkwrite, node]
            }
            _ => vec![node],
        })
    });
    let found = (Symptom::LostWrite, "shared and writable", "change_pte_range", "set pte");
    blames(&writable, "kernel=6.1 R0 M0 M0 W0", found);
}

/// The batch of reclaim is for others to ask for: the unlock in reclaim is not to blame.
#[test]
fn madvise_free_returns_while_the_batch_of_another_is_owed() {
    let deaf = around("6.1", "does not ask for the batch", "madvise_free_pte_range", &|nodes| {
        edited(nodes, &|node| match node.doing() {
            Some(Doing::Call("flush_tlb_batched_pending")) => vec![],
            _ => vec![node],
        })
    });
    let line = "kernel=6.1 cpu0: W0 | cpu1: F0 | kswapd: P0 | schedule: 0*7 2*16 1*10";
    blames(&deaf, line, (Symptom::StaleStore, "returned", "tlb_finish_mmu", "end mmu gather"));
}

/// Of a child that exits no thread can come in when the lock is dropped: what matters is the freeing.
#[test]
fn the_flush_of_a_child_that_exits_is_owed_when_its_pages_are_freed() {
    let unflushed = around("6.1", "no flush", "exit_mmap", &|nodes| without(nodes, &[A::FlushMm]));
    let found = (Symptom::FreedWhileReachable, "freed", "exit_mmap", "free pages");
    blames(&unflushed, "kernel=6.1 K+ CW0 K-", found);
}

/// A translation to read is owed a flush as much as one to write.
#[test]
fn a_page_is_freed_while_a_cpu_can_read_it() {
    let unflushed = around("6.1", "no flush", "try_to_migrate_one", &|nodes| without(nodes, &[A::FlushPage]));
    let found = (Symptom::FreedWhileReachable, "lock dropped", "try_to_migrate_one", "unlock ptl");
    blames(&unflushed, "kernel=6.1 W0 K+ CR0 D0 CR0", found);
}

/// The page table must not lead elsewhere before the flush, lock or no lock.
#[test]
fn another_page_is_mapped_before_the_flush() {
    let late = around("6.1", "flushes behind the mapping", "wp_page_copy", &|nodes| {
        common::with_after(&without(nodes, &[A::FlushPage]), A::MapNewAnon, A::FlushPage)
    });
    let line = "kernel=6.1 shared=0 cpu0: W0 R0 W0 | cpu1: Z0 R0 | cpu2: W0 P0 | \
                schedule: 1*17 2*16 0*10 1*15 0*2 1*3 2*11 0*14 2*16";
    blames(&late, line, (Symptom::StaleLoad, "another mapped", "wp_page_copy", "map new folio W,D"));
}

/// What is missing has no row. To blame is the row that makes its absence count.
#[test]
fn a_page_that_was_not_copied_is_to_blame_where_it_is_mapped() {
    let uncopied = |function: &'static str, what| {
        around("6.1", "does not copy", function, &move |nodes: &[Node]| without(nodes, &[what]))
    };
    let device = uncopied("dmirror_migrate_alloc_and_copy", A::CopyToDst);
    let found = (Symptom::StaleLoad, "not copied", "remove_migration_pte", "replace migration entry");
    blames(&device, "kernel=6.1 shared=0 Z0 D0", found);
    let fault = around("6.1", "does not copy", "wp_page_copy", &|nodes| {
        edited(nodes, &|node| match &node {
            Node::Do(Doing::Step(A::CopyFolio), _) => vec![],
            Node::If(_, then, other) if then.is_empty() && other.is_empty() => vec![],
            _ => vec![node],
        })
    });
    let found = (Symptom::LostWrite, "not copied", "wp_page_copy", "map new folio W,D");
    blames(&fault, "kernel=6.1 shared=0 cpu0: W0 | cpu1: P0 | schedule: 1*8", found);
    let (trace, diagnosis) = diagnosed(&fault, "kernel=6.1 shared=0 cpu0: W0 | cpu1: P0 | schedule: 1*8", None);
    assert_eq!(diagnosis.lost, None, "reclaim has the old page: {:?}", trace.finding);
    let child = uncopied("copy_present_page", A::CopyFolio);
    let found = (Symptom::LostWrite, "not copied", "copy_present_page", "map the copy in the child");
    blames(&child, "kernel=6.1 shared=0 IP0 K+", found);
    let nothing = uncopied("copy_present_pte", A::CopyPteToChild);
    let found = (Symptom::LostWrite, "not inherited", "copy_pte_range", "unlock both ptl");
    blames(&nothing, "kernel=6.1 W0 K+", found);
}

/// What the parent has lost before it forks is not for the fork to answer for.
#[test]
fn a_child_reads_what_its_parent_had_lost() {
    let unmarked = around("6.1", "does not mark", "try_to_unmap_one", &|nodes| without(nodes, &[A::PteDirty]));
    let line = "kernel=6.1 cpu0: W0 P0 K+ W0 R0 | cpu1: W0 CR0 | cpu2: CW0 P0 | \
                schedule: 1*7 2*19 1*11 0*9 1*5 0*14 1*13 2*7";
    let found = (Symptom::LostWrite, "dirty bit dropped", "try_to_unmap_one", "install swap entry");
    blames(&unmarked, line, found);
}

#[test]
fn a_call_that_takes_nothing_away_is_to_blame_where_it_lets_go() {
    let idle = around("6.1", "clears nothing", "zap_pte_range", &|nodes| without(nodes, &[A::ReadPte]));
    let found = (Symptom::StaleLoad, "not revoked", "zap_pte_range", "unlock ptl");
    blames(&idle, "kernel=6.1 shared=0 Z0 R0", found);
}

/// Whoever writes the page table without the lock may take from others what they put there.
#[test]
fn a_rule_that_was_broken_before_a_value_was_lost_is_the_cause() {
    let unlocked = around("6.1", "does not lock", "madvise_cold_or_pageout_pte_range", &|nodes| {
        without(nodes, &[A::LockPtl])
    });
    let line = "kernel=6.1 cpu0: W0 K+ CW0 D0 | cpu1: CW0 CR0 W0 | cpu2: W0 R0 P0 | \
                schedule: 0*2 2*4 1*20 0*18 1*6 2*13 1*15 2*3 0*7";
    blames(
        &unlocked,
        line,
        (Symptom::LostWrite, "rule broken", "madvise_cold_or_pageout_pte_range", "pte = clear"),
    );
}

/// What goes on for ever is shown once round, and its cause is who begins again.
#[test]
fn a_livelock_is_shown_up_to_the_end_of_the_first_round() {
    let stuck = around("6.1", "never collects", "migrate_vma_collect_pmd", &|nodes| {
        edited(nodes, &|node| match &node {
            Node::Do(Doing::Step(A::Collectable), other) => {
                vec![node.clone(), Node::If(A::PteDevice.into(), other.clone(), vec![])]
            }
            _ => vec![node],
        })
    });
    let line = "kernel=6.1 D0";
    blames(
        &stuck,
        line,
        (Symptom::RuleBroken(oracle::Rule::Livelock), "goes round", "dmirror_devmem_fault", "put device folio"),
    );
    let trace = trace(&stuck, &case(line));
    let cycle = trace.cycle.expect("a cycle");
    assert_eq!((trace.rows.len() as u32, trace.length()), (cycle.end(), cycle.end()));
    assert!(cycle.end() < 40 && cycle.left_out > 8_000, "{cycle:?}");
    assert_eq!(cycle.end() + cycle.left_out, trace.summary.steps);
    let retries = |row: &oracle::Row| row.step >= cycle.since && row.event.retried;
    assert!(trace.rows.iter().any(retries), "{:?}", trace.diagnosis);
}

/// Of functions that lack a step, and programs of a few operations, with schedules drawn: no step is blamed
/// for what came after it, unless it left something behind.
#[test]
fn no_step_is_to_blame_for_a_later_store_that_has_nothing_to_do_with_it() {
    let mut state = 1_u64;
    let mut draw = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let mut kinds = BTreeSet::new();
    for function in FUNCTIONS {
        for what in steps_of(function) {
            let Some(version) = without_one(function, what) else { continue };
            for _ in 0..40 {
                let program = PROGRAMS[draw(PROGRAMS.len())];
                let turns: Vec<String> = (0..8).map(|_| format!("{}*{}", draw(3), 1 + draw(16))).collect();
                let line = format!("{program} | schedule: {}", turns.join(" "));
                let trace = trace(&version, &case(&line));
                let at = || format!("{function} without {what:?} on {line}: {:?}", trace.diagnosis);
                let Some(diagnosis) = trace.diagnosis else { continue };
                let Some(cause) = diagnosis.cause else { continue };
                kinds.insert(kind(cause.kind));
                is_so(&trace, &diagnosis, &at);
            }
        }
    }
    assert!(kinds.len() > 7, "{kinds:?}");
}

const FUNCTIONS: [&str; 13] = [
    "zap_pte_range",
    "madvise_free_pte_range",
    "change_pte_range",
    "try_to_unmap_one",
    "shrink_folio_list",
    "do_wp_page",
    "wp_page_copy",
    "do_swap_page",
    "copy_present_pte",
    "dup_mmap",
    "tlb_finish_mmu",
    "__remove_mapping",
    "pageout",
];

const PROGRAMS: [&str; 10] = [
    "kernel=6.0 cpu0: W0 R0 W0 | cpu1: P0 W0 | kswapd: P0 P0",
    "kernel=6.0 shared=0 cpu0: W0 R0 W0 | cpu1: Z0 R0 | cpu2: W0 P0",
    "kernel=6.0 shared=0 cpu0: W0 W0 R0 | cpu1: F0 W0 | kswapd: P0 P0",
    "kernel=6.0 cpu0: W0 W0 R0 | cpu1: M0 M0 | cpu2: W0 P0",
    "kernel=6.0 cpu0: W0 K+ W0 | cpu1: CW0 CR0 | cpu2: R0 W0 R0",
    "kernel=6.0 cpu0: W0 P0 K+ W0 R0 | cpu1: W0 CR0 | cpu2: CW0 P0",
    "kernel=6.0 swap=disk cpu0: W0 P0 W0 R0 | cpu1: W0 R0 | kswapd: P0 P0",
    "kernel=6.0 cpu0: W0 IW0 F0 U0 | cpu1: P0 W0 | dma: B0 B0",
    "kernel=6.0 cpu0: W0 R0 W0 | cpu1: Z0 | cpu2: Z0 W0 R0",
    "kernel=6.0 cpu0: W0 F0 W0 R0 | cpu1: R0 W0 K+ | kswapd: P0 P0",
];

fn steps_of(function: &str) -> Vec<A> {
    let shipped = version("v3").body(function, version("v3").kernel).expect("a function of that name");
    let mut steps: Vec<A> = model::listing::steps(&shipped.function.body)
        .into_iter()
        .filter_map(|doing| match doing {
            Doing::Step(action) => Some(action),
            _ => None,
        })
        .collect();
    steps.dedup();
    steps
}

fn without_one(function: &str, what: A) -> Option<Version> {
    std::panic::catch_unwind(|| lacks("lacks a step", function, &[what])).ok()
}

fn is_so(trace: &Trace, diagnosis: &Diagnosis, at: &dyn Fn() -> String) {
    let cause = diagnosis.cause.expect("a cause");
    let row = |step: u32| trace.row(step).unwrap_or_else(|| panic!("{}", at()));
    if let CauseKind::FlushOwed { cpu, cleared, .. } = cause.kind {
        // The CPU had the translation all the time.
        let by = row(cleared).event.transition.actor().expect("an actor");
        let (mm, page) = {
            let actor = &row(cleared).before.actors[by];
            (actor.mm as usize, actor.page as usize)
        };
        for step in cleared..=cause.step {
            let before = &row(step).before;
            let cached = before.tlb[cpu][mm][page].valid() || before.actors[cpu].has(Actor::MID_ACCESS);
            assert!(cached, "{}", at());
        }
        return;
    }
    let Some(store) = diagnosis.store.filter(|&store| cause.step < store) else { return };
    match cause.kind {
        CauseKind::SharedWritable
        | CauseKind::NotExclusive
        | CauseKind::NotExcluded
        | CauseKind::MappedAgain
        | CauseKind::HeldPageTaken
        | CauseKind::StaleHold
        | CauseKind::BrokeRule => {}
        // D of the store was set before its data were.
        CauseKind::DirtyBitDropped => {
            let cpu = row(store).event.transition.actor().expect("an actor");
            let then = &row(cause.step).before.actors[cpu];
            assert!(then.has(Actor::MID_ACCESS) && then.op == row(store).before.actors[cpu].op, "{}", at());
        }
        _ => panic!("{}", at()),
    }
}

/// Neither a page that does not hold what was stored, nor one that holds what another process stored, has lost
/// its dirty bit: clean-means-equal speaks first, and the store is what went wrong.
#[test]
fn a_store_that_went_astray_is_no_lost_dirty_bit() {
    let first = Some(Judge::CleanMeansEqual);
    let unnoted = around("6.1", "notes no flush", "try_to_unmap_one", &|nodes| without(nodes, &[A::BatchFlush]));
    let found = (Symptom::StaleStore, "lock dropped", "try_to_unmap_one", "unlock ptl");
    judge_blames(first, &unnoted, "kernel=6.1 cpu0: W0 | cpu1: P0 | schedule: 0*7 1*25", found);
    let unflushed = around("6.1", "no flush", "dup_mmap", &|nodes| without(nodes, &[A::FlushMm]));
    let found = (Symptom::SharedStore, "returned", "dup_mmap", "child runs");
    judge_blames(first, &unflushed, "kernel=6.1 cpu0: W0 K+ | cpu1: W0 | schedule: 0*12 1", found);
}
