//! What a function's head says of its entry and its exits.
//!
//! `enter` names what is held and known when the function is entered, `leave` what is held and owed when it
//! returns, `fail` the same for its failing end. A second `enter` begins an alternative with exits of its own.
//! `sleeps` names what it may sleep on. What a head does not name is not held, not owed, not slept on.

use super::state::{Debts, Entry, Folio, Kinds, Mmap, Ptl, Round, State, Word};

/// The fields of a contract.
pub const FIELDS: [&str; 4] = ["enter", "leave", "fail", "sleeps"];

/// The contract of a function: none if its head says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contract {
    clauses: Vec<Clause>,
    sleeps: Vec<Sleep>,
    /// The lines of the head, as they are written.
    lines: Vec<(String, String)>,
}

/// One way in, with its ways out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Clause {
    pub enter: Vec<&'static Item>,
    pub leave: Vec<&'static Item>,
    pub fail: Option<Vec<&'static Item>>,
}

/// What a function can sleep on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sleep {
    /// The mmap lock.
    MmapLock,
    /// A folio lock.
    FolioLock,
    /// A folio of the swap cache that is frozen.
    SwapCache,
    /// The split of a folio.
    Split,
    /// The end of what the child does.
    Child,
}

impl Sleep {
    const ALL: [(Sleep, &str); 5] = [
        (Sleep::MmapLock, "mmap lock"),
        (Sleep::FolioLock, "folio lock"),
        (Sleep::SwapCache, "swap cache"),
        (Sleep::Split, "split"),
        (Sleep::Child, "child"),
    ];

    pub(super) fn name(self) -> &'static str {
        Sleep::ALL.iter().find(|(sleep, _)| *sleep == self).map_or("", |(_, name)| name)
    }
}

/// Something that a contract can name.
#[derive(Debug, PartialEq, Eq)]
pub struct Item {
    /// How it is written.
    pub name: &'static str,
    /// What it says.
    pub meaning: &'static str,
    what: What,
}

#[derive(Debug, PartialEq, Eq)]
enum What {
    Ptl(Ptl),
    Mmap(Mmap),
    Word(u8),
    Cleared,
    Folio,
    Locked,
    Held,
    Isolated,
    OfEntry,
    ExclusiveFolio,
    InSwapCache,
    NotInSwapCache,
    NotSwapBacked,
    Frozen,
    Discard,
    Migration,
    Source,
    Destination,
    NewPage,
    SlotPinned,
    ForWrite,
    Debt(Debts),
}

const fn item(name: &'static str, meaning: &'static str, what: What) -> Item {
    Item { name, meaning, what }
}

const NONPRESENT: u8 = Kinds::PRESENT.or(Kinds::NONE).not().0;

/// Everything that a contract can name.
pub static ITEMS: [Item; 44] = [
    item("ptl", "the page-table lock is held", What::Ptl(Ptl::One)),
    item("both ptls", "the page-table locks of parent and child are held", What::Ptl(Ptl::Both)),
    item("mmap lock", "the mmap lock is held, for read or write", What::Mmap(Mmap::Read)),
    item("mmap lock for write", "the mmap lock is held for write", What::Mmap(Mmap::Write)),
    item(
        "word",
        "the variable was read; under the page-table lock, since that was taken",
        What::Word(Kinds::ALL.0),
    ),
    item("word none", "the same, and it is empty", What::Word(Kinds::NONE.0)),
    item("word present", "the same, and it is present", What::Word(Kinds::PRESENT.0)),
    item("word normal", "the same, and it maps a page other than the zero page", What::Word(Kinds::NORMAL.0)),
    item("word zero page", "the same, and it maps the zero page", What::Word(Kinds::ZERO.0)),
    item("word not present", "the same, and it is neither present nor empty", What::Word(NONPRESENT)),
    item("word swap", "the same, and it is a swap entry", What::Word(Kinds::SWAP.0)),
    item("word migration", "the same, and it is a migration entry", What::Word(Kinds::MIGRATION.0)),
    item("word device", "the same, and it is a device-private entry", What::Word(Kinds::DEVICE.0)),
    item("word device-exclusive", "the same, and it is a device-exclusive entry", What::Word(Kinds::EXCLUSIVE.0)),
    item("entry cleared", "the entry is cleared, and the variable has the word", What::Cleared),
    item("folio", "there is a folio under work", What::Folio),
    item("folio of the entry", "the same, and the variable or the entry names it", What::OfEntry),
    item("folio locked", "the same, and it is locked", What::Locked),
    item("folio held", "the same, with one reference", What::Held),
    item("folio isolated", "the same, with the reference of the isolation from the LRU", What::Isolated),
    item("folio exclusive", "the same, and it is exclusive", What::ExclusiveFolio),
    item("folio in swap cache", "the same, and it is in the swap cache", What::InSwapCache),
    item("folio not swap-backed", "the same, and it is lazyfree", What::NotSwapBacked),
    item("folio not in swap cache", "the same, and it is not in the swap cache", What::NotInSwapCache),
    item("folio frozen", "the same, and its references are frozen", What::Frozen),
    item("discard", "the program has given the content away", What::Discard),
    item("migration", "a migration has begun", What::Migration),
    item("source", "the page has a source, locked and referenced, as the folio under work", What::Source),
    item("destination", "the page has a destination, locked and referenced", What::Destination),
    item("new page", "a new page is allocated", What::NewPage),
    item("slot pinned", "the swap-in bypasses the swap cache, and pins the slot", What::SlotPinned),
    item("for write", "what it works for wants to write", What::ForWrite),
    item("owes flush", "cleared entries may still be in TLBs", What::Debt(Debts::FLUSH)),
    item(
        "owes protect flush",
        "write-protected entries may still be writable in TLBs",
        What::Debt(Debts::PROTECT_FLUSH),
    ),
    item("owes gather flush", "the mmu gather may owe a flush", What::Debt(Debts::GATHER_FLUSH)),
    item("owes gather", "the mmu gather is open", What::Debt(Debts::GATHER)),
    item(
        "owes batch",
        "a flush may be noted in reclaim's batch",
        What::Debt(Debts::BATCH.or(Debts::BATCH_DIRTY).or(Debts::BATCH_NOTE)),
    ),
    item("owes pages", "pages may be queued for freeing", What::Debt(Debts::PAGES.or(Debts::ZAPPED))),
    item("owes kept", "folios may be kept off the LRU", What::Debt(Debts::KEPT)),
    item("owes sources", "collected folios may be locked and referenced", What::Debt(Debts::SOURCES)),
    item("owes destinations", "destinations may be locked and referenced", What::Debt(Debts::DESTINATIONS)),
    item("owes fault reference", "the fault may hold a reference on a device page", What::Debt(Debts::FAULT_REF)),
    item("owes child", "a child is half made", What::Debt(Debts::FORKING)),
    item(
        "owes exit",
        "a child is stopped, or half made, and its address space is there",
        What::Debt(Debts::EXITING),
    ),
];

