//! v1, "mm/migrate_device.c: Copy pte dirty bit to page": the folio is marked dirty if the entry *was read*
//! dirty.
//!
//! The read comes before the clear, and the hardware may set D in between.

use crate::version::{Provenance, Scenario, Version};
use model::listing;

pub fn version() -> Version {
    Version::new(
        "v1",
        "dirty bit taken from the word read before the clear",
        Provenance { author: "Alistair Popple", date: "2022-08-12", source: "mail a9daea36..., v1 1/2" },
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
                why "The word of the read: a D that the hardware set before the clear is missed (S3).";
                if PteDirty { MarkFolioDirty; }
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
    .loses(&[Scenario::S2a, Scenario::S3, Scenario::S3r])
}
