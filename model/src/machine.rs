//! The state: everything that two actors can observe, and each actor's registers.

use crate::{
    ACTORS, Config, DEVICE_FRAMES, Data, FRAMES, Folio, Frame, InFlight, MMS, NO_FRAME, Op, OpKind, PAGES, Pc,
    Programs, Pte, PteKind, SHARED_VALUE, SLOTS, SYSTEM_FRAMES, Shadow, SwapSlot, TlbEntry, World, ZERO_FRAME,
    is_device,
};
use zerocopy::{Immutable, IntoBytes, KnownLayout, TryFromBytes, transmute_ref, try_transmute_ref};

/// What `migrate_vma` knows of one source page: the frame (or none, for a hole) and its flags.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Immutable, IntoBytes, KnownLayout, TryFromBytes)]
#[repr(transparent)]
pub struct Source(u8);

impl Default for Source {
    fn default() -> Self {
        Source::NOTHING
    }
}

impl Source {
    /// Not collected.
    pub const NOTHING: Source = Source(NO_FRAME);
    const MIGRATE: u8 = 1 << 4;
    const RESTORE: u8 = 1 << 5;

    /// A collected page, or a hole with [`NO_FRAME`].
    #[must_use]
    pub const fn collected(frame: Frame) -> Source {
        Source(frame | Self::MIGRATE)
    }

    /// The source frame, [`NO_FRAME`] for a hole or nothing.
    #[must_use]
    pub const fn frame(self) -> Frame {
        self.0 & 0xf
    }

    /// MIGRATE_PFN_MIGRATE.
    #[must_use]
    pub const fn migrate(self) -> bool {
        self.0 & Self::MIGRATE != 0
    }

    /// The page has to get its mapping back (`migrate_vma_unmap`).
    #[must_use]
    pub const fn restore(self) -> bool {
        self.0 & Self::RESTORE != 0
    }

    pub(crate) const fn clear_migrate(&mut self) {
        self.0 &= !Self::MIGRATE;
    }

    pub(crate) const fn mark_restore(&mut self) {
        self.0 = (self.0 & !Self::MIGRATE) | Self::RESTORE;
    }
}

/// One actor's registers.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Debug, Immutable, IntoBytes, KnownLayout, TryFromBytes)]
#[repr(C)]
pub struct Actor {
    /// Flags, see the constants.
    pub flags: u32,
    /// The next instruction, meaningful while an operation is under way.
    pub pc: Pc,
    /// The listing's local variable `pte`.
    pub pte: Pte,
    /// The listing's local variable `orig`: a word that is kept while `pte` is edited.
    pub orig: Pte,
    /// System frames, a bit each, that the discard under way takes away from its page.
    pub doomed: u8,
    /// Which operation of the program comes next or is under way.
    pub op: u8,
    /// The page that the listing works on.
    pub page: u8,
    /// The address space that the listing works in: the operation's, or the one that a walk over the folio's
    /// mappings has come to.
    pub mm: u8,
    /// The folio that the listing works on.
    pub folio: Frame,
    /// A flush in progress. Bits 0-2: the pages. Bit 3: of the child. High half: the CPUs that have not
    /// answered.
    pub flush: u8,
    /// System frames to free at the end of a batch, a bit each.
    pub batch: u8,
    /// System frames that reclaim keeps, a bit each: isolated until its batch has been flushed.
    pub kept: u8,
    /// migrate_vma's sources, by page.
    pub src: [Source; PAGES],
    /// migrate_vma's destinations, by page; element 0 is also the new page of a fault.
    pub dst: [Frame; PAGES],
}

