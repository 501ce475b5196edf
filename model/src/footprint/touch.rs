//! What each action touches: the table beside the one of what each action does (the `exec` folder of this
//! crate).

use super::parts::{ALL_PAGES, slot};
use super::{Footprint, Object, protects};
use crate::{
    ACTORS, Action, Actor, FRAMES, Frame, MMS, Machine, Op, OpKind, PAGES, Pte, SLOTS, SYSTEM_FRAMES, World,
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
            | A::PteProtNone
            | A::MkProtNone
            | A::UndoProtNone
            | A::MkOld
            | A::MkClean
            | A::MkDirty
            | A::MkWrite
            | A::WrProtect
            | A::SaveOrig
            | A::UseOrig
            | A::OrigDirty
            | A::OrigPresent
            | A::OrigWritable
            | A::SameAsOrig
            | A::GatherPage
            | A::EntryFolio
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
            | A::CarryYoung
            | A::CarryDirty
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
            | A::MirrorHolds
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
                if self.kind().accesses() && self.kind().stores() {
                    self.stores(folio);
                } else {
                    self.loads(folio);
                }
            }

            A::MmapReadLock => self.f.write(Object::mmap_reader(self.i)),
            A::MmapWriteLock => self.f.write(Object::MMAP_WRITER),
            A::LockPtl | A::UnlockPtl => self.f.write(Object::ptl(mm)),
            A::LockBothPtls | A::UnlockBothPtls => (0..MMS).for_each(|mm| self.f.write(Object::ptl(mm))),
            A::TrylockFolio | A::TrylockSole | A::LockFolio | A::UnlockFolio | A::GetFolio | A::DropMapcount => {
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
            | A::SetPte
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
            A::FlushLocal => self.flushes_here(self.range()),
            A::FlushFirst => self.flushes(self.range() & self.range().wrapping_neg(), false),
            A::FlushMm => {
                self.f.write(Object::batched(mm));
                self.flushes(ALL_PAGES, false);
            }
            A::FlushPending => self.flushes(ALL_PAGES, true),
            A::FlushAgain => self.flushes_again(),

            A::IsStore | A::WriteForbidden | A::WriteProtected | A::Populated | A::GupPermitted => {
                self.f.read(Object::protection(mm, page));
            }
            A::TouchesClean => {
                self.f.read(Object::protection(mm, page));
                if pte.is_present() {
                    self.reads_folio(pte.frame());
                }
            }
            A::BecomesWritable => {
                self.f.read(Object::protection(mm, page));
                self.f.read(Object::mlocked(page));
            }
            A::BeginPopulate => self.f.write(Object::MMAP_WRITER),
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
                if mm == 1 {
                    self.f.read(Object::pte(0, page));
                }
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
            A::Mlocked => {
                self.f.read(Object::mlocked(page));
                self.f.read(Object::pte(0, page));
            }
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
            A::Modify | A::VmaWritable => self.f.read(Object::protection(mm, page)),
            A::CanChangeWritable => {
                self.f.read(Object::protection(mm, page));
                self.reads_folio(pte.frame());
            }
            A::ProtectEntry => self.maps(mm),
            A::SetMlocked | A::ClearMlocked => self.f.write(Object::mlocked(page)),

            A::InvalidateMirror => {
                // Whether the mirror has a page is in the entry; without such pages it never does.
                let any = mm == 0 && self.w.programs.kinds_used().has(OpKind::DeviceExclusive);
                for page in crate::exec::mirrored_with(page).filter(|_| any) {
                    self.f.read(Object::pte(0, page));
                    if self.m.pte[0][page].mirrored() {
                        self.f.write(Object::pte(0, page));
                    }
                }
            }
            A::MirrorExclusive => self.sets_pte(mm),
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
                let asked = self.kind().migrates_to_device();
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

    pub(super) fn me(&self) -> &Actor {
        &self.m.actors[self.i]
    }

    pub(super) fn mm(&self) -> usize {
        self.me().mm as usize
    }

    pub(super) fn page(&self) -> usize {
        self.me().page as usize
    }

    pub(super) fn pte(&self) -> Pte {
        self.m.pte[self.mm()][self.page()]
    }

    pub(super) fn source(&self) -> Frame {
        self.me().src[self.page()].frame()
    }

    pub(super) fn op(&self) -> Option<Op> {
        self.w.op(self.m, self.i)
    }

    pub(super) fn kind(&self) -> OpKind {
        self.op().map_or(OpKind::Read, |op| op.kind)
    }

    pub(super) fn range(&self) -> u8 {
        let (first, last) = self.op().map_or((0, 0), Op::range);
        (first..=last).fold(0, |mask, page| mask | 1 << page)
    }
}
