//! Page faults (mm/memory.c, 6.0 and 6.1: `handle_pte_fault`, `do_anonymous_page`, `do_wp_page`,
//! `do_swap_page` for entries that are not swap).

use crate::code::Named;
use crate::listing;

pub(super) fn listings() -> Vec<Named> {
    vec![
        (
            "fault",
            listing! {
                at "handle_pte_fault";
                MmapReadLock;
                if WriteForbidden { finish; }
                ReadPte;
                if PteNone { jump "anonymous"; }
                if PteSwap { jump "swap_in"; }
                if PteMigration { jump "migration_wait"; }
                if PteDevice { jump "device_fault"; }
                if PteDeviceExclusive { jump "exclusive_fault"; }
                if WriteProtected { jump "write_protect"; }
                LockPtl;
                PteSame else { UnlockPtl; retry; }
                SetAccessFlags;
                UnlockPtl;
                retry;
            },
        ),
        (
            "anonymous",
            listing! {
                at "do_anonymous_page";
                if IsStore {
                    AllocZeroed else { finish; }
                    LockPtl;
                    PteSame else { UnlockPtl; PutNew; retry; }
                    MapNewAnon;
                    UnlockPtl;
                    retry;
                }
                LockPtl;
                PteSame else { UnlockPtl; retry; }
                MapZeroPage;
                UnlockPtl;
                retry;
            },
        ),
        (
            "migration_wait",
            listing! {
                at "migration_entry_wait";
                LockPtl;
                PteSame else { UnlockPtl; retry; }
                UnlockPtl;
                WaitFolio;
                retry;
            },
        ),
        (
            "write_protect",
            listing! {
                at "do_wp_page";
                LockPtl;
                PteSame else { UnlockPtl; retry; }
                if NormalPage {
                    if Exclusive {
                        at "wp_page_reuse";
                        unless Unsharing { ReusePte; }
                        UnlockPtl;
                        retry;
                    }
                    at "do_wp_page";
                    if TrylockSole {
                        if InSwapCache { FreeSwap; }
                        if SoleOwner {
                            MakeExclusive;
                            UnlockFolio;
                            at "wp_page_reuse";
                            unless Unsharing { ReusePte; }
                            UnlockPtl;
                            retry;
                        }
                        at "do_wp_page";
                        UnlockFolio;
                    }
                    GetFolio;
                }
                at "wp_page_copy";
                UnlockPtl;
                AllocZeroed else {
                    unless PteZeroPage { PutFolio; }
                    finish;
                }
                unless PteZeroPage { CopyFolio; }
                InvalidateMirror;
                LockPtl;
                PteSame else {
                    UnlockPtl;
                    PutNew;
                    unless PteZeroPage { PutFolio; }
                    retry;
                }
                ClearPte;
                FlushPage;
                MapNewAnon;
                unless PteZeroPage { RemoveOldRmap; }
                UnlockPtl;
                unless PteZeroPage {
                    at "free_swap_cache";
                    FreeSwapOfUnmapped;
                    PutFolio;
                }
                retry;
            },
        ),
        (
            "device_fault",
            listing! {
                at "do_swap_page";
                if TakesFaultRef {
                    LockPtl;
                    PteSame else { UnlockPtl; retry; }
                    GetFaultPage;
                    UnlockPtl;
                }
                jump "migrate";
            },
        ),
        (
            "exclusive_fault",
            listing! {
                at "remove_device_exclusive_entry";
                LockPtl;
                PteSame else { UnlockPtl; retry; }
                GetExclusiveFolio;
                UnlockPtl;
                LockFolio;
                InvalidateMirror;
                LockPtl;
                if PteSame { RestoreExclusiveEntry; }
                UnlockPtl;
                UnlockFolio;
                PutFolio;
                retry;
            },
        ),
    ]
}
