//! What an actor's program is made of.

use crate::{ACTORS, MAX_OPS, PAGES};

/// One operation of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum OpKind {
    /// `R`: load the page, all words.
    Read,
    /// `W`: store a fresh value into the actor's own word.
    Write,
    /// `P`: MADV_PAGEOUT; for kswapd, one reclaim pass over the page.
    PageOut,
    /// `D`: migrate the page to device-private memory.
    Migrate,
    /// `DD`: migrate the whole range in one call.
    MigrateRange,
    /// `S`: migrate the page back to system memory (ordinary pages are not selected).
    ToSystem,
    /// `I`: take an extra reference for read (GUP with FOLL_GET), held until `U`.
    Get,
    /// `U`: drop the extra reference.
    Put,
    /// `IP`: take a pin for read (GUP with FOLL_PIN), held until `UP`.
    Pin,
    /// `UP`: drop the pin.
    Unpin,
    /// `F`: MADV_FREE.
    Free,
    /// `Z`: MADV_DONTNEED.
    DontNeed,
    /// `G`: memory.reclaim, a pass over all pages.
    Reclaim,
    /// `Q`: memory.swap.max in pages, 0 for no limit.
    SwapMax,
    /// `K+`: fork a child (one at a time).
    Fork,
    /// `K-`: the child exits.
    Exit,
    /// `CR`: the child loads the page.
    ChildRead,
    /// `CW`: the child stores a fresh value.
    ChildWrite,
    /// `CP`: the child's MADV_PAGEOUT.
    ChildPageOut,
    /// `M`: mprotect, read-only if the page was writable, else writable.
    Protect,
    /// `L`: mlock, or munlock if the page was locked.
    Lock,
    /// `X`: make the page device-exclusive.
    DeviceExclusive,
    /// `DR`: the device loads the page through the mirror of the page table.
    DeviceRead,
    /// `DW`: the device stores a fresh value through the mirror.
    DeviceWrite,
    /// `IW`: take an extra reference for write (FOLL_GET and FOLL_WRITE), held until `U`, which dirties the
    /// page first.
    GetWrite,
    /// `IPW`: take a pin for write (FOLL_PIN and FOLL_WRITE), held until `UP`, which dirties the page first.
    PinWrite,
    /// `B`: a DMA device stores a fresh value through the reference or pin that is held for write.
    Dma,
}

impl OpKind {
    /// Every kind. The position is the kind's number in the byte form of a case, and never changes.
    pub const ALL: [OpKind; 27] = [
        OpKind::Read,
        OpKind::Write,
        OpKind::PageOut,
        OpKind::Migrate,
        OpKind::MigrateRange,
        OpKind::ToSystem,
        OpKind::Get,
        OpKind::Put,
        OpKind::Pin,
        OpKind::Unpin,
        OpKind::Free,
        OpKind::DontNeed,
        OpKind::Reclaim,
        OpKind::SwapMax,
        OpKind::Fork,
        OpKind::Exit,
        OpKind::ChildRead,
        OpKind::ChildWrite,
        OpKind::ChildPageOut,
        OpKind::Protect,
        OpKind::Lock,
        OpKind::DeviceExclusive,
        OpKind::DeviceRead,
        OpKind::DeviceWrite,
        OpKind::GetWrite,
        OpKind::PinWrite,
        OpKind::Dma,
    ];

