//! The knobs of a case: which kernel surrounds the operation, which hardware, which swap device.

/// How the CPU maintains the dirty bit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Hardware {
    /// HW-0: D is set by an atomic update that re-checks P and W in the page table, before the store. What
    /// x86, Arm FEAT_HAFDBS and RISC-V Svadu do (Intel SDM 4.8, Arm ARM R_SGJBL, Svadu 1.0).
    #[default]
    Hw0,
}

/// The kind of swap device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Swap {
    /// Swap cache in use, writeback completes in the submitter's context (null_blk, irqmode=0).
    #[default]
    NullBlk,
    /// Swap cache in use, writeback completes later and by itself (a disk).
    Disk,
    /// `SWP_SYNCHRONOUS_IO` (zram, brd): a swap-in of a slot with one user bypasses the swap cache.
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
    /// All pages (6.1).
    All,
}

/// A named kernel release: a set of knob values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Profile {
    /// Linux 6.0.
    #[default]
    V6_0,
    /// Linux 6.1.192 (stable).
    V6_1_192,
}

impl Profile {
    /// All profiles, oldest first.
    pub const ALL: [Profile; 2] = [Profile::V6_0, Profile::V6_1_192];

    /// The name in cases and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Profile::V6_0 => "6.0",
            Profile::V6_1_192 => "6.1.192",
        }
    }

    /// The values that this release gives to the knobs.
    #[must_use]
    pub const fn knobs(self) -> Knobs {
        match self {
            Profile::V6_0 => Knobs {
                migration_entry: MigrationEntryBits::None,
                swap_in: SwapIn::ReadOnly,
                reclaim_batch: ReclaimBatch::NonExclusive,
                fault_page_ref: false,
                sticky_device_flags: true,
            },
            Profile::V6_1_192 => Knobs {
                migration_entry: MigrationEntryBits::Gated,
                swap_in: SwapIn::ReadOnly,
                reclaim_batch: ReclaimBatch::All,
                fault_page_ref: true,
                sticky_device_flags: true,
            },
        }
    }
}

/// The independent knobs behind a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Knobs {
    /// A and D in migration entries.
    pub migration_entry: MigrationEntryBits,
    /// How a read swap-in maps an exclusive page.
    pub swap_in: SwapIn,
    /// Batched flushing in reclaim.
    pub reclaim_batch: ReclaimBatch,
    /// A CPU fault on a device-private page holds a reference on it while the driver migrates it back
    /// (16ce101db85d, 6.1).
    pub fault_page_ref: bool,
    /// A freed device page keeps PG_dirty and PG_swapbacked for its next user (`free_zone_device_page`, 6.1).
    pub sticky_device_flags: bool,
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
    /// How many device frames the driver can hand out, at most [`crate::DEVICE_FRAMES`].
    pub device_frames: u8,
}

impl Config {
    /// A configuration as `profile` gives it, with all device frames and no shared page.
    #[must_use]
    pub const fn of(profile: Profile) -> Config {
        Config {
            profile,
            knobs: profile.knobs(),
            hardware: Hardware::Hw0,
            swap: Swap::NullBlk,
            shared: 0,
            device_frames: crate::DEVICE_FRAMES as u8,
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Config::of(Profile::default())
    }
}
