//! What may be assumed of those who are not under comparison, so that a judge excuses it.
//!
//! The set in force is part of the [`Code`](crate::Code), beside which functions are under comparison: the
//! machine's record of what a program may see needs it as much as the judges do. What each assumption is for,
//! and where it comes from, is the table in `oracle::assumptions`.

use crate::Action;

macro_rules! assumptions {
    ($( $(#[$doc:meta])* $name:ident $id:literal, )*) => {
        /// Something that judges excuse.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Assumption {
            $( $(#[$doc])* $name ),*
        }

        impl Assumption {
            /// Every assumption.
            pub const ALL: &'static [Assumption] = &[$(Assumption::$name),*];

            /// The identifier on the command line.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $( Assumption::$name => $id ),* }
            }
        }
    };
}

assumptions! {
    /// A stale load while a reclaim batch owes its flush.
    ReclaimBatchOpen "reclaim-batch-open",
    /// A stale load while a discard of the page is under way.
    DiscardInFlight "discard-in-flight",
    /// A store that overlaps a discard may vanish, as long as that has not left its flush to a later one.
    StoreDuringDiscard "store-during-discard",
    /// What was given to MADV_FREE may read as zero until it is stored to again.
    LazyFreeReadsZero "lazyfree-reads-zero",
    /// So may the child's copy of it.
    LazyFreeChildReadsZero "lazyfree-child-reads-zero",
    /// The child may miss a store that overlaps the fork.
    StoreDuringFork "store-during-fork",
    /// A device's store through a plain reference may miss the page after a fork or a copy.
    ReferenceDoesNotHold "reference-does-not-hold",
    /// A device's store through a pin may miss a page that was shared when it forked.
    PinOfSharedPage "pin-of-shared-page",
    /// A device's store may miss a page that was discarded.
    HoldOfDiscardedPage "hold-of-discarded-page",
    /// A device's store may miss the page where the kernel does not track exclusive pages.
    ExclusiveUntracked "exclusive-untracked",
    /// A page that a device may still write to is dirtied by whoever holds it.
    HeldForWrite "held-for-write",
    /// A dirty word in an actor's hands will be recorded.
    DirtyBitInHand "dirty-bit-in-hand",
    /// A write to swap under way has the bytes.
    WritebackUnderWay "writeback-under-way",
    /// Whoever keeps the others away mends what is broken before letting go.
    MendedUnderLock "mended-under-lock",
    /// The exclusive mark and the writable entry may disagree under the page-table lock.
    ExclusiveUnderLock "exclusive-under-lock",
    /// A store while an mprotect is under way.
    ProtectInFlight "protect-in-flight",
    /// A device reaches a page that a call took away, through what it holds or mirrors.
    DeviceAfterRevoke "device-after-revoke",
    /// Several actors: the same schedule is another interleaving on another version.
    SchedulesNotAligned "schedules-not-aligned",
    /// The swap device completes its writes between steps of its own choosing.
    DiskOnItsOwn "disk-on-its-own",
    /// Data given to MADV_FREE have two fates.
    LazyFreeTwoFates "lazyfree-two-fates",
    /// A large folio is split or passed over.
    LargeFolioBestEffort "large-folio-best-effort",
}

impl Assumption {
    /// The assumption that serves the window which such a step opens or closes, if it is one of those that
    /// belong to whoever is under comparison when they open or close it. What a system call promises only for
    /// its return is no such window, whoever carries the call out.
    #[must_use]
    pub const fn of_window(action: Action) -> Option<Assumption> {
        match action {
            Action::BatchFlush | Action::FlushPending | Action::BatchDone => Some(Assumption::ReclaimBatchOpen),
            _ => None,
        }
    }
}

/// A set of assumptions.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Assumptions(u32);

impl Assumptions {
    /// Those in force unless told otherwise.
    pub const ALL: Assumptions = Assumptions(u32::MAX >> (32 - Assumption::ALL.len()));

    /// Whether one is in force.
    #[inline]
    #[must_use]
    pub const fn has(self, assumption: Assumption) -> bool {
        self.0 & 1 << assumption as u32 != 0
    }

    /// The set without one.
    #[must_use]
    pub const fn without(self, assumption: Assumption) -> Assumptions {
        Assumptions(self.0 & !(1 << assumption as u32))
    }

    /// Whether everything is in force that makes a device's store through a hold doubtful.
    #[must_use]
    pub(crate) const fn holds_are_loose(self) -> bool {
        self.has(Assumption::ReferenceDoesNotHold)
            && self.has(Assumption::PinOfSharedPage)
            && self.has(Assumption::HoldOfDiscardedPage)
            && self.has(Assumption::ExclusiveUntracked)
    }

    /// What both have in force.
    #[must_use]
    pub const fn and(self, other: Assumptions) -> Assumptions {
        Assumptions(self.0 & other.0)
    }

    /// Those that are not in force, in the order of the table.
    pub fn off(self) -> impl Iterator<Item = Assumption> {
        Assumption::ALL.iter().copied().filter(move |a| !self.has(*a))
    }
}

impl Default for Assumptions {
    fn default() -> Assumptions {
        Assumptions::ALL
    }
}

impl core::fmt::Debug for Assumptions {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("all")?;
        self.off().try_for_each(|a| write!(f, " but {}", a.id()))
    }
}