impl Actor {
    /// The operation has begun and has not returned.
    pub const BEGUN: u32 = 1;
    /// Between translation and data access: no interrupt is taken here.
    pub const MID_ACCESS: u32 = 1 << 1;
    /// migrate_vma replaced some present entry (its `unmapped` count is not zero).
    pub const CLEARED: u32 = 1 << 2;
    /// An mmu gather owes a flush.
    pub const OWED: u32 = 1 << 3;
    /// Reclaim's batched flush is pending.
    pub const BATCH: u32 = 1 << 4;
    /// ... and some cleared entry was dirty.
    pub const BATCH_DIRTY: u32 = 1 << 5;
    /// Migrating back on behalf of a CPU fault.
    pub const FAULT: u32 = 1 << 6;
    /// The register `pte` holds a dirty bit that is nowhere else (for the judges).
    pub const HOLDS_DIRTY: u32 = 1 << 7;
    /// The register `pte` holds a word that was taken out of the page table and may be put back.
    pub const HOLDS_PTE: u32 = 1 << 8;
    /// A swap-in that bypasses the swap cache.
    pub const BYPASS: u32 = 1 << 9;
    /// The folio was exclusive when last tested.
    pub const EXCLUSIVE: u32 = 1 << 10;
    /// The last reference check found the expected count.
    pub const REFS_OK: u32 = 1 << 11;
    /// A folio is isolated from the LRU.
    pub const ISOLATED: u32 = 1 << 12;
    /// The last allocation failed.
    pub const OOM: u32 = 1 << 13;
    /// Holds the mmap lock for read.
    pub const MMAP_READ: u32 = 1 << 14;
    /// Holds the mmap lock for write.
    pub const MMAP_WRITE: u32 = 1 << 15;
    /// A discard has begun.
    pub const DISCARDING: u32 = 1 << 16;
    /// ... and only its flush is left to do, as another discard of the page has found when it began.
    pub const DISCARD_BEHIND: u32 = 1 << 27;
    /// The access was translated by an entry that was there.
    pub const CACHED: u32 = 1 << 17;
    /// The CPU owes the entry a dirty bit ([`crate::Hardware::LateDirty`]).
    pub const OWES_DIRTY: u32 = 1 << 18;
    /// The flush under way concerns both address spaces.
    pub const BOTH_MMS: u32 = 1 << 19;
    /// The flush under way is the second of two.
    pub const SECOND_FLUSH: u32 = 1 << 20;
    /// A child's user thread, or a system call of the child, is under way.
    pub const IN_CHILD: u32 = 1 << 22;
    /// The reference or pin that the operation drops is no longer anybody else's.
    pub const HOLDS_REF: u32 = 1 << 23;
    /// A goes into the migration entry that comes next.
    pub const CARRY_YOUNG: u32 = 1 << 21;
    /// ... and D.
    pub const CARRY_DIRTY: u32 = 1 << 26;
    /// The operation's own work is done, and the pages are faulted in (`populate_vma_page_range`).
    pub const POPULATING: u32 = 1 << 24;
    /// The page that this fault has swapped in waits in the CPU's mlock batch, with a reference that its
    /// reuse does not allow for.
    pub const IN_BATCHES: u32 = 1 << 25;
    /// This fault has read its page from swap: it waits in the CPU's batch of new pages, which has a reference.
    pub const READ_IN: u32 = 1 << 28;
    /// What outlives a fault of the operation, which starts again behind it.
    pub(crate) const OUTLIVES_FAULT: u32 = Actor::POPULATING | Actor::IN_BATCHES;

    /// Whether a release drops what the end of i/o has taken over, be that nothing. Not if it is of the other kind
    /// of hold than the end of i/o has looked at.
    pub(crate) fn drops_its_own(&self, kind: OpKind, pin: bool) -> bool {
        self.has(Actor::HOLDS_REF) && (self.folio != ZERO_FRAME || pin == (kind == OpKind::Unpin))
    }

    /// Between two operations: nothing is left in the registers, which would tell otherwise equal machines
    /// apart.
    #[must_use]
    pub fn at_rest() -> Actor {
        Actor { folio: NO_FRAME, dst: [NO_FRAME; PAGES], ..Actor::default() }
    }

