//! Each CPU does the one thing that its file promises, and the sound one does not.

mod common;

use OpKind::{Fork, Migrate, Read, Write};
use common::{can_run, finish, next_step, programs, run, through, up_to, with};
use model::{Action, Actor, Config, Hardware, Machine, OpKind, Transition as T, World};

/// CPU 0 has written page 0, which is clean again (as after MADV_FREE) while the entry stays writable; CPU 1
/// has loaded it, caches the clean entry, and is about to store. CPU 0's next operation is `rival`.
fn about_to_store(hardware: Hardware, rival: OpKind, test: impl FnOnce(&World, Machine, usize)) {
    let config = Config { hardware, ..Config::default() };
    let programs = programs(&[&[(Write, 0), (rival, 0)], &[(Read, 0), (Write, 0)]]);
    with(&config, &programs, |world, mut m| {
        finish(world, &mut m, 0, 1);
        m.pte[0][0] = m.pte[0][0].with_dirty(false);
        finish(world, &mut m, 1, 1);
        let frame = m.pte[0][0].frame() as usize;
        assert!(m.tlb[1][0][0].write() && !m.tlb[1][0][0].dirty());
        test(world, m, frame);
    });
}

/// On every CPU but W1, a store that nobody disturbs leaves D in the entry.
#[test]
fn w1_stores_through_a_cached_clean_entry_and_leaves_no_dirty() {
    for hardware in Hardware::ALL {
        about_to_store(hardware, Read, |world, mut m, frame| {
            finish(world, &mut m, 1, 2);
            assert_eq!(m.folios[frame].data[1], 1, "{hardware:?}: the store happened");
            assert_eq!(m.pte[0][0].dirty(), hardware != Hardware::BlindStore, "{hardware:?}");
        });
    }
}

/// Only a cached entry is stored through blindly: a walk sets D on W1 too.
#[test]
fn w1_sets_dirty_when_it_walks() {
    about_to_store(Hardware::BlindStore, Read, |world, mut m, _| {
        m.tlb[1][0][0] = model::TlbEntry::INVALID;
        finish(world, &mut m, 1, 2);
        assert!(m.pte[0][0].dirty());
    });
}

/// The migration has taken the clean word out between the store and the D update: D lands in the empty word,
/// where nobody looks.
#[test]
fn w2_sets_dirty_after_the_store_in_whatever_the_word_is_by_then() {
    about_to_store(Hardware::LateDirty, Migrate, |world, mut m, frame| {
        let event = through(world, &mut m, 1, Action::Access);
        assert!(matches!(event.happened, model::Happened::Store { .. }));
        assert_eq!(m.folios[frame].data[1], 1);
        assert!(!m.pte[0][0].dirty(), "the store is done, and D is not set");
        assert_eq!(next_step(world, &m, 1), Some(Action::LateDirty));
        through(world, &mut m, 0, Action::ClearPte);
        assert!(!m.actors[0].pte.dirty(), "the clear returned a clean word");
        run(world, &mut m, 1);
        assert!(m.pte[0][0].is_none() && m.pte[0][0].dirty(), "{:?}", m.pte[0][0]);
        assert_eq!(m.actors[1].op, 2);
    });
}

/// CPU 1 has looked its entry up, CPU 0 then takes the page away, CPU 1 goes on: the word, and what was
/// stored.
fn store_against_clear(hardware: Hardware, test: impl FnOnce(Machine, usize)) {
    about_to_store(hardware, Migrate, |world, mut m, frame| {
        up_to(world, &mut m, 0, Action::ClearPte);
        // All that precedes the D update; with a plain read-modify-write that includes the load.
        up_to(world, &mut m, 1, Action::SetDirty);
        run(world, &mut m, 0);
        assert!(m.pte[0][0].is_none() && !m.pte[0][0].dirty());
        run(world, &mut m, 1);
        test(m, frame);
    });
}

#[test]
fn the_sound_cpu_leaves_a_cleared_word_alone() {
    store_against_clear(Hardware::Hw0, |m, frame| {
        assert_eq!(m.pte[0][0], model::Pte::NONE);
        assert!(!m.actors[1].has(Actor::MID_ACCESS), "the access starts again");
        assert_eq!(m.folios[frame].data[1], 0);
    });
}

#[test]
fn w3_lets_accessed_and_dirty_stray_into_a_cleared_word_and_stores_nothing() {
    store_against_clear(Hardware::StrayDirty, |m, frame| {
        let pte = m.pte[0][0];
        assert!(pte.accessed() && pte.dirty() && pte.is_none(), "{pte:?}");
        assert!(!m.actors[1].has(Actor::MID_ACCESS));
        assert_eq!(m.folios[frame].data[1], 0);
    });
}

#[test]
fn w4_brings_a_cleared_entry_back_to_life() {
    store_against_clear(Hardware::PlainRmw, |m, frame| {
        let pte = m.pte[0][0];
        assert!(pte.is_present() && pte.write() && pte.dirty() && pte.frame() as usize == frame, "{pte:?}");
        assert!(m.actors[1].has(Actor::MID_ACCESS), "and the store goes on");
    });
}

