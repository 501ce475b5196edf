//! What each action touches: the table beside the one of what each action does (the `exec` folder of this crate).

use super::{Footprint, Object, protects, visible};
use crate::{
    ACTORS, Action, Actor, Child, FRAMES, Frame, MMS, Machine, NO_SLOT, Op, OpKind, PAGES, Pte, SLOTS,
    SYSTEM_FRAMES, Slot, Swap, World, is_device,
};

/// One actor, about to act.
pub(super) struct Touch<'a> {
    pub m: &'a Machine,
    pub w: &'a World<'a>,
    pub i: usize,
    pub f: &'a mut Footprint,
}

impl Touch<'_> {
    /// An operation begins, or turns out to be void.
    pub fn begins(&mut self, op: Op) {
        if op.kind.mm() == 1 {
            self.f.read(Object::CHILD);
            self.f.write(Object::in_child(self.i));
        }
        if let Some(page) = protects(Some(op)) {
            self.f.write(Object::protecting(page));
        }
    }

    /// What has to be so that the actor need not wait.
    pub fn waits_for(&mut self, action: Action) {
        match action {
            Action::LockPtl => self.f.read(Object::ptl(self.mm())),
            Action::LockBothPtls => (0..MMS).for_each(|mm| self.f.read(Object::ptl(mm))),
            Action::MmapReadLock => self.f.read(Object::MMAP_WRITER),
            Action::MmapWriteLock => {
                self.f.read(Object::MMAP_WRITER);
                self.others(Object::mmap_reader);
            }
            Action::BeginExit => self.others(Object::in_child),
            Action::LockFolio => self.reads_folio(self.me().folio),
            Action::WaitFolio => self.reads_folio(self.me().pte.frame()),
            Action::FlushWait => self.others_asked(),
            Action::LookupSwapCache => self.looks_up(self.me().pte.slot()),
            _ => {}
        }
    }

    /// What an action does.
    pub fn acts(&mut self, action: Action) {
        use Action as A;
        let Actor { folio, pte, .. } = *self.me();
        let (mm, page) = (self.mm(), self.page());
        match action {
            // Registers alone.
            A::Goto
            | A::FirstPage
            | A::MorePages
            | A::FirstMapping
            | A::EndMappings
            | A::EnterChild
            | A::WalkerLoads
            | A::OwesDirty
            | A::WaitFolio
            | A::PteNone
            | A::PtePresent
            | A::PteSwap
            | A::PteMigration
            | A::PteDevice
            | A::PteDeviceExclusive
            | A::PteDirty
            | A::PteWritable
            | A::PtePresentDirty
            | A::PteYoung
            | A::PteYoungOrDirty
            | A::PteZeroPage
            | A::FlushWait
            | A::OutOfMemory
            | A::Unsharing
            | A::Bypassing
            | A::KeepIsolated
            | A::KeptSome
            | A::IgnoresReferences
            | A::DefersFlush
            | A::PendingDirty
            | A::WritebackLater
            | A::PendingFlush
            | A::Isolated
            | A::NormalPage
            | A::BeginMigrate
            | A::CollectHole
            | A::Collectable
            | A::CarryYoungDirty
            | A::FreesSwap
            | A::AnyCleared
            | A::NothingCollected
            | A::SourcePage
            | A::DeviceSource
            | A::MarkRestore
            | A::Restoring
            | A::ForgetSource
            | A::Migrating
            | A::HasDst
            | A::ClearMigrate
            | A::TakesFaultRef
            | A::HasFaultPage => {}

            A::MoreMappings | A::ChildExists => self.f.read(Object::CHILD),
            A::Retry | A::EndOp => self.ends(action == A::EndOp),

            A::Translate => self.translates(),
            A::NeedsDirty => self.f.read(Object::tlb(self.i, mm, page)),
            A::WalkerRead => {
                self.f.read(Object::pte(mm, page));
                self.starts_over();
            }
            A::SetDirty => {
                self.f.write(Object::pte(mm, page));
                self.starts_over();
            }
            A::LateDirty => {
                self.f.write(Object::pte(mm, page));
                self.f.write(Object::tlb(self.i, mm, page));
            }
            A::Access => {
                self.f.write(Object::access(self.i));
                if matches!(self.kind(), OpKind::Write | OpKind::ChildWrite) {
                    self.stores(folio);
                } else {
                    self.loads(folio);
                }
            }

            A::MmapReadLock => self.f.write(Object::mmap_reader(self.i)),
            A::MmapWriteLock => self.f.write(Object::MMAP_WRITER),
            A::LockPtl | A::UnlockPtl => self.f.write(Object::ptl(mm)),
            A::LockBothPtls | A::UnlockBothPtls => (0..MMS).for_each(|mm| self.f.write(Object::ptl(mm))),
            A::TrylockFolio | A::TrylockSole | A::LockFolio | A::UnlockFolio | A::GetFolio => {
                self.writes_folio(folio);
            }
            A::PutFolio | A::PutBackLru | A::RemoveOldRmap | A::RemoveRmap | A::DropMapping | A::UnpinFolio => {
                self.drops(folio, 1);
            }

            A::ReadPte | A::PteSame | A::MapsFolio | A::MapsSource | A::Insertable => {
                self.f.read(Object::pte(mm, page));
            }
            A::ClearPte
            | A::ClearPteIgnored
            | A::RestorePte
            | A::MapZeroPage
            | A::ReusePte
            | A::SetOld
            | A::SetOldClean
            | A::ClearEntry
            | A::WriteProtect
            | A::InstallMigrationEntry
            | A::ReplaceByMigrationEntry => self.sets_pte(mm),
            A::ClearYoung => self.f.write(Object::pte(mm, page)),
            A::SetAccessFlags => {
                self.sets_pte(mm);
                self.f.read(Object::protection(mm, page));
            }

            A::FlushPage => self.flushes(1 << page, false),
            A::FlushRange => self.flushes(self.range(), false),
            A::FlushMm => {
                self.f.write(Object::batched(mm));
                self.flushes(ALL_PAGES, false);
            }
            A::FlushPending => self.flushes(ALL_PAGES, true),
            A::FlushAgain => self.flushes_again(),

            A::IsStore | A::WriteForbidden | A::WriteProtected | A::Populated | A::GupPermitted => {
                self.f.read(Object::protection(mm, page));
            }
            A::AllocZeroed => {
                if let Some(frame) = self.allocates() {
                    self.writes_data(frame);
                }
            }
            A::MapNewAnon => {
                self.writes_folio(self.me().dst[0]);
                self.sets_pte(mm);
            }
            A::PutNew => self.drops(self.me().dst[0], 1),
            A::CopyFolio => {
                self.reads_data(folio);
                self.writes_data(self.me().dst[0]);
            }

            A::Exclusive
            | A::SoleOwner
            | A::StillSwapCache
            | A::UnderWriteback
            | A::SwapBacked
            | A::InSwapCache
            | A::MaybePinned
            | A::StaysLazyFree
            | A::Mapped
            | A::ReadRefs
            | A::Discardable
            | A::ShareAnon
            | A::FolioDirty
            | A::Freeable
            | A::CleanAfterFreeze
            | A::CachedOrDirty
            | A::MappedOnce
            | A::LargeFolio
            | A::RefusesMapping
            | A::CheckRefs
            | A::PinAllowed => self.reads_folio(folio),
            A::MakeExclusive
            | A::MarkFolioDirty
            | A::SetSwapBacked
            | A::ClearExclusive
            | A::ClearDirtyForIo
            | A::FreezeRefs
            | A::Unfreeze
            | A::QueueFree
            | A::IsolateLru
            | A::ClearFolioDirty
            | A::MarkLazyFree => self.writes_folio(folio),
            A::PageOutable => self.reads_folio(pte.frame()),

            A::LookupSwapCache => {
                self.looks_up(pte.slot());
                if let Some(frame) = self.cached(pte.slot()) {
                    self.writes_folio(frame);
                }
            }
            A::BypassesSwapCache => self.reads_slot(pte.slot()),
            A::AllocBypass | A::AddSwapInFolio => {
                self.writes_slot(pte.slot());
                self.allocates();
            }
            A::ReadSlot => {
                if let Some(slot) = slot(pte.slot()) {
                    self.f.read(Object::slot_data(slot));
                }
                self.writes_folio(folio);
                self.writes_data(folio);
            }
            A::SwapFree => {
                self.writes_slot(pte.slot());
                self.swap_full();
                self.f.read(Object::mlocked(page));
                self.f.read(Object::protection(mm, page));
                self.frees_swap(folio, 0);
            }
            A::MapSwappedIn => {
                self.writes_folio(folio);
                self.maps(mm);
            }
            A::UnpinSlot => self.writes_slot(pte.slot()),
            A::FreeSwap | A::FreeSwapOfUnmapped => self.frees_swap(folio, 0),

            A::IsolateForReclaim => {
                self.looks_for_reclaimable();
                if let Some(frame) = self.m.reclaimable(page) {
                    self.writes_folio(frame);
                }
            }
            A::MoreToReclaim => {
                self.f.read(Object::CHILD);
                self.looks_for_reclaimable();
            }
            A::PutBackKept => self.each(self.me().kept, |touch, frame| touch.drops(frame, 1)),
            A::AddToSwap => {
                self.f.read(Object::SWAP_MAX);
                self.reads_slots();
                if let Some(free) = (0..SLOTS).find(|s| self.m.slots[*s].free()) {
                    self.f.write(Object::slot(free));
                    self.writes_folio(folio);
                }
            }
            A::BatchFlush => {
                self.f.write(Object::batched(mm));
                self.f.write(Object::batch(self.i));
            }
            A::BatchDone => self.f.write(Object::batch(self.i)),
            A::DupSlot | A::UndupSlot => {
                self.reads_folio(folio);
                self.writes_slot(self.slot_of(folio));
            }
            A::InstallSwapEntry => {
                self.reads_folio(folio);
                self.sets_pte(mm);
            }
            A::StartWriteback | A::EndWriteback => {
                self.writes_folio(folio);
                self.writeback();
            }
            A::WriteSlot => {
                self.writes_folio(folio);
                self.reads_data(folio);
                if let Some(slot) = slot(self.slot_of(folio)) {
                    self.f.write(Object::slot_data(slot));
                }
                self.writeback();
            }
            A::RemoveFromSwapCache => {
                self.writes_folio(folio);
                self.writes_slot(self.slot_of(folio));
            }
            A::FreeBatch => self.each(self.me().batch, |touch, frame| touch.frees_swap(frame, 1)),
            A::SwapFull => self.swap_full(),

            A::DrainLru => {
                for frame in 0..SYSTEM_FRAMES {
                    let batch = self.m.folios[frame].lazyfree_batch();
                    if self.m.draining || batch == Some(self.i) {
                        self.drops(frame as Frame, 1);
                    }
                }
            }
            A::BeginDiscard => self.begins_discard(),
            A::VmaLocked => self.f.read(Object::mlocked(page)),
            A::GatherBegin | A::GatherEnd => self.f.write(Object::gathers(mm)),
            A::GatherOwesFlush => self.f.read(Object::gathers(mm)),
            A::BatchPending => self.f.read(Object::batched(mm)),
            A::FreeSwapAndCache => {
                self.f.write(Object::hold(page, false));
                self.writes_slot(pte.slot());
                if let Some(frame) = self.cached(pte.slot()) {
                    self.frees_swap(frame, 0);
                }
            }
            A::ZapRmap => self.writes_folio(pte.frame()),
            A::ZapDevice => self.drops(pte.frame(), 1),

            A::BeginFork => {
                self.f.write(Object::CHILD);
                for page in 0..PAGES {
                    self.f.read(Object::protection(0, page));
                    self.f.write(Object::protection(1, page));
                    self.f.write(Object::hold(page, false));
                    for word in 0..ACTORS {
                        self.f.read(Object::shadow(0, page, word));
                        self.f.write(Object::shadow(1, page, word));
                    }
                }
            }
            A::DupAnonRmap => {
                self.writes_folio(pte.frame());
                self.f.write(Object::hold(page, true));
            }
            A::CopyPteToChild => self.sets_pte(1),
            A::MapCopyInChild => {
                self.writes_folio(self.me().dst[0]);
                self.maps(1);
            }
            A::DupSlotOfEntry => self.writes_slot(pte.slot()),
            A::CopySwapEntry | A::CopyMigrationEntry | A::CopyDeviceEntry => {
                self.sets_pte(mm);
                self.sets_pte(1);
            }
            A::DupDeviceRmap | A::GetExclusiveFolio | A::TryGetFolio | A::TryPinFolio | A::GetFaultPage => {
                self.writes_folio(pte.frame());
            }
            A::EndFork | A::BeginExit => self.f.write(Object::CHILD),
            A::EndExit => {
                self.f.write(Object::CHILD);
                self.f.write(Object::batched(1));
                for page in 0..PAGES {
                    self.f.write(Object::protection(1, page));
                    (0..ACTORS).for_each(|word| self.f.write(Object::shadow(1, page, word)));
                }
            }

            A::ToggleProtection => self.f.write(Object::protection(0, page)),
            A::SetProtection => {
                self.reads_folio(pte.frame());
                self.maps(mm);
            }
            A::ProtectEntry => self.maps(mm),
            A::SetMlocked | A::ClearMlocked => self.f.write(Object::mlocked(page)),

            A::MirrorAccess => {
                self.f.read(Object::pte(mm, page));
                if self.kind() == OpKind::DeviceWrite {
                    self.stores(pte.frame());
                    self.writes_folio(pte.frame());
                } else {
                    self.loads(pte.frame());
                }
            }
            A::InstallExclusiveEntry => {
                self.sets_pte(mm);
                self.writes_folio(folio);
            }
            A::RestoreExclusiveEntry => {
                let entry = self.pte();
                self.f.read(Object::pte(mm, page));
                if entry.is_device_exclusive() {
                    self.writes_folio(entry.frame());
                    self.maps(mm);
                }
            }

            A::SplitFolio => {
                self.reads_folio(folio);
                for frame in (0..FRAMES).filter(|f| self.m.folios[*f].large()) {
                    self.f.write(Object::folio(frame));
                }
            }
            A::RemoveMigrationPte => {
                self.f.read(Object::pte(mm, page));
                let (source, entry) = (self.source(), self.pte());
                if entry.is_migration() && entry.frame() == source {
                    let moved = self.me().src[page].migrate() && self.me().dst[page] != crate::NO_FRAME;
                    self.writes_folio(if moved { self.me().dst[page] } else { source });
                    self.maps(mm);
                }
            }
            A::AllocDst => {
                let asked = matches!(self.kind(), OpKind::Migrate | OpKind::MigrateRange);
                if asked && !self.me().has(Actor::FAULT) {
                    self.f.write(Object::DEVICE_ALLOCATOR);
                    if let Some(frame) = self.m.next_device_frame() {
                        self.f.write(Object::folio(frame));
                    }
                } else {
                    self.allocates();
                }
            }
            A::CopyToDst => {
                self.reads_data(self.source());
                self.writes_data(self.me().dst[page]);
                self.writes_folio(self.me().dst[page]);
            }
            A::MigrateMapping => {
                self.reads_folio(folio);
                self.writes_folio(self.me().dst[page]);
            }
            A::InsertPage => {
                self.writes_folio(self.me().dst[page]);
                self.maps(mm);
            }
            A::UnlockSrc => self.writes_folio(self.source()),
            A::PutSrc => self.drops(self.source(), 1),
            A::UnlockDst => self.writes_folio(self.me().dst[page]),
            A::PutDst => self.drops(self.me().dst[page], 1),
            A::PutFaultPage => {
                if self.w.config.knobs.fault_page_ref {
                    self.drops(self.me().batch, 1);
                }
            }

            A::Holding => self.f.read(Object::hold(page, false)),
            A::HoldingPin => self.f.read(Object::hold(page, true)),
            A::PteRecheck => {
                self.f.read(Object::pte(mm, page));
                self.f.read(Object::CHILD);
            }
            A::Hold => self.holds(false),
            A::HoldPin => self.holds(true),
            A::EndIo => self.f.write(Object::hold(page, self.kind() == OpKind::Unpin)),
            A::DmaStore => self.dma(),
            A::Release => self.releases(false),
            A::ReleasePin => self.releases(true),
            A::SetSwapMax => self.f.write(Object::SWAP_MAX),
        }
    }

    fn me(&self) -> &Actor {
        &self.m.actors[self.i]
    }

    fn mm(&self) -> usize {
        self.me().mm as usize
    }

    fn page(&self) -> usize {
        self.me().page as usize
    }

    fn pte(&self) -> Pte {
        self.m.pte[self.mm()][self.page()]
    }

    fn source(&self) -> Frame {
        self.me().src[self.page()].frame()
    }

    fn op(&self) -> Option<Op> {
        self.w.op(self.m, self.i)
    }

    fn kind(&self) -> OpKind {
        self.op().map_or(OpKind::Read, |op| op.kind)
    }

    fn range(&self) -> u8 {
        let (first, last) = self.op().map_or((0, 0), Op::range);
        (first..=last).fold(0, |mask, page| mask | 1 << page)
    }

    fn others(&mut self, object: impl Fn(usize) -> Object) {
        (0..ACTORS).filter(|a| *a != self.i).for_each(|a| self.f.read(object(a)));
    }

    fn others_asked(&mut self) {
        let initiator = self.i;
        self.others(|cpu| Object::asked(initiator, cpu));
    }

    /// The registers that others look at go back to what they are between two operations, or at the start of one.
    fn ends(&mut self, returns: bool) {
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

    fn translates(&mut self) {
        let (mm, page) = (self.mm(), self.page());
        let store = matches!(self.kind(), OpKind::Write | OpKind::ChildWrite);
        let cached = self.m.tlb[self.i][mm][page];
        let usable = cached.write() && (self.w.mode.sets_dirty || cached.dirty());
        self.f.read(Object::tlb(self.i, mm, page));
        if cached.valid() && (!store || usable) {
            return self.f.write(Object::access(self.i));
        }
        let pte = self.pte();
        self.f.read(Object::pte(mm, page));
        let walks = pte.is_present() && (!store || (pte.write() && (self.w.mode.sets_dirty || pte.dirty())));
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

    fn starts_over(&mut self) {
        self.f.write(Object::tlb(self.i, self.mm(), self.page()));
        self.f.write(Object::access(self.i));
    }

    /// What judges go by when they see a load or a store.
    fn judged(&mut self) {
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

    fn loads(&mut self, frame: Frame) {
        self.judged();
        self.reads_data(frame);
    }

    fn stores(&mut self, frame: Frame) {
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

    fn dma(&mut self) {
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

    fn reads_folio(&mut self, frame: Frame) {
        if let Some(frame) = folio(frame) {
            self.f.read(Object::folio(frame));
        }
    }

    fn writes_folio(&mut self, frame: Frame) {
        if let Some(frame) = folio(frame) {
            self.f.write(Object::folio(frame));
        }
    }

    fn reads_data(&mut self, frame: Frame) {
        if let Some(frame) = folio(frame) {
            (0..ACTORS).for_each(|word| self.f.read(Object::data(frame, word)));
        }
    }

    fn writes_data(&mut self, frame: Frame) {
        if let Some(frame) = folio(frame) {
            (0..ACTORS).for_each(|word| self.f.write(Object::data(frame, word)));
        }
    }

    fn writes_word(&mut self, frame: Frame) {
        if let Some(frame) = folio(frame) {
            self.f.write(Object::data(frame, self.i));
        }
    }

    fn reads_slot(&mut self, n: Slot) {
        if let Some(n) = slot(n) {
            self.f.read(Object::slot(n));
        }
    }

    fn writes_slot(&mut self, n: Slot) {
        if let Some(n) = slot(n) {
            self.f.write(Object::slot(n));
        }
    }

    fn reads_slots(&mut self) {
        (0..SLOTS).for_each(|n| self.f.read(Object::slot(n)));
    }

    fn slot_of(&self, frame: Frame) -> Slot {
        folio(frame).map_or(NO_SLOT, |f| self.m.folios[f].slot())
    }

    fn cached(&self, n: Slot) -> Option<Frame> {
        slot(n).and_then(|_| self.m.cached_folio(n)).map(|f| f as Frame)
    }

    /// Whoever enters the swap cache for a slot or leaves it writes the slot.
    fn looks_up(&mut self, n: Slot) {
        self.reads_slot(n);
        if let Some(frame) = self.cached(n) {
            self.reads_folio(frame);
        }
    }

    fn sets_pte(&mut self, mm: usize) {
        self.f.read(Object::ptl(mm));
        self.f.write(Object::pte(mm, self.page()));
    }

    /// An entry that is made after the protection of its VMA.
    fn maps(&mut self, mm: usize) {
        self.f.read(Object::protection(mm, self.page()));
        self.sets_pte(mm);
    }

    /// Drops references, and perhaps the last one.
    fn drops(&mut self, frame: Frame, references: u8) {
        self.writes_folio(frame);
        if folio(frame).is_some_and(|f| self.m.folios[f].refs <= references) {
            self.frees(frame);
        }
    }

    /// A frame goes back to its allocator. Whether a CPU still has it mapped is looked at: by those entries that name it, and by
    /// those that a walk could make name it.
    fn frees(&mut self, frame: Frame) {
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

    fn allocates(&mut self) -> Option<Frame> {
        self.f.read(Object::ALLOCATOR);
        let frame = self.m.free_frame()?;
        self.f.write(Object::ALLOCATOR);
        self.f.write(Object::folio(frame));
        (0..PAGES).for_each(|page| self.f.write(Object::revoked(page)));
        (0..ACTORS).for_each(|actor| self.f.write(Object::doomed(actor)));
        Some(frame as Frame)
    }

    /// A folio leaves the swap cache, if it can; then `references` more are dropped.
    fn frees_swap(&mut self, frame: Frame, references: u8) {
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

    fn swap_full(&mut self) {
        self.f.read(Object::SWAP_MAX);
        if self.m.swap_max != 0 {
            self.reads_slots();
        }
    }

    /// The swap device can be observed only where it takes its time.
    fn writeback(&mut self) {
        if self.w.config.swap == Swap::Disk {
            self.f.write(Object::WRITEBACK);
        }
    }

    fn each(&mut self, frames: u8, then: impl Fn(&mut Self, Frame)) {
        for frame in (0..SYSTEM_FRAMES).filter(|f| frames & 1 << f != 0) {
            then(self, frame as Frame);
        }
    }

    fn looks_for_reclaimable(&mut self) {
        let page = self.page();
        self.f.read(Object::mlocked(page));
        self.f.read(Object::pte(0, page));
        (0..SYSTEM_FRAMES).for_each(|frame| self.f.read(Object::folio(frame)));
    }

    /// Who caches one of the pages is asked; this CPU drops them at once.
    fn flushes(&mut self, pages: u8, both: bool) {
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

    fn flushes_again(&mut self) {
        if self.w.config.knobs.double_flush && !self.me().has(Actor::SECOND_FLUSH) {
            self.others(Object::access);
            for cpu in (0..ACTORS).filter(|cpu| *cpu != self.i && self.m.actors[*cpu].has(Actor::MID_ACCESS)) {
                self.f.write(Object::asked(self.i, cpu));
            }
        }
    }

    fn begins_discard(&mut self) {
        let (mm, page) = (self.mm(), self.page());
        self.f.write(Object::discard(page));
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

    fn holds(&mut self, pin: bool) {
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

    fn releases(&mut self, pin: bool) {
        let page = self.page();
        if self.me().has(Actor::HOLDS_REF) {
            return self.drops(self.me().folio, 1);
        }
        self.f.write(Object::hold(page, pin));
        if let Some(frame) = self.m.held(page, pin) {
            self.drops(frame, 1);
        }
    }
}

const ALL_PAGES: u8 = (1 << PAGES) - 1;

/// A frame that a folio stands in: not the zero page, nor what an empty register names.
fn folio(frame: Frame) -> Option<usize> {
    let frame = frame as usize;
    (frame < FRAMES).then_some(frame)
}

fn slot(slot: Slot) -> Option<usize> {
    let slot = slot as usize;
    (slot < SLOTS).then_some(slot)
}
