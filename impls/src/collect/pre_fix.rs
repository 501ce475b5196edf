//! Linux 5.19 to 6.0-rc7: what the fix of August 2022 replaced.
//!
//! The word that the clear returns is thrown away, D with it, and the listing goes on with the word of the
//! earlier read. The range flush comes after the page-table lock is dropped.

use crate::version::{Provenance, Scenario, Version};
use model::listing;

pub fn version() -> Version {
    Version::new(
        "pre-fix",
        "dirty bit dropped, flush after the page-table lock",
        Provenance {
            author: "Jérôme Glisse; exclusive handling by David Hildenbrand",
            date: "5.19",
            source: "8c3328f1f36a, 6c287605fd56",
        },
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
                        why "A writable page owes no flush when the lock is dropped: this keeps S2b out of reach.";
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
            UnlockPtl;
            if AnyCleared {
                why "After the unlock: MADV_DONTNEED can come and return first, and a load still hit the old \
                     entry (S2a).";
                FlushRange;
            }
        },
    )
    .on(model::Profile::V5_19)
    .of_the_thread()
    .loses(&[Scenario::S1, Scenario::S1b, Scenario::S2a, Scenario::S3, Scenario::S3r])
}
