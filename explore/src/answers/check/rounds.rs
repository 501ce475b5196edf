//! Which programs are exhausted, and in which order.
//!
//! A program of few operations on one page tells most, and the number of programs grows with the power of the
//! alphabet. So the narrow alphabet is some operations ahead of the wide one, and other machines and a second
//! page are one behind. Two CPUs beside kswapd come right after two actors: what reclaim has left to do shows
//! there.

use super::{Run, Stage};
use crate::programs::Bounds;
use model::{ActorKind, Config, OpKind, Programs};

/// Programs of one number of operations, from one alphabet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// How many operations.
    pub ops: usize,
    /// At most so many actors.
    pub actors: usize,
    /// On so many pages.
    pub pages: usize,
    /// What CPUs do.
    pub alphabet: Vec<OpKind>,
    /// The actors beside CPUs.
    pub others: Vec<ActorKind>,
    /// The machines that programs start from.
    pub starts: Vec<Config>,
    /// Programs of these operations alone were in an earlier round.
    before: Vec<OpKind>,
    /// How many programs were exhausted.
    pub programs: u64,
    /// How many states these have.
    pub states: u64,
    /// How many programs had too many.
    pub too_large: u64,
}

/// An empty page table, and a page that a fork has left mapped read-only.
const STARTS: [&str; 2] = ["", "shared=0"];
/// A swap device that takes its time, and swap-in that leaves the page writable and clean.
const OTHER_STARTS: [&str; 2] = ["swap=disk", "swap-in=writable-clean"];
/// A page of a large folio, alone and behind a small page.
const LARGE_STARTS: [&str; 2] = ["large=0", "shared=0 large=1"];

impl Run<'_> {
    /// The rounds that end with programs of so many operations of the narrow alphabet.
    pub(super) fn rounds(&self, ops: usize) -> Vec<Round> {
        let all = &self.checked.alphabet;
        let kswapd = || if all.runs.kswapd { vec![ActorKind::Kswapd] } else { Vec::new() };
        let round = |behind: usize, alphabet: &[OpKind], starts: &[&str]| Round {
            ops: ops.saturating_sub(behind),
            actors: 2,
            pages: 1,
            alphabet: alphabet.to_vec(),
            others: kswapd(),
            starts: self.starts(starts),
            before: Vec::new(),
            programs: 0,
            states: 0,
            too_large: 0,
        };
        let mut rounds = vec![round(0, &all.narrow, &STARTS)];
        if all.usual != all.narrow {
            rounds.push(Round { before: all.narrow.clone(), ..round(1, &all.usual, &STARTS) });
        }
        // Reclaim in the background, beside two CPUs.
        rounds.push(Round { actors: 3, others: vec![ActorKind::Kswapd], ..round(0, &all.narrow, &STARTS) });
        let ranges = [OpKind::MigrateRange, OpKind::Reclaim];
        let ranges = ranges.into_iter().filter(|kind| all.runs.cpus.contains(kind));
        let two: Vec<OpKind> = OpKind::ALL
            .into_iter()
            .filter(|kind| all.narrow.contains(kind) || ranges.clone().any(|range| range == *kind))
            .collect();
        rounds.push(round(1, &all.narrow, &OTHER_STARTS));
        rounds.push(Round { pages: 2, ..round(1, &two, &STARTS) });
        if self.splits() {
            rounds.push(Round { pages: 2, ..round(1, &two, &LARGE_STARTS) });
        }
        let dma = kswapd().into_iter().chain([ActorKind::Dma]).collect();
        rounds.push(Round { before: all.usual.clone(), others: dma, ..round(2, &all.wide, &STARTS) });
        rounds.retain(|round| round.ops > 0);
        rounds
    }

    fn starts(&self, texts: &[&str]) -> Vec<Config> {
        let of = |text: &&str| {
            let case = format!("{text} R0").parse().expect("the options of a case");
            self.environment.of(&case).config
        };
        texts.iter().map(of).collect()
    }

    /// Whether one of the version's functions splits large folios, so that these are of interest.
    fn splits(&self) -> bool {
        let bodies = self.options.version.functions().iter();
        let steps = bodies.flat_map(|b| model::listing::steps(&b.function.body)).collect::<Vec<_>>();
        steps.contains(&model::Action::SplitFolio.into())
    }

    /// Exhausts the programs of a round; false if the time was up before.
    pub(super) fn round(&mut self, mut round: Round) -> bool {
        let bounds = Bounds {
            ops: round.ops,
            actors: round.actors,
            pages: round.pages,
            alphabet: round.alphabet.clone(),
            others: round.others.clone(),
            starts: round.starts.clone(),
            runs: self.checked.alphabet.runs.clone(),
        };
        let (programs, states, too_large) = self.counts();
        let cases = bounds.programs().filter(|case| round.has(&case.programs));
        let whole = self.cases(cases, Stage::Programs(round.ops));
        let after = self.counts();
        round.programs = after.0 - programs;
        round.states = after.1 - states;
        round.too_large = after.2 - too_large;
        if whole && !self.is_over() {
            self.checked.rounds.push(round);
        }
        whole
    }

    fn counts(&self) -> (u64, u64, u64) {
        (self.checked.programs, self.checked.states, self.checked.too_large)
    }
}

impl Round {
    /// Whether the program is one of this round, and of no earlier one.
    fn has(&self, programs: &Programs) -> bool {
        let cpus = (0..programs.actors as usize).filter(|a| programs.kinds[*a] == ActorKind::Cpu);
        let known = |actor: usize| programs.of(actor).iter().all(|op| self.before.contains(&op.kind));
        // Of three actors one is kswapd; two actors have rounds of their own.
        if self.actors == 3 && (programs.actors < 3 || !programs.kinds.contains(&ActorKind::Kswapd)) {
            return false;
        }
        let dma = programs.kinds[..programs.actors as usize].contains(&ActorKind::Dma);
        let seen = !self.before.is_empty() && !dma && cpus.clone().all(known);
        let ranges = programs.kinds_used();
        let spread = programs.pages().count_ones() > 1
            || ranges.has(OpKind::MigrateRange)
            || ranges.has(OpKind::Reclaim)
            || self.starts.iter().any(|start| start.large != 0);
        programs.total() == self.ops && !seen && (self.pages == 1 || spread)
    }
}
