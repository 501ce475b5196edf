//! W4, plain read-modify-write: the D update loads the word, and later stores the whole of it with D set.
//!
//! A negative control: the store can bring a cleared entry back to life. It is also what a software dirty
//! handler does without the page-table lock (IA-64, fixed 2006 by d8117ce5a679).

use super::{Mode, hw0};

pub(super) const MODE: Mode = Mode {
    name: "w4",
    title: "the D update is a plain load and a later plain store of the whole word",
    stands_for: "nobody: a negative control; IA-64's handler before d8117ce5a679",
    atomic: false,
    ..hw0::MODE
};
