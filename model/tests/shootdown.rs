//! Shoot-downs: the initiator waits for every CPU that caches the page, and a CPU in the middle of an access
//! does not answer.

mod common;

use common::{code, finish, programs};
use model::{Actor, Config, Machine, OpKind, Profile, Transition as T, World};

/// CPU 0 writes page 0, the others do their first operation, a load, CPU 0 migrates up to the flush that it
/// waits for.
fn flushing(world: &World, readers: usize) -> Machine {
    let mut m = Machine::new(world.config);
    finish(world, &mut m, 0, 1);
    for cpu in 1..=readers {
        finish(world, &mut m, cpu, 1);
    }
    while m.actors[0].unanswered() == 0 {
        m.step(world, T::run(0));
        assert!(m.actors[0].op == 1, "the migration was over without a flush");
    }
    m
}

#[test]
fn an_initiator_waits_for_every_cpu_that_caches_the_page() {
    use OpKind::{Migrate, Read, Write};
    let code = code(Profile::default());
    let config = Config::default();
    let three = programs(&[&[(Write, 0), (Migrate, 0)], &[(Read, 0)], &[(Read, 0)], &[(Read, 0)]]);
    let world = World::new(&config, &three, code);
    let start = flushing(&world, 3);
    assert_eq!(start.actors[0].unanswered(), 0b1110);
    assert!(!start.tlb[0][0][0].valid(), "its own entry goes at once");
    for order in [[1, 2, 3], [1, 3, 2], [2, 1, 3], [2, 3, 1], [3, 1, 2], [3, 2, 1]] {
        let mut m = start;
        for cpu in order {
            let enabled = m.enabled(&world);
            assert!(!enabled.has(T::run(0)), "{order:?}: complete before CPU {cpu} has answered");
            assert!(enabled.has(T::interrupt(cpu)));
            assert!(m.tlb[cpu][0][0].valid(), "an entry stays until its CPU answers");
            m.step(&world, T::interrupt(cpu));
            assert!(!m.tlb[cpu][0][0].valid());
            assert!(!m.enabled(&world).has(T::interrupt(cpu)), "one answer is enough");
        }
        assert!(m.enabled(&world).has(T::run(0)), "{order:?}");
        finish(&world, &mut m, 0, 2);
        assert!(m.pte[0][0].is_device());
    }
}

/// A CPU that does not cache the page has nothing to answer.
#[test]
fn who_caches_nothing_is_not_asked() {
    use OpKind::{Migrate, Read, Write};
    let (code, config) = (code(Profile::default()), Config::default());
    let programs = programs(&[&[(Write, 0), (Migrate, 0)], &[(Read, 0)], &[(Read, 1)]]);
    let world = World::new(&config, &programs, code);
    // CPU 2 loads page 1: an entry, but for another page.
    let m = flushing(&world, 2);
    assert!(m.tlb[2][0][1].valid());
    assert_eq!(m.actors[0].unanswered(), 0b0010);
    assert!(!m.enabled(&world).has(T::interrupt(2)));
}

