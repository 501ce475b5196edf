//! fork and exit of a child: what both entries hold, what is copied, who is kept out, and that nothing stays
//! behind.

mod common;

use OpKind::{
    ChildRead, ChildWrite, DeviceExclusive, DontNeed, Exit, Fork, Get, GetWrite, Lock, Migrate, PageOut, Pin,
    Protect, Put, Read, Reclaim, Unpin, Write,
};
use common::{
    Draw, alone, at_rest, can_run, code, finish, maps, next_step, programs, programs_with, run, through, up_to,
    with,
};
use model::{
    Action, Actor, ActorKind, Child, Config, FRAMES, Folio, Hardware, Machine, Op, OpKind, PAGES, Profile,
    Programs, Pte, SLOTS, SYSTEM_FRAMES, Transition as T, World,
};

#[test]
fn both_entries_stay_dirty_and_nobody_may_write() {
    let m = alone(&Config::default(), &[(Write, 0), (Fork, 0)]);
    let (parent, child) = (m.pte[0][0], m.pte[1][0]);
    assert_eq!(parent.frame(), child.frame());
    assert!(parent.is_present() && child.is_present());
    assert!(parent.dirty() && child.dirty(), "{parent:?} {child:?}");
    assert!(!parent.write() && !child.write());
    assert!(parent.accessed() && !child.accessed(), "the child's entry is old");
    let folio = &m.folios[parent.frame() as usize];
    assert!(!folio.exclusive());
    assert_eq!((folio.mapcount(), folio.refs), (2, 2));
    assert_eq!(m.child, Child::Alive);
}

#[test]
fn a_pinned_page_is_copied_at_once_and_the_parent_keeps_its_own() {
    // Before pages were marked exclusive, every pinned page was copied.
    for exclusive in [true, false] {
        let mut config = Config::default();
        config.knobs.exclusive = exclusive;
        let before = alone(&config, &[(Write, 0), (Pin, 0)]);
        let m = alone(&config, &[(Write, 0), (Pin, 0), (Fork, 0)]);
        assert_eq!(m.pte[0][0], before.pte[0][0], "writable as before");
        let (parent, child) = (m.pte[0][0].frame() as usize, m.pte[1][0].frame() as usize);
        assert_ne!(parent, child);
        assert!(m.pte[1][0].write() && m.pte[1][0].dirty());
        assert_eq!(m.folios[child].data, m.folios[parent].data);
        assert_eq!((m.folios[parent].mapcount(), m.folios[parent].pins()), (1, 1));
        assert_eq!((m.folios[child].mapcount(), m.folios[child].pins()), (1, 0));
        assert_eq!(m.folios[parent].exclusive(), exclusive);
    }
}

#[test]
fn a_swap_entry_loses_its_exclusive_mark_and_its_slot_is_counted_twice() {
    let before = alone(&Config::default(), &[(Write, 0), (PageOut, 0)]);
    let entry = before.pte[0][0];
    assert!(entry.is_swap() && entry.exclusive());
    assert_eq!(before.slots[entry.slot() as usize].mapcount(), 1);
    let m = alone(&Config::default(), &[(Write, 0), (PageOut, 0), (Fork, 0)]);
    for pte in [m.pte[0][0], m.pte[1][0]] {
        assert!(pte.is_swap() && !pte.exclusive() && pte.slot() == entry.slot(), "{pte:?}");
    }
    assert_eq!(m.slots[entry.slot() as usize].mapcount(), 2);
}

#[test]
fn a_device_entry_becomes_read_only_in_both() {
    let m = alone(&Config::default(), &[(Write, 0), (Migrate, 0), (Fork, 0)]);
    assert_eq!(m.pte[0][0], m.pte[1][0]);
    assert!(m.pte[0][0].is_device() && !m.pte[0][0].write());
    assert_eq!(m.folios[m.pte[0][0].frame() as usize].mapcount(), 2);
}

/// A page that the device has for itself is given back first.
#[test]
fn a_device_exclusive_page_is_restored_and_shared() {
    let m = alone(&Config::default(), &[(Write, 0), (DeviceExclusive, 0), (Fork, 0)]);
    assert!(m.pte[0][0].is_present() && m.pte[1][0].is_present());
    assert!(!m.pte[0][0].write() && m.pte[0][0].dirty());
    assert_eq!(m.folios[m.pte[0][0].frame() as usize].refs, 2);
}

