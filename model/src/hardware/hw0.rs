//! HW-0, the contract that Linux relies on (Herrenschmidt 2016: the dirty value that an atomic clear returns
//! is final; Gorman 2015: a write through the entry of a clean page that was unmapped must trap).
//!
//! A store through a clean entry goes to the page table, and one locked update re-checks P and W and sets D
//! in the page table and the TLB; only then the data are written, as a step of its own. An entry with D=1
//! writes without looking until it is flushed. Sources: AMD APM (A and D are never set for a not-present
//! page); Arm ARM R_PQJJR, R_SGJBL, I_YZSVV; RISC-V Svadu 1.0. Intel documents it only in effect (SDM 4.8,
//! 4.10.4.3).

use super::Mode;

pub(super) const MODE: Mode = Mode {
    name: "hw0",
    title: "D set by one locked update that re-checks the entry, before the store",
    stands_for: "x86, Arm FEAT_HAFDBS, RISC-V Svadu",
    sets_dirty: true,
    clean_hit_walks: true,
    dirty_first: true,
    rechecks_present: true,
    rechecks_write: true,
    atomic: true,
    flush_waits_for_access: true,
};
