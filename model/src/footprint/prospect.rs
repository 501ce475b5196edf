//! What an actor may touch from now on, whatever the others do: the footprints of all its transitions to
//! come, taken together.
//!
//! Known without looking at the listings: by the operations that are left and the pages that they name. An
//! operation works on its pages, on the frames that belong to them or may come to them, and on what is there
//! once for all pages. It is too much rather than too little; `explore/tests/quotients.rs` compares searches
//! that rely on it with searches that do not.

use super::{Footprint, Object, Objects};
use crate::{
    ACTORS, ActorKind, FRAMES, MMS, Machine, Op, OpKind, PAGES, Programs, SLOTS, Swap, Transition, World,
};

/// What of a case decides which prospects there are.
#[derive(Clone, Copy, Debug)]
pub struct Prospects {
    pages_out: bool,
    migrates: bool,
    discards: bool,
}

impl Prospects {
    /// What is known of a case's programs; `None` if everything may depend on everything: a child shares all
    /// frames, a disk and a large folio go through many, and an invalidation of the device's mirror reaches
    /// the next page.
    #[must_use]
    pub fn of(world: &World) -> Option<Prospects> {
        let kinds = world.programs.kinds_used();
        let any = |of: &[OpKind]| of.iter().any(|kind| kinds.has(*kind));
        let simple = !any(&[OpKind::Fork, OpKind::Reclaim, OpKind::Exit, OpKind::DeviceExclusive]);
        (simple && world.config.swap != Swap::Disk && world.config.large == 0).then(|| Prospects {
            pages_out: any(&[OpKind::PageOut, OpKind::ChildPageOut]),
            migrates: any(&[OpKind::Migrate, OpKind::MigrateRange, OpKind::ToSystem]),
            discards: any(&[OpKind::DontNeed, OpKind::Free]),
        })
    }
}

fn pages_of(ops: &[Op]) -> u8 {
    let mut pages = 0;
    for op in ops {
        (op.range().0..=op.range().1).for_each(|page| pages |= 1 << page);
    }
    pages
}

impl Machine {
    /// What an actor may read or write from now on.
    #[must_use]
    pub fn prospect(&self, world: &World, prospects: &Prospects, actor: usize) -> Footprint {
        let programs = world.programs;
        let ops = &programs.of(actor)[(self.actors[actor].op).min(programs.len[actor]) as usize..];
        let mut all = Footprint::default();
        if ops.is_empty() {
            return all;
        }
        let pages = pages_of(ops);
        let accesses = ops.iter().all(|op| matches!(op.kind, OpKind::Read | OpKind::Write));
        let f = &mut all;
        for object in [
            Object::ptl(0),
            Object::ALLOCATOR,
            Object::mmap_reader(actor),
            Object::in_child(actor),
            Object::access(actor),
            Object::doomed(actor),
            Object::batch(actor),
        ] {
            f.write(object);
        }
        f.read(Object::MMAP_WRITER);
        f.read(Object::CHILD);
        f.read(Object::SWAP_MAX);
        if prospects.migrates {
            f.write(Object::DEVICE_ALLOCATOR);
        }
        for (n, frame) in self.folios.iter().enumerate() {
            if !frame.allocated() || pages & 1 << frame.page() != 0 || self.names(actor, n) {
                f.write(Object::folio(n));
                (0..ACTORS).for_each(|word| f.write(Object::data(n, word)));
            }
        }
        if prospects.pages_out {
            (0..SLOTS).for_each(|slot| {
                f.write(Object::slot(slot));
                f.write(Object::slot_data(slot));
            });
        }
        for op in ops {
            match op.kind {
                OpKind::Protect => {
                    f.write(Object::MMAP_WRITER);
                    f.write(Object::protecting(op.arg as usize));
                    (0..MMS).for_each(|mm| f.write(Object::protection(mm, op.arg as usize)));
                }
                OpKind::Lock => {
                    f.write(Object::MMAP_WRITER);
                    f.write(Object::mlocked(op.arg as usize));
                }
                OpKind::SwapMax => f.write(Object::SWAP_MAX),
                _ => {}
            }
        }
        if !accesses {
            f.write(Object::gathers(0));
            f.write(Object::batched(0));
        }
        f.read(Object::gathers(0));
        f.read(Object::batched(0));
        (0..ACTORS).for_each(|other| f.read(Object::batch(other)));
        if prospects.discards {
            // An allocation takes the frame out of all of them.
            (0..PAGES).for_each(|page| f.write(Object::revoked(page)));
            (0..ACTORS).for_each(|other| f.write(Object::doomed(other)));
        }
        // A batch of reclaim is flushed as a whole, by whoever comes upon it.
        let flushed = if prospects.pages_out && !accesses { (1 << PAGES) - 1 } else { pages };
        for page in (0..PAGES).filter(|page| flushed & 1 << page != 0) {
            for cpu in 0..ACTORS {
                f.write(Object::tlb(cpu, 0, page));
            }
        }
        for cpu in (0..ACTORS).filter(|cpu| self.may_cache(programs, *cpu) & flushed != 0) {
            f.write(Object::asked(actor, cpu));
            f.read(Object::access(cpu));
        }
        for page in (0..PAGES).filter(|page| pages & 1 << page != 0) {
            f.write(Object::pte(0, page));
            f.write(Object::discard(page));
            f.read(Object::protection(0, page));
            f.read(Object::protecting(page));
            f.read(Object::mlocked(page));
            f.read(Object::revoked(page));
            for pin in [false, true] {
                f.write(Object::hold(page, pin));
            }
            (0..ACTORS).for_each(|word| f.write(Object::shadow(0, page, word)));
        }
        all
    }

