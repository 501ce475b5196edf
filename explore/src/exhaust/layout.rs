//! Packed states: of a machine, the bits that differ from the initial machine in some state seen so far.
//!
//! Most of a machine is the same in every state of a case: actors that there are not, pages that nobody names, frames that
//! nobody takes. Which bits those are is found out while searching. A packed state says which of the others are not as in the
//! initial machine, so that the states packed so far need not be touched when one more is found: they have a zero in its
//! place. Now and then all bits are laid out anew, side by side in the order of the image, so that few runs hold them.
//!
//! A step changes few words of the image, so that a successor is packed by changing those in a copy of its parent.

use model::{IMAGE, Image};

/// So many unchanging bits between two changing ones are kept with them, for fewer runs.
const GAP: u32 = 3;

/// Bits that stand side by side both in an image and in the packed state.
#[derive(Clone, Copy, Debug)]
struct Run {
    mask: u64,
    image: u16,
    word: u16,
    from: u8,
    to: u8,
}

/// Which bits of an image are kept, and where.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    base: Image,
    live: Image,
    /// By word of the image.
    runs: Vec<Run>,
    /// The runs of an image's word are those from its place here to the next word's.
    of: [u16; IMAGE + 1],
    /// How many words of the packed state are in use, and how many bits of the last.
    words: usize,
    used: u32,
}

impl Layout {
    /// A layout that has room for the initial image only, which is packed as zeros.
    pub fn new(base: Image) -> Layout {
        Layout { base, live: [0; IMAGE], runs: Vec::new(), of: [0; IMAGE + 1], words: 1, used: 0 }
    }

    /// How many words a packed state has.
    pub fn words(&self) -> usize {
        self.words
    }

    /// How many bits a packed state has.
    pub fn bits(&self) -> u32 {
        self.live.iter().map(|word| word.count_ones()).sum()
    }

    /// In how many runs they are.
    pub fn runs(&self) -> usize {
        self.runs.len()
    }

    /// The same bits and some more, side by side.
    pub fn anew(&self, bits: &Image) -> Layout {
        let mut layout = Layout::new(self.base);
        layout.add(&std::array::from_fn(|n| self.live[n] | bits[n]));
        layout
    }

    /// Makes room for bits behind those that have their places.
    pub fn add(&mut self, bits: &Image) {
        for (n, bits) in bits.iter().enumerate() {
            let mut left = bits & !self.live[n];
            while left != 0 {
                let from = left.trailing_zeros();
                let mut width = (left >> from).trailing_ones();
                loop {
                    let end = from + width;
                    let rest = left.checked_shr(end).unwrap_or(0);
                    let gap = rest.trailing_zeros();
                    let taken = (self.live[n].checked_shr(end).unwrap_or(0)).trailing_zeros();
                    if rest == 0 || gap > GAP || taken < gap {
                        break;
                    }
                    width += gap + (rest >> gap).trailing_ones();
                }
                self.place(n, from, width);
                left &= !self.live[n];
            }
        }
        self.runs.sort_by_key(|run| (run.image, run.from));
        for n in 0..=IMAGE {
            self.of[n] = self.runs.partition_point(|run| (run.image as usize) < n) as u16;
        }
    }

    fn place(&mut self, image: usize, from: u32, width: u32) {
        if self.used + width > u64::BITS {
            self.words += 1;
            self.used = 0;
        }
        let mask = u64::MAX >> (u64::BITS - width);
        let (word, to) = (self.words as u16 - 1, self.used as u8);
        self.runs.push(Run { mask, image: image as u16, word, from: from as u8, to });
        self.live[image] |= mask << from;
        self.used += width;
    }

    /// The image of a packed state.
    #[inline]
    pub fn unpack(&self, packed: &[u64]) -> Image {
        let mut image = self.base;
        for run in &self.runs {
            image[run.image as usize] ^= (packed[run.word as usize] >> run.to & run.mask) << run.from;
        }
        image
    }

    /// Turns the packed form of one image into that of another. Bits that have no place are added to `outside`.
    #[inline]
    pub fn pack(&self, from: &Image, image: &Image, packed: &mut [u64], outside: &mut Image) {
        const STRIP: usize = 4;
        const { assert!(IMAGE.is_multiple_of(STRIP)) };
        for first in (0..IMAGE).step_by(STRIP) {
            let changed = (first..first + STRIP).fold(0, |all, n| all | (from[n] ^ image[n]));
            if changed == 0 {
                continue;
            }
            for n in first..first + STRIP {
                let changed = from[n] ^ image[n];
                if changed == 0 {
                    continue;
                }
                outside[n] |= changed & !self.live[n];
                for run in &self.runs[self.of[n] as usize..self.of[n + 1] as usize] {
                    packed[run.word as usize] ^= (changed >> run.from & run.mask) << run.to;
                }
            }
        }
    }

