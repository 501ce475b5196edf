//! fork of a child, and its exit (kernel/fork.c `dup_mmap`, mm/memory.c `copy_pte_range`, mm/mmap.c
//! `exit_mmap`).
//!
//! fork holds the mmap lock for write, so that it excludes faults, madvise and migrations of the parent, but
//! neither its running threads nor reclaim. D stays set in both entries; the parent's is write-protected by
//! one atomic clear, after the word was read; the flush comes last, for the whole address space. A pinned
//! page is copied at once.

use crate::code::Named;
use crate::listing;

pub(super) fn listings() -> Vec<Named> {
    vec![
        (
            "fork",
            listing! {
                at "dup_mmap";
                MmapWriteLock;
                if ChildExists { return; }
                BeginFork;
                at "copy_pte_range";
                LockBothPtls;
                each_page {
                    ReadPte;
                    if PteNone { next; }
                    if PtePresent {
                        if PteZeroPage { CopyPteToChild; next; }
                        at "copy_present_pte";
                        DupAnonRmap else {
                            at "copy_present_page";
                            AllocZeroed else { jump "fork_fails"; }
                            CopyFolio;
                            MapCopyInChild;
                            at "copy_pte_range";
                            next;
                        }
                        if PteWritable { WriteProtect; }
                        CopyPteToChild;
                        at "copy_pte_range";
                        next;
                    }
                    at "copy_nonpresent_pte";
                    if PteSwap { DupSlotOfEntry; CopySwapEntry; }
                    if PteMigration { CopyMigrationEntry; }
                    if PteDevice { DupDeviceRmap; CopyDeviceEntry; }
                    if PteDeviceExclusive {
                        GetExclusiveFolio;
                        UnlockBothPtls;
                        LockFolio;
                        LockBothPtls;
                        RestoreExclusiveEntry;
                        UnlockFolio;
                        PutFolio;
                        again;
                    }
                    at "copy_pte_range";
                }
                UnlockBothPtls;
                at "flush_tlb_mm";
                FlushMm;
                at "dup_mmap";
                EndFork;
            },
        ),
        (
            "exit",
            listing! {
                at "exit_mmap";
                BeginExit;
                call "exit_mmap";
            },
        ),
        (
            "fork_fails",
            listing! {
                at "dup_mmap";
                UnlockBothPtls;
                at "flush_tlb_mm";
                FlushMm;
                EnterChild;
                call "exit_mmap";
            },
        ),
        (
            "exit_mmap",
            listing! {
                if UnmapDrains { DrainLru; }
                LockPtl;
                at "zap_pte_range";
                each_page {
                    ReadPte;
                    if PtePresent {
                        ClearPte;
                        ZapRmap;
                        next;
                    }
                    if PteSwap { FreeSwapAndCache; }
                    if PteDevice { ZapDevice; }
                    if PteDeviceExclusive { ZapDevice; }
                    unless PteNone { ClearEntry; }
                }
                UnlockPtl;
                at "tlb_finish_mmu";
                FlushMm;
                FreeBatch;
                at "exit_mmap";
                EndExit;
            },
        ),
    ]
}
