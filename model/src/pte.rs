//! Page-table entries: one tagged word with bits.
//!
//! The word is tagged by its bits, not by a Rust enum, because the kernel asks questions such as "is this
//! word dirty?" of words that are not present, and the answer is whatever the encoding has at that place.

use crate::{Frame, Slot};
use zerocopy::{Immutable, IntoBytes, KnownLayout, TryFromBytes};

/// What kind of word a page-table entry holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PteKind {
    /// Nothing is mapped.
    None,
    /// A present mapping, which the hardware can use unless it is inaccessible.
    Present,
    /// The page is in a swap slot (and perhaps also in the swap cache).
    Swap,
    /// A migration entry: whoever faults waits for the folio lock.
    Migration,
    /// A device-private entry: the page is in device memory, and a CPU touch faults.
    Device,
    /// A device-exclusive entry: the page is in system memory, and a CPU touch faults until the device gives
    /// it back.
    DeviceExclusive,
}

/// A page-table entry.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Immutable, IntoBytes, KnownLayout, TryFromBytes)]
#[repr(transparent)]
pub struct Pte(u16);

const PRESENT: u16 = 1;
const WRITE: u16 = 1 << 1;
const ACCESSED: u16 = 1 << 2;
const DIRTY: u16 = 1 << 3;
/// The exclusive mark of a swap entry, or "readable-exclusive" of a migration entry.
const EXCLUSIVE: u16 = 1 << 4;
/// With the kind of a device entry: device-exclusive.
const IN_SYSTEM: u16 = 1 << 5;
/// The device's mirror has the page of a device-exclusive entry.
const MIRRORED: u16 = 1 << 4;
/// A and D that a migration entry carries. Apart from the hardware's bits, which Linux leaves unused in
/// non-present words.
const CARRIED_ACCESSED: u16 = 1 << 8;
const CARRIED_DIRTY: u16 = 1 << 9;
const KIND: u16 = 3 << 6;
const SWAP: u16 = 1 << 6;
const MIGRATION: u16 = 2 << 6;
const DEVICE: u16 = 3 << 6;
/// Present for the kernel, and not for the hardware (`pte_protnone`).
const PROT_NONE: u16 = 1 << 10;
const ADDRESS_SHIFT: u32 = 12;

impl Pte {
    /// The empty word.
    pub const NONE: Pte = Pte(0);

    /// A present word, old and clean.
    #[must_use]
    pub const fn present(frame: Frame, write: bool) -> Pte {
        Pte(PRESENT | if write { WRITE } else { 0 } | (frame as u16) << ADDRESS_SHIFT)
    }

    /// A swap entry. `exclusive` is the mark that a page unmapped as `PG_anon_exclusive` leaves (Linux 5.19).
    #[must_use]
    pub const fn swap(slot: Slot, exclusive: bool) -> Pte {
        Pte(SWAP | if exclusive { EXCLUSIVE } else { 0 } | (slot as u16) << ADDRESS_SHIFT)
    }

    /// A migration entry of kind writable (`write`), readable-exclusive (`exclusive`) or readable.
    #[must_use]
    pub const fn migration(frame: Frame, write: bool, exclusive: bool) -> Pte {
        let kind = if write {
            WRITE
        } else if exclusive {
            EXCLUSIVE
        } else {
            0
        };
        Pte(MIGRATION | kind | (frame as u16) << ADDRESS_SHIFT)
    }

    /// A device-private entry.
    ///
    /// On default x86 the encoding of a *writable* one happens to test dirty (Popple's RFC of March 2025,
    /// "Don't read dirty bit of non-present PTEs"), so it does here.
    #[must_use]
    pub const fn device(frame: Frame, write: bool) -> Pte {
        Pte(DEVICE | if write { WRITE | DIRTY } else { 0 } | (frame as u16) << ADDRESS_SHIFT)
    }

    /// A device-exclusive entry.
    #[must_use]
    pub const fn device_exclusive(frame: Frame, write: bool) -> Pte {
        Pte(DEVICE | IN_SYSTEM | if write { WRITE } else { 0 } | (frame as u16) << ADDRESS_SHIFT)
    }

    /// The kind of this word.
    #[must_use]
    pub const fn kind(self) -> PteKind {
        if self.0 & PRESENT != 0 {
            PteKind::Present
        } else {
            match self.0 & KIND {
                SWAP => PteKind::Swap,
                MIGRATION => PteKind::Migration,
                DEVICE if self.0 & IN_SYSTEM != 0 => PteKind::DeviceExclusive,
                DEVICE => PteKind::Device,
                _ => PteKind::None,
            }
        }
    }

