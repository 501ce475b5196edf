//! The pages of a case.

use crate::sys::{self, Advice, Page};
use std::os::fd::OwnedFd;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

/// Below everything else that the process has, above what `vm.mmap_min_addr` forbids.
const BASE: usize = 0x10000;
/// As many as the notation has.
pub const PAGES: usize = 3;

/// Pages mapped afresh, each in a VMA of its own, and what holds them.
pub struct Pages {
    /// The pages.
    pub all: Vec<Page>,
    /// A pipe for each page that `I` has a reference on.
    pub held: [Mutex<Option<(OwnedFd, OwnedFd)>>; PAGES],
    /// Which were made read-only.
    pub read_only: [AtomicBool; PAGES],
    /// Which were locked.
    pub locked: [AtomicBool; PAGES],
}

impl Pages {
    /// Maps them; what was there before goes.
    pub fn map() -> Result<Pages, String> {
        let all = sys::map(BASE, PAGES).map_err(|e| format!("mmap: {e}"))?;
        for page in &all {
            page.advise(Advice::NoHugePage).ok();
        }
        // Another flag than its neighbours': a VMA of its own, and smaps tells of it alone.
        all[1].advise(Advice::DontDump).map_err(|e| format!("madvise: {e}"))?;
        Ok(Pages { all, held: Default::default(), read_only: Default::default(), locked: Default::default() })
    }

    /// One of them.
    pub fn page(&self, n: usize) -> Page {
        self.all[n]
    }

    /// Lets go of everything, and unmaps them.
    pub fn unmap(self) -> Result<(), String> {
        drop(self.held);
        self.all.iter().try_for_each(|page| page.unmap()).map_err(|e| format!("munmap: {e}"))
    }
}
