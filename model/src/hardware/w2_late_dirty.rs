//! W2, late D: the store is done first, and D is ORed later into whatever the page-table word is by then.
//!
//! Stands for a CPU that keeps the entry's address and sets the bit blindly, which Linus Torvalds in 2001 did
//! not find excluded by the manuals, and for dirty updates that are not ordered with the access (Cortex-A55
//! erratum 1024718, Cortex-A510 2051678: Linux turns hardware dirty off there).

use super::{Mode, hw0};

pub(super) const MODE: Mode = Mode {
    name: "w2",
    title: "D is set after the store, in whatever the word is by then",
    stands_for: "unordered dirty updates: Cortex-A55 1024718, Cortex-A510 2051678",
    dirty_first: false,
    ..hw0::MODE
};
