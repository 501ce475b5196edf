//! A hash for machines: some two hundred small fields, packed into words before they are mixed.
//!
//! The same on every machine. States are compared whole, so that a collision costs time and nothing else.

use std::hash::{BuildHasher, Hasher};

/// Makes hashers.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Packing;

/// What was written since the last full word, and the hash of what came before.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Packed {
    hash: u64,
    word: u64,
    bits: u32,
}

impl BuildHasher for Packing {
    type Hasher = Packed;

    fn build_hasher(&self) -> Packed {
        Packed::default()
    }
}

/// An odd number without a pattern: 2^64 divided by the golden ratio.
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

impl Packed {
    #[inline]
    fn mix(&mut self) {
        self.hash = (self.hash.rotate_left(23) ^ self.word).wrapping_mul(FACTOR);
        (self.word, self.bits) = (0, 0);
    }

    #[inline]
    fn pack(&mut self, value: u64, bits: u32) {
        if self.bits + bits > u64::BITS {
            self.mix();
        }
        self.word |= value << self.bits;
        self.bits += bits;
    }
}

impl Hasher for Packed {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.pack(u64::from(*byte), 8);
        }
    }

    #[inline]
    fn write_u8(&mut self, value: u8) {
        self.pack(u64::from(value), 8);
    }

    #[inline]
    fn write_u16(&mut self, value: u16) {
        self.pack(u64::from(value), 16);
    }

    #[inline]
    fn write_u32(&mut self, value: u32) {
        self.pack(u64::from(value), 32);
    }

    #[inline]
    fn write_u64(&mut self, value: u64) {
        self.mix();
        self.word = value;
        self.mix();
    }

    /// The length of an array, which is always the same.
    #[inline]
    fn write_usize(&mut self, _: usize) {}

    /// The number of a variant, which is small.
    #[inline]
    fn write_isize(&mut self, value: isize) {
        self.pack(value as u64 & 0xff, 8);
    }

    #[inline]
    fn finish(&self) -> u64 {
        let mut last = *self;
        last.mix();
        // The table looks at the upper and at the lower bits.
        (last.hash ^ last.hash >> 32).wrapping_mul(FACTOR).rotate_left(32)
    }
}
