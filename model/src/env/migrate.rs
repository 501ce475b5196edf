//! The rest of `migrate_vma` (mm/migrate_device.c, mm/migrate.c) and the test driver around it
//! (lib/test_hmm.c).
//!
//! Order as a driver sees it: collect and unmap; allocate, **copy the data**; `migrate_vma_pages`, which
//! decides; finalize. The copy comes before the decision. Other mappings of a collected page (a child's) are
//! replaced by `try_to_migrate`, the slow path, which flushes at once and has always carried D over
//! (mm/rmap.c `try_to_migrate_one`).

use crate::code::Named;
use crate::listing;

pub(super) fn listings() -> Vec<Named> {
    vec![
        (
            "migrate",
            listing! {
                MmapReadLock;
                BeginMigrate;
                call "collect";
                unless NothingCollected {
                    call "device_unmap";
                    call "alloc_and_copy";
                    call "pages";
                    call "finalize";
                }
                if HasFaultPage {
                    at "do_swap_page";
                    PutFaultPage;
                    if OutOfMemory { finish; }
                    retry;
                }
            },
        ),
        (
            "device_unmap",
            listing! {
                at "migrate_device_unmap";
                DrainLru;
                each_page {
                    SourcePage else { next; }
                    unless DeviceSource {
                        IsolateLru else { MarkRestore; next; }
                        PutFolio;
                    }
                    if Mapped { call "try_to_migrate"; }
                    at "migrate_device_unmap";
                    CheckRefs else {
                        unless DeviceSource { GetFolio; PutBackLru; }
                        MarkRestore;
                        next;
                    }
                }
                each_page {
                    Restoring else { next; }
                    call "remove_migration_ptes";
                    at "migrate_device_unmap";
                    UnlockFolio;
                    PutFolio;
                    ForgetSource;
                }
            },
        ),
        (
            "try_to_migrate",
            listing! {
                at "try_to_migrate_one";
                each_mapping {
                    InvalidateMirror;
                    LockPtl;
                    MapsSource else { UnlockPtl; next; }
                    Exclusive;
                    ClearPte;
                    if PtePresent { FlushPage; }
                    if PteDirty { MarkFolioDirty; }
                    if Exclusive {
                        ShareAnon else { RestorePte; UnlockPtl; return; }
                    }
                    ReplaceByMigrationEntry;
                    RemoveRmap;
                    UnlockPtl;
                }
            },
        ),
        (
            "remove_migration_ptes",
            listing! {
                at "remove_migration_pte";
                each_mapping {
                    LockPtl;
                    RemoveMigrationPte;
                    UnlockPtl;
                }
            },
        ),
        (
            "alloc_and_copy",
            listing! {
                at "driver alloc_and_copy";
                each_page {
                    Migrating else { next; }
                    AllocDst else { next; }
                    CopyToDst;
                }
            },
        ),
        (
            "pages",
            listing! {
                at "migrate_vma_pages";
                each_page {
                    Migrating else { next; }
                    HasDst else { ClearMigrate; next; }
                    if SourcePage {
                        if RefusesMapping {
                            FreesSwap else { ClearMigrate; next; }
                            at "folio_free_swap";
                            FreeSwap else { ClearMigrate; next; }
                        }
                        at "migrate_folio";
                        MigrateMapping else { ClearMigrate; next; }
                    } else {
                        at "migrate_vma_insert_page";
                        LockPtl;
                        Insertable else { UnlockPtl; ClearMigrate; next; }
                        if PtePresent {
                            ClearPte;
                            FlushPage;
                        }
                        InsertPage;
                        UnlockPtl;
                    }
                }
            },
        ),
        (
            "finalize",
            listing! {
                each_page {
                    at "migrate_vma_finalize";
                    if SourcePage {
                        unless Migrating {
                            if HasDst { UnlockDst; PutDst; }
                        }
                        call "remove_migration_ptes";
                        at "migrate_vma_finalize";
                        UnlockSrc;
                        PutSrc;
                    }
                    if HasDst { UnlockDst; PutDst; }
                }
            },
        ),
    ]
}
