//! The machine: small, pure, and in order whenever nobody is at work on it.

mod common;

use common::{Draw, code, programs};
use model::{
    ACTORS, Actor, Code, Config, FRAMES, Frame, Machine, OpKind, PAGES, Programs, PteKind, SLOTS, SYSTEM_FRAMES,
    Swap, Transition, World, is_device,
};

#[test]
fn the_machine_stays_small() {
    assert!(size_of::<Machine>() <= 256, "{} bytes", size_of::<Machine>());
}

/// Runs drawn programs with drawn choices to their end, the drain included, and calls `check` after each step.
fn executions(seed: u64, count: u64, mut check: impl FnMut(&World, &Machine, &mut Draw)) {
    let code: Code = code();
    for n in 0..count {
        let mut draw = Draw(seed << 32 | n);
        let (config, programs): (Config, Programs) = (draw.config(), draw.programs());
        let world = World::new(&config, &programs, &code);
        let mut machine = Machine::new(&config);
        for draining in [false, true] {
            if draining {
                machine.start_drain();
            }
            let mut steps = 0;
            loop {
                let enabled = machine.enabled(&world);
                if enabled.is_empty() {
                    break;
                }
                let event = machine.step(&world, enabled.nth(draw.below(1 << 20) as u32));
                assert_eq!(event.flaw, None, "{event:?}\n{config:?}\n{programs:?}");
                check(&world, &machine, &mut draw);
                steps += 1;
                assert!(steps < 1 << 16, "no end\n{config:?}\n{programs:?}");
            }
            let over = if draining { world.op(&machine, 0).is_none() } else { machine.programs_done(&programs) };
            assert!(over, "deadlock\n{machine:?}\n{config:?}\n{programs:?}");
            at_rest(&machine, &config, &programs);
        }
    }
}

/// Nobody is at work: every lock is free, and every count is explained.
fn at_rest(m: &Machine, config: &Config, programs: &Programs) {
    let at = format!("{m:?}\n{config:?}\n{programs:?}");
    assert_eq!((m.ptl, m.gathers), (0, 0), "{at}");
    for (i, actor) in m.actors.iter().enumerate() {
        assert_eq!((actor.flags, actor.flush, actor.batch, actor.kept), (0, 0, 0, 0), "actor {i}: {at}");
    }
    let mut device = 0;
    for frame in 0..FRAMES {
        let folio = &m.folios[frame];
        assert!(!folio.locked() && folio.writeback() == 0 && !folio.freeing(), "frame {frame}: {at}");
        let count = |pin| (0..PAGES).filter(|&p| m.held(p, pin) == Some(frame as Frame)).count() as u8;
        let (held, pinned) = (count(false), count(true));
        let maps =
            m.pte.iter().filter(|p| (p.is_present() || p.is_device()) && p.frame() as usize == frame).count()
                as u8;
        assert_eq!(folio.mapcount(), maps, "mapcount of frame {frame}: {at}");
        assert_eq!(folio.pins(), pinned, "pins of frame {frame}: {at}");
        let cached = u8::from(folio.swapcache());
        let batched = u8::from(folio.lazyfree_batch().is_some());
        assert_eq!(folio.refs, maps + held + pinned + cached + batched, "references of frame {frame}: {at}");
        assert_eq!(folio.allocated(), folio.refs != 0, "frame {frame}: {at}");
        // What is not on the LRU can never be isolated again, neither by reclaim nor by a migration.
        assert_eq!(folio.lru(), folio.refs != 0 && !is_device(frame as Frame), "LRU, frame {frame}: {at}");
        device += u8::from(is_device(frame as Frame) && folio.allocated());
    }
    assert!(device <= config.device_frames, "{at}");
    for slot in 0..SLOTS {
        let s = &m.slots[slot];
        assert!(!s.pinned(), "slot {slot}: {at}");
        let entries = m.pte.iter().filter(|p| p.is_swap() && p.slot() as usize == slot).count() as u8;
        assert_eq!(s.mapcount(), entries, "slot {slot}: {at}");
        let cache =
            (0..SYSTEM_FRAMES).filter(|&f| m.folios[f].swapcache() && m.folios[f].slot() as usize == slot).count();
        assert_eq!(cache, usize::from(s.has_cache()), "slot {slot}: {at}");
    }
    for page in 0..PAGES {
        assert_ne!(m.pte[page].kind(), PteKind::Migration, "page {page}: {at}");
    }
}

