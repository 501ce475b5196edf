//! Linux 7.3: 7.2, and the reference on the large folio is taken before the unlock. The split window is still
//! there.

use crate::version::{Provenance, Scenario, Version};
use model::listing;

pub fn version() -> Version {
    Version::new(
        "7.3",
        "7.2, reference on the large folio taken before the unlock",
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
                    why "Under the page-table lock, which keeps the folio until then (7.2 takes it behind the unlock).";
                    GetFolio;
                    why "Splitting sleeps. Pages collected so far are cleared, but other CPUs may still have \
                         them in their TLBs: MADV_DONTNEED can return now (S2a again).";
                    UnlockPtl;
                    LockFolio;
                    SplitFolio else {
                        UnlockFolio;
                        PutFolio;
                        why "The flush of what was cleared, after the unlock; the rest of the range is skipped.";
                        if AnyCleared { FlushRange; }
                        return;
                    }
                    UnlockFolio;
                    PutFolio;
                    LockPtl;
                    why "The same entry once more, now of a small folio; the flush is still owed.";
                    again;
                }
                GetFolio;
                TrylockFolio else { PutFolio; next; }
                if Exclusive {
                    ClearPte;
                    if PtePresent {
                        why "Needed again: without it a writable page would owe its flush in the split window (S2b).";
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
        },
    )
    .on(model::Profile::V7_3)
    .loses(&[Scenario::S6])
}
