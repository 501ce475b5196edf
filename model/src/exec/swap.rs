//! Swap-in, the swap cache, and the life of a slot.

use super::Ctx;
use crate::{Actor, Assumption, Folio, Frame, NO_SLOT, Pte, Swap, SwapIn, SyncSwapIn};

impl Ctx<'_, '_> {
    pub fn lookup_swap_cache(&mut self) -> bool {
        match self.m.cached_folio(self.me().pte.slot()) {
            Some(frame) => {
                self.m.folios[frame].refs += 1;
                self.me_mut().folio = frame as Frame;
                true
            }
            None => false,
        }
    }

    pub fn bypasses_swap_cache(&self) -> bool {
        let bypass = self.w.config.knobs.sync_swap_in == SyncSwapIn::Bypass;
        self.w.config.swap == Swap::RamDisk
            && bypass
            && self.m.slots[self.me().pte.slot() as usize].mapcount() == 1
    }

    /// A locked page beside the swap cache. The slot is pinned, so that nobody else swaps it in at the same
    /// time (13ddaf26be32, also in stable kernels; the race without it is a bug of its own).
    pub fn alloc_bypass(&mut self) -> bool {
        let slot = self.me().pte.slot() as usize;
        self.me_mut().set(Actor::OOM, false);
        if self.m.slots[slot].free() || self.m.slots[slot].has_cache() || self.m.slots[slot].pinned() {
            return false;
        }
        let Some(frame) = self.locked_swap_page() else {
            return false;
        };
        self.m.slots[slot].set_pinned(true);
        self.me_mut().folio = frame;
        self.me_mut().set(Actor::BYPASS, true);
        true
    }

    /// `read_swap_cache_async`: fails if the slot is gone or somebody else was first.
    pub fn add_swap_in_folio(&mut self) -> bool {
        let slot = self.me().pte.slot();
        self.me_mut().set(Actor::OOM, false);
        let s = &self.m.slots[slot as usize];
        if s.mapcount() == 0 || s.has_cache() || s.pinned() {
            return false;
        }
        let Some(frame) = self.locked_swap_page() else {
            return false;
        };
        let folio = &mut self.m.folios[frame as usize];
        folio.set_swapcache(true);
        folio.set_slot(slot);
        folio.refs += 1;
        self.m.slots[slot as usize].set_has_cache(true);
        let me = self.me_mut();
        me.folio = frame;
        me.set(Actor::READ_IN, true);
        true
    }

    fn locked_swap_page(&mut self) -> Option<Frame> {
        let frame = self.alloc_system();
        self.me_mut().set(Actor::OOM, frame.is_none());
        let i = self.i;
        let folio = &mut self.m.folios[frame? as usize];
        folio.lock(i);
        folio.set_swapbacked(true);
        folio.set_lru(true);
        frame
    }

    /// The device's bytes arrive. A page in the swap cache is unlocked by the completion of the read.
    pub fn read_slot(&mut self) -> bool {
        let slot = self.me().pte.slot() as usize;
        let bypass = self.me().has(Actor::BYPASS);
        let data = self.m.slots[slot].data;
        let folio = self.folio_mut();
        folio.data = data;
        folio.set_uptodate(true);
        if !bypass {
            folio.unlock();
        }
        true
    }

    pub fn still_swap_cache(&self) -> bool {
        self.folio().swapcache() && self.folio().slot() == self.me().pte.slot()
    }

    /// `swap_free`, then `should_try_to_free_swap`: with swap nearly full, for a page that is locked in memory by
    /// this VMA or by the parent's, on a synchronous device in newer kernels, or for a store when only the swap
    /// cache and this fault reference the page (newer kernels ask whether the entry is exclusive instead).
    pub fn swap_free(&mut self) -> bool {
        let slot = self.me().pte.slot() as usize;
        if !self.m.slots[slot].put() {
            self.flaw(crate::Flaw::CountUnderflow);
        }
        let knobs = &self.w.config.knobs;
        let alone = if knobs.write_frees_slot { self.me().pte.exclusive() } else { self.folio().refs == 2 };
        let at_once = self.w.config.swap == Swap::RamDisk && knobs.sync_swap_in == SyncSwapIn::FreeAtOnce;
        let locked = self.vma_locked() || self.mlocked();
        let try_free = self.m.swap_full() || locked || at_once || (self.is_store() && alone);
        if self.folio().swapcache() && try_free {
            self.free_swap(self.me().folio);
        }
        true
    }

