//! Reclaim of an anonymous page (mm/vmscan.c, mm/rmap.c, mm/swap_state.c).

use super::Ctx;
use crate::{
    Actor, ActorKind, Folio, Frame, Frames, Knobs, Machine, OpKind, Pte, ReclaimBatch, SLOTS, SYSTEM_FRAMES,
};

impl Machine {
    /// The folio of a page that a reclaim pass would take: the first on the LRU that is mapped or in the swap
    /// cache. A page that is locked in memory is on the unevictable list.
    pub(crate) fn reclaimable(&self, page: usize) -> Option<Frame> {
        let pte = self.pte[0][page];
        let of_page = |f: &Folio| f.lru() & (f.page() == page) & ((f.mapcount() != 0) | f.swapcache());
        let mut found = self.system_frames(of_page);
        if self.mlocked & 1 << page != 0 && pte.is_present() && (pte.frame() as usize) < SYSTEM_FRAMES {
            found.0 &= !(1 << pte.frame());
        }
        found.first().map(|f| f as Frame)
    }
}

impl Ctx<'_, '_> {
    /// Takes a folio of the current page off the LRU: a mapped one, or one that is only in the swap cache.
    pub fn isolate_for_reclaim(&mut self) -> bool {
        let Some(frame) = self.m.reclaimable(self.page()) else { return false };
        self.me_mut().folio = frame;
        self.isolate_lru()
    }

    /// The pass takes what was on the list when it began: at most a folio of each address space, not one that
    /// a fault has brought since.
    pub fn more_to_reclaim(&self) -> bool {
        let page = self.page();
        let of_page = self.m.system_frames(|f| f.page() == page).0;
        let taken = (self.me().kept | self.me().batch) & of_page;
        (taken.count_ones() as usize) < self.m.mms() && self.m.reclaimable(page).is_some()
    }

    pub fn isolate_lru(&mut self) -> bool {
        if !self.folio().lru() {
            return false;
        }
        let folio = self.folio_mut();
        folio.set_lru(false);
        folio.refs += 1;
        self.me_mut().set(Actor::ISOLATED, true);
        true
    }

    pub fn put_back_lru(&mut self) -> bool {
        self.me_mut().set(Actor::ISOLATED, false);
        self.folio_mut().set_lru(true);
        self.put_folio()
    }

    pub fn keep_isolated(&mut self) -> bool {
        let me = self.me_mut();
        me.kept |= 1 << me.folio;
        me.set(Actor::ISOLATED, false);
        true
    }

    pub fn put_back_kept(&mut self) -> bool {
        let kept = core::mem::take(&mut self.me_mut().kept);
        for frame in Frames(kept) {
            self.m.folios[frame].set_lru(true);
            self.put(frame as Frame);
        }
        true
    }

    pub fn ignores_references(&self) -> bool {
        let cpu = self.w.programs.kinds[self.i] == ActorKind::Cpu;
        cpu && !self.m.draining && matches!(self.kind(), OpKind::PageOut | OpKind::ChildPageOut)
    }

    pub fn mlocked(&self) -> bool {
        let page = self.page();
        let pte = self.m.pte[0][page];
        self.m.mlocked & 1 << page != 0 && pte.is_present() && pte.frame() == self.me().folio
    }

    pub fn clear_young(&mut self) -> bool {
        if self.maps_folio() {
            let (mm, page) = (self.mm(), self.page());
            self.m.pte[mm][page] = self.m.pte[mm][page].with_accessed(false);
        }
        true
    }

    pub fn maps_folio(&self) -> bool {
        let pte = self.pte();
        pte.is_present() && pte.frame() == self.me().folio
    }

    /// A slot, the swap cache, and PG_dirty without looking at anything: the page has no copy yet.
    pub fn add_to_swap(&mut self) -> bool {
        let limit = self.m.swap_max;
        let free = (0..SLOTS).find(|&s| self.m.slots[s].free());
        let Some(slot) = free else { return false };
        if limit != 0 && self.m.slots_used() >= limit {
            return false;
        }
        self.m.slots[slot].set_has_cache(true);
        let folio = self.folio_mut();
        folio.set_swapcache(true);
        folio.set_slot(slot as u8);
        folio.refs += 1;
        folio.set_dirty(true);
        true
    }