    /// At the first step of an operation, for the first time or again.
    pub(crate) fn beginning(op: Op) -> Actor {
        let mm = op.kind.mm();
        let in_child = mm == 1 && op.kind != OpKind::Exit;
        Actor {
            flags: Actor::BEGUN | if in_child { Actor::IN_CHILD } else { 0 },
            page: op.range().0 as u8,
            mm: mm as u8,
            ..Actor::at_rest()
        }
    }

    /// Whether a flag is set.
    #[must_use]
    pub const fn has(&self, flag: u32) -> bool {
        self.flags & flag != 0
    }

    pub(crate) const fn set(&mut self, flag: u32, on: bool) {
        self.flags = if on { self.flags | flag } else { self.flags & !flag };
    }

    /// The CPUs that have not answered this actor's flush, a bit each.
    #[must_use]
    pub const fn unanswered(&self) -> u8 {
        self.flush >> 4
    }

    /// What the flush under way drops: bit 4 * mm + page.
    #[inline]
    pub(crate) const fn flushed(&self) -> u8 {
        let pages = self.flush & ((1 << PAGES) - 1);
        if self.has(Actor::BOTH_MMS) { pages * 0x11 } else { pages << (self.flush >> 1 & 4) }
    }

    /// Whether the flush under way concerns an address space.
    #[must_use]
    pub const fn flushes(&self, mm: usize) -> bool {
        self.has(Actor::BOTH_MMS) || (self.flush >> 3 & 1) as usize == mm
    }
}

/// A set of frames of system memory, a bit each; counts through them.
#[derive(Clone, Copy)]
pub(crate) struct Frames(pub u8);

impl Frames {
    /// The lowest one.
    #[inline]
    pub fn first(self) -> Option<usize> {
        if self.0 == 0 { None } else { Some(self.0.trailing_zeros() as usize) }
    }
}

impl Iterator for Frames {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        let first = self.first()?;
        self.0 &= self.0 - 1;
        Some(first)
    }
}

/// How far a child is.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Debug, Immutable, IntoBytes, KnownLayout, TryFromBytes)]
#[repr(u8)]
pub enum Child {
    /// There is none.
    #[default]
    None,
    /// Its page table is being filled; it does not run yet.
    Forking,
    /// It runs.
    Alive,
    /// Its page table is being taken down; it does not run any more.
    Exiting,
}

/// The machine.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Immutable, IntoBytes, KnownLayout, TryFromBytes)]
#[repr(C, align(8))]
pub struct Machine {
    /// The registers of each actor.
    pub actors: [Actor; ACTORS],
    /// The page tables: the parent's, then the child's.
    pub pte: [[Pte; PAGES]; MMS],
    /// What the program may legally see.
    pub shadow: Shadow,
    /// The device allocator's free list, most recently freed first: two bits each, 3 for the end.
    pub(crate) device_free: u8,
    /// Each CPU's TLB, by address space.
    pub tlb: [[[TlbEntry; PAGES]; MMS]; ACTORS],
    /// Every folio, by frame.
    pub folios: [Folio; FRAMES],
    /// The swap device.
    pub slots: [SwapSlot; SLOTS],
    /// Who holds the page-table lock of each address space, plus one.
    pub ptl: [u8; MMS],
    /// How many mmu gathers are active on each address space (`tlb_flush_pending`).
    pub gathers: [u8; MMS],
    /// Reclaim has batched a flush of the address space (a bit each) that nobody has made good under the
    /// lock.
    pub batched: u8,
    /// Pages whose VMA is read-only, a bit each. The child's VMAs are as the parent's were when it forked:
    /// bits 4 to 6.
    pub read_only: u8,
    /// Pages whose VMA is locked in memory (the parent's only: mlock is not inherited).
    pub mlocked: u8,
    /// The child.
    pub child: Child,
    /// memory.swap.max in pages, 0 for none.
    pub swap_max: u8,
    /// The frames that the extra reference (low half) and the pin (high half) of each page are held on;
    /// [`NO_FRAME`] for none.
    pub(crate) holds: [u8; PAGES],
    /// Which of them are for write: a bit each, pins in the high half. A DMA device may store through those.
    pub(crate) hold_writes: u8,
    /// Which of them may have lost the page since they were taken (a fork, a discard), likewise.
    pub(crate) loose_holds: u8,
    /// The programs are over and the case is being drained.
    pub draining: bool,
    filler: [u8; 7],
}

