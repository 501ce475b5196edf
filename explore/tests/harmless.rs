//! Patches that harm nothing must be silent: more dirtying, more flushes, longer locks, reordered independent
//! steps, redundant references, of the operation under comparison and of the kernel around it. `mutants` is
//! the other half: what must be caught.
//!
//! Each patch runs every case that comes with lostwrite, exhausts the programs of all scenarios, and is
//! hunted. `cargo test -p explore --test harmless -- --nocapture` prints how much that is.

#[path = "../../oracle/tests/common/mod.rs"]
mod common;

use common::{edited, faulty_around, is, judged, listing, named, step, version, with_after, with_before, without};
use corpus::Environment;
use explore::exhaust::{Exhaust, exhaust};
use explore::hunt::{HuntOptions, Limit, Origin, hunt};
use impls::{Standing, Version};
use model::Action as A;
use model::listing::{Doing, Node};
use rayon::prelude::*;

type Edit = fn(&[Node]) -> Vec<Node>;

/// What it does, the version that it changes, and how.
const COLLECT: &[(&str, &str, Edit)] = &[
    ("marks the folio dirty in any case", "v2", |n| {
        edited(n, &|node| if is(&node, A::PteDirty) { vec![step(A::MarkFolioDirty)] } else { vec![node] })
    }),
    ("marks the folio dirty in any case, and ignores the word of the clear", "v2", |n| {
        let marked = with_after(&without(n, &[A::PteDirty]), A::ClearPte, A::MarkFolioDirty);
        edited(&marked, &|node| if is(&node, A::ClearPte) { vec![step(A::ClearPteIgnored)] } else { vec![node] })
    }),
    ("marks the folio dirty before the clear too", "v3", |n| with_before(n, A::ClearPte, A::MarkFolioDirty)),
    ("marks the folio dirty after the migration entry and the rmap", "v3", |n| {
        moved_behind(n, A::PteDirty, A::RemoveRmap)
    }),
    ("marks the folio dirty twice", "v3", |n| with_after(n, A::MarkFolioDirty, A::MarkFolioDirty)),
    ("flushes the page twice", "v2", |n| with_after(n, A::FlushPage, A::FlushPage)),
    ("flushes each page, and the range as well", "v3", |n| with_after(n, A::ClearPte, A::FlushPage)),
    ("flushes the range whatever was cleared", "v3", |n| with_before(n, A::UnlockPtl, A::FlushRange)),
    ("flushes the whole address space", "v3", |n| {
        edited(n, &|node| if is(&node, A::FlushRange) { vec![step(A::FlushMm)] } else { vec![node] })
    }),
    ("flushes behind the migration entry", "v3", |n| with_after(n, A::InstallMigrationEntry, A::FlushPage)),
    ("flushes once more after the unlock", "v3", |n| with_after(n, A::UnlockPtl, A::FlushRange)),
    ("removes the rmap before it installs the migration entry", "v3", |n| {
        let without_rmap = without(n, &[A::RemoveRmap]);
        with_before(&without_rmap, A::InstallMigrationEntry, A::RemoveRmap)
    }),
    ("drops the mapping's reference by a step of its own", "v3", |n| {
        edited(n, &|node| {
            if is(&node, A::RemoveRmap) { vec![step(A::DropMapcount), step(A::PutFolio)] } else { vec![node] }
        })
    }),
    ("reads the entry again before the clear", "v3", |n| with_before(n, A::ClearPte, A::ReadPte)),
    ("holds a second reference for a while", "v3", |n| {
        let taken = with_before(n, A::ClearPte, A::GetFolio);
        with_after(&with_after(&taken, A::RemoveRmap, A::PutFolio), A::RestorePte, A::PutFolio)
    }),
    ("holds a second reference while it locks the folio", "v2", |n| {
        edited(n, &|node| match node {
            Node::Do(Doing::Step(A::TrylockFolio), other) => {
                let failed = [vec![step(A::PutFolio)], other].concat();
                vec![step(A::GetFolio), Node::Do(A::TrylockFolio.into(), failed), step(A::PutFolio)]
            }
            node => vec![node],
        })
    }),
    ("takes the page-table lock, drops it, and takes it again", "v3", |n| {
        [vec![step(A::LockPtl), step(A::UnlockPtl)], n.to_vec()].concat()
    }),
    ("drains the LRU batches first", "6.1.192", |n| [vec![step(A::DrainLru)], n.to_vec()].concat()),
    ("carries young and dirty before it marks the folio", "6.1.192", |n| {
        let n = with_before(n, A::PtePresentDirty, A::Exclusive);
        edited(&n, &|node| match node {
            Node::Do(Doing::Step(A::Exclusive), _) => {
                vec![Node::If(A::PtePresent.into(), vec![step(A::CarryYoung), step(A::CarryDirty)], vec![])]
            }
            node => vec![node],
        })
    }),
    ("leaves written pages where they are", "DH+", |n| {
        with_branch_after(n, A::Collectable, Node::If(A::PtePresentDirty.into(), vec![Node::Next], vec![]))
    }),
    ("marks the folio dirty in any case", "7.3-closed", |n| {
        with_before(n, A::InstallMigrationEntry, A::MarkFolioDirty)
    }),
];

