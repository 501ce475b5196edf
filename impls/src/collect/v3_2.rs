//! v3, patch 2 of 3 alone: the returned word is used, the range flush stays after the page-table lock.

use crate::version::{Provenance, Scenario, Version};
use model::listing;

pub fn version() -> Version {
    Version::new(
        "v3.2",
        "returned word used, flush after the page-table lock",
        Provenance { author: "Alistair Popple", date: "2022-08-24", source: "mail ffbc824a..., v3 2/3" },
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
                    ClearPte;
                    if PtePresent {
                        why "A writable page owes no flush when the lock is dropped: this keeps S2b out of reach.";
                        FlushPage;
                    }
                    ShareAnon else {
                        why "The word of the clear goes back, with every D that the hardware set.";
                        RestorePte;
                        UnlockFolio;
                        PutFolio;
                        next;
                    }
                } else {
                    ClearPte;
                }
                why "The word of the clear: no D can be set after it.";
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
    .loses(&[Scenario::S2a])
}
