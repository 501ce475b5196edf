//! Locks and references.

use super::Ctx;
use crate::{Flaw, Frame};

impl Ctx<'_, '_> {
    pub fn lock_ptl(&mut self) -> bool {
        self.m.ptl = self.i as u8 + 1;
        true
    }

    pub fn unlock_ptl(&mut self) -> bool {
        if self.m.ptl as usize != self.i + 1 {
            self.flaw(Flaw::NotLockOwner);
        }
        self.m.ptl = 0;
        true
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
        self.folio_mut().refs += 1;
        true
    }

    pub fn put_folio(&mut self) -> bool {
        let frame = self.me().folio;
        self.put(frame);
        true
    }
}
