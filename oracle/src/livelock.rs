//! Livelock: states from which no end can be reached, whatever moves next.
//!
//! One definition for everybody. A search over states has the whole graph and asks [`livelock`] of it. An
//! execution that goes on for longer than any program takes asks [`way_out`] of the machine that it has come
//! to, and takes the way if there is one: somebody who retries until another actor moves on is no livelock,
//! however long the order of choices made him retry.

use crate::guard::{guarded, quietly};
use crate::trace::Row;
use model::{Machine, Transition, World};
use rustc_hash::FxHashMap;
use std::collections::VecDeque;

/// The first of some states from which no way that ends can be reached. `ends(state, known)` says whether
/// some way on from a state ends, or leads to a state that is `known` to end.
pub fn livelock(states: usize, ends: impl Fn(u32, &[bool]) -> bool) -> Option<u32> {
    let mut known = vec![false; states];
    let mut open: Vec<u32> = (0..states as u32).rev().collect();
    loop {
        // Most ways lead to later states, so that one pass from the last to the first finds nearly
        // everything.
        let before = open.len();
        open.retain(|&state| {
            let end = ends(state, &known);
            known[state as usize] = end;
            !end
        });
        if open.is_empty() || open.len() == before {
            return open.last().copied();
        }
    }
}

/// Where an execution that never ends begins to repeat itself, and how long a round is. The rounds are equal
/// in every transition and every machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cycle {
    /// The first step of the first round.
    pub since: u32,
    /// How many steps a round has.
    pub round: u32,
    /// How many steps were done after the first round, and are not shown.
    pub left_out: u32,
}

impl Cycle {
    /// The last step of the first round.
    #[must_use]
    pub const fn end(self) -> u32 {
        self.since + self.round - 1
    }
}

/// The cycle in which an execution ends, if it went through it twice.
pub(crate) fn cycle(rows: &[Row]) -> Option<Cycle> {
    let alike = |one: &Row, other: &Row| {
        one.event.transition == other.event.transition && one.after.image() == other.after.image()
    };
    let last = rows.len().checked_sub(1)?;
    // Between two visits of a machine only one of several actors may have had its turn.
    let repeats = |round: &usize| {
        2 * round <= rows.len() && (0..*round).all(|n| alike(&rows[last - n], &rows[last - n - round]))
    };
    let round = (1..=rows.len() / 2).filter(|round| alike(&rows[last], &rows[last - round])).find(repeats)?;
    let same = (round..rows.len()).rev().take_while(|&at| alike(&rows[at], &rows[at - round])).count();
    let since = rows.len() - same - round;
    Some(Cycle { since: since as u32 + 1, round: round as u32, left_out: same as u32 })
}

/// What leads from a machine to an end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum WayOut {
    /// These transitions, as few as there can be.
    By(Vec<Transition>),
    /// Nothing: a livelock.
    Nothing,
    /// There are more machines than were looked at.
    Unknown,
}

/// So many machines are looked at.
const MOST: usize = 1 << 16;

/// Looks for the nearest end: a machine in which nothing can move, or that `is_end` says to be one.
pub(crate) fn way_out(world: &World, from: &Machine, is_end: impl Fn(&Machine) -> bool) -> WayOut {
    let mut reached: FxHashMap<Machine, Option<(Machine, Transition)>> = FxHashMap::default();
    let mut open = VecDeque::from([*from]);
    reached.insert(*from, None);
    while let Some(machine) = open.pop_front() {
        let enabled = machine.enabled(world);
        if enabled.is_empty() || is_end(&machine) {
            let mut way = Vec::new();
            let mut at = machine;
            while let Some((before, via)) = reached[&at] {
                way.push(via);
                at = before;
            }
            way.reverse();
            return WayOut::By(way);
        }
        for via in enabled.iter() {
            let mut next = machine;
            if quietly(|| guarded(|| next.step(world, via))).is_none() {
                // A step that cannot be carried out ends the execution too.
                return WayOut::Unknown;
            }
            if !reached.contains_key(&next) {
                if reached.len() == MOST {
                    return WayOut::Unknown;
                }
                reached.insert(next, Some((machine, via)));
                open.push_back(next);
            }
        }
    }
    WayOut::Nothing
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: u32 = u32::MAX;

    fn graph(ways: &[&[u32]]) -> Option<u32> {
        let ends = |state: u32, known: &[bool]| {
            ways[state as usize].iter().any(|way| *way == END || known[*way as usize])
        };
        livelock(ways.len(), ends)
    }

    #[test]
    fn a_cycle_is_a_livelock_unless_it_can_be_left() {
        assert_eq!(graph(&[&[1], &[0, 2], &[END]]), None);
        assert_eq!(graph(&[&[1, 2], &[END], &[3], &[2]]), Some(2));
        assert_eq!(graph(&[&[0]]), Some(0));
        // Two backward ways in a row take a second pass.
        assert_eq!(graph(&[&[3], &[END], &[1], &[2]]), None);
    }
}
