//! What a night does, in which order: lanes, and chunks of them by number.

use super::seeds::Seeds;
use impls::Version;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Where the cases of a lane come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LaneKind {
    /// The generator with its own choice of kernels, on the CPU that keeps the contract.
    Generator,
    /// The generator on every CPU, every kernel, and with knobs turned.
    Hardware,
    /// Random bytes, decoded.
    Bytes,
    /// The cases that come with lostwrite and those of earlier nights: as they are, then changed and mixed.
    Corpus,
    /// Small programs: all interleavings of each, or many where there are too many.
    Small,
}

/// Every lane.
pub const LANES: [LaneKind; 5] =
    [LaneKind::Generator, LaneKind::Hardware, LaneKind::Bytes, LaneKind::Corpus, LaneKind::Small];

impl LaneKind {
    /// The name in policies, journals and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            LaneKind::Generator => "generator",
            LaneKind::Hardware => "hardware",
            LaneKind::Bytes => "bytes",
            LaneKind::Corpus => "corpus",
            LaneKind::Small => "small",
        }
    }
}

/// How much of a night a lane gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LaneSize {
    /// Which lane.
    pub name: LaneKind,
    /// How many chunks of each round are its.
    pub share: u64,
    /// How many executions a chunk has; of the small programs, how many programs.
    pub size: u64,
}

/// A chunk: the executions of a lane in a range of numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Its number in the night.
    pub number: u64,
    /// Its lane.
    pub lane: LaneKind,
    /// Its number in the lane.
    pub turn: u64,
    /// Which executions of the lane.
    pub range: Range<u64>,
}

/// A night's work.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The seed of all numbers.
    pub seed: u64,
    /// The lanes.
    pub lanes: Vec<LaneSize>,
    /// The versions, each of which runs every case.
    pub versions: Vec<&'static Version>,
    /// What the corpus lane works on.
    pub seeds: Seeds,
    /// How many states a small program may have to be exhausted.
    pub states: usize,
    /// How many executions are drawn of one that has more.
    pub samples: u64,
}

impl Plan {
    /// The chunk of a number: the lanes take turns, each as often in a round as its share says, spread over
    /// the round.
    #[must_use]
    pub fn chunk(&self, number: u64) -> Chunk {
        let round: u64 = self.lanes.iter().map(|l| l.share).sum();
        let at = number % round;
        let mut given = vec![0; self.lanes.len()];
        let mut lane = 0;
        for n in 0..=at {
            // Whoever is furthest behind its share.
            let behind = |i: usize| (self.lanes[i].share * (n + 1)) as i64 - (given[i] * round) as i64;
            let open = (0..self.lanes.len()).filter(|i| given[*i] < self.lanes[*i].share);
            lane = open.max_by_key(|i| (behind(*i), std::cmp::Reverse(*i))).unwrap_or(0);
            given[lane] += 1;
        }
        let LaneSize { name, share, size } = self.lanes[lane];
        let turn = number / round * share + given[lane] - 1;
        Chunk { number, lane: name, turn, range: turn * size..(turn + 1) * size }
    }

    /// The seed of a lane: two lanes do not draw the same cases.
    #[must_use]
    pub const fn seed_of(&self, lane: LaneKind) -> u64 {
        self.seed.wrapping_add((lane as u64) << 56)
    }

    /// A name for everything that decides what a chunk does: only a night with the same one can be gone on
    /// with.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        use std::fmt::Write as _;
        let mut text = format!("{} {:?} {} {}", self.seed, self.lanes, self.states, self.samples);
        for version in &self.versions {
            let _ = write!(
                text,
                "\n{} {:?} {:?}{}",
                version.name,
                version.standing,
                version.functions(),
                version.without()
            );
        }
        for case in &self.seeds.cases {
            let _ = write!(text, "\n{case}");
        }
        super::hash(&text, 16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(shares: &[u64]) -> Plan {
        let lane = |(name, share): (&LaneKind, &u64)| LaneSize { name: *name, share: *share, size: 10 };
        let lanes = LANES.iter().zip(shares).map(lane).collect();
        Plan { seed: 1, lanes, versions: Vec::new(), seeds: Seeds::default(), states: 1, samples: 1 }
    }

    #[test]
    fn each_lane_gets_its_share_of_each_round_and_numbers_without_gaps() {
        let shares = [4, 3, 1, 2, 1];
        let plan = plan(&shares);
        let mut turns = vec![Vec::new(); 5];
        for number in 0..22 {
            let chunk = plan.chunk(number);
            assert_eq!(chunk.number, number);
            assert_eq!(chunk.range, chunk.turn * 10..(chunk.turn + 1) * 10);
            turns[chunk.lane as usize].push(chunk.turn);
        }
        for (turns, share) in turns.iter().zip(shares) {
            assert_eq!(*turns, (0..2 * share).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_lane_without_a_share_has_no_chunks() {
        let plan = plan(&[1, 0, 2]);
        assert!((0..30).all(|n| plan.chunk(n).lane != LaneKind::Hardware));
    }
}
