//! v3, patch 1 of 3 alone: the range flush comes before the page-table lock is dropped; D is still dropped.

use crate::version::{Provenance, Scenario, Version};
use model::listing;

pub fn version() -> Version {
    Version::new(
        "v3.1",
        "dirty bit dropped, flush before the page-table lock is dropped",
        Provenance { author: "Alistair Popple", date: "2022-08-24", source: "mail 3b01af09..., v3 1/3" },
        listing! {
            at "migrate_vma_collect_pmd";
            LockPtl;
            each_page {
                ReadPte;
                if CollectHole { next; }
                Collectable else { next; }
                if LargeFolio { next; }
                GetFolio;
                TrylockFolio else { PutFolio; next; }
                if Exclusive {
                    ClearPteIgnored;
                    if PtePresent {
                        why "Not needed any more: the flush below comes before the unlock (see DH+).";
                        FlushPage;
                    }
                    ShareAnon else {
                        why "The word of the read goes back, without a D that was set since (S3r).";
                        RestorePte;
                        UnlockFolio;
                        PutFolio;
                        next;
                    }
                } else {
                    ClearPteIgnored;
                }
                why "No step before this has marked the folio dirty: D ends with the word that was cleared (S1, \
                     S1b).";
                InstallMigrationEntry;
                RemoveRmap;
            }
            if AnyCleared {
                why "Before the unlock: whoever takes the lock next finds no old entry behind a migration entry \
                     (60bae7370896).";
                FlushRange;
            }
            UnlockPtl;
        },
    )
    .on(model::Profile::V5_19)
    .loses(&[Scenario::S1, Scenario::S1b, Scenario::S3, Scenario::S3r])
}
