//! The machine: small, pure, and in order whenever nobody is at work on it.

mod common;

use common::{Draw, at_rest, code, maps, programs};
use model::{
    ACTORS, Action, Actor, ActorKind, Config, Event, FRAMES, Hardware, MMS, Machine, OpKind, Profile, Programs,
    Swap, Transition, World,
};
use std::collections::BTreeSet;

/// Drawn programs with drawn choices to their end, the drain included. No step panics, and each is shown to
/// `check`. Whoever moves is drawn evenly, which is fair: an execution that does not end is a livelock.
///
/// With [`Hardware::PlainRmw`] a cleared entry comes back to life, and then no count means anything: there
/// only the absence of panics is claimed.
fn executions(seed: u64, count: u64, mut check: impl FnMut(&World, &Machine, &Event)) {
    let code = code(Profile::default());
    for n in 0..count {
        let mut draw = Draw(seed << 32 | n);
        let (config, programs): (Config, Programs) = (draw.config(), draw.programs());
        let world = World::new(&config, &programs, code);
        let mut machine = Machine::new(&config);
        let sound = config.hardware != Hardware::PlainRmw;
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
                steps += 1;
                if sound {
                    assert_eq!(event.flaw, None, "{event:?}\n{config:?}\n{programs:?}");
                    check(&world, &machine, &event);
                    assert!(steps < 1 << 16, "no end\n{config:?}\n{programs:?}");
                } else if steps == 1 << 12 {
                    break;
                }
            }
            if sound {
                let over =
                    if draining { world.op(&machine, 0).is_none() } else { machine.programs_done(&programs) };
                assert!(over, "deadlock\n{machine:?}\n{config:?}\n{programs:?}");
                at_rest(&machine, &config, &programs);
            }
        }
    }
}

/// Drawn executions come to their end without a flaw and leave nothing behind; on the way there is at most
/// one owner of each lock, and it exists.
#[test]
fn drawn_executions_keep_the_machine_in_order() {
    executions(1, 30_000, |world, m, _| {
        let actors = world.programs.actors as usize;
        assert!(m.ptl.iter().all(|owner| *owner as usize <= actors));
        let holders = |flag| m.actors.iter().filter(|a| a.has(flag)).count();
        let (readers, writers) = (holders(Actor::MMAP_READ), holders(Actor::MMAP_WRITE));
        // The child's faults hold the child's lock.
        let in_child = m.actors.iter().filter(|a| a.has(Actor::MMAP_READ) && a.has(Actor::IN_CHILD)).count();
        assert!(writers == 0 || (writers == 1 && readers <= in_child), "mmap lock: {m:?}");
        for folio in &m.folios {
            assert!(folio.lock_owner().is_none_or(|i| i < actors), "{m:?}");
            assert!(folio.mapcount() <= folio.refs || folio.refs == 0, "{m:?}");
        }
        if m.ptl == [0; MMS] {
            // Mappings and their counts change together, under the lock.
            for frame in 0..FRAMES {
                assert_eq!(m.folios[frame].mapcount(), maps(m, frame), "frame {frame}: {m:?}");
            }
        }
        for cpu in (0..ACTORS).filter(|i| *i >= actors || world.programs.kinds[*i] != ActorKind::Cpu) {
            assert!(m.tlb[cpu].iter().flatten().all(|t| !t.valid()), "nobody runs on CPU {cpu}");
        }
    });
}

/// Every operation returns, on every CPU, and every step of every listing is taken by somebody: what the
/// other properties say, they say of all of it.
#[test]
fn drawn_executions_reach_every_operation_on_every_cpu_and_every_step() {
    let mut returned = BTreeSet::new();
    let mut taken = BTreeSet::new();
    executions(4, 30_000, |world, m, event| {
        if let Some(op) = event.op.filter(|_| event.returned && !m.draining) {
            returned.insert((world.config.hardware, op.kind as u8));
        }
        if let Some(pc) = event.pc {
            taken.insert(world.code.at(pc).action.name());
        }
    });
    for hardware in Hardware::ALL.into_iter().filter(|h| *h != Hardware::PlainRmw) {
        for kind in OpKind::ALL {
            assert!(returned.contains(&(hardware, kind as u8)), "{kind:?} never returned on {}", hardware.name());
        }
    }
    // The mmap lock is taken together with the step after it. Only on the CPU that is left out here does the
    // walker load the entry. And fork, which excludes the parent's migrations, could meet a migration entry
    // only if a second child worked on the page while it runs.
    let elsewhere = [Action::MmapReadLock, Action::MmapWriteLock, Action::WalkerRead, Action::CopyMigrationEntry];
    let code = code(Profile::default());
    let never: BTreeSet<_> = (0..code.len() as u16)
        .map(|pc| code.at(pc).action)
        .filter(|a| !a.is_local() && !elsewhere.contains(a) && !taken.contains(a.name()))
        .map(Action::name)
        .collect();
    assert_eq!(never, BTreeSet::new(), "steps that nobody took");
}

/// A step depends on the machine and on nothing else: a copy that takes it ends up the same and tells the
/// same.
#[test]
fn a_step_is_a_pure_function() {
    let code = code(Profile::default());
    for n in 0..500 {
        let mut draw = Draw(2 << 32 | n);
        let (config, programs) = (draw.config(), draw.programs());
        let world = World::new(&config, &programs, code);
        let mut machine = Machine::new(&config);
        for _ in 0..1 << 12 {
            if machine.enabled(&world).is_empty() {
                break;
            }
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

/// What is enabled can be taken: no transition out of the set leaves the machine as it was without anything
/// to say.
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

/// The drain puts every page's backing to the test: each is out in swap when it is read back, whatever limit
/// the programs left.
#[test]
fn the_drain_reads_every_page_back_from_swap() {
    use OpKind::{Migrate, PageOut, SwapMax, Write};
    let code = code(Profile::default());
    for swap in [Swap::NullBlk, Swap::Disk, Swap::RamDisk] {
        let config = Config { swap, shared: 0b100, ..Config::default() };
        let ops = [(Write, 0), (Write, 1), (SwapMax, 1), (PageOut, 0), (Write, 1), (Migrate, 0), (Migrate, 1)];
        let programs = programs(&[&ops]);
        let world = World::new(&config, &programs, code);
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
                    assert!(m.pte[0][op.arg as usize].is_swap(), "{swap:?}, page {}: {m:?}", op.arg);
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
