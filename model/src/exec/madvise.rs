//! madvise: MADV_PAGEOUT, MADV_FREE, MADV_DONTNEED (mm/madvise.c, mm/memory.c, mm/swap.c).

use super::Ctx;
use crate::{Actor, Assumption, Frame, OpKind, SYSTEM_FRAMES, ZERO_FRAME};

impl Ctx<'_, '_> {
    /// This CPU's batch of lazyfree pages takes effect: PG_swapbacked goes, unless the page changed
    /// meanwhile. The drain of a case empties every CPU's batch (`lru_add_drain_all`).
    pub fn drain_lru(&mut self) -> bool {
        let (i, all) = (self.i, self.m.draining);
        for frame in self.m.system_frames(|f| f.in_lazyfree_batch(i, all)) {
            let folio = &mut self.m.folios[frame];
            folio.set_lazyfree_batch(None);
            if folio.lru() && folio.swapbacked() && !folio.swapcache() {
                folio.set_swapbacked(false);
            }
            self.put(frame as Frame);
        }
        true
    }

    /// From here on the program cannot count on what the page held. What it is reachable in now, it must not
    /// be reachable in when MADV_DONTNEED has returned.
    pub fn begin_discard(&mut self) -> bool {
        let page = self.page();
        self.leave_discards_behind(page);
        self.me_mut().set(Actor::DISCARDING, true);
        if self.kind() == OpKind::Free {
            let excuses = [Assumption::LazyFreeReadsZero, Assumption::LazyFreeChildReadsZero];
            for (mm, excuse) in excuses.into_iter().enumerate().take(self.m.mms()) {
                if self.w.assumed.has(excuse) {
                    self.m.shadow.free_begins(mm, page);
                }
            }
            return true;
        }
        let pte = self.pte();
        let mapped = (pte.is_present() || pte.is_migration()).then_some(pte.frame());
        let cached = self.m.tlb.iter().map(|tlb| tlb[0][page]).filter(|t| t.valid()).map(|t| t.frame());
        let frames = mapped.into_iter().chain(cached).filter(|f| (*f as usize) < SYSTEM_FRAMES);
        let doomed = frames.fold(0, |set, f| set | 1 << f);
        let i = self.i;
        self.me_mut().doomed = doomed;
        self.m.shadow.dontneed_begins(page, i);
        for pin in [false, true] {
            self.loosen_hold(page, pin, Assumption::HoldOfDiscardedPage);
        }
        true
    }

    /// Other discards of the page that have changed its entry, and have let go of the page-table lock, have
    /// only their flush to do. Whatever the one that begins now finds in the entry, it returns after that.
    fn leave_discards_behind(&mut self, page: usize) {
        for other in 0..self.w.programs.actors as usize {
            let on_page = self.w.op(self.m, other).is_some_and(|op| op.arg as usize == page);
            let changed = Actor::DISCARDING | Actor::OWED;
            let actor = &mut self.m.actors[other];
            if on_page && actor.flags & changed == changed && self.m.ptl[0] as usize != other + 1 {
                actor.set(Actor::DISCARD_BEHIND, true);
            }
        }
    }

    pub fn vma_locked(&self) -> bool {
        self.mm() == 0 && self.m.mlocked & 1 << self.page() != 0
    }

    pub fn gather_begin(&mut self) -> bool {
        let mm = self.mm();
        self.m.gathers[mm] += 1;
        true
    }

    pub fn gather_end(&mut self) -> bool {
        let mm = self.mm();
        self.m.gathers[mm] -= 1;
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

    /// A device-private or device-exclusive entry: no CPU can cache it, so nothing is owed. The latter is no
    /// mapping, only a reference.
    pub fn zap_device(&mut self) -> bool {
        let pte = self.me().pte;
        self.me_mut().folio = pte.frame();
        if pte.is_device() {
            return self.remove_rmap();
        }
        self.put(pte.frame());
        true
    }
}
