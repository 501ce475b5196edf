//! W7, late store: a CPU may answer a shoot-down before a store that it has already translated is visible.
//!
//! CVE-2025-10263 (Arm Cortex-A76 to X925, Neoverse N1 to V3, C1-Ultra and C1-Premium): a broadcast
//! invalidate can complete before stores through the invalidated entry are globally visible. The cure in
//! Linux (cfd391e74134, June 2026) is to invalidate and wait a second time: `flush=double`.

use super::{Mode, hw0};

pub(super) const MODE: Mode = Mode {
    name: "w7",
    title: "a shoot-down is answered while a translated access is still under way",
    stands_for: "Arm, CVE-2025-10263 (Cortex-A76 4193800 and others)",
    flush_waits_for_access: false,
    ..hw0::MODE
};
