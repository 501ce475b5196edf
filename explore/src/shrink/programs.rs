//! Attempts on the programs: fewer actors, fewer operations, fewer pages, plainer ones of each.

use super::edits::{Draft, Edited, Pages, merged, moved, renumbered, swapped, without, without_actor};
use super::record::{Taken, record};
use super::{Failure, Shrinker};
use corpus::Case;
use model::{ActorKind, OpKind, PAGES};

impl<F: Failure> Shrinker<'_, F> {
    /// What the choices of the smallest case do, if there is a version to ask.
    pub(super) fn taken(&self) -> Vec<Taken> {
        self.failure.signature().map_or_else(Vec::new, |s| record(s.version(), &self.best))
    }

    /// Fewer actors: the last ones first, since the first one has to be a CPU.
    pub(super) fn without_actors(&mut self) {
        while {
            let taken = self.taken();
            let case = self.best.clone();
            self.first_of(fewer_actors(&case, &taken))
        } {}
    }

    /// Fewer operations: all of a page, then halves, then quarters, down to single ones.
    pub(super) fn without_operations(&mut self) {
        while {
            let taken = self.taken();
            let case = self.best.clone();
            self.first_of((0..PAGES).filter_map(|page| without_page(&case, page, &taken)).flatten())
        } {}
        let mut chunk = self.size.operations.div_ceil(2);
        while chunk > 0 {
            let mut at = 0;
            let mut removed = false;
            while at < self.size.operations {
                let places = Draft::of(&self.best).places();
                let gone = &places[at..(at + chunk).min(places.len())];
                let taken = self.taken();
                if self.first_of(without(&self.best.clone(), gone, &taken)) {
                    removed = true;
                } else {
                    at += chunk;
                }
            }
            // What could not go may go now.
            if chunk > 1 || !removed {
                chunk /= 2;
            }
        }
    }

    /// Two operations at once: one that takes something, and one that gives it back.
    pub(super) fn without_pairs(&mut self) {
        while {
            let taken = self.taken();
            let case = self.best.clone();
            let places = Draft::of(&case).places();
            let pairs = (0..places.len()).flat_map(|b| (0..b).map(move |a| (a, b)));
            let few = places.len() <= FEW;
            self.first_of(pairs.filter(|_| few).flat_map(|(a, b)| without(&case, &[places[a], places[b]], &taken)))
        } {}
    }

    /// Two actors become one that does one thing after the other.
    pub(super) fn merged_actors(&mut self) {
        while {
            let taken = self.taken();
            let case = self.best.clone();
            self.first_of(merges(&case, &taken))
        } {}
    }

    /// An operation goes to an actor before its own.
    pub(super) fn moved_operations(&mut self) {
        while {
            let taken = self.taken();
            let case = self.best.clone();
            let draft = Draft::of(&case);
            let cpus = |before: usize| (0..before).filter(|a| draft.actors[*a].kind == ActorKind::Cpu);
            let moves = draft.places().into_iter().flat_map(|place| {
                let to = cpus(place.0).flat_map(|a| (0..=draft.actors[a].ops.len()).map(move |at| (a, at)));
                to.map(move |to| (place, to)).collect::<Vec<_>>()
            });
            self.first_of(moves.flat_map(|(from, to)| moved(&case, from, to, &taken)))
        } {}
    }

    /// Pages become one page, or get smaller numbers. The page that the verdict is about is followed.
    pub(super) fn fewer_pages(&mut self) {
        while {
            let case = self.best.clone();
            let pairs = (0..PAGES).flat_map(|high| (0..high).map(move |low| (low, high)));
            let maps = pairs.flat_map(|(low, high)| {
                let mut joined: Pages = std::array::from_fn(|p| p);
                let mut swapped = joined;
                joined[high] = low;
                swapped.swap(low, high);
                [joined, swapped]
            });
            self.first_of(maps.map(|to| renumbered(&case, to)))
        } {}
    }

    /// Each operation becomes a plainer one: a range a page, a pin a reference.
    pub(super) fn plainer_operations(&mut self) {
        while {
            let case = self.best.clone();
            let places = Draft::of(&case).places();
            self.first_of(places.into_iter().flat_map(|(actor, at)| plainer(&case, actor, at)))
        } {}
    }

    /// The longest program comes first, and who can be a CPU is one.
    pub(super) fn plainer_actors(&mut self) {
        while {
            let case = self.best.clone();
            let kinds = case.programs.kinds;
            let actors = case.programs.actors as usize;
            let cpus: Vec<_> = (0..actors).filter(|a| kinds[*a] == ActorKind::Cpu).collect();
            let others = (0..actors).filter(|a| kinds[*a] != ActorKind::Cpu);
            let as_cpu = others.map(|a| {
                let mut case = case.clone();
                case.programs.kinds[a] = ActorKind::Cpu;
                Edited::from(case)
            });
            let pairs =
                cpus.iter().flat_map(|two| cpus.iter().filter(move |one| *one < two).map(move |one| (*one, *two)));
            let places = pairs.filter_map(|(one, two)| swapped(&case, one, two));
            self.first_of(as_cpu.chain(places).collect::<Vec<_>>())
        } {}
    }
}

