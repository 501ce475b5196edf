//! What an actor's program is made of.

use crate::{ACTORS, MAX_OPS, PAGES};

/// What an operation takes behind its letters.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Argument {
    /// A page.
    Page,
    /// Nothing that matters: it works on the whole range, and a page is written behind it.
    Range,
    /// A number of pages.
    Pages,
    /// Nothing.
    None,
}

/// A row of the table of operations.
struct Row {
    letters: &'static str,
    title: &'static str,
    argument: Argument,
    traits: u8,
}

const PAGE: Argument = Argument::Page;
const RANGE: Argument = Argument::Range;
const PAGES_OF_SWAP: Argument = Argument::Pages;
const NONE: Argument = Argument::None;

/// It works in the child's address space.
const CHILD: u8 = 1;
/// It accesses memory as a program does, by a load or a store.
const ACCESS: u8 = 1 << 1;
/// It stores into the actor's own word.
const STORES: u8 = 1 << 2;
/// A fault on its behalf is a write fault.
const WRITE_FAULT: u8 = 1 << 3;
/// kswapd may do it.
const KSWAPD: u8 = 1 << 4;
/// A DMA device may do it.
const DMA: u8 = 1 << 5;
/// It migrates to device memory.
const TO_DEVICE: u8 = 1 << 6;
/// It takes a pin.
const PINS: u8 = 1 << 7;

