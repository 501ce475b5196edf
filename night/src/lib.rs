//! The nightly job: numbered work on every version, a journal that survives being killed, and a verdict by
//! rules that are data.
//!
//! A night is a sequence of numbered chunks ([`Plan`]). What a chunk does depends on its number, the night's
//! seed and the cases that it began with, and on nothing else, so that a night that was killed goes on as if
//! nothing had happened: what is in the journal ([`Ledger`]) is done, the rest is run. The journal holds
//! facts; what they are worth ([`Policy`]) is decided when a report is made.

mod chunk;
mod class;
mod compare;
mod dedup;
mod draw;
mod families;
mod files;
mod ledger;
mod night;
mod outside;
mod plan;
mod policy;
mod report;
mod seeds;
mod small;

pub use chunk::{ChunkRecord, Count, Kept, Record};
pub use compare::{Compared, Previous};
pub use dedup::timeline_key;
pub use families::FamiliesReport;
pub use files::{FILES, Files};
pub use ledger::{Ledger, LedgerError};
pub use night::{Limits, Night, NightOptions, Sofar};
pub use outside::is_key;
pub use plan::{Chunk, LANES, LaneKind, LaneSize, Plan};
pub use policy::{Canary, Colour, DEFAULT_POLICY, Kind, Policy, Rules};
pub use report::{
    CanaryReport, CanaryState, FindingReport, LaneReport, LossReport, OwnReport, REPORT_FORMAT, Report, Status,
};
pub use seeds::{Seeds, read_seeds};

pub(crate) use explore::journal::digest as hash;

/// A name for a text: the same for the same text, everywhere.
#[must_use]
pub fn name(text: &str) -> String {
    hash(text, 16)
}
