//! The machine that lostwrite steps: page table, TLBs, folios, swap, and the kernel's operations as listings.
//!
//! A [`Machine`] is everything that two actors can observe, plus each actor's registers: one small `Copy + Eq
//! + Hash` value without heap. [`World`] is what does not change while it runs: the configuration, the
//! programs, and the [`Code`] linked from the [listings](listing). [`Machine::step`] takes one atomic step of
//! one actor; which actor moves next is the caller's choice among [`Machine::enabled`].
//!
//! Memory is sequentially consistent. No step allocates, reads a clock or draws a random number.

mod action;
mod assumption;
mod code;
mod config;
mod exec;
mod folio;
mod footprint;
mod hardware;
pub mod listing;
mod machine;
mod op;
mod parts;
mod pte;
mod shadow;
mod step;
mod symmetry;
mod tlb;

pub use action::Action;
pub use assumption::{Assumption, Assumptions};
pub use code::{Code, Entries, Instr, LinkError, Pc};
pub use config::{
    Config, Knobs, MigrationEntryBits, MprotectUpgrade, Profile, ReclaimBatch, StickyFlags, Swap, SwapIn,
    SyncSwapIn,
};
pub use folio::{Data, Folio, NO_SLOT, SwapSlot};
pub use footprint::{Footprint, Object, ObjectKind, Objects, Prospects};
pub use hardware::{Hardware, Mode};
pub(crate) use machine::Frames;
pub use machine::{Actor, Child, IMAGE, Image, Machine, Source};
pub use op::{ActorKind, Kinds, Op, OpKind, Programs};
pub use parts::{PARTS, Part, changed_parts, part, put_part};
pub use pte::{Pte, PteKind};
pub use shadow::{InFlight, Shadow, Word};
pub use step::{Enabled, Event, Flaw, Happened, Transition, World};
pub use symmetry::Renaming;
pub use tlb::TlbEntry;

/// The most actors in a case.
pub const ACTORS: usize = 4;
/// Address spaces: the parent's, and that of a child that it forks.
pub const MMS: usize = 2;
/// Pages in an address space.
pub const PAGES: usize = 3;
/// Frames of system memory, numbered from 0.
pub const SYSTEM_FRAMES: usize = 8;
/// Frames of device memory, numbered after the system's.
pub const DEVICE_FRAMES: usize = 3;
/// All frames that a folio can stand in.
pub const FRAMES: usize = SYSTEM_FRAMES + DEVICE_FRAMES;
/// Swap slots.
pub const SLOTS: usize = 4;
/// The most operations in one actor's program.
pub const MAX_OPS: usize = 32;
/// What a page that starts mapped (see [`Config::shared`] and [`Config::large`]) holds in every word.
pub const SHARED_VALUE: u8 = 99;

/// A frame number. [`ZERO_FRAME`] is the zero page, which is no folio here.
pub type Frame = u8;
/// A swap slot number.
pub type Slot = u8;

/// The zero page's frame number.
pub const ZERO_FRAME: Frame = 15;
/// "No frame" in an actor's registers.
pub const NO_FRAME: Frame = 14;

/// A frame's name in timelines: `f0` and up for system memory, `d0` and up for device memory, `zero`.
#[must_use]
pub const fn frame_name(frame: Frame) -> &'static str {
    const NAMES: [&str; 16] =
        ["f0", "f1", "f2", "f3", "f4", "f5", "f6", "f7", "d0", "d1", "d2", "?", "?", "?", "-", "zero"];
    NAMES[frame as usize & 15]
}

/// Whether a frame is device memory.
#[must_use]
pub const fn is_device(frame: Frame) -> bool {
    frame as usize >= SYSTEM_FRAMES && (frame as usize) < FRAMES
}
