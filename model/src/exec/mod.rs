//! What each action does to the machine. One file per area of the kernel.

mod access;
mod fault;
mod flush;
mod fork;
mod gup;
mod locks;
mod madvise;
mod migrate;
mod mirror;
mod protect;
mod pte;
mod reclaim;
mod swap;

pub(crate) use mirror::mirrored_with;

use crate::{
    ACTORS, Action, Actor, Child, Event, Flaw, Folio, Frame, Machine, NO_FRAME, Op, OpKind, Pte, StickyFlags,
    TlbEntry, World, is_device,
};

/// One actor, about to act.
pub(crate) struct Ctx<'a, 'w> {
    pub m: &'a mut Machine,
    pub w: &'a World<'w>,
    pub i: usize,
    /// The operation under way.
    pub op: Op,
    pub event: &'a mut Event,
}

impl Ctx<'_, '_> {
    // The remainder is the index itself, and spares a check.
    #[inline]
    pub fn me(&self) -> &Actor {
        &self.m.actors[self.i % ACTORS]
    }

    #[inline]
    pub fn me_mut(&mut self) -> &mut Actor {
        &mut self.m.actors[self.i % ACTORS]
    }

    #[inline]
    pub fn page(&self) -> usize {
        self.me().page as usize
    }

    /// The address space that the listing works in now.
    #[inline]
    pub fn mm(&self) -> usize {
        self.me().mm as usize
    }

    /// The current page's entry.
    #[inline]
    pub fn pte(&self) -> Pte {
        self.m.pte[self.mm()][self.page()]
    }

    /// PG_anon_exclusive, where the kernel has it.
    pub fn set_exclusive(&mut self, frame: Frame) {
        let on = self.w.config.knobs.exclusive;
        self.m.folios[frame as usize].set_exclusive(on);
    }

    /// A fault on behalf of the operation is a write fault. What populates a VMA asks for that where the VMA
    /// allows it.
    pub fn is_store(&self) -> bool {
        if self.me().has(Actor::POPULATING) {
            return !self.m.vma_read_only(self.mm(), self.page());
        }
        self.kind().wants_write()
    }

    /// The folio under work.
    #[inline]
    pub fn folio(&self) -> &Folio {
        &self.m.folios[self.me().folio as usize]
    }

    #[inline]
    pub fn folio_mut(&mut self) -> &mut Folio {
        let frame = self.me().folio as usize;
        &mut self.m.folios[frame]
    }

    pub fn kind(&self) -> OpKind {
        self.op.kind
    }

    pub fn flaw(&mut self, flaw: Flaw) {
        self.event.flaw.get_or_insert(flaw);
    }

    /// Writes the page-table entry of the current page, which only the lock's owner may do.
    pub fn set_pte(&mut self, pte: Pte) {
        let mm = self.mm();
        self.set_pte_in(mm, pte);
    }

    /// The same in a named address space.
    pub fn set_pte_in(&mut self, mm: usize, pte: Pte) {
        if self.m.ptl[mm] as usize != self.i + 1 {
            self.flaw(Flaw::PteWithoutLock);
        }
        let page = self.page();
        self.m.pte[mm][page] = pte;
    }

    /// The word in the register has found its place: nothing is held any more.
    pub fn settle(&mut self) {
        self.me_mut().set(Actor::HOLDS_DIRTY | Actor::HOLDS_PTE, false);
    }

    /// Drops a reference; the last one frees the folio.
    pub fn put(&mut self, frame: Frame) {
        let folio = &mut self.m.folios[frame as usize];
        if folio.refs == 0 {
            self.flaw(Flaw::CountUnderflow);
            return;
        }
        folio.refs -= 1;
        if folio.refs == 0 {
            self.free(frame);
        }
    }

    /// Gives a frame back to its allocator. The bytes stay in it.
    pub fn free(&mut self, frame: Frame) {
        // The lowest bit: mapped at all; the next one: for write.
        let mapped = |t: &TlbEntry| {
            let here = t.valid() & (t.frame() == frame);
            u8::from(here) | u8::from(here & t.write()) << 1
        };
        match self.m.tlb.iter().flatten().flatten().fold(0, |any, t| any | mapped(t)) {
            0 => {}
            1 => self.flaw(Flaw::FreedWhileReadable),
            _ => self.flaw(Flaw::FreedWhileWritable),
        }
        let old = self.m.folios[frame as usize];
        if old.locked() {
            self.flaw(Flaw::FreedWhileLocked);
        }
        if old.mapcount() != 0 {
            self.flaw(Flaw::CountUnderflow);
        }
        let folio = &mut self.m.folios[frame as usize];
        *folio = Folio::default();
        folio.data = old.data;
        if is_device(frame) {
            let sticky = self.w.config.knobs.sticky;
            folio.set_dirty(old.dirty() && sticky == StickyFlags::All);
            folio.set_swapbacked(old.swapbacked() && sticky != StickyFlags::Off);
            self.m.give_device_frame(frame as usize);
        }
    }