/// How many words a machine is.
pub const IMAGE: usize = size_of::<Machine>() / 8;

/// A machine as words. What they mean is the machine's business; equal machines have equal images.
pub type Image = [u64; IMAGE];

impl Machine {
    /// The machine as a case begins.
    #[must_use]
    pub fn new(config: &Config) -> Machine {
        let mut device_free = u8::MAX;
        let n = (config.device_frames as usize).min(DEVICE_FRAMES);
        for k in (0..n).rev() {
            device_free = device_free << 2 | k as u8;
        }
        let mut m = Machine {
            actors: [Actor::at_rest(); ACTORS],
            pte: [[Pte::NONE; PAGES]; MMS],
            device_free,
            tlb: [[[TlbEntry::INVALID; PAGES]; MMS]; ACTORS],
            folios: [Folio::default(); FRAMES],
            slots: [SwapSlot::default(); SLOTS],
            shadow: Shadow::default(),
            ptl: [0; MMS],
            gathers: [0; MMS],
            batched: 0,
            read_only: 0,
            mlocked: 0,
            child: Child::None,
            swap_max: 0,
            holds: [NO_FRAME | NO_FRAME << 4; PAGES],
            hold_writes: 0,
            loose_holds: 0,
            draining: false,
            filler: [0; 7],
        };
        for page in (0..PAGES).filter(|p| (config.shared | config.large) & 1 << p != 0) {
            let shared = config.shared & 1 << page != 0;
            let mut folio = Folio::fresh([SHARED_VALUE; ACTORS], page);
            folio.map();
            folio.set_swapbacked(true);
            folio.set_uptodate(true);
            folio.set_lru(true);
            folio.set_exclusive(!shared && config.knobs.exclusive);
            folio.set_large(config.large & 1 << page != 0);
            m.folios[page] = folio;
            m.pte[0][page] = Pte::present(page as Frame, !shared).with_dirty(true).with_accessed(true);
            for word in 0..ACTORS {
                m.shadow.store(0, page, word, SHARED_VALUE, InFlight::Nothing);
            }
        }
        m
    }

    /// The machine as words.
    #[inline]
    #[must_use]
    pub fn image(&self) -> &Image {
        transmute_ref!(self)
    }

    /// The machine of an image; `None` if it is of no machine.
    #[inline]
    #[must_use]
    pub fn of_image(image: &Image) -> Option<&Machine> {
        try_transmute_ref!(image).ok()
    }

    /// Whether every actor's program is over.
    #[must_use]
    pub fn programs_done(&self, programs: &Programs) -> bool {
        (0..programs.actors as usize).all(|i| self.actors[i].op >= programs.len[i])
    }

    /// Turns to the drain: actor 0 goes on with [`crate::World::drain_op`]s; everything else is over. The
    /// swap limit and the memory locks are lifted, so that every page can be reclaimed.
    pub fn start_drain(&mut self) {
        self.draining = true;
        self.swap_max = 0;
        self.mlocked = 0;
        self.actors[0].op = 0;
        self.tlb = [[[TlbEntry::INVALID; PAGES]; MMS]; ACTORS];
    }

    /// Which discard of a page has begun and not returned. MADV_FREE excuses more than MADV_DONTNEED.
    #[must_use]
    pub fn discard_in_flight(&self, world: &World, page: usize) -> InFlight {
        self.discard(world, page, |_| true)
    }

    /// Which discard of a page may still take a store away. One that has done with the entries may do so by
    /// the flush that it owes; but another discard that has begun since answers for that when it returns.
    #[must_use]
    pub fn discard_takes(&self, world: &World, page: usize) -> InFlight {
        self.discard(world, page, |actor| !actor.has(Actor::DISCARD_BEHIND))
    }

