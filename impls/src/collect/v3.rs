//! v3, merged for 6.0: exclusive pages are flushed at once, the others by one flush under the page-table
//! lock.

use crate::version::{Provenance, Version};
use model::listing;

pub fn version() -> Version {
    Version::new(
        "v3",
        "deferred: one range flush before the page-table lock is dropped",
        Provenance { author: "Alistair Popple", date: "2022-08-24", source: "60bae7370896, fd35ca3d12cc (6.0)" },
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
                        why "Not needed any more: GUP-fast re-checks the entry, and the flush below comes before \
                             the unlock (see DH+).";
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
            if AnyCleared {
                why "Before the unlock: whoever takes the lock next finds no old entry behind a migration entry \
                     (60bae7370896).";
                FlushRange;
            }
            UnlockPtl;
        },
    )
    .on(model::Profile::V6_0)
    .of_the_thread()
}