/// fork write-protects the entry between the lookup and the D update.
#[test]
fn w5_sets_dirty_on_an_entry_that_was_just_write_protected_and_stores_nothing() {
    for (hardware, dirty) in [(Hardware::NoWriteRecheck, true), (Hardware::Hw0, false)] {
        about_to_store(hardware, Fork, |world, mut m, frame| {
            up_to(world, &mut m, 1, Action::SetDirty);
            through(world, &mut m, 0, Action::WriteProtect);
            assert!(!m.pte[0][0].write() && !m.pte[0][0].dirty());
            run(world, &mut m, 1);
            let pte = m.pte[0][0];
            assert!(pte.is_present() && !pte.write());
            assert_eq!(pte.dirty(), dirty, "{hardware:?}");
            assert!(!m.actors[1].has(Actor::MID_ACCESS));
            assert_eq!(m.folios[frame].data[1], 0, "{hardware:?}: no store");
        });
    }
}

/// CPU 1 is between the translation and the store, and CPU 0's migration has asked it to drop the entry.
fn asked_in_the_middle(hardware: Hardware, double: bool, test: impl FnOnce(&World, Machine, usize)) {
    let mut config = Config { hardware, ..Config::default() };
    config.knobs.double_flush = double;
    let programs = programs(&[&[(Write, 0), (Migrate, 0)], &[(Write, 0), (Write, 0)]]);
    with(&config, &programs, |world, mut m| {
        finish(world, &mut m, 0, 1);
        finish(world, &mut m, 1, 1);
        let frame = m.pte[0][0].frame() as usize;
        run(world, &mut m, 1);
        assert!(m.actors[1].has(Actor::MID_ACCESS));
        through(world, &mut m, 0, Action::FlushPage);
        assert!(!can_run(world, &m, 0), "the initiator waits");
        test(world, m, frame);
    });
}

#[test]
fn the_sound_cpu_answers_after_the_access() {
    asked_in_the_middle(Hardware::Hw0, false, |world, m, _| {
        assert!(!m.enabled(world).has(T::interrupt(1)));
    });
}

/// The whole migration passes between the translation and the store, which then goes to a page that is free.
#[test]
fn w7_answers_in_the_middle_of_an_access() {
    asked_in_the_middle(Hardware::LateStore, false, |world, mut m, frame| {
        assert!(m.enabled(world).has(T::interrupt(1)));
        m.step(world, T::interrupt(1));
        assert!(!m.tlb[1][0][0].valid() && m.actors[1].has(Actor::MID_ACCESS));
        finish(world, &mut m, 0, 2);
        assert!(m.pte[0][0].is_device() && !m.folios[frame].allocated());
        run(world, &mut m, 1);
        assert_eq!((m.folios[frame].data[1], m.content(0, 0)[1]), (2, 1), "the store is lost");
    });
}

#[test]
fn w7_with_a_second_flush_makes_the_initiator_wait_for_the_access() {
    asked_in_the_middle(Hardware::LateStore, true, |world, mut m, _| {
        m.step(world, T::interrupt(1));
        assert_eq!(m.actors[0].unanswered(), 0);
        run(world, &mut m, 0);
        assert!(m.actors[0].has(Actor::SECOND_FLUSH) && m.actors[0].unanswered() == 0b10);
        let enabled = m.enabled(world);
        assert!(!enabled.has(T::run(0)) && !enabled.has(T::interrupt(1)) && enabled.has(T::run(1)));
        run(world, &mut m, 1);
        assert!(!can_run(world, &m, 0), "the store is done, the answer is due");
        m.step(world, T::interrupt(1));
        finish(world, &mut m, 0, 2);
        assert_eq!((m.pte[0][0].is_device(), m.content(0, 0)[1]), (true, 2), "the store went along");
    });
}

/// Whoever is not in the middle of an access is not asked a second time.
#[test]
fn a_second_flush_without_an_access_under_way_asks_nobody() {
    let mut config = Config::default();
    config.knobs.double_flush = true;
    let programs = programs(&[&[(Write, 0), (Migrate, 0)], &[(Read, 0)]]);
    with(&config, &programs, |world, mut m| {
        finish(world, &mut m, 0, 1);
        finish(world, &mut m, 1, 1);
        through(world, &mut m, 0, Action::FlushPage);
        m.step(world, T::interrupt(1));
        run(world, &mut m, 0);
        assert_eq!((m.actors[0].unanswered(), m.actors[0].has(Actor::SECOND_FLUSH)), (0, false));
    });
}

#[test]
fn software_dirty_faults_on_the_first_store_to_a_clean_page() {
    about_to_store(Hardware::SoftwareDirty, Read, |world, mut m, frame| {
        let event = run(world, &mut m, 1);
        assert!(!event.ok, "the translation of a store through a clean entry fails");
        up_to(world, &mut m, 1, Action::SetAccessFlags);
        assert_eq!(m.ptl[0], 2, "under the page-table lock");
        assert!(!m.pte[0][0].dirty());
        run(world, &mut m, 1);
        assert!(m.pte[0][0].dirty() && m.folios[frame].data[1] == 0, "D first");
        finish(world, &mut m, 1, 2);
        assert_eq!(m.folios[frame].data[1], 1);
    });
    about_to_store(Hardware::Hw0, Read, |world, mut m, _| {
        assert!(run(world, &mut m, 1).ok, "hardware needs no fault for that");
    });
}
