//! References and pins against whoever unmaps: A1 clears the entry, A2 looks for pins, A3 clears the
//! exclusive mark, A4 stores the new entry; B1 reads the entry, B2 it permits the access, B3 takes the pin,
//! B4 the entry is the same, B5 a read-only entry maps an exclusive page.

mod common;

use OpKind::{Dma, Fork, Get, GetWrite, Migrate, PageOut, Pin, PinWrite, Put, Read, Unpin, Write};
use common::{alone, at_rest, finish, next_step, programs, programs_with, run, through, up_to, with};
use model::{Action, ActorKind, Config, Machine, OpKind, Programs, World};

const A: usize = 0;
const B: usize = 1;

/// The four steps of the migration and the four of the pin.
const A1: Action = Action::ClearPte;
const A2: Action = Action::ShareAnon;
const A3: Action = Action::ClearExclusive;
const A4: Action = Action::InstallMigrationEntry;
const B1: Action = Action::ReadPte;
const B3: Action = Action::TryPinFolio;
const B4: Action = Action::PteRecheck;
const B5: Action = Action::PinAllowed;

/// Page 0 is written; `A` is about to migrate it and `B` to pin it.
fn race(test: impl FnOnce(&World, Machine)) {
    let programs = programs(&[&[(Write, 0), (Migrate, 0)], &[(Pin, 0)]]);
    with(&Config::default(), &programs, |world, mut m| {
        finish(world, &mut m, A, 1);
        test(world, m);
    });
}

/// Plays the steps in this order.
fn play(world: &World, m: &mut Machine, order: &[(usize, Action)]) -> bool {
    order.iter().fold(true, |_, (actor, action)| through(world, m, *actor, *action).ok)
}

/// Lets both end.
fn end(world: &World, m: &mut Machine) {
    finish(world, m, A, 2);
    finish(world, m, B, 1);
    at_rest(m, world.config, world.programs);
}

/// The pin is there before A2 looks: the share fails, the old word is restored as it was, and the mark stays.
#[test]
fn a_pin_before_a2_makes_the_share_fail_and_the_old_word_comes_back() {
    for before_a2 in [
        &[(B, B1), (B, B3), (B, B4), (A, A1)][..],
        &[(B, B1), (B, B3), (A, A1), (B, B4)],
        &[(B, B1), (B, B3), (A, A1)],
        &[(B, B1), (A, A1), (B, B3), (B, B4)],
        &[(B, B1), (A, A1), (B, B3)],
    ] {
        race(|world, mut m| {
            let old = m.pte[0][0];
            let frame = old.frame() as usize;
            play(world, &mut m, before_a2);
            // B4 may have found the empty word already: the pin is still there, to be dropped.
            assert_eq!(m.folios[frame].pins(), 1);
            assert!(!through(world, &mut m, A, A2).ok, "{before_a2:?}");
            assert_eq!(next_step(world, &m, A), Some(Action::RestorePte));
            assert!(m.pte[0][0].is_none() && m.folios[frame].exclusive());
            run(world, &mut m, A);
            assert_eq!(m.pte[0][0], old, "{before_a2:?}: the old word, bit for bit");
            end(world, &mut m);
            assert_eq!(m.pte[0][0], old, "not migrated");
            assert_eq!(m.held(0, true), Some(frame as u8), "the pin holds the page that is mapped");
            assert!(m.folios[frame].exclusive());
        });
    }
}

/// A pin that comes after A1 finds another word at B4, whichever of the steps of `A` it comes between, and
/// backs off.
#[test]
fn a_pin_after_a1_backs_off_at_b4() {
    for order in [
        &[(B, B1), (A, A1), (B, B3)][..],
        &[(B, B1), (A, A1), (A, A2), (B, B3)],
        &[(B, B1), (A, A1), (A, A2), (A, A3), (B, B3)],
        &[(B, B1), (A, A1), (A, A2), (A, A3), (A, A4), (B, B3)],
    ] {
        race(|world, mut m| {
            let frame = m.pte[0][0].frame() as usize;
            assert!(play(world, &mut m, order), "{order:?}");
            assert_eq!(m.folios[frame].pins(), 1);
            assert!(!through(world, &mut m, B, B4).ok, "{order:?}");
            assert_eq!(next_step(world, &m, B), Some(Action::UnpinFolio));
            assert!(run(world, &mut m, B).retried);
            assert_eq!((m.folios[frame].pins(), m.held(0, true)), (0, None), "{order:?}");
            end(world, &mut m);
        });
    }
}

