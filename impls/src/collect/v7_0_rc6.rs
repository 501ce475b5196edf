//! Linux 7.0-rc6: 6.1, and a large folio is split on the spot.
//!
//! The split sleeps, so the page-table lock is dropped around it, with the flush of the pages collected so far still owed:
//! the window that 60bae7370896 had closed is open again. The lock is retaken and the same page looked at once more; if
//! the folio does not split, the rest of the range is skipped, and the flush comes after the unlock.

use crate::version::{Provenance, Version};
use model::listing;

pub fn version() -> Version {
    Version::new(
        "7.0-rc6",
        "6.1, page-table lock dropped around a folio split with the flush owed",
        Provenance { author: "Balbir Singh", date: "7.0-rc6", source: "022a12deda53" },
        listing! {
            at "migrate_vma_collect_pmd";
            LockPtl;
            each_page {
                ReadPte;
                if CollectHole { next; }
                Collectable else { next; }
                if LargeFolio {
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
                if PteDirty { MarkFolioDirty; }
                if PtePresent { CarryYoungDirty; }
                InstallMigrationEntry;
                RemoveRmap;
            }
            if AnyCleared { FlushRange; }
            UnlockPtl;
        },
    )
    .on("7.0-rc6")
    .loses_elsewhere()
}