/// What it does, the listing of the environment that it changes, and how. v3 is the operation.
const AROUND: &[(&str, &str, Edit)] = &[
    ("try_to_unmap_one marks the folio dirty in any case", "try_to_unmap_one", |n| {
        edited(n, &|node| if is(&node, A::PteDirty) { vec![step(A::MarkFolioDirty)] } else { vec![node] })
    }),
    ("try_to_unmap_one marks the folio dirty behind the swap entry", "try_to_unmap_one", |n| {
        // A lazyfree folio is judged by PG_dirty in between, and stays as it is.
        with_branch_after(
            n,
            A::InstallSwapEntry,
            Node::If(A::PteDirty.into(), vec![step(A::MarkFolioDirty)], vec![]),
        )
    }),
    ("try_to_unmap_one removes the rmap before it installs the swap entry", "try_to_unmap_one", |n| {
        with_before(&without(n, &[A::RemoveRmap]), A::InstallSwapEntry, A::RemoveRmap)
    }),
    ("try_to_unmap_one flushes at once", "try_to_unmap_one", |n| {
        edited(n, &|node| {
            if is(&node, A::DefersFlush) { vec![step(A::ClearPte), step(A::FlushPage)] } else { vec![node] }
        })
    }),
    ("try_to_unmap_one flushes under the lock as well", "try_to_unmap_one", |n| {
        with_before(n, A::UnlockPtl, A::FlushPage)
    }),
    ("reclaim flushes before every write", "pageout", |n| with_before(n, A::Freeable, A::FlushMm)),
    ("zap_pte_range marks what it takes dirty", "zap_pte_range", |n| {
        with_branch_after(n, A::ReadPte, Node::If(A::NormalPage.into(), vec![step(A::MarkFolioDirty)], vec![]))
    }),
    ("zap_pte_range flushes before it drops the lock", "zap_pte_range", |n| {
        with_before(n, A::UnlockPtl, A::FlushRange)
    }),
    ("madvise_free_pte_range flushes before it drops the lock", "madvise_free_pte_range", |n| {
        with_before(n, A::UnlockPtl, A::FlushRange)
    }),
    ("change_pte_range flushes each page", "change_pte_range", |n| with_after(n, A::SetPte, A::FlushPage)),
    ("change_pte_range reads the entry again", "change_pte_range", |n| with_after(n, A::ReadPte, A::ReadPte)),
    ("copy_pte_range flushes under the lock", "copy_pte_range", |n| with_before(n, A::UnlockBothPtls, A::FlushMm)),
    ("copy_pte_range counts the slot behind the child's entry", "copy_pte_range", |n| {
        with_after(&without(n, &[A::DupSlotOfEntry]), A::CopySwapEntry, A::DupSlotOfEntry)
    }),
    ("wp_page_copy flushes twice", "wp_page_copy", |n| with_after(n, A::FlushPage, A::FlushPage)),
    ("wp_page_copy flushes behind the new entry too", "wp_page_copy", |n| {
        with_after(n, A::MapNewAnon, A::FlushPage)
    }),
    ("do_swap_page marks the folio dirty", "do_swap_page", |n| with_after(n, A::MapSwappedIn, A::MarkFolioDirty)),
    ("do_swap_page drops the slot's count behind the new entry", "do_swap_page", |n| {
        with_after(&without(n, &[A::SwapFree]), A::MapSwappedIn, A::SwapFree)
    }),
    ("do_swap_page holds one more reference for a while", "do_swap_page", |n| {
        edited(n, &|node| {
            if is(&node, A::SwapFree) { vec![step(A::GetFolio), step(A::PutFolio), node] } else { vec![node] }
        })
    }),
    ("try_to_migrate_one marks the folio dirty in any case", "try_to_migrate_one", |n| {
        edited(n, &|node| if is(&node, A::PteDirty) { vec![step(A::MarkFolioDirty)] } else { vec![node] })
    }),
    ("try_to_migrate_one marks the folio dirty last", "try_to_migrate_one", |n| {
        moved_behind(n, A::PteDirty, A::RemoveRmap)
    }),
    ("try_to_migrate_one flushes twice", "try_to_migrate_one", |n| with_after(n, A::FlushPage, A::FlushPage)),
    ("remove_migration_pte flushes", "remove_migration_pte", |n| {
        with_after(n, A::RemoveMigrationPte, A::FlushPage)
    }),
    ("migrate_device_unmap drains twice", "migrate_device_unmap", |n| with_after(n, A::DrainLru, A::DrainLru)),
    ("exit flushes twice", "exit_mmap", |n| with_after(n, A::FlushMm, A::FlushMm)),
    ("folio_referenced_one flushes", "folio_referenced_one", |n| with_after(n, A::ClearYoung, A::FlushPage)),
];

