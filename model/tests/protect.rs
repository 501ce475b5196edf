//! mprotect and mlock.

mod common;

use OpKind::{DontNeed, Free, Get, Lock, Migrate, PageOut, Protect, Read, Reclaim, Write};
use common::{alone, at_rest, can_run, finish, programs, programs_with, run, through, with};
use model::{Action, ActorKind, Config, MprotectUpgrade, OpKind, Transition as T};

#[test]
fn mprotect_keeps_dirty_and_flushes_before_it_returns() {
    let programs = programs(&[&[(Write, 0), (Protect, 0)], &[(Read, 0)]]);
    with(&Config::default(), &programs, |world, mut m| {
        finish(world, &mut m, 0, 1);
        finish(world, &mut m, 1, 1);
        assert!(m.tlb[1][0][0].write());
        through(world, &mut m, 0, Action::SetPte);
        let pte = m.pte[0][0];
        assert!(pte.is_present() && pte.dirty() && !pte.write(), "{pte:?}");
        through(world, &mut m, 0, Action::FlushRange);
        assert!(!can_run(world, &m, 0), "it waits for CPU 1");
        assert_eq!((m.ptl[0], m.actors[0].op), (0, 1), "without the page-table lock, before it returns");
        m.step(world, T::interrupt(1));
        assert!(!m.tlb[1][0][0].valid());
        finish(world, &mut m, 0, 2);
        assert!(m.pte[0][0].dirty());
    });
}

/// The hardware sets D while the word is out: it cannot, so nothing is lost. That is why the entry is taken
/// out and not just overwritten.
#[test]
fn a_store_cannot_set_dirty_behind_mprotects_back() {
    let programs = programs(&[&[(Write, 0), (Protect, 0)], &[(Read, 0), (Write, 0)]]);
    with(&Config::default(), &programs, |world, mut m| {
        finish(world, &mut m, 0, 1);
        m.pte[0][0] = m.pte[0][0].with_dirty(false);
        finish(world, &mut m, 1, 1);
        common::up_to(world, &mut m, 1, Action::SetDirty);
        through(world, &mut m, 0, Action::ClearPte);
        assert!(!run(world, &mut m, 1).ok, "the entry is not there");
        finish(world, &mut m, 0, 2);
        finish(world, &mut m, 1, 2);
        assert_eq!((m.content(0, 0)[1], m.pte[0][0].dirty()), (0, false), "and afterwards it is read-only");
    });
}

#[test]
fn a_store_to_a_read_only_vma_does_not_happen() {
    for before in [&[(Write, 0)][..], &[(Write, 0), (PageOut, 0)], &[(Write, 0), (Migrate, 0)]] {
        let mut ops = before.to_vec();
        ops.extend([(Protect, 0), (Write, 0)]);
        let m = alone(&Config::default(), &ops);
        assert_eq!(m.content(0, 0)[0], 1, "{before:?}");
        assert_eq!(m.shadow.words[0][0][0].last, 1, "and nobody believes that it did");
        assert!(!m.pte[0][0].write());
        ops.extend([(Read, 0), (Protect, 0), (Write, 0)]);
        let m = alone(&Config::default(), &ops);
        assert_eq!(m.content(0, 0)[0], 3, "{before:?}: writable again");
    }
    let m = alone(&Config::default(), &[(Protect, 0), (Write, 0)]);
    assert!(m.pte[0][0].is_none());
}

/// Who gets W back without a fault: nobody, exclusive and dirty pages, exclusive pages.
#[test]
fn the_three_rules_of_the_upgrade() {
    let dirty = [(Write, 0)];
    let clean = [(Write, 0), (PageOut, 0), (Read, 0)];
    for (rule, if_dirty, if_clean) in [
        (MprotectUpgrade::Never, false, false),
        (MprotectUpgrade::Dirty, true, false),
        (MprotectUpgrade::Exclusive, true, true),
    ] {
        let mut config = Config::default();
        config.knobs.mprotect = rule;
        let toggled = |config: &Config, ops: &[(OpKind, u8)]| {
            let mut ops = ops.to_vec();
            ops.extend([(Protect, 0), (Protect, 0)]);
            alone(config, &ops).pte[0][0]
        };
        let pte = toggled(&config, &dirty);
        assert_eq!((pte.write(), pte.dirty()), (if_dirty, true), "{rule:?}");
        let pte = toggled(&config, &clean);
        assert_eq!((pte.write(), pte.dirty()), (if_clean, false), "{rule:?}");
        // Shared with a child that is gone: dirty, and not exclusive.
        config.shared = 1;
        let pte = toggled(&config, &[]);
        assert_eq!((pte.write(), pte.dirty()), (false, true), "{rule:?}");
    }
}

