//! v1, "mm/migrate_device.c: Copy pte dirty bit to page": the folio is marked dirty if the entry *was read* dirty.
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
                    if PtePresent { FlushPage; }
                    ShareAnon else { RestorePte; UnlockFolio; PutFolio; next; }
                } else {
                    ClearPteIgnored;
                }
                if PteDirty { MarkFolioDirty; }
                InstallMigrationEntry;
                RemoveRmap;
            }
            UnlockPtl;
            if AnyCleared { FlushRange; }
        },
    )
    .on("5.19")
    .of_the_thread()
    .loses(&[Scenario::S2a, Scenario::S3, Scenario::S3r])
}
