//! Values that have come up, each with a number.

use crate::states::hash::Packing;
use hashbrown::HashTable;
use std::hash::{BuildHasher, Hash};

/// Values by number, and numbers by value.
#[derive(Clone, Debug)]
pub(crate) struct Numbers<T> {
    values: Vec<T>,
    table: HashTable<u32>,
}

impl<T> Default for Numbers<T> {
    fn default() -> Self {
        Numbers { values: Vec::new(), table: HashTable::new() }
    }
}

impl<T: Copy + Eq + Hash> Numbers<T> {
    /// The number of a value, if it has one.
    #[inline]
    pub fn find(&self, value: &T) -> Option<u32> {
        self.table.find(Packing.hash_one(value), |n| self.values[*n as usize] == *value).copied()
    }

    /// The number of a value, which may be new.
    pub fn number(&mut self, value: &T) -> u32 {
        if let Some(known) = self.find(value) {
            return known;
        }
        let Numbers { values, table } = self;
        let number = values.len() as u32;
        values.push(*value);
        let hash_of = |n: &u32| Packing.hash_one(values[*n as usize]);
        table.insert_unique(Packing.hash_one(value), number, hash_of);
        number
    }

    /// The value of a number.
    #[inline]
    pub fn value(&self, number: u32) -> &T {
        &self.values[number as usize]
    }

    /// Bytes in use.
    pub fn bytes(&self) -> usize {
        self.values.len() * size_of::<T>() + self.table.capacity() * 5
    }
}
