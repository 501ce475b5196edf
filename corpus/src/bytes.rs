//! The byte form: what fuzzers mutate.
//!
//! ```text
//! 0        version, 1
//! 1        actors - 1 (2 bits), last actor is kswapd (bit 2), swap device (bits 4-5), kernel profile (bits 6-7)
//! 2        knobs, each as its distance from the profile's value, so that 0 means "as the profile has it":
//!          migration entry (2 bits), swap-in, reclaim batch, fault reference, sticky device flags
//! 3        shared pages (3 bits), device frames missing (bits 4-5)
//! 4        number of operation records
//! 5..      operation records, 2 bytes each: kind | actor << 6, argument
//! ..end    schedule records, 2 bytes each: who, how often
//! ```
//!
//! Decoding is total: every byte string that starts with a known version is a case (numbers are reduced modulo what
//! exists, missing bytes are zero, an odd byte at the end is dropped), so a small edit stays small. Encoding writes
//! the canonical string, and decoding that gives the same case back. Kinds are taken modulo 16 and two numbers are
//! free, so that a new kind of operation changes no old file.

use crate::{Case, MAX_RUN};
use model::{
    ActorKind, Config, DEVICE_FRAMES, Hardware, Knobs, MigrationEntryBits, Op, OpKind, Profile, ReclaimBatch,
    Swap, SwapIn, Transition,
};

/// The version that [`encode`] writes.
pub const VERSION: u8 = 1;

/// Why bytes are not a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// There is no first byte.
    #[error("empty input: expected at least the format's version byte ({VERSION})")]
    Empty,
    /// The first byte names a version that this program does not know.
    #[error("unknown format version {0}: this program reads version {VERSION}")]
    UnknownVersion(u8),
}

const HEADER: usize = 5;

/// Decodes a case.
///
/// # Errors
/// Only for an empty input or an unknown version.
pub fn decode(bytes: &[u8]) -> Result<Case, DecodeError> {
    match bytes.first() {
        None => Err(DecodeError::Empty),
        Some(&VERSION) => Ok(decode_v1(bytes)),
        Some(&v) => Err(DecodeError::UnknownVersion(v)),
    }
}

fn decode_v1(bytes: &[u8]) -> Case {
    let at = |i: usize| bytes.get(i).copied().unwrap_or(0);
    let mut case = Case::default();
    let actors = (at(1) & 3) + 1;
    case.programs.actors = actors;
    if at(1) & 4 != 0 && actors > 1 {
        case.programs.kinds[actors as usize - 1] = ActorKind::Kswapd;
    }
    let profile = Profile::ALL[(at(1) >> 6) as usize % Profile::ALL.len()];
    case.config = Config {
        profile,
        knobs: knobs_from(profile.knobs(), at(2)),
        hardware: Hardware::Hw0,
        swap: SWAPS[(at(1) >> 4 & 3) as usize % SWAPS.len()],
        shared: at(3) & 7,
        device_frames: DEVICE_FRAMES as u8 - (at(3) >> 4 & 3),
    };
    let rest = bytes.get(HEADER..).unwrap_or(&[]);
    let ops = (at(4) as usize).min(rest.len() / 2);
    let (ops, schedule) = rest.split_at(ops * 2);
    for record in ops.as_chunks::<2>().0 {
        let kind = OpKind::ALL[(record[0] & 15) as usize % OpKind::ALL.len()];
        let actor = (record[0] >> 6) % actors;
        case.programs.push(actor as usize, Op::new(kind, record[1]));
    }
    for record in schedule.as_chunks::<2>().0 {
        let index = record[0] % 16 % Transition::COUNT;
        let who = Transition::from_index(index).expect("reduced to what exists");
        case.schedule.push(who, times_from(record[1]) as usize);
    }
    case.repair();
    case
}

