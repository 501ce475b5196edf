//! Software dirty bit (W6 of the fact sheet): a store needs D in the entry and faults without it; the handler
//! sets D under the page-table lock.
//!
//! Stands for RISC-V Svade (privileged specification: A=0, or a store with D=0, raises a page fault), for Arm
//! without DBM (a clean page is mapped read-only, so that hardware cannot tell), LoongArch without its
//! page-table walker. A is set by hardware here, as on Arm with the access flag managed by hardware: losing A
//! is ageing only.

use super::{Mode, hw0};

pub(super) const MODE: Mode = Mode {
    name: "sw-dirty",
    title: "D set by the fault handler, under the page-table lock",
    stands_for: "RISC-V Svade, Arm without DBM",
    sets_dirty: false,
    ..hw0::MODE
};