/// B3 after A1 and before A2, B4 after the restore: the word is the same again, and the pin is as good as one
/// before A1.
#[test]
fn a_word_that_was_restored_is_the_same_to_b4() {
    race(|world, mut m| {
        let frame = m.pte[0][0].frame();
        play(world, &mut m, &[(B, B1), (A, A1), (B, B3), (A, A2), (A, Action::RestorePte)]);
        assert!(through(world, &mut m, B, B4).ok);
        end(world, &mut m);
        assert_eq!((m.held(0, true), m.pte[0][0].frame()), (Some(frame), frame));
    });
}

/// Every bit counts at B4, the hardware's too.
#[test]
fn b4_sees_accessed_and_dirty() {
    race(|world, start| {
        for flip in [|p: model::Pte| p.with_dirty(false), |p: model::Pte| p.with_accessed(false)] {
            let mut m = start;
            play(world, &mut m, &[(B, B1), (B, B3)]);
            m.pte[0][0] = flip(m.pte[0][0]);
            assert!(!through(world, &mut m, B, B4).ok);
        }
    });
}

/// A read-only word that a fork leaves as it was, while the page has been shared: only B5 can tell. The pin
/// that is then taken is one of a page that the parent has for itself.
#[test]
fn b5_catches_an_unchanged_read_only_word_whose_page_is_not_exclusive_any_more() {
    let ops = [(Write, 0), (PageOut, 0), (Read, 0), (Fork, 0)];
    let programs = programs(&[&ops, &[(Pin, 0)]]);
    with(&Config::default(), &programs, |world, mut m| {
        finish(world, &mut m, A, 3);
        let old = m.pte[0][0];
        let frame = old.frame();
        assert!(!old.write() && m.folios[frame as usize].exclusive());
        through(world, &mut m, B, B1);
        finish(world, &mut m, A, 4);
        assert_eq!(m.pte[0][0], old, "fork had nothing to write-protect");
        assert!(!m.folios[frame as usize].exclusive());
        assert!(play(world, &mut m, &[(B, B3), (B, B4)]), "B4 sees no difference");
        assert!(!through(world, &mut m, B, B5).ok, "B5 does");
        assert_eq!(next_step(world, &m, B), Some(Action::UnpinFolio));
        finish(world, &mut m, B, 1);
        let pinned = m.held(0, true).expect("pinned in the end");
        assert_ne!(pinned, frame, "unshared by a copy");
        assert!(m.pte[0][0].frame() == pinned && m.folios[pinned as usize].exclusive() && !m.pte[0][0].write());
        assert_eq!(m.content(0, 0), m.content(1, 0));
        at_rest(&m, world.config, world.programs);
    });
}

/// While fork copies the page table, a pin does not trust an unchanged word.
#[test]
fn a_pin_backs_off_from_a_fork_under_way() {
    let programs = programs(&[&[(Write, 0), (PageOut, 0), (Read, 0), (Fork, 0)], &[(Pin, 0)], &[(Get, 0)]]);
    with(&Config::default(), &programs, |world, mut m| {
        finish(world, &mut m, A, 3);
        play(world, &mut m, &[(B, B1), (B, B3), (2, B1), (2, Action::TryGetFolio)]);
        up_to(world, &mut m, A, Action::LockBothPtls);
        assert!(!through(world, &mut m, B, B4).ok);
        assert!(through(world, &mut m, 2, B4).ok, "a plain reference does not care");
    });
}

/// Only pins make the share fail. The reference is found later, and the migration puts everything back.
#[test]
fn a_plain_reference_does_not_stop_the_share() {
    let programs = programs(&[&[(Write, 0), (Get, 0), (Migrate, 0)]]);
    with(&Config::default(), &programs, |world, mut m| {
        finish(world, &mut m, A, 2);
        let frame = m.pte[0][0].frame();
        assert!(through(world, &mut m, A, A2).ok);
        through(world, &mut m, A, A3);
        assert!(!m.folios[frame as usize].exclusive());
        through(world, &mut m, A, A4);
        assert!(m.pte[0][0].is_migration());
        assert!(!through(world, &mut m, A, Action::CheckRefs).ok);
        finish(world, &mut m, A, 3);
        assert!(m.pte[0][0].is_present() && m.pte[0][0].frame() == frame && m.pte[0][0].write());
        assert!(m.folios[frame as usize].exclusive(), "the writable migration entry brings the mark back");
        at_rest(&m, world.config, world.programs);
    });
}

