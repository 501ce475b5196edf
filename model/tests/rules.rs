//! Rules of real kernels that sequences nobody had written down showed, each with its shortest sequences, by
//! release.

mod common;

use OpKind::{
    ChildWrite, DeviceExclusive, DeviceRead, DeviceWrite, DontNeed, Exit, Fork, Free, Get, Lock, Migrate, PageOut,
    Pin, Protect, Put, Read, Write,
};
use common::{alone, at_rest, finish, next_step, programs_with, run, through, with};
use model::{Action, ActorKind, Config, Folio, Machine, OpKind, Profile, Pte, TlbEntry};

const OLD: Profile = Profile::V6_1_192;
const NEW: Profile = Profile::V7_3;

/// The machine after operations of one CPU; the driver is the test driver.
fn after(profile: Profile, ops: &[(OpKind, u8)]) -> Machine {
    let mut config = Config::of(profile);
    config.knobs.driver_dirties = false;
    alone(&config, ops)
}

/// The parent's entry of page 0, and the folio that it maps.
fn page(profile: Profile, ops: &[(OpKind, u8)]) -> (Pte, Folio) {
    let m = after(profile, ops);
    let pte = m.pte[0][0];
    assert!(pte.is_present(), "{} {ops:?}: {pte:?}", profile.name());
    (pte, m.folios[pte.frame() as usize])
}

/// Up to 6.13 MADV_DONTNEED of one page empties the batch in which another one waits to become lazyfree.
#[test]
fn madv_dontneed_drains_up_to_6_13() {
    for (profile, lazyfree) in [(OLD, true), (NEW, false)] {
        for last in [&[(Write, 0)][..], &[(Read, 0)], &[(DeviceWrite, 0)], &[]] {
            let ops = [&[(Write, 0), (Free, 0), (DontNeed, 1)][..], last].concat();
            let (_, folio) = page(profile, &ops);
            assert_eq!(!folio.swapbacked(), lazyfree, "{} {ops:?}", profile.name());
            assert_eq!(folio.lazyfree_batch().is_none(), lazyfree, "{} {ops:?}", profile.name());
        }
        let (_, folio) = page(profile, &[(Write, 1), (Free, 1), (DontNeed, 2), (Write, 0)]);
        assert!(folio.swapbacked(), "another page");
    }
}

/// Up to 6.13 the exit of a child drains too: the batch's reference is gone, and a write reuses the page,
/// lazyfree as it is. Later it is copied.
#[test]
fn an_exit_drains_up_to_6_13() {
    let forked_late = [(Write, 0), (Free, 0), (Fork, 0), (Exit, 0)];
    let forked_early = [(Write, 0), (Fork, 0), (Free, 0), (Exit, 0)];
    for (profile, reused) in [(OLD, true), (NEW, false)] {
        for first in [forked_late, forked_early] {
            for last in [Write, DeviceWrite] {
                let ops = [&first[..], &[(last, 0)]].concat();
                let before = page(profile, &first).0.frame();
                let (pte, folio) = page(profile, &ops);
                assert_eq!(pte.frame() == before, reused, "{} {ops:?}", profile.name());
                assert_eq!(!folio.swapbacked(), reused, "{} {ops:?}", profile.name());
            }
        }
    }
}

/// FOLL_TOUCH for write marks the folio where nothing is dirty yet; the entry stays clean.
#[test]
fn what_is_touched_for_write_is_marked() {
    for profile in Profile::ALL {
        let lazyfree_locked = [(Write, 0), (Free, 0), (Lock, 0)];
        let (pte, folio) = page(profile, &lazyfree_locked);
        assert!(folio.dirty() && !pte.dirty() && pte.write(), "{}: {pte:?}", profile.name());
        let m = after(profile, &[(Write, 0), (Free, 0), (DeviceExclusive, 0)]);
        assert!(m.pte[0][0].is_device_exclusive() && m.folios[m.pte[0][0].frame() as usize].dirty());
        // A dirty entry is left alone, and so is one that nobody may write to.
        assert!(!page(profile, &[(Write, 0), (Lock, 0)]).1.dirty());
        assert!(!page(profile, &[(Write, 0), (Free, 0), (Protect, 0), (Lock, 0)]).1.dirty());
        // A page of the device comes back clean and writable, or a hole has become one of the device.
        assert!(page(profile, &[(Migrate, 0), (Lock, 0)]).1.dirty(), "{}", profile.name());
    }
    // A read swap-in that maps writable and clean.
    for (profile, dirty) in [(OLD, false), (NEW, true)] {
        let (pte, folio) = page(profile, &[(Write, 0), (PageOut, 0), (Read, 0), (Lock, 0)]);
        assert!(pte.write());
        assert_eq!(folio.dirty(), dirty, "{}: {pte:?}", profile.name());
    }
}

