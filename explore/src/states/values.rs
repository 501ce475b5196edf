//! The values that a part has had, each with a number: few, and looked up at every step, so that the table is
//! half empty and a slot is a number and nothing else.

use super::key::folded;
use model::Part;

#[derive(Clone, Debug)]
pub(super) struct Values {
    values: Vec<Part>,
    /// Numbers plus one.
    table: Vec<u32>,
}

const SMALLEST: usize = 4;

#[inline]
fn hash(value: &Part) -> usize {
    let [a, b, c] = *value;
    folded(
        a ^ c.rotate_left(17) ^ 0x8ebc_6af0_9c88_c6e3,
        b.rotate_left(40) ^ c.wrapping_mul(0xd1b5_4a32_d192_ed03) ^ 0x9e37_79b9_7f4a_7c15,
    ) as usize
}

impl Values {
    /// The first value has number 0.
    pub fn new(first: Part) -> Values {
        let mut values = Values { values: Vec::new(), table: vec![0; SMALLEST] };
        values.number(&first);
        values
    }

    /// The number of a value, if it has one.
    #[inline]
    pub fn find(&self, value: &Part) -> Option<u32> {
        let number = self.table[self.slot(value)];
        number.checked_sub(1)
    }

    /// Where the number of a value is, or would go.
    #[inline]
    fn slot(&self, value: &Part) -> usize {
        let mask = self.table.len() - 1;
        let mut at = hash(value) & mask;
        while self.table[at] != 0 && self.values[self.table[at] as usize - 1] != *value {
            at = (at + 1) & mask;
        }
        at
    }

    /// The number of a value, which may be new.
    pub fn number(&mut self, value: &Part) -> u32 {
        let at = self.slot(value);
        if let Some(known) = self.table[at].checked_sub(1) {
            return known;
        }
        self.values.push(*value);
        self.table[at] = self.values.len() as u32;
        if self.values.len() * 2 > self.table.len() {
            self.table = vec![0; 2 * self.table.len()];
            for number in 0..self.values.len() {
                let at = self.slot(&self.values[number]);
                self.table[at] = number as u32 + 1;
            }
        }
        self.values.len() as u32 - 1
    }

    /// The value of a number.
    #[inline]
    pub fn value(&self, number: u32) -> &Part {
        &self.values[number as usize]
    }

    /// Bytes in use.
    pub fn bytes(&self) -> usize {
        self.values.len() * size_of::<Part>() + self.table.len() * 4
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_numbers() {
        let value = |n: u32| [u64::from(n % 50) << 40, u64::from(n / 50), u64::from(n & 1)];
        let mut values = Values::new(value(0));
        for n in 0..1000 {
            assert_eq!(values.find(&value(n)), (n == 0).then_some(0));
            assert_eq!((values.number(&value(n)), values.number(&value(n))), (n, n));
        }
        assert!((0..1000).all(|n| values.find(&value(n)) == Some(n) && *values.value(n) == value(n)));
    }
}