fn io(cpu: &[(OpKind, u8)]) -> Programs {
    programs_with(&[ActorKind::Kswapd, ActorKind::Dma], &[cpu, &[(PageOut, 0)], &[(Dma, 0)]])
}

const KSWAPD: usize = 1;
const DEVICE: usize = 2;

/// A device stores through a plain reference after reclaim has unmapped the page. Neither store nor reclaim
/// says so anywhere: the holder marks the page dirty, and only then lets it go.
#[test]
fn what_was_held_for_write_is_dirtied_before_it_is_let_go() {
    for (take, drop, step, release) in [
        (GetWrite, Put, Action::TryGetFolio, Action::Release),
        (PinWrite, Unpin, Action::TryPinFolio, Action::ReleasePin),
    ] {
        let programs = io(&[(Write, 0), (take, 0), (drop, 0), (Read, 0), (PageOut, 0), (Read, 0)]);
        with(&Config::default(), &programs, |world, mut m| {
            finish(world, &mut m, A, 1);
            through(world, &mut m, A, step);
            finish(world, &mut m, A, 2);
            let frame = m.pte[0][0].frame();
            let pin = take == PinWrite;
            assert_eq!((m.held(0, pin), m.held_for_write(0, pin)), (Some(frame), true));
            finish(world, &mut m, KSWAPD, 1);
            assert_eq!(m.pte[0][0].is_swap(), !pin, "reclaim unmaps unless the page is pinned: {take:?}");
            assert!(m.folios[frame as usize].allocated(), "and frees it in no case");
            // As if it had been written out just before.
            m.folios[frame as usize].set_dirty(false);
            finish(world, &mut m, DEVICE, 1);
            assert_eq!(m.folios[frame as usize].data[DEVICE], 1);
            assert!(!m.folios[frame as usize].dirty(), "the device marks nothing");
            up_to(world, &mut m, A, release);
            let folio = &m.folios[frame as usize];
            assert!(folio.dirty() && !folio.locked(), "marked ...");
            assert!(folio.refs > 0 && folio.pins() == u8::from(pin), "... before it is dropped");
            finish(world, &mut m, A, 6);
            assert_eq!(m.content(0, 0)[DEVICE], 1, "through swap and back");
            at_rest(&m, world.config, world.programs);
        });
    }
}

/// What was held for read is let go as it is, and no device may store through it.
#[test]
fn what_was_held_for_read_is_not_dirtied() {
    let programs = io(&[(Write, 0), (Get, 0), (Put, 0)]);
    with(&Config::default(), &programs, |world, mut m| {
        finish(world, &mut m, A, 2);
        finish(world, &mut m, DEVICE, 1);
        finish(world, &mut m, A, 3);
        assert_eq!((m.content(0, 0)[DEVICE], m.folios[m.pte[0][0].frame() as usize].dirty()), (0, false));
    });
}

/// From the moment the holder begins to let go, the device stores no more.
#[test]
fn io_ends_before_the_page_is_marked() {
    let programs = io(&[(Write, 0), (PinWrite, 0), (Unpin, 0)]);
    with(&Config::default(), &programs, |world, mut m| {
        finish(world, &mut m, A, 2);
        up_to(world, &mut m, A, Action::MarkFolioDirty);
        finish(world, &mut m, DEVICE, 1);
        assert_eq!(m.content(0, 0)[DEVICE], 0);
    });
}

/// A pin for write of a read-only entry faults first; one for read does not.
#[test]
fn b2_wants_a_writable_entry_for_a_write_pin() {
    let read_only = [(Write, 0), (PageOut, 0), (Read, 0)];
    for (kind, write) in [(Pin, false), (PinWrite, true), (Get, false), (GetWrite, true)] {
        let mut ops = read_only.to_vec();
        ops.push((kind, 0));
        let m = alone(&Config::default(), &ops);
        assert_eq!((m.pte[0][0].write(), m.pte[0][0].dirty()), (write, write), "{kind:?}");
        assert_eq!(m.held(0, matches!(kind, Pin | PinWrite)), Some(m.pte[0][0].frame()));
    }
}
