//! Extra references and pins, as GUP-fast takes them (David Hildenbrand's B1 to B5).

use super::Ctx;
use crate::ZERO_FRAME;

impl Ctx<'_, '_> {
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
        self.me().pte.write() || self.folio().exclusive()
    }

    pub fn unpin_folio(&mut self) -> bool {
        let frame = self.me().folio;
        self.drop_pin(frame);
        true
    }

    fn drop_pin(&mut self, frame: u8) {
        let folio = &mut self.m.folios[frame as usize];
        folio.unpin();
        if folio.refs == 0 {
            self.free(frame);
        }
    }

    /// Keeps the reference until it is dropped by name. A page has one at a time: a second one, taken at the
    /// same moment by another actor, is dropped.
    pub fn hold(&mut self, pin: bool) -> bool {
        let page = self.page();
        let zero = self.pte_zero_page();
        let frame = if zero { ZERO_FRAME } else { self.me().folio };
        if self.m.held(page, pin).is_none() {
            self.m.set_held(page, pin, Some(frame));
        } else if !zero {
            if pin {
                self.drop_pin(frame);
            } else {
                self.put(frame);
            }
        }
        true
    }

    pub fn release(&mut self, pin: bool) -> bool {
        let page = self.page();
        let held = self.m.held(page, pin);
        self.m.set_held(page, pin, None);
        let Some(frame) = held.filter(|f| *f != ZERO_FRAME) else { return true };
        if pin {
            self.drop_pin(frame);
        } else {
            self.put(frame);
        }
        true
    }

    pub fn set_swap_max(&mut self) -> bool {
        self.m.swap_max = self.w.op(self.m, self.i).map_or(0, |op| op.arg);
        true
    }
}
