//! What a corpus consists of, and what it covers.

use crate::coverage::{Feature, Group, Profile, Profiler, Said};
use corpus::Case;
use model::OpKind;
use oracle::Goal;
use std::collections::{BTreeMap, BTreeSet};

/// Figures of a corpus.
#[derive(Clone, Debug, Default)]
pub struct Statistics {
    /// How many cases there are, each counted once.
    pub cases: usize,
    /// The lengths of their canonical byte forms, in order.
    pub sizes: Vec<usize>,
    /// How many have so many actors.
    pub actors: BTreeMap<u8, u64>,
    /// How many operations of each kind there are, in the order of [`OpKind::ALL`].
    pub operations: Vec<u64>,
    /// How many features of each group are covered.
    pub features: BTreeMap<Group, u64>,
    /// How many cases reach each goal on some version, in the order of [`Goal::ALL`].
    pub goals: Vec<u64>,
    /// How many cases show what on a version, by its place in the registry.
    pub verdicts: BTreeMap<(usize, Said), u64>,
    /// What no case reaches, of the groups of which all is known.
    pub unreached: Vec<Feature>,
}

impl Statistics {
    /// Counts.
    #[must_use]
    pub fn of<'a>(profiler: &Profiler, cases: impl IntoIterator<Item = (&'a Case, &'a Profile)>) -> Statistics {
        let mut statistics = Statistics {
            operations: vec![0; OpKind::ALL.len()],
            goals: vec![0; Goal::ALL.len()],
            ..Statistics::default()
        };
        let mut covered = BTreeSet::<Feature>::new();
        for (case, profile) in cases {
            statistics.add(case, profile);
            covered.extend(&profile.features);
        }
        statistics.sizes.sort_unstable();
        for feature in &covered {
            *statistics.features.entry(feature.group()).or_default() += 1;
        }
        statistics.unreached = profiler.reachable().difference(&covered).copied().collect();
        statistics
    }

    fn add(&mut self, case: &Case, profile: &Profile) {
        self.cases += 1;
        self.sizes.push(corpus::bytes::encode(case).len());
        *self.actors.entry(case.programs.actors).or_default() += 1;
        for actor in 0..case.programs.actors as usize {
            for op in case.programs.of(actor) {
                self.operations[op.kind as usize] += 1;
            }
        }
        for (count, goal) in self.goals.iter_mut().zip(Goal::ALL) {
            *count += u64::from(profile.features.binary_search(&Feature::Goal(*goal)).is_ok());
        }
        for (version, said) in profile.said.iter().enumerate() {
            *self.verdicts.entry((version, *said)).or_default() += 1;
        }
    }
}
