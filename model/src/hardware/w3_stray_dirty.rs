//! W3, stray A and D: a CPU that is about to fault may set A and D in a word whose P was just cleared. The
//! store does not happen.
//!
//! Intel Xeon Phi x200 (Knights Landing), erratum KNL4, 2016. Linux ignores A and D when it asks whether an
//! entry is empty, and keeps both bits out of the swap format (00839ee3b299).

use super::{Mode, hw0};

pub(super) const MODE: Mode = Mode {
    name: "w3",
    title: "A and D may stray into a word that was just cleared; no store happens",
    stands_for: "Intel Xeon Phi x200, erratum KNL4",
    rechecks_present: false,
    rechecks_write: false,
    ..hw0::MODE
};