    fn discard(&self, world: &World, page: usize, of: impl Fn(&Actor) -> bool) -> InFlight {
        let mut found = InFlight::Nothing;
        for i in 0..world.programs.actors as usize {
            if self.actors[i].has(Actor::DISCARDING)
                && of(&self.actors[i])
                && let Some(op) = world.op(self, i).filter(|op| op.arg as usize == page)
            {
                match op.kind {
                    OpKind::Free => return InFlight::Free,
                    _ => found = InFlight::DontNeed,
                }
            }
        }
        found
    }

    /// Whether the VMA of a page forbids stores.
    #[must_use]
    pub const fn vma_read_only(&self, mm: usize, page: usize) -> bool {
        self.read_only & 1 << (4 * mm + page) != 0
    }

    /// The address spaces that exist, so that a folio may be mapped in them.
    #[must_use]
    pub fn mms(&self) -> usize {
        if self.child == Child::None { 1 } else { MMS }
    }

    /// The bytes that a load of `page` would see on a CPU with nothing cached, if it is in memory, in swap or
    /// on the device: the page's content, wherever it rests. A word that an actor has taken out of the page
    /// table and may put back counts as still there.
    #[must_use]
    pub fn content(&self, mm: usize, page: usize) -> Data {
        let mut pte = self.pte[mm][page];
        if pte.is_none() {
            for actor in &self.actors {
                if actor.has(Actor::HOLDS_PTE) && actor.page as usize == page && actor.mm as usize == mm {
                    pte = actor.pte;
                }
            }
        }
        match pte.kind() {
            PteKind::None => Data::default(),
            PteKind::Swap => match self.cached_folio(pte.slot()) {
                Some(frame) if self.folios[frame].uptodate() => self.folios[frame].data,
                _ => self.slots[pte.slot() as usize].data,
            },
            _ => self.data(pte.frame()),
        }
    }

    /// The bytes of a frame; zeros for the zero page.
    #[inline]
    #[must_use]
    pub fn data(&self, frame: Frame) -> Data {
        if frame == ZERO_FRAME { Data::default() } else { self.folios[frame as usize].data }
    }

    /// The folio in the swap cache that stands for a slot.
    #[must_use]
    pub fn cached_folio(&self, slot: crate::Slot) -> Option<usize> {
        if !self.slots[slot as usize].has_cache() {
            return None;
        }
        self.system_frames(|f| f.swapcache() & (f.slot() == slot)).first()
    }

    /// The frames of system memory whose folios are wanted. `wanted` is asked of all of them, without a
    /// branch: searches like these are most of what a step costs.
    #[inline]
    pub(crate) fn system_frames(&self, wanted: impl Fn(&Folio) -> bool) -> Frames {
        Frames((0..SYSTEM_FRAMES).fold(0, |set, f| set | u8::from(wanted(&self.folios[f])) << f))
    }

    /// How many slots are in use.
    #[must_use]
    pub fn slots_used(&self) -> u8 {
        self.slots.iter().filter(|s| !s.free()).count() as u8
    }

    /// `mem_cgroup_swap_full`: a limit is set and at least half used.
    #[must_use]
    pub fn swap_full(&self) -> bool {
        self.swap_max != 0 && self.slots_used() * 2 >= self.swap_max
    }

    /// The frame that a page's extra reference (or its pin) is held on, if there is one.
    #[must_use]
    pub const fn held(&self, page: usize, pin: bool) -> Option<Frame> {
        let frame = if pin { self.holds[page] >> 4 } else { self.holds[page] & 0xf };
        if frame == NO_FRAME { None } else { Some(frame) }
    }

    pub(crate) const fn set_held(&mut self, page: usize, pin: bool, frame: Option<Frame>, write: bool) {
        let frame = match frame {
            Some(f) => f,
            None => NO_FRAME,
        };
        let old = self.holds[page];
        self.holds[page] = if pin { (old & 0xf) | frame << 4 } else { (old & 0xf0) | frame };
        let bit = Self::hold_bit(page, pin);
        self.hold_writes = if write { self.hold_writes | bit } else { self.hold_writes & !bit };
        self.loose_holds &= !bit;
    }

