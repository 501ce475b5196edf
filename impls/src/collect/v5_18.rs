//! Linux up to 5.18: no page is exclusive yet, every entry is cleared the same way.
//!
//! The word that the clear returns is thrown away, and the one flush of the range comes after the page-table
//! lock is dropped, for writable pages too.

use crate::version::{Provenance, Scenario, Version};
use model::listing;

pub fn version() -> Version {
    Version::new(
        "5.18",
        "no exclusive pages, dirty bit dropped, flush after the page-table lock",
        Provenance { author: "Jérôme Glisse", date: "5.18", source: "8c3328f1f36a" },
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
                why "For writable pages too, and without a flush so far: stores go on through old entries (S2b). \
                     The word that comes back is thrown away, and with it a D that was set since the read (S3).";
                ClearPteIgnored;
                why "No step before this has marked the folio dirty: D ends with the word that was cleared (S1, \
                     S1b).";
                InstallMigrationEntry;
                RemoveRmap;
            }
            UnlockPtl;
            if AnyCleared {
                why "After the unlock: MADV_DONTNEED can come and return first, and loads and stores still hit \
                     the old page (S2a, S2b).";
                FlushRange;
            }
        },
    )
    .on(model::Profile::V5_18)
    .loses(&[Scenario::S1, Scenario::S1b, Scenario::S2a, Scenario::S2b, Scenario::S3])
}
