//! mprotect and mlock of one page, which is a VMA of its own (mm/mprotect.c `change_protection`, mm/mlock.c `mlock_fixup`).
//!
//! Both hold the mmap lock for write, and so exclude faults and migrations. mprotect changes each entry by taking it out and putting it
//! back, so that no D is lost in between, and flushes through an mmu gather after the page-table lock is dropped.

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
            },
        ),
        (
            "mlock",
            listing! {
                at "mlock_fixup";
                if VmaLocked {
                    MmapWriteLock;
                    ClearMlocked;
                    return;
                }
                at "populate_vma_page_range";
                ReadPte;
                Populated else { jump "fault"; }
                at "mlock_fixup";
                MmapWriteLock;
                SetMlocked;
            },
        ),
    ]
}
