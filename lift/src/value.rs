//! What a C expression is worth, as far as listings can tell.

use std::collections::BTreeSet;

/// How far a pointer or an address has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Counted from the page of the round; else from the start of the range.
    pub round: bool,
    /// How many pages on.
    pub pages: i64,
    /// And so many pages more as the batch has.
    pub batch: bool,
}

impl Place {
    /// The page of the round.
    pub const HERE: Place = Place { round: true, pages: 0, batch: false };

    /// The start of the range.
    pub const START: Place = Place { round: false, pages: 0, batch: false };

    /// Pages further.
    #[must_use]
    pub const fn on(self, pages: i64) -> Place {
        Place { pages: self.pages + pages, ..self }
    }

    /// A batch further; of two batches nothing is known.
    #[must_use]
    pub const fn a_batch_on(self, pages: i64) -> Option<Place> {
        if self.batch { None } else { Some(Place { batch: true, pages: self.pages + pages, ..self }) }
    }
}

/// The kind of a migration entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Writable.
    W,
    /// Readable, of an exclusive page.
    Exclusive,
    /// Readable.
    R,
}

/// The value of a variable or an expression. Nothing goes by the name of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Declared, and not set so far.
    Unset,
    /// A number, or a truth value.
    Int(i64),
    /// The null pointer.
    Null,
    /// A negative error number, by name.
    Errno(String),
    /// Something that no step needs; what it is in C, with types instead of names.
    Opaque(String),
    /// Flags that are set, by name.
    Flags(BTreeSet<String>),
    /// All flags but these.
    AllBut(BTreeSet<String>),
    /// A word of the entry: what was read, cleared or edited.
    Word(usize),
    /// A new migration entry.
    Migration {
        /// What it permits.
        kind: Kind,
        /// It carries A.
        young: bool,
        /// It carries D.
        dirty: bool,
    },
    /// The entry made readable, for entries of these kinds.
    Protected(u32),
    /// The word of a new page: with D, with W.
    New {
        /// D.
        dirty: bool,
        /// W, where the VMA has it.
        write: bool,
    },
    /// A new swap entry, with the exclusive mark or without.
    Slot(bool),
    /// A pointer to an entry.
    Entry(Place),
    /// An address.
    Address(Place),
    /// The end of the range.
    End,
    /// A length in bytes, as pages.
    Bytes(i64),
    /// The length between two addresses.
    Span(Place, Place),
    /// The same as a number of pages.
    Pages(Place, Place),
    /// The length of what is left of the range.
    Rest,
    /// The same as a number of entries: the most that a batch can have.
    Left,
    /// As many entries as the batch has, and so many more.
    Batch(i64),
    /// The same in bytes.
    BatchBytes(i64),
    /// The folio under work.
    Folio,
    /// Its page.
    Page,
    /// Another folio, or its page: the new one.
    Other(String),
    /// The reference count of the folio.
    Refs,
    /// Its mapcount, and so many.
    Mapcount(i64),
    /// What counts from round to round.
    Counter(String),
    /// What changes from round to round in another way.
    Carried(String),
    /// The address of a variable: the number of its frame, and its name.
    Ref(usize, String),
}

impl Value {
    /// A set of one flag.
    pub fn flag(name: &str) -> Value {
        Value::Flags(BTreeSet::from([name.to_owned()]))
    }

    /// A truth value as C has it.
    pub fn truth(holds: bool) -> Value {
        Value::Int(holds.into())
    }
}
