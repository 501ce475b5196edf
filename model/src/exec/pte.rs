//! Page-table entries: read, exchange, restore.

use super::Ctx;
use crate::{Actor, ZERO_FRAME};

impl Ctx<'_, '_> {
    pub fn read_pte(&mut self) -> bool {
        let pte = self.pte();
        self.me_mut().pte = pte;
        true
    }

    /// One atomic exchange with zero. `keep`: the listing uses the word that the exchange returned; otherwise
    /// its variable keeps the value of an earlier read.
    pub fn clear_pte(&mut self, keep: bool) -> bool {
        let old = self.pte();
        self.set_pte(crate::Pte::NONE);
        let me = self.me_mut();
        if keep {
            me.pte = old;
        }
        me.set(Actor::HOLDS_PTE, true);
        me.set(Actor::CARRY_YOUNG | Actor::CARRY_DIRTY, false);
        me.set(Actor::HOLDS_DIRTY, me.pte.is_present() && me.pte.dirty());
        true
    }

    pub fn restore_pte(&mut self) -> bool {
        self.set_pte(self.me().pte);
        self.settle();
        true
    }

    /// An edit of the listing's variable; nobody else sees it.
    pub fn edit_word(&mut self, edit: impl FnOnce(crate::Pte) -> crate::Pte) -> bool {
        let me = self.me_mut();
        me.pte = edit(me.pte);
        true
    }

    pub fn save_orig(&mut self) -> bool {
        let me = self.me_mut();
        me.orig = me.pte;
        true
    }

    /// The mmu gather notes that it owes the flush of this page.
    pub fn gather_page(&mut self) -> bool {
        self.me_mut().set(Actor::OWED, true);
        true
    }

    pub fn pte_zero_page(&self) -> bool {
        let pte = self.me().pte;
        pte.is_present() && pte.frame() == ZERO_FRAME
    }

    /// Clears a non-present entry.
    pub fn clear_entry(&mut self) -> bool {
        self.set_pte(crate::Pte::NONE);
        true
    }
}
