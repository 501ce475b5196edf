//! A user access: translate, set D, touch memory (kernel-independent; HW-0 of [`crate::Hardware`]).

use super::Ctx;
use crate::{Actor, Happened, OpKind, TlbEntry};

impl Ctx<'_, '_> {
    pub fn is_store(&self) -> bool {
        self.kind() == OpKind::Write
    }

    /// Looks the TLB up; a miss, or a store through a read-only entry, walks. The walk sets A and fills the
    /// entry. No entry is ever filled from a word that is not present.
    pub fn translate(&mut self) -> bool {
        let (i, page, store) = (self.i, self.page(), self.is_store());
        let cached = self.m.tlb[i][page];
        if !(cached.valid() && (!store || cached.write())) {
            let pte = self.m.pte[page];
            if !pte.is_present() || (store && !pte.write()) {
                self.m.tlb[i][page] = TlbEntry::INVALID;
                return false;
            }
            self.m.pte[page] = pte.with_accessed(true);
            self.m.tlb[i][page] = TlbEntry::new(pte.frame(), pte.write(), pte.dirty());
        }
        self.me_mut().set(Actor::MID_ACCESS, true);
        true
    }

    pub fn needs_dirty(&self) -> bool {
        self.is_store() && !self.m.tlb[self.i][self.page()].dirty()
    }

    /// One locked read-modify-write of the page table: the translation must still hold, else the cached entry
    /// goes and the access starts again.
    pub fn set_dirty(&mut self) -> bool {
        let (i, page) = (self.i, self.page());
        let pte = self.m.pte[page];
        let cached = self.m.tlb[i][page];
        if pte.is_present() && pte.write() && pte.frame() == cached.frame() {
            self.m.pte[page] = pte.with_accessed(true).with_dirty(true);
            self.m.tlb[i][page] = cached.with_dirty();
            true
        } else {
            self.m.tlb[i][page] = TlbEntry::INVALID;
            self.me_mut().set(Actor::MID_ACCESS, false);
            false
        }
    }

    pub fn access(&mut self) -> bool {
        let (i, page) = (self.i, self.page());
        let frame = self.m.tlb[i][page].frame();
        self.me_mut().set(Actor::MID_ACCESS, false);
        self.event.happened = if self.is_store() {
            let value = self.w.programs.value(i, self.me().op as usize);
            self.m.folios[frame as usize].data[i] = value;
            let excused = self.m.discard_in_flight(self.w, page);
            self.m.shadow.store(page, i, value, excused);
            Happened::Store { page: page as u8, frame, value }
        } else {
            Happened::Load { page: page as u8, frame, data: self.m.data(frame) }
        };
        true
    }
}