/// A locked VMA that mprotect makes writable is populated for write, as mlock would do it.
#[test]
fn mprotect_populates_a_locked_vma_that_becomes_writable() {
    for profile in Profile::ALL {
        let name = profile.name();
        let (pte, folio) = page(profile, &[(Protect, 0), (Lock, 0), (Protect, 0)]);
        assert!(pte.write() && pte.dirty() && folio.mapcount() == 1, "{name}: a hole: {pte:?}");
        let (pte, _) = page(profile, &[(Protect, 0), (Lock, 0), (Migrate, 0), (Protect, 0)]);
        assert!(pte.write(), "{name}: on the device: {pte:?}");
        let (pte, folio) = page(profile, &[(Migrate, 0), (Protect, 0), (Lock, 0), (Protect, 0)]);
        assert!(pte.write() && (pte.dirty() || folio.dirty()), "{name}: {pte:?}");
        let swapped = [(Write, 0), (PageOut, 0), (Read, 0), (Protect, 0), (Lock, 0), (Protect, 0)];
        let (pte, folio) = page(profile, &swapped);
        assert!(pte.write() && (pte.dirty() || folio.dirty()), "{name}: {pte:?}");
        // Shared with a child: the copy is made now.
        let shared = [(Write, 0), (Migrate, 0), (Lock, 0), (Fork, 0), (Protect, 0), (Protect, 0)];
        let m = after(profile, &shared);
        assert!(m.pte[0][0].write() && m.pte[0][0].frame() != m.pte[1][0].frame(), "{name}: {:?}", m.pte);
        // Not locked, or not for write: nothing is faulted in.
        assert!(after(profile, &[(Protect, 0), (Protect, 0)]).pte[0][0].is_none());
        assert!(!page(profile, &[(Lock, 0), (Protect, 0)]).0.write());
        let m = after(profile, &[(Protect, 0), (Lock, 0), (Protect, 0)]);
        assert!(m.actors.iter().all(|actor| actor.flags == 0), "nothing is held any more");
    }
}

/// A load of the device finds a device-exclusive page in the mirror, as long as the mirror has it; a store
/// faults.
#[test]
fn the_mirror_has_the_page_that_the_device_has_for_itself() {
    let exclusive = |profile, ops: &[(OpKind, u8)]| after(profile, ops).pte[0][0].is_device_exclusive();
    for profile in Profile::ALL {
        let name = profile.name();
        assert!(exclusive(profile, &[(DeviceExclusive, 0), (DeviceRead, 0)]), "{name}");
        assert!(exclusive(profile, &[(DeviceExclusive, 0), (DeviceRead, 0), (DeviceRead, 0)]), "{name}");
        assert!(!exclusive(profile, &[(DeviceExclusive, 0), (DeviceWrite, 0)]), "{name}");
        // What drops the mirror's entry: a call for the page, also one that leaves the page alone.
        for kind in [Free, Protect] {
            assert!(exclusive(profile, &[(DeviceExclusive, 0), (kind, 0)]), "{name} {kind:?}");
            assert!(!exclusive(profile, &[(DeviceExclusive, 0), (kind, 0), (DeviceRead, 0)]), "{name} {kind:?}");
        }
        // The range of the test driver includes its end: the page before counts, the page behind does not.
        let second = |other| {
            let ops = [(DeviceExclusive, 1), (Write, other), (DontNeed, other), (DeviceRead, 1)];
            after(profile, &ops).pte[0][1].is_device_exclusive()
        };
        assert!(!second(0) && second(2), "{name}");
        // Once more for itself: the mirror has it again.
        let again = [(DeviceExclusive, 0), (Free, 0), (DeviceExclusive, 0), (DeviceRead, 0)];
        assert!(exclusive(profile, &again), "{name}");
    }
}

/// An entry without a protection of its own comes back as mprotect would leave it.
#[test]
fn a_device_exclusive_entry_comes_back_as_the_vma_says() {
    let ops = [(Write, 0), (DeviceExclusive, 0), (Protect, 0), (Protect, 0), (Read, 0)];
    for (profile, writable) in [(OLD, false), (NEW, true)] {
        assert_eq!(page(profile, &ops).0.write(), writable, "{}", profile.name());
    }
}

