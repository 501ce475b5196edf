//! A machine in parts: ranges of its bytes, each of which takes few values in a case, and changes in few steps.

use crate::{ACTORS, Actor, FRAMES, Folio, IMAGE, Image, MMS, Machine, PAGES, Shadow, SwapSlot};
use core::mem::offset_of;
use zerocopy::{transmute, transmute_mut, transmute_ref};

/// How many parts a machine has.
pub const PARTS: usize = 2 * ACTORS + FRAMES + 7;

/// A part, as words. What they mean is the machine's business.
pub type Part = [u64; 3];

const BYTES: usize = 8 * IMAGE;

#[derive(Clone, Copy)]
struct Range {
    from: usize,
    len: usize,
}

/// Actors one by one, page tables, legal values, TLBs one by one, folios one by one, slots, and what is left.
static RANGES: [Range; PARTS] = {
    let mut ranges = [Range { from: 0, len: 0 }; PARTS];
    let (mut n, mut from) = (0, 0);
    // In the order of the fields; every part ends where the next one begins.
    let pte = offset_of!(Machine, pte);
    let shadow = offset_of!(Machine, shadow);
    let tlb = offset_of!(Machine, tlb);
    let folios = offset_of!(Machine, folios);
    let slots = offset_of!(Machine, slots);
    while n < PARTS {
        let len = if from < pte {
            size_of::<Actor>()
        } else if from < shadow {
            shadow - from
        } else if from < tlb {
            let left = tlb - from;
            if left < 24 { left } else { 24 }
        } else if from < folios {
            MMS * PAGES
        } else if from < slots {
            size_of::<Folio>()
        } else if from < BYTES - REST {
            BYTES - REST - from
        } else {
            REST
        };
        ranges[n] = Range { from, len };
        from += len;
        n += 1;
    }
    assert!(from == BYTES);
    ranges
};

/// What follows the slots.
const REST: usize = BYTES - offset_of!(Machine, slots) - size_of::<[SwapSlot; crate::SLOTS]>();
const _: () = assert!(size_of::<Shadow>() <= 96 && size_of::<Actor>() <= size_of::<Part>());

/// By word of an image: the parts that reach into it, a bit each.
static REACHING: [u32; IMAGE] = {
    let mut reaching = [0; IMAGE];
    let mut n = 0;
    while n < PARTS {
        let mut word = RANGES[n].from / 8;
        while word * 8 < RANGES[n].from + RANGES[n].len {
            reaching[word] |= 1 << n;
            word += 1;
        }
        n += 1;
    }
    reaching
};

/// A part of an image.
#[inline]
#[must_use]
pub fn part(image: &Image, n: usize) -> Part {
    let bytes: &[u8; BYTES] = transmute_ref!(image);
    let Range { from, len } = RANGES[n];
    let mut part = [0u8; size_of::<Part>()];
    part[..len].copy_from_slice(&bytes[from..from + len]);
    transmute!(part)
}

/// Puts a part in its place.
#[inline]
pub fn put_part(image: &mut Image, n: usize, part: &Part) {
    let bytes: &mut [u8; BYTES] = transmute_mut!(image);
    let part: &[u8; size_of::<Part>()] = transmute_ref!(part);
    let Range { from, len } = RANGES[n];
    bytes[from..from + len].copy_from_slice(&part[..len]);
}

/// The parts in which two images may differ, a bit each.
#[inline]
#[must_use]
pub fn changed_parts(one: &Image, other: &Image) -> u32 {
    const STRIP: usize = 4;
    const { assert!(IMAGE.is_multiple_of(STRIP)) };
    let mut parts = 0;
    for first in (0..IMAGE).step_by(STRIP) {
        if (first..first + STRIP).fold(0, |all, n| all | (one[n] ^ other[n])) != 0 {
            for n in first..first + STRIP {
                parts |= if one[n] == other[n] { 0 } else { REACHING[n] };
            }
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every byte is in one part, and what was taken apart comes together again.
    #[test]
    fn parts_make_the_whole() {
        assert_eq!(RANGES.iter().map(|r| r.len).sum::<usize>(), BYTES);
        assert!(RANGES.iter().all(|r| r.len > 0 && r.len <= size_of::<Part>()));
        let image: Image = core::array::from_fn(|n| (n as u64 + 1) * 0x9e37_79b9_7f4a_7c15);
        let mut other = [0; IMAGE];
        assert_eq!(changed_parts(&image, &other).count_ones() as usize, PARTS);
        for n in 0..PARTS {
            put_part(&mut other, n, &part(&image, n));
        }
        assert_eq!(other, image);
        assert_eq!(changed_parts(&image, &other), 0);
        other[0] ^= 1;
        assert_eq!(changed_parts(&image, &other), 1);
    }
}
