//! Locks and references.

use super::Ctx;
use crate::{Flaw, Frame, MMS};

impl Ctx<'_, '_> {
    pub fn lock_ptl(&mut self) -> bool {
        let mm = self.mm();
        self.m.ptl[mm] = self.i as u8 + 1;
        true
    }

    pub fn unlock_ptl(&mut self) -> bool {
        let mm = self.mm();
        self.unlock_ptl_of(mm)
    }

    fn unlock_ptl_of(&mut self, mm: usize) -> bool {
        if self.m.ptl[mm] as usize != self.i + 1 {
            self.flaw(Flaw::NotLockOwner);
        }
        self.m.ptl[mm] = 0;
        true
    }

    pub fn lock_both_ptls(&mut self) -> bool {
        self.m.ptl = [self.i as u8 + 1; MMS];
        true
    }

    pub fn unlock_both_ptls(&mut self) -> bool {
        (0..MMS).all(|mm| self.unlock_ptl_of(mm))
    }

    pub fn trylock_folio(&mut self) -> bool {
        if self.folio().locked() {
            return false;
        }
        self.lock_folio()
    }

    pub fn lock_folio(&mut self) -> bool {
        let i = self.i;
        self.folio_mut().lock(i);
        true
    }

    pub fn unlock(&mut self, frame: Frame) -> bool {
        if self.m.folios[frame as usize].lock_owner() != Some(self.i) {
            self.flaw(Flaw::NotLockOwner);
        }
        self.m.folios[frame as usize].unlock();
        true
    }

    pub fn get_folio(&mut self) -> bool {
        if self.folio().refs == 0 {
            self.flaw(Flaw::RefOfNobody);
        }
        self.folio_mut().refs += 1;
        true
    }

    pub fn put_folio(&mut self) -> bool {
        let frame = self.me().folio;
        self.put(frame);
        true
    }
}
