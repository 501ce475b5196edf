//! A user access: translate, set D, touch memory. The rules of the CPU ([`crate::Mode`]) decide how.

use super::Ctx;
use crate::{Actor, Assumption, Child, Frame, Happened, InFlight, Pte, TlbEntry};

impl Ctx<'_, '_> {
    /// A store by a CPU.
    pub fn is_cpu_store(&self) -> bool {
        self.kind().accesses() && self.kind().stores()
    }

    /// Whether a walk for a store may use the entry.
    fn writable(&self, pte: Pte) -> bool {
        pte.write() && (self.w.mode.sets_dirty || pte.dirty())
    }

    fn entry(&self) -> TlbEntry {
        self.m.tlb[self.i][self.mm()][self.page()]
    }

    fn set_entry(&mut self, entry: TlbEntry) {
        let (i, mm, page) = (self.i, self.mm(), self.page());
        self.m.tlb[i][mm][page] = entry;
    }

    /// Looks the TLB up; a miss, or a store through a read-only entry, walks. The walk sets A and fills the
    /// entry. No entry is ever filled from a word that is not present.
    pub fn translate(&mut self) -> bool {
        let store = self.is_cpu_store();
        let cached = self.entry();
        let usable = cached.write() && (self.w.mode.sets_dirty || cached.dirty());
        let hit = cached.valid() && (!store || usable);
        let frame = if hit {
            cached.frame()
        } else {
            let pte = self.pte();
            if !pte.is_usable() || (store && !self.writable(pte)) {
                self.set_entry(TlbEntry::INVALID);
                return false;
            }
            self.hardware_sets(pte.with_accessed(true));
            self.set_entry(TlbEntry::new(pte.frame(), pte.write(), pte.dirty()));
            pte.frame()
        };
        let me = self.me_mut();
        me.folio = frame;
        me.set(Actor::MID_ACCESS, true);
        me.set(Actor::CACHED, hit);
        true
    }

    /// The hardware writes the page table without a lock.
    fn hardware_sets(&mut self, pte: Pte) {
        let (mm, page) = (self.mm(), self.page());
        self.m.pte[mm][page] = pte;
    }

    pub fn needs_dirty(&mut self) -> bool {
        let mode = &self.w.mode;
        let clean = self.is_cpu_store() && !self.entry().dirty();
        let blind = !mode.clean_hit_walks && self.me().has(Actor::CACHED);
        if !clean || blind {
            return false;
        }
        if !mode.dirty_first {
            self.me_mut().set(Actor::OWES_DIRTY, true);
            return false;
        }
        true
    }

    /// The walker's plain load, which the later store goes by.
    pub fn walker_read(&mut self) -> bool {
        let pte = self.pte();
        self.me_mut().pte = pte;
        self.still_translates(pte) || self.start_over()
    }

    fn still_translates(&self, pte: Pte) -> bool {
        pte.is_usable() && pte.write() && pte.frame() == self.me().folio
    }

    /// The access starts again.
    fn start_over(&mut self) -> bool {
        self.set_entry(TlbEntry::INVALID);
        self.me_mut().set(Actor::MID_ACCESS, false);
        false
    }

    /// The D update: one locked read-modify-write of the page table that re-checks the translation, as far as
    /// the CPU does that. If the translation does not hold any more, the cached entry goes and the access
    /// starts again.
    pub fn set_dirty(&mut self) -> bool {
        let mode = &self.w.mode;
        let pte = if mode.atomic { self.pte() } else { self.me().pte };
        let present = pte.is_usable() && pte.frame() == self.me().folio;
        let ok = self.still_translates(pte);
        if ok || !mode.rechecks_present || (present && !mode.rechecks_write) {
            self.hardware_sets(pte.with_accessed(true).with_dirty(true));
        }
        if !ok {
            return self.start_over();
        }
        let cached = self.entry();
        if cached.valid() {
            self.set_entry(cached.with_dirty());
        }
        true
    }

    /// D goes into whatever the word is by now.
    pub fn late_dirty(&mut self) -> bool {
        self.hardware_sets(self.pte().with_accessed(true).with_dirty(true));
        self.me_mut().set(Actor::OWES_DIRTY, false);
        let cached = self.entry();
        if cached.valid() {
            self.set_entry(cached.with_dirty());
        }
        true
    }

    pub fn access(&mut self) -> bool {
        let frame = self.me().folio;
        self.me_mut().set(Actor::MID_ACCESS, false);
        if self.is_cpu_store() {
            self.store_to(frame);
        } else {
            self.load_from(frame);
        }
        true
    }

    pub fn load_from(&mut self, frame: Frame) {
        let (mm, page) = (self.mm() as u8, self.page() as u8);
        self.event.happened = Happened::Load { mm, page, frame, data: self.m.data(frame) };
    }

    /// Stores the operation's value into the actor's own word, and notes what the program may see from now
    /// on.
    pub fn store_to(&mut self, frame: Frame) {
        let (i, mm, page) = (self.i, self.mm(), self.page());
        let value = self.w.programs.value(i, self.me().op as usize);
        // A listing with a fault in it may map the zero page writable. It has no bytes of its own here: the
        // store is lost, as it is for whoever maps a page of zeros next.
        if let Some(folio) = self.m.folios.get_mut(frame as usize) {
            folio.data[i] = value;
        }
        let assumed = self.w.assumed;
        let excused = if mm == 0 && assumed.has(Assumption::StoreDuringDiscard) {
            self.m.discard_takes(self.w, page)
        } else {
            InFlight::Nothing
        };
        self.m.shadow.store(mm, page, i, value, excused);
        if mm == 0 && self.m.child == Child::Forking && assumed.has(Assumption::StoreDuringFork) {
            self.m.shadow.doubtful_store(1, page, i, value);
        }
        self.event.happened = Happened::Store { mm: mm as u8, page: page as u8, frame, value };
    }
}