    /// The letters of the text notation.
    #[must_use]
    pub const fn letters(self) -> &'static str {
        match self {
            OpKind::Read => "R",
            OpKind::Write => "W",
            OpKind::PageOut => "P",
            OpKind::Migrate => "D",
            OpKind::MigrateRange => "DD",
            OpKind::ToSystem => "S",
            OpKind::Get => "I",
            OpKind::Put => "U",
            OpKind::Pin => "IP",
            OpKind::Unpin => "UP",
            OpKind::Free => "F",
            OpKind::DontNeed => "Z",
            OpKind::Reclaim => "G",
            OpKind::SwapMax => "Q",
            OpKind::Fork => "K+",
            OpKind::Exit => "K-",
            OpKind::ChildRead => "CR",
            OpKind::ChildWrite => "CW",
            OpKind::ChildPageOut => "CP",
            OpKind::Protect => "M",
            OpKind::Lock => "L",
            OpKind::DeviceExclusive => "X",
            OpKind::DeviceRead => "DR",
            OpKind::DeviceWrite => "DW",
            OpKind::GetWrite => "IW",
            OpKind::PinWrite => "IPW",
            OpKind::Dma => "B",
        }
    }

    /// What the operation is, for people.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            OpKind::Read => "load",
            OpKind::Write => "store",
            OpKind::PageOut => "MADV_PAGEOUT",
            OpKind::Migrate => "migrate to device",
            OpKind::MigrateRange => "migrate range to device",
            OpKind::ToSystem => "migrate to system",
            OpKind::Get => "take a reference",
            OpKind::Put => "drop the reference",
            OpKind::Pin => "pin",
            OpKind::Unpin => "unpin",
            OpKind::Free => "MADV_FREE",
            OpKind::DontNeed => "MADV_DONTNEED",
            OpKind::Reclaim => "memory.reclaim",
            OpKind::SwapMax => "memory.swap.max",
            OpKind::Fork => "fork",
            OpKind::Exit => "child exits",
            OpKind::ChildRead => "child loads",
            OpKind::ChildWrite => "child stores",
            OpKind::ChildPageOut => "child's MADV_PAGEOUT",
            OpKind::Protect => "mprotect",
            OpKind::Lock => "mlock or munlock",
            OpKind::DeviceExclusive => "make device-exclusive",
            OpKind::DeviceRead => "device loads",
            OpKind::DeviceWrite => "device stores",
            OpKind::GetWrite => "take a reference for write",
            OpKind::PinWrite => "pin for write",
            OpKind::Dma => "DMA store",
        }
    }

    /// Whether an actor of that kind may do it: kswapd reclaims, a DMA device stores, a CPU does everything.
    #[must_use]
    pub const fn allowed_for(self, actor: ActorKind) -> bool {
        match actor {
            ActorKind::Cpu => true,
            ActorKind::Kswapd => matches!(self, OpKind::PageOut | OpKind::Reclaim),
            ActorKind::Dma => matches!(self, OpKind::Dma),
        }
    }

    /// The address space that it works in: 1 for what the child does.
    #[must_use]
    pub const fn mm(self) -> usize {
        match self {
            OpKind::ChildRead | OpKind::ChildWrite | OpKind::ChildPageOut | OpKind::Exit => 1,
            _ => 0,
        }
    }

    /// Whether it stores into the actor's own word.
    #[must_use]
    pub const fn stores(self) -> bool {
        matches!(self, OpKind::Write | OpKind::ChildWrite | OpKind::DeviceWrite | OpKind::Dma)
    }

    /// Whether a fault on its behalf is a write fault.
    #[must_use]
    pub const fn wants_write(self) -> bool {
        matches!(
            self,
            OpKind::Write
                | OpKind::ChildWrite
                | OpKind::DeviceWrite
                | OpKind::DeviceExclusive
                | OpKind::GetWrite
                | OpKind::PinWrite
        )
    }

    /// The largest argument: a page, or a number of pages for `Q`.
    #[must_use]
    pub const fn max_arg(self) -> u8 {
        match self {
            OpKind::SwapMax => 7,
            OpKind::Fork | OpKind::Exit => 0,
            _ => PAGES as u8 - 1,
        }
    }

    /// Whether the operation names one page (the others work on the whole range, or on none).
    #[must_use]
    pub const fn one_page(self) -> bool {
        !matches!(self, OpKind::MigrateRange | OpKind::Reclaim | OpKind::SwapMax | OpKind::Fork | OpKind::Exit)
    }

    /// Whether a number follows the letters in the text notation.
    #[must_use]
    pub const fn takes_number(self) -> bool {
        !matches!(self, OpKind::Fork | OpKind::Exit)
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
        match self.kind {
            OpKind::MigrateRange | OpKind::Reclaim | OpKind::Fork | OpKind::Exit => (0, PAGES - 1),
            OpKind::SwapMax => (0, 0),
            _ => (self.arg as usize, self.arg as usize),
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
