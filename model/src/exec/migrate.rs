//! The `migrate_vma` pipeline (mm/migrate_device.c, mm/migrate.c, and the test driver lib/test_hmm.c).

use super::Ctx;
use crate::{Actor, Data, Frame, MigrationEntryBits, NO_FRAME, OpKind, PAGES, Pte, Source, ZERO_FRAME, is_device};

impl Ctx<'_, '_> {
    /// Whether the call moves system pages to the device; otherwise device pages come back.
    fn to_device(&self) -> bool {
        !self.me().has(Actor::FAULT) && self.kind().migrates_to_device()
    }

    pub fn source(&self) -> Source {
        self.me().src[self.page()]
    }

    fn source_mut(&mut self) -> &mut Source {
        let page = self.page();
        &mut self.me_mut().src[page]
    }

    pub fn dst(&self) -> Frame {
        self.me().dst[self.page()]
    }

    fn set_dst(&mut self, frame: Frame) {
        let page = self.page();
        self.me_mut().dst[page] = frame;
    }

    /// A migration that no operation asked for is a fault's.
    pub fn begin_migrate(&mut self) -> bool {
        let fault = !self.kind().migrates_to_device() && self.kind() != OpKind::ToSystem;
        self.me_mut().set(Actor::FAULT, fault);
        let me = self.me_mut();
        me.src = [Source::NOTHING; PAGES];
        me.dst = [NO_FRAME; PAGES];
        true
    }

    /// A hole migrates too: the destination is inserted where nothing was.
    pub fn collect_hole(&mut self) -> bool {
        let pte = self.me().pte;
        let hole = pte.is_none() || (self.pte_zero_page() && self.to_device());
        if hole {
            *self.source_mut() = Source::collected(NO_FRAME);
        }
        hole
    }

    pub fn collectable(&mut self) -> bool {
        let pte = self.me().pte;
        let selected =
            if self.to_device() { pte.is_present() && pte.frame() != ZERO_FRAME } else { pte.is_device() };
        if selected {
            self.me_mut().folio = pte.frame();
        }
        selected
    }

    /// The entry's kind comes from the listing's variable: writable, readable-exclusive if the page was
    /// exclusive, else readable. A and D go along where the kernel has room for them.
    pub fn install_migration_entry(&mut self) -> bool {
        let Actor { folio, pte, .. } = *self.me();
        let mut entry = Pte::migration(folio, pte.write(), self.me().has(Actor::EXCLUSIVE));
        entry = self.carrying(entry);
        self.set_pte(entry);
        self.settle();
        *self.source_mut() = Source::collected(folio);
        if pte.is_present() {
            self.me_mut().set(Actor::CLEARED, true);
        }
        true
    }

    /// Where the kernel has room for it (2e3468778dbe, 6.1).
    pub fn carry(&mut self, bit: u32) -> bool {
        let room = self.w.config.knobs.migration_entry != MigrationEntryBits::None;
        self.me_mut().set(bit, room);
        true
    }

    /// An entry with the A and D of the variable that it was told to carry.
    fn carrying(&self, entry: Pte) -> Pte {
        let (young, dirty) = (self.me().has(Actor::CARRY_YOUNG), self.me().has(Actor::CARRY_DIRTY));
        if !young && !dirty {
            return entry;
        }
        let pte = self.me().pte;
        entry.carrying(young && pte.accessed(), dirty && pte.dirty())
    }

    /// `split_folio`: every page of the large folio becomes a folio of its own, unless somebody holds a
    /// reference that neither the mapping, the swap cache nor the caller explains.
    pub fn split_folio(&mut self) -> bool {
        let folio = self.folio();
        if folio.refs != folio.mapcount() + u8::from(folio.swapcache()) + 1 {
            return false;
        }
        for folio in &mut self.m.folios {
            folio.set_large(false);
        }
        true
    }

    /// The rmap walk finds the source mapped, present or device-private.
    pub fn maps_source(&mut self) -> bool {
        let pte = self.pte();
        self.me_mut().pte = pte;
        (pte.is_present() || pte.is_device()) && pte.frame() == self.me().folio
    }

    /// `try_to_migrate_one`, for a mapping that collect did not see.
    pub fn replace_by_migration_entry(&mut self) -> bool {
        let Actor { folio, pte, .. } = *self.me();
        let entry = Pte::migration(folio, pte.write(), self.me().has(Actor::EXCLUSIVE));
        self.set_pte(self.carrying(entry));
        self.settle();
        true
    }

    pub fn refuses_mapping(&self) -> bool {
        is_device(self.dst()) && self.folio().swapcache()
    }

    /// The source frame becomes the folio under work.
    pub fn source_page(&mut self) -> bool {
        let frame = self.source().frame();
        if frame == NO_FRAME {
            return false;
        }
        self.me_mut().folio = frame;
        true
    }

    /// `migrate_vma_check_page`: isolation (or the collect reference of a device page), the swap cache, and
    /// the fault's own reference are expected; any other reference is not.
    pub fn check_refs(&mut self) -> bool {
        let folio = self.folio();
        let device = is_device(self.me().folio);
        let extra = 1 + u8::from(folio.swapcache()) + u8::from(device && self.fault_ref());
        folio.refs <= extra + folio.mapcount()
    }

    fn fault_ref(&self) -> bool {
        self.me().has(Actor::FAULT) && self.w.config.knobs.fault_page_ref
    }

