//! Linux 7.3: 7.0-rc6, and the folio is marked dirty only for a present entry. The split window is still there.

use crate::version::{Provenance, Version};
use model::listing;

pub fn version() -> Version {
    Version::new(
        "7.3",
        "7.0-rc6, D marks the folio only if the entry is present",
        Provenance {
            author: "Balbir Singh; present guard by Kefeng Wang",
            date: "7.3",
            source: "7.3.4; guard: mail 20260708003955.4024340-1",
        },
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
    .loses_elsewhere()
}
