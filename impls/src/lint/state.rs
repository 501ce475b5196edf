//! A path in the abstract: what it holds, owes and knows.

/// Which page-table locks a path holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ptl {
    #[default]
    None,
    One,
    /// Those of parent and child.
    Both,
}

/// How a path holds the mmap lock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mmap {
    /// As the caller does, whatever that is.
    #[default]
    Unknown,
    None,
    Read,
    Write,
}

/// What is known of the word in the variable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Word {
    #[default]
    Unread,
    /// Read before the page-table lock was taken, or before it was dropped: the entry may have changed.
    Stale,
    /// Read, compared or cleared under the page-table lock that is held now.
    Current,
}

/// What became of the entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Entry {
    /// As it was found, or put back.
    #[default]
    Found,
    /// Cleared, and what comes in its place is still to come.
    Cleared,
    /// A word of another kind was installed; the mapping that was there has to go.
    Replaced,
    /// A word was installed where no mapping was.
    Filled,
    /// Empty, and the mapping is gone.
    Gone,
}

/// Kinds that a word can be of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kinds(pub u8);

impl Kinds {
    pub const NONE: Kinds = Kinds(1);
    pub const ZERO: Kinds = Kinds(1 << 1);
    pub const NORMAL: Kinds = Kinds(1 << 2);
    pub const SWAP: Kinds = Kinds(1 << 3);
    pub const MIGRATION: Kinds = Kinds(1 << 4);
    pub const DEVICE: Kinds = Kinds(1 << 5);
    pub const EXCLUSIVE: Kinds = Kinds(1 << 6);
    pub const ALL: Kinds = Kinds(0x7f);
    pub const PRESENT: Kinds = Kinds::ZERO.or(Kinds::NORMAL);

    pub const fn or(self, other: Kinds) -> Kinds {
        Kinds(self.0 | other.0)
    }

    pub const fn and(self, other: Kinds) -> Kinds {
        Kinds(self.0 & other.0)
    }

    pub const fn not(self) -> Kinds {
        Kinds(!self.0 & Kinds::ALL.0)
    }

    /// Whether a word is certainly of one of those kinds.
    pub const fn within(self, other: Kinds) -> bool {
        self.0 & !other.0 == 0
    }

    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl Default for Kinds {
    fn default() -> Kinds {
        Kinds::ALL
    }
}

impl std::fmt::Debug for Kinds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:07b}", self.0)
    }
}

/// What a path still has to do, beyond the page that it is at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Debts(pub u16);

impl Debts {
    /// Some entry of an earlier round was cleared, and no flush has come.
    pub const FLUSH: Debts = Debts(1);
    /// An entry was changed for which the mmu gather owes the flush.
    pub const GATHER_FLUSH: Debts = Debts(1 << 1);
    /// The mmu gather is open.
    pub const GATHER: Debts = Debts(1 << 2);
    /// An entry of the parent was write-protected, and no flush has come.
    pub const PROTECT_FLUSH: Debts = Debts(1 << 3);
    /// A flush is noted in reclaim's batch.
    pub const BATCH: Debts = Debts(1 << 4);
    /// One of the batched words may have been dirty.
    pub const BATCH_DIRTY: Debts = Debts(1 << 5);
    /// The batched flush was done, and the note still stands.
    pub const BATCH_NOTE: Debts = Debts(1 << 6);
    /// Pages are queued for freeing.
    pub const PAGES: Debts = Debts(1 << 7);
    /// Folios are kept isolated.
    pub const KEPT: Debts = Debts(1 << 8);
    /// Collected folios are locked and referenced.
    pub const SOURCES: Debts = Debts(1 << 9);
    /// Destinations of a migration are locked and referenced.
    pub const DESTINATIONS: Debts = Debts(1 << 10);
    /// A child is half made.
    pub const FORKING: Debts = Debts(1 << 11);
    /// The child is stopped, and its address space still there.
    pub const EXITING: Debts = Debts(1 << 12);
    /// The fault holds a reference on a device page for the driver.
    pub const FAULT_REF: Debts = Debts(1 << 13);
    /// Some of the queued pages were zapped: the gather owes their flush.
    pub const ZAPPED: Debts = Debts(1 << 14);

    pub const fn or(self, other: Debts) -> Debts {
        Debts(self.0 | other.0)
    }

    pub const fn has(self, other: Debts) -> bool {
        self.0 & other.0 != 0
    }

    pub fn set(&mut self, which: Debts, on: bool) {
        self.0 = if on { self.0 | which.0 } else { self.0 & !which.0 };
    }
}

/// What every round of a loop has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rounds {
    /// The entry is empty.
    pub gone: bool,
    /// The source is unlocked and put.
    pub released: bool,
    /// The destination is unlocked and put.
    pub put: bool,
    /// Some round has let its source go, and the list still has it.
    pub any_released: bool,
}

impl Rounds {
    pub const ALL: Rounds = Rounds { gone: true, released: true, put: true, any_released: false };

    pub const fn and(self, other: Rounds) -> Rounds {
        Rounds {
            gone: self.gone && other.gone,
            released: self.released && other.released,
            put: self.put && other.put,
            any_released: self.any_released || other.any_released,
        }
    }
}

