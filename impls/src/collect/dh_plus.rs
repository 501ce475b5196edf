//! DH+: no page is flushed at its clear, exclusive or not; one flush under the page-table lock serves them all.
//!
//! The posting ignored the word that the clear returns, since it was made for the tree before v3; here the word is used.
//! Writable, dirty entries stay in other CPUs' TLBs until the end of the range.

use crate::version::{Provenance, Version};
use model::listing;

pub fn version() -> Version {
    Version::new(
        "DH+",
        "one unconditional clear, every flush deferred to before the unlock",
        Provenance {
            author: "David Hildenbrand",
            date: "2022-09-01",
            source: "mail 20220901083559.67446-1, with the returned word",
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
                ClearPte;
                if Exclusive {
                    ShareAnon else { RestorePte; UnlockFolio; PutFolio; next; }
                }
                if PteDirty { MarkFolioDirty; }
                InstallMigrationEntry;
                RemoveRmap;
            }
            if AnyCleared { FlushRange; }
            UnlockPtl;
        },
    )
    .on("6.0")
}
