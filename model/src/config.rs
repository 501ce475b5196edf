//! The knobs of a case: which kernel surrounds the operation, which hardware, which swap device.

use crate::Hardware;

/// The kind of swap device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Swap {
    /// Swap cache in use, writeback completes in the submitter's context (null_blk, irqmode=0).
    #[default]
    NullBlk,
    /// Swap cache in use, writeback completes later and by itself (a disk).
    Disk,
    /// `SWP_SYNCHRONOUS_IO` (zram, brd): see [`SyncSwapIn`].
    RamDisk,
}

/// What a migration entry remembers of A and D, and when it gives D back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum MigrationEntryBits {
    /// Neither A nor D (before 6.1).
    #[default]
    None,
    /// A and D (2e3468778dbe, 6.1); D is restored only if the folio is dirty too.
    Gated,
    /// A and D, and D is restored without asking the folio (no shipped kernel: the mutant "bugE").
    Ungated,
}

impl MigrationEntryBits {
    /// All values. The position is the value's number in the byte form of a case, and never changes.
    pub const ALL: [MigrationEntryBits; 3] =
        [MigrationEntryBits::None, MigrationEntryBits::Gated, MigrationEntryBits::Ungated];

    /// The names in cases, on the command line and in the files of versions, in the order of [`Self::ALL`].
    pub const NAMES: [&'static str; 3] = ["none", "gated", "ungated"];
}

/// How a read fault maps an exclusive page that it swaps in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SwapIn {
    /// Read-only and clean (up to 6.10): the first store takes a fault.
    #[default]
    ReadOnly,
    /// Writable and clean (since mid-2024): the first store sets D in hardware.
    WritableClean,
}

/// Which unmapped pages reclaim flushes in a batch instead of one by one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ReclaimBatch {
    /// Pages that are not exclusive (5.19 and 6.0).
    #[default]
    NonExclusive,
    /// All pages (up to 5.18, and since 6.1).
    All,
}

/// When mprotect to writable makes an anonymous entry writable without waiting for a fault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum MprotectUpgrade {
    /// Never (5.18).
    Never,
    /// If the page is exclusive and the entry dirty (5.19 to 6.1).
    #[default]
    Dirty,
    /// If the page is exclusive: another source of writable and clean entries (since 6.2 or so).
    Exclusive,
}

/// Which flags a device page keeps for its next user when it is freed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum StickyFlags {
    /// None.
    Off,
    /// PG_swapbacked; PG_dirty is cleared when the page is handed out (7.0).
    SwapBacked,
    /// PG_dirty and PG_swapbacked (`free_zone_device_page`, up to 6.1).
    #[default]
    All,
}

/// What a swap-in from a synchronous device does about the swap cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SyncSwapIn {
    /// A slot with one user bypasses the swap cache (up to 6.x).
    #[default]
    Bypass,
    /// The swap cache is used, and the slot is freed at once (7.0).
    FreeAtOnce,
}

/// A named kernel release: a set of knob values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Profile {
    /// Linux 6.0.
    #[default]
    V6_0,
    /// Linux 6.1.192 (stable).
    V6_1_192,
    /// Linux 5.18, the last one without PG_anon_exclusive.
    V5_18,
    /// Linux 5.19.
    V5_19,
    /// Linux 6.1.
    V6_1,
    /// Linux 7.0-rc6.
    V7_0Rc6,
    /// Linux 7.3.
    V7_3,
}

impl Profile {
    /// All profiles. The position is the profile's number in the byte form of a case, and never changes.
    pub const ALL: [Profile; 7] = [
        Profile::V6_0,
        Profile::V6_1_192,
        Profile::V5_18,
        Profile::V5_19,
        Profile::V6_1,
        Profile::V7_0Rc6,
        Profile::V7_3,
    ];

