//! The knobs by name: one table that the text form, the byte form and the command line share.

use model::{Knobs, MigrationEntryBits, MprotectUpgrade, ReclaimBatch, StickyFlags, Swap, SwapIn, SyncSwapIn};

/// A knob of the kernel: its name, the names of its values, and how to turn it.
pub struct Knob {
    /// The name in cases and on the command line.
    pub name: &'static str,
    /// The values' names. The position is the value's number in the byte form, and never changes.
    pub values: &'static [&'static str],
    get: fn(&Knobs) -> usize,
    set: fn(&mut Knobs, usize),
}

impl std::fmt::Debug for Knob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl Knob {
    /// The number of the value in force.
    #[must_use]
    pub fn get(&self, knobs: &Knobs) -> usize {
        (self.get)(knobs)
    }

    /// Turns the knob to a value, its number taken modulo how many there are.
    pub fn set(&self, knobs: &mut Knobs, value: usize) {
        (self.set)(knobs, value % self.values.len());
    }

    /// How many bits the value takes in the byte form.
    pub(crate) fn bits(&self) -> u32 {
        if self.values.len() > 2 { 2 } else { 1 }
    }
}

fn place<T: PartialEq>(all: &[T], one: &T) -> usize {
    all.iter().position(|x| x == one).expect("every value is in its table")
}

macro_rules! knob {
    ($name:literal, $field:ident, switch) => {
        Knob {
            name: $name,
            values: &["off", "on"],
            get: |k| usize::from(k.$field),
            set: |k, n| k.$field = n == 1,
        }
    };
    ($name:literal, $field:ident, $([$word:literal, $value:expr]),+) => {
        Knob {
            name: $name,
            values: &[$($word),+],
            get: |k| place(&[$($value),+], &k.$field),
            set: |k, n| k.$field = [$($value),+][n],
        }
    };
}

/// Every knob. The order is that of the byte form, and never changes.
pub static KNOBS: [Knob; 13] = [
    Knob {
        name: "migration-entry",
        values: &MigrationEntryBits::NAMES,
        get: |k| place(&MigrationEntryBits::ALL, &k.migration_entry),
        set: |k, n| k.migration_entry = MigrationEntryBits::ALL[n],
    },
    knob!("swap-in", swap_in, ["read-only", SwapIn::ReadOnly], ["writable-clean", SwapIn::WritableClean]),
    knob!(
        "reclaim-batch",
        reclaim_batch,
        ["non-exclusive", ReclaimBatch::NonExclusive],
        ["all", ReclaimBatch::All]
    ),
    knob!("fault-ref", fault_page_ref, switch),
    knob!(
        "sticky",
        sticky,
        ["off", StickyFlags::Off],
        ["on", StickyFlags::All],
        ["swap-backed", StickyFlags::SwapBacked]
    ),
    knob!("exclusive", exclusive, switch),
    knob!(
        "mprotect",
        mprotect,
        ["never", MprotectUpgrade::Never],
        ["dirty", MprotectUpgrade::Dirty],
        ["exclusive", MprotectUpgrade::Exclusive]
    ),
    knob!("migrate-frees-swap", free_swap_on_migrate, switch),
    knob!("write-frees-slot", write_frees_slot, switch),
    knob!("pinned-stays-lazyfree", pinned_stays_lazyfree, switch),
    knob!("sync-swap-in", sync_swap_in, ["bypass", SyncSwapIn::Bypass], ["free", SyncSwapIn::FreeAtOnce]),
    Knob {
        name: "flush",
        values: &["single", "double"],
        get: |k| usize::from(k.double_flush),
        set: |k, n| k.double_flush = n == 1,
    },
    knob!("driver-dirties", driver_dirties, switch),
];

/// A knob by name.
#[must_use]
pub fn knob(name: &str) -> Option<&'static Knob> {
    KNOBS.iter().find(|k| k.name == name)
}

/// Every swap device by name. The order is that of the byte form, and never changes.
pub const SWAPS: [(&str, Swap); 3] =
    [("nullblk", Swap::NullBlk), ("disk", Swap::Disk), ("ramdisk", Swap::RamDisk)];