/// A write fault frees the slot of an exclusive entry (7.3), or of a page that nobody else references (up to
/// 7.2).
#[test]
fn who_frees_the_slot_in_a_write_fault() {
    let shared = [(Write, 0), (PageOut, 0), (Fork, 0), (Read, 0), (ChildWrite, 0)];
    for profile in [OLD, NEW] {
        let (pte, folio) = page(profile, &shared);
        assert!(folio.swapcache() && !folio.dirty() && !pte.dirty(), "{}: {pte:?} {folio:?}", profile.name());
    }
    // Exclusive, and referenced.
    let held = [(Write, 0), (PageOut, 0), (Read, 0), (Get, 0), (PageOut, 0), (Write, 0), (Put, 0)];
    for (profile, freed) in [(OLD, false), (Profile::V7_0Rc6, false), (NEW, true)] {
        let folio = page(profile, &held).1;
        assert_eq!((!folio.swapcache(), folio.dirty()), (freed, freed), "{}", profile.name());
    }
}

/// A page that has just been swapped into a locked VMA is in the batch of mlock, beside that of the LRU: a
/// reference too many for 7.3, which copies.
#[test]
fn a_page_in_the_batch_of_mlock_is_copied() {
    for (profile, copied) in [(OLD, false), (NEW, true)] {
        let (pte, folio) = page(profile, &[(Write, 0), (PageOut, 0), (Fork, 0), (Exit, 0), (Lock, 0)]);
        assert!(
            pte.write() && pte.dirty() && folio.exclusive() && folio.refs == 1,
            "{}: {folio:?}",
            profile.name()
        );
        assert_eq!(!folio.dirty(), copied, "{}", profile.name());
        // Found in the swap cache, thus on the LRU: the same.
        let cached = [(Write, 0), (Get, 0), (PageOut, 0), (Put, 0), (Fork, 0), (Exit, 0), (Lock, 0)];
        assert_eq!(!page(profile, &cached).1.dirty(), copied, "{}", profile.name());
        // Not locked: one batch, which both kernels know of.
        let folio = page(profile, &[(Write, 0), (PageOut, 0), (Fork, 0), (Exit, 0), (Write, 0)]).1;
        assert!(folio.dirty(), "{}", profile.name());
    }
}

/// Up to 6.9 MADV_PAGEOUT takes A out of the entry and owes a flush for it. Later it leaves the entry, and
/// with it what the CPU has cached, to reclaim, which does not touch a page that may be pinned.
#[test]
fn madv_pageout_clears_young_up_to_6_9() {
    for (profile, clears) in [(OLD, true), (Profile::V7_0Rc6, false), (NEW, false)] {
        let m = after(profile, &[(Write, 0), (Pin, 0), (PageOut, 0)]);
        let (pte, cached) = (m.pte[0][0], m.tlb[0][0][0]);
        assert!(pte.is_present() && pte.dirty(), "{}: {pte:?}", profile.name());
        assert_eq!((!pte.accessed(), !cached.valid()), (clears, clears), "{}: {pte:?} {cached:?}", profile.name());
    }
}

/// GUP-fast has pinned the page after reclaim looked for pins, and has not yet seen that the entry is gone.
/// 6.1.192 and 7.x look again and keep the page; before, the page goes on to be written out.
#[test]
fn reclaim_looks_for_pins_again_when_it_has_unmapped_a_page() {
    for (profile, again) in [(Profile::V6_0, false), (Profile::V6_1, false), (OLD, true), (NEW, true)] {
        let programs = programs_with(&[ActorKind::Kswapd], &[&[(Write, 0), (Pin, 0)], &[(PageOut, 0)]]);
        let config = Config::of(profile);
        with(&config, &programs, |world, mut m| {
            finish(world, &mut m, 0, 1);
            // Nobody has to answer reclaim's flush.
            m.tlb[0][0][0] = TlbEntry::default();
            through(world, &mut m, 0, Action::ReadPte);
            through(world, &mut m, 1, Action::ClearExclusive);
            assert!(through(world, &mut m, 0, Action::TryPinFolio).ok);
            through(world, &mut m, 1, Action::RemoveRmap);
            through(world, &mut m, 1, Action::UnlockPtl);
            let next = next_step(world, &m, 1);
            assert_eq!(next == Some(Action::UnlockFolio), again, "{}: {next:?}", profile.name());
            assert!(!through(world, &mut m, 0, Action::PteRecheck).ok, "the pin backs off");
            run(world, &mut m, 0);
            finish(world, &mut m, 1, 1);
            assert_eq!(m.cached_folio(0).is_some(), again, "{}: the page is kept", profile.name());
            finish(world, &mut m, 0, 2);
            at_rest(&m, world.config, world.programs);
        });
    }
}
