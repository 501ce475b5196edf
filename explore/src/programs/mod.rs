//! Programs in order of size, each once up to symmetry.
//!
//! The order: number of operations, then of actors, then how the operations are spread over the actors (long
//! programs first), then the letters one by one in the order of [`OpKind::ALL`], then the start.
//!
//! Left out is what another program stands for:
//!
//! * one that comes later and differs only in which CPU is which, or in the names of its pages (`symmetry`);
//! * one in which the functions under comparison never run: there all versions are the same;
//! * one with an operation that has nothing to work on, whatever the schedule: dropping a reference that
//!   nobody takes, what a child
//!   does without a fork. Without the operation it is a smaller program.

mod alphabet;
mod symmetry;

pub use alphabet::{Alphabet, Runs};

use corpus::Case;
use model::{ActorKind, Config, Op, OpKind, PAGES, Programs};

/// Which programs there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// At most so many operations in all.
    pub ops: usize,
    /// At most so many actors.
    pub actors: usize,
    /// On so many pages.
    pub pages: usize,
    /// What CPUs do.
    pub alphabet: Vec<OpKind>,
    /// Actors that are no CPUs; each may take part or not. kswapd reclaims, a DMA device stores.
    pub others: Vec<ActorKind>,
    /// The machines that programs start from.
    pub starts: Vec<Config>,
    /// Who runs the functions under comparison: programs in which nobody does are left out.
    pub runs: Runs,
}

/// All programs within bounds, in order.
#[derive(Clone, Debug)]
pub struct Enumeration<'a> {
    bounds: &'a Bounds,
    shapes: std::vec::IntoIter<Shape>,
    odometer: Option<Odometer>,
    /// The programs of the moment, and the starts that are still to come with them.
    current: Option<(Programs, usize)>,
}

impl Bounds {
    /// The programs, in order.
    #[must_use]
    pub fn programs(&self) -> Enumeration<'_> {
        Enumeration { bounds: self, shapes: self.shapes().into_iter(), odometer: None, current: None }
    }

    /// What an actor may do.
    fn letters(&self, kind: ActorKind) -> Vec<Op> {
        let does = |op: &OpKind| match kind {
            ActorKind::Cpu => self.alphabet.contains(op),
            ActorKind::Kswapd => *op == OpKind::PageOut,
            ActorKind::Dma => *op == OpKind::Dma,
        };
        let pages = self.pages.clamp(1, PAGES) as u8;
        let ops = |kind: &OpKind| {
            let args = if kind.one_page() { pages } else { 1 };
            let kind = *kind;
            (0..args).map(move |arg| Op::new(kind, arg))
        };
        OpKind::ALL.iter().filter(|op| does(op)).flat_map(ops).collect()
    }

    fn shapes(&self) -> Vec<Shape> {
        let mut shapes = Vec::new();
        for ops in 1..=self.ops {
            for actors in 1..=self.actors.min(ops).min(model::ACTORS) {
                for subset in 0..1usize << self.others.len() {
                    let others: Vec<ActorKind> = self
                        .others
                        .iter()
                        .enumerate()
                        .filter(|(n, _)| subset & 1 << n != 0)
                        .map(|(_, k)| *k)
                        .collect();
                    let Some(cpus) = actors.checked_sub(others.len()).filter(|n| *n > 0) else { continue };
                    let kinds: Vec<ActorKind> = std::iter::repeat_n(ActorKind::Cpu, cpus).chain(others).collect();
                    for lengths in spread(ops, actors) {
                        // Of CPUs the one with the longest program comes first.
                        if lengths[..cpus].is_sorted_by(|a, b| a >= b) {
                            shapes.push(Shape { kinds: kinds.clone(), lengths });
                        }
                    }
                }
            }
        }
        shapes
    }
}

/// Who there is, and how many operations each has.
#[derive(Clone, Debug)]
struct Shape {
    kinds: Vec<ActorKind>,
    lengths: Vec<usize>,
}

