//! What several actions touch in the same way: a folio that is freed, a slot that is looked up, an operation
//! that ends.

use super::touch::Touch;
use super::{Object, protects, visible};
use crate::{
    ACTORS, Actor, Child, FRAMES, Frame, MMS, NO_SLOT, OpKind, PAGES, SLOTS, SYSTEM_FRAMES, Slot, Swap, is_device,
};

impl Touch<'_> {
    pub(super) fn others(&mut self, object: impl Fn(usize) -> Object) {
        (0..ACTORS).filter(|a| *a != self.i).for_each(|a| self.f.read(object(a)));
    }

    pub(super) fn others_asked(&mut self) {
        let initiator = self.i;
        self.others(|cpu| Object::asked(initiator, cpu));
    }

    /// The registers that others look at go back to what they are between two operations, or at the start of
    /// one.
    pub(super) fn ends(&mut self, returns: bool) {
        let me = *self.me();
        for (flag, object) in visible(self.i) {
            let stays = flag == Actor::IN_CHILD && !returns;
            if me.has(flag) && !stays {
                self.f.write(object);
            }
        }
        for cpu in (0..ACTORS).filter(|cpu| me.unanswered() & 1 << cpu != 0) {
            self.f.write(Object::asked(self.i, cpu));
        }
        let Some(op) = self.op() else { return };
        let page = op.arg as usize;
        if me.has(Actor::DISCARDING) {
            self.f.write(Object::discard(page));
            self.f.write(Object::doomed(self.i));
            if returns && op.kind == OpKind::DontNeed {
                (0..ACTORS).for_each(|word| self.f.write(Object::shadow(0, page, word)));
                self.f.write(Object::revoked(page));
            }
        }
        if returns && let Some(page) = protects(Some(op)) {
            self.f.write(Object::protecting(page));
        }
    }

    pub(super) fn translates(&mut self) {
        let (mm, page) = (self.mm(), self.page());
        let store = self.kind().accesses() && self.kind().stores();
        let cached = self.m.tlb[self.i][mm][page];
        let usable = cached.write() && (self.w.mode.sets_dirty || cached.dirty());
        self.f.read(Object::tlb(self.i, mm, page));
        if cached.valid() && (!store || usable) {
            return self.f.write(Object::access(self.i));
        }
        let pte = self.pte();
        self.f.read(Object::pte(mm, page));
        let walks = pte.is_usable() && (!store || (pte.write() && (self.w.mode.sets_dirty || pte.dirty())));
        if walks {
            self.f.write(Object::access(self.i));
            // A walk that finds A set changes nothing.
            if !pte.accessed() {
                self.f.write(Object::pte(mm, page));
            }
        }
        if walks || cached.valid() {
            self.f.write(Object::tlb(self.i, mm, page));
        }
    }

    pub(super) fn starts_over(&mut self) {
        self.f.write(Object::tlb(self.i, self.mm(), self.page()));
        self.f.write(Object::access(self.i));
    }

    /// What judges go by when they see a load or a store.
    pub(super) fn judged(&mut self) {
        let (mm, page) = (self.mm(), self.page());
        let judged = &mut self.f.judged;
        judged.insert(Object::pte(mm, page));
        judged.insert(Object::protection(mm, page));
        judged.insert(Object::revoked(page));
        judged.insert(Object::discard(page));
        judged.insert(Object::protecting(page));
        for n in 0..ACTORS {
            judged.insert(Object::shadow(mm, page, n));
            judged.insert(Object::batch(n));
        }
    }

    pub(super) fn loads(&mut self, frame: Frame) {
        self.judged();
        self.reads_data(frame);
    }

    pub(super) fn stores(&mut self, frame: Frame) {
        let (mm, page) = (self.mm(), self.page());
        self.judged();
        self.writes_word(frame);
        self.f.write(Object::shadow(mm, page, self.i));
        if mm == 0 {
            self.f.read(Object::discard(page));
            self.f.read(Object::CHILD);
            if self.m.child == Child::Forking {
                self.f.write(Object::shadow(1, page, self.i));
            }
        }
    }

    pub(super) fn dma(&mut self) {
        let page = self.page();
        for pin in [false, true] {
            self.f.read(Object::hold(page, pin));
        }
        let held = [true, false].into_iter().find(|pin| self.m.held_for_write(page, *pin));
        if let Some(frame) = held.and_then(|pin| self.m.held(page, pin)) {
            self.stores(frame);
            for mm in 0..self.m.mms() {
                self.f.write(Object::shadow(mm, page, self.i));
            }
        }
    }

    pub(super) fn reads_folio(&mut self, frame: Frame) {
        if let Some(frame) = folio(frame) {
            self.f.read(Object::folio(frame));
        }
    }

    pub(super) fn writes_folio(&mut self, frame: Frame) {
        if let Some(frame) = folio(frame) {
            self.f.write(Object::folio(frame));
        }
    }

    pub(super) fn reads_data(&mut self, frame: Frame) {
        if let Some(frame) = folio(frame) {
            (0..ACTORS).for_each(|word| self.f.read(Object::data(frame, word)));
        }
    }

    pub(super) fn writes_data(&mut self, frame: Frame) {
        if let Some(frame) = folio(frame) {
            (0..ACTORS).for_each(|word| self.f.write(Object::data(frame, word)));
        }
    }

    pub(super) fn writes_word(&mut self, frame: Frame) {
        if let Some(frame) = folio(frame) {
            self.f.write(Object::data(frame, self.i));
        }
    }

    pub(super) fn reads_slot(&mut self, n: Slot) {
        if let Some(n) = slot(n) {
            self.f.read(Object::slot(n));
        }
    }

    pub(super) fn writes_slot(&mut self, n: Slot) {
        if let Some(n) = slot(n) {
            self.f.write(Object::slot(n));
        }
    }

    pub(super) fn reads_slots(&mut self) {
        (0..SLOTS).for_each(|n| self.f.read(Object::slot(n)));
    }

    pub(super) fn slot_of(&self, frame: Frame) -> Slot {
        folio(frame).map_or(NO_SLOT, |f| self.m.folios[f].slot())
    }

    pub(super) fn cached(&self, n: Slot) -> Option<Frame> {
        slot(n).and_then(|_| self.m.cached_folio(n)).map(|f| f as Frame)
    }

    /// Whoever enters the swap cache for a slot or leaves it writes the slot.
    pub(super) fn looks_up(&mut self, n: Slot) {
        self.reads_slot(n);
        if let Some(frame) = self.cached(n) {
            self.reads_folio(frame);
        }
    }

    pub(super) fn sets_pte(&mut self, mm: usize) {
        self.f.read(Object::ptl(mm));
        self.f.write(Object::pte(mm, self.page()));
    }

    /// An entry that is made after the protection of its VMA.
    pub(super) fn maps(&mut self, mm: usize) {
        self.f.read(Object::protection(mm, self.page()));
        self.sets_pte(mm);
    }

    /// Drops references, and perhaps the last one.
    pub(super) fn drops(&mut self, frame: Frame, references: u8) {
        self.writes_folio(frame);
        if folio(frame).is_some_and(|f| self.m.folios[f].refs <= references) {
            self.frees(frame);
        }
    }

    /// A frame goes back to its allocator. Whether a CPU still has it mapped is looked at: by those entries
    /// that name it, and by those that a walk could make name it.
    pub(super) fn frees(&mut self, frame: Frame) {
        self.writes_folio(frame);
        self.f.write(if is_device(frame) { Object::DEVICE_ALLOCATOR } else { Object::ALLOCATOR });
        self.writeback();
        for (mm, page) in (0..MMS).flat_map(|mm| (0..PAGES).map(move |page| (mm, page))) {
            let pte = self.m.pte[mm][page];
            let mapped = pte.is_present() && pte.frame() == frame;
            for cpu in 0..ACTORS {
                let cached = self.m.tlb[cpu][mm][page];
                if mapped || (cached.valid() && cached.frame() == frame) {
                    self.f.read(Object::tlb(cpu, mm, page));
                }
            }
        }
    }

    pub(super) fn allocates(&mut self) -> Option<Frame> {
        self.f.read(Object::ALLOCATOR);
        let frame = self.m.free_frame()?;
        self.f.write(Object::ALLOCATOR);
        self.f.write(Object::folio(frame));
        (0..PAGES).for_each(|page| self.f.write(Object::revoked(page)));
        (0..ACTORS).for_each(|actor| self.f.write(Object::doomed(actor)));
        Some(frame as Frame)
    }

    /// A folio leaves the swap cache, if it can; then `references` more are dropped.
    pub(super) fn frees_swap(&mut self, frame: Frame, references: u8) {
        let Some(f) = folio(frame) else { return };
        let state = &self.m.folios[f];
        self.reads_folio(frame);
        if state.freeing() {
            return self.frees(frame);
        }
        if state.swapcache() {
            self.writes_slot(state.slot());
            self.drops(frame, 1 + references);
        } else if references > 0 {
            self.drops(frame, references);
        }
    }

    pub(super) fn swap_full(&mut self) {
        self.f.read(Object::SWAP_MAX);
        if self.m.swap_max != 0 {
            self.reads_slots();
        }
    }

    /// The swap device can be observed only where it takes its time.
    pub(super) fn writeback(&mut self) {
        if self.w.config.swap == Swap::Disk {
            self.f.write(Object::WRITEBACK);
        }
    }

    pub(super) fn each(&mut self, frames: u8, then: impl Fn(&mut Self, Frame)) {
        for frame in (0..SYSTEM_FRAMES).filter(|f| frames & 1 << f != 0) {
            then(self, frame as Frame);
        }
    }

    pub(super) fn looks_for_reclaimable(&mut self) {
        let page = self.page();
        self.f.read(Object::mlocked(page));
        self.f.read(Object::pte(0, page));
        (0..SYSTEM_FRAMES).for_each(|frame| self.f.read(Object::folio(frame)));
    }

    /// Who caches one of the pages is asked; this CPU drops them at once.
    pub(super) fn flushes(&mut self, pages: u8, both: bool) {
        let mm = self.mm();
        for cpu in 0..ACTORS {
            for mm in (0..MMS).filter(|n| both || *n == mm) {
                for page in (0..PAGES).filter(|p| pages & 1 << p != 0) {
                    let object = Object::tlb(cpu, mm, page);
                    self.f.read(object);
                    if self.m.tlb[cpu][mm][page].valid() {
                        self.f.write(if cpu == self.i { object } else { Object::asked(self.i, cpu) });
                    }
                }
            }
        }
    }

    pub(super) fn flushes_here(&mut self, pages: u8) {
        let mm = self.mm();
        (0..PAGES).filter(|p| pages & 1 << p != 0).for_each(|page| self.f.write(Object::tlb(self.i, mm, page)));
    }

    pub(super) fn flushes_again(&mut self) {
        if self.w.config.knobs.double_flush && !self.me().has(Actor::SECOND_FLUSH) {
            self.others(Object::access);
            for cpu in (0..ACTORS).filter(|cpu| *cpu != self.i && self.m.actors[*cpu].has(Actor::MID_ACCESS)) {
                self.f.write(Object::asked(self.i, cpu));
            }
        }
    }

    pub(super) fn begins_discard(&mut self) {
        let (mm, page) = (self.mm(), self.page());
        self.f.write(Object::discard(page));
        // Whether another discard is still at work.
        self.f.read(Object::ptl(0));
        (0..ACTORS).for_each(|word| self.f.write(Object::shadow(0, page, word)));
        if self.kind() == OpKind::Free {
            self.f.read(Object::CHILD);
            if self.m.child != Child::None {
                (0..ACTORS).for_each(|word| self.f.write(Object::shadow(1, page, word)));
            }
            return;
        }
        self.f.read(Object::pte(mm, page));
        (0..ACTORS).for_each(|cpu| self.f.read(Object::tlb(cpu, 0, page)));
        self.f.write(Object::doomed(self.i));
        [false, true].into_iter().for_each(|pin| self.f.write(Object::hold(page, pin)));
    }

    pub(super) fn holds(&mut self, pin: bool) {
        let (mm, page) = (self.mm(), self.page());
        self.f.read(Object::protection(mm, page));
        self.f.write(Object::hold(page, pin));
        if self.m.held(page, pin).is_some() {
            return self.drops(self.me().folio, 1);
        }
        self.f.read(Object::discard(page));
        self.f.read(Object::CHILD);
        self.f.read(Object::pte(mm, page));
        if self.pte().is_swap() {
            self.looks_up(self.pte().slot());
        }
    }

    pub(super) fn releases(&mut self, pin: bool) {
        let page = self.page();
        if self.me().drops_its_own(self.kind(), pin) {
            return self.drops(self.me().folio, 1);
        }
        self.f.write(Object::hold(page, pin));
        if let Some(frame) = self.m.held(page, pin) {
            self.drops(frame, 1);
        }
    }
}

pub(super) const ALL_PAGES: u8 = (1 << PAGES) - 1;

/// A frame that a folio stands in: not the zero page, nor what an empty register names.
fn folio(frame: Frame) -> Option<usize> {
    let frame = frame as usize;
    (frame < FRAMES).then_some(frame)
}

pub(super) fn slot(slot: Slot) -> Option<usize> {
    let slot = slot as usize;
    (slot < SLOTS).then_some(slot)
}
