//! Folios and swap slots: what the kernel knows of a page, and the bytes.

use crate::{ACTORS, Slot};
use zerocopy::{Immutable, IntoBytes, KnownLayout, TryFromBytes};

/// The bytes of a page: one word per actor, so that two writers never race on one word by accident.
pub type Data = [u8; ACTORS];

/// "No slot" in [`Folio::slot`].
pub const NO_SLOT: Slot = 0xf;

/// A folio of one page, in system or device memory.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Debug, Immutable, IntoBytes, KnownLayout, TryFromBytes)]
#[repr(C)]
pub struct Folio {
    /// The page's bytes. They stay in the frame after it is freed.
    pub data: Data,
    /// Page flags, see the accessors.
    pub flags: u8,
    /// Reference count. Frozen by reclaim means allocated with zero references.
    pub refs: u8,
    /// Low half: mapcount. High half: pins (`FOLL_PIN`), which also count in `refs`.
    counts: u8,
    /// Low half: swap slot while in the swap cache. High half: who holds the folio lock, plus one.
    slot_lock: u8,
    /// Bits 0-1: which page of the address spaces it belongs to (the reverse map). Bits 2-3: writeback stage.
    /// Bits 4-6: the CPU whose lazyfree batch holds it, plus one. Bit 7: a page of a large folio.
    state: u8,
}

