//! Packed states: of a machine, the bits that differ from the initial machine in some state seen so far.
//!
//! Most of a machine is the same in every state of a case: actors that there are not, pages that nobody names, frames that
//! nobody takes. Which bits those are is found out while searching: a state with a bit that no state before it had changed
//! has no place in the layout, which is widened, and the states packed so far are packed again. That happens a few dozen
//! times, nearly always while there are few states.
//!
//! A step changes few words of the image, so that a successor is packed by changing those in a copy of its parent.

use model::{IMAGE, Image};

/// So many unchanging bits between two changing ones are kept with them, for fewer runs.
const GAP: u32 = 3;

/// Bits that stand side by side both in an image and in the packed state.
#[derive(Clone, Copy, Debug)]
struct Run {
    mask: u64,
    from: u8,
    to: u8,
    word: u16,
}

/// Which bits of an image are kept, and where.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    base: Image,
    live: Image,
    runs: Vec<Run>,
    /// The runs of an image's word are those from its place here to the next word's.
    of: [u16; IMAGE + 1],
    words: usize,
}

impl Layout {
    /// A layout that has room for the initial image only.
    pub fn new(base: Image) -> Layout {
        Layout { base, live: [0; IMAGE], runs: Vec::new(), of: [0; IMAGE + 1], words: 1 }
    }

    /// How many words a packed state has.
    pub fn words(&self) -> usize {
        self.words
    }

    /// How many bits a packed state has.
    pub fn bits(&self) -> u32 {
        self.live.iter().map(|word| word.count_ones()).sum()
    }

    /// Makes room for bits.
    pub fn widen(&mut self, bits: &Image) {
        self.runs.clear();
        let (mut word, mut to) = (0, 0);
        for n in 0..IMAGE {
            self.of[n] = self.runs.len() as u16;
            let mut left = self.live[n] | bits[n];
            while left != 0 {
                let from = left.trailing_zeros();
                let mut width = (left >> from).trailing_ones();
                loop {
                    let end = from + width;
                    let rest = if end < u64::BITS { left >> end } else { 0 };
                    if rest == 0 || rest.trailing_zeros() > GAP {
                        break;
                    }
                    let gap = rest.trailing_zeros();
                    width += gap + (rest >> gap).trailing_ones();
                }
                let mask = u64::MAX >> (u64::BITS - width);
                if to + width > u64::BITS {
                    (word, to) = (word + 1, 0);
                }
                self.runs.push(Run { mask, from: from as u8, to: to as u8, word });
                self.live[n] |= mask << from;
                left &= !(mask << from);
                to += width;
            }
        }
        self.of[IMAGE] = self.runs.len() as u16;
        self.words = word as usize + 1;
    }

    /// An image of a packed state.
    pub fn unpack(&self, packed: &[u64]) -> Image {
        let mut image = self.base;
        for n in 0..IMAGE {
            let runs = &self.runs[self.of[n] as usize..self.of[n + 1] as usize];
            if runs.is_empty() {
                continue;
            }
            let mut word = self.base[n] & !self.live[n];
            for run in runs {
                word |= (packed[run.word as usize] >> run.to & run.mask) << run.from;
            }
            image[n] = word;
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
                    let bits = image[n] >> run.from & run.mask;
                    let word = &mut packed[run.word as usize];
                    *word = *word & !(run.mask << run.to) | bits << run.to;
                }
            }
        }
    }

    /// The packed form of the initial image.
    pub fn initial(&self) -> Vec<u64> {
        let mut packed = vec![0; self.words];
        let base = self.base.map(|word| !word);
        self.pack(&base, &self.base, &mut packed, &mut [0; IMAGE]);
        packed
    }

    /// Packs states again that another layout has packed.
    pub fn convert(&self, old: &Layout, packed: &[u64]) -> Vec<u64> {
        let initial = self.initial();
        let mut all = Vec::with_capacity(packed.len() / old.words * self.words);
        for state in packed.chunks_exact(old.words) {
            let start = all.len();
            all.extend_from_slice(&initial);
            self.pack(&self.base, &old.unpack(state), &mut all[start..], &mut [0; IMAGE]);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt;
    use rand_xoshiro::Xoshiro256PlusPlus;
    use rand_xoshiro::rand_core::SeedableRng;

    /// Images that change in few bits, those in any place: what was packed comes back, also through a wider layout.
    #[test]
    fn what_was_packed_comes_back() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
        let base: Image = std::array::from_fn(|_| rng.random());
        let mut layout = Layout::new(base);
        let mut images = vec![base];
        let mut packed = layout.initial();
        for _ in 0..200 {
            let parent = rng.random_range(0..images.len());
            let mut image = images[parent];
            for _ in 0..rng.random_range(0..5) {
                image[rng.random_range(0..IMAGE)] ^= 1 << rng.random_range(0..64);
            }
            let mut outside = [0; IMAGE];
            let words = layout.words();
            let mut state = packed[parent * words..(parent + 1) * words].to_vec();
            layout.pack(&images[parent], &image, &mut state, &mut outside);
            if outside != [0; IMAGE] {
                let old = layout.clone();
                layout.widen(&outside);
                packed = layout.convert(&old, &packed);
                let words = layout.words();
                state = packed[parent * words..(parent + 1) * words].to_vec();
                outside = [0; IMAGE];
                layout.pack(&images[parent], &image, &mut state, &mut outside);
                assert_eq!(outside, [0; IMAGE]);
            }
            images.push(image);
            packed.extend_from_slice(&state);
        }
        assert!(layout.bits() as usize <= layout.words() * 64);
        for (state, image) in packed.chunks_exact(layout.words()).zip(&images) {
            assert_eq!(layout.unpack(state), *image);
        }
    }
}
