//! The smallest part of a corpus that covers what the whole does.
//!
//! Weighted set cover, greedily (Chvátal 1979: within a logarithm of the optimum, which is NP-hard to find):
//! again and again the case that brings the most new features for its size, of equals the smaller one, of
//! equals the one whose name comes first. Then whatever the others have made superfluous goes, largest first,
//! so that each case that is left and not protected has a feature of its own; a second run keeps them all.

use crate::coverage::{Feature, Profile, Said};
use corpus::Case;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};

/// A case that may be kept.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// What decides between equals: the name of its canonical file.
    pub name: String,
    /// What keeping it costs: the length of the canonical file.
    pub size: usize,
    /// It is never dropped.
    pub protected: bool,
    /// What it covers.
    pub profile: Profile,
}

impl Candidate {
    /// A case with what it covers.
    #[must_use]
    pub fn new(case: &Case, profile: Profile, protected: bool) -> Candidate {
        let content = corpus::bytes::encode(case);
        Candidate { name: corpus::file_name(&content), size: content.len(), protected, profile }
    }

    fn rank(&self) -> (usize, &str) {
        (self.size, &self.name)
    }
}

/// Marks one case as protected for each loss of each version: the smallest that shows it.
pub fn protect_losses(candidates: &mut [Candidate]) {
    let mut smallest = BTreeMap::<(usize, Said), usize>::new();
    for (n, candidate) in candidates.iter().enumerate() {
        for (version, said) in candidate.profile.said.iter().enumerate() {
            if matches!(said, Said::Lost(_) | Said::LostSomehow) {
                let best = smallest.entry((version, *said)).or_insert(n);
                if candidate.rank() < candidates[*best].rank() {
                    *best = n;
                }
            }
        }
    }
    for n in smallest.into_values() {
        candidates[n].protected = true;
    }
}

/// The places of the cases to keep, in order: those that are protected, and as few others as cover what all
/// do, beyond what is `covered` already.
#[must_use]
pub fn cover(candidates: &[Candidate], covered: impl IntoIterator<Item = Feature>) -> Vec<usize> {
    let mut cover = Cover::new(candidates, covered);
    for n in (0..candidates.len()).filter(|n| candidates[*n].protected) {
        cover.keep(n);
    }
    cover.greedily();
    cover.prune();
    let mut kept = cover.kept;
    kept.sort_unstable();
    kept
}

struct Cover<'a> {
    candidates: &'a [Candidate],
    /// The features of each candidate, as numbers.
    features: Vec<Vec<u32>>,
    /// How many of those that are kept have a feature.
    times: Vec<u32>,
    kept: Vec<usize>,
}

impl<'a> Cover<'a> {
    fn new(candidates: &'a [Candidate], covered: impl IntoIterator<Item = Feature>) -> Cover<'a> {
        let mut numbers = HashMap::<Feature, u32>::new();
        let mut number = |feature: Feature| {
            let next = numbers.len() as u32;
            *numbers.entry(feature).or_insert(next)
        };
        let covered: Vec<u32> = covered.into_iter().map(&mut number).collect();
        let numbered = |c: &Candidate| c.profile.features.iter().map(|f| number(*f)).collect();
        let features: Vec<Vec<u32>> = candidates.iter().map(numbered).collect();
        let mut times = vec![0; numbers.len()];
        covered.into_iter().for_each(|f| times[f as usize] = 1);
        Cover { candidates, features, times, kept: Vec::new() }
    }

    fn keep(&mut self, n: usize) {
        self.features[n].iter().for_each(|f| self.times[*f as usize] += 1);
        self.kept.push(n);
    }

    fn gain(&self, n: usize) -> usize {
        self.features[n].iter().filter(|f| self.times[**f as usize] == 0).count()
    }

    /// What a case gains only shrinks while others are kept, so a gain that is out of date is an upper bound:
    /// the best is found once the one on top is up to date.
    fn greedily(&mut self) {
        let offer = |n: usize, gain: usize| {
            let (size, name) = self.candidates[n].rank();
            Offer { gain, size, name: Reverse(name), n }
        };
        let mut heap: BinaryHeap<Offer> = (0..self.candidates.len()).map(|n| offer(n, self.gain(n))).collect();
        while let Some(top) = heap.pop() {
            let gain = self.gain(top.n);
            if gain == 0 {
                continue;
            }
            if gain == top.gain {
                self.keep(top.n);
            } else {
                heap.push(Offer { gain, ..top });
            }
        }
    }

    /// Drops what the others cover too, largest first.
    fn prune(&mut self) {
        let mut order = self.kept.clone();
        order.sort_by_key(|n| Reverse(self.candidates[*n].rank()));
        for n in order {
            let needless = self.features[n].iter().all(|f| self.times[*f as usize] > 1);
            if needless && !self.candidates[n].protected {
                self.features[n].iter().for_each(|f| self.times[*f as usize] -= 1);
                self.kept.retain(|kept| *kept != n);
            }
        }
    }
}

/// A case and what it gains; the greatest is the best.
#[derive(PartialEq, Eq)]
struct Offer<'a> {
    gain: usize,
    size: usize,
    name: Reverse<&'a str>,
    n: usize,
}

impl Ord for Offer<'_> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        // Gain for size, without rounding: a/b against c/d is ad against cb.
        let (mine, theirs) = (self.gain * other.size.max(1), other.gain * self.size.max(1));
        mine.cmp(&theirs)
            .then_with(|| other.size.cmp(&self.size))
            .then_with(|| self.name.cmp(&other.name))
            .then_with(|| other.n.cmp(&self.n))
    }
}

impl PartialOrd for Offer<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
