//! fork and exit of a child (mm/memory.c `copy_pte_range`, `copy_present_pte`, `copy_nonpresent_pte`;
//! kernel/fork.c `dup_mmap`; mm/mmap.c `exit_mmap`).

use super::Ctx;
use crate::{Actor, Assumption, Child, Frame, PAGES, Pte};

const CHILD: usize = 1;

impl Ctx<'_, '_> {
    /// The child's VMAs exist, so that reverse-map walks meet it; its page table is empty. The child gets
    /// what is there now; of a store that overlaps the fork nobody can say whether the child has it: the
    /// entry is read before it is write-protected, so that even D may be missing in the child's.
    pub fn begin_fork(&mut self) -> bool {
        self.m.child = Child::Forking;
        self.m.read_only = (self.m.read_only & 0xf) | (self.m.read_only & 7) << 4;
        for page in 0..PAGES {
            self.m.shadow.fork(page);
            // A plain reference does not keep a page from being shared, wherever the page is now.
            self.loosen_hold(page, false, Assumption::ReferenceDoesNotHold);
        }
        true
    }

    /// `page_try_dup_anon_rmap`: fails for an exclusive page that may be pinned.
    pub fn dup_anon_rmap(&mut self) -> bool {
        let frame = self.me().pte.frame();
        self.me_mut().folio = frame;
        let page = self.page();
        let folio = self.folio();
        // Without exclusive tracking every pinned page is copied (70e806e4e645).
        if folio.pins() != 0 && (folio.exclusive() || !self.w.config.knobs.exclusive) {
            return false;
        }
        self.add_childs_mapping(frame);
        self.loosen_hold(page, true, Assumption::PinOfSharedPage);
        true
    }

    fn add_childs_mapping(&mut self, frame: Frame) {
        let folio = &mut self.m.folios[frame as usize];
        folio.refs += 1;
        folio.map();
        folio.set_exclusive(false);
    }

    pub fn write_protect(&mut self) -> bool {
        let pte = self.pte();
        self.set_pte(pte.with_write(false));
        true
    }

    pub fn copy_pte_to_child(&mut self) -> bool {
        self.set_pte_in(CHILD, self.me().pte);
        true
    }

    pub fn map_copy_in_child(&mut self) -> bool {
        let frame = self.new_page();
        let folio = &mut self.m.folios[frame as usize];
        folio.map();
        folio.set_swapbacked(true);
        folio.set_lru(true);
        self.set_exclusive(frame);
        let write = !self.m.vma_read_only(CHILD, self.page());
        self.set_pte_in(CHILD, Pte::present(frame, write).with_dirty(true));
        true
    }

    pub fn dup_slot_of_entry(&mut self) -> bool {
        let slot = self.me().pte.slot() as usize;
        self.m.slots[slot].dup();
        true
    }

    pub fn copy_swap_entry(&mut self) -> bool {
        let pte = self.me().pte.without_exclusive();
        self.set_pte(pte);
        self.set_pte_in(CHILD, pte);
        true
    }

    pub fn copy_migration_entry(&mut self) -> bool {
        let pte = self.me().pte.readable(false);
        self.set_pte(pte);
        self.set_pte_in(CHILD, pte);
        true
    }

    pub fn dup_device_rmap(&mut self) -> bool {
        let frame = self.me().pte.frame();
        self.me_mut().folio = frame;
        self.add_childs_mapping(frame);
        true
    }

    pub fn copy_device_entry(&mut self) -> bool {
        let pte = Pte::device(self.me().folio, false);
        self.set_pte(pte);
        self.set_pte_in(CHILD, pte);
        true
    }

    pub fn end_fork(&mut self) -> bool {
        self.m.child = Child::Alive;
        true
    }

    pub fn begin_exit(&mut self) -> bool {
        self.m.child = Child::Exiting;
        true
    }

    pub fn end_exit(&mut self) -> bool {
        self.m.child = Child::None;
        self.m.read_only &= 0xf;
        self.m.batched &= !(1 << CHILD);
        self.m.shadow.exit();
        self.me_mut().set(Actor::OWED, false);
        true
    }
}