    /// Whether the pages that the actors have left to work on tie all of them together, so that nothing is
    /// independent.
    #[must_use]
    pub fn all_on_one(&self, world: &World) -> bool {
        let mut left = [0u8; ACTORS];
        for (actor, pages) in left.iter_mut().enumerate().take(world.programs.actors as usize) {
            let ops = world.programs.of(actor);
            *pages = pages_of(&ops[(self.actors[actor].op as usize).min(ops.len())..]);
        }
        let Some(first) = left.into_iter().find(|pages| *pages != 0) else { return true };
        let mut tied = first;
        for _ in 0..ACTORS {
            tied = left.iter().filter(|pages| **pages & tied != 0).fold(tied, |all, pages| all | pages);
        }
        left.iter().all(|pages| pages & !tied == 0)
    }

    /// The pages that a CPU has cached or may come to cache.
    fn may_cache(&self, programs: &Programs, cpu: usize) -> u8 {
        if cpu >= programs.actors as usize || programs.kinds[cpu] != ActorKind::Cpu {
            return 0;
        }
        let cached =
            (0..PAGES).filter(|page| self.tlb[cpu][0][*page].valid()).fold(0, |all, page| all | 1 << page);
        cached | pages_of(&programs.of(cpu)[self.actors[cpu].op.min(programs.len[cpu]) as usize..])
    }

    /// Whether an actor's registers or cached translations name a frame, or it may reach it through a
    /// reference or its LRU batch.
    fn names(&self, actor: usize, frame: usize) -> bool {
        let me = &self.actors[actor];
        let is = |f: u8| f as usize == frame;
        let cached = self.tlb[actor].iter().flatten().any(|entry| entry.valid() && is(entry.frame()));
        let held = (0..PAGES).any(|page| [false, true].iter().any(|pin| self.held(page, *pin).is_some_and(is)));
        let registers = is(me.folio)
            || (!me.pte.is_none() && !me.pte.is_swap() && is(me.pte.frame()))
            || me.src.iter().any(|source| is(source.frame()))
            || me.dst.iter().any(|dst| is(*dst))
            || (frame < 8 && (me.batch | me.kept) & 1 << frame != 0);
        let batched = self.folios[frame].lazyfree_batch() == Some(actor);
        cached || held || registers || batched
    }

    /// What judges look at in the machine that a transition would leave, in every step and whatever has
    /// happened: the page worked on, its folio, and its backing.
    #[must_use]
    pub fn judged_after(&self, world: &World, transition: Transition) -> Objects {
        let mut judged = Objects::default();
        let Some(actor) = transition.actor() else { return judged };
        let me = &self.actors[actor];
        let pages = world.op(self, actor).map_or(0, |op| pages_of(&[op]));
        for page in (0..PAGES).filter(|page| pages & 1 << page != 0) {
            judged.insert(Object::pte(0, page));
            for word in 0..ACTORS {
                judged.insert(Object::shadow(0, page, word));
            }
            for pin in [false, true] {
                judged.insert(Object::hold(page, pin));
            }
            let pte = self.pte[0][page];
            for frame in 0..FRAMES {
                let folio = &self.folios[frame];
                let named =
                    (pte.is_present() || pte.is_migration() || pte.is_device()) && pte.frame() as usize == frame;
                if named || me.folio as usize == frame || (folio.allocated() && folio.page() == page) {
                    judged.insert(Object::folio(frame));
                    if folio.swapcache() && (folio.slot() as usize) < SLOTS {
                        judged.insert(Object::slot_data(folio.slot() as usize));
                    }
                }
            }
            if pte.is_swap() {
                judged.insert(Object::slot(pte.slot() as usize));
                judged.insert(Object::slot_data(pte.slot() as usize));
            }
        }
        judged
    }

    /// Whether a writable entry maps a page that is not exclusive: what judges say of that depends on whether
    /// anybody has the page-table lock.
    #[must_use]
    pub fn shares_writable(&self) -> bool {
        self.pte[0].iter().any(|pte| {
            let maps = pte.is_present() && pte.write() && (pte.frame() as usize) < FRAMES;
            maps && !self.folios[pte.frame() as usize].exclusive()
        })
    }
}
