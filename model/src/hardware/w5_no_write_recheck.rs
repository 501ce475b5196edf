//! W5, D without a re-check of W: if another CPU clears W at the same time, D may appear on a read-only
//! entry. The store does not retire: it faults.
//!
//! Intel before CET (SDM 4.8: some processors may leave D=1 with R/W=0; never on processors with CET).

use super::{Mode, hw0};

pub(super) const MODE: Mode = Mode {
    name: "w5",
    title: "D may appear on an entry that was just write-protected; no store happens",
    stands_for: "Intel before CET (SDM 4.8)",
    rechecks_write: false,
    ..hw0::MODE
};