/// Its lock has to be free: fork does not wait for it under the page-table locks, but fails.
#[test]
fn fork_fails_if_a_device_exclusive_page_is_locked() {
    let ops: &[(OpKind, u8)] = &[(Write, 1), (GetWrite, 0), (DeviceExclusive, 0), (Fork, 0)];
    let programs = programs(&[ops, &[(Put, 0)]]);
    with(&Config::default(), &programs, |world, mut m| {
        finish(world, &mut m, 0, 3);
        assert!(m.pte[0][0].is_device_exclusive());
        through(world, &mut m, 1, Action::LockFolio);
        finish(world, &mut m, 0, 4);
        assert!(m.pte[0][0].is_device_exclusive() && m.child == Child::None);
        assert!(m.pte[0][1].is_present(), "what comes behind it was not looked at: {:?}", m.pte[0]);
        finish(world, &mut m, 1, 1);
        at_rest(&m, world.config, world.programs);
    });
}

/// Two threads of the child store to the same page. Between the copy and its installation by one of them the
/// other installs its own: the first one must notice, or a store is lost.
#[test]
fn between_copy_and_install_another_thread_moves() {
    let programs = programs(&[&[(Write, 0), (Fork, 0)], &[(ChildWrite, 0)], &[(ChildWrite, 0)]]);
    let config = Config::default();
    with(&config, &programs, |world, mut m| {
        finish(world, &mut m, 0, 2);
        let old = m.pte[1][0];
        up_to(world, &mut m, 1, Action::CopyFolio);
        let event = run(world, &mut m, 1);
        assert!(event.ok && !event.retried && m.pte[1][0] == old, "copied, and not yet installed");
        assert_eq!(next_step(world, &m, 1), Some(Action::LockPtl));
        finish(world, &mut m, 2, 1);
        let copy = m.pte[1][0].frame();
        assert_ne!(copy, old.frame());
        let event = through(world, &mut m, 1, Action::PutNew);
        assert!(event.ok);
        finish(world, &mut m, 1, 1);
        assert_eq!(m.pte[1][0].frame(), copy, "one copy");
        assert_eq!(m.content(1, 0)[..3], [1, 1, 1], "both stores, and the parent's before the fork");
        assert_eq!(m.content(0, 0)[..3], [1, 0, 0], "the parent sees neither");
        at_rest(&m, &config, &programs);
    });
}

/// The parent stores between the child's copy and its installation: each has its own page in the end.
#[test]
fn between_copy_and_install_the_parent_stores() {
    let programs = programs(&[&[(Write, 0), (Fork, 0), (Write, 0)], &[(ChildWrite, 0)]]);
    with(&Config::default(), &programs, |world, mut m| {
        finish(world, &mut m, 0, 2);
        through(world, &mut m, 1, Action::CopyFolio);
        finish(world, &mut m, 0, 3);
        finish(world, &mut m, 1, 1);
        assert_eq!(m.content(0, 0)[..2], [2, 0]);
        assert_eq!(m.content(1, 0)[..2], [1, 1]);
        at_rest(&m, world.config, world.programs);
    });
}

/// A pinned page is copied while a thread of the parent stores to it: the child gets the page as it was at
/// the copy, and the parent loses nothing.
#[test]
fn a_store_after_the_copy_of_a_pinned_page_is_the_parents_alone() {
    let programs = programs(&[&[(Write, 0), (Pin, 0), (Fork, 0)], &[(Write, 0), (Write, 0)]]);
    with(&Config::default(), &programs, |world, mut m| {
        finish(world, &mut m, 0, 2);
        finish(world, &mut m, 1, 1);
        through(world, &mut m, 0, Action::CopyFolio);
        finish(world, &mut m, 1, 2);
        finish(world, &mut m, 0, 3);
        assert_eq!(m.content(0, 0)[..2], [1, 2]);
        assert_eq!(m.content(1, 0)[..2], [1, 1]);
        for value in [1, 2] {
            assert!(m.shadow.words[1][0][1].allows(value), "either is legal for the child");
        }
        assert!(m.shadow.words[0][0][1].allows(2) && !m.shadow.words[0][0][1].allows(1));
    });
}

