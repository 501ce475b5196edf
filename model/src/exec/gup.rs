//! Extra references and pins, as GUP-fast takes them (David Hildenbrand's B1 to B5).

use super::Ctx;
use crate::{Actor, Assumption, Child, Flaw, Frame, Happened, InFlight, MMS, ZERO_FRAME};

impl Ctx<'_, '_> {
    /// B2. A page that the mirror or a plain reference wants for write has to be mapped writable.
    pub fn gup_permitted(&self) -> bool {
        let pte = self.me().pte;
        pte.is_usable() && (pte.write() || !self.is_store())
    }

    pub fn try_get_folio(&mut self, pin: bool) -> bool {
        let frame = self.me().pte.frame();
        self.me_mut().folio = frame;
        let folio = &mut self.m.folios[frame as usize];
        if folio.refs == 0 {
            return false;
        }
        if pin {
            folio.pin();
        } else {
            folio.refs += 1;
        }
        true
    }

    pub fn pin_allowed(&self) -> bool {
        self.me().pte.write() || self.folio().exclusive() || !self.w.config.knobs.exclusive
    }

    pub fn unpin_folio(&mut self) -> bool {
        let frame = self.me().folio;
        self.drop_pin(frame);
        true
    }

    fn drop_pin(&mut self, frame: u8) {
        let folio = &mut self.m.folios[frame as usize];
        if !folio.unpin() {
            self.flaw(Flaw::CountUnderflow);
            return;
        }
        if folio.refs == 0 {
            self.free(frame);
        }
    }

    /// Keeps the reference until it is dropped by name. A page has one at a time: a second one, taken at the
    /// same moment by another actor, is dropped.
    pub fn hold(&mut self, pin: bool) -> bool {
        let write = self.is_store();
        let page = self.page();
        let zero = self.pte_zero_page();
        let frame = if zero { ZERO_FRAME } else { self.me().folio };
        if self.m.held(page, pin).is_none() {
            self.m.set_held(page, pin, Some(frame), write);
            // What began since the entry was re-checked may already have taken the page away.
            if self.m.discard_in_flight(self.w, page) != InFlight::Nothing {
                self.loosen_hold(page, pin, Assumption::HoldOfDiscardedPage);
            }
            if !pin && self.m.child != Child::None {
                self.loosen_hold(page, pin, Assumption::ReferenceDoesNotHold);
            }
            if !self.still_there(frame) {
                let pin_or_not = [Assumption::ReferenceDoesNotHold, Assumption::HoldOfDiscardedPage];
                self.loosen_hold(page, pin, pin_or_not[usize::from(pin)]);
            }
        } else if !zero {
            if pin {
                self.drop_pin(frame);
            } else {
                self.put(frame);
            }
        }
        true
    }

    /// From now on a device's store through the hold may miss the page, if that is assumed.
    pub(super) fn loosen_hold(&mut self, page: usize, pin: bool, excuse: Assumption) {
        if self.w.assumed.has(excuse) {
            self.m.loosen_hold(page, pin);
        }
    }

    /// Whether the current page is still in that frame, mapped or about to be.
    fn still_there(&self, frame: Frame) -> bool {
        let pte = self.pte();
        let cached = || pte.is_swap() && self.m.cached_folio(pte.slot()) == Some(frame as usize);
        ((pte.is_present() || pte.is_migration()) && pte.frame() == frame) || cached()
    }

    /// B4: any difference counts. A pin also backs off from a fork (`write_protect_seq`, 57efa1fe5957).
    pub fn pte_recheck(&self) -> bool {
        let pin = self.kind().pins();
        self.pte().same(self.me().pte) && !(pin && self.m.child == Child::Forking)
    }

    pub fn release(&mut self, pin: bool) -> bool {
        let page = self.page();
        let held = if self.me().drops_its_own(self.kind(), pin) {
            Some(self.me().folio)
        } else {
            let held = self.m.held(page, pin);
            self.m.set_held(page, pin, None, false);
            held
        };
        let Some(frame) = held.filter(|f| *f != ZERO_FRAME) else { return true };
        if pin {
            self.drop_pin(frame);
        } else {
            self.put(frame);
        }
        true
    }

    /// For a reference or pin that is held for write, the device stops; the folio is the one to be dirtied.
    pub fn end_io(&mut self, pin: bool) -> bool {
        let page = self.page();
        let (held, write) = (self.m.held(page, pin), self.m.held_for_write(page, pin));
        // From here on the reference is this actor's to drop, and one that another takes is not.
        self.m.set_held(page, pin, None, false);
        let me = self.me_mut();
        me.folio = held.unwrap_or(ZERO_FRAME);
        me.set(Actor::HOLDS_REF, true);
        // What the device wrote is known to this actor alone until it has marked the folio.
        me.set(Actor::HOLDS_DIRTY, held.is_some() && write);
        held.is_some() && write
    }

    /// A DMA device stores through a pin, or through a reference if there is no pin. It marks nothing:
    /// whoever holds the page dirties it before letting go.
    pub fn dma_store(&mut self) -> bool {
        let page = self.page();
        let Some(pin) = [true, false].into_iter().find(|pin| self.m.held_for_write(page, *pin)) else {
            return false;
        };
        let Some(frame) = self.m.held(page, pin) else { return false };
        // Before exclusive pages were tracked, a fork or a swap-in could move the process away from a page
        // that a device writes to (CVE-2020-29374 and its mirror image).
        let assumed = self.w.assumed;
        let untracked = !self.w.config.knobs.exclusive && assumed.has(Assumption::ExclusiveUntracked);
        let i = self.i;
        if self.m.hold_is_loose(page, pin) || untracked {
            let value = self.w.programs.value(i, self.me().op as usize);
            self.m.folios[frame as usize].data[i] = value;
            for mm in 0..self.m.mms() {
                self.m.shadow.doubtful_store(mm, page, i, value);
            }
            self.event.happened = Happened::Store { mm: 0, page: page as u8, frame, value };
            return true;
        }
        self.store_to(frame);
        // The page may be shared all the same: the parent has to see the store, the child may.
        if !assumed.holds_are_loose() && self.m.mms() == MMS {
            let value = self.w.programs.value(i, self.me().op as usize);
            self.m.shadow.doubtful_store(1, page, i, value);
        }
        true
    }

    pub fn set_swap_max(&mut self) -> bool {
        self.m.swap_max = self.op.arg;
        true
    }
}