    /// Packs states again that another layout has packed, one with fewer bits.
    pub fn convert(&self, old: &Layout, packed: &[u64]) -> Vec<u64> {
        let mut all = vec![0; packed.len() / old.words * self.words];
        for (old_state, state) in packed.chunks_exact(old.words).zip(all.chunks_exact_mut(self.words)) {
            self.pack(&self.base, &old.unpack(old_state), state, &mut [0; IMAGE]);
        }
        all
    }
}

/// The hash of a packed state. Words that are zero do not count, so that it stays the same when a layout grows.
#[inline]
pub(super) fn hash(packed: &[u64], seed: u64) -> u64 {
    let mut factor = 0x9e37_79b9_7f4a_7c15_u64;
    let mut sum = seed;
    for word in packed {
        let product = u128::from(*word) * u128::from(factor);
        sum = sum.wrapping_add(product as u64 ^ (product >> 64) as u64);
        factor = factor.wrapping_mul(0xd1b5_4a32_d192_ed03) | 1;
    }
    folded(sum ^ 0xe703_7ed1_a0b4_28db, 0x8ebc_6af0_9c88_c6e3)
}

/// A fingerprint of an image: every word goes through all that came before it.
pub(super) fn fingerprint(image: &Image, seed: u64) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let through = |hash: u64, word: &u64| folded(hash ^ word, FACTOR ^ hash.rotate_left(29));
    folded(image.iter().fold(seed ^ 0xd1b5_4a32_d192_ed03, through) ^ FACTOR, 0xe703_7ed1_a0b4_28db)
}

fn folded(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt;
    use rand_xoshiro::Xoshiro256PlusPlus;
    use rand_xoshiro::rand_core::SeedableRng;

    /// Images that change in few bits, those in any place: what was packed comes back, also when the layout has grown or is laid out
    /// anew; growing changes no hash.
    #[test]
    fn what_was_packed_comes_back() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
        let base: Image = std::array::from_fn(|_| rng.random());
        let mut layout = Layout::new(base);
        let mut images = vec![base];
        let mut packed = vec![vec![0]];
        for round in 0..300 {
            let parent = rng.random_range(0..images.len());
            let mut image = images[parent];
            for _ in 0..rng.random_range(0..5) {
                image[rng.random_range(0..IMAGE)] ^= 1 << rng.random_range(0..64);
            }
            let mut outside = [0; IMAGE];
            layout.pack(&images[parent], &image, &mut packed[parent].clone(), &mut outside);
            if round % 50 == 49 {
                let old = layout.clone();
                layout = layout.anew(&outside);
                packed.iter_mut().for_each(|state| *state = layout.convert(&old, state));
            } else if outside != [0; IMAGE] {
                layout.add(&outside);
                for state in &mut packed {
                    let before = hash(state, 7);
                    state.resize(layout.words(), 0);
                    assert_eq!(hash(state, 7), before);
                }
            }
            let mut state = packed[parent].clone();
            outside = [0; IMAGE];
            layout.pack(&images[parent], &image, &mut state, &mut outside);
            assert_eq!(outside, [0; IMAGE]);
            images.push(image);
            packed.push(state);
        }
        assert!(layout.bits() as usize <= layout.words() * 64);
        for (state, image) in packed.iter().zip(&images) {
            assert_eq!(layout.unpack(state), *image);
        }
    }

    #[test]
    fn hashes_and_fingerprints_differ() {
        let states: Vec<_> = (0..1000).map(|n| [n, 0, n << 40]).collect();
        let images: Vec<Image> = (0..1000).map(|n| std::array::from_fn(|k| if k == 3 { n } else { 5 })).collect();
        for n in 1..1000 {
            assert!(states[..n].iter().all(|other| hash(other, 0) != hash(&states[n], 0)));
            assert!(images[..n].iter().all(|other| fingerprint(other, 0) != fingerprint(&images[n], 0)));
        }
        assert_ne!(hash(&[1, 2], 0), hash(&[2, 1], 0));
        assert_ne!(hash(&[1, 2], 0), hash(&[1, 2], 1));
    }
}