    /// Whether nothing is mapped. Like Linux on x86, this ignores stray A and D (00839ee3b299).
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.0 & !(ACCESSED | DIRTY) == 0
    }

    /// Whether the word is present to the kernel.
    #[must_use]
    pub const fn is_present(self) -> bool {
        self.0 & PRESENT != 0
    }

    /// Whether the hardware can use the word.
    #[must_use]
    pub const fn is_usable(self) -> bool {
        self.0 & (PRESENT | PROT_NONE) == PRESENT
    }

    /// Whether the word is present, and inaccessible to the hardware.
    #[must_use]
    pub const fn is_prot_none(self) -> bool {
        self.0 & (PRESENT | PROT_NONE) == PRESENT | PROT_NONE
    }

    /// The same word, inaccessible to the hardware or accessible again.
    #[must_use]
    pub const fn with_prot_none(self, on: bool) -> Pte {
        Pte(if on { self.0 | PROT_NONE } else { self.0 & !PROT_NONE })
    }

    /// Whether this is a migration entry.
    #[must_use]
    pub const fn is_migration(self) -> bool {
        self.0 & (PRESENT | KIND) == MIGRATION
    }

    /// Whether this is a swap entry.
    #[must_use]
    pub const fn is_swap(self) -> bool {
        self.0 & (PRESENT | KIND) == SWAP
    }

    /// Whether this is a device-private entry.
    #[must_use]
    pub const fn is_device(self) -> bool {
        self.0 & (PRESENT | KIND | IN_SYSTEM) == DEVICE
    }

    /// Whether this is a device-exclusive entry.
    #[must_use]
    pub const fn is_device_exclusive(self) -> bool {
        self.0 & (PRESENT | KIND | IN_SYSTEM) == DEVICE | IN_SYSTEM
    }

    /// The frame that a present, migration or device word names.
    #[must_use]
    pub const fn frame(self) -> Frame {
        (self.0 >> ADDRESS_SHIFT) as Frame
    }

    /// The slot that a swap word names.
    #[must_use]
    pub const fn slot(self) -> Slot {
        (self.0 >> ADDRESS_SHIFT) as Slot
    }

    /// The write bit, or "writable" of a non-present word.
    #[must_use]
    pub const fn write(self) -> bool {
        self.0 & WRITE != 0
    }

    /// The bit that tests dirty, of *any* word.
    #[must_use]
    pub const fn dirty(self) -> bool {
        self.0 & DIRTY != 0
    }

    /// The accessed bit.
    #[must_use]
    pub const fn accessed(self) -> bool {
        self.0 & ACCESSED != 0
    }

    /// The A that a migration entry carries (Linux 6.1).
    #[must_use]
    pub const fn carries_accessed(self) -> bool {
        self.0 & CARRIED_ACCESSED != 0
    }

    /// The D that a migration entry carries (Linux 6.1).
    #[must_use]
    pub const fn carries_dirty(self) -> bool {
        self.0 & CARRIED_DIRTY != 0
    }

    /// A migration entry that carries A and D.
    #[must_use]
    pub const fn carrying(self, accessed: bool, dirty: bool) -> Pte {
        Pte(self.0 | if accessed { CARRIED_ACCESSED } else { 0 } | if dirty { CARRIED_DIRTY } else { 0 })
    }

    /// The same word without the exclusive mark.
    #[must_use]
    pub const fn without_exclusive(self) -> Pte {
        Pte(self.0 & !EXCLUSIVE)
    }

    /// A migration entry made readable: readable-exclusive if `exclusive`.
    #[must_use]
    pub const fn readable(self, exclusive: bool) -> Pte {
        Pte(self.0 & !(WRITE | EXCLUSIVE) | if exclusive { EXCLUSIVE } else { 0 })
    }

    /// The exclusive mark of a swap or migration entry.
    #[must_use]
    pub const fn exclusive(self) -> bool {
        self.0 & EXCLUSIVE != 0
    }

    /// Whether the device's mirror has the page that it has for itself.
    #[must_use]
    pub const fn mirrored(self) -> bool {
        self.is_device_exclusive() && self.0 & MIRRORED != 0
    }

    /// A device-exclusive entry with or without a place in the device's mirror; any other word as it is.
    #[must_use]
    pub const fn with_mirrored(self, on: bool) -> Pte {
        match (self.is_device_exclusive(), on) {
            (false, _) => self,
            (true, true) => Pte(self.0 | MIRRORED),
            (true, false) => Pte(self.0 & !MIRRORED),
        }
    }

    /// The same word with D set or cleared.
    #[must_use]
    pub const fn with_dirty(self, on: bool) -> Pte {
        Pte(if on { self.0 | DIRTY } else { self.0 & !DIRTY })
    }

    /// The same word with A set or cleared.
    #[must_use]
    pub const fn with_accessed(self, on: bool) -> Pte {
        Pte(if on { self.0 | ACCESSED } else { self.0 & !ACCESSED })
    }

    /// The same word with W set or cleared.
    #[must_use]
    pub const fn with_write(self, on: bool) -> Pte {
        Pte(if on { self.0 | WRITE } else { self.0 & !WRITE })
    }

    /// Whether two words are the same to `pte_same()`: every bit counts, the hardware's A and D too.
    #[must_use]
    pub const fn same(self, other: Pte) -> bool {
        self.0 == other.0
    }
}

