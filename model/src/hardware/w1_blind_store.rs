//! W1, blind store: a store through a cached entry with W=1, D=0 goes through without touching the page
//! table, and D is lost.
//!
//! Nobody ships it knowingly: it violates HW-0, and is the negative control that every version must fail. The
//! question was asked in 2001 (Kanoj Sarcar, "x86 ptep_get_and_clear question") and again in August 2022
//! (Popple, Huang).

use super::{Mode, hw0};

pub(super) const MODE: Mode = Mode {
    name: "w1",
    title: "a store through a cached clean entry goes through and leaves no D",
    stands_for: "nobody: a negative control (LKML, February 2001; August 2022)",
    clean_hit_walks: false,
    ..hw0::MODE
};
