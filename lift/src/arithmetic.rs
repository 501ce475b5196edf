//! What comes of two values: addresses, entries, counts of batches, flags.

use crate::run::Runner;
use crate::value::Value;
use std::collections::BTreeSet;
use tree_sitter::Node;

impl<'a> Runner<'a> {
    pub fn arithmetic(&mut self, operator: &str, a: Value, b: Value, node: Node<'_>) -> Value {
        use Value as V;
        match (operator, a, b) {
            ("+", V::Int(x), V::Int(y)) => V::Int(x + y),
            ("-", V::Int(x), V::Int(y)) => V::Int(x - y),
            ("*", V::Int(x), V::Int(y)) => V::Int(x * y),
            ("<<", V::Int(x), V::Int(y @ 0..60)) => V::Int(x << y),
            ("*", V::Int(x), V::Bytes(y)) | ("*", V::Bytes(y), V::Int(x)) => V::Bytes(x * y),
            ("/", V::Bytes(x), V::Bytes(1)) => V::Int(x),
            ("<<", V::Int(x), V::Flags(set)) if set.contains("PAGE_SHIFT") => V::Bytes(x),
            (">>", V::Bytes(x), V::Flags(set)) if set.contains("PAGE_SHIFT") => V::Int(x),
            ("+", V::Address(place), V::Bytes(n)) | ("+", V::Bytes(n), V::Address(place)) => {
                V::Address(place.on(n))
            }
            ("-", V::Address(place), V::Bytes(n)) => V::Address(place.on(-n)),
            ("+", V::Entry(place), V::Int(n)) => V::Entry(place.on(n)),
            ("-", V::Entry(place), V::Int(n)) => V::Entry(place.on(-n)),
            ("-", V::Address(x), V::Address(y)) if (x.round, x.batch) == (y.round, y.batch) => {
                V::Bytes(x.pages - y.pages)
            }
            ("-", V::Address(x), V::Address(y)) if !x.batch && !y.batch => V::Span(x, y),
            ("+", V::Page, V::Int(0)) => V::Page,
            ("-", V::End, V::Address(place)) if place == self.subject.page() => V::Rest,
            ("-", V::Left, V::Int(n)) => {
                self.one_is_left(node);
                V::Int(1 - n)
            }
            ("/", V::Rest, V::Bytes(1)) => V::Left,
            (">>", V::Rest, V::Flags(set)) if set.contains("PAGE_SHIFT") => V::Left,
            ("+", V::Batch(x), V::Int(y)) | ("+", V::Int(y), V::Batch(x)) => V::Batch(x + y),
            ("-", V::Batch(x), V::Int(y)) => V::Batch(x - y),
            ("*", V::Batch(x), V::Bytes(1)) | ("*", V::Bytes(1), V::Batch(x)) => V::BatchBytes(x),
            ("<<", V::Batch(x), V::Flags(set)) if set.contains("PAGE_SHIFT") => V::BatchBytes(x),
            ("+", V::Address(place), V::BatchBytes(n)) | ("+", V::BatchBytes(n), V::Address(place)) => {
                place.a_batch_on(n).map_or_else(|| V::Opaque(self.canonical(node)), V::Address)
            }
            ("+", V::Entry(place), V::Batch(n)) | ("+", V::Batch(n), V::Entry(place)) => {
                place.a_batch_on(n).map_or_else(|| V::Opaque(self.canonical(node)), V::Entry)
            }
            ("/", V::Span(x, y), V::Bytes(1)) => V::Pages(x, y),
            (">>", V::Span(x, y), V::Flags(set)) if set.contains("PAGE_SHIFT") => V::Pages(x, y),
            ("+", V::Entry(place), V::Pages(x, y)) if place == y => V::Entry(x),
            ("+", V::Mapcount(x), V::Int(y)) | ("+", V::Int(y), V::Mapcount(x)) => V::Mapcount(x + y),
            ("+" | "-", V::Counter(name), V::Int(_) | V::Batch(_)) => V::Counter(name),
            ("|", V::Flags(x), V::Flags(y)) => V::Flags(&x | &y),
            ("|", V::Flags(x), V::Int(0)) | ("|", V::Int(0), V::Flags(x)) => V::Flags(x),
            ("&", V::Flags(x), V::Flags(y)) => V::Flags(&x & &y),
            ("&", V::Int(0), V::Flags(_)) | ("&", V::Flags(_), V::Int(0)) => V::Flags(BTreeSet::new()),
            ("&", V::Flags(x), V::AllBut(y)) => V::Flags(&x - &y),
            ("&", V::Int(0), V::AllBut(_)) => V::Int(0),
            _ => V::Opaque(self.canonical(node)),
        }
    }

    /// The paths are those of the last entry of the range: whatever else is left is handled in rounds of its own.
    pub fn one_is_left(&mut self, node: Node<'_>) {
        let why = "a batch does the same with each of its entries";
        self.fact("the entries that are left are one", node, why);
    }
}
