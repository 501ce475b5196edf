//! What the tests of the machine share: a kernel, programs by hand, draws.

#![allow(dead_code, reason = "each test binary uses its own part")]

use model::{
    ACTORS, Action, Actor, ActorKind, Child, Code, Config, DEVICE_FRAMES, Event, FRAMES, Frame, Hardware, Knobs,
    MMS, Machine, MigrationEntryBits, MprotectUpgrade, Op, OpKind, PAGES, Profile, Programs, Pte, PteKind,
    ReclaimBatch, SLOTS, SYSTEM_FRAMES, StickyFlags, Swap, SwapIn, SyncSwapIn, Transition, World, is_device,
};

/// 6.0 with the collect that was merged for it, or another release with that collect.
pub fn code(release: Profile) -> &'static Code {
    impls::find("v3").expect("registered").code(release)
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

/// The same where the last actors are no CPUs.
pub fn programs_with(kinds: &[ActorKind], actors: &[&[(OpKind, u8)]]) -> Programs {
    let mut programs = programs(actors);
    let first = actors.len() - kinds.len();
    programs.kinds[first..actors.len()].copy_from_slice(kinds);
    programs
}

/// A world in which these programs have not begun.
pub fn with(config: &Config, programs: &Programs, test: impl FnOnce(&World, Machine)) {
    test(&World::new(config, programs, code(config.profile)), Machine::new(config));
}

/// Runs one CPU's program to its end.
pub fn alone(config: &Config, ops: &[(OpKind, u8)]) -> Machine {
    let mut end = None;
    with(config, &programs(&[ops]), |world, mut m| {
        finish(world, &mut m, 0, ops.len() as u8);
        end = Some(m);
    });
    end.expect("the test ran")
}

/// Runs an actor until its operations up to number `n` have returned; the CPUs that it asks for a flush
/// answer at once.
pub fn finish(world: &World, machine: &mut Machine, actor: usize, n: u8) {
    for _ in 0..2000 {
        if machine.actors[actor].op >= n {
            return;
        }
        let asked = machine.actors[actor].unanswered();
        if asked != 0 {
            let answer = Transition::interrupt(asked.trailing_zeros() as usize);
            assert!(machine.enabled(world).has(answer), "{answer} is in the middle of an access: {machine:?}");
            machine.step(world, answer);
            continue;
        }
        run(world, machine, actor);
    }
    panic!("actor {actor} goes round in circles: {machine:?}");
}

/// One step of an actor.
pub fn run(world: &World, machine: &mut Machine, actor: usize) -> Event {
    let next = Transition::run(actor);
    assert!(can_run(world, machine, actor), "actor {actor} has to wait: {machine:?}");
    machine.step(world, next)
}

pub fn can_run(world: &World, machine: &Machine, actor: usize) -> bool {
    machine.enabled(world).has(Transition::run(actor))
}

/// Runs an actor until this is its next step.
pub fn up_to(world: &World, machine: &mut Machine, actor: usize, action: Action) {
    for _ in 0..200 {
        if next_step(world, machine, actor) == Some(action) {
            return;
        }
        run(world, machine, actor);
    }
    panic!("actor {actor} never comes to {action:?}: {machine:?}");
}

/// ... until it has taken this step; what the step said.
pub fn through(world: &World, machine: &mut Machine, actor: usize, action: Action) -> Event {
    up_to(world, machine, actor, action);
    run(world, machine, actor)
}

/// What an actor does next, if its program is not over.
pub fn next_step(world: &World, machine: &Machine, actor: usize) -> Option<Action> {
    let a = &machine.actors[actor];
    let kswapd = world.programs.kinds[actor] == ActorKind::Kswapd;
    let entry = || world.op(machine, actor).map(|op| world.code.entry(op.kind, kswapd));
    let pc = if a.has(Actor::BEGUN) { Some(a.pc) } else { entry() };
    pc.map(|pc| world.code.at(pc).action)
}

/// The entries of both address spaces.
pub fn entries(m: &Machine) -> impl Iterator<Item = &Pte> {
    m.pte.iter().flatten()
}

/// How many entries map a frame.
pub fn maps(m: &Machine, frame: usize) -> u8 {
    entries(m).filter(|p| (p.is_present() || p.is_device()) && p.frame() as usize == frame).count() as u8
}

