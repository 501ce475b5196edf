//! A case as a program for Shuttle: a thread for each actor and for the shoot-down interrupts of each CPU, on
//! one machine.
//!
//! Every step is one atomic operation of Shuttle's, so that it may switch before each step and nowhere else;
//! whoever cannot move is parked until it can. The step function, the judges and the drain are the same as
//! everywhere; the threads, the switching and the choice of who moves are Shuttle's.

use crate::subject;
use corpus::Case;
use impls::Version;
use model::{Machine, Transition, World};
use oracle::{Judge, Judges, Observer, wind_up};
use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
use shuttle::sync::atomic::{AtomicU32, Ordering};
use shuttle::thread::{self, Thread};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard};

/// Who chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Uniform among the threads that can move.
    Random,
    /// Probabilistic concurrency testing with this many changes of priority.
    Pct(usize),
}

/// How many executions lost a value.
///
/// # Panics
/// If an execution deadlocks.
#[must_use]
pub fn losses(version: &'static Version, case: &Case, choice: Choice, seed: u64, executions: usize) -> u64 {
    let world = subject::world(version, case);
    let lost = Arc::new(AtomicU64::new(0));
    match choice {
        Choice::Random => run(world, RandomScheduler::new_from_seed(seed, executions), &lost),
        Choice::Pct(depth) => run(world, PctScheduler::new_from_seed(seed, depth, executions), &lost),
    }
    lost.load(std::sync::atomic::Ordering::Relaxed)
}

fn run(world: &'static World<'static>, scheduler: impl Scheduler + 'static, lost: &Arc<AtomicU64>) {
    let lost = lost.clone();
    let runner = shuttle::Runner::new(scheduler, shuttle::Config::default());
    runner.run(move || {
        if execution(world) {
            lost.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
    });
}

/// What the threads share.
struct Shared {
    world: &'static World<'static>,
    /// The operation of Shuttle's that stands for a step.
    steps: AtomicU32,
    inner: Mutex<Inner>,
}

struct Inner {
    machine: Machine,
    judges: Judges,
    /// Threads that wait until they can move, by transition.
    parked: [Option<Thread>; Transition::COUNT as usize],
}

/// Whether a value is lost in one execution.
fn execution(world: &'static World<'static>) -> bool {
    let inner =
        Inner { machine: Machine::new(world.config), judges: Judges::default(), parked: Default::default() };
    let shared = Arc::new(Shared { world, steps: AtomicU32::new(0), inner: Mutex::new(inner) });
    let actors = world.programs.actors as usize;
    let interrupted = (0..actors).filter(|cpu| actors > 1 && world.cpus(0) & 1 << cpu != 0);
    let movers = (0..actors).map(Transition::run).chain(interrupted.map(Transition::interrupt));
    let threads: Vec<_> = movers
        .map(|mover| {
            let shared = shared.clone();
            thread::spawn(move || shared.moves(mover))
        })
        .collect();
    for thread in threads {
        thread.join().expect("a thread that only steps");
    }
    let inner = &mut *shared.inner();
    wind_up(world, inner.machine, shared.steps.load(Ordering::SeqCst), &mut inner.judges);
    inner.judges.of(Judge::LastWrite).is_some()
}

impl Shared {
    /// Never contended: Shuttle runs one thread at a time, and switches nowhere while it is held.
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("no thread panics")
    }

    fn moves(&self, mover: Transition) {
        loop {
            let step = self.steps.fetch_add(1, Ordering::SeqCst) + 1;
            let mut inner = self.inner();
            if self.over(&inner.machine, mover) {
                return;
            }
            if !inner.machine.enabled(self.world).has(mover) {
                inner.parked[mover.index() as usize] = Some(thread::current());
                drop(inner);
                thread::park();
                continue;
            }
            let event = inner.machine.step(self.world, mover);
            let Inner { machine, judges, parked } = &mut *inner;
            judges.after(self.world, machine, &event, step);
            let enabled = machine.enabled(self.world);
            let woken: Vec<_> = (0..Transition::COUNT)
                .filter_map(Transition::from_index)
                .filter(|t| enabled.has(*t) || self.over(machine, *t))
                .filter_map(|t| parked[t.index() as usize].take())
                .collect();
            drop(inner);
            for thread in woken {
                thread.unpark();
            }
        }
    }

    /// An actor is done when its program is over, interrupts when all programs are.
    fn over(&self, machine: &Machine, mover: Transition) -> bool {
        let programs = self.world.programs;
        match mover.actor() {
            Some(actor) => machine.actors[actor].op >= programs.len[actor],
            None => machine.programs_done(programs),
        }
    }
}