    /// The entry is built from the VMA's protection, so a read maps read-only and clean, unless the kernel
    /// maps exclusive pages writable at once. A page becomes exclusive if the swap entry was, or if nobody
    /// else references it: not the CPU's batch of new pages either, which only a store's fault drains. The
    /// fault's reference becomes the mapping's.
    pub fn map_swapped_in(&mut self) -> bool {
        let (store, page) = (self.is_store(), self.page());
        let exclusive = self.me().has(Actor::BYPASS) || self.me().pte.exclusive();
        let may_write = !self.m.vma_read_only(self.mm(), page);
        let writable_clean = self.w.config.knobs.swap_in == SwapIn::WritableClean && exclusive && may_write;
        let frame = self.me().folio;
        let counts = self.w.config.profile.swap_in_counts_references();
        let batched = self.vma_locked() && !counts;
        let in_batch = self.me().has(Actor::READ_IN) && !store;
        self.me_mut().set(Actor::IN_BATCHES, batched);
        let folio = self.folio_mut();
        let sole = exclusive || (counts && folio.refs == 1 && !in_batch);
        folio.map();
        folio.set_page(page);
        if sole {
            self.set_exclusive(frame);
        }
        let pte =
            Pte::present(frame, (store && sole) || writable_clean).with_dirty(store && sole).with_accessed(true);
        self.set_pte(pte);
        true
    }

    pub fn unpin_slot(&mut self) -> bool {
        let slot = self.me().pte.slot() as usize;
        self.m.slots[slot].set_pinned(false);
        true
    }

    /// `folio_free_swap`: only if no entry names the slot and no writeback is under way. The folio is dirty
    /// from then on, having lost its backing.
    pub fn free_swap(&mut self, frame: Frame) -> bool {
        let folio = self.m.folios[frame as usize];
        if !folio.swapcache() || folio.writeback() != 0 || self.m.slots[folio.slot() as usize].mapcount() != 0 {
            return false;
        }
        self.leave_swap_cache(frame);
        self.m.folios[frame as usize].set_dirty(true);
        self.put(frame);
        true
    }

    /// `free_swap_cache`.
    pub fn free_swap_of_unmapped(&mut self, frame: Frame) -> bool {
        let folio = &self.m.folios[frame as usize];
        if !folio.locked() && folio.mapcount() == 0 && folio.refs > 0 {
            self.free_swap(frame);
        }
        true
    }

    /// Takes a folio out of the swap cache; the swap cache's reference is the caller's to drop.
    pub fn leave_swap_cache(&mut self, frame: Frame) {
        let folio: &mut Folio = &mut self.m.folios[frame as usize];
        let slot = folio.slot();
        folio.set_swapcache(false);
        folio.set_slot(NO_SLOT);
        self.m.slots[slot as usize].set_has_cache(false);
    }

    /// `free_swap_and_cache`: drops the entry; a cached page that nobody maps goes too, if it can be locked.
    pub fn free_swap_and_cache(&mut self) -> bool {
        if self.mm() == 0 {
            // A plain reference to the page is a reference to nobody's page now.
            let page = self.page();
            self.loosen_hold(page, false, Assumption::ReferenceDoesNotHold);
        }
        let slot = self.me().pte.slot();
        if !self.m.slots[slot as usize].put() {
            self.flaw(crate::Flaw::CountUnderflow);
        }
        if self.m.slots[slot as usize].mapcount() == 0
            && let Some(frame) = self.m.cached_folio(slot)
        {
            self.free_swap_of_unmapped(frame as Frame);
        }
        true
    }
}