/// The family of historical bugs, what is done at its place, the listing that it changes, and how. What a family
/// does too little of is done once more, or where it is not needed.
const FAMILIES: &[(&str, &str, &str, Edit)] = &[
    (
        "dirty-asked-before-references",
        "__remove_mapping asks for the dirty bit before the references as well",
        "__remove_mapping",
        |n| [listing("if InSwapCache {\nif FolioDirty {\nfail\n}\n}"), n.to_vec()].concat(),
    ),
    (
        "dirty-asked-before-references",
        "set_page_dirty_lock marks the folio dirty twice",
        "set_page_dirty_lock",
        |n| with_after(n, A::MarkFolioDirty, A::MarkFolioDirty),
    ),
    (
        "discard-peeks-without-the-lock",
        "zap_pte_range peeks without the lock, and goes on whatever it sees",
        "zap_pte_range",
        |n| [vec![step(A::ReadPte)], n.to_vec()].concat(),
    ),
    ("flush-stays-on-this-cpu", "tlb_finish_mmu flushes this CPU once more", "tlb_finish_mmu", |n| {
        with_before(n, A::FreeBatch, A::FlushLocal)
    }),
    (
        "flush-covers-part-of-the-range",
        "try_to_migrate_one flushes the first page of the range too",
        "try_to_migrate_one",
        |n| with_after(n, A::FlushPage, A::FlushFirst),
    ),
    (
        "inaccessible-entry-not-flushed",
        "change_pte_range makes the word inaccessible, and accessible again",
        "change_pte_range",
        |n| with_after(&with_after(n, A::Modify, A::UndoProtNone), A::Modify, A::MkProtNone),
    ),
    ("lazyfree-and-direct-io", "try_to_unmap_one asks for the references twice", "try_to_unmap_one", |n| {
        with_after(n, A::ReadRefs, A::ReadRefs)
    }),
    ("migration-restores-dirty", "remove_migration_pte looks at the entry again", "remove_migration_pte", |n| {
        with_after(n, A::RemoveMigrationPte, A::ReadPte)
    }),
    ("old-entry-not-flushed", "folio_referenced_one flushes the address space", "folio_referenced_one", |n| {
        with_after(n, A::ClearYoung, A::FlushMm)
    }),
    ("parallel-gathers", "tlb_finish_mmu flushes whatever is owed", "tlb_finish_mmu", |n| {
        edited(n, &|node| if is(&node, A::GatherOwesFlush) { vec![step(A::FlushRange)] } else { vec![node] })
    }),
    ("parallel-gathers", "tlb_finish_mmu flushes once more behind the freeing", "tlb_finish_mmu", |n| {
        with_after(n, A::FreeBatch, A::FlushRange)
    }),
    ("pin-races-with-fork", "pin_user_pages_fast looks again twice", "pin_user_pages_fast", |n| {
        edited(n, &|node| if is(&node, A::PteRecheck) { vec![node.clone(), node] } else { vec![node] })
    }),
    ("pinned-page-swapped-out", "shrink_folio_list marks what goes to swap dirty", "shrink_folio_list", |n| {
        with_before(n, A::Mapped, A::MarkFolioDirty)
    }),
    (
        "read-then-overwrite",
        "change_pte_range puts D into an entry that it makes read-only",
        "change_pte_range",
        |n| with_after(n, A::Modify, A::MkDirty),
    ),
    ("read-then-overwrite", "handle_pte_fault sets the flags twice", "handle_pte_fault", |n| {
        with_after(n, A::SetAccessFlags, A::SetAccessFlags)
    }),
    (
        "read-then-overwrite",
        "MADV_PAGEOUT flushes what it ages under the lock",
        "madvise_cold_or_pageout_pte_range",
        |n| with_after(n, A::SetPte, A::FlushPage),
    ),
    (
        "reclaim-batch-not-waited-for",
        "flush_tlb_batched_pending flushes whether or not anything is owed",
        "flush_tlb_batched_pending",
        |n| edited(n, &|node| if is(&node, A::BatchPending) { vec![step(A::FlushMm)] } else { vec![node] }),
    ),
    (
        "reference-instead-of-pin",
        "pin_user_pages_fast holds a reference beside the pin for a while",
        "pin_user_pages_fast",
        |n| {
            edited(n, &|node| {
                if is(&node, A::PteRecheck) {
                    vec![step(A::GetFolio), step(A::PutFolio), node]
                } else {
                    vec![node]
                }
            })
        },
    ),
    ("swap-in-aba", "do_swap_page looks for the slot again under the page-table lock", "do_swap_page", |n| {
        edited(n, &|node| if is(&node, A::StillSwapCache) { vec![node.clone(), node] } else { vec![node] })
    }),
    ("swap-slot-of-clean-page", "add_to_swap marks the folio dirty once more", "add_to_swap", |n| {
        with_after(n, A::AddToSwap, A::MarkFolioDirty)
    }),
    ("write-protect-under-read-lock", "do_wp_page flushes before it copies", "do_wp_page", |n| {
        with_before(n, A::GetFolio, A::FlushPage)
    }),
    ("wrprotect-drops-dirty", "copy_present_pte gives the child's entry D in any case", "copy_present_pte", |n| {
        with_before(n, A::CopyPteToChild, A::MkDirty)
    }),
];

