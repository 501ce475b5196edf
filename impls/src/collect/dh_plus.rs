//! DH+: no page is flushed at its clear, exclusive or not; one flush under the page-table lock serves them
//! all.
//!
//! The posting ignored the word that the clear returns, since it was made for the tree before v3; here the
//! word is used. Writable, dirty entries stay in other CPUs' TLBs until the end of the range.

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
                why "Exclusive or not, and no flush yet: a store through an old entry is possible until the end \
                     of the range, but only if D was set before, and then the word that comes back has it.";
                ClearPte;
                if Exclusive {
                    ShareAnon else {
                        why "The word of the clear goes back, with every D that the hardware set.";
                        RestorePte;
                        UnlockFolio;
                        PutFolio;
                        next;
                    }
                }
                why "The word of the clear: no D can be set after it.";
                if PteDirty { MarkFolioDirty; }
                InstallMigrationEntry;
                RemoveRmap;
            }
            if AnyCleared {
                why "Before the unlock, for writable pages too: this flush alone keeps S2a and S2b out of reach.";
                FlushRange;
            }
            UnlockPtl;
        },
    )
    .on(model::Profile::V6_0)
}
