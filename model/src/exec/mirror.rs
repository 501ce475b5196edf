//! A device that works on system memory through a mirror of the page table (mm/hmm.c, lib/test_hmm.c), and device-exclusive access
//! (mm/rmap.c `page_make_device_exclusive_one`, mm/memory.c `restore_exclusive_pte`).

use super::Ctx;
use crate::{OpKind, Pte};

impl Ctx<'_, '_> {
    /// The mirror is kept in step with the page table by an mmu notifier, under a mutex of the driver: an access goes through only
    /// while the entry stands as it was mirrored. It sets neither A nor D. Whether the driver marks the page is the driver's
    /// choice.
    pub fn mirror_access(&mut self) -> bool {
        if !self
            .pte()
            .with_accessed(true)
            .with_dirty(true)
            .same(self.me().pte.with_accessed(true).with_dirty(true))
        {
            return false;
        }
        let frame = self.me().pte.frame();
        if self.kind() == OpKind::DeviceWrite {
            self.store_to(frame);
            if self.w.config.knobs.driver_dirties {
                self.m.folios[frame as usize].set_dirty(true);
            }
        } else {
            self.load_from(frame);
        }
        true
    }

    /// The mapping goes, its reference stays with the entry.
    pub fn install_exclusive_entry(&mut self) -> bool {
        let (frame, write) = (self.me().folio, self.me().pte.write());
        self.set_pte(Pte::device_exclusive(frame, write));
        self.settle();
        if !self.folio_mut().unmap() {
            self.flaw(crate::Flaw::CountUnderflow);
        }
        true
    }

    /// A writable one comes back writable and dirty.
    pub fn restore_exclusive_entry(&mut self) -> bool {
        let entry = self.pte();
        if !entry.is_device_exclusive() {
            return true;
        }
        let write = entry.write() && !self.m.vma_read_only(self.mm(), self.page());
        self.m.folios[entry.frame() as usize].map();
        self.set_pte(Pte::present(entry.frame(), write).with_dirty(write).with_accessed(true));
        true
    }
}
