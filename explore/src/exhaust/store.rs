//! The states seen: their packed words one after the other, and an open-addressing table of their numbers.
//!
//! A slot of the table holds a number and half of the hash; what agrees in that half is compared whole, so that a collision
//! costs time and nothing else. A lossy store has a fingerprint of 64 bits in the slot instead, and keeps the words of no
//! state that has been expanded: two states with one fingerprint are taken for one, and the second is never looked at.

use super::layout::{Layout, hash};
use model::Transition;

/// Where a state was reached from, in one word.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node(u64);

impl Node {
    pub fn new(parent: u32, via: u8, runs: u16) -> Node {
        Node(u64::from(parent) | u64::from(runs) << 32 | u64::from(via) << 48)
    }

    pub fn parent(self) -> u32 {
        self.0 as u32
    }

    /// How many runs the schedule up to here has.
    pub fn runs(self) -> u16 {
        (self.0 >> 32) as u16
    }

    /// How it was reached from its parent.
    pub fn transition(self) -> Transition {
        Transition::from_index((self.0 >> 48) as u8).expect("it was one when it was put in")
    }

    /// How many ways lead on, once it has been expanded.
    pub fn ways(self) -> u8 {
        (self.0 >> 56) as u8
    }

    pub fn set_ways(&mut self, ways: u8) {
        self.0 = self.0 << 8 >> 8 | u64::from(ways) << 56;
    }
}

/// What a state turns out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reached {
    New(u32),
    Known(u32),
    /// Known, or taken for it; a lossy store does not know which it was.
    Somewhere,
    /// It would be one state too many.
    Full,
}

pub(super) struct Store {
    stride: usize,
    words: Vec<u64>,
    /// The state whose words come first.
    first: usize,
    /// By state: what is remembered of the past, a number; nothing if nothing is remembered.
    pasts: Vec<u32>,
    /// By number of a past: what the hash of a state with it begins with.
    pub seeds: Vec<u64>,
    pub nodes: Vec<Node>,
    table: Vec<u64>,
    lossy: bool,
}

const SMALLEST: usize = 1 << 10;
/// So many look-ups are under way at the same time.
pub(super) const GROUP: usize = 16;
const TAG: u64 = u64::MAX << 32;

impl Store {
    pub fn new(stride: usize, lossy: bool) -> Store {
        let table = vec![0; SMALLEST];
        Store {
            stride,
            words: Vec::new(),
            first: 0,
            pasts: Vec::new(),
            seeds: Vec::new(),
            nodes: Vec::new(),
            table,
            lossy,
        }
    }

    /// How many words a packed state has.
    pub fn stride(&self) -> usize {
        self.stride
    }

    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// The packed words of a state.
    pub fn state(&self, number: u32) -> &[u64] {
        let at = (number as usize - self.first) * self.stride;
        &self.words[at..at + self.stride]
    }

    /// What is remembered of the past of a state.
    pub fn past(&self, number: u32) -> u32 {
        self.pasts.get(number as usize).copied().unwrap_or(0)
    }

    /// Bytes in use.
    pub fn bytes(&self) -> usize {
        8 * (self.words.len() + self.nodes.len() + self.table.len()) + 4 * self.pasts.len()
    }

    /// Bytes in use while the table grows, if the next state makes it grow.
    pub fn bytes_at_next(&self) -> usize {
        self.bytes() + if self.grows() { 16 * self.table.len() } else { 0 }
    }

    fn grows(&self) -> bool {
        (self.len() + 1) * 8 > self.table.len() * 5
    }

    /// Fetches what the look-ups of a group are about to need: first all slots, then the words behind those that agree. The
    /// loads do not wait for each other.
    pub fn fetch(&self, hashes: &[u64]) -> u64 {
        let mask = self.table.len() - 1;
        let mut slots = [0; GROUP];
        for (slot, hash) in slots.iter_mut().zip(hashes) {
            *slot = self.table[*hash as usize & mask];
        }
        if self.lossy {
            return slots.iter().fold(0, |all, slot| all ^ slot);
        }
        let mut all = 0;
        for (slot, hash) in slots.iter().zip(hashes) {
            if *slot != 0 && (slot ^ hash) & TAG == 0 {
                let number = *slot as u32 as usize - 1;
                all ^= self.words[number * self.stride];
            }
        }
        all
    }

    /// Looks a state up, and takes it in if it is new and there is room for it.
    pub fn reach(&mut self, hash: u64, packed: &[u64], past: Option<u32>, node: Node, room: bool) -> Reached {
        let mask = self.table.len() - 1;
        let hash = if self.lossy { hash | 1 } else { hash };
        let key = if self.lossy { hash } else { hash & TAG };
        let mut at = hash as usize & mask;
        loop {
            let slot = self.table[at];
            if slot == 0 {
                break;
            }
            if self.lossy {
                if slot == key {
                    return Reached::Somewhere;
                }
            } else if (slot ^ key) & TAG == 0 {
                let number = slot as u32 - 1;
                if self.state(number) == packed && past.is_none_or(|p| self.pasts[number as usize] == p) {
                    return Reached::Known(number);
                }
            }
            at = (at + 1) & mask;
        }
        if !room {
            return Reached::Full;
        }
        let number = self.len() as u32;
        self.words.extend_from_slice(packed);
        self.pasts.extend(past);
        self.nodes.push(node);
        self.table[at] = if self.lossy { key } else { key | u64::from(number + 1) };
        if self.grows() {
            self.rehash(2 * self.table.len());
        }
        Reached::New(number)
    }

    fn rehash(&mut self, size: usize) {
        let old = std::mem::replace(&mut self.table, vec![0; size]);
        if self.lossy {
            old.into_iter().filter(|slot| *slot != 0).for_each(|slot| self.put(slot, slot));
        } else {
            // In the order of the states, whose words come one after the other.
            for number in 0..self.len() as u32 {
                let hash = self.hash_of(number);
                self.put(hash, hash & TAG | u64::from(number + 1));
            }
        }
    }

    fn put(&mut self, hash: u64, slot: u64) {
        let mask = self.table.len() - 1;
        let mut at = hash as usize & mask;
        while self.table[at] != 0 {
            at = (at + 1) & mask;
        }
        self.table[at] = slot;
    }

    fn hash_of(&self, number: u32) -> u64 {
        hash(self.state(number), self.seeds[self.past(number) as usize])
    }

    /// Forgets the words of the states before one, which have been expanded: a lossy store needs them no more.
    pub fn forget_before(&mut self, number: u32) {
        if self.lossy {
            self.words.drain(..(number as usize - self.first) * self.stride);
            self.first = number as usize;
        }
    }

    /// The layout has grown.
    pub fn widen(&mut self, words: usize) {
        if words != self.stride {
            let mut all = vec![0; self.words.len() / self.stride * words];
            for (old, new) in self.words.chunks_exact(self.stride).zip(all.chunks_exact_mut(words)) {
                new[..self.stride].copy_from_slice(old);
            }
            (self.words, self.stride) = (all, words);
        }
    }

    /// Everything is laid out anew. A lossy store keeps its fingerprints, which are not of packed states.
    pub fn convert(&mut self, old: &Layout, new: &Layout) {
        self.words = new.convert(old, &self.words);
        self.stride = new.words();
        if !self.lossy {
            self.rehash(self.table.len());
        }
    }
}