/// Between translation and access no interrupt is taken: an access through the old entry lands before the
/// flush is complete. A store has a step more in between.
#[test]
fn no_interrupt_in_the_middle_of_an_access() {
    use OpKind::{Migrate, Read, Write};
    let (code, config) = (code(Profile::default()), Config::default());
    for kind in [Read, Write] {
        // CPU 1 loads first, so that its entry is clean and a store has to set D.
        let programs = programs(&[&[(Write, 0), (Migrate, 0)], &[(Read, 0), (kind, 0)]]);
        let world = World::new(&config, &programs, code);
        let mut m = Machine::new(&config);
        finish(&world, &mut m, 0, 1);
        // As after MADV_FREE, so that the hardware has to set D.
        m.pte[0][0] = m.pte[0][0].with_dirty(false);
        finish(&world, &mut m, 1, 1);
        m.step(&world, T::run(1));
        assert!(m.actors[1].has(Actor::MID_ACCESS));
        // Up to the read of the entry and no further: the D update still finds the page.
        while m.actors[0].pte != m.pte[0][0] || m.ptl[0] != 1 {
            m.step(&world, T::run(0));
        }
        if kind == Write {
            m.step(&world, T::run(1));
            assert!(m.pte[0][0].dirty() && m.tlb[1][0][0].dirty());
        }
        while m.actors[0].unanswered() == 0 {
            m.step(&world, T::run(0));
        }
        assert!(m.actors[1].has(Actor::MID_ACCESS));
        let enabled = m.enabled(&world);
        assert!(!enabled.has(T::interrupt(1)), "{kind:?}: interrupted before the access");
        assert!(!enabled.has(T::run(0)), "{kind:?}: complete before the access");
        assert!(enabled.has(T::run(1)));
        let frame = m.tlb[1][0][0].frame() as usize;
        m.step(&world, T::run(1));
        assert!(!m.actors[1].has(Actor::MID_ACCESS));
        assert_eq!(m.folios[frame].data[1], u8::from(kind == Write), "the access went to the old page");
        let enabled = m.enabled(&world);
        assert!(enabled.has(T::interrupt(1)) && !enabled.has(T::run(0)));
        m.step(&world, T::interrupt(1));
        assert!(!m.tlb[1][0][0].valid());
        finish(&world, &mut m, 0, 2);
        assert!(m.pte[0][0].is_device());
        assert_eq!(m.content(0, 0)[1], u8::from(kind == Write), "the store went along");
    }
}

/// A store through a clean entry whose page has gone meanwhile: the D update notices, and nothing is stored.
#[test]
fn the_dirty_update_checks_the_entry_again() {
    use OpKind::{Migrate, Read, Write};
    let (code, config) = (code(Profile::default()), Config::default());
    let programs = programs(&[&[(Write, 0), (Migrate, 0)], &[(Read, 0), (Write, 0)]]);
    let world = World::new(&config, &programs, code);
    let mut m = Machine::new(&config);
    finish(&world, &mut m, 0, 1);
    m.pte[0][0] = m.pte[0][0].with_dirty(false);
    finish(&world, &mut m, 1, 1);
    m.step(&world, T::run(1));
    let frame = m.tlb[1][0][0].frame() as usize;
    while m.pte[0][0].is_present() {
        m.step(&world, T::run(0));
    }
    let event = m.step(&world, T::run(1));
    assert!(!event.ok && event.retried, "{event:?}");
    assert!(!m.tlb[1][0][0].valid() && !m.actors[1].has(Actor::MID_ACCESS));
    assert_eq!(m.folios[frame].data[1], 0);
    assert!(m.pte[0][0].is_none(), "no D into an entry that is not there");
}

/// The same where the entry names another page by now: the store must not go to the old one.
#[test]
fn the_dirty_update_checks_the_frame_too() {
    use OpKind::{Read, Write};
    let (code, config) = (code(Profile::default()), Config::default());
    let programs = programs(&[&[(Write, 0), (Write, 1)], &[(Read, 0), (Write, 0)]]);
    let world = World::new(&config, &programs, code);
    let mut m = Machine::new(&config);
    finish(&world, &mut m, 0, 2);
    m.pte[0][0] = m.pte[0][0].with_dirty(false);
    finish(&world, &mut m, 1, 1);
    m.step(&world, T::run(1));
    let frame = m.tlb[1][0][0].frame() as usize;
    m.pte[0][0] = m.pte[0][1].with_dirty(false);
    let event = m.step(&world, T::run(1));
    assert!(!event.ok && event.retried, "{event:?}");
    assert!(!m.pte[0][0].dirty() && !m.tlb[1][0][0].valid());
    assert_eq!(m.folios[frame].data[1], 0);
}