/// A writable migration entry becomes readable and keeps the mark, so that the page comes back exclusive.
#[test]
fn a_device_entry_becomes_readable() {
    let m = alone(&Config::default(), &[(Write, 0), (Migrate, 0), (Protect, 0)]);
    assert!(m.pte[0][0].is_device() && !m.pte[0][0].write());
    let m = alone(&Config::default(), &[(Write, 0), (Migrate, 0), (Protect, 0), (Read, 0)]);
    assert!(m.pte[0][0].is_present() && !m.pte[0][0].write());
}

#[test]
fn a_locked_page_is_not_reclaimed() {
    let programs =
        programs_with(&[ActorKind::Kswapd], &[&[(Write, 0), (Lock, 0), (Lock, 0)], &[(PageOut, 0), (PageOut, 0)]]);
    with(&Config::default(), &programs, |world, mut m| {
        finish(world, &mut m, 0, 2);
        finish(world, &mut m, 1, 1);
        assert!(m.pte[0][0].is_present());
        finish(world, &mut m, 0, 3);
        finish(world, &mut m, 1, 2);
        assert!(m.pte[0][0].is_swap(), "unlocked, it is");
    });
    // What the process itself asks for fails too.
    for kind in [PageOut, Free, DontNeed, Reclaim] {
        let m = alone(&Config::default(), &[(Write, 0), (Lock, 0), (kind, 0)]);
        assert!(m.pte[0][0].is_present() && m.pte[0][0].dirty() && m.content(0, 0)[0] == 1, "{kind:?}");
    }
}

/// mlock comes when reclaim has isolated the page already: the unmap step looks again.
#[test]
fn a_page_that_is_locked_meanwhile_is_kept() {
    let programs = programs_with(&[ActorKind::Kswapd], &[&[(Write, 0), (Lock, 0)], &[(PageOut, 0)]]);
    with(&Config::default(), &programs, |world, mut m| {
        finish(world, &mut m, 0, 1);
        through(world, &mut m, 1, Action::AddToSwap);
        finish(world, &mut m, 0, 2);
        finish(world, &mut m, 1, 1);
        let pte = m.pte[0][0];
        let folio = m.folios[pte.frame() as usize];
        assert!(pte.is_present() && !folio.swapcache() && folio.dirty(), "the slot is given back: {folio:?}");
        at_rest(&m, world.config, world.programs);
    });
}

/// mlock comes before reclaim has locked the page: it is not evictable any more, and gets no slot.
#[test]
fn a_page_that_is_locked_after_its_isolation_gets_no_slot() {
    let programs = programs_with(&[ActorKind::Kswapd], &[&[(Write, 0), (Lock, 0)], &[(PageOut, 0)]]);
    with(&Config::default(), &programs, |world, mut m| {
        finish(world, &mut m, 0, 1);
        through(world, &mut m, 1, Action::IsolateForReclaim);
        finish(world, &mut m, 0, 2);
        finish(world, &mut m, 1, 1);
        let pte = m.pte[0][0];
        let folio = m.folios[pte.frame() as usize];
        assert!(pte.is_present() && pte.accessed(), "A stays too: {pte:?}");
        assert!(!folio.swapcache() && !folio.dirty() && folio.lru(), "{folio:?}");
        at_rest(&m, world.config, world.programs);
    });
}

/// The page is in the swap cache with a reference of somebody else's: a store's swap-in then keeps the slot,
/// mlock's frees it.
#[test]
fn the_swap_in_of_mlock_frees_the_slot() {
    for (kind, frees) in [(Write, false), (Lock, true)] {
        let programs = programs_with(&[ActorKind::Kswapd], &[&[(Write, 0), (Get, 0), (kind, 0)], &[(PageOut, 0)]]);
        with(&Config::default(), &programs, |world, mut m| {
            finish(world, &mut m, 0, 2);
            finish(world, &mut m, 1, 1);
            let slot = m.pte[0][0].slot();
            assert!(m.pte[0][0].is_swap() && m.cached_folio(slot).is_some());
            finish(world, &mut m, 0, 3);
            assert!(m.pte[0][0].is_present());
            assert_eq!(m.slots[slot as usize].free(), frees, "{kind:?}");
            assert_eq!(m.mlocked & 1 != 0, kind == Lock);
        });
    }
}

/// mlock faults the page in, a read-only VMA's for read.
#[test]
fn mlock_populates() {
    let m = alone(&Config::default(), &[(Lock, 0)]);
    assert!(m.pte[0][0].write() && m.mlocked == 1);
    let m = alone(&Config::default(), &[(Write, 0), (PageOut, 0), (Protect, 0), (Lock, 0)]);
    assert!(m.pte[0][0].is_present() && !m.pte[0][0].write() && m.mlocked == 1, "{m:?}");
    let m = alone(&Config::default(), &[(Protect, 0), (Lock, 0)]);
    assert!(m.pte[0][0].is_present() && !m.pte[0][0].write() && m.mlocked == 1, "{m:?}");
}
