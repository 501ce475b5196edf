//! The mutator on operations, as a library that AFL loads (`AFL_CUSTOM_MUTATOR_LIBRARY`).
//!
//! AFL++ calls the functions below by name and passes C pointers, so this is the one place of the project
//! with unsafe code. It does two things with them: it borrows AFL's inputs for the length of a call, and
//! hands out a buffer that stays alive until the next call. What happens in between is `explore::mutator`,
//! which libFuzzer's targets use too. A panic does not cross over into C: it aborts the process.

use explore::hunt::mutator;
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use std::ffi::{c_uint, c_void};

/// What lives from [`afl_custom_init`] to [`afl_custom_deinit`].
struct State {
    rng: Xoshiro256PlusPlus,
    /// What AFL runs next.
    out: Vec<u8>,
}

impl State {
    /// One time in four a child of two inputs, if AFL gives a second one, else a mutant of the first.
    fn draw(&mut self, input: &[u8], other: Option<&[u8]>, max_size: usize) {
        self.out = match other.filter(|_| self.rng.random_ratio(1, 4)) {
            Some(other) => mutator::child(&mut self.rng, input, other, max_size),
            None => mutator::mutant(&mut self.rng, input, max_size),
        };
    }
}

/// Starts: AFL passes its own state, which is not looked at, and a seed.
#[unsafe(no_mangle)]
pub extern "C" fn afl_custom_init(_afl: *mut c_void, seed: c_uint) -> *mut c_void {
    let rng = Xoshiro256PlusPlus::seed_from_u64(seed.into());
    Box::into_raw(Box::new(State { rng, out: Vec::new() })).cast()
}

/// Mutates an input, or crosses it over with another one of the queue. `out` receives a buffer that belongs
/// to the library and holds until the next call; returns its size, at most `max_size`. AFL has a second input
/// once its queue has two.
///
/// # Safety
/// `state` is what [`afl_custom_init`] returned, and in use by no other call; `input` and `other` point to as
/// many bytes as they say, or are null; `out` can be written to. AFL keeps to that.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn afl_custom_fuzz(
    state: *mut c_void,
    input: *const u8,
    size: usize,
    out: *mut *mut u8,
    other: *const u8,
    other_size: usize,
    max_size: usize,
) -> usize {
    // SAFETY: the pointer comes from `Box::into_raw` in `afl_custom_init`, and nobody else uses it now.
    let state = unsafe { &mut *state.cast::<State>() };
    // SAFETY: AFL lends both for the length of the call.
    let (input, other) = unsafe { (borrowed(input, size), borrowed(other, other_size)) };
    state.draw(input.unwrap_or_default(), other, max_size);
    // SAFETY: the caller gives a place for the pointer.
    unsafe { out.write(state.out.as_mut_ptr()) };
    state.out.len()
}

/// Ends.
///
/// # Safety
/// `state` is what [`afl_custom_init`] returned, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn afl_custom_deinit(state: *mut c_void) {
    // SAFETY: the pointer comes from `Box::into_raw` in `afl_custom_init`.
    drop(unsafe { Box::from_raw(state.cast::<State>()) });
}

/// The bytes behind a pointer; nothing behind a null pointer.
///
/// # Safety
/// As for `std::slice::from_raw_parts`, unless the pointer is null.
unsafe fn borrowed<'a>(bytes: *const u8, size: usize) -> Option<&'a [u8]> {
    // SAFETY: the caller's.
    (!bytes.is_null()).then(|| unsafe { std::slice::from_raw_parts(bytes, size) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use corpus::{Case, bytes};
    use std::ptr::{null, null_mut};

    /// What AFL does with the library: start, fuzz many times, end.
    fn session(seed: c_uint, calls: usize, input: &[u8], other: Option<&[u8]>, max_size: usize) -> Vec<Vec<u8>> {
        let state = afl_custom_init(null_mut(), seed);
        let (second, second_size) = other.map_or((null(), 0), |o| (o.as_ptr(), o.len()));
        let outputs = (0..calls).map(|_| {
            let mut out = null_mut();
            // SAFETY: the state is alive and used here alone, the slices outlive the call.
            let output = unsafe {
                let size = afl_custom_fuzz(
                    state,
                    input.as_ptr(),
                    input.len(),
                    &raw mut out,
                    second,
                    second_size,
                    max_size,
                );
                std::slice::from_raw_parts(out, size).to_vec()
            };
            assert!(output.len() <= max_size, "{} bytes, at most {max_size} allowed", output.len());
            output
        });
        let outputs = outputs.collect();
        // SAFETY: nothing uses the state any more.
        unsafe { afl_custom_deinit(state) };
        outputs
    }

    fn input(line: &str) -> Vec<u8> {
        bytes::encode(&line.parse::<Case>().expect("a case"))
    }

    #[test]
    fn outputs_are_cases_and_repeat() {
        let one = input("kernel=6.0 cpu0: W0 F0 I0 D0 | cpu1: W0 | schedule: 0*28 1*3");
        let other = input("kernel=7.3 W0 P0 R0 W0 D0 P0 R0");
        for (input, other) in [(&one[..], None), (&one, Some(&other[..])), (b"\xff junk", Some(&one)), (b"", None)]
        {
            let outputs = session(7, 300, input, other, 1024);
            for output in &outputs {
                assert!(bytes::decode(output).is_ok(), "{output:02x?}");
            }
            assert!(outputs.iter().filter(|o| *o != input).count() > 250);
            assert_eq!(outputs, session(7, 300, input, other, 1024));
            assert_ne!(outputs, session(8, 300, input, other, 1024));
        }
    }

    /// A release that only one of the two has comes from there.
    #[test]
    fn outputs_have_something_of_both_inputs() {
        let one = input("kernel=6.0 W0 W0 W0 W0 W0 W0 W0 W0");
        let other = input("kernel=6.0 hw=w7 flush=double cpu0: W0 | cpu1: R0 Z0 R0 | schedule: 1*4 0*9 1*11");
        let spliced = |other: Option<&[u8]>| {
            let outputs = session(1, 400, &one, other, 1024);
            let cases = outputs.iter().map(|o| bytes::decode(o).expect("a case"));
            cases.filter(|case| case.surface().name == "w7" && case.programs.of(0).len() >= 7).count()
        };
        let (alone, both) = (spliced(None), spliced(Some(&other)));
        assert!(both > alone + 10, "{alone} without the other input, {both} with it");
    }

    #[test]
    fn no_room_is_no_panic() {
        for max_size in [0, 1, 7, 8, 9] {
            session(1, 50, &input("kernel=6.0 W0 D0"), None, max_size);
        }
    }
}
