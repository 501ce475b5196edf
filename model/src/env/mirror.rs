//! A device that works on system memory: through a mirror of the page table (mm/hmm.c `hmm_range_fault`,
//! lib/test_hmm.c), and with exclusive access (mm/rmap.c `make_device_exclusive_range`). Pages in device
//! memory are left alone, as the recorded runs did.

use crate::code::Named;
use crate::listing;

pub(super) fn listings() -> Vec<Named> {
    vec![
        (
            "device_access",
            listing! {
                at "hmm_range_fault";
                ReadPte;
                if PteDevice { return; }
                at "dmirror_do_read";
                if MirrorHolds {
                    MirrorAccess else { retry; }
                    return;
                }
                at "hmm_range_fault";
                GupPermitted else { jump "fault"; }
                at "dmirror_do_access";
                MirrorAccess else { retry; }
            },
        ),
        (
            "device_exclusive",
            listing! {
                at "make_device_exclusive_range";
                ReadPte;
                if PteDevice { return; }
                GupPermitted else { jump "fault"; }
                TryGetFolio else { retry; }
                PteRecheck else { PutFolio; retry; }
                at "follow_page_pte";
                if TouchesClean { MarkFolioDirty; }
                at "make_device_exclusive_range";
                MmapReadLock;
                TrylockFolio else { PutFolio; return; }
                each_mapping {
                    at "page_make_device_exclusive_one";
                    InvalidateMirror;
                    LockPtl;
                    MapsFolio else { UnlockPtl; next; }
                    ClearPte;
                    FlushPage;
                    if PteDirty { MarkFolioDirty; }
                    InstallExclusiveEntry;
                    MirrorExclusive;
                    UnlockPtl;
                }
                at "make_device_exclusive_range";
                UnlockFolio;
                PutFolio;
            },
        ),
    ]
}