impl Item {
    fn named(name: &str) -> Option<&'static Item> {
        ITEMS.iter().find(|i| i.name == name)
    }

    /// The state with that.
    fn apply(&self, s: &mut State) {
        let Round { folio, pte, .. } = &mut s.round;
        folio.chosen |= matches!(
            self.what,
            What::Folio
                | What::Locked
                | What::Held
                | What::Isolated
                | What::OfEntry
                | What::Source
                | What::ExclusiveFolio
                | What::InSwapCache
                | What::NotInSwapCache
                | What::NotSwapBacked
                | What::Frozen
        );
        match self.what {
            What::Ptl(ptl) => s.ptl = ptl,
            What::Mmap(mmap) => s.mmap = mmap,
            What::Word(kinds) => {
                pte.kinds = Kinds(kinds);
                pte.word = pte.word.max(Word::Stale);
            }
            What::Cleared => (pte.entry, pte.word) = (Entry::Cleared, Word::Current),
            What::Folio => {}
            What::Locked => folio.locked = true,
            What::Held => folio.refs += 1,
            What::Isolated => (folio.refs, folio.isolated) = (folio.refs + 1, true),
            What::OfEntry => folio.of_word = true,
            What::ExclusiveFolio => folio.exclusive = Some(true),
            What::InSwapCache => folio.swapcache = Some(true),
            What::NotInSwapCache => folio.swapcache = Some(false),
            What::NotSwapBacked => folio.swapbacked = Some(false),
            What::Frozen => folio.frozen = true,
            What::Discard => s.discarding = true,
            What::Migration => s.begun = true,
            What::Source => {
                *folio = Folio { locked: true, refs: folio.refs + 1, listed: true, ..*folio };
                s.round.source = Some(true);
                s.debts.set(Debts::SOURCES, true);
                s.begun = true;
            }
            What::Destination => {
                s.round.dst = Some(true);
                s.debts.set(Debts::DESTINATIONS, true);
                s.begun = true;
            }
            What::NewPage => s.round.new = true,
            What::SlotPinned => (s.round.slot_pinned, s.round.bypass) = (true, Some(true)),
            What::ForWrite => s.store = Some(true),
            What::Debt(debts) => {
                s.debts.set(debts, true);
                s.begun |= debts.has(Debts::SOURCES.or(Debts::DESTINATIONS));
                s.collected |= debts.has(Debts::SOURCES);
                s.allocated |= debts.has(Debts::DESTINATIONS);
            }
        }
    }

    /// Whether a state has that.
    fn holds(&self, s: &State) -> bool {
        let Round { folio, pte, .. } = &s.round;
        match self.what {
            What::Ptl(ptl) => s.ptl == ptl,
            What::Mmap(Mmap::Write) => matches!(s.mmap, Mmap::Write | Mmap::Unknown),
            What::Mmap(_) => s.mmap != Mmap::None,
            What::Word(kinds) => {
                let least = if s.ptl == Ptl::None { Word::Stale } else { Word::Current };
                pte.word >= least && pte.kinds.within(Kinds(kinds))
            }
            What::Cleared => pte.entry == Entry::Cleared,
            What::Folio => folio.chosen,
            What::Locked => folio.chosen && folio.locked,
            What::Held => folio.refs > 0,
            What::Isolated => folio.refs > 0 && folio.isolated,
            What::OfEntry => folio.chosen && (folio.of_word || pte.maps),
            What::ExclusiveFolio => folio.exclusive == Some(true),
            What::InSwapCache => folio.swapcache == Some(true),
            What::NotInSwapCache => folio.swapcache == Some(false),
            What::NotSwapBacked => folio.swapbacked == Some(false),
            What::Frozen => folio.frozen,
            What::Discard => s.discarding,
            What::Migration => s.begun,
            What::Source => folio.chosen && folio.listed,
            What::Destination => s.round.dst == Some(true),
            What::NewPage => s.round.new,
            What::SlotPinned => s.round.slot_pinned,
            What::ForWrite => s.store != Some(false),
            // Where the kernel takes one, the fault has to have it.
            What::Debt(Debts::FAULT_REF) => s.debts.has(Debts::FAULT_REF) || s.takes_fault_ref == Some(false),
            What::Debt(_) => true,
        }
    }

    /// Whether its absence at entry loses data rather than balance.
    pub(super) fn only_loses_data(&self) -> bool {
        matches!(self.what, What::Mmap(_) | What::Discard)
    }
}