macro_rules! flag {
    ($(#[$doc:meta])* $get:ident, $set:ident, $bit:expr) => {
        $(#[$doc])*
        #[must_use]
        pub const fn $get(&self) -> bool {
            self.flags & (1 << $bit) != 0
        }
        #[doc = concat!("Sets or clears [`Folio::", stringify!($get), "`].")]
        pub const fn $set(&mut self, on: bool) {
            self.flags = if on { self.flags | (1 << $bit) } else { self.flags & !(1 << $bit) };
        }
    };
}

impl Folio {
    flag!(
        /// PG_dirty: the folio is newer than its backing.
        dirty, set_dirty, 0
    );
    flag!(
        /// PG_swapbacked: cleared for a lazyfree page (MADV_FREE).
        swapbacked, set_swapbacked, 1
    );
    flag!(
        /// PG_swapcache: the folio stands for its slot.
        swapcache, set_swapcache, 2
    );
    flag!(
        /// PG_uptodate: the bytes are the page's.
        uptodate, set_uptodate, 3
    );
    flag!(
        /// PG_anon_exclusive (Linux 5.19).
        exclusive, set_exclusive, 4
    );
    flag!(
        /// PG_lru: on an LRU list, so that somebody can isolate it.
        lru, set_lru, 5
    );
    flag!(
        /// Handed out by the allocator and not yet returned.
        allocated, set_allocated, 6
    );
    flag!(
        /// The frame waits for the end of a batch (TLB flush) before the allocator may have it.
        freeing, set_freeing, 7
    );

    /// How many page-table entries map the folio.
    #[must_use]
    pub const fn mapcount(&self) -> u8 {
        self.counts & 0xf
    }

    /// Adds a mapping.
    pub const fn map(&mut self) {
        self.counts += 1;
    }

    /// Removes a mapping; false if there was none (a broken listing).
    pub const fn unmap(&mut self) -> bool {
        let ok = self.mapcount() > 0;
        if ok {
            self.counts -= 1;
        }
        ok
    }

    /// How many pins (`FOLL_PIN`) are held.
    #[must_use]
    pub const fn pins(&self) -> u8 {
        self.counts >> 4
    }

    /// Takes a pin (which is also a reference).
    pub const fn pin(&mut self) {
        self.counts += 0x10;
        self.refs += 1;
    }

    /// Drops a pin; false if there was none (a frame that was freed too early).
    pub const fn unpin(&mut self) -> bool {
        let ok = self.pins() > 0 && self.refs > 0;
        if ok {
            self.counts -= 0x10;
            self.refs -= 1;
        }
        ok
    }

    /// The swap slot, meaningful in the swap cache.
    #[must_use]
    pub const fn slot(&self) -> Slot {
        self.slot_lock & 0xf
    }

    /// Sets the swap slot, or [`NO_SLOT`].
    pub const fn set_slot(&mut self, slot: Slot) {
        self.slot_lock = (self.slot_lock & 0xf0) | slot;
    }

    /// Who holds the folio lock.
    #[must_use]
    pub const fn lock_owner(&self) -> Option<usize> {
        match self.slot_lock >> 4 {
            0 => None,
            n => Some(n as usize - 1),
        }
    }

    /// Whether the folio lock is held.
    #[must_use]
    pub const fn locked(&self) -> bool {
        self.slot_lock >> 4 != 0
    }

    /// Takes the folio lock for an actor.
    pub const fn lock(&mut self, actor: usize) {
        self.slot_lock = (self.slot_lock & 0xf) | ((actor as u8 + 1) << 4);
    }

    /// Releases the folio lock.
    pub const fn unlock(&mut self) {
        self.slot_lock &= 0xf;
    }

    /// The page of the address space that this folio belongs to (the reverse map).
    #[must_use]
    pub const fn page(&self) -> usize {
        (self.state & 3) as usize
    }

    /// Sets the reverse map.
    pub const fn set_page(&mut self, page: usize) {
        self.state = (self.state & !3) | page as u8;
    }

    /// PG_writeback: 0 not, 1 submitted, 2 the bytes are in the slot and the completion is due.
    #[must_use]
    pub const fn writeback(&self) -> u8 {
        (self.state >> 2) & 3
    }

    /// Sets the writeback stage.
    pub const fn set_writeback(&mut self, stage: u8) {
        self.state = (self.state & !0xc) | stage << 2;
    }

    /// The CPU in whose per-CPU batch the folio waits for MADV_FREE's clearing of PG_swapbacked.
    #[must_use]
    pub const fn lazyfree_batch(&self) -> Option<usize> {
        match self.state >> 4 & 7 {
            0 => None,
            n => Some(n as usize - 1),
        }
    }

    /// Whether it waits in a CPU's batch, or, with `any`, in whichever.
    pub(crate) const fn in_lazyfree_batch(&self, cpu: usize, any: bool) -> bool {
        let n = self.state >> 4 & 7;
        (n == cpu as u8 + 1) | (any & (n != 0))
    }

    /// Puts the folio into a CPU's lazyfree batch, or takes it out.
    pub const fn set_lazyfree_batch(&mut self, cpu: Option<usize>) {
        let n = match cpu {
            Some(c) => c as u8 + 1,
            None => 0,
        };
        self.state = (self.state & 0x8f) | n << 4;
    }

    /// Whether this page belongs to a large folio that nobody has split.
    #[must_use]
    pub const fn large(&self) -> bool {
        self.state & 0x80 != 0
    }

    /// Makes the page part of a large folio, or a folio of its own.
    pub const fn set_large(&mut self, on: bool) {
        self.state = if on { self.state | 0x80 } else { self.state & 0x7f };
    }

    /// A fresh folio: one reference, no flags but "allocated", bytes as given.
    #[must_use]
    pub fn fresh(data: Data, page: usize) -> Folio {
        let mut folio = Folio { data, refs: 1, ..Folio::default() };
        folio.set_allocated(true);
        folio.set_slot(NO_SLOT);
        folio.set_page(page);
        folio
    }
}

/// A swap slot. Its bytes stay after it is freed.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Debug, Immutable, IntoBytes, KnownLayout, TryFromBytes)]
#[repr(C)]
pub struct SwapSlot {
    /// What the device holds.
    pub data: Data,
    /// Low half: how many swap entries name the slot. Bit 4: a folio in the swap cache stands for it.
    /// Bit 5: pinned by a swap-in that bypasses the swap cache.
    state: u8,
}

impl SwapSlot {
    /// How many page-table entries name the slot.
    #[must_use]
    pub const fn mapcount(&self) -> u8 {
        self.state & 0xf
    }

    /// Adds an entry (`swap_duplicate`).
    pub const fn dup(&mut self) {
        self.state += 1;
    }

    /// Drops an entry (`swap_free`); false if there was none (a broken listing).
    pub const fn put(&mut self) -> bool {
        let ok = self.mapcount() > 0;
        if ok {
            self.state -= 1;
        }
        ok
    }

    /// SWAP_HAS_CACHE, for a folio in the swap cache.
    #[must_use]
    pub const fn has_cache(&self) -> bool {
        self.state & 0x10 != 0
    }

    /// Sets or clears the has-cache flag.
    pub const fn set_has_cache(&mut self, on: bool) {
        self.state = if on { self.state | 0x10 } else { self.state & !0x10 };
    }

    /// SWAP_HAS_CACHE, held by a swap-in that bypasses the swap cache (`swapcache_prepare`).
    #[must_use]
    pub const fn pinned(&self) -> bool {
        self.state & 0x20 != 0
    }

    /// Sets or clears the pin of a bypassing swap-in.
    pub const fn set_pinned(&mut self, on: bool) {
        self.state = if on { self.state | 0x20 } else { self.state & !0x20 };
    }

    /// Whether the allocator may hand the slot out.
    #[must_use]
    pub const fn free(&self) -> bool {
        self.state == 0
    }
}