/// Faults and migrations of the parent hold the mmap lock for read.
#[test]
fn fork_excludes_faults_and_migrations_of_the_parent_and_they_exclude_fork() {
    let programs = programs(&[&[(Write, 0), (Fork, 0)], &[(Write, 1)], &[(Migrate, 0)]]);
    with(&Config::default(), &programs, |world, start| {
        let mut m = start;
        finish(world, &mut m, 0, 1);
        up_to(world, &mut m, 0, Action::LockBothPtls);
        assert_eq!(m.child, Child::Forking);
        // The fault gets as far as the lock.
        up_to(world, &mut m, 1, Action::MmapReadLock);
        while m.actors[0].op == 1 {
            assert!(!can_run(world, &m, 1) && !can_run(world, &m, 2), "{m:?}");
            run(world, &mut m, 0);
        }
        assert!(can_run(world, &m, 1) && can_run(world, &m, 2));
        for (actor, action) in [(1, Action::AllocZeroed), (2, Action::ClearPte)] {
            let mut m = start;
            finish(world, &mut m, 0, 1);
            up_to(world, &mut m, actor, action);
            assert!(!can_run(world, &m, 0), "fork while actor {actor} is before {action:?}");
            finish(world, &mut m, actor, 1);
            assert!(can_run(world, &m, 0));
        }
    });
}

/// Reclaim does not know the mmap lock: before fork has the page-table locks, and after it has dropped them,
/// it unmaps.
#[test]
fn fork_does_not_exclude_reclaim() {
    let programs =
        programs_with(&[ActorKind::Kswapd], &[&[(Write, 0), (Fork, 0), (ChildRead, 0)], &[(PageOut, 0)]]);
    for stop in [Action::LockBothPtls, Action::FlushMm] {
        with(&Config::default(), &programs, |world, mut m| {
            finish(world, &mut m, 0, 1);
            up_to(world, &mut m, 0, stop);
            finish(world, &mut m, 1, 1);
            assert!(m.pte[0][0].is_swap(), "{stop:?}");
            finish(world, &mut m, 0, 3);
            assert_eq!(m.content(1, 0)[0], 1);
            at_rest(&m, world.config, world.programs);
        });
    }
    with(&Config::default(), &programs, |world, mut m| {
        finish(world, &mut m, 0, 1);
        up_to(world, &mut m, 0, Action::UnlockBothPtls);
        up_to(world, &mut m, 1, Action::LockPtl);
        assert!(!can_run(world, &m, 1), "the page-table locks it does know");
    });
}

/// A thread with a cached entry stores to the old page until the flush at the end of fork reaches it.
#[test]
fn fork_does_not_exclude_a_running_store() {
    let programs = programs(&[&[(Read, 1), (Fork, 0)], &[(Write, 0), (Write, 0), (Write, 0)]]);
    with(&Config::default(), &programs, |world, mut m| {
        finish(world, &mut m, 0, 1);
        finish(world, &mut m, 1, 1);
        up_to(world, &mut m, 0, Action::FlushMm);
        let frame = m.pte[0][0].frame() as usize;
        assert!(!m.pte[0][0].write() && m.tlb[1][0][0].write());
        finish(world, &mut m, 1, 2);
        assert_eq!((m.folios[frame].data[1], m.folios[frame].mapcount()), (2, 2), "both see it");
        run(world, &mut m, 0);
        assert!(!can_run(world, &m, 0), "the flush waits for CPU 1");
        m.step(world, T::interrupt(1));
        finish(world, &mut m, 0, 2);
        finish(world, &mut m, 1, 3);
        assert_eq!((m.content(0, 0)[1], m.content(1, 0)[1]), (3, 2), "the next one copies");
    });
}

