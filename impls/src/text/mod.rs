//! Listings as text: one form for all kernel code, the built-in functions and a user's alike.
//!
//! ```text
//! version mine
//! title   v3, and the range flush comes after the unlock
//! source  a patch of mine
//! kernel  6.0
//!
//! function migrate_vma_collect_pmd
//! file     mm/migrate_device.c
//! {
//!     LockPtl
//!     each_page {
//!         ReadPte
//!         if CollectHole { next }
//!         Collectable else { next }
//!         # Only tried: to wait for it under the page-table lock could deadlock.
//!         TrylockFolio else { next }
//!     }
//!     UnlockPtl
//! }
//! ```
//!
//! A file is fields of a version, if it is one, and functions. A field is a word and the rest of its line. A
//! function is its name, its fields, and a body in braces. Lines end at the line's end or at a semicolon. A
//! word that begins with a capital is a step ([`model::Action`]), any other a call of a function of that name.
//! `#` begins a comment: on a line of its own it says why the next line is there, behind a line it is a
//! remark. What the other words mean is in docs/listings.md.
//!
//! [`parse()`] reads a text, [`write()`] gives it back in the canonical layout, comments included.

mod lexer;
mod names;
mod parser;
mod problem;
mod writer;

pub use names::{is_put_in, nearest, words};
pub use parser::{body, parse};
pub use problem::{Problem, Problems};
pub use writer::{write, write_body};

use model::listing::Node;
use std::ops::Range;

/// A listing as it is written down.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// Comments before everything else.
    pub comment: String,
    /// The fields before the first function: those of a version.
    pub fields: Vec<Field>,
    /// The functions.
    pub functions: Vec<FunctionText>,
    /// Comments after everything else.
    pub end: String,
}

/// A word, and the rest of its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The word.
    pub key: String,
    /// The rest of the line.
    pub value: String,
    /// A comment behind it; empty if there is none.
    pub remark: String,
    /// Where the word stands: bytes of the text.
    pub key_place: Range<usize>,
    /// Where the rest of the line stands; the word, if there is no more.
    pub place: Range<usize>,
}

impl Field {
    /// A field that stands nowhere yet.
    #[must_use]
    pub fn new(key: &str, value: &str) -> Field {
        let (key, value, remark) = (key.to_owned(), value.to_owned(), String::new());
        Field { key, value, remark, key_place: 0..0, place: 0..0 }
    }
}

/// A function as it is written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionText {
    /// The comment before it.
    pub comment: String,
    /// The line `function NAME`.
    pub name: Field,
    /// Its fields.
    pub fields: Vec<Field>,
    /// What it does.
    pub body: Vec<Node>,
    /// Where its lines stand, in the order in which they read, comments left out: bytes of the text.
    pub places: Vec<Range<usize>>,
}

/// The value of a field; `None` if there is no such field.
#[must_use]
pub fn value<'a>(fields: &'a [Field], key: &str) -> Option<&'a Field> {
    fields.iter().find(|f| f.key == key)
}

/// The line of a place, from 1.
#[must_use]
pub fn line(text: &str, at: usize) -> usize {
    1 + text.as_bytes()[..at.min(text.len())].iter().filter(|b| **b == b'\n').count()
}

#[cfg(test)]
mod tests;
