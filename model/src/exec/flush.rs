//! TLB shoot-downs: send, one answer per CPU at a moment of its own, completion.

use super::Ctx;
use crate::{ACTORS, Actor, PAGES, TlbEntry};

pub(super) const ALL_PAGES: u8 = (1 << PAGES) - 1;

impl Ctx<'_, '_> {
    /// Drops the pages on this CPU and asks every other CPU that caches one of them. A CPU without such an entry
    /// would answer without doing anything, and cannot get one: what is flushed is no longer in the page table.
    pub fn flush(&mut self, pages: u8) -> bool {
        let mut asked = 0u8;
        for cpu in 0..ACTORS {
            for page in 0..PAGES {
                if pages & 1 << page != 0 && self.m.tlb[cpu][page].valid() {
                    if cpu == self.i {
                        self.m.tlb[cpu][page] = TlbEntry::INVALID;
                    } else {
                        asked |= 1 << cpu;
                    }
                }
            }
        }
        self.me_mut().flush = asked << 4 | pages;
        true
    }

    pub fn flush_done(&mut self) -> bool {
        self.me_mut().flush = 0;
        true
    }

    /// `flush_tlb_batched_pending`: makes reclaim's batch good.
    pub fn flush_mm(&mut self) -> bool {
        self.m.batched = false;
        self.flush(ALL_PAGES)
    }

    /// `set_tlb_ubc_flush_pending`.
    pub fn batch_flush(&mut self) -> bool {
        self.m.batched = true;
        let me = self.me_mut();
        me.set(Actor::BATCH, true);
        if me.pte.dirty() {
            me.set(Actor::BATCH_DIRTY, true);
        }
        true
    }

    pub fn batch_done(&mut self) -> bool {
        self.me_mut().set(Actor::BATCH | Actor::BATCH_DIRTY, false);
        true
    }
}
