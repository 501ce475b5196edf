//! Symmetry: of the machines that differ in the names of like actors and like pages, one stands for all.
//!
//! A renaming is one that leaves the programs as they are, and the initial machine too. Then whatever one
//! machine comes to, its renamed twins come to, and there is a finding in all or in none. At the end of the
//! programs each of the twins is drained, because a drain goes through the pages in order.

use corpus::Case;
use model::{ACTORS, ActorKind, Image, Machine, Op, OpKind, PAGES, Programs, Renaming, World};

/// The renamings that leave a case as it is, but for that which renames nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct Symmetry {
    renamings: Vec<Renaming>,
    /// Two initiators that wait for one CPU may change places: its answers would come in another order.
    pub fragile: bool,
}

impl Symmetry {
    pub fn of(case: &Case) -> Symmetry {
        let programs = &case.programs;
        let used = programs.pages() | case.config.shared | case.config.large;
        // A page that starts mapped is in the frame of its number.
        let movable = used & !(case.config.shared | case.config.large);
        let one_by_one =
            (0..programs.actors as usize).all(|actor| programs.of(actor).iter().all(|op| op.kind.one_page()));
        let mut symmetry = Symmetry::default();
        for pages in permutations::<PAGES>() {
            let moves = |page: usize| pages[page] as usize != page;
            if (0..PAGES).any(|page| moves(page) && (!one_by_one || movable & 1 << page == 0)) {
                continue;
            }
            for actors in permutations::<ACTORS>() {
                let renaming = Renaming { actors, pages };
                if renaming != Renaming::NONE && fits(programs, &renaming) {
                    symmetry.fragile |= reorders(programs, &renaming);
                    symmetry.renamings.push(renaming);
                }
            }
        }
        symmetry
    }

    /// How many renamings there are, that which renames nothing among them.
    pub fn order(&self) -> u32 {
        self.renamings.len() as u32 + 1
    }

    /// The image that stands for a machine and its twins: the smallest.
    #[inline]
    pub fn image(&self, world: &World, machine: &Machine) -> Image {
        let mut least = *machine.image();
        for renaming in &self.renamings {
            least = least.min(*machine.renamed(world, renaming).image());
        }
        least
    }

    /// A machine and its twins.
    pub fn twins<'a>(&'a self, world: &'a World, machine: Machine) -> impl Iterator<Item = Machine> + 'a {
        let renamed = self.renamings.iter().map(move |renaming| machine.renamed(world, renaming));
        std::iter::once(machine).chain(renamed)
    }
}

fn fits(programs: &Programs, names: &Renaming) -> bool {
    let renamed =
        |op: &Op| Op { arg: if op.kind.one_page() { names.pages[op.arg as usize] } else { op.arg }, ..*op };
    (0..ACTORS).all(|actor| {
        let to = names.actors[actor] as usize;
        if actor >= programs.actors as usize {
            return to == actor;
        }
        // What invalidates the device's mirror of one page reaches the next.
        let in_order = programs.kinds_used().has(OpKind::DeviceExclusive);
        (!in_order || names.pages == Renaming::NONE.pages)
            && to < programs.actors as usize
            && programs.kinds[actor] == programs.kinds[to]
            && programs.of(actor).iter().map(renamed).eq(programs.of(to).iter().copied())
    })
}

/// Whether two actors change their order that another CPU may have to answer.
fn reorders(programs: &Programs, names: &Renaming) -> bool {
    let n = programs.actors as usize;
    let third = |i, j| (0..n).any(|cpu| cpu != i && cpu != j && programs.kinds[cpu] == ActorKind::Cpu);
    (0..n).any(|j| (0..j).any(|i| names.actors[i] > names.actors[j] && third(i, j)))
}

fn permutations<const N: usize>() -> Vec<[u8; N]> {
    let mut all = vec![std::array::from_fn(|n| n as u8)];
    for place in 0..N {
        for n in 0..all.len() {
            for other in place + 1..N {
                let mut swapped: [u8; N] = all[n];
                swapped.swap(place, other);
                all.push(swapped);
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn order(line: &str) -> u32 {
        Symmetry::of(&line.parse().unwrap_or_else(|e| panic!("{line}: {e}"))).order()
    }

    #[test]
    fn there_are_n_factorial_permutations() {
        let all = permutations::<4>();
        assert_eq!((all.len(), all.iter().collect::<HashSet<_>>().len()), (24, 24));
    }

    #[test]
    fn like_programs_make_symmetry() {
        for (line, expected) in [
            ("cpu0: W0 R0 | cpu1: W0", 1),
            ("cpu0: W0 R0 | cpu1: W0 R0", 2),
            ("cpu0: W0 | cpu1: W0 | cpu2: W0", 6),
            ("cpu0: W0 D0 | cpu1: W1 D1", 2),
            ("cpu0: W0 | cpu1: W1 | kswapd: P0", 1),
            // The page that starts mapped is in frame 0, and the other one would have to be in frame 1.
            ("shared=0 cpu0: W0 | cpu1: W1", 1),
            // The pages of a range are gone through in their order.
            ("cpu0: DD0 W0 | cpu1: DD0 W1", 1),
            ("cpu0: DD0 W0 | cpu1: DD0 W0", 2),
        ] {
            assert_eq!(order(line), expected, "{line}");
        }
    }
}
