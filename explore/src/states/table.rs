//! The states seen, numbered: their keys one after the other, and an open-addressing table of their numbers.
//!
//! A slot of the table holds a number and the upper half of the hash; what agrees in that half is compared
//! whole, so that a collision costs time and nothing else. The place of a slot is the upper end of the hash,
//! so that a table grows by being read and written from its beginning to its end, without a look at the
//! states. A lossy table has a fingerprint of 63 bits in the slot instead, and keeps the key of no state that
//! has been expanded: two states with one fingerprint are taken for one, and the second is never looked at.

use super::{Key, Parts};

/// What a state turns out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reached {
    New(u32),
    Known(u32),
    /// Known, or taken for it; a lossy table does not know which it was.
    Somewhere,
    /// It would be one state too many.
    Full,
}

#[derive(Clone, Debug)]
pub(crate) struct States {
    keys: Vec<Key>,
    /// The state whose key comes first.
    first: usize,
    table: Vec<u64>,
    lossy: bool,
}

const SMALLEST: usize = 1 << 10;
/// So many look-ups are under way at the same time.
pub(crate) const GROUP: usize = 16;
const TAG: u64 = u64::MAX << 32;

/// A table of zeros that have been written: what is read before it is written to costs a page fault more.
#[expect(clippy::slow_vector_initialization, reason = "zeros from the kernel are not written")]
fn written(size: usize) -> Vec<u64> {
    let mut table = Vec::with_capacity(size);
    table.resize(size, 0);
    table
}

impl States {
    pub fn new(lossy: bool) -> States {
        States { keys: Vec::new(), first: 0, table: vec![0; SMALLEST], lossy }
    }

    pub fn len(&self) -> usize {
        self.first + self.keys.len()
    }

    /// The key of a state.
    #[inline]
    pub fn key(&self, number: u32) -> Key {
        self.keys[number as usize - self.first]
    }

    /// Bytes in use.
    pub fn bytes(&self) -> usize {
        size_of::<Key>() * self.keys.len() + 8 * self.table.len()
    }

    /// Bytes in use while the table grows, if the next state makes it grow.
    pub fn bytes_at_next(&self) -> usize {
        self.bytes() + if self.grows() { 16 * self.table.len() } else { 0 }
    }

    fn grows(&self) -> bool {
        (self.len() + 1) * 8 > self.table.len() * 5
    }

    /// The hash of a state, or its fingerprint.
    #[inline]
    pub fn hash(&self, parts: &Parts, key: Key) -> u64 {
        if self.lossy { parts.fields().fingerprint(key) | 1 } else { key.hash() }
    }

    /// Fetches what the look-ups of a group are about to need: first all slots, then the keys behind those
    /// that agree. The loads do not wait for each other. `also` fetches what the caller has of a state.
    #[inline]
    pub fn fetch(&self, hashes: &[u64], also: impl Fn(u32) -> u64) -> u64 {
        let mut slots = [0; GROUP];
        for (slot, hash) in slots.iter_mut().zip(hashes) {
            *slot = self.table[self.place(*hash)];
        }
        let mut all = 0;
        for (slot, hash) in slots.iter().zip(hashes) {
            if !self.lossy && *slot != 0 && (slot ^ hash) & TAG == 0 {
                let number = *slot as u32 - 1;
                all ^= self.key(number).touch() ^ also(number);
            }
        }
        all
    }

    /// Looks a state up, and takes it in if it is new and there is room for it.
    #[inline]
    pub fn reach(&mut self, hash: u64, key: Key, room: impl FnOnce(&States) -> bool) -> Reached {
        let mask = self.table.len() - 1;
        let mut at = self.place(hash);
        loop {
            let slot = self.table[at];
            if slot == 0 {
                break;
            }
            if self.lossy {
                if slot == hash {
                    return Reached::Somewhere;
                }
            } else if (slot ^ hash) & TAG == 0 {
                let number = slot as u32 - 1;
                if self.key(number) == key {
                    return Reached::Known(number);
                }
            }
            at = (at + 1) & mask;
        }
        if !room(self) {
            return Reached::Full;
        }
        let number = self.len() as u32;
        self.keys.push(key);
        self.table[at] = if self.lossy { hash } else { hash & TAG | u64::from(number + 1) };
        if self.grows() {
            self.grow(2 * self.table.len());
        }
        Reached::New(number)
    }

    /// Where a look-up begins.
    #[inline]
    fn place(&self, hash: u64) -> usize {
        // No table is as large as half a hash can count.
        (hash >> 32 << self.table.len().trailing_zeros() >> 32) as usize
    }

    #[cold]
    fn grow(&mut self, size: usize) {
        let old = std::mem::replace(&mut self.table, written(size));
        old.into_iter().filter(|slot| *slot != 0).for_each(|slot| self.put(slot));
    }

    fn put(&mut self, slot: u64) {
        let mask = self.table.len() - 1;
        let mut at = self.place(slot);
        while self.table[at] != 0 {
            at = (at + 1) & mask;
        }
        self.table[at] = slot;
    }

    /// Forgets the keys of the states before one, which have been expanded: a lossy table needs them no more.
    pub fn forget_before(&mut self, number: u32) {
        if self.lossy {
            self.keys.drain(..number as usize - self.first);
            self.first = number as usize;
        }
    }

    /// The fields of the keys have been widened since an earlier age. A lossy table keeps its fingerprints.
    pub fn renew(&mut self, parts: &Parts, age: usize) {
        for key in &mut self.keys {
            *key = parts.renew(age, *key);
        }
        if !self.lossy {
            self.table.fill(0);
            for number in 0..self.keys.len() {
                self.put(self.keys[number].hash() & TAG | (number as u64 + 1));
            }
        }
    }
}
