//! Linux 6.1: v3, and the migration entry carries A and D of a present entry, where it has room for them.

use crate::version::{Provenance, Version};
use model::listing;

pub fn version() -> Version {
    Version::new(
        "6.1",
        "v3, the migration entry carries young and dirty",
        Provenance {
            author: "Alistair Popple; young and dirty by Peter Xu",
            date: "6.1",
            source: "2e3468778dbe, on top of fd35ca3d12cc",
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
    .on("6.1")
}
