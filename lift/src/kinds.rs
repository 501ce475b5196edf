//! The kinds of entries, and which conditions of listings tell them apart.

use model::Action;

/// What an entry can be, in the order of the bits of a set.
pub const KINDS: [&str; 8] =
    ["none", "swap", "migration", "device", "device-exclusive", "zero", "normal", "large"];

/// The same on the way to system memory: the upper half of a set.
pub const TO_SYSTEM: u32 = 8;

/// A set of kinds by their names, for both directions.
pub fn set(names: &str) -> Option<u32> {
    names.split(',').try_fold(0, |set, name| {
        let bit = KINDS.iter().position(|kind| *kind == name)?;
        Some(set | 1 << bit | 1 << (bit as u32 + TO_SYSTEM))
    })
}

/// The kinds for one direction alone.
pub const fn way(set: u32, to_system: bool) -> u32 {
    if to_system { set & 0xff00 } else { set & 0x00ff }
}

const fn kinds(bits: u32) -> u32 {
    bits | bits << TO_SYSTEM
}

/// The conditions of listings that ask for the kind of the entry, each with the kinds for which it holds.
pub const CONDITIONS: [(Action, u32); 11] = [
    (Action::PteNone, kinds(0b0000_0001)),
    (Action::PteSwap, kinds(0b0000_0010)),
    (Action::PteMigration, kinds(0b0000_0100)),
    (Action::PteDevice, kinds(0b0000_1000)),
    (Action::PteDeviceExclusive, kinds(0b0001_0000)),
    (Action::PtePresent, kinds(0b1110_0000)),
    (Action::PteZeroPage, kinds(0b0010_0000)),
    (Action::NormalPage, kinds(0b1100_0000)),
    (Action::LargeFolio, kinds(0b1000_0000)),
    // Nothing, or the zero page on the way to the device.
    (Action::CollectHole, 0b0000_0001_0010_0001),
    // A normal page on the way to the device, a device-private entry on the way back.
    (Action::Collectable, 0b0000_1000_1100_0000),
];

/// The kinds for which a condition holds; `None` if it asks for something else.
pub fn of(action: Action) -> Option<u32> {
    CONDITIONS.iter().find(|(a, _)| *a == action).map(|(_, set)| *set)
}

/// A set in words.
pub fn words(set: u32) -> String {
    let named: Vec<_> = KINDS
        .iter()
        .enumerate()
        .filter(|(n, _)| set >> n & 1 == 1 || set >> (n + 8) & 1 == 1)
        .map(|(_, k)| *k)
        .collect();
    named.join(", ")
}