/// The state that items describe.
pub(super) fn state(items: &[&Item]) -> State {
    let mut s = State::default();
    items.iter().for_each(|i| i.apply(&mut s));
    if s.ptl != Ptl::None && s.round.pte.word == Word::Stale {
        s.round.pte.word = Word::Current;
    }
    s
}

/// The items that a state lacks.
pub(super) fn missing<'a>(items: &'a [&'static Item], s: &'a State) -> impl Iterator<Item = &'static Item> + 'a {
    items.iter().copied().filter(|i| !i.holds(s))
}

impl Contract {
    /// Reads the fields of a head: each its name and its value.
    ///
    /// # Errors
    /// With the number of the field that is wrong, what was found, and what was expected.
    pub fn new<'a>(
        fields: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Contract, (usize, String, String)> {
        let mut contract = Contract::default();
        for (n, (key, value)) in fields.into_iter().enumerate() {
            if !FIELDS.contains(&key) {
                continue;
            }
            contract.lines.push((key.to_owned(), value.to_owned()));
            if key == "sleeps" {
                for name in words(value) {
                    let found = Sleep::ALL.iter().find(|(_, known)| *known == name);
                    let known = || Sleep::ALL.map(|(_, known)| known).join(", ");
                    let (sleep, _) = found.ok_or_else(|| {
                        (
                            n,
                            format!("nothing is called `{}`", shown(name)),
                            format!("expected some of {}", known()),
                        )
                    })?;
                    contract.sleeps.push(*sleep);
                }
                continue;
            }
            let items = items(value).map_err(|(what, expected)| (n, what, expected))?;
            if key == "enter" || contract.clauses.is_empty() {
                contract.clauses.push(Clause::default());
            }
            let clause = contract.clauses.last_mut().expect("one was pushed");
            match key {
                "enter" => clause.enter = items,
                "leave" => clause.leave.extend(items),
                _ => clause.fail.get_or_insert_default().extend(items),
            }
        }
        Ok(contract)
    }

    /// Whether the head says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The fields, as they are written.
    pub fn lines(&self) -> impl Iterator<Item = (&str, &str)> {
        self.lines.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    pub(super) fn clauses(&self) -> Vec<Clause> {
        if self.clauses.is_empty() { vec![Clause::default()] } else { self.clauses.clone() }
    }

    pub(super) fn sleeps_on(&self, sleep: Sleep) -> bool {
        self.sleeps.contains(&sleep)
    }
}

fn words(value: &str) -> impl Iterator<Item = &str> {
    value.split(',').map(str::trim).filter(|w| !w.is_empty() && *w != "nothing")
}

fn items(value: &str) -> Result<Vec<&'static Item>, (String, String)> {
    words(value)
        .map(|name| {
            Item::named(name).ok_or_else(|| {
                let mut known: Vec<_> = ITEMS.iter().map(|i| i.name).collect();
                known.sort_by_key(|known| strsim::damerau_levenshtein(known, name));
                let near = known[..3].iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ");
                (format!("nothing is called `{}`", shown(name)), format!("the nearest are {near}"))
            })
        })
        .collect()
}

fn shown(text: &str) -> String {
    text.chars().take(60).flat_map(char::escape_debug).collect()
}
