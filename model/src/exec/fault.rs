//! Page faults on private anonymous memory: new page, zero page, write-protect.

use super::Ctx;
use crate::{Actor, Data, NO_FRAME, OpKind, Pte, ZERO_FRAME};

impl Ctx<'_, '_> {
    /// A zeroed page, not yet visible to anyone.
    pub fn alloc_zeroed(&mut self) -> bool {
        let frame = self.alloc_system();
        if let Some(frame) = frame {
            let folio = &mut self.m.folios[frame as usize];
            folio.data = Data::default();
            folio.set_uptodate(true);
        }
        self.set_new_page(frame)
    }

    /// A read pin makes the page exclusive; the entry stays read-only.
    pub fn unsharing(&self) -> bool {
        self.kind() == OpKind::Pin && self.me().pte.is_present()
    }

    /// SIGSEGV, or EFAULT for a system call.
    pub fn write_forbidden(&self) -> bool {
        self.is_store() && self.m.vma_read_only(self.mm(), self.page())
    }

    /// Maps the new page writable and dirty: PTE.D is all that says it is newer than nothing, PG_dirty stays
    /// 0.
    pub fn map_new_anon(&mut self) -> bool {
        let frame = self.new_page();
        let folio = &mut self.m.folios[frame as usize];
        folio.map();
        folio.set_swapbacked(true);
        folio.set_lru(true);
        self.set_exclusive(frame);
        // Unshared for a pin: the page is a copy that nobody has written to.
        let store = !self.unsharing();
        self.set_pte(Pte::present(frame, store).with_dirty(store).with_accessed(true));
        self.settle();
        true
    }

    pub fn map_zero_page(&mut self) -> bool {
        self.set_pte(Pte::present(ZERO_FRAME, false).with_accessed(true));
        true
    }

    pub fn put_new(&mut self) -> bool {
        let frame = self.new_page();
        self.me_mut().dst[0] = NO_FRAME;
        self.put(frame);
        true
    }

    /// `ptep_set_access_flags`: on x86 one plain store of the whole word, under the page-table lock.
    pub fn set_access_flags(&mut self) -> bool {
        let dirty = self.is_store() || self.pte().dirty();
        let pte = self.me().pte.with_accessed(true).with_dirty(dirty);
        self.set_pte(pte);
        true
    }

    /// PG_anon_exclusive of the folio under work, remembered for the entry that replaces the mapping.
    pub fn exclusive(&mut self) -> bool {
        let exclusive = self.folio().exclusive();
        self.me_mut().set(Actor::EXCLUSIVE, exclusive);
        exclusive
    }

    pub fn reuse_pte(&mut self) -> bool {
        let pte = self.me().pte.with_write(true).with_dirty(true).with_accessed(true);
        self.set_pte(pte);
        true
    }

    /// `do_wp_page` for a page that is not exclusive: reuse only if nobody else can reference it. A page that
    /// this fault has just swapped into a locked VMA waits in a batch of the CPU.
    pub fn trylock_sole(&mut self) -> bool {
        let folio = self.folio();
        if self.me().has(Actor::IN_BATCHES) || folio.refs > 3 || folio.refs > 1 + u8::from(folio.swapcache()) {
            return false;
        }
        self.trylock_folio()
    }

    pub fn make_exclusive(&mut self) -> bool {
        let frame = self.me().folio;
        self.set_exclusive(frame);
        true
    }

    pub fn copy_folio(&mut self) -> bool {
        let new = self.new_page();
        self.m.folios[new as usize].data = self.folio().data;
        true
    }

    /// Mapcount and the mapping's reference of the folio under work.
    pub fn remove_rmap(&mut self) -> bool {
        self.drop_mapcount();
        let frame = self.me().folio;
        self.put(frame);
        true
    }

    /// Mapcount of the folio under work.
    pub fn drop_mapcount(&mut self) -> bool {
        if !self.folio_mut().unmap() {
            self.flaw(crate::Flaw::CountUnderflow);
        }
        self.settle();
        true
    }
}