    /// The name in cases and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Profile::V5_18 => "5.18",
            Profile::V5_19 => "5.19",
            Profile::V6_0 => "6.0",
            Profile::V6_1 => "6.1",
            Profile::V6_1_192 => "6.1.192",
            Profile::V7_0Rc6 => "7.0-rc6",
            Profile::V7_3 => "7.3",
        }
    }

    /// A release by its name.
    #[must_use]
    pub fn named(name: &str) -> Option<Profile> {
        Profile::ALL.into_iter().find(|p| p.name() == name)
    }

    /// Whether a swap-in frees the slot before it maps the page, drains this CPU's batches for a store, and
    /// so sees by the references that a page is the process's own (6.1, `do_swap_page`). 7.2 and 7.3 map it
    /// first and go by the swap entry alone; a page that is the process's own all the same is reused by
    /// `wp_can_reuse_anon_folio`, which allows for a reference of one batch, not of two.
    #[must_use]
    pub const fn swap_in_counts_references(self) -> bool {
        !matches!(self, Profile::V7_0Rc6 | Profile::V7_3)
    }

    /// Whether a device-exclusive entry has no protection of its own and comes back as the VMA and the folio
    /// say (7.2 and 7.3, `restore_exclusive_pte`): writable where mprotect would make it so, dirty if the
    /// folio is. Before, the entry says both.
    #[must_use]
    pub const fn restores_exclusive_by_vma(self) -> bool {
        matches!(self, Profile::V7_0Rc6 | Profile::V7_3)
    }

    /// The values that this release gives to the knobs.
    #[must_use]
    pub const fn knobs(self) -> Knobs {
        match self {
            Profile::V5_18 => Knobs {
                exclusive: false,
                reclaim_batch: ReclaimBatch::All,
                mprotect: MprotectUpgrade::Never,
                ..Profile::V6_0.knobs()
            },
            Profile::V5_19 | Profile::V6_0 => Knobs {
                exclusive: true,
                migration_entry: MigrationEntryBits::None,
                swap_in: SwapIn::ReadOnly,
                reclaim_batch: ReclaimBatch::NonExclusive,
                mprotect: MprotectUpgrade::Dirty,
                free_swap_on_migrate: false,
                write_frees_slot: false,
                pinned_stays_lazyfree: false,
                sync_swap_in: SyncSwapIn::Bypass,
                fault_page_ref: false,
                sticky: StickyFlags::All,
                double_flush: false,
                driver_dirties: true,
            },
            Profile::V6_1 | Profile::V6_1_192 => Knobs {
                migration_entry: MigrationEntryBits::Gated,
                reclaim_batch: ReclaimBatch::All,
                fault_page_ref: true,
                ..Profile::V6_0.knobs()
            },
            Profile::V7_3 => Knobs { write_frees_slot: true, ..Profile::V7_0Rc6.knobs() },
            Profile::V7_0Rc6 => Knobs {
                swap_in: SwapIn::WritableClean,
                mprotect: MprotectUpgrade::Exclusive,
                free_swap_on_migrate: true,
                pinned_stays_lazyfree: true,
                sync_swap_in: SyncSwapIn::FreeAtOnce,
                sticky: StickyFlags::SwapBacked,
                ..Profile::V6_1.knobs()
            },
        }
    }
}

/// The independent knobs behind a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Knobs {
    /// PG_anon_exclusive exists: a writable anonymous entry maps an exclusive page (6c287605fd56, 5.19).
    pub exclusive: bool,
    /// A and D in migration entries.
    pub migration_entry: MigrationEntryBits,
    /// How a read swap-in maps an exclusive page.
    pub swap_in: SwapIn,
    /// Batched flushing in reclaim.
    pub reclaim_batch: ReclaimBatch,
    /// When mprotect makes an entry writable.
    pub mprotect: MprotectUpgrade,
    /// A device target tries to free the swap slot of a page in the swap cache before it refuses it (after
    /// 6.4).
    pub free_swap_on_migrate: bool,
    /// A write-fault swap-in tries to free the slot if the swap entry is exclusive, whatever references the
    /// page (7.3, `should_try_to_free_swap`); otherwise only if nothing but the swap cache and the fault
    /// references the page (up to 7.2).
    pub write_frees_slot: bool,
    /// Reclaim that finds an unexpected reference on a clean lazyfree page leaves it lazyfree; otherwise it
    /// becomes swap-backed again.
    pub pinned_stays_lazyfree: bool,
    /// Swap-in from a synchronous device.
    pub sync_swap_in: SyncSwapIn,
    /// A CPU fault on a device-private page holds a reference on it while the driver migrates it back
    /// (16ce101db85d, 6.1).
    pub fault_page_ref: bool,
    /// What a freed device page keeps.
    pub sticky: StickyFlags,
    /// Every shoot-down is done twice: the cure of CVE-2025-10263 (cfd391e74134).
    pub double_flush: bool,
    /// The driver marks a page dirty when its device has stored to it through the mirror. `lib/test_hmm.c`
    /// does not.
    pub driver_dirties: bool,
}

impl Default for Knobs {
    fn default() -> Self {
        Profile::default().knobs()
    }
}

/// Everything about a case that does not change while it runs, its programs aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Config {
    /// The release that the knobs started from.
    pub profile: Profile,
    /// The knobs in force.
    pub knobs: Knobs,
    /// The CPU.
    pub hardware: Hardware,
    /// The swap device.
    pub swap: Swap,
    /// Pages (a bit each) that start as a fork whose child has exited leaves them: written, mapped read-only
    /// and dirty, not exclusive.
    pub shared: u8,
    /// Pages (a bit each) that start as the pages of one large folio: written, mapped writable (read-only and
    /// not exclusive if they are shared too) and dirty.
    pub large: u8,
    /// How many device frames the driver can hand out, at most [`crate::DEVICE_FRAMES`].
    pub device_frames: u8,
}

impl Config {
    /// A configuration as `profile` gives it, with all device frames and no page mapped.
    #[must_use]
    pub const fn of(profile: Profile) -> Config {
        Config {
            profile,
            knobs: profile.knobs(),
            hardware: Hardware::Hw0,
            swap: Swap::NullBlk,
            shared: 0,
            large: 0,
            device_frames: crate::DEVICE_FRAMES as u8,
        }
    }
}

impl Config {
    /// Whether the machine around the operation keeps what every version relies on: a CPU that never lets a
    /// store through without D being final at the clear, shoot-downs after which no translated store is under
    /// way, a driver that marks what its device wrote. Elsewhere even a correct version may lose.
    #[must_use]
    pub const fn keeps_contract(&self) -> bool {
        let mode = self.hardware.mode();
        let dirty = mode.clean_hit_walks && mode.dirty_first && mode.atomic;
        let flush = mode.flush_waits_for_access || self.knobs.double_flush;
        dirty && flush && self.knobs.driver_dirties
    }
}

impl Default for Config {
    fn default() -> Self {
        Config::of(Profile::default())
    }
}