/// Seven frames for two pages and what was held of them, the eighth for the third page, which is pinned: the
/// first two pages are shared with the child when the copy of the third fails.
#[test]
fn a_fork_that_runs_out_of_frames_leaves_no_child_and_leaks_nothing() {
    let mut ops = Vec::new();
    for page in [0, 1] {
        let kept = [Write, Get, DontNeed, Write, Pin, DontNeed, Write];
        ops.extend(kept.map(|kind| (kind, page)));
    }
    ops.extend([Write, Get, DontNeed, Write, Pin].map(|kind| (kind, 2)));
    let before = alone(&Config::default(), &ops);
    assert!(before.folios[..SYSTEM_FRAMES].iter().all(Folio::allocated));
    ops.push((Fork, 0));
    ops.push((ChildRead, 0));
    let programs = programs(&[&ops]);
    with(&Config::default(), &programs, |world, mut m| {
        let failed = through_failing(world, &mut m, Action::AllocZeroed);
        assert!(failed, "there was a frame left");
        assert_eq!(maps(&m, m.pte[0][0].frame() as usize), 2, "page 0 is shared by then");
        finish(world, &mut m, 0, ops.len() as u8);
        assert_eq!((m.child, m.pte[1]), (Child::None, [Pte::NONE; PAGES]));
        at_rest(&m, world.config, world.programs);
        for page in 0..PAGES {
            let (was, is) = (before.pte[0][page], m.pte[0][page]);
            assert!(is.frame() == was.frame() && is.dirty(), "page {page}: {was:?} {is:?}");
        }
        assert!(m.pte[0][2].write() && !m.pte[0][0].write());
    });
}

/// The actor's first operation of the kind fork, up to a step that fails.
fn through_failing(world: &World, m: &mut Machine, action: Action) -> bool {
    while world.op(m, 0).is_some_and(|op| op.kind != Fork) {
        run(world, m, 0);
    }
    !through(world, m, 0, action).ok
}

#[test]
fn reclaim_visits_both_mappings() {
    let m = alone(&Config::default(), &[(Write, 0), (Fork, 0), (Reclaim, 0)]);
    assert!(m.pte[0][0].is_swap() && m.pte[0][0] == m.pte[1][0], "{:?}", m.pte);
    assert_eq!(m.slots[m.pte[0][0].slot() as usize].mapcount(), 2);
    assert!(m.folios.iter().all(|f| !f.allocated()), "written and freed");
}

/// Collect replaces the parent's entry, `try_to_migrate` the child's; and the child's dirty bit is not lost
/// on the way.
#[test]
fn try_to_migrate_visits_both_mappings() {
    let programs = programs(&[&[(Write, 0), (Fork, 0), (Migrate, 0)]]);
    with(&Config::default(), &programs, |world, mut m| {
        finish(world, &mut m, 0, 2);
        // As if the parent's entry had been cleaned by reclaim: only the child's says that the page is newer
        // than its backing.
        m.pte[0][0] = m.pte[0][0].with_dirty(false);
        let frame = m.pte[0][0].frame() as usize;
        up_to(world, &mut m, 0, Action::AllocDst);
        assert!(m.pte[0][0].is_migration() && m.pte[1][0].is_migration(), "{:?}", m.pte);
        assert_eq!((m.folios[frame].mapcount(), m.folios[frame].dirty()), (0, true));
        finish(world, &mut m, 0, 3);
        assert!(m.pte[0][0].is_device() && m.pte[0][0] == m.pte[1][0]);
        assert_eq!(m.folios[m.pte[0][0].frame() as usize].mapcount(), 2);
        assert!(!m.folios[frame].allocated());
    });
}

/// Exit waits for the child's threads, and the parent's page is its own again.
#[test]
fn exit_waits_for_the_childs_threads() {
    let programs =
        programs(&[&[(Write, 0), (Fork, 0), (Exit, 0), (Write, 0)], &[(ChildWrite, 0), (ChildRead, 0)]]);
    with(&Config::default(), &programs, |world, mut m| {
        finish(world, &mut m, 0, 2);
        let frame = m.pte[0][0].frame() as usize;
        through(world, &mut m, 1, Action::CopyFolio);
        assert!(!can_run(world, &m, 0), "a thread of the child is in a fault");
        finish(world, &mut m, 1, 1);
        finish(world, &mut m, 0, 3);
        assert_eq!((m.child, m.folios[frame].refs), (Child::None, 1));
        // What the child has not done yet, it does not do.
        finish(world, &mut m, 1, 2);
        finish(world, &mut m, 0, 4);
        assert_eq!(m.pte[0][0].frame() as usize, frame, "reused, not copied");
        at_rest(&m, world.config, world.programs);
    });
}

