//! How a CPU keeps the dirty bit: one file per mode, each saying what it stands for.
//!
//! A mode is a handful of rules. What they do is in `exec/access.rs` (translation, D update, data access)
//! and, for shoot-downs, in `step.rs` and `exec/flush.rs`; the files here only choose.

mod hw0;
mod software_dirty;
mod w1_blind_store;
mod w2_late_dirty;
mod w3_stray_dirty;
mod w4_plain_rmw;
mod w5_no_write_recheck;
mod w7_late_store;

/// The rules by which modes differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Mode {
    /// The name in cases and on the command line.
    pub name: &'static str,
    /// What the mode does differently, in a line.
    pub title: &'static str,
    /// The machine, erratum or text that it stands for.
    pub stands_for: &'static str,
    /// The hardware sets D. Otherwise a store needs D in the entry, and faults without it.
    pub sets_dirty: bool,
    /// A store through a *cached* entry with W=1, D=0 looks at the page table. Otherwise it goes through, and
    /// D is never set.
    pub clean_hit_walks: bool,
    /// D is set before the data access. Otherwise after it, in whatever the word is by then.
    pub dirty_first: bool,
    /// The D update re-checks P (and the frame). Otherwise it sets A and D first and finds out afterwards.
    pub rechecks_present: bool,
    /// The D update re-checks W. Otherwise it sets D in a read-only entry and finds out afterwards.
    pub rechecks_write: bool,
    /// The D update is one locked read-modify-write. Otherwise it is a load, and later a store of the whole
    /// word.
    pub atomic: bool,
    /// The answer to a shoot-down waits for accesses that are already translated.
    pub flush_waits_for_access: bool,
}

/// The CPU of a case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Hardware {
    /// `hw0`: the contract that Linux relies on.
    #[default]
    Hw0,
    /// `sw-dirty`: D is set by the fault handler.
    SoftwareDirty,
    /// `w1`: blind store.
    BlindStore,
    /// `w2`: late D.
    LateDirty,
    /// `w3`: stray A and D.
    StrayDirty,
    /// `w4`: plain read-modify-write.
    PlainRmw,
    /// `w5`: D without a re-check of W.
    NoWriteRecheck,
    /// `w7`: late store against the flush.
    LateStore,
}

impl Hardware {
    /// Every mode. The position is the mode's number in the byte form of a case, and never changes.
    pub const ALL: [Hardware; 8] = [
        Hardware::Hw0,
        Hardware::SoftwareDirty,
        Hardware::BlindStore,
        Hardware::LateDirty,
        Hardware::StrayDirty,
        Hardware::PlainRmw,
        Hardware::NoWriteRecheck,
        Hardware::LateStore,
    ];

    /// Its rules.
    #[must_use]
    pub const fn mode(self) -> Mode {
        match self {
            Hardware::Hw0 => hw0::MODE,
            Hardware::SoftwareDirty => software_dirty::MODE,
            Hardware::BlindStore => w1_blind_store::MODE,
            Hardware::LateDirty => w2_late_dirty::MODE,
            Hardware::StrayDirty => w3_stray_dirty::MODE,
            Hardware::PlainRmw => w4_plain_rmw::MODE,
            Hardware::NoWriteRecheck => w5_no_write_recheck::MODE,
            Hardware::LateStore => w7_late_store::MODE,
        }
    }

    /// Its name in cases and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.mode().name
    }
}
