//! The byte form: what fuzzers mutate.
//!
//! ```text
//! 0        version, 2
//! 1        actors - 1 (2 bits), behind the CPUs come: kswapd (bit 2), a DMA device (bit 3), swap device (bits 4-5)
//! 2        kernel release (bits 0-3), CPU (bits 4-7)
//! 3, 4     knobs, low byte first, in the order of `KNOBS`, one bit for two values and two bits for three: each as its distance from
//!          the release's value, so that 0 means "as the release has it"
//! 5        shared pages (3 bits), device frames missing (bits 4-5)
//! 6        pages of a large folio (3 bits)
//! 7        number of operation records
//! 8..      operation records, 2 bytes each: kind (6 bits) | actor << 6, argument
//! ..end    schedule records, 2 bytes each: who, how often
//! ```
//!
//! Version 1 had a header of 5 bytes, two releases, one CPU and the first 14 kinds; it decodes to the same
//! cases as ever.
//!
//! Decoding is total: every byte string that starts with a known version is a case (numbers are reduced
//! modulo what exists, missing bytes are zero, an odd byte at the end is dropped), so a small edit stays
//! small. Encoding writes the canonical string, and decoding that gives the same case back. A new kind of
//! operation takes the next number, so that it changes no canonical string that is there already.

use crate::knobs::{KNOBS, SWAPS};
use crate::{Case, MAX_RUN, MAX_RUNS};
use model::{ACTORS, ActorKind, Config, DEVICE_FRAMES, Hardware, Knobs, MAX_OPS, Op, OpKind, Profile, Transition};

/// The version that [`encode`] writes.
pub const VERSION: u8 = 2;

/// The bytes before the first record; the last of them counts the operation records.
pub const HEADER: usize = 8;

/// The most bytes that [`encode`] writes: every program full, and every run of the schedule taken. A longer
/// input is not canonical.
pub const MAX_LEN: usize = HEADER + 2 * (ACTORS * MAX_OPS + MAX_RUNS);

/// Why bytes are not a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// There is no first byte.
    #[error("empty input: expected at least the format's version byte ({VERSION})")]
    Empty,
    /// The first byte names a version that this program does not know.
    #[error("unknown format version {0}: this program reads versions 1 to {VERSION}")]
    UnknownVersion(u8),
}

/// Decodes a case.
///
/// # Errors
/// Only for an empty input or an unknown version.
pub fn decode(bytes: &[u8]) -> Result<Case, DecodeError> {
    match bytes.first() {
        None => Err(DecodeError::Empty),
        Some(1) => Ok(decode_v1(bytes)),
        Some(&VERSION) => Ok(decode_v2(bytes)),
        Some(&v) => Err(DecodeError::UnknownVersion(v)),
    }
}

/// What the records of a version may say.
struct Layout {
    header: usize,
    count: usize,
    kind_bits: u8,
    kinds: usize,
}

fn decode_v1(bytes: &[u8]) -> Case {
    let at = |i: usize| bytes.get(i).copied().unwrap_or(0);
    let mut case = Case::default();
    case.programs.actors = (at(1) & 3) + 1;
    let last = case.programs.actors as usize - 1;
    if at(1) & 4 != 0 {
        case.programs.kinds[last] = ActorKind::Kswapd;
    }
    let profile = [Profile::V6_0, Profile::V6_1_192][(at(1) >> 6) as usize % 2];
    let mut knobs = profile.knobs();
    // The first five knobs; the last of them knew two values.
    let deltas = [at(2) & 3, at(2) >> 2 & 1, at(2) >> 3 & 1, at(2) >> 4 & 1, at(2) >> 5 & 1];
    for (knob, delta) in KNOBS.iter().zip(deltas) {
        let values = if knob.name == "sticky" { 2 } else { knob.values.len() };
        knob.set(&mut knobs, (knob.get(&profile.knobs()) + delta as usize) % values);
    }
    case.config = Config {
        knobs,
        swap: SWAPS[(at(1) >> 4 & 3) as usize % SWAPS.len()].1,
        shared: at(3) & 7,
        device_frames: DEVICE_FRAMES as u8 - (at(3) >> 4 & 3),
        ..Config::of(profile)
    };
    records(&mut case, bytes, &Layout { header: 5, count: 4, kind_bits: 15, kinds: 14 });
    case
}

