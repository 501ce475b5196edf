//! Extra references and pins (mm/gup.c `gup_pte_range`). The TLB plays no role; A and D are not touched.
//!
//! David Hildenbrand's protocol of September 2022: B1 read the entry, B2 it must permit the access, B3 take
//! the reference or pin, B4 the entry must be what it was (any difference counts, the hardware's A and D
//! too), B5 a read-only entry must map an exclusive page for a pin, else the page is unshared first. Against
//! it stand A1 to A4 of whoever unmaps: clear the entry, look for pins, clear the exclusive mark, store the
//! new entry ([`crate::Action::ShareAnon`] is A2, with A3 as a step of its own).
//!
//! What was held for write is dirtied before it is let go (`set_page_dirty_lock`): late, when the device is
//! done.

use crate::code::Named;
use crate::listing;

pub(super) fn listings() -> Vec<Named> {
    vec![
        (
            "get",
            listing! {
                at "gup_pte_range";
                ReadPte;
                if Holding { return; }
                GupPermitted else { jump "fault"; }
                unless PteZeroPage {
                    TryGetFolio else { retry; }
                    PteRecheck else { PutFolio; retry; }
                }
                Hold;
            },
        ),
        (
            "pin",
            listing! {
                at "gup_pte_range";
                ReadPte;
                if HoldingPin { return; }
                GupPermitted else { jump "fault"; }
                unless PteZeroPage {
                    TryPinFolio else { retry; }
                    PteRecheck else { UnpinFolio; retry; }
                    PinAllowed else { UnpinFolio; MmapReadLock; jump "write_protect"; }
                }
                HoldPin;
            },
        ),
        (
            "put",
            listing! {
                if EndIo {
                    at "set_page_dirty_lock";
                    LockFolio;
                    MarkFolioDirty;
                    UnlockFolio;
                }
                at "put_page";
                Release;
            },
        ),
        (
            "unpin",
            listing! {
                if EndIo {
                    at "set_page_dirty_lock";
                    LockFolio;
                    MarkFolioDirty;
                    UnlockFolio;
                }
                at "unpin_user_page";
                ReleasePin;
            },
        ),
        (
            "dma",
            listing! {
                at "device";
                DmaStore;
            },
        ),
    ]
}