/// Where a path is: what it holds, and what it knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct State {
    pub ptl: Ptl,
    pub mmap: Mmap,
    pub debts: Debts,
    /// The CPU has a translation to go through.
    pub translated: bool,
    /// It has not gone through it yet.
    pub mid_access: bool,
    /// A migration has begun: its lists are there.
    pub begun: bool,
    /// A migration has begun, and may be over: what it works for is known.
    pub told_fault: bool,
    /// An earlier loop has collected sources.
    pub collected: bool,
    /// An earlier loop has allocated destinations.
    pub allocated: bool,
    /// The program has given the content away.
    pub discarding: bool,
    /// What it works for wants to write.
    pub store: Option<bool>,
    /// The kernel takes a reference on a device page in a fault.
    pub takes_fault_ref: Option<bool>,
    /// What all rounds of the loop that is walked, or was walked last, have done.
    pub rounds: Rounds,
    pub round: Round,
}

/// The part of a state that a round begins anew: one page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Round {
    pub stepped: bool,
    pub folio: Folio,
    pub pte: Pte,
    /// The page has a source, or has none.
    pub source: Option<bool>,
    /// The source is out of the migration.
    pub forgotten: bool,
    /// In this address space the migration entry was taken back.
    pub back_here: bool,
    /// The same in all that were walked so far; `None` outside a walk.
    pub back_so_far: Option<bool>,
    /// No entry names the source any more.
    pub back: bool,
    pub dst: Option<bool>,
    pub dst_unlocked: bool,
    /// A new page was allocated, and is not mapped yet.
    pub new: bool,
    pub slot_pinned: bool,
    pub bypass: Option<bool>,
}

/// The folio under work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Folio {
    pub chosen: bool,
    /// It is the one that the variable names.
    pub of_word: bool,
    pub refs: u8,
    pub locked: bool,
    pub pinned: bool,
    /// One of the references is that of the isolation from the LRU.
    pub isolated: bool,
    /// Lock and one reference belong to the list of sources.
    pub listed: bool,
    /// The reference is one that I/O held.
    pub io: bool,
    /// The last reference of this path was given back.
    pub put: bool,
    pub frozen: bool,
    pub tested_after_freeze: bool,
    pub writeback: bool,
    pub written: bool,
    /// PG_dirty was taken off it to write it.
    pub taken_dirty: bool,
    pub marked: bool,
    /// The slot has one count more, for an entry that is still to come.
    pub slot_dup: bool,
    pub still: bool,
    pub refs_read: bool,
    pub discardable: bool,
    pub exclusive: Option<bool>,
    pub large: Option<bool>,
    pub swapcache: Option<bool>,
    pub swapbacked: Option<bool>,
    pub device: Option<bool>,
}

/// The entry, and the variable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pte {
    pub word: Word,
    pub kinds: Kinds,
    pub dirty: Option<bool>,
    pub writable: Option<bool>,
    pub entry: Entry,
    /// The entry was seen to map the folio under work, under the lock that is held.
    pub maps: bool,
    pub unflushed: bool,
    /// `Exclusive` was asked since the entry was found.
    pub asked_exclusive: bool,
    /// The mapping, and its reference, went.
    pub unmapped: bool,
    /// What a non-present entry counts on was dropped.
    pub uncounted: bool,
    /// A page was mapped in the place of a swap entry, and the slot still counts the entry.
    pub slot_counts: bool,
    /// `ShareAnon` has succeeded.
    pub shared: bool,
    /// A migration entry for a page that is collected.
    pub collected: bool,
    /// A device-exclusive entry.
    pub device_exclusive: bool,
    /// The child's mapping was counted, and its entry is still to come.
    pub dup: bool,
    pub write_protected: bool,
    pub child_set: bool,
    /// The child has an entry, and its mapping or slot is still to be counted.
    pub child_uncounted: bool,
}

impl Pte {
    /// The entry is empty, and nothing more has to be done about what it mapped: the zero page has no books.
    pub fn is_empty(&self) -> bool {
        self.entry == Entry::Gone || self.entry == Entry::Cleared && self.kinds.within(Kinds::ZERO)
    }
}

impl State {
    /// The entry belongs to the folio under work.
    pub fn folio_of_entry(&self) -> bool {
        let Round { folio, pte, .. } = self.round;
        folio.chosen && (pte.maps || (folio.of_word && pte.word == Word::Current))
    }

    /// Something keeps the folio under work from being freed.
    pub fn folio_kept(&self) -> bool {
        let folio = &self.round.folio;
        folio.chosen
            && (folio.refs > 0 || folio.locked || folio.pinned || self.ptl != Ptl::None && self.folio_of_entry())
    }

    /// What is held of the page, for comparison between two places.
    pub fn held(&self) -> impl PartialEq + std::fmt::Debug + use<> {
        let Round { folio: f, pte, new, slot_pinned, .. } = self.round;
        (self.ptl, f.refs, f.locked, f.pinned, f.isolated, new, slot_pinned, pte.entry == Entry::Cleared)
    }

    /// The same between two rounds.
    pub fn between(mut self) -> State {
        self.round = Round::default();
        self
    }

    /// The same in the next address space that may map the folio.
    pub fn next_mapping(mut self) -> State {
        self.round.pte = Pte::default();
        self.round.folio.of_word = false;
        self.round.stepped = false;
        self.round.back_here = false;
        self
    }
}
