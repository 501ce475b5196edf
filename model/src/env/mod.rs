//! The listings of everything around the operation under comparison.
//!
//! Function names are Linux's, in the release that each file names; the steps are in our own words.

mod access;
mod fault;
mod fork;
mod gup;
mod madvise;
mod migrate;
mod mirror;
mod protect;
mod reclaim;
mod swap_in;

use crate::code::Named;

/// The environment's listings, by name.
#[must_use]
pub fn environment() -> Vec<Named> {
    let mut all = Vec::new();
    all.extend(access::listings());
    all.extend(fault::listings());
    all.extend(swap_in::listings());
    all.extend(reclaim::listings());
    all.extend(madvise::listings());
    all.extend(gup::listings());
    all.extend(migrate::listings());
    all.extend(fork::listings());
    all.extend(protect::listings());
    all.extend(mirror::listings());
    all
}
