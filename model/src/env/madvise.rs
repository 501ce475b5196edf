//! madvise (mm/madvise.c `madvise_cold_or_pageout_pte_range`, `madvise_free_pte_range`; mm/memory.c
//! `zap_pte_range`; mm/mmu_gather.c; 6.1).
//!
//! Each call drains this CPU's LRU batches first (MADV_DONTNEED up to 6.13 only), opens an mmu gather, works
//! under the page-table lock, and flushes after dropping it: before it returns, and before a page is freed. A
//! gather that finds another one active flushes even if it owes nothing (99baac21e458, 4647706ebeee).

use crate::code::Named;
use crate::listing;

pub(super) fn listings() -> Vec<Named> {
    vec![
        (
            "pageout",
            listing! {
                at "madvise_pageout";
                MmapReadLock;
                if VmaLocked { return; }
                DrainLru;
                GatherBegin;
                at "madvise_cold_or_pageout_pte_range";
                LockPtl;
                if BatchPending { FlushMm; }
                ReadPte;
                if PageOutable {
                    if PteYoung {
                        ClearPte;
                        SetOld;
                    }
                    IsolateLru;
                }
                UnlockPtl;
                if Isolated {
                    call "shrink_folio";
                    call "end_of_batch";
                }
                call "end_gather";
            },
        ),
        (
            "free",
            listing! {
                at "madvise_free_single_vma";
                MmapReadLock;
                if VmaLocked { return; }
                BeginDiscard;
                DrainLru;
                GatherBegin;
                InvalidateMirror;
                at "madvise_free_pte_range";
                LockPtl;
                if BatchPending { FlushMm; }
                each_page {
                    ReadPte;
                    if PteSwap {
                        FreeSwapAndCache;
                        ClearEntry;
                        next;
                    }
                    NormalPage else { next; }
                    if CachedOrDirty {
                        TrylockFolio else { next; }
                        MappedOnce else { UnlockFolio; next; }
                        if InSwapCache {
                            FreeSwap else { UnlockFolio; next; }
                        }
                        ClearFolioDirty;
                        UnlockFolio;
                    }
                    if PteYoungOrDirty {
                        ClearPte;
                        SetOldClean;
                    }
                    at "mark_page_lazyfree";
                    MarkLazyFree;
                }
                at "madvise_free_pte_range";
                UnlockPtl;
                call "end_gather";
            },
        ),
        (
            "dontneed",
            listing! {
                at "zap_page_range";
                MmapReadLock;
                if VmaLocked { return; }
                BeginDiscard;
                if UnmapDrains { DrainLru; }
                GatherBegin;
                InvalidateMirror;
                at "zap_pte_range";
                LockPtl;
                if BatchPending { FlushMm; }
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
                call "end_gather";
            },
        ),
        (
            "end_gather",
            listing! {
                at "tlb_finish_mmu";
                if GatherOwesFlush { FlushRange; }
                FreeBatch;
                GatherEnd;
            },
        ),
        (
            "swapmax",
            listing! {
                at "swap_max_write";
                SetSwapMax;
            },
        ),
    ]
}