    /// `should_defer_flush`: another CPU runs the address space, and the kernel batches this kind of page.
    pub fn defers_flush(&mut self) -> bool {
        let Knobs { reclaim_batch, .. } = self.w.config.knobs;
        let others = self.w.cpus(self.mm()) & !(1 << self.i) != 0;
        others && (reclaim_batch == ReclaimBatch::All || !self.me().has(Actor::EXCLUSIVE))
    }

    pub fn mark_folio_dirty(&mut self) -> bool {
        self.folio_mut().set_dirty(true);
        self.me_mut().set(Actor::HOLDS_DIRTY, false);
        true
    }

    pub fn read_refs(&mut self) -> bool {
        let expected = self.folio().refs == 1 + self.folio().mapcount();
        self.me_mut().set(Actor::REFS_OK, expected);
        true
    }

    pub fn set_swap_backed(&mut self) -> bool {
        self.folio_mut().set_swapbacked(true);
        true
    }

    pub fn drop_mapping(&mut self) -> bool {
        self.remove_rmap()
    }

    pub fn dup_slot(&mut self) -> bool {
        let slot = self.folio().slot() as usize;
        if slot < SLOTS {
            self.m.slots[slot].dup();
        }
        true
    }

    pub fn undup_slot(&mut self) -> bool {
        let slot = self.folio().slot() as usize;
        if slot < SLOTS && !self.m.slots[slot].put() {
            self.flaw(crate::Flaw::CountUnderflow);
        }
        true
    }

    pub fn share_anon(&mut self) -> bool {
        self.folio().pins() == 0
    }

    pub fn clear_exclusive(&mut self) -> bool {
        self.folio_mut().set_exclusive(false);
        true
    }

    /// What reclaim does with a lazyfree page that it could not discard.
    pub fn stays_lazyfree(&self) -> bool {
        self.w.config.knobs.pinned_stays_lazyfree && !self.folio().dirty()
    }

    pub fn install_swap_entry(&mut self) -> bool {
        let slot = self.folio().slot();
        assert!((slot as usize) < SLOTS, "the folio has no slot");
        let exclusive = self.me().has(Actor::EXCLUSIVE);
        self.set_pte(Pte::swap(slot, exclusive));
        self.settle();
        true
    }

    pub fn clear_dirty_for_io(&mut self) -> bool {
        let dirty = self.folio().dirty();
        self.folio_mut().set_dirty(false);
        self.me_mut().set(Actor::HOLDS_DIRTY, dirty);
        dirty
    }

    /// PG_writeback, and the folio is unlocked: from here on the device owns the news.
    pub fn start_writeback(&mut self) -> bool {
        self.folio_mut().set_writeback(1);
        self.me_mut().set(Actor::HOLDS_DIRTY, false);
        let frame = self.me().folio;
        self.unlock(frame)
    }

    pub fn write_slot(&mut self) -> bool {
        let (slot, data) = (self.folio().slot() as usize, self.folio().data);
        if slot < SLOTS {
            self.m.slots[slot].data = data;
        }
        self.folio_mut().set_writeback(2);
        true
    }

    pub fn end_writeback(&mut self) -> bool {
        self.folio_mut().set_writeback(0);
        true
    }

    /// `folio_ref_freeze`: succeeds only if isolation, and the swap cache for a page that is in it, hold all
    /// references.
    pub fn freeze_refs(&mut self) -> bool {
        let expected = 1 + u8::from(self.folio().swapcache());
        if self.folio().refs != expected {
            return false;
        }
        self.folio_mut().refs = 0;
        true
    }

    pub fn unfreeze(&mut self) -> bool {
        self.folio_mut().refs = 2;
        true
    }

    pub fn remove_from_swap_cache(&mut self) -> bool {
        let frame = self.me().folio;
        self.leave_swap_cache(frame);
        true
    }

    pub fn queue_free(&mut self) -> bool {
        let bit = 1 << self.me().folio;
        self.folio_mut().set_freeing(true);
        let me = self.me_mut();
        me.batch |= bit;
        me.set(Actor::ISOLATED, false);
        true
    }

    /// The end of a batch, after its flush: frozen folios go to the allocator, zapped ones leave the
    /// swap cache if they can (`free_pages_and_swap_cache`) and lose the mapping's reference.
    pub fn free_batch(&mut self) -> bool {
        let batch = core::mem::take(&mut self.me_mut().batch);
        for frame in Frames(batch) {
            if self.m.folios[frame].freeing() {
                self.free(frame as Frame);
            } else {
                self.free_swap_of_unmapped(frame as Frame);
                self.put(frame as Frame);
            }
        }
        true
    }
}