/// Every way to give each of so many actors at least one of so many operations; the first gets most first.
fn spread(ops: usize, actors: usize) -> Vec<Vec<usize>> {
    if actors == 1 {
        return vec![vec![ops]];
    }
    (1..=ops + 1 - actors)
        .rev()
        .flat_map(|first| {
            spread(ops - first, actors - 1).into_iter().map(move |rest| [vec![first], rest].concat())
        })
        .collect()
}

/// All words of a shape, in the order of the letters.
#[derive(Clone, Debug)]
struct Odometer {
    shape: Shape,
    /// By position in the word: what may stand there.
    letters: Vec<Vec<Op>>,
    /// By position: the number of the letter.
    digits: Vec<usize>,
    over: bool,
}

impl Odometer {
    fn new(bounds: &Bounds, shape: Shape) -> Odometer {
        let letters: Vec<Vec<Op>> = shape
            .kinds
            .iter()
            .zip(&shape.lengths)
            .flat_map(|(kind, n)| std::iter::repeat_n(bounds.letters(*kind), *n))
            .collect();
        let over = letters.iter().any(Vec::is_empty);
        Odometer { shape, digits: vec![0; letters.len()], letters, over }
    }

    /// The next word as programs.
    fn next(&mut self) -> Option<Programs> {
        if self.over {
            return None;
        }
        let mut programs = Programs { actors: self.shape.kinds.len() as u8, ..Programs::default() };
        let mut ops = self.digits.iter().zip(&self.letters).map(|(digit, letters)| letters[*digit]);
        for (actor, (kind, n)) in self.shape.kinds.iter().zip(&self.shape.lengths).enumerate() {
            programs.kinds[actor] = *kind;
            for op in ops.by_ref().take(*n) {
                programs.push(actor, op);
            }
        }
        self.over = true;
        for (digit, letters) in self.digits.iter_mut().zip(&self.letters).rev() {
            *digit += 1;
            if *digit < letters.len() {
                self.over = false;
                break;
            }
            *digit = 0;
        }
        Some(programs)
    }
}

impl Iterator for Enumeration<'_> {
    type Item = Case;

    fn next(&mut self) -> Option<Case> {
        loop {
            if let Some((programs, start)) = &mut self.current {
                if let Some(config) = self.bounds.starts.get(*start) {
                    *start += 1;
                    let alike = config.shared | config.large == 0;
                    if of_use(programs, config) && symmetry::is_first(programs, alike) {
                        return Some(Case { config: *config, programs: *programs, ..Case::default() });
                    }
                    continue;
                }
                self.current = None;
            }
            match self.odometer.as_mut().and_then(Odometer::next) {
                Some(programs) => {
                    if self.bounds.runs.in_some(&programs) && has_work(&programs) {
                        self.current = Some((programs, 0));
                    }
                }
                None => self.odometer = Some(Odometer::new(self.bounds, self.shapes.next()?)),
            }
        }
    }
}

/// Whether each operation may have something to work on: whoever provides it comes earlier in the same
/// program, or anywhere in another.
fn has_work(programs: &Programs) -> bool {
    use OpKind as K;
    let provided = |actor: usize, at: usize, by: &[K], page: Option<u8>| {
        (0..programs.actors as usize).any(|other| {
            let ops = programs.of(other);
            let ops = if other == actor { &ops[..at] } else { ops };
            ops.iter().any(|op| by.contains(&op.kind) && page.is_none_or(|p| op.arg == p))
        })
    };
    (0..programs.actors as usize).all(|actor| {
        programs.of(actor).iter().enumerate().all(|(at, op)| match op.kind {
            K::Put => provided(actor, at, &[K::Get, K::GetWrite], Some(op.arg)),
            K::Unpin => provided(actor, at, &[K::Pin, K::PinWrite], Some(op.arg)),
            K::Dma => provided(actor, at, &[K::GetWrite, K::PinWrite], Some(op.arg)),
            K::ChildRead | K::ChildWrite | K::ChildPageOut | K::Exit => provided(actor, at, &[K::Fork], None),
            _ => true,
        })
    })
}