/// Encodes a case.
#[must_use]
pub fn encode(case: &Case) -> Vec<u8> {
    let p = &case.programs;
    let c = &case.config;
    let last_is_kswapd = p.actors > 1 && p.kinds[p.actors as usize - 1] == ActorKind::Kswapd;
    let position = |x: bool| u8::from(x);
    let mut out = vec![
        VERSION,
        (p.actors - 1)
            | position(last_is_kswapd) << 2
            | index_of(&SWAPS, &c.swap) << 4
            | index_of(&Profile::ALL, &c.profile) << 6,
        knobs_to(c.profile.knobs(), c.knobs),
        c.shared | (DEVICE_FRAMES as u8 - c.device_frames) << 4,
        p.total() as u8,
    ];
    for actor in 0..p.actors as usize {
        for op in p.of(actor) {
            out.push(op.kind as u8 | (actor as u8) << 6);
            out.push(op.arg);
        }
    }
    for run in case.schedule.runs() {
        out.push(run.who.index());
        out.push(times_to(run.times));
    }
    out
}

const SWAPS: [Swap; 3] = [Swap::NullBlk, Swap::Disk, Swap::RamDisk];
const ENTRY_BITS: [MigrationEntryBits; 3] =
    [MigrationEntryBits::None, MigrationEntryBits::Gated, MigrationEntryBits::Ungated];

fn index_of<T: PartialEq>(all: &[T], one: &T) -> u8 {
    all.iter().position(|x| x == one).expect("every value is in its table") as u8
}

/// Short runs are frequent and long ones possible: 1 to 8 for three quarters of the bytes, any length for the rest.
fn times_from(byte: u8) -> u8 {
    if byte < 192 { 1 + byte % 8 } else { 1 + (byte - 192) % MAX_RUN }
}

fn times_to(times: u8) -> u8 {
    if times <= 8 { times - 1 } else { 191 + times }
}

fn knobs_from(base: Knobs, byte: u8) -> Knobs {
    let entry = (index_of(&ENTRY_BITS, &base.migration_entry) + (byte & 3)) as usize % ENTRY_BITS.len();
    let flip = |on: bool, bit: u8| on != (byte & 1 << bit != 0);
    Knobs {
        migration_entry: ENTRY_BITS[entry],
        swap_in: if flip(base.swap_in == SwapIn::WritableClean, 2) {
            SwapIn::WritableClean
        } else {
            SwapIn::ReadOnly
        },
        reclaim_batch: if flip(base.reclaim_batch == ReclaimBatch::All, 3) {
            ReclaimBatch::All
        } else {
            ReclaimBatch::NonExclusive
        },
        fault_page_ref: flip(base.fault_page_ref, 4),
        sticky_device_flags: flip(base.sticky_device_flags, 5),
    }
}

fn knobs_to(base: Knobs, knobs: Knobs) -> u8 {
    let n = ENTRY_BITS.len() as u8;
    let entry =
        (index_of(&ENTRY_BITS, &knobs.migration_entry) + n - index_of(&ENTRY_BITS, &base.migration_entry)) % n;
    entry
        | u8::from(knobs.swap_in != base.swap_in) << 2
        | u8::from(knobs.reclaim_batch != base.reclaim_batch) << 3
        | u8::from(knobs.fault_page_ref != base.fault_page_ref) << 4
        | u8::from(knobs.sticky_device_flags != base.sticky_device_flags) << 5
}

impl<'a> arbitrary::Arbitrary<'a> for Case {
    /// All the bytes that are left, as a case of the current version.
    fn arbitrary(u: &mut arbitrary::Unstructured<'a>) -> arbitrary::Result<Case> {
        let n = u.len();
        Ok(Case::from_unversioned(u.bytes(n)?))
    }

    fn arbitrary_take_rest(u: arbitrary::Unstructured<'a>) -> arbitrary::Result<Case> {
        Ok(Case::from_unversioned(u.take_rest()))
    }

    fn size_hint(_depth: usize) -> (usize, Option<usize>) {
        (0, None)
    }
}

impl Case {
    /// Decodes bytes whose version byte, if any, is replaced by the current one: every string is a case.
    #[must_use]
    pub fn from_unversioned(bytes: &[u8]) -> Case {
        decode_v1(bytes)
    }
}
