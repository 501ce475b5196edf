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
                    why "Closes the window of 7.3: no flush is owed while the lock is dropped.";
                    if AnyCleared { FlushRange; }
                    GetFolio;
                    why "Nothing is owed here: what was cleared so far is flushed.";
                    UnlockPtl;
                    LockFolio;
                    SplitFolio else {
                        UnlockFolio;
                        PutFolio;
                        why "Nothing is left to flush; the line stays as it is in 7.3. The rest of the range is \
                             skipped.";
                        if AnyCleared { FlushRange; }
                        return;
                    }
                    UnlockFolio;
                    PutFolio;
                    LockPtl;
                    why "The same entry once more, now of a small folio.";
                    again;
                }
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
}
