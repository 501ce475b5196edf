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
                why "The word of the clear. Not asked whether it is present: a writable device-private word \
                     tests dirty on x86.";
                if PteDirty { MarkFolioDirty; }
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
        },
    )
    .on(model::Profile::V6_1)
}