/// Whatever drawn programs leave, everything is given back when the child exits, what is held is let go and
/// every page is discarded: no count that nobody explains, and no frame or slot that nobody can have again.
#[test]
fn exit_gives_everything_back() {
    let code = code(Profile::default());
    let (mut forks, mut swapped) = (0, 0);
    for n in 0..6_000 {
        let mut draw = Draw(5 << 32 | n);
        let (mut config, mut programs) = (draw.config(), draw.programs());
        if config.hardware == Hardware::PlainRmw {
            config.hardware = Hardware::Hw0;
        }
        programs.ops[0][draw.below(u64::from(programs.len[0].max(1))) as usize] = Op::new(Fork, 0);
        let mut m = Machine::new(&config);
        to_the_end(&World::new(&config, &programs, code), &mut m, &mut draw);
        forks += u32::from(m.child == Child::Alive);
        swapped += u32::from(m.slots.iter().any(|s| s.mapcount() > 1));
        let end = giving_back(&m, &programs);
        for actor in &mut m.actors {
            actor.op = 0;
        }
        to_the_end(&World::new(&config, &end, code), &mut m, &mut draw);
        let at = format!("{m:?}\n{config:?}\n{programs:?}");
        assert!(m.pte.iter().flatten().all(|p| p.is_none()), "{at}");
        assert!(m.folios.iter().all(|f| f.refs == 0 && !f.allocated() && f.mapcount() == 0), "{at}");
        assert!((0..SLOTS).all(|s| m.slots[s].free()), "{at}");
        assert_eq!(frames_to_be_had(&mut m, &config), FRAMES - 3 + config.device_frames as usize, "{at}");
    }
    assert!(forks > 2_000 && swapped > 50, "{forks} children, {swapped} shared slots");
}

fn to_the_end(world: &World, m: &mut Machine, draw: &mut Draw) {
    for _ in 0..1 << 16 {
        let enabled = m.enabled(world);
        if enabled.is_empty() {
            return at_rest(m, world.config, world.programs);
        }
        m.step(world, enabled.nth(draw.below(1 << 20) as u32));
    }
    panic!("no end: {m:?}");
}

/// The first actor ends the child, unlocks, lets go and discards; then each CPU empties its own batch of
/// lazyfree pages, and what is left in the swap cache is reclaimed.
fn giving_back(m: &Machine, programs: &Programs) -> Programs {
    let mut end = Programs { actors: programs.actors, ..Programs::default() };
    end.kinds = programs.kinds;
    end.push(0, Op::new(Exit, 0));
    for page in 0..PAGES as u8 {
        if m.mlocked & 1 << page != 0 {
            end.push(0, Op::new(Lock, page));
        }
        for kind in [Put, Unpin, DontNeed] {
            end.push(0, Op::new(kind, page));
        }
    }
    for actor in (0..programs.actors as usize).filter(|a| programs.kinds[*a] == ActorKind::Cpu) {
        for _ in 0..2 {
            end.push(actor, Op::new(Reclaim, 0));
        }
    }
    end
}

/// How many frames a process can have: system frames that are free, and device frames by migrating to them.
fn frames_to_be_had(m: &mut Machine, config: &Config) -> usize {
    let system = m.folios[..SYSTEM_FRAMES].iter().filter(|f| !f.allocated()).count();
    let ops: [(OpKind, u8); 4] = [(Write, 0), (Write, 1), (Write, 2), (OpKind::MigrateRange, 0)];
    let programs = programs(&[&ops]);
    let code = code(Profile::default());
    let world = World::new(config, &programs, code);
    m.read_only = 0;
    m.swap_max = 0;
    m.actors[0].op = 0;
    finish(&world, m, 0, 4);
    system + m.pte[0].iter().filter(|p| p.is_device()).count()
}

/// What mprotect did before the fork holds for the child, and goes with it.
#[test]
fn the_child_inherits_the_protection() {
    let ops = [(Write, 0), (Protect, 0), (Fork, 0), (ChildWrite, 0)];
    let m = alone(&Config::default(), &ops);
    assert_eq!(m.content(1, 0), m.content(0, 0), "the child's store did not happen");
    assert_eq!((m.content(0, 0)[0], m.shadow.words[1][0][0].last), (1, 1));
    assert!(m.vma_read_only(1, 0) && !m.vma_read_only(1, 1));
    assert!(!m.actors[0].has(Actor::BEGUN));
}
