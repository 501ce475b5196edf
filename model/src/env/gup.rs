//! Extra references and pins (mm/gup.c `gup_pte_range`), read-only. The TLB plays no role; A and D are not touched.
//! A page that is not exclusive is not pinned at all (Linux would unshare it first).

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
                PtePresent else { jump "fault"; }
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
                PtePresent else { jump "fault"; }
                unless PteZeroPage {
                    TryPinFolio else { retry; }
                    PteRecheck else { UnpinFolio; retry; }
                    PinAllowed else { UnpinFolio; return; }
                }
                HoldPin;
            },
        ),
        (
            "put",
            listing! {
                at "put_page";
                Release;
            },
        ),
        (
            "unpin",
            listing! {
                at "unpin_user_page";
                ReleasePin;
            },
        ),
    ]
}
