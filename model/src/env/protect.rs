//! mprotect and mlock of one page, which is a VMA of its own (mm/mprotect.c `mprotect_fixup`,
//! `change_pte_range`; mm/mlock.c `do_mlock`, `mlock_fixup`, `mlock_vma_pages_range`; mm/gup.c
//! `populate_vma_page_range`, `follow_page_pte`; 6.1 and 7.3).
//!
//! Both hold the mmap lock for write, and so exclude faults and migrations. mlock drops it before it faults
//! the pages in; mprotect of a locked VMA that becomes writable faults them in under it. mprotect changes
//! each entry by taking it out and putting it back, so that no D is lost in between, and flushes through an
//! mmu gather after the page-table lock is dropped.

use crate::code::Named;
use crate::listing;

pub(super) fn listings() -> Vec<Named> {
    vec![
        (
            "protect",
            listing! {
                at "mprotect_fixup";
                MmapWriteLock;
                ToggleProtection;
                GatherBegin;
                InvalidateMirror;
                at "change_pte_range";
                LockPtl;
                if BatchPending { FlushMm; }
                each_page {
                    ReadPte;
                    if PtePresent {
                        ClearPte;
                        SetProtection;
                        next;
                    }
                    unless PteNone { ProtectEntry; }
                }
                UnlockPtl;
                call "end_gather";
                if BecomesWritable {
                    BeginPopulate;
                    jump "populate";
                }
            },
        ),
        (
            "mlock",
            listing! {
                at "mlock_fixup";
                MmapWriteLock;
                if VmaLocked {
                    ClearMlocked;
                    at "mlock_vma_pages_range";
                    DrainLru;
                    return;
                }
                SetMlocked;
                at "mlock_vma_pages_range";
                DrainLru;
                BeginPopulate;
                jump "populate";
            },
        ),
        (
            "populate",
            listing! {
                at "follow_page_pte";
                ReadPte;
                Populated else { jump "fault"; }
                if TouchesClean { MarkFolioDirty; }
                at "populate_vma_page_range";
                DrainLru;
            },
        ),
    ]
}