/// Programs with so many operations are small enough to try every pair of them.
const FEW: usize = 16;

/// Without each of the actors.
pub(super) fn fewer_actors(case: &Case, taken: &[Taken]) -> Vec<Edited> {
    let actors = case.programs.actors as usize;
    let without = (0..actors).rev().filter(|_| actors > 1).flat_map(|a| without_actor(case, a, taken));
    without.collect()
}

/// Without each of the operations.
pub(super) fn fewer_operations(case: &Case, taken: &[Taken]) -> Vec<Edited> {
    Draft::of(case).places().into_iter().flat_map(|place| without(case, &[place], taken)).collect()
}

/// With each two actors as one.
pub(super) fn merges(case: &Case, taken: &[Taken]) -> Vec<Edited> {
    let kinds = case.programs.kinds;
    let actors = case.programs.actors as usize;
    let pairs = (0..actors).rev().flat_map(|from| (0..from).map(move |into| (from, into)));
    let cpus = pairs.filter(|(_, into)| kinds[*into] == ActorKind::Cpu);
    cpus.flat_map(|(from, into)| merged(case, from, into, taken)).collect()
}

/// Without a page: none of its operations, and not mapped at the start.
fn without_page(case: &Case, page: usize, taken: &[Taken]) -> Option<Vec<Edited>> {
    let draft = Draft::of(case);
    let of_page = |(a, at): &(usize, usize)| {
        let op = draft.actors[*a].ops[*at];
        op.kind.one_page() && op.arg as usize == page
    };
    let gone: Vec<_> = draft.places().into_iter().filter(of_page).collect();
    let mapped = (case.config.shared | case.config.large) & 1 << page != 0;
    (mapped || !gone.is_empty()).then(|| {
        let mut edits = without(case, &gone, taken);
        for edited in &mut edits {
            edited.case.config.shared &= !(1 << page);
            edited.case.config.large &= !(1 << page);
        }
        edits
    })
}

/// With an operation of a plainer kind in the place of one. The kinds are numbered from the common to the
/// rare.
fn plainer(case: &Case, actor: usize, at: usize) -> Vec<Edited> {
    let op = case.programs.ops[actor][at];
    let kinds =
        OpKind::ALL.into_iter().take(op.kind as usize).filter(|k| k.allowed_for(case.programs.kinds[actor]));
    let with = |kind: OpKind, arg: u8| {
        let mut case = case.clone();
        case.programs.ops[actor][at] = model::Op::new(kind, arg);
        Edited::from(case)
    };
    let mut out = Vec::new();
    for kind in kinds {
        // What works on a range may be about any of its pages.
        let ranged = !op.kind.one_page() && kind.one_page();
        let args = if ranged {
            0..PAGES as u8
        } else if kind.one_page() {
            op.arg..op.arg + 1
        } else {
            0..1
        };
        out.extend(args.map(|arg| with(kind, arg)));
    }
    if op.kind == OpKind::SwapMax {
        out.extend((0..op.arg).map(|arg| with(OpKind::SwapMax, arg)));
    }
    out
}