/// The branch on `what` moved behind each step `place`.
fn moved_behind(nodes: &[Node], what: A, place: A) -> Vec<Node> {
    let mut branch = None;
    let find = std::cell::RefCell::new(&mut branch);
    let rest = edited(nodes, &|node| {
        if is(&node, what) {
            find.borrow_mut().get_or_insert(node);
            vec![]
        } else {
            vec![node]
        }
    });
    let branch = branch.expect("a branch on it");
    with_branch_after(&rest, place, branch)
}

fn with_branch_after(nodes: &[Node], place: A, branch: Node) -> Vec<Node> {
    edited(nodes, &|node| if is(&node, place) { vec![node, branch.clone()] } else { vec![node] })
}

/// All patches; they live as long as the test.
fn patches() -> Vec<&'static Version> {
    let collect = COLLECT.iter().map(|(title, base, edit)| {
        let base = version(base);
        let listing = edit(base.listing());
        assert_ne!(listing, base.listing(), "{title}: nothing changed");
        named(title, base.edited(0, listing).expect("it links"))
    });
    let of_families = FAMILIES.iter().map(|(_, title, place, edit)| (title, place, edit));
    let around = AROUND.iter().map(|(title, place, edit)| (title, place, edit)).chain(of_families);
    let around = around.map(|(title, place, edit)| faulty_around(title, place, edit));
    let all = collect.chain(around).map(|mut patch| {
        patch.standing = Standing::BuiltIn { correct: true };
        &*Box::leak(Box::new(patch))
    });
    all.collect()
}

