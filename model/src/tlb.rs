//! One CPU's cached translations, an entry a page.
//!
//! An entry outlives every change of the page table until a shoot-down, or the CPU's own re-walk, drops it.

use crate::Frame;
use zerocopy::{Immutable, IntoBytes, KnownLayout, TryFromBytes};

/// A cached translation {frame, W, D}, or an invalid entry.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Immutable, IntoBytes, KnownLayout, TryFromBytes)]
#[repr(transparent)]
pub struct TlbEntry(u8);

const VALID: u8 = 1;
const WRITE: u8 = 1 << 1;
const DIRTY: u8 = 1 << 2;

impl TlbEntry {
    /// No translation.
    pub const INVALID: TlbEntry = TlbEntry(0);

    /// A valid entry.
    #[must_use]
    pub const fn new(frame: Frame, write: bool, dirty: bool) -> TlbEntry {
        TlbEntry(VALID | if write { WRITE } else { 0 } | if dirty { DIRTY } else { 0 } | frame << 4)
    }

    /// Whether there is a translation.
    #[must_use]
    pub const fn valid(self) -> bool {
        self.0 & VALID != 0
    }

    /// Whether a store may go through the entry.
    #[must_use]
    pub const fn write(self) -> bool {
        self.0 & WRITE != 0
    }

    /// Whether a store goes through without looking at the page table: the D bit is known to be set.
    #[must_use]
    pub const fn dirty(self) -> bool {
        self.0 & DIRTY != 0
    }

    /// The frame translated to.
    #[must_use]
    pub const fn frame(self) -> Frame {
        self.0 >> 4
    }

    /// The same entry with D set.
    #[must_use]
    pub const fn with_dirty(self) -> TlbEntry {
        TlbEntry(self.0 | DIRTY)
    }
}

impl core::fmt::Debug for TlbEntry {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Display::fmt(self, f)
    }
}

impl core::fmt::Display for TlbEntry {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        if !self.valid() {
            return f.write_str("-");
        }
        let bit = |on: bool, name: &'static str| if on { name } else { "-" };
        write!(f, "{} {}{}", crate::frame_name(self.frame()), bit(self.write(), "W"), bit(self.dirty(), "D"))
    }
}