    /// A page of system memory for the current page, with one reference; the bytes are whatever they were.
    pub fn alloc_system(&mut self) -> Option<Frame> {
        let page = self.page();
        let frame = self.m.free_frame()?;
        self.m.folios[frame] = Folio::fresh(self.m.folios[frame].data, page);
        self.m.shadow.reallocated(frame as Frame);
        for actor in &mut self.m.actors {
            actor.doomed &= !(1 << frame);
        }
        Some(frame as Frame)
    }

    /// The new page of a fault, kept apart from the folio under work.
    pub fn new_page(&self) -> Frame {
        self.me().dst[0]
    }

    pub fn set_new_page(&mut self, frame: Option<Frame>) -> bool {
        let me = self.me_mut();
        me.set(Actor::OOM, frame.is_none());
        me.dst[0] = frame.unwrap_or(NO_FRAME);
        frame.is_some()
    }

    /// Executes one action; false takes the listing's other way.
    pub fn exec(&mut self, action: Action) -> bool {
        use Action as A;
        match action {
            A::Goto | A::Retry | A::EndOp => true,
            A::FirstPage => self.first_page(),
            A::MorePages => self.more_pages(),
            A::FirstMapping => self.walk_to(0),
            A::MoreMappings => self.more_mappings(),
            A::EndMappings => self.end_mappings(),

            A::Translate => self.translate(),
            A::NeedsDirty => self.needs_dirty(),
            A::WalkerLoads => !self.w.mode.atomic,
            A::WalkerRead => self.walker_read(),
            A::SetDirty => self.set_dirty(),
            A::OwesDirty => self.me().has(Actor::OWES_DIRTY),
            A::LateDirty => self.late_dirty(),
            A::Access => self.access(),

            A::MmapReadLock => self.lock_mmap(Actor::MMAP_READ),
            A::MmapWriteLock => self.lock_mmap(Actor::MMAP_WRITE),
            A::LockBothPtls => self.lock_both_ptls(),
            A::UnlockBothPtls => self.unlock_both_ptls(),
            A::LockPtl => self.lock_ptl(),
            A::UnlockPtl => self.unlock_ptl(),
            A::TrylockFolio => self.trylock_folio(),
            A::LockFolio => self.lock_folio(),
            A::UnlockFolio => self.unlock(self.me().folio),
            A::WaitFolio => true,
            A::GetFolio => self.get_folio(),
            A::PutFolio => self.put_folio(),

            A::ReadPte => self.read_pte(),
            A::ClearPte => self.clear_pte(true),
            A::ClearPteIgnored => self.clear_pte(false),
            A::RestorePte | A::SetPte => self.restore_pte(),
            A::MkOld => self.edit_word(|pte| pte.with_accessed(false)),
            A::MkClean => self.edit_word(|pte| pte.with_dirty(false)),
            A::MkDirty => self.edit_word(|pte| pte.with_dirty(true)),
            A::MkWrite => self.edit_word(|pte| pte.with_write(true)),
            A::WrProtect => self.edit_word(|pte| pte.with_write(false)),
            A::MkProtNone => self.edit_word(|pte| pte.with_prot_none(true)),
            A::UndoProtNone => self.edit_word(|pte| pte.with_prot_none(false)),
            A::Modify => self.modify(),
            A::SaveOrig => self.save_orig(),
            A::UseOrig => {
                let orig = self.me().orig;
                self.edit_word(|_| orig)
            }
            A::OrigDirty => self.me().orig.dirty(),
            A::OrigPresent => self.me().orig.is_present(),
            A::OrigWritable => self.me().orig.write(),
            A::SameAsOrig => self.me().pte == self.me().orig,
            A::GatherPage => self.gather_page(),
            A::PteSame => self.pte().same(self.me().pte),
            A::PteNone => self.me().pte.is_none(),
            A::PtePresent => self.me().pte.is_present(),
            A::PteProtNone => self.me().pte.is_prot_none(),
            A::PteSwap => self.me().pte.is_swap(),
            A::PteMigration => self.me().pte.is_migration(),
            A::PteDevice => self.me().pte.is_device(),
            A::PteDeviceExclusive => self.me().pte.is_device_exclusive(),
            A::PteDirty => self.me().pte.dirty(),
            A::PteWritable => self.me().pte.write(),
            A::PtePresentDirty => self.me().pte.is_present() && self.me().pte.dirty(),
            A::PteYoung => self.me().pte.accessed(),
            A::PteYoungOrDirty => self.me().pte.accessed() || self.me().pte.dirty(),
            A::PteZeroPage => self.pte_zero_page(),

            A::FlushPage => self.flush(1 << self.page()),
            A::FlushLocal => self.flush_local(),
            A::FlushFirst => self.flush(1 << self.op.range().0),
            A::FlushRange => self.flush(self.range_mask()),
            A::FlushMm => self.flush_mm(),
            A::FlushPending => self.flush_batched(),
            A::FlushWait => self.flush_done(),
            A::FlushAgain => self.flush_again(),

            A::IsStore => self.is_store(),
            A::WriteForbidden => self.write_forbidden(),
            A::WriteProtected => self.is_store() && !self.me().pte.write(),
            A::AllocZeroed => self.alloc_zeroed(),
            A::MapNewAnon => self.map_new_anon(),
            A::MapZeroPage => self.map_zero_page(),
            A::PutNew => self.put_new(),
            A::SetAccessFlags => self.set_access_flags(),
            A::Exclusive => self.exclusive(),
            A::ReusePte => self.reuse_pte(),
            A::TrylockSole => self.trylock_sole(),
            A::SoleOwner => self.folio().refs == 1,
            A::MakeExclusive => self.make_exclusive(),
            A::Unsharing => self.unsharing(),
            A::CopyFolio => self.copy_folio(),
            A::RemoveOldRmap => self.remove_rmap(),

            A::LookupSwapCache => self.lookup_swap_cache(),
            A::BypassesSwapCache => self.bypasses_swap_cache(),
            A::AllocBypass => self.alloc_bypass(),
            A::AddSwapInFolio => self.add_swap_in_folio(),
            A::OutOfMemory => self.me().has(Actor::OOM),
            A::ReadSlot => self.read_slot(),
            A::StillSwapCache => self.still_swap_cache(),
            A::Bypassing => self.me().has(Actor::BYPASS),
            A::SwapFree => self.swap_free(),
            A::MapSwappedIn => self.map_swapped_in(),
            A::UnpinSlot => self.unpin_slot(),
            A::FreeSwap => self.free_swap(self.me().folio),
            A::FreeSwapOfUnmapped => self.free_swap_of_unmapped(self.me().folio),

            A::IsolateForReclaim => self.isolate_for_reclaim(),
            A::PutBackLru => self.put_back_lru(),
            A::KeepIsolated => self.keep_isolated(),
            A::PutBackKept => self.put_back_kept(),
            A::KeptSome => self.me().kept != 0,
            A::UnderWriteback => self.folio().writeback() != 0,
            A::IgnoresReferences => self.ignores_references(),
            A::ClearYoung => self.clear_young(),
            A::SwapBacked => self.folio().swapbacked(),
            A::InSwapCache => self.folio().swapcache(),
            A::MaybePinned => self.folio().pins() != 0,
            A::Mlocked => self.mlocked(),
            A::MoreToReclaim => self.more_to_reclaim(),
            A::StaysLazyFree => self.stays_lazyfree(),
            A::AddToSwap => self.add_to_swap(),
            A::Mapped => self.folio().mapcount() != 0,
            A::MapsFolio => self.maps_folio(),
            A::DefersFlush => self.defers_flush(),
            A::BatchFlush => self.batch_flush(),
            A::MarkFolioDirty => self.mark_folio_dirty(),
            A::ReadRefs => self.read_refs(),
            A::Discardable => self.me().has(Actor::REFS_OK) && !self.folio().dirty(),
            A::SetSwapBacked => self.set_swap_backed(),
            A::DropMapping => self.drop_mapping(),
            A::DupSlot => self.dup_slot(),
            A::UndupSlot => self.undup_slot(),
            A::ShareAnon => self.share_anon(),
            A::ClearExclusive => self.clear_exclusive(),
            A::InstallSwapEntry => self.install_swap_entry(),
            A::RemoveRmap => self.remove_rmap(),
            A::DropMapcount => self.drop_mapcount(),
            A::FolioDirty => self.folio().dirty(),
            A::PendingDirty => self.me().has(Actor::BATCH_DIRTY),
            A::Freeable => self.folio().swapcache() && self.folio().refs == 2,
            A::ClearDirtyForIo => self.clear_dirty_for_io(),
            A::StartWriteback => self.start_writeback(),
            A::WritebackLater => self.w.config.swap == crate::Swap::Disk,
            A::WriteSlot => self.write_slot(),
            A::EndWriteback => self.end_writeback(),
            A::FreezeRefs => self.freeze_refs(),
            A::CleanAfterFreeze => !self.folio().dirty(),
            A::Unfreeze => self.unfreeze(),
            A::RemoveFromSwapCache => self.remove_from_swap_cache(),
            A::QueueFree => self.queue_free(),
            A::PendingFlush => self.me().has(Actor::BATCH),
            A::BatchDone => self.batch_done(),
            A::FreeBatch => self.free_batch(),
            A::SwapFull => self.m.swap_full(),

            A::DrainLru => self.drain_lru(),
            A::BeginDiscard => self.begin_discard(),
            A::VmaLocked => self.vma_locked(),
            A::GatherBegin => self.gather_begin(),
            A::GatherOwesFlush => self.me().has(Actor::OWED) || self.m.gathers[self.mm()] > 1,
            A::GatherEnd => self.gather_end(),
            A::BatchPending => self.m.batched & 1 << self.mm() != 0,
            A::PageOutable => self.page_outable(),
            A::IsolateLru => self.isolate_lru(),
            A::Isolated => self.me().has(Actor::ISOLATED),
            A::NormalPage => self.normal_page(),
            A::CachedOrDirty => self.folio().swapcache() || self.folio().dirty(),
            A::MappedOnce => self.folio().mapcount() == 1,
            A::ClearFolioDirty => self.clear_folio_dirty(),
            A::MarkLazyFree => self.mark_lazy_free(),
            A::FreeSwapAndCache => self.free_swap_and_cache(),
            A::ClearEntry => self.clear_entry(),
            A::ZapRmap => self.zap_rmap(),
            A::ZapDevice => self.zap_device(),

            A::ChildExists => self.m.child != Child::None,
            A::BeginFork => self.begin_fork(),
            A::DupAnonRmap => self.dup_anon_rmap(),
            A::WriteProtect => self.write_protect(),
            A::CopyPteToChild => self.copy_pte_to_child(),
            A::MapCopyInChild => self.map_copy_in_child(),
            A::DupSlotOfEntry => self.dup_slot_of_entry(),
            A::CopySwapEntry => self.copy_swap_entry(),
            A::CopyMigrationEntry => self.copy_migration_entry(),
            A::DupDeviceRmap => self.dup_device_rmap(),
            A::CopyDeviceEntry => self.copy_device_entry(),
            A::EndFork => self.end_fork(),
            A::EnterChild => self.walk_to(1),
            A::BeginExit => self.begin_exit(),
            A::EndExit => self.end_exit(),

            A::ToggleProtection => self.toggle_protection(),
            A::VmaWritable => !self.m.vma_read_only(self.mm(), self.page()),
            A::CanChangeWritable => self.can_change_writable(),
            A::ProtectEntry => self.protect_entry(),
            A::SetMlocked => self.set_mlocked(true),
            A::ClearMlocked => self.set_mlocked(false),
            A::BecomesWritable => self.becomes_writable(),
            A::BeginPopulate => self.begin_populate(),
            A::Populated => self.populated(),
            A::TouchesClean => self.touches_clean(),

            A::InvalidateMirror => self.invalidate_mirror(),
            A::MirrorHolds => self.mirror_holds(),
            A::MirrorAccess => self.mirror_access(),
            A::MirrorExclusive => self.mirror_exclusive(),
            A::InstallExclusiveEntry => self.install_exclusive_entry(),
            A::EntryFolio => {
                self.me_mut().folio = self.me().pte.frame();
                true
            }
            A::GetExclusiveFolio => {
                self.me_mut().folio = self.me().pte.frame();
                self.get_folio()
            }
            A::RestoreExclusiveEntry => self.restore_exclusive_entry(),

            A::BeginMigrate => self.begin_migrate(),
            A::CollectHole => self.collect_hole(),
            A::Collectable => self.collectable(),
            A::CarryYoung => self.carry(Actor::CARRY_YOUNG),
            A::CarryDirty => self.carry(Actor::CARRY_DIRTY),
            A::LargeFolio => self.folio().large(),
            A::SplitFolio => self.split_folio(),
            A::MapsSource => self.maps_source(),
            A::ReplaceByMigrationEntry => self.replace_by_migration_entry(),
            A::RefusesMapping => self.refuses_mapping(),
            A::FreesSwap => self.w.config.knobs.free_swap_on_migrate,
            A::InstallMigrationEntry => self.install_migration_entry(),
            A::AnyCleared => self.me().has(Actor::CLEARED),
            A::NothingCollected => self.me().src.iter().all(|s| *s == crate::Source::NOTHING),
            A::SourcePage => self.source_page(),
            A::DeviceSource => is_device(self.source().frame()),
            A::CheckRefs => self.check_refs(),
            A::MarkRestore => self.mark_restore(),
            A::Restoring => self.restoring(),
            A::RemoveMigrationPte => self.remove_migration_pte(),
            A::ForgetSource => self.forget_source(),
            A::Migrating => self.source().migrate(),
            A::AllocDst => self.alloc_dst(),
            A::CopyToDst => self.copy_to_dst(),
            A::HasDst => self.dst() != NO_FRAME,
            A::ClearMigrate => self.clear_migrate(),
            A::MigrateMapping => self.migrate_mapping(),
            A::Insertable => self.insertable(),
            A::InsertPage => self.insert_page(),
            A::UnlockSrc => self.unlock(self.source().frame()),
            A::PutSrc => self.put_migrated(self.source().frame()),
            A::UnlockDst => self.unlock(self.dst()),
            A::PutDst => self.put_dst(),
            A::TakesFaultRef => self.w.config.knobs.fault_page_ref,
            A::GetFaultPage => self.get_fault_page(),
            A::HasFaultPage => self.me().has(Actor::FAULT),
            A::PutFaultPage => self.put_fault_page(),

            A::Holding => self.m.held(self.page(), false).is_some(),
            A::HoldingPin => self.m.held(self.page(), true).is_some(),
            A::TryGetFolio => self.try_get_folio(false),
            A::TryPinFolio => self.try_get_folio(true),
            A::GupPermitted => self.gup_permitted(),
            A::PteRecheck => self.pte_recheck(),
            A::PinAllowed => self.pin_allowed(),
            A::UnpinFolio => self.unpin_folio(),
            A::Hold => self.hold(false),
            A::HoldPin => self.hold(true),
            A::EndIo => self.end_io(matches!(self.kind(), OpKind::Unpin)),
            A::DmaStore => self.dma_store(),
            A::Release => self.release(false),
            A::ReleasePin => self.release(true),
            A::SetSwapMax => self.set_swap_max(),
        }
    }