/// Drawn executions come to their end without a flaw and leave nothing behind; on the way there is at most one owner of
/// each lock, and it exists.
#[test]
fn drawn_executions_keep_the_machine_in_order() {
    executions(1, 30_000, |world, m, _| {
        let actors = world.programs.actors as usize;
        assert!(m.ptl as usize <= actors);
        for folio in &m.folios {
            assert!(folio.lock_owner().is_none_or(|i| i < actors), "{m:?}");
            assert!(folio.mapcount() <= folio.refs || folio.refs == 0, "{m:?}");
        }
        if m.ptl == 0 {
            // Mappings and their counts change together, under the lock.
            for frame in 0..FRAMES {
                let maps = |p: &&model::Pte| (p.is_present() || p.is_device()) && p.frame() as usize == frame;
                assert_eq!(
                    m.folios[frame].mapcount() as usize,
                    m.pte.iter().filter(maps).count(),
                    "frame {frame}: {m:?}"
                );
            }
        }
        for cpu in actors..ACTORS {
            assert!(m.tlb[cpu].iter().all(|t| !t.valid()), "nobody runs on CPU {cpu}");
        }
    });
}

/// A step depends on the machine and on nothing else: a copy that takes it ends up the same and tells the same.
#[test]
fn a_step_is_a_pure_function() {
    let code = code();
    for n in 0..500 {
        let mut draw = Draw(2 << 32 | n);
        let (config, programs) = (draw.config(), draw.programs());
        let world = World::new(&config, &programs, &code);
        let mut machine = Machine::new(&config);
        while !machine.enabled(&world).is_empty() {
            let before = machine;
            for t in machine.enabled(&world).iter() {
                let (mut one, mut two) = (before, before);
                assert_eq!(one.step(&world, t), two.step(&world, t));
                assert_eq!(one, two);
                assert_eq!(one.enabled(&world), two.enabled(&world));
            }
            // The copies were copies.
            assert_eq!(machine, before);
            machine.step(&world, machine.enabled(&world).nth(draw.below(1 << 20) as u32));
        }
    }
}

/// What is enabled can be taken: no transition out of the set leaves the machine as it was without anything to say.
#[test]
fn an_enabled_transition_does_something() {
    executions(3, 500, |world, m, _| {
        for t in m.enabled(world).iter() {
            let mut after = *m;
            let event = after.step(world, t);
            assert_eq!(event.transition, t);
            assert!(after != *m || event.retried, "{t}: {event:?}\n{m:?}");
        }
    });
}

/// The drain puts every page's backing to the test: each is out in swap when it is read back, whatever limit the
/// programs left.
#[test]
fn the_drain_reads_every_page_back_from_swap() {
    use OpKind::{Migrate, PageOut, SwapMax, Write};
    let code = code();
    for swap in [Swap::NullBlk, Swap::Disk, Swap::RamDisk] {
        let config = Config { swap, shared: 0b100, ..Config::default() };
        let ops = [(Write, 0), (Write, 1), (SwapMax, 1), (PageOut, 0), (Write, 1), (Migrate, 0), (Migrate, 1)];
        let programs = programs(&[&ops]);
        let world = World::new(&config, &programs, &code);
        let mut m = Machine::new(&config);
        let mut read = 0u8;
        for draining in [false, true] {
            if draining {
                m.start_drain();
            }
            while !m.enabled(&world).is_empty() {
                let enabled = m.enabled(&world);
                let begins = !m.actors[0].has(Actor::BEGUN);
                if let Some(op) = world.op(&m, 0).filter(|op| draining && begins && op.kind == OpKind::Read) {
                    assert!(m.pte[op.arg as usize].is_swap(), "{swap:?}, page {}: {m:?}", op.arg);
                    read |= 1 << op.arg;
                }
                // On a disk the write comes first.
                let device = Transition::WRITEBACK;
                m.step(&world, if enabled.has(device) { device } else { enabled.nth(0) });
            }
        }
        assert_eq!(read, 0b111, "{swap:?}");
    }
}
