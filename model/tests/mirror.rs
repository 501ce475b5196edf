//! A device that works on system memory: through the mirror, and with exclusive access. And the migration
//! that finds its page off the LRU.

mod common;

use OpKind::{DeviceExclusive, DeviceRead, DeviceWrite, Migrate, PageOut, Protect, Read, Write};
use common::{alone, at_rest, can_run, finish, programs, programs_with, run, through, up_to, with};
use model::{Action, ActorKind, Config, OpKind, Transition as T};

/// A writable entry without A and D, and a store of the device: the entry stays as it is. Whether the page is
/// marked is the driver's choice.
#[test]
fn a_store_through_the_mirror_sets_no_dirty_in_the_entry() {
    for driver_dirties in [true, false] {
        let mut config = Config::default();
        config.knobs.driver_dirties = driver_dirties;
        let programs = programs(&[&[(Write, 0), (DeviceWrite, 0)]]);
        with(&config, &programs, |world, mut m| {
            finish(world, &mut m, 0, 1);
            let clean = m.pte[0][0].with_dirty(false).with_accessed(false);
            m.pte[0][0] = clean;
            finish(world, &mut m, 0, 2);
            assert_eq!((m.pte[0][0], m.content(0, 0)[0]), (clean, 2));
            assert_eq!(m.folios[clean.frame() as usize].dirty(), driver_dirties);
        });
    }
}

/// A store of the device to a shared page breaks the sharing by a fault, as a CPU's would; a load does not.
#[test]
fn the_mirror_faults_for_write() {
    let config = Config { shared: 1, ..Config::default() };
    let m = alone(&config, &[(DeviceRead, 0)]);
    assert!(!m.pte[0][0].write());
    let m = alone(&config, &[(DeviceWrite, 0)]);
    assert!(m.pte[0][0].write() && m.content(0, 0)[0] == 1);
    let m = alone(&config, &[(Protect, 0), (DeviceWrite, 0)]);
    assert_eq!(m.content(0, 0)[0], model::SHARED_VALUE, "not to a read-only vma");
}

/// The notifier invalidates the mirror: an access that was prepared for another entry starts again.
#[test]
fn an_access_through_an_outdated_mirror_starts_again() {
    let programs = programs_with(&[ActorKind::Kswapd], &[&[(Write, 0), (DeviceWrite, 0)], &[(PageOut, 0)]]);
    with(&Config::default(), &programs, |world, mut m| {
        finish(world, &mut m, 0, 1);
        up_to(world, &mut m, 0, Action::MirrorAccess);
        let frame = m.pte[0][0].frame() as usize;
        finish(world, &mut m, 1, 1);
        assert!(run(world, &mut m, 0).retried);
        assert_eq!(m.folios[frame].data[0], 1, "nothing stored to the page that is gone");
        finish(world, &mut m, 0, 2);
        assert_eq!(m.content(0, 0)[0], 2);
    });
}

/// No mapping, only a reference; no CPU caches the page; D has gone to the folio.
#[test]
fn a_device_exclusive_page_is_out_of_the_cpus_reach() {
    let programs = programs(&[&[(Write, 0), (DeviceExclusive, 0)], &[(Read, 0)]]);
    with(&Config::default(), &programs, |world, mut m| {
        finish(world, &mut m, 0, 1);
        finish(world, &mut m, 1, 1);
        let frame = m.pte[0][0].frame();
        through(world, &mut m, 0, Action::FlushPage);
        assert!(!can_run(world, &m, 0), "it waits for CPU 1");
        m.step(world, T::interrupt(1));
        finish(world, &mut m, 0, 2);
        let pte = m.pte[0][0];
        assert!(pte.is_device_exclusive() && pte.write() && pte.frame() == frame, "{pte:?}");
        let folio = &m.folios[frame as usize];
        assert_eq!((folio.mapcount(), folio.refs, folio.dirty()), (0, 1, true));
        assert!(m.tlb.iter().all(|cpu| !cpu[0][0].valid()));
        at_rest(&m, world.config, world.programs);
    });
}

#[test]
fn a_cpu_touch_brings_a_device_exclusive_page_back_writable_and_dirty() {
    for touch in [Read, Write] {
        let m = alone(&Config::default(), &[(Write, 0), (DeviceExclusive, 0), (touch, 0)]);
        let pte = m.pte[0][0];
        assert!(pte.is_present() && pte.write() && pte.dirty(), "{touch:?}: {pte:?}");
        let folio = &m.folios[pte.frame() as usize];
        assert_eq!((folio.mapcount(), folio.refs, folio.exclusive()), (1, 1, true));
        assert_eq!(m.content(0, 0)[0], if touch == Write { 2 } else { 1 });
    }
    // Of a read-only vma: neither.
    let m = alone(&Config::default(), &[(Write, 0), (DeviceExclusive, 0), (Protect, 0), (Read, 0)]);
    assert!(m.pte[0][0].is_present() && !m.pte[0][0].write() && !m.pte[0][0].dirty());
    assert!(m.folios[m.pte[0][0].frame() as usize].dirty(), "the folio still knows");
}

/// Neither a migration nor reclaim selects it.
#[test]
fn a_device_exclusive_page_stays_where_it_is() {
    for kind in [Migrate, PageOut, OpKind::Reclaim] {
        let m = alone(&Config::default(), &[(Write, 0), (DeviceExclusive, 0), (kind, 0)]);
        assert!(m.pte[0][0].is_device_exclusive(), "{kind:?}");
    }
}

/// Reclaim has isolated the page when the migration wants to: it puts the old entry back. The dirty bit is in
/// the folio.
#[test]
fn a_migration_that_cannot_isolate_its_page_restores_it() {
    let programs = programs_with(&[ActorKind::Kswapd], &[&[(Write, 0), (Migrate, 0)], &[(PageOut, 0)]]);
    with(&Config::default(), &programs, |world, mut m| {
        finish(world, &mut m, 0, 1);
        let old = m.pte[0][0];
        through(world, &mut m, 1, Action::IsolateForReclaim);
        assert!(!through(world, &mut m, 0, Action::IsolateLru).ok);
        assert!(m.pte[0][0].is_migration());
        finish(world, &mut m, 0, 2);
        let pte = m.pte[0][0];
        assert!(pte.is_present() && pte.frame() == old.frame() && pte.write(), "{pte:?}");
        let folio = &m.folios[old.frame() as usize];
        assert!(folio.dirty() && folio.exclusive() && !folio.locked() && !folio.lru());
        finish(world, &mut m, 1, 1);
        at_rest(&m, world.config, world.programs);
        assert_eq!(m.content(0, 0)[0], 1);
    });
}
