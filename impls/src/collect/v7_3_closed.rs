//! Linux 7.3 with the split window closed: what is owed is flushed before the page-table lock is dropped.
//!
//! No release has this; it is the smallest change that keeps the rule of 60bae7370896.

use crate::version::{Provenance, Version};
use model::listing;

pub fn version() -> Version {
    Version::new(
        "7.3-closed",
        "7.3, flushed before the page-table lock is dropped for a split",
        Provenance { author: "proposed here", date: "-", source: "7.3 with one line more" },
        listing! {
            at "migrate_vma_collect_pmd";
            LockPtl;
            each_page {
                ReadPte;
                if CollectHole { next; }
                Collectable else { next; }
                if LargeFolio {
                    if AnyCleared { FlushRange; }
                    UnlockPtl;
                    GetFolio;
                    LockFolio;
                    SplitFolio else {
                        UnlockFolio;
                        PutFolio;
                        if AnyCleared { FlushRange; }
                        return;
                    }
                    UnlockFolio;
                    PutFolio;
                    LockPtl;
                    again;
                }
                GetFolio;
                TrylockFolio else { PutFolio; next; }
                if Exclusive {
                    ClearPte;
                    if PtePresent { FlushPage; }
                    ShareAnon else { RestorePte; UnlockFolio; PutFolio; next; }
                } else {
                    ClearPte;
                }
                if PtePresentDirty { MarkFolioDirty; }
                if PtePresent { CarryYoungDirty; }
                InstallMigrationEntry;
                RemoveRmap;
            }
            if AnyCleared { FlushRange; }
            UnlockPtl;
        },
    )
    .on("7.3")
}