/// Every historical bug has a change at its place that is none.
#[test]
fn every_family_has_a_harmless_variant() {
    for family in impls::families() {
        assert!(FAMILIES.iter().any(|(name, ..)| *name == family.name), "{}", family.name);
    }
    assert!(FAMILIES.iter().all(|(name, ..)| impls::families().iter().any(|f| f.name == *name)));
}

/// They are silent on the programs of all families, too.
#[test]
fn harmless_patches_are_silent_in_every_interleaving_of_the_families() {
    let programs: Vec<_> = impls::families()
        .iter()
        .flat_map(|family| explore::answers::zoo::programs(family).entries)
        .map(|entry| entry.case)
        .collect();
    let patches = patches();
    let around = &patches[COLLECT.len()..];
    let totals: Vec<u64> = around
        .par_iter()
        .map(|patch| {
            let states = |case: &corpus::Case| {
                // Each has its own kernel around it.
                let at_home = Environment { kernel: Some(patch.kernel), ..Environment::default() }.of(case);
                match exhaust::<()>(patch, &at_home, 1_000_000, |_, ()| explore::exhaust::Answer::Shortest) {
                    Exhaust::Exhausted { states, .. } => states,
                    Exhaust::Found { finding, case, .. } => panic!("{}: {finding}: {case}", patch.title),
                    Exhaust::Budget { .. } => panic!("{}: {at_home}: not exhausted", patch.title),
                }
            };
            programs.iter().map(states).sum()
        })
        .collect();
    println!("{} patches, {} programs, {} states", totals.len(), programs.len(), totals.iter().sum::<u64>());
}

#[test]
fn the_linter_refuses_no_harmless_patch() {
    for patch in patches() {
        let refused = impls::lint::lint(patch.functions(), patch.kernel).into_iter().find(|c| c.is_error);
        assert_eq!(refused, None, "{}", patch.title);
    }
}

#[test]
fn harmless_patches_are_silent_on_every_case() {
    let cases: Vec<_> = corpus::builtin().into_iter().flat_map(|f| f.entries).map(|e| e.case).collect();
    let patches = patches();
    assert!(patches.len() >= 60);
    patches.par_iter().for_each(|patch| {
        for case in cases.iter().filter(|case| case.config.keeps_contract()) {
            let (judges, summary) = judged(patch, case);
            assert!(judges.is_silent(), "{}: {case}: {judges:?}", patch.title);
            assert_eq!(summary.end, oracle::End::Complete, "{}: {case}", patch.title);
        }
    });
    println!("{} patches, {} cases each", patches.len(), cases.len());
}

#[test]
fn harmless_patches_are_silent_in_every_interleaving_of_the_scenarios() {
    let programs = corpus::scenario_programs();
    let totals: Vec<u64> = patches()
        .par_iter()
        .map(|patch| {
            let mut total = 0;
            for entry in &programs {
                // Each program has at most some thousand states.
                match exhaust::<()>(patch, &entry.case, 1_000_000, |_, ()| explore::exhaust::Answer::Shortest) {
                    Exhaust::Exhausted { states, .. } => total += states,
                    Exhaust::Found { finding, case, .. } => panic!("{}: {finding}: {case}", patch.title),
                    Exhaust::Budget { .. } => panic!("{}: {}: not exhausted", patch.title, entry.case),
                }
            }
            total
        })
        .collect();
    println!("{} patches, {} programs, {} states", totals.len(), programs.len(), totals.iter().sum::<u64>());
}

#[test]
fn harmless_patches_are_silent_when_hunted() {
    let options = HuntOptions {
        versions: patches(),
        origin: Origin::Generator,
        environment: Environment::default(),
        seed: 13,
        from: 0,
        limit: Limit::Executions(4_000),
        at_home: true,
    };
    let report = hunt(&options, |_| ());
    let first = report.alarms.first().map(|alarm| {
        let title = options.versions[alarm.version].title;
        format!("{title}: {}: {}", alarm.judge.name(), alarm.case)
    });
    assert_eq!(first, None, "a harmless patch is flagged");
    assert_eq!((report.alarm_count, report.unfinished), (0, 0));
    println!("{} patches, {} executions each", options.versions.len(), report.executions);
}