/// Whether the programs say more from this start than others do: a migration of the whole range where only
/// one page ever exists is one of that page.
fn of_use(programs: &Programs, start: &Config) -> bool {
    let pages = programs.pages() | start.shared | start.large;
    !programs.kinds_used().has(OpKind::MigrateRange) || pages.count_ones() != 1 || pages & 1 == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn bounds(ops: usize, actors: usize, pages: usize, alphabet: &[OpKind]) -> Bounds {
        Bounds {
            ops,
            actors,
            pages,
            alphabet: alphabet.to_vec(),
            others: Vec::new(),
            starts: vec![Config::default()],
            runs: Runs {
                cpus: vec![OpKind::Migrate, OpKind::MigrateRange, OpKind::ToSystem],
                kswapd: false,
                always: false,
            },
        }
    }

    fn texts(bounds: &Bounds) -> Vec<String> {
        bounds.programs().map(|case| case.to_string().replace("kernel=6.0 ", "")).collect()
    }

    #[test]
    fn small_programs_come_first_and_each_once() {
        let all = texts(&bounds(2, 2, 1, &[OpKind::Write, OpKind::Migrate]));
        assert_eq!(
            all,
            ["D0", "W0 D0", "D0 W0", "D0 D0", "cpu0: W0 | cpu1: D0", "cpu0: D0 | cpu1: D0"],
            "W0 alone never runs the operation, and D0 | W0 is W0 | D0"
        );
    }

    #[test]
    fn what_has_nothing_to_work_on_is_left_out() {
        let all = texts(&bounds(2, 2, 1, &[OpKind::Migrate, OpKind::Get, OpKind::Put]));
        assert!(!all.iter().any(|p| p.contains("U0") && !p.contains("I0")), "{all:?}");
        let all = texts(&bounds(3, 1, 1, &[OpKind::Migrate, OpKind::Get, OpKind::Put]));
        assert!(all.contains(&"D0 I0 U0".to_owned()) && !all.contains(&"U0 I0 D0".to_owned()), "{all:?}");
        let all = texts(&bounds(3, 2, 1, &[OpKind::Migrate, OpKind::Get, OpKind::Put]));
        assert!(all.contains(&"cpu0: D0 I0 | cpu1: U0".to_owned()), "{all:?}");
    }

    #[test]
    fn the_range_counts_where_it_has_more_than_page_0() {
        let mut bounds = bounds(1, 1, 1, &[OpKind::MigrateRange]);
        assert_eq!(texts(&bounds), ["DD0"], "no page is mapped, and none is named");
        bounds.starts = vec![Config { shared: 1, ..Config::default() }, Config { large: 2, ..Config::default() }];
        assert_eq!(texts(&bounds), ["large=1 DD0"]);
    }

    #[test]
    fn others_take_part_or_do_not_and_come_last() {
        let mut bounds = bounds(2, 2, 1, &[OpKind::Migrate]);
        bounds.others = vec![ActorKind::Kswapd];
        assert_eq!(texts(&bounds), ["D0", "D0 D0", "cpu0: D0 | cpu1: D0", "cpu0: D0 | kswapd: P0"]);
    }

    /// Against a check that knows no order: every program in reach is a renaming of exactly one that is
    /// listed.
    #[test]
    fn every_program_is_a_renaming_of_exactly_one() {
        let bounds = bounds(3, 3, 2, &[OpKind::Write, OpKind::Migrate, OpKind::Read]);
        let listed: Vec<Programs> = bounds.programs().map(|c| c.programs).collect();
        let set: HashSet<Programs> = listed.iter().copied().collect();
        assert_eq!(set.len(), listed.len());
        let mut all = 0;
        for shape in bounds.shapes() {
            let mut odometer = Odometer::new(&bounds, shape);
            while let Some(programs) = odometer.next() {
                if !bounds.runs.in_some(&programs) {
                    continue;
                }
                all += 1;
                let renamed: HashSet<Programs> = symmetry::renamings(&programs, true).collect();
                assert_eq!(renamed.intersection(&set).count(), 1, "{programs:?}");
            }
        }
        assert!(all > 2 * listed.len(), "{all} programs, {} listed", listed.len());
    }
}