    pub fn mark_restore(&mut self) -> bool {
        self.source_mut().mark_restore();
        true
    }

    pub fn restoring(&mut self) -> bool {
        self.source().restore() && self.source_page()
    }

    /// `remove_migration_pte`, if the entry is still there: towards the destination if the page migrated,
    /// else back to the source. A comes back if the entry carries it; D only if the entry carries it and the
    /// folio is dirty (the gate; without it, the entry alone decides).
    pub fn remove_migration_pte(&mut self) -> bool {
        let source = self.source();
        let entry = self.pte();
        if !entry.is_migration() || entry.frame() != source.frame() {
            return true;
        }
        let moved = source.migrate() && self.dst() != NO_FRAME;
        let target = if moved { self.dst() } else { source.frame() };
        let page = self.page();
        let folio = &mut self.m.folios[target as usize];
        folio.refs += 1;
        folio.map();
        folio.set_page(page);
        let dirty = match self.w.config.knobs.migration_entry {
            MigrationEntryBits::None => false,
            MigrationEntryBits::Gated => entry.carries_dirty() && folio.dirty(),
            MigrationEntryBits::Ungated => entry.carries_dirty(),
        };
        if entry.write() || entry.exclusive() {
            self.set_exclusive(target);
        }
        let write = entry.write() && !self.m.vma_read_only(self.mm(), page);
        let pte = if is_device(target) {
            Pte::device(target, write)
        } else {
            Pte::present(target, write).with_accessed(entry.carries_accessed()).with_dirty(dirty)
        };
        self.set_pte(pte);
        true
    }

    pub fn forget_source(&mut self) -> bool {
        *self.source_mut() = Source::NOTHING;
        true
    }

    /// The driver's destination, locked. Holes get one only on the way to the device.
    pub fn alloc_dst(&mut self) -> bool {
        let (to_device, page, i) = (self.to_device(), self.page(), self.i);
        if !to_device && self.source().frame() == NO_FRAME {
            return false;
        }
        let frame = if to_device { self.m.take_device_frame().map(|f| f as Frame) } else { self.alloc_system() };
        self.me_mut().set(Actor::OOM, frame.is_none());
        let Some(frame) = frame else { return false };
        let folio = &mut self.m.folios[frame as usize];
        if to_device {
            // A device page comes with the flags that its last user left (none, unless they are sticky).
            folio.set_allocated(true);
            folio.refs = 1;
            folio.set_slot(crate::NO_SLOT);
            folio.set_page(page);
        }
        folio.lock(i);
        self.set_dst(frame);
        true
    }

    pub fn copy_to_dst(&mut self) -> bool {
        let source = self.source().frame();
        let data = if source == NO_FRAME { Data::default() } else { self.m.folios[source as usize].data };
        let dst = self.dst() as usize;
        self.m.folios[dst].data = data;
        self.m.folios[dst].set_uptodate(true);
        true
    }

    pub fn clear_migrate(&mut self) -> bool {
        self.source_mut().clear_migrate();
        true
    }

    /// The references must be exactly the expected ones; then PG_swapbacked and PG_dirty are set on the
    /// destination if the source has them.
    pub fn migrate_mapping(&mut self) -> bool {
        let source = *self.folio();
        let dst = self.dst();
        let expected = 1 + u8::from(source.swapcache()) + u8::from(is_device(self.me().folio) && self.fault_ref());
        if source.refs != expected {
            return false;
        }
        let folio = &mut self.m.folios[dst as usize];
        if source.swapbacked() {
            folio.set_swapbacked(true);
        }
        if source.dirty() {
            folio.set_dirty(true);
        }
        true
    }

    pub fn insertable(&mut self) -> bool {
        self.read_pte();
        self.me().pte.is_none() || self.pte_zero_page()
    }

    /// `migrate_vma_insert_page`: a fresh anonymous page, mapped writable.
    pub fn insert_page(&mut self) -> bool {
        let dst = self.dst();
        let folio = &mut self.m.folios[dst as usize];
        folio.refs += 1;
        folio.map();
        folio.set_swapbacked(true);
        self.set_exclusive(dst);
        let write = !self.m.vma_read_only(self.mm(), self.page());
        let pte = if is_device(dst) {
            Pte::device(dst, write)
        } else {
            Pte::present(dst, write).with_dirty(write).with_accessed(true)
        };
        self.set_pte(pte);
        self.settle();
        true
    }

    /// Drops migrate_vma's reference: a system page goes back to the LRU.
    pub fn put_migrated(&mut self, frame: Frame) -> bool {
        if !is_device(frame) {
            self.m.folios[frame as usize].set_lru(true);
        }
        self.put(frame);
        true
    }

    pub fn put_dst(&mut self) -> bool {
        let frame = self.dst();
        self.set_dst(NO_FRAME);
        self.put_migrated(frame)
    }

    /// The fault's reference on the device page, so that it cannot go away before the driver runs.
    pub fn get_fault_page(&mut self) -> bool {
        let frame = self.me().pte.frame();
        self.me_mut().folio = frame;
        self.folio_mut().refs += 1;
        // No batch of reclaim or of a gather is open in a fault, so its register is free for the frame.
        self.me_mut().batch = frame;
        true
    }

    pub fn put_fault_page(&mut self) -> bool {
        if self.w.config.knobs.fault_page_ref {
            let frame = core::mem::take(&mut self.me_mut().batch);
            self.put(frame);
        }
        true
    }
}
