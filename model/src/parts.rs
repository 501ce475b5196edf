//! A machine in parts: ranges of its bytes, each of which takes few values in a case, and changes in few
//! steps.

use crate::{ACTORS, Actor, FRAMES, Folio, IMAGE, Image, MMS, Machine, PAGES, Shadow, SwapSlot};
use core::mem::offset_of;

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

/// Where a part stands in an image, as words: from which bit of which word, and which bits of the part are in
/// use.
#[derive(Clone, Copy)]
struct Place {
    word: usize,
    shift: u32,
    masks: Part,
}

static PLACES: [Place; PARTS] = {
    let mut places = [Place { word: 0, shift: 0, masks: [0; 3] }; PARTS];
    let mut n = 0;
    while n < PARTS {
        let Range { from, len } = RANGES[n];
        let mut masks = [0; 3];
        let mut byte = 0;
        while byte < len {
            masks[byte / 8] |= 0xff << (8 * (byte % 8));
            byte += 1;
        }
        places[n] = Place { word: from / 8, shift: from as u32 % 8 * 8, masks };
        n += 1;
    }
    places
};

/// A part of an image.
#[inline]
#[must_use]
pub fn part(image: &Image, n: usize) -> Part {
    let Place { word, shift, masks } = PLACES[n];
    // Beyond the end there is nothing of the part.
    let at = |k: usize| image[(word + k).min(IMAGE - 1)];
    core::array::from_fn(|k| (at(k) >> shift | at(k + 1) << 1 << (63 - shift)) & masks[k])
}

/// Puts a part in its place.
#[inline]
pub fn put_part(image: &mut Image, n: usize, part: &Part) {
    let Place { word, shift, masks } = PLACES[n];
    let mut put = |at: usize, mask: u64, bits: u64| {
        let word = &mut image[at.min(IMAGE - 1)];
        *word = *word & !mask | bits;
    };
    for k in 0..masks.len() {
        put(word + k, masks[k] << shift, part[k] << shift);
        put(word + k + 1, masks[k] >> 1 >> (63 - shift), part[k] >> 1 >> (63 - shift));
    }
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
        let image: Image = core::array::from_fn(|n| (n as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
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
