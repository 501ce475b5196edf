//! The values that parts have had.

use super::key::{FIELDS, PAST};
use super::values::Values;
use super::{Fields, Key};
use model::{Image, Machine, PARTS, changed_parts, part, put_part};

/// Machines as keys, and back. What is remembered of the past has a place in a key, and is kept elsewhere.
#[derive(Clone, Debug)]
pub(crate) struct Parts {
    base: Image,
    values: [Values; PARTS],
    fields: Fields,
    /// The fields before they were widened, the first ones first.
    narrower: Vec<Fields>,
}

impl Parts {
    /// Nothing is known but a first machine, whose key is 0.
    pub fn new(start: &Machine) -> Parts {
        let base = *start.image();
        let values = std::array::from_fn(|n| Values::new(part(&base, n)));
        Parts { base, values, fields: Fields::default(), narrower: Vec::new() }
    }

    /// The machine of a key.
    pub fn image(&self, key: Key) -> Image {
        let mut image = self.base;
        self.turn(&mut image, Key::default(), key);
        image
    }

    /// Turns the machine of one key into that of another.
    #[inline]
    pub fn turn(&self, image: &mut Image, from: Key, to: Key) {
        for n in self.fields.differing(from, to).filter(|n| *n != PAST) {
            put_part(image, n, self.values[n].value(self.fields.get(to, n)));
        }
    }

    /// The key of a machine that follows on another one, if all its parts have numbers.
    #[inline]
    pub fn find(&self, key: Key, from: &Image, image: &Image) -> Option<Key> {
        let mut key = key;
        let mut left = changed_parts(from, image);
        while left != 0 {
            let n = left.trailing_zeros() as usize;
            left &= left - 1;
            key = self.fields.with(key, n, self.values[n].find(&part(image, n))?);
        }
        Some(key)
    }

    /// The same with a past, if that has room.
    #[inline]
    pub fn with_past(&self, key: Key, past: u32) -> Key {
        self.fields.with(key, PAST, past)
    }

    /// What is remembered of the past, by number.
    #[inline]
    pub fn past(&self, key: Key) -> u32 {
        self.fields.get(key, PAST)
    }

    /// The key of any machine; its parts get numbers. `None` if a key has no room for them.
    pub fn number(&mut self, image: &Image, past: u32) -> Option<Key> {
        let mut numbers = [past; FIELDS];
        for (n, values) in self.values.iter_mut().enumerate() {
            numbers[n] = values.number(&part(image, n));
        }
        for (n, number) in numbers.iter().enumerate() {
            while !self.fields.holds(n, *number) {
                let wide = self.fields.widened(n)?;
                self.narrower.push(std::mem::replace(&mut self.fields, wide));
            }
        }
        Some(numbers.iter().enumerate().fold(Key::default(), |key, (n, number)| self.fields.with(key, n, *number)))
    }

    /// How often the fields were widened.
    pub fn age(&self) -> usize {
        self.narrower.len()
    }

    /// A key of an earlier age as it is now.
    pub fn renew(&self, age: usize, key: Key) -> Key {
        let ages = self.narrower[age..].iter();
        let next = self.narrower[age..].iter().skip(1).chain([&self.fields]);
        ages.zip(next).fold(key, |key, (old, new)| old.convert(key, new))
    }

    pub fn fields(&self) -> &Fields {
        &self.fields
    }

    /// Bytes in use.
    pub fn bytes(&self) -> usize {
        self.values.iter().map(Values::bytes).sum()
    }
}
