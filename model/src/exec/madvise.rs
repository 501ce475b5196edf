//! madvise: MADV_PAGEOUT, MADV_FREE, MADV_DONTNEED (mm/madvise.c, mm/memory.c, mm/swap.c).

use super::Ctx;
use crate::{Actor, Frame, SYSTEM_FRAMES, ZERO_FRAME, is_device};

impl Ctx<'_, '_> {
    /// This CPU's batch of lazyfree pages takes effect: PG_swapbacked goes, unless the page changed meanwhile. The
    /// drain of a case empties every CPU's batch (`lru_add_drain_all`).
    pub fn drain_lru(&mut self) -> bool {
        for frame in 0..SYSTEM_FRAMES {
            let i = self.i;
            let folio = &mut self.m.folios[frame];
            let batch = folio.lazyfree_batch();
            if batch == Some(i) || (batch.is_some() && self.m.draining) {
                folio.set_lazyfree_batch(None);
                if folio.lru() && folio.swapbacked() && !folio.swapcache() {
                    folio.set_swapbacked(false);
                }
                self.put(frame as Frame);
            }
        }
        true
    }

    pub fn gather_begin(&mut self) -> bool {
        self.m.gathers += 1;
        true
    }

    pub fn gather_end(&mut self) -> bool {
        self.m.gathers -= 1;
        true
    }

    /// The register maps a normal page; it becomes the folio under work.
    pub fn normal_page(&mut self) -> bool {
        let pte = self.me().pte;
        let normal = pte.is_present() && pte.frame() != ZERO_FRAME;
        if normal {
            self.me_mut().folio = pte.frame();
        }
        normal
    }

    pub fn page_outable(&mut self) -> bool {
        self.normal_page() && self.folio().lru() && self.folio().mapcount() == 1
    }

    /// Puts the word back old (and clean). The flush is owed to the gather; D goes on purpose, the discard
    /// excuses it.
    pub fn set_old(&mut self, clean: bool) -> bool {
        let mut pte = self.me().pte.with_accessed(false);
        if clean {
            pte = pte.with_dirty(false);
        }
        self.set_pte(pte);
        self.settle();
        self.me_mut().set(Actor::OWED, true);
        true
    }

    pub fn clear_folio_dirty(&mut self) -> bool {
        self.folio_mut().set_dirty(false);
        true
    }

    /// `mark_page_lazyfree`: the page only enters this CPU's batch, which holds a reference.
    pub fn mark_lazy_free(&mut self) -> bool {
        let i = self.i;
        let folio = self.folio_mut();
        if folio.lru() && folio.swapbacked() && !folio.swapcache() && folio.lazyfree_batch().is_none() {
            folio.set_lazyfree_batch(Some(i));
            folio.refs += 1;
        }
        true
    }

    /// The rmap goes now, the mapping's reference after the flush.
    pub fn zap_rmap(&mut self) -> bool {
        self.settle();
        self.me_mut().set(Actor::OWED, true);
        let pte = self.me().pte;
        if pte.frame() == ZERO_FRAME {
            return true;
        }
        let frame = pte.frame();
        self.me_mut().folio = frame;
        if !self.folio_mut().unmap() {
            self.flaw(crate::Flaw::CountUnderflow);
        }
        self.me_mut().batch |= 1 << frame;
        true
    }

    /// A device-private entry: no CPU can cache it, so nothing is owed.
    pub fn zap_device(&mut self) -> bool {
        let frame = self.me().pte.frame();
        debug_assert!(is_device(frame));
        self.me_mut().folio = frame;
        self.remove_rmap()
    }
}
