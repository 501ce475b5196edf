//! Linux 7.0-rc6: 6.1, and a large folio is split on the spot.
//!
//! The split sleeps, so the page-table lock is dropped around it, with the flush of the pages collected so
//! far still owed: the window that 60bae7370896 had closed is open again. The lock is retaken and the same
//! page looked at once more; if the folio does not split, the rest of the range is skipped, and the flush
//! comes after the unlock. And the folio's reference is taken behind the unlock, so that reclaim or
//! MADV_DONTNEED can free the folio before.

use crate::version::{Provenance, Scenario, Version};
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
    .on(model::Profile::V7_0Rc6)
    .loses(&[Scenario::S6])
}
