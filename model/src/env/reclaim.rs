//! Reclaim of anonymous pages (mm/vmscan.c `shrink_folio_list`, `pageout`, `__remove_mapping`; mm/rmap.c
//! `try_to_unmap_one`; mm/page_io.c `swap_writepage`; 6.0 and 6.1).
//!
//! Never merged: the exchange and the flush; the refcount freeze and the dirty test after it (in that order,
//! because a GUP holder dirties the page and then drops its reference); the start and the end of a write to
//! swap. What is kept stays isolated until the batch has been flushed, so that no second reclaimer can free a
//! page that this one has unmapped and not flushed. The reference check only clears A: ageing that keeps a
//! young page one more round is left out.

use crate::code::Named;
use crate::listing;

pub(super) fn listings() -> Vec<Named> {
    vec![
        (
            "reclaim",
            listing! {
                at "shrink_inactive_list";
                DrainLru;
                each_page {
                    at "isolate_lru_folios";
                    IsolateForReclaim else { next; }
                    call "shrink_folio";
                    if MoreToReclaim { again; }
                }
                call "end_of_batch";
            },
        ),
        (
            "age",
            listing! {
                at "folio_referenced_one";
                if Mapped {
                    each_mapping {
                        LockPtl;
                        ClearYoung;
                        UnlockPtl;
                    }
                }
            },
        ),
        (
            "keep",
            listing! {
                at "shrink_folio_list";
                UnlockFolio;
                KeepIsolated;
            },
        ),
        (
            "activate",
            listing! {
                at "shrink_folio_list";
                if SwapFull { FreeSwap; }
                call "keep";
            },
        ),
        (
            "shrink_folio",
            listing! {
                at "shrink_folio_list";
                TrylockFolio else { KeepIsolated; return; }
                if UnderWriteback { call "keep"; return; }
                unless IgnoresReferences { call "age"; }
                if SwapBacked {
                    unless InSwapCache {
                        if MaybePinned { call "keep"; return; }
                        at "add_to_swap";
                        AddToSwap else { call "activate"; return; }
                    }
                }
                if Mapped {
                    call "unmap";
                    if Mapped { call "activate"; return; }
                }
                at "shrink_folio_list";
                if FolioDirty {
                    at "try_to_unmap_flush_dirty";
                    if PendingDirty { FlushPending; BatchDone; }
                    at "pageout";
                    Freeable else { call "keep"; return; }
                    ClearDirtyForIo;
                    at "swap_writepage";
                    if FreeSwap { call "keep"; return; }
                    StartWriteback;
                    if WritebackLater { KeepIsolated; return; }
                    WriteSlot;
                    EndWriteback;
                    at "shrink_folio_list";
                    TrylockFolio else { KeepIsolated; return; }
                    if FolioDirty { call "keep"; return; }
                    if UnderWriteback { call "keep"; return; }
                }
                at "__remove_mapping";
                FreezeRefs else { call "keep"; return; }
                if InSwapCache {
                    CleanAfterFreeze else { Unfreeze; call "keep"; return; }
                    RemoveFromSwapCache;
                }
                at "shrink_folio_list";
                UnlockFolio;
                QueueFree;
            },
        ),
        (
            "unmap",
            listing! {
                each_mapping {
                    at "try_to_unmap_one";
                    InvalidateMirror;
                    LockPtl;
                    MapsFolio else { UnlockPtl; next; }
                    if VmaLocked { UnlockPtl; return; }
                    Exclusive;
                    if DefersFlush {
                        ClearPte;
                        BatchFlush;
                    } else {
                        ClearPte;
                        FlushPage;
                    }
                    if PteDirty { MarkFolioDirty; }
                    unless SwapBacked {
                        ReadRefs;
                        Discardable else {
                            RestorePte;
                            unless StaysLazyFree { SetSwapBacked; }
                            UnlockPtl;
                            return;
                        }
                        DropMapping;
                        UnlockPtl;
                        next;
                    }
                    DupSlot;
                    if Exclusive {
                        at "page_try_share_anon_rmap";
                        ShareAnon else {
                            at "try_to_unmap_one";
                            UndupSlot;
                            RestorePte;
                            UnlockPtl;
                            return;
                        }
                        at "try_to_unmap_one";
                    }
                    InstallSwapEntry;
                    RemoveRmap;
                    UnlockPtl;
                }
            },
        ),
        (
            "end_of_batch",
            listing! {
                at "try_to_unmap_flush";
                if PendingFlush { FlushPending; BatchDone; }
                at "free_unref_page_list";
                FreeBatch;
                at "move_folios_to_lru";
                if KeptSome { PutBackKept; }
            },
        ),
    ]
}
