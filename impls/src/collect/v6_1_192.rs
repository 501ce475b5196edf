//! Linux 6.1.192: 6.1, and the folio is marked dirty only for a present entry.
//!
//! On x86 a writable device-private entry tests dirty; the guard keeps it from marking the device page.

use crate::version::{Provenance, Version};
use model::listing;
use model::listing::Node;

pub fn listing() -> Vec<Node> {
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
                    why "Not needed any more: GUP-fast re-checks the entry, and the flush below comes before the \
                         unlock (see DH+).";
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
            if PtePresentDirty { MarkFolioDirty; }
            why "A word that is not present has no A and no D.";
            if PtePresent { CarryYoungDirty; }
            InstallMigrationEntry;
            RemoveRmap;
        }
        if AnyCleared {
            why "Before the unlock: whoever takes the lock next finds no old entry behind a migration entry \
                 (60bae7370896).";
            FlushRange;
        }
        UnlockPtl;
    }
}

pub fn version() -> Version {
    Version::new(
        "6.1.192",
        "6.1, D marks the folio only if the entry is present",
        Provenance {
            author: "Alistair Popple; present guard by Kefeng Wang",
            date: "2026",
            source: "6.1.192 (Debian linux-source-6.1 6.1.192-2)",
        },
        listing(),
    )
    .on(model::Profile::V6_1_192)
}