impl core::fmt::Debug for Pte {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Display::fmt(self, f)
    }
}

impl core::fmt::Display for Pte {
    /// Short form for timelines: `none`, `f1 W-D A`-like words, `swap s0 x`, `mig f1 W`, `dev d0 W`.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let bit = |on: bool, name: &'static str| if on { name } else { "-" };
        match self.kind() {
            PteKind::None if self.0 != 0 => {
                write!(f, "none {}{}", bit(self.dirty(), "D"), bit(self.accessed(), "A"))
            }
            PteKind::None => f.write_str("none"),
            PteKind::Present => write!(
                f,
                "{} {}{}{}{}",
                crate::frame_name(self.frame()),
                bit(self.write(), "W"),
                bit(self.dirty(), "D"),
                bit(self.accessed(), "A"),
                if self.is_prot_none() { " none" } else { "" }
            ),
            PteKind::Swap => write!(f, "swap s{}{}", self.slot(), if self.exclusive() { " x" } else { "" }),
            PteKind::Migration => write!(
                f,
                "mig {} {}{}",
                crate::frame_name(self.frame()),
                if self.write() {
                    "W"
                } else if self.exclusive() {
                    "RX"
                } else {
                    "R"
                },
                if self.carries_dirty() { "+D" } else { "" }
            ),
            PteKind::DeviceExclusive => {
                write!(f, "devx {} {}", crate::frame_name(self.frame()), bit(self.write(), "W"))
            }
            PteKind::Device => write!(f, "dev {} {}", crate::frame_name(self.frame()), bit(self.write(), "W")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_survives_its_bits() {
        assert_eq!(Pte::NONE.kind(), PteKind::None);
        assert_eq!(Pte::present(3, true).with_dirty(true).kind(), PteKind::Present);
        assert_eq!(Pte::present(3, true).frame(), 3);
        assert_eq!(Pte::swap(2, true).kind(), PteKind::Swap);
        assert_eq!(Pte::swap(2, true).slot(), 2);
        assert_eq!(Pte::migration(8, true, true).kind(), PteKind::Migration);
        assert_eq!(Pte::migration(8, false, false).with_dirty(true).frame(), 8);
        let carrying = Pte::migration(8, true, false).carrying(true, true);
        assert!(carrying.is_migration() && carrying.carries_dirty() && !carrying.dirty() && carrying.frame() == 8);
        assert_eq!(Pte::device_exclusive(5, true).kind(), PteKind::DeviceExclusive);
        assert!(!Pte::device_exclusive(5, true).is_device() && Pte::NONE.with_dirty(true).is_none());
        assert_eq!(Pte::device(10, false).kind(), PteKind::Device);
        let inaccessible = Pte::present(3, true).with_prot_none(true);
        assert!(inaccessible.is_present() && !inaccessible.is_usable() && inaccessible.write());
        assert!(inaccessible.frame() == 3 && inaccessible.with_prot_none(false) == Pte::present(3, true));
    }

    #[test]
    fn a_writable_device_entry_tests_dirty_and_a_readable_one_does_not() {
        assert!(Pte::device(9, true).dirty());
        assert!(!Pte::device(9, false).dirty());
    }
}
