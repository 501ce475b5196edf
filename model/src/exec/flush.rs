//! TLB shoot-downs: send, one answer per CPU at a moment of its own, completion; twice where the kernel does
//! so.

use super::Ctx;
use crate::{ACTORS, Actor, PAGES};

pub(super) const ALL_PAGES: u8 = (1 << PAGES) - 1;

impl Ctx<'_, '_> {
    /// Drops the pages of the current address space on this CPU and asks every other CPU that caches one of
    /// them. A CPU without such an entry would answer without doing anything, and cannot get one: what is
    /// flushed is no longer in the page table.
    pub fn flush(&mut self, pages: u8) -> bool {
        self.send_flush(pages, false)
    }

    /// Drops the pages of the operation on this CPU, and asks nobody.
    pub fn flush_local(&mut self) -> bool {
        let pages = self.range_mask() << (4 * self.mm());
        self.m.drop_cached(self.i, pages);
        true
    }

    fn send_flush(&mut self, pages: u8, both: bool) -> bool {
        let mm_bit = (self.mm() as u8) << 3;
        let me = self.me_mut();
        me.set(Actor::BOTH_MMS, both);
        me.set(Actor::SECOND_FLUSH, false);
        me.flush = pages | mm_bit;
        let flushed = me.flushed();
        let asked = (0..ACTORS).fold(0u8, |set, cpu| set | u8::from(self.m.cached(cpu) & flushed != 0) << cpu);
        self.m.drop_cached(self.i, flushed);
        let others = asked & !(1 << self.i);
        self.me_mut().flush |= others << 4;
        true
    }

    /// Once more, where the kernel flushes twice: now whoever is in the middle of an access answers after it.
    pub fn flush_again(&mut self) -> bool {
        let again = self.w.config.knobs.double_flush && !self.me().has(Actor::SECOND_FLUSH);
        if again {
            let me = *self.me();
            let mut asked = 0u8;
            for (cpu, actor) in self.m.actors.iter().enumerate() {
                let concerned = me.flush & 1 << actor.page != 0 && me.flushes(actor.mm as usize);
                if cpu != self.i && actor.has(Actor::MID_ACCESS) && concerned {
                    asked |= 1 << cpu;
                }
            }
            let me = self.me_mut();
            me.set(Actor::SECOND_FLUSH, true);
            me.flush |= asked << 4;
        } else {
            self.forget_flush();
        }
        true
    }

    pub fn flush_done(&mut self) -> bool {
        if self.me().has(Actor::SECOND_FLUSH) {
            self.forget_flush();
        }
        true
    }

    /// A register left behind would tell otherwise equal machines apart.
    fn forget_flush(&mut self) {
        let me = self.me_mut();
        me.flush = 0;
        me.set(Actor::BOTH_MMS | Actor::SECOND_FLUSH, false);
    }

    /// `flush_tlb_mm`, and `flush_tlb_batched_pending`, which makes reclaim's batch good.
    pub fn flush_mm(&mut self) -> bool {
        self.m.batched &= !(1 << self.mm());
        self.flush(ALL_PAGES)
    }

    /// `try_to_unmap_flush`: whatever reclaim has batched, in whichever address space.
    pub fn flush_batched(&mut self) -> bool {
        self.send_flush(ALL_PAGES, true)
    }

    /// `set_tlb_ubc_flush_pending`.
    pub fn batch_flush(&mut self) -> bool {
        self.m.batched |= 1 << self.mm();
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
