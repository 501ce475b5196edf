//! The shared objects of a machine, numbered, and sets of them.

use crate::{ACTORS, FRAMES, MMS, PAGES, SLOTS};

macro_rules! objects {
    ($( $(#[$doc:meta])* $kind:ident $name:literal [$count:expr] ),* $(,)?) => {
        /// What an object is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum ObjectKind {
            $( $(#[$doc])* $kind ),*
        }

        impl ObjectKind {
            /// Every kind.
            pub const ALL: &'static [ObjectKind] = &[$(ObjectKind::$kind),*];
            const COUNTS: &'static [usize] = &[$($count),*];

            /// The name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $( ObjectKind::$kind => $name ),* }
            }
        }
    };
}

objects! {
    /// A page-table entry.
    Pte "pte" [MMS * PAGES],
    /// A CPU's cached translation of a page.
    Tlb "tlb" [ACTORS * MMS * PAGES],
    /// A folio without its bytes: flags, counts, lock.
    Folio "folio" [FRAMES],
    /// A word of a frame.
    Data "data" [FRAMES * ACTORS],
    /// A swap slot without its bytes.
    Slot "slot" [SLOTS],
    /// The bytes of a swap slot.
    SlotData "slot data" [SLOTS],
    /// The page-table lock of an address space.
    Ptl "ptl" [MMS],
    /// Whether an actor holds the mmap lock for read.
    MmapReader "mmap lock (read)" [ACTORS],
    /// Whether somebody holds the mmap lock for write.
    MmapWriter "mmap lock (write)" [1],
    /// Whether an actor works for the child.
    InChild "work for the child" [ACTORS],
    /// Whether a CPU is in the middle of an access, and to what.
    Access "access under way" [ACTORS],
    /// Whether an initiator has asked a CPU for a shoot-down that it has not answered.
    Asked "shoot-down" [ACTORS * ACTORS],
    /// The system memory's allocator.
    Allocator "allocator" [1],
    /// The device memory's allocator.
    DeviceAllocator "device allocator" [1],
    /// Which folio the swap device works on.
    Writeback "writeback" [1],
    /// The legal values of a word.
    Shadow "legal values" [MMS * PAGES * ACTORS],
    /// The frames that a discard has taken away from a page.
    Revoked "revoked frames" [PAGES],
    /// The frames that the discard of an actor is about to take away.
    Doomed "doomed frames" [ACTORS],
    /// Whether a discard of a page is under way.
    Discard "discard under way" [PAGES],
    /// Whether an mprotect of a page is under way.
    Protecting "mprotect under way" [PAGES],
    /// How many mmu gathers are active on an address space.
    Gathers "mmu gathers" [MMS],
    /// Whether a flush of an address space is batched.
    Batched "batched flush" [MMS],
    /// Whether an actor owes a batched flush.
    Batch "batch of reclaim" [ACTORS],
    /// The protection of a VMA.
    Protection "protection" [MMS * PAGES],
    /// Whether a VMA is locked in memory.
    Mlocked "mlock" [PAGES],
    /// How far the child is.
    Child "child" [1],
    /// memory.swap.max.
    SwapMax "swap limit" [1],
    /// The extra reference or the pin of a page.
    Hold "reference held" [2 * PAGES],
}

impl ObjectKind {
    const fn first(self) -> usize {
        let mut first = 0;
        let mut kind = 0;
        while kind < self as usize {
            first += Self::COUNTS[kind];
            kind += 1;
        }
        first
    }

    const fn at(self, n: usize) -> Object {
        debug_assert!(n < Self::COUNTS[self as usize]);
        Object((self.first() + n) as u8)
    }
}

/// A shared object, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Object(u8);

/// The kind of each object, by number.
static KINDS: [ObjectKind; Object::COUNT] = {
    let mut kinds = [ObjectKind::Pte; Object::COUNT];
    let mut kind = 0;
    while kind < ObjectKind::ALL.len() {
        let mut n = 0;
        while n < ObjectKind::COUNTS[kind] {
            kinds[ObjectKind::ALL[kind].first() + n] = ObjectKind::ALL[kind];
            n += 1;
        }
        kind += 1;
    }
    kinds
};

impl Object {
    /// How many there are.
    pub const COUNT: usize = {
        let last = ObjectKind::ALL[ObjectKind::ALL.len() - 1];
        last.first() + ObjectKind::COUNTS[last as usize]
    };

    /// What it is.
    #[must_use]
    pub fn kind(self) -> ObjectKind {
        KINDS[self.0 as usize]
    }

    /// Its number, below [`Object::COUNT`].
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    pub(crate) const MMAP_WRITER: Object = ObjectKind::MmapWriter.at(0);
    pub(crate) const ALLOCATOR: Object = ObjectKind::Allocator.at(0);
    pub(crate) const DEVICE_ALLOCATOR: Object = ObjectKind::DeviceAllocator.at(0);
    pub(crate) const WRITEBACK: Object = ObjectKind::Writeback.at(0);
    pub(crate) const CHILD: Object = ObjectKind::Child.at(0);
    pub(crate) const SWAP_MAX: Object = ObjectKind::SwapMax.at(0);

    pub(crate) const fn pte(mm: usize, page: usize) -> Object {
        ObjectKind::Pte.at(mm * PAGES + page)
    }

    pub(crate) const fn tlb(cpu: usize, mm: usize, page: usize) -> Object {
        ObjectKind::Tlb.at((cpu * MMS + mm) * PAGES + page)
    }

    pub(crate) const fn folio(frame: usize) -> Object {
        ObjectKind::Folio.at(frame)
    }

    pub(crate) const fn data(frame: usize, word: usize) -> Object {
        ObjectKind::Data.at(frame * ACTORS + word)
    }

    pub(crate) const fn slot(slot: usize) -> Object {
        ObjectKind::Slot.at(slot)
    }

    pub(crate) const fn slot_data(slot: usize) -> Object {
        ObjectKind::SlotData.at(slot)
    }

    pub(crate) const fn ptl(mm: usize) -> Object {
        ObjectKind::Ptl.at(mm)
    }

    pub(crate) const fn mmap_reader(actor: usize) -> Object {
        ObjectKind::MmapReader.at(actor)
    }

    pub(crate) const fn in_child(actor: usize) -> Object {
        ObjectKind::InChild.at(actor)
    }

    pub(crate) const fn access(cpu: usize) -> Object {
        ObjectKind::Access.at(cpu)
    }

    pub(crate) const fn asked(initiator: usize, cpu: usize) -> Object {
        ObjectKind::Asked.at(initiator * ACTORS + cpu)
    }

    pub(crate) const fn shadow(mm: usize, page: usize, word: usize) -> Object {
        ObjectKind::Shadow.at((mm * PAGES + page) * ACTORS + word)
    }

    pub(crate) const fn revoked(page: usize) -> Object {
        ObjectKind::Revoked.at(page)
    }

    pub(crate) const fn doomed(actor: usize) -> Object {
        ObjectKind::Doomed.at(actor)
    }

    pub(crate) const fn discard(page: usize) -> Object {
        ObjectKind::Discard.at(page)
    }

    pub(crate) const fn protecting(page: usize) -> Object {
        ObjectKind::Protecting.at(page)
    }

    pub(crate) const fn gathers(mm: usize) -> Object {
        ObjectKind::Gathers.at(mm)
    }

    pub(crate) const fn batched(mm: usize) -> Object {
        ObjectKind::Batched.at(mm)
    }

    pub(crate) const fn batch(actor: usize) -> Object {
        ObjectKind::Batch.at(actor)
    }

    pub(crate) const fn protection(mm: usize, page: usize) -> Object {
        ObjectKind::Protection.at(mm * PAGES + page)
    }

    pub(crate) const fn mlocked(page: usize) -> Object {
        ObjectKind::Mlocked.at(page)
    }

    pub(crate) const fn hold(page: usize, pin: bool) -> Object {
        ObjectKind::Hold.at(page + if pin { PAGES } else { 0 })
    }
}

const WORDS: usize = 3;
const _: () = assert!(Object::COUNT <= WORDS * 64);

/// A set of objects.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Objects([u64; WORDS]);

impl Objects {
    /// Puts an object in.
    pub const fn insert(&mut self, object: Object) {
        self.0[object.0 as usize / 64] |= 1 << (object.0 % 64);
    }

    /// Takes an object out.
    pub const fn remove(&mut self, object: Object) {
        self.0[object.0 as usize / 64] &= !(1 << (object.0 % 64));
    }

    /// Whether an object is in the set.
    #[must_use]
    pub const fn has(&self, object: Object) -> bool {
        self.0[object.0 as usize / 64] & 1 << (object.0 % 64) != 0
    }

    /// Whether nothing is in the set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Objects::default()
    }

    /// Whether something is in both sets.
    #[must_use]
    pub fn intersects(self, other: Objects) -> bool {
        self.0.iter().zip(other.0).any(|(a, b)| a & b != 0)
    }

    /// Whether all of this set is in the other one.
    #[must_use]
    pub fn within(self, other: Objects) -> bool {
        self.0.iter().zip(other.0).all(|(a, b)| a & !b == 0)
    }

    /// The objects by number.
    pub fn iter(self) -> impl Iterator<Item = Object> {
        self.0.into_iter().enumerate().flat_map(|(n, mut bits)| {
            std::iter::from_fn(move || {
                let bit = (bits != 0).then(|| bits.trailing_zeros())?;
                bits &= bits - 1;
                Some(Object((n * 64) as u8 + bit as u8))
            })
        })
    }
}

impl core::ops::BitOr for Objects {
    type Output = Objects;

    fn bitor(self, other: Objects) -> Objects {
        Objects(core::array::from_fn(|n| self.0[n] | other.0[n]))
    }
}

impl core::fmt::Debug for Objects {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl core::fmt::Display for Object {
    /// The kind, and which of its kind.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} {}", self.kind().name(), self.index() - self.kind().first())
    }
}
