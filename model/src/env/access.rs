//! A load or store by a user thread.
//!
//! Atomic: the TLB lookup with its walk (which sets A); the locked D update with its re-check; the data
//! access. The D update and the data access are two steps: Svadu 1.0 says so in words, and x86 and Arm allow
//! it. The CPU's rules ([`crate::Mode`]) decide which of the steps there are.

use crate::code::Named;
use crate::listing;

pub(super) fn listings() -> Vec<Named> {
    vec![(
        "access",
        listing! {
            at "user access";
            Translate else { jump "fault"; }
            if NeedsDirty {
                if WalkerLoads { WalkerRead else { retry; } }
                SetDirty else { retry; }
            }
            Access;
            if OwesDirty { LateDirty; }
        },
    )]
}