macro_rules! operations {
    ($($(#[$doc:meta])* $kind:ident $letters:literal $title:literal, $argument:ident $($is:ident)*;)*) => {
        /// One operation of a program.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum OpKind {
            $($(#[$doc])* $kind,)*
        }

        impl OpKind {
            /// Every kind. The position is the kind's number in the byte form of a case, and never changes.
            pub const ALL: [OpKind; TABLE.len()] = [$(OpKind::$kind),*];
        }

        const TABLE: [Row; [$($letters),*].len()] =
            [$(Row { letters: $letters, title: $title, argument: $argument, traits: 0 $(| $is)* }),*];
    };
}

operations! {
    /// `R`: load the page, all words.
    Read "R" "load", PAGE ACCESS;
    /// `W`: store a fresh value into the actor's own word.
    Write "W" "store", PAGE ACCESS STORES WRITE_FAULT;
    /// `P`: MADV_PAGEOUT; for kswapd, one reclaim pass over the page.
    PageOut "P" "MADV_PAGEOUT", PAGE KSWAPD;
    /// `D`: migrate the page to device-private memory.
    Migrate "D" "migrate to device", PAGE TO_DEVICE;
    /// `DD`: migrate the whole range in one call.
    MigrateRange "DD" "migrate range to device", RANGE TO_DEVICE;
    /// `S`: migrate the page back to system memory (ordinary pages are not selected).
    ToSystem "S" "migrate to system", PAGE;
    /// `I`: take an extra reference for read (GUP with FOLL_GET), held until `U`.
    Get "I" "take a reference", PAGE;
    /// `U`: drop the extra reference.
    Put "U" "drop the reference", PAGE;
    /// `IP`: take a pin for read (GUP with FOLL_PIN), held until `UP`.
    Pin "IP" "pin", PAGE PINS;
    /// `UP`: drop the pin.
    Unpin "UP" "unpin", PAGE;
    /// `F`: MADV_FREE.
    Free "F" "MADV_FREE", PAGE;
    /// `Z`: MADV_DONTNEED.
    DontNeed "Z" "MADV_DONTNEED", PAGE;
    /// `G`: memory.reclaim, a pass over all pages.
    Reclaim "G" "memory.reclaim", RANGE KSWAPD;
    /// `Q`: memory.swap.max in pages, 0 for no limit.
    SwapMax "Q" "memory.swap.max", PAGES_OF_SWAP;
    /// `K+`: fork a child (one at a time).
    Fork "K+" "fork", NONE;
    /// `K-`: the child exits.
    Exit "K-" "child exits", NONE CHILD;
    /// `CR`: the child loads the page.
    ChildRead "CR" "child loads", PAGE CHILD ACCESS;
    /// `CW`: the child stores a fresh value.
    ChildWrite "CW" "child stores", PAGE CHILD ACCESS STORES WRITE_FAULT;
    /// `CP`: the child's MADV_PAGEOUT.
    ChildPageOut "CP" "child's MADV_PAGEOUT", PAGE CHILD;
    /// `M`: mprotect, read-only if the page was writable, else writable.
    Protect "M" "mprotect", PAGE;
    /// `L`: mlock, or munlock if the page was locked.
    Lock "L" "mlock or munlock", PAGE;
    /// `X`: make the page device-exclusive.
    DeviceExclusive "X" "make device-exclusive", PAGE WRITE_FAULT;
    /// `DR`: the device loads the page through the mirror of the page table.
    DeviceRead "DR" "device loads", PAGE;
    /// `DW`: the device stores a fresh value through the mirror.
    DeviceWrite "DW" "device stores", PAGE STORES WRITE_FAULT;
    /// `IW`: take an extra reference for write (FOLL_GET and FOLL_WRITE), held until `U`, which dirties the
    /// page first.
    GetWrite "IW" "take a reference for write", PAGE WRITE_FAULT;
    /// `IPW`: take a pin for write (FOLL_PIN and FOLL_WRITE), held until `UP`, which dirties the page
    /// first.
    PinWrite "IPW" "pin for write", PAGE PINS WRITE_FAULT;
    /// `B`: A DMA device stores a fresh value through the reference or pin that is held for write.
    Dma "B" "DMA store", PAGE STORES DMA;
}

impl OpKind {
    const fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }

    const fn is(self, what: u8) -> bool {
        self.row().traits & what != 0
    }

    /// The letters of the text notation.
    #[must_use]
    pub const fn letters(self) -> &'static str {
        self.row().letters
    }

    /// What the operation is, for people.
    #[must_use]
    pub const fn title(self) -> &'static str {
        self.row().title
    }

    /// Whether an actor of that kind may do it: kswapd reclaims, a DMA device stores, a CPU does everything.
    #[must_use]
    pub const fn allowed_for(self, actor: ActorKind) -> bool {
        match actor {
            ActorKind::Cpu => true,
            ActorKind::Kswapd => self.is(KSWAPD),
            ActorKind::Dma => self.is(DMA),
        }
    }

    /// The address space that it works in: 1 for what the child does.
    #[must_use]
    pub const fn mm(self) -> usize {
        self.is(CHILD) as usize
    }

    /// Whether it is a load or a store of the program: of this process or its child, not of a device.
    #[must_use]
    pub const fn accesses(self) -> bool {
        self.is(ACCESS)
    }

    /// Whether it stores into the actor's own word.
    #[must_use]
    pub const fn stores(self) -> bool {
        self.is(STORES)
    }

    /// Whether a fault on its behalf is a write fault.
    #[must_use]
    pub const fn wants_write(self) -> bool {
        self.is(WRITE_FAULT)
    }

    /// Whether it migrates to device memory.
    #[must_use]
    pub const fn migrates_to_device(self) -> bool {
        self.is(TO_DEVICE)
    }

    /// Whether it takes a pin, and not just a reference.
    #[must_use]
    pub const fn pins(self) -> bool {
        self.is(PINS)
    }

    /// The largest argument: a page, or a number of pages for `Q`.
    #[must_use]
    pub const fn max_arg(self) -> u8 {
        match self.row().argument {
            Argument::Page | Argument::Range => PAGES as u8 - 1,
            Argument::Pages => 7,
            Argument::None => 0,
        }
    }

    /// Whether the operation names one page (the others work on the whole range, or on none).
    #[must_use]
    pub const fn one_page(self) -> bool {
        matches!(self.row().argument, Argument::Page)
    }

    /// Whether a number follows the letters in the text notation.
    #[must_use]
    pub const fn takes_number(self) -> bool {
        !matches!(self.row().argument, Argument::None)
    }
}

