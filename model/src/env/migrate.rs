//! The rest of `migrate_vma` (mm/migrate_device.c, mm/migrate.c) and the test driver around it (lib/test_hmm.c).
//!
//! Order as a driver sees it: collect and unmap; allocate, **copy the data**; `migrate_vma_pages`, which decides;
//! finalize. The copy comes before the decision. With one address space no page has a second mapping, so
//! `try_to_migrate` finds nothing to do.

use crate::code::Named;
use crate::listing;

pub(super) fn listings() -> Vec<Named> {
    vec![
        (
            "migrate",
            listing! {
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
                    CheckRefs else {
                        unless DeviceSource { GetFolio; PutBackLru; }
                        MarkRestore;
                        next;
                    }
                }
                each_page {
                    Restoring else { next; }
                    at "remove_migration_pte";
                    LockPtl;
                    RemoveMigrationPte;
                    UnlockPtl;
                    at "migrate_device_unmap";
                    UnlockFolio;
                    PutFolio;
                    ForgetSource;
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
                        at "remove_migration_pte";
                        LockPtl;
                        RemoveMigrationPte;
                        UnlockPtl;
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
