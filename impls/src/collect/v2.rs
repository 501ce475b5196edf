//! v2: every entry is cleared and flushed at once, and the word that the clear returned is used.

use crate::version::{Provenance, Version};
use model::listing;

pub fn version() -> Version {
    Version::new(
        "v2",
        "eager: clear, flush and use the returned word, page by page",
        Provenance { author: "Alistair Popple", date: "2022-08-16", source: "mail 6e77914685ed..., v2 1/2" },
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
                ClearPte;
                if PtePresent {
                    why "For every page, exclusive or not: nothing is owed when the lock is dropped.";
                    FlushPage;
                }
                if Exclusive {
                    ShareAnon else {
                        why "The word of the clear goes back, with every D that the hardware set.";
                        RestorePte;
                        UnlockFolio;
                        PutFolio;
                        next;
                    }
                }
                why "The word of the clear: no D can be set after it.";
                if PteDirty { MarkFolioDirty; }
                InstallMigrationEntry;
                RemoveRmap;
            }
            UnlockPtl;
        },
    )
    .on(model::Profile::V5_19)
    .of_the_thread()
}
