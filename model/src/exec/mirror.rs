//! A device that works on system memory through a mirror of the page table (mm/hmm.c, lib/test_hmm.c), and
//! device-exclusive access (mm/rmap.c `page_make_device_exclusive_one`, mm/memory.c `restore_exclusive_pte`).

use super::Ctx;
use crate::{OpKind, PAGES, Pte};

/// The pages that an invalidation of one page drops from the mirror: `dmirror_do_update` takes the end of the
/// range for part of it.
pub(crate) fn mirrored_with(page: usize) -> std::ops::RangeInclusive<usize> {
    page..=(page + 1).min(PAGES - 1)
}

impl Ctx<'_, '_> {
    /// The mirror is kept in step with the page table by an mmu notifier, under a mutex of the driver: an
    /// access goes through only while the entry stands as it was mirrored. It sets neither A nor D. Whether
    /// the driver marks the page is the driver's choice.
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

    /// A writable one comes back writable and dirty; where the entry has no protection of its own, the folio
    /// says whether it is dirty.
    pub fn restore_exclusive_entry(&mut self) -> bool {
        let entry = self.pte();
        if !entry.is_device_exclusive() {
            return true;
        }
        let write = entry.write() && !self.m.vma_read_only(self.mm(), self.page());
        let folio = &mut self.m.folios[entry.frame() as usize];
        let dirty = write && (folio.dirty() || !self.w.config.profile.restores_exclusive_by_vma());
        folio.map();
        self.set_pte(Pte::present(entry.frame(), write).with_dirty(dirty).with_accessed(true));
        true
    }

    /// `dmirror_interval_invalidate`, before the entry changes. What the mirror has of a present page is as
    /// good as the entry, which every access looks at again; only of a device-exclusive page it knows more.
    pub fn invalidate_mirror(&mut self) -> bool {
        if self.mm() == 0 {
            for page in mirrored_with(self.page()) {
                self.m.pte[0][page] = self.m.pte[0][page].with_mirrored(false);
            }
        }
        true
    }

    /// `dmirror_do_read` takes an entry of any tag, `dmirror_do_write` none that was made for exclusive
    /// access.
    pub fn mirror_holds(&self) -> bool {
        self.kind() == OpKind::DeviceRead && self.me().pte.mirrored()
    }

    /// `dmirror_atomic_map`.
    pub fn mirror_exclusive(&mut self) -> bool {
        let pte = self.pte().with_mirrored(true);
        self.set_pte(pte);
        true
    }
}