    /// The walk over the mappings of the folio comes to an address space.
    fn walk_to(&mut self, mm: usize) -> bool {
        self.me_mut().mm = mm as u8;
        true
    }

    fn more_mappings(&mut self) -> bool {
        if self.mm() + 1 < self.m.mms() {
            return self.walk_to(1);
        }
        self.end_mappings();
        false
    }

    /// The operation's own address space again.
    fn end_mappings(&mut self) -> bool {
        let mm = self.kind().mm();
        self.walk_to(mm)
    }

    fn lock_mmap(&mut self, how: u32) -> bool {
        // A fault of what populates under the lock for write finds it taken.
        let me = self.me_mut();
        me.set(how, how == Actor::MMAP_WRITE || !me.has(Actor::MMAP_WRITE));
        true
    }

    fn first_page(&mut self) -> bool {
        let (first, _) = self.range();
        self.me_mut().page = first as u8;
        true
    }

    fn more_pages(&mut self) -> bool {
        let (_, last) = self.range();
        let me = self.me_mut();
        if (me.page as usize) < last {
            me.page += 1;
            true
        } else {
            false
        }
    }

    /// The pages of the operation; of a migration on behalf of a fault, the faulting page.
    pub fn range(&self) -> (usize, usize) {
        self.op.range()
    }

    fn range_mask(&self) -> u8 {
        let (first, last) = self.range();
        (first..=last).fold(0, |mask, page| mask | 1 << page)
    }
}
