//! mprotect and mlock of one page's VMA (mm/mprotect.c `change_pte_range`, `can_change_pte_writable`;
//! mm/mlock.c).

use super::Ctx;
use crate::{Actor, MprotectUpgrade, OpKind, Pte, PteKind, ZERO_FRAME};

impl Ctx<'_, '_> {
    /// Read-only if it was writable, and the other way round.
    pub fn toggle_protection(&mut self) -> bool {
        self.m.read_only ^= 1 << self.page();
        true
    }

    /// `pte_modify`: the word with the VMA's protection.
    pub fn modify(&mut self) -> bool {
        let read_only = self.m.vma_read_only(self.mm(), self.page());
        self.edit_word(|pte| pte.with_write(pte.write() && !read_only))
    }

    /// `can_change_pte_writable`: an entry becomes writable again only where the kernel need not see the first
    /// store.
    pub fn can_change_writable(&self) -> bool {
        let pte = self.me().pte;
        let read_only = self.m.vma_read_only(self.mm(), self.page());
        !read_only && !pte.write() && pte.frame() != ZERO_FRAME && {
            let exclusive = self.m.folios[pte.frame() as usize].exclusive();
            match self.w.config.knobs.mprotect {
                MprotectUpgrade::Never => false,
                MprotectUpgrade::Dirty => exclusive && pte.dirty(),
                MprotectUpgrade::Exclusive => exclusive,
            }
        }
    }

    /// A non-present entry of a VMA that becomes read-only; a writable migration entry keeps the exclusive
    /// mark.
    pub fn protect_entry(&mut self) -> bool {
        let pte = self.me().pte;
        if !self.m.vma_read_only(self.mm(), self.page()) || !pte.write() {
            return true;
        }
        let readable = match pte.kind() {
            PteKind::Migration => pte.readable(true),
            PteKind::Device => Pte::device(pte.frame(), false),
            PteKind::DeviceExclusive if self.w.config.profile.restores_exclusive_by_vma() => pte,
            PteKind::DeviceExclusive => pte.with_write(false),
            _ => pte,
        };
        self.set_pte(readable);
        true
    }

    pub fn set_mlocked(&mut self, on: bool) -> bool {
        let bit = 1 << self.page();
        self.m.mlocked = if on { self.m.mlocked | bit } else { self.m.mlocked & !bit };
        true
    }

    /// `mprotect_fixup` of a locked private VMA: "trigger COW to avoid major fault on access".
    pub fn becomes_writable(&self) -> bool {
        self.vma_locked() && !self.m.vma_read_only(self.mm(), self.page())
    }

    /// mlock lets go of the mmap lock, and faults take it for read; mprotect keeps it.
    pub fn begin_populate(&mut self) -> bool {
        let keeps = self.kind() == OpKind::Protect;
        let me = self.me_mut();
        me.set(Actor::POPULATING, true);
        me.set(Actor::MMAP_WRITE, keeps);
        true
    }

    /// `follow_page_pte` with FOLL_TOUCH: the page is about to be written to behind the page table's back.
    pub fn touches_clean(&mut self) -> bool {
        self.is_store() && self.normal_page() && !self.me().pte.dirty() && !self.folio().dirty()
    }

    /// What is populated is faulted in, for write where the VMA allows that.
    pub fn populated(&self) -> bool {
        let pte = self.me().pte;
        pte.is_present() && (pte.write() || self.m.vma_read_only(self.mm(), self.page()))
    }
}
