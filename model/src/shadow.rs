//! What the program may legally see: the last value stored to each word, and what a discard excuses.
//!
//! The rules are the documented ones of madvise(2). MADV_DONTNEED: once the call has returned, what was
//! stored before it began is zero; a store concurrent with the call may survive or vanish. MADV_FREE: the old
//! value or zero until the word is rewritten after the call returned; a store concurrent with the call may
//! vanish, whether the page is discarded or not. The operations under test cannot touch this memory: only
//! stores and discards change it.

use crate::{ACTORS, FRAMES, Frame, MMS, PAGES};
use zerocopy::{Immutable, IntoBytes, KnownLayout, TryFromBytes};

/// Which discard of a page has begun and not returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InFlight {
    /// None.
    Nothing,
    /// MADV_DONTNEED only: a store now may be zeroed.
    DontNeed,
    /// MADV_FREE: a store now may be zeroed, and may vanish so that the older value stays.
    Free,
}

/// One word's legal values: the last stored value, and what discards allow beside it.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Debug, Immutable, IntoBytes, KnownLayout, TryFromBytes)]
#[repr(C)]
pub struct Word {
    /// The last value stored (zero if a discard made it so).
    pub last: u8,
    /// The value before it, if a store that overlapped a MADV_FREE may have vanished.
    before: u8,
    /// Bit 6: the value before is legal too. Bit 5: so many stores overlapped a MADV_FREE that the word is
    /// not judged until it is rewritten. Bit 7: zero is legal too. Bits 0 to 3: a MADV_DONTNEED of that actor
    /// will make the value illegal when it returns.
    state: u8,
}

const ZERO_OK: u8 = 0x80;
const BEFORE_OK: u8 = 0x40;
const ANY_OK: u8 = 0x20;
const DOOMED: u8 = 0xf;

impl Word {
    /// Whether a load, now, may return `value`.
    #[must_use]
    pub const fn allows(self, value: u8) -> bool {
        value == self.last
            || (value == 0 && self.zero_ok())
            || (value == self.before && self.state & BEFORE_OK != 0)
            || self.state & ANY_OK != 0
    }

    /// Whether zero is legal beside the last value.
    #[must_use]
    pub const fn zero_ok(self) -> bool {
        self.state & ZERO_OK != 0
    }

    /// What is legal beside the last value: anything (bit 0), the value before (bit 1), zero (bit 2).
    #[must_use]
    pub const fn beside_last(self) -> u8 {
        self.state >> 5
    }
}

/// The legal contents of every page, and what has been revoked.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Debug, Immutable, IntoBytes, KnownLayout, TryFromBytes)]
#[repr(C)]
pub struct Shadow {
    /// By address space, page and word.
    pub words: [[[Word; ACTORS]; PAGES]; MMS],
    /// By page of the parent: the frames, a bit each, that a MADV_DONTNEED which has returned took away.
    revoked: [u16; PAGES],
}

impl Shadow {
    /// A store happened, perhaps while a discard of the page was in flight.
    pub const fn store(&mut self, mm: usize, page: usize, word: usize, value: u8, discard: InFlight) {
        let old = self.words[mm][page][word];
        let state = match discard {
            InFlight::Nothing => 0,
            // What was there before the call began is doomed. What came since may be what stays: the new
            // value may go to the old page.
            InFlight::DontNeed if old.state & DOOMED != 0 => ZERO_OK,
            InFlight::DontNeed if old.state & (BEFORE_OK | ANY_OK) != 0 => ZERO_OK | ANY_OK,
            InFlight::DontNeed => ZERO_OK | BEFORE_OK,
            InFlight::Free if old.state & (BEFORE_OK | ANY_OK) != 0 => ZERO_OK | ANY_OK,
            InFlight::Free => ZERO_OK | BEFORE_OK,
        };
        let before = if state & BEFORE_OK != 0 { old.last } else { 0 };
        self.words[mm][page][word] = Word { last: value, before, state };
    }

    /// A store of which nobody can say whether this address space sees it: one to a page that is being copied
    /// to a child, or through a plain reference to a page that a fork has shared. Both outcomes are legal.
    pub const fn doubtful_store(&mut self, mm: usize, page: usize, word: usize, value: u8) {
        let old = self.words[mm][page][word];
        let state = if old.state & (BEFORE_OK | ANY_OK) != 0 { ANY_OK } else { BEFORE_OK };
        let zero = old.state & ZERO_OK;
        self.words[mm][page][word] = Word { last: value, before: old.last, state: state | zero };
    }

    /// The child gets what the parent has.
    pub const fn fork(&mut self, page: usize) {
        self.words[1][page] = self.words[0][page];
    }

    /// The child is gone.
    pub fn exit(&mut self) {
        self.words[1] = Default::default();
    }

    /// MADV_FREE of a page begins: what an address space has there may be zero from now on.
    pub fn free_begins(&mut self, mm: usize, page: usize) {
        for word in &mut self.words[mm][page] {
            word.state |= ZERO_OK;
        }
    }

