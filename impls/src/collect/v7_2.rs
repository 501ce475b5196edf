//! Linux 7.2: 7.0-rc6, and the folio is marked dirty only for a present entry.
//!
//! The split window of 7.0-rc6 is still there, and so is the other one: the folio's reference is taken behind
//! the unlock.

use crate::version::{Provenance, Scenario, Version};
use model::listing;

pub fn version() -> Version {
    Version::new(
        "7.2",
        "7.0-rc6, D marks the folio only if the entry is present",
        Provenance {
            author: "Balbir Singh; present guard by Kefeng Wang",
            date: "7.2",
            source: "7.2.6; guard: mail 20260708003955.4024340-1",
        },
        listing! {
            at "migrate_vma_collect_pmd";
            LockPtl;
            each_page {
                ReadPte;
                if CollectHole { next; }
                Collectable else { next; }
                if LargeFolio {
                    why "Splitting sleeps. Pages collected so far are cleared, but other CPUs may still have \
                         them in their TLBs: MADV_DONTNEED can return now (S2a again).";
                    UnlockPtl;
                    why "In migrate_vma_split_folio, after the unlock: nothing keeps the folio in between. 7.3 takes \
                         the reference under the lock.";
                    GetFolio;
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
    .on(model::Profile::V7_0Rc6)
    .loses(&[Scenario::S6])
}
