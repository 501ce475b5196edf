//! A state as numbers side by side in two words.

use model::PARTS;

/// The numbers of a state's parts and of what is remembered of its past. Where they stand is said by
/// [`Fields`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Key(u128);

/// One for each part, and one for the past.
pub(crate) const FIELDS: usize = PARTS + 1;
pub(crate) const PAST: usize = PARTS;

/// Where in a key which number stands. As numbers grow, so do their places.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fields {
    at: [u8; FIELDS],
    bits: [u8; FIELDS],
    /// Which have room for more than one number, a bit each.
    used: u32,
}

const _: () = assert!(FIELDS <= 32);

impl Key {
    /// No state's: one bit is never used.
    pub const NOWHERE: Key = Key(u128::MAX);

    #[inline]
    pub fn hash(self) -> u64 {
        let words = [self.0 as u64, (self.0 >> 64) as u64];
        let sum = folded(words[0], 0x9e37_79b9_7f4a_7c15)
            ^ folded(words[1] ^ words[0].rotate_left(32), 0xd1b5_4a32_d192_ed03);
        folded(sum ^ 0xe703_7ed1_a0b4_28db, 0x8ebc_6af0_9c88_c6e3)
    }

    /// Any bits of it, to make sure that it has been fetched.
    #[inline]
    pub fn touch(self) -> u64 {
        self.0 as u64
    }
}

impl Fields {
    /// A number in a key.
    #[inline]
    pub fn get(&self, key: Key, n: usize) -> u32 {
        (key.0 >> self.at[n]) as u32 & self.mask(n)
    }

    /// The same key with another number in its place.
    #[inline]
    pub fn with(&self, key: Key, n: usize, number: u32) -> Key {
        let mask = u128::from(self.mask(n)) << self.at[n];
        Key(key.0 & !mask | u128::from(number) << self.at[n])
    }

    #[inline]
    fn mask(&self, n: usize) -> u32 {
        ((1u64 << self.bits[n]) - 1) as u32
    }

    /// Whether a number has room in its place.
    pub fn holds(&self, n: usize, number: u32) -> bool {
        number <= self.mask(n)
    }

    /// The fields that have room for more than one number.
    #[inline]
    pub fn in_use(&self) -> impl Iterator<Item = usize> + use<> {
        let mut left = self.used;
        std::iter::from_fn(move || {
            let first = (left != 0).then(|| left.trailing_zeros() as usize)?;
            left &= left - 1;
            Some(first)
        })
    }

    /// The fields in which two keys differ.
    #[inline]
    pub fn differing(&self, one: Key, other: Key) -> impl Iterator<Item = usize> + '_ {
        let difference = Key(one.0 ^ other.0);
        self.in_use().filter(move |n| self.get(difference, *n) != 0)
    }

    /// How many bits there are.
    pub fn width(&self) -> u32 {
        self.bits.iter().map(|bits| u32::from(*bits)).sum()
    }

    /// The same with more room in one place; `None` if two words do not hold it.
    pub fn widened(&self, n: usize) -> Option<Fields> {
        // Some more than is needed as long as that is cheap: the keys of all states have to be changed.
        let more = if self.width() < u128::BITS * 7 / 8 { 3 } else { 1 };
        let mut wide = self.clone();
        wide.bits[n] += more;
        wide.used |= 1 << n;
        wide.at[n + 1..].iter_mut().for_each(|at| *at += more);
        (wide.width() < u128::BITS && wide.bits[n] <= 32).then_some(wide)
    }

    /// A key of these fields as one of the same with more room in one place.
    #[inline]
    pub fn convert(&self, key: Key, wide: &Fields) -> Key {
        let n = (0..FIELDS).find(|n| self.bits[*n] != wide.bits[*n]).unwrap_or(0);
        let (end, more) = (self.at[n] + self.bits[n], wide.bits[n] - self.bits[n]);
        let low = key.0 & ((1 << end) - 1);
        if key == Key::NOWHERE { key } else { Key(low | key.0 >> end << end << more) }
    }

    /// A fingerprint of a state, which no change of fields changes.
    pub fn fingerprint(&self, key: Key) -> u64 {
        let through = |hash: u64, n: usize| match self.get(key, n) {
            0 => hash,
            number => folded(hash ^ (u64::from(number) << 8 | n as u64), FACTOR ^ hash.rotate_left(29)),
        };
        folded(self.in_use().fold(0xd1b5_4a32_d192_ed03, through) ^ FACTOR, 0xe703_7ed1_a0b4_28db)
    }
}

/// An odd number without a pattern: 2^64 divided by the golden ratio.
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

#[inline]
pub(super) fn folded(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn numbers_stay_when_their_places_grow() {
        let mut fields = Fields::default();
        let mut keys = vec![(Key::default(), [0u32; FIELDS])];
        for round in 0..30u32 {
            let n = (round * 7) as usize % FIELDS;
            let wide = fields.widened(n).expect("there is room");
            for (key, _) in &mut keys {
                let print = fields.fingerprint(*key);
                *key = fields.convert(*key, &wide);
                assert_eq!(wide.fingerprint(*key), print);
            }
            fields = wide;
            let (key, mut numbers) = keys[round as usize / 2];
            numbers[n] = fields.mask(n);
            keys.push((fields.with(key, n, numbers[n]), numbers));
        }
        let width = fields.width();
        assert!((80..=120).contains(&width), "{width}");
        for (key, numbers) in keys {
            assert!((0..FIELDS).all(|n| fields.get(key, n) == numbers[n] && fields.holds(n, numbers[n])));
        }
        while let Some(wide) = (0..FIELDS).find_map(|n| fields.widened(n)) {
            fields = wide;
        }
        assert_eq!(fields.width(), u128::BITS - 1);
        assert_eq!(fields.convert(Key::NOWHERE, &fields), Key::NOWHERE);
    }

    #[test]
    fn hashes_differ() {
        let keys: Vec<_> = (0..4000u128).map(|n| Key(n & 15 | (n >> 4 & 15) << 60 | (n >> 8) << 100)).collect();
        assert_eq!(keys.iter().map(|k| k.hash()).collect::<HashSet<_>>().len(), keys.len());
        // The table takes the upper bits for the place.
        let high: HashSet<_> = keys.iter().map(|k| k.hash() >> 48).collect();
        assert!(high.len() > keys.len() * 9 / 10, "{}", high.len());
    }
}