    /// MADV_DONTNEED of a page by `actor` begins.
    pub fn dontneed_begins(&mut self, page: usize, actor: usize) {
        for word in &mut self.words[0][page] {
            word.state |= ZERO_OK | 1 << actor;
        }
    }

    /// MADV_DONTNEED of a page by `actor` returns; `doomed` are the frames that the page was reachable in
    /// when it began.
    pub fn dontneed_returns(&mut self, page: usize, actor: usize, doomed: u16) {
        for word in &mut self.words[0][page] {
            if word.state & 1 << actor != 0 {
                *word = Word::default();
            }
        }
        self.revoked[page] |= doomed;
    }

    /// Renames pages and words, and the actors whose discards are under way.
    pub(crate) fn rename(
        &mut self,
        words: impl Fn([[Word; ACTORS]; PAGES]) -> [[Word; ACTORS]; PAGES],
        actors: impl Fn(u8) -> u8,
    ) {
        self.words = self.words.map(words);
        for word in self.words.iter_mut().flatten().flatten() {
            word.state = word.state & !DOOMED | actors(word.state & DOOMED);
        }
    }

    /// Renames the pages from which frames were revoked.
    pub(crate) fn rename_revoked(&mut self, pages: impl Fn([u16; PAGES]) -> [u16; PAGES]) {
        self.revoked = pages(self.revoked);
    }

    /// Whether a discard that has returned took this frame away from the page.
    #[must_use]
    pub const fn is_revoked(&self, page: usize, frame: Frame) -> bool {
        (frame as usize) < FRAMES && self.revoked[page] & 1 << frame != 0
    }

    /// The allocator hands the frame out again: it is another page now.
    pub fn reallocated(&mut self, frame: Frame) {
        for frames in &mut self.revoked {
            *frames &= !(1 << frame);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dontneed_makes_older_values_illegal_only_when_it_returns() {
        let mut s = Shadow::default();
        s.store(0, 0, 0, 1, InFlight::Nothing);
        s.dontneed_begins(0, 1);
        assert!(s.words[0][0][0].allows(1) && s.words[0][0][0].allows(0));
        s.store(0, 0, 2, 9, InFlight::DontNeed);
        s.dontneed_returns(0, 1, 0);
        assert!(!s.words[0][0][0].allows(1) && s.words[0][0][0].allows(0));
        assert!(s.words[0][0][2].allows(9) && s.words[0][0][2].allows(0));
    }

    #[test]
    fn free_excuses_zero_until_the_word_is_rewritten() {
        let mut s = Shadow::default();
        s.store(0, 0, 0, 1, InFlight::Nothing);
        s.free_begins(0, 0);
        assert!(s.words[0][0][0].allows(1) && s.words[0][0][0].allows(0));
        s.store(0, 0, 0, 2, InFlight::Nothing);
        assert!(s.words[0][0][0].allows(2) && !s.words[0][0][0].allows(0));
    }

    #[test]
    fn of_two_overlapping_discards_the_first_return_decides_for_what_both_doomed() {
        let mut s = Shadow::default();
        s.store(0, 0, 0, 1, InFlight::Nothing);
        s.dontneed_begins(0, 1);
        s.dontneed_begins(0, 2);
        s.dontneed_returns(0, 1, 0);
        assert!(!s.words[0][0][0].allows(1));
        s.store(0, 0, 0, 2, InFlight::DontNeed);
        s.dontneed_returns(0, 2, 0);
        assert!(s.words[0][0][0].allows(2) && s.words[0][0][0].allows(0));
    }

    #[test]
    fn a_store_that_overlaps_madv_free_may_vanish_and_nothing_else_may_come() {
        let mut s = Shadow::default();
        s.store(0, 0, 0, 1, InFlight::Nothing);
        s.free_begins(0, 0);
        s.store(0, 0, 0, 2, InFlight::Free);
        for (value, legal) in [(2, true), (1, true), (0, true), (3, false)] {
            assert_eq!(s.words[0][0][0].allows(value), legal, "{value}");
        }
        s.store(0, 0, 0, 3, InFlight::Nothing);
        assert!(s.words[0][0][0].allows(3) && !s.words[0][0][0].allows(1) && !s.words[0][0][0].allows(0));
    }

    #[test]
    fn a_doubtful_store_may_be_seen_or_not() {
        let mut s = Shadow::default();
        s.store(0, 0, 0, 1, InFlight::Nothing);
        s.fork(0);
        s.doubtful_store(1, 0, 0, 2);
        for (value, legal) in [(2, true), (1, true), (0, false)] {
            assert_eq!(s.words[1][0][0].allows(value), legal, "{value}");
        }
        assert!(!s.words[0][0][0].allows(2));
    }

    #[test]
    fn a_frame_is_revoked_from_the_return_until_it_is_another_page() {
        let mut s = Shadow::default();
        s.dontneed_begins(1, 0);
        assert!(!s.is_revoked(1, 3));
        s.dontneed_returns(1, 0, 1 << 3);
        assert!(s.is_revoked(1, 3) && !s.is_revoked(0, 3) && !s.is_revoked(1, crate::ZERO_FRAME));
        s.reallocated(3);
        assert!(!s.is_revoked(1, 3));
    }
}