    const fn hold_bit(page: usize, pin: bool) -> u8 {
        1 << (page + if pin { 4 } else { 0 })
    }

    /// Whether the extra reference (or the pin) of a page is held for write.
    #[must_use]
    pub const fn held_for_write(&self, page: usize, pin: bool) -> bool {
        self.hold_writes & Self::hold_bit(page, pin) != 0
    }

    /// Whether nobody can say that what a device stores through the reference (or pin) of a page is seen at
    /// the page: a discard has taken the page away, or a fork has shared it, since the reference was taken.
    #[must_use]
    pub const fn hold_is_loose(&self, page: usize, pin: bool) -> bool {
        self.loose_holds & Self::hold_bit(page, pin) != 0
    }

    pub(crate) const fn loosen_hold(&mut self, page: usize, pin: bool) {
        self.loose_holds |= Self::hold_bit(page, pin);
    }

    /// What a CPU has cached translations of: bit 4 * mm + page.
    #[inline]
    pub(crate) fn cached(&self, cpu: usize) -> u8 {
        let bit = |mm: usize, page: usize| u8::from(self.tlb[cpu][mm][page].valid()) << (4 * mm + page);
        (0..MMS).fold(0, |set, mm| (0..PAGES).fold(set, |set, page| set | bit(mm, page)))
    }

    /// A CPU drops cached translations.
    #[inline]
    pub(crate) fn drop_cached(&mut self, cpu: usize, set: u8) {
        let mut left = set & self.cached(cpu);
        while left != 0 {
            let n = left.trailing_zeros() as usize;
            self.tlb[cpu][n / 4][n % 4] = TlbEntry::INVALID;
            left &= left - 1;
        }
    }

    /// The lowest free system frame.
    pub(crate) fn free_frame(&self) -> Option<usize> {
        self.system_frames(|f| !f.allocated()).first()
    }

    /// The device frame that is taken next: the most recently freed one, as the test driver does.
    pub(crate) fn next_device_frame(&self) -> Option<usize> {
        let k = (self.device_free & 3) as usize;
        (k != DEVICE_FRAMES).then_some(SYSTEM_FRAMES + k)
    }

    /// Takes a device frame.
    pub(crate) fn take_device_frame(&mut self) -> Option<usize> {
        let frame = self.next_device_frame()?;
        self.device_free = self.device_free >> 2 | 0xc0;
        Some(frame)
    }

    pub(crate) fn give_device_frame(&mut self, frame: usize) {
        debug_assert!(is_device(frame as Frame));
        self.device_free = self.device_free << 2 | (frame - SYSTEM_FRAMES) as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_stays_small() {
        assert!(size_of::<Machine>() <= 352, "{} bytes", size_of::<Machine>());
    }

    #[test]
    fn an_image_is_the_whole_machine() {
        let mut m = Machine::new(&Config { shared: 0b101, ..Config::default() });
        assert_eq!(Machine::of_image(m.image()), Some(&m));
        let before = *m.image();
        m.loose_holds = 1;
        assert_ne!(*m.image(), before);
        assert_eq!(Machine::of_image(m.image()), Some(&m));
        // There is no such child.
        assert_eq!(Machine::of_image(&[u64::MAX; IMAGE]), None);
    }

    #[test]
    fn device_frames_come_back_last_in_first_out() {
        let none = Config { device_frames: 0, ..Config::default() };
        assert_eq!(Machine::new(&none).take_device_frame(), None);
        let mut m = Machine::new(&Config::default());
        assert_eq!(m.take_device_frame(), Some(8));
        assert_eq!(m.take_device_frame(), Some(9));
        m.give_device_frame(8);
        assert_eq!(m.take_device_frame(), Some(8));
        assert_eq!(m.take_device_frame(), Some(10));
        assert_eq!(m.take_device_frame(), None);
    }
}