fn decode_v2(bytes: &[u8]) -> Case {
    let at = |i: usize| bytes.get(i).copied().unwrap_or(0);
    let mut case = Case::default();
    case.programs.actors = (at(1) & 3) + 1;
    let mut last = case.programs.actors as usize - 1;
    for (bit, kind) in [(8, ActorKind::Dma), (4, ActorKind::Kswapd)] {
        if at(1) & bit != 0 && last > 0 {
            case.programs.kinds[last] = kind;
            last -= 1;
        }
    }
    let profile = Profile::ALL[(at(2) & 15) as usize % Profile::ALL.len()];
    case.config = Config {
        knobs: knobs_from(profile.knobs(), u16::from_le_bytes([at(3), at(4)])),
        hardware: Hardware::ALL[(at(2) >> 4) as usize % Hardware::ALL.len()],
        swap: SWAPS[(at(1) >> 4 & 3) as usize % SWAPS.len()].1,
        shared: at(5) & 7,
        large: at(6) & 7,
        device_frames: DEVICE_FRAMES as u8 - (at(5) >> 4 & 3),
        ..Config::of(profile)
    };
    records(
        &mut case,
        bytes,
        &Layout { header: HEADER, count: HEADER - 1, kind_bits: 63, kinds: OpKind::ALL.len() },
    );
    case
}

/// The operations and the schedule behind the header.
fn records(case: &mut Case, bytes: &[u8], layout: &Layout) {
    let actors = case.programs.actors;
    let rest = bytes.get(layout.header..).unwrap_or(&[]);
    let ops = (bytes.get(layout.count).copied().unwrap_or(0) as usize).min(rest.len() / 2);
    let (ops, schedule) = rest.split_at(ops * 2);
    for record in ops.as_chunks::<2>().0 {
        let kind = OpKind::ALL[(record[0] & layout.kind_bits) as usize % layout.kinds];
        let actor = (record[0] >> 6) % actors;
        case.programs.push(actor as usize, Op::new(kind, record[1]));
    }
    for record in schedule.as_chunks::<2>().0 {
        let index = record[0] % 16 % Transition::COUNT;
        let who = Transition::from_index(index).expect("reduced to what exists");
        case.schedule.push(who, times_from(record[1]) as usize);
    }
    case.repair();
}

/// Encodes a case.
///
/// # Panics
/// If its schedule is by place: that has no byte form, and has to be resolved on a version first.
#[must_use]
pub fn encode(case: &Case) -> Vec<u8> {
    let p = &case.programs;
    let c = &case.config;
    let has = |kind: ActorKind| u8::from(p.kinds[..p.actors as usize].contains(&kind));
    let swap = SWAPS.iter().position(|(_, s)| *s == c.swap).expect("every value is in its table") as u8;
    let [low, high] = knobs_to(c.profile.knobs(), c.knobs).to_le_bytes();
    let mut out = vec![
        VERSION,
        (p.actors - 1) | has(ActorKind::Kswapd) << 2 | has(ActorKind::Dma) << 3 | swap << 4,
        index_of(&Profile::ALL, &c.profile) | index_of(&Hardware::ALL, &c.hardware) << 4,
        low,
        high,
        c.shared | (DEVICE_FRAMES as u8 - c.device_frames) << 4,
        c.large,
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

fn index_of<T: PartialEq>(all: &[T], one: &T) -> u8 {
    all.iter().position(|x| x == one).expect("every value is in its table") as u8
}

/// Short runs are frequent and long ones possible: 1 to 8 for three quarters of the bytes, any length for the
/// rest.
fn times_from(byte: u8) -> u8 {
    if byte < 192 { 1 + byte % 8 } else { 1 + (byte - 192) % MAX_RUN }
}

fn times_to(times: u8) -> u8 {
    if times <= 8 { times - 1 } else { 191 + times }
}

fn knobs_from(base: Knobs, mut deltas: u16) -> Knobs {
    let mut knobs = base;
    for knob in &KNOBS {
        let delta = deltas & ((1 << knob.bits()) - 1);
        deltas >>= knob.bits();
        knob.set(&mut knobs, knob.get(&base) + delta as usize);
    }
    knobs
}

fn knobs_to(base: Knobs, knobs: Knobs) -> u16 {
    KNOBS.iter().rev().fold(0, |deltas, knob| {
        let n = knob.values.len();
        let delta = (knob.get(&knobs) + n - knob.get(&base)) % n;
        deltas << knob.bits() | delta as u16
    })
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
        decode_v2(bytes)
    }
}
