//! What the tests of the machine share: a version of collect, programs by hand, draws.

#![allow(dead_code, reason = "each test binary uses its own part")]

use model::listing::Node;
use model::{
    ACTORS, ActorKind, Code, Config, DEVICE_FRAMES, Machine, MigrationEntryBits, Op, OpKind, PAGES, Profile,
    Programs, ReclaimBatch, Swap, SwapIn, Transition, World, environment, listing,
};

/// The operation under comparison as it was merged for 6.0 (the crates above this one know it as v3).
pub fn collect() -> Vec<Node> {
    listing! {
        at "migrate_vma_collect_pmd";
        LockPtl;
        each_page {
            ReadPte;
            if CollectHole { next; }
            Collectable else { next; }
            GetFolio;
            TrylockFolio else { PutFolio; next; }
            if Exclusive {
                ClearPte;
                if PtePresent { FlushPage; }
                ShareAnon else { RestorePte; UnlockFolio; PutFolio; next; }
            } else {
                ClearPte;
            }
            if PteDirty { MarkFolioDirty; }
            InstallMigrationEntry;
            RemoveRmap;
        }
        if AnyCleared { FlushRange; }
        UnlockPtl;
    }
}

pub fn code() -> Code {
    Code::link(&environment(), &collect())
}

/// CPUs with these operations each.
pub fn programs(actors: &[&[(OpKind, u8)]]) -> Programs {
    let mut programs = Programs { actors: actors.len() as u8, ..Programs::default() };
    for (actor, ops) in actors.iter().enumerate() {
        for (kind, arg) in *ops {
            assert!(programs.push(actor, Op::new(*kind, *arg)));
        }
    }
    programs
}

/// Runs an actor until its operations up to number `n` have returned.
pub fn finish(world: &World, machine: &mut Machine, actor: usize, n: u8) {
    while machine.actors[actor].op < n {
        let next = Transition::run(actor);
        assert!(machine.enabled(world).has(next), "actor {actor} has to wait");
        machine.step(world, next);
    }
}

/// Numbers that are the same everywhere (splitmix64).
pub struct Draw(pub u64);

impl Draw {
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ z >> 31) % n
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }

    /// Any configuration.
    pub fn config(&mut self) -> Config {
        let mut config = Config::of(self.one(&Profile::ALL));
        config.swap = self.one(&[Swap::NullBlk, Swap::Disk, Swap::RamDisk]);
        config.knobs.swap_in = self.one(&[SwapIn::ReadOnly, SwapIn::WritableClean]);
        config.knobs.reclaim_batch = self.one(&[ReclaimBatch::NonExclusive, ReclaimBatch::All]);
        config.knobs.migration_entry = self.one(&[MigrationEntryBits::None, MigrationEntryBits::Gated]);
        config.knobs.fault_page_ref = self.one(&[false, true]);
        config.knobs.sticky_device_flags = self.one(&[false, true]);
        config.shared = self.below(1 << PAGES) as u8 & self.below(1 << PAGES) as u8;
        config.device_frames = self.below(DEVICE_FRAMES as u64 + 1) as u8;
        config
    }

    /// Any programs: one to four actors, mostly on one page, the last one perhaps kswapd.
    pub fn programs(&mut self) -> Programs {
        let mut programs = Programs { actors: 1 + self.below(ACTORS as u64) as u8, ..Programs::default() };
        let last = programs.actors as usize - 1;
        if last > 0 && self.below(3) == 0 {
            programs.kinds[last] = ActorKind::Kswapd;
        }
        for actor in 0..=last {
            for _ in 0..1 + self.below(6) {
                let kind = if programs.kinds[actor] == ActorKind::Kswapd {
                    self.one(&[OpKind::PageOut, OpKind::Reclaim])
                } else {
                    self.one(&OpKind::ALL)
                };
                let arg = match kind {
                    OpKind::SwapMax => self.below(4) as u8,
                    kind if kind.one_page() && self.below(4) == 0 => self.below(PAGES as u64) as u8,
                    _ => 0,
                };
                programs.push(actor, Op::new(kind, arg));
            }
        }
        programs
    }
}