/// An operation and its argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Op {
    /// What to do.
    pub kind: OpKind,
    /// On which page; for [`OpKind::SwapMax`] the number of pages.
    pub arg: u8,
}

impl Op {
    /// An operation.
    #[must_use]
    pub const fn new(kind: OpKind, arg: u8) -> Op {
        Op { kind, arg }
    }

    /// The pages it works on, first and last.
    #[must_use]
    pub const fn range(self) -> (usize, usize) {
        match self.kind.row().argument {
            Argument::Page => (self.arg as usize, self.arg as usize),
            Argument::Range | Argument::None => (0, PAGES - 1),
            Argument::Pages => (0, 0),
        }
    }
}

impl Default for Op {
    fn default() -> Self {
        Op::new(OpKind::Read, 0)
    }
}

impl core::fmt::Display for Op {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.kind.letters())?;
        if self.kind.takes_number() { write!(f, "{}", self.arg) } else { Ok(()) }
    }
}

/// A set of kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kinds(u32);

impl Kinds {
    /// Whether a kind is in the set.
    #[must_use]
    pub const fn has(self, kind: OpKind) -> bool {
        self.0 & 1 << kind as u8 != 0
    }
}

/// What kind of actor runs a program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ActorKind {
    /// A user thread on a CPU of its own: accesses memory and makes system calls.
    #[default]
    Cpu,
    /// Background reclaim: no user code, no TLB entries of the address space.
    Kswapd,
    /// A DMA device: stores through a reference or pin that somebody holds for it.
    Dma,
}

/// The programs of a case, an actor each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Programs {
    /// How many actors there are, 1 to [`ACTORS`]. Actor 0 is a CPU.
    pub actors: u8,
    /// What each actor is.
    pub kinds: [ActorKind; ACTORS],
    /// How many operations each actor has.
    pub len: [u8; ACTORS],
    /// The operations.
    pub ops: [[Op; MAX_OPS]; ACTORS],
}

impl Default for Programs {
    /// One CPU that does nothing.
    fn default() -> Self {
        Programs {
            actors: 1,
            kinds: [ActorKind::Cpu; ACTORS],
            len: [0; ACTORS],
            ops: [[Op::default(); MAX_OPS]; ACTORS],
        }
    }
}

impl Programs {
    /// The operations of an actor.
    #[must_use]
    pub fn of(&self, actor: usize) -> &[Op] {
        &self.ops[actor][..self.len[actor] as usize]
    }

    /// Appends an operation; false if the program is full.
    pub fn push(&mut self, actor: usize, op: Op) -> bool {
        let n = self.len[actor] as usize;
        if n == MAX_OPS {
            return false;
        }
        self.ops[actor][n] = op;
        self.len[actor] += 1;
        true
    }

    /// How many operations there are in all.
    #[must_use]
    pub fn total(&self) -> usize {
        self.len.iter().map(|&n| n as usize).sum()
    }

    /// The value that the store at `index` of an actor's program writes: its ordinal among the actor's
    /// stores, from 1, so that it does not depend on the schedule.
    #[must_use]
    pub fn value(&self, actor: usize, index: usize) -> u8 {
        self.ops[actor][..=index].iter().filter(|op| op.kind.stores()).count() as u8
    }

    /// The kinds of operation that occur.
    #[must_use]
    pub fn kinds_used(&self) -> Kinds {
        let mut set = Kinds(0);
        for actor in 0..self.actors as usize {
            for op in self.of(actor) {
                set.0 |= 1 << op.kind as u8;
            }
        }
        set
    }

    /// The pages that some operation names, a bit each.
    #[must_use]
    pub fn pages(&self) -> u8 {
        let mut mask = 0;
        for actor in 0..self.actors as usize {
            for op in self.of(actor) {
                if op.kind.one_page() {
                    mask |= 1 << op.arg;
                }
            }
        }
        mask
    }
}