/// Nobody is at work: every lock is free, and every count is explained.
pub fn at_rest(m: &Machine, config: &Config, programs: &Programs) {
    let at = format!("{m:?}\n{config:?}\n{programs:?}");
    assert_eq!((m.ptl, m.gathers), ([0; MMS], [0; MMS]), "{at}");
    for (i, actor) in m.actors.iter().enumerate() {
        assert_eq!((actor.flags, actor.flush, actor.batch, actor.kept), (0, 0, 0, 0), "actor {i}: {at}");
    }
    assert!(matches!(m.child, Child::None | Child::Alive), "{at}");
    if m.child == Child::None {
        assert!(m.pte[1].iter().all(|p| p.is_none()) && m.read_only >> 4 == 0, "what is left of a child: {at}");
    }
    let mut device = 0;
    for frame in 0..FRAMES {
        let folio = &m.folios[frame];
        assert!(!folio.locked() && folio.writeback() == 0 && !folio.freeing(), "frame {frame}: {at}");
        let count = |pin| (0..PAGES).filter(|&p| m.held(p, pin) == Some(frame as Frame)).count() as u8;
        let (held, pinned) = (count(false), count(true));
        let maps = maps(m, frame);
        let lent = entries(m).filter(|p| p.is_device_exclusive() && p.frame() as usize == frame).count() as u8;
        assert_eq!(folio.mapcount(), maps, "mapcount of frame {frame}: {at}");
        assert_eq!(folio.pins(), pinned, "pins of frame {frame}: {at}");
        let cached = u8::from(folio.swapcache());
        let batched = u8::from(folio.lazyfree_batch().is_some());
        let explained = maps + lent + held + pinned + cached + batched;
        assert_eq!(folio.refs, explained, "references of frame {frame}: {at}");
        assert_eq!(folio.allocated(), folio.refs != 0, "frame {frame}: {at}");
        // What is not on the LRU can never be isolated again, neither by reclaim nor by a migration.
        assert_eq!(folio.lru(), folio.refs != 0 && !is_device(frame as Frame), "LRU, frame {frame}: {at}");
        device += u8::from(is_device(frame as Frame) && folio.allocated());
    }
    assert!(device <= config.device_frames, "{at}");
    for slot in 0..SLOTS {
        let s = &m.slots[slot];
        assert!(!s.pinned(), "slot {slot}: {at}");
        let named = entries(m).filter(|p| p.is_swap() && p.slot() as usize == slot).count() as u8;
        assert_eq!(s.mapcount(), named, "slot {slot}: {at}");
        let cache =
            (0..SYSTEM_FRAMES).filter(|&f| m.folios[f].swapcache() && m.folios[f].slot() as usize == slot).count();
        assert_eq!(cache, usize::from(s.has_cache()), "slot {slot}: {at}");
    }
    assert!(entries(m).all(|p| p.kind() != PteKind::Migration), "{at}");
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

    /// Any configuration: every knob, every CPU.
    pub fn config(&mut self) -> Config {
        let mut config = Config::of(self.one(&Profile::ALL));
        if self.flip() {
            config.knobs = self.knobs();
        }
        config.hardware = self.one(&Hardware::ALL);
        config.swap = self.one(&[Swap::NullBlk, Swap::Disk, Swap::RamDisk]);
        config.shared = self.below(1 << PAGES) as u8 & self.below(1 << PAGES) as u8;
        config.large = self.below(1 << PAGES) as u8 & self.below(1 << PAGES) as u8;
        config.device_frames = self.below(DEVICE_FRAMES as u64 + 1) as u8;
        config
    }

    fn flip(&mut self) -> bool {
        self.below(2) == 0
    }

    /// Written without a base, so that a new knob does not compile before it is drawn.
    fn knobs(&mut self) -> Knobs {
        use MigrationEntryBits as M;
        Knobs {
            exclusive: self.flip(),
            migration_entry: self.one(&[M::None, M::Gated, M::Ungated]),
            swap_in: self.one(&[SwapIn::ReadOnly, SwapIn::WritableClean]),
            reclaim_batch: self.one(&[ReclaimBatch::NonExclusive, ReclaimBatch::All]),
            mprotect: self.one(&[MprotectUpgrade::Never, MprotectUpgrade::Dirty, MprotectUpgrade::Exclusive]),
            free_swap_on_migrate: self.flip(),
            write_frees_slot: self.flip(),
            pinned_stays_lazyfree: self.flip(),
            sync_swap_in: self.one(&[SyncSwapIn::Bypass, SyncSwapIn::FreeAtOnce]),
            fault_page_ref: self.flip(),
            sticky: self.one(&[StickyFlags::Off, StickyFlags::SwapBacked, StickyFlags::All]),
            double_flush: self.flip(),
            driver_dirties: self.flip(),
        }
    }

    /// Any programs: one to four actors, mostly on one page, the last ones perhaps kswapd and a DMA device.
    /// Most pairs of operations that open and close something are rare by themselves, so each case leaves
    /// some kinds out.
    pub fn programs(&mut self) -> Programs {
        let mut programs = Programs { actors: 1 + self.below(ACTORS as u64) as u8, ..Programs::default() };
        let mut last = programs.actors as usize - 1;
        for kind in [ActorKind::Dma, ActorKind::Kswapd] {
            if last > 0 && self.below(3) == 0 {
                programs.kinds[last] = kind;
                last -= 1;
            }
        }
        let present = self.below(1 << OpKind::ALL.len()) as u32 | self.below(1 << OpKind::ALL.len()) as u32;
        for actor in 0..programs.actors as usize {
            let wanted = |kind: &OpKind| {
                let actor = programs.kinds[actor];
                kind.allowed_for(actor) && (actor != ActorKind::Cpu || present & 1 << *kind as u8 != 0)
            };
            let kinds: Vec<OpKind> = OpKind::ALL.into_iter().filter(wanted).collect();
            if kinds.is_empty() {
                continue;
            }
            for _ in 0..1 + self.below(6) {
                let kind = self.one(&kinds);
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
