//! Where a state was reached from.

use model::Transition;

/// Where a state was reached from, in one word.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node(u64);

impl Node {
    #[inline]
    pub fn new(parent: u32, via: Transition, runs: u16) -> Node {
        Node(u64::from(parent) | u64::from(runs) << 32 | u64::from(via.index()) << 48)
    }

    /// The start.
    pub fn start() -> Node {
        Node(0)
    }

    pub fn parent(self) -> u32 {
        self.0 as u32
    }

    /// How many runs the schedule up to here has.
    #[inline]
    pub fn runs(self) -> u16 {
        (self.0 >> 32) as u16
    }

    /// How it was reached from its parent.
    pub fn transition(self) -> Transition {
        Transition::from_index(self.via()).expect("it was one when it was put in")
    }

    fn via(self) -> u8 {
        (self.0 >> 48) as u8
    }

    /// How many ways lead on, once it has been expanded.
    #[inline]
    pub fn ways(self) -> u8 {
        (self.0 >> 56) as u8
    }

    #[inline]
    pub fn set_ways(&mut self, ways: u8) {
        self.0 = self.0 << 8 >> 8 | u64::from(ways) << 56;
    }

    /// How many runs the schedule has that goes on from here by a transition.
    #[inline]
    pub fn runs_by(self, via: Transition) -> u16 {
        self.runs() + u16::from(self.runs() == 0 || self.via() != via.index())
    }
}
