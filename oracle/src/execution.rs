//! Running a case: choices first, then the deterministic drain.

use crate::livelock::{WayOut, way_out};
use crate::places::counted;
use corpus::Case;
use impls::Version;
use model::{ACTORS, Config, Enabled, Event, Machine, Programs, Transition, World};

/// Nobody chooses more often than this, and neither the end of the programs nor the drain takes more steps. A
/// schedule is at most 16,384 choices, and what follows finishes one actor after the other; a bounded program
/// cannot reach the bound unless a listing loops.
pub const STEP_BOUND: u32 = 1 << 16;

/// Chooses what moves next.
pub trait Chooser {
    /// One of the enabled transitions, or `None` to leave the rest to the drain.
    fn choose(&mut self, enabled: Enabled, machine: &Machine) -> Option<Transition>;

    /// The next choice, if it is made without a look at what is enabled. What cannot move is
    /// [repaired](Enabled::repair).
    fn blindly(&mut self) -> Option<Transition> {
        None
    }

    /// What moved went back to the first step of its operation: it may be waiting for somebody without
    /// blocking, and choosing it again and again may never end.
    fn retried(&mut self, _moved: Transition) {}
}

/// Sees every step.
pub trait Observer {
    /// Called before each step, with the machine as the step finds it.
    #[inline]
    fn before(&mut self, _world: &World, _machine: &Machine, _transition: Transition) {}
    /// Called after each step with the machine as the step left it. Steps count from 1.
    fn after(&mut self, world: &World, machine: &Machine, event: &Event, step: u32);
    /// Called last, with the machine at the end and how it came to that.
    fn over(&mut self, _machine: &Machine, _step: u32, _end: End) {}
}

/// No choices: the drain alone, each actor run to completion in turn.
#[derive(Clone, Copy, Debug, Default)]
pub struct Drain;

impl Chooser for Drain {
    fn choose(&mut self, _: Enabled, _: &Machine) -> Option<Transition> {
        None
    }
}

/// The choices of a case's schedule. What cannot move is repaired to the next transition that can.
pub struct Replay<I>(pub I);

impl<I: Iterator<Item = Transition>> Chooser for Replay<I> {
    #[inline]
    fn choose(&mut self, _: Enabled, _: &Machine) -> Option<Transition> {
        None
    }

    #[inline]
    fn blindly(&mut self) -> Option<Transition> {
        self.0.next()
    }
}

/// How an execution ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Everything ran, and every page was read back.
    Complete,
    /// Nothing can move, and a program is not over.
    Deadlock,
    /// No end can be reached any more, whatever moves.
    Livelock,
    /// It took [`STEP_BOUND`] steps, and whether an end can be reached is not known.
    StepBound,
    /// The model cannot carry the next step out: the listing works on something that does not exist.
    Impossible,
}

/// What is left of an execution.
#[derive(Clone, Copy, Debug)]
pub struct Summary {
    /// How it ended.
    pub end: End,
    /// How many steps it took, the drain included.
    pub steps: u32,
    /// The step after which the drain reclaims and reads back.
    pub program_steps: u32,
    /// The machine at the end.
    pub machine: Machine,
}

/// Runs programs on a version, with choices from `chooser`.
pub fn execute<C: Chooser, O: Observer>(
    version: &Version,
    config: &Config,
    programs: &Programs,
    chooser: &mut C,
    observer: &mut O,
) -> Summary {
    let config = version.config(config);
    let world = World::new(&config, programs, version.code(config.profile));
    let mut run = Run { world: &world, machine: Machine::new(&config), steps: 0, observer };
    while run.steps < STEP_BOUND {
        let blind = chooser.blindly();
        let choice = match blind {
            Some(choice) if run.machine.can_take(&world, choice) => choice,
            _ => {
                let enabled = run.machine.enabled(&world);
                if enabled.is_empty() {
                    break;
                }
                let Some(choice) =
                    blind.map(|t| enabled.repair(t)).or_else(|| chooser.choose(enabled, &run.machine))
                else {
                    break;
                };
                choice
            }
        };
        if run.take(choice) {
            chooser.retried(choice);
        }
    }
    run.wind_up()
}

/// Goes on from a machine that `steps` steps have led to: finishes the programs, then drains the case. What
/// comes of it depends on nothing but the machine.
pub fn wind_up<O: Observer>(world: &World, machine: Machine, steps: u32, observer: &mut O) -> Summary {
    Run { world, machine, steps, observer }.wind_up()
}

/// Runs a case with its own schedule.
pub fn replay<O: Observer>(version: &Version, case: &Case, observer: &mut O) -> Summary {
    let case = counted(version, case);
    execute(version, &case.config, &case.programs, &mut Replay(case.schedule.choices()), observer)
}

struct Run<'a, 'w, O> {
    world: &'a World<'w>,
    machine: Machine,
    steps: u32,
    observer: &'a mut O,
}

impl<O: Observer> Run<'_, '_, O> {
    /// Takes a transition; true if the operation went back to its first step.
    #[inline]
    fn take(&mut self, transition: Transition) -> bool {
        self.observer.before(self.world, &self.machine, transition);
        let event = self.machine.step(self.world, transition);
        self.steps += 1;
        self.observer.after(self.world, &self.machine, &event, self.steps);
        event.retried
    }

    fn wind_up(mut self) -> Summary {
        let mut end = self.finish();
        let program_steps = self.steps;
        if end == End::Complete {
            self.machine.start_drain();
            end = self.drain();
        }
        self.observer.over(&self.machine, self.steps, end);
        Summary { end, steps: self.steps, program_steps, machine: self.machine }
    }

    /// Runs the programs to their end: one actor as long as it can move and does not retry, then the next;
    /// interrupts and the swap device when no actor can.
    fn finish(&mut self) -> End {
        let mut last = Transition::run(0);
        let mut patience = Patience::new(self.steps);
        loop {
            let enabled = self.machine.enabled(self.world);
            if enabled.is_empty() {
                let done = self.machine.programs_done(self.world.programs);
                return if done { End::Complete } else { End::Deadlock };
            }
            if patience.is_over(self.steps)
                && let Some(end) = self.leave(|_| false)
            {
                return end;
            }
            if patience.is_bound(self.steps) {
                return End::StepBound;
            }
            let enabled = self.machine.enabled(self.world);
            if enabled.is_empty() {
                continue;
            }
            let choice = if enabled.has(last) { last } else { enabled.nth(0) };
            let retried = self.take(choice);
            if let Some(actor) = choice.actor() {
                // A retry may be waiting for somebody else to go on: for a CPU that has not answered, or for
                // another actor.
                last = if retried {
                    let (actors, rest) = (enabled.0 & ((1 << ACTORS) - 1), enabled.0 >> ACTORS << ACTORS);
                    let others = Enabled(if rest == 0 { actors } else { rest });
                    others.repair(Transition::run((actor + 1) % ACTORS))
                } else {
                    choice
                };
            }
        }
    }

    /// Runs the drain: nobody is there but actor 0, whose reclaim waits for the device.
    fn drain(&mut self) -> End {
        let mut patience = Patience::new(self.steps);
        loop {
            let over = |world: &World, machine: &Machine| world.op(machine, 0).is_none();
            let world = self.world;
            if patience.is_over(self.steps)
                && let Some(end) = self.leave(|machine| over(world, machine))
            {
                return end;
            }
            if patience.is_bound(self.steps) {
                return End::StepBound;
            }
            let choice = if self.machine.can_take(self.world, Transition::WRITEBACK) {
                Transition::WRITEBACK
            } else if self.machine.can_take(self.world, Transition::run(0)) {
                Transition::run(0)
            } else {
                return if over(world, &self.machine) { End::Complete } else { End::Deadlock };
            };
            self.take(choice);
        }
    }

    /// Takes the shortest way to an end, if there is one and it can be found. What it ends with otherwise.
    #[cold]
    fn leave(&mut self, is_end: impl Fn(&Machine) -> bool) -> Option<End> {
        match way_out(self.world, &self.machine, is_end) {
            WayOut::By(way) => {
                for choice in way {
                    self.take(choice);
                }
                None
            }
            WayOut::Nothing => Some(End::Livelock),
            WayOut::Unknown => None,
        }
    }
}

/// How long an execution is let go on without asking whether it ends.
struct Patience {
    ask: u32,
    bound: u32,
}

impl Patience {
    /// Programs end in some hundred steps, a few thousand at most.
    const STEPS: u32 = 1 << 13;

    fn new(steps: u32) -> Patience {
        Patience { ask: steps + Patience::STEPS, bound: steps + STEP_BOUND }
    }

    /// Whether it is time to ask; it is once.
    #[inline]
    fn is_over(&mut self, steps: u32) -> bool {
        let over = steps >= self.ask;
        if over {
            self.ask = u32::MAX;
        }
        over
    }

    #[inline]
    fn is_bound(&self, steps: u32) -> bool {
        steps >= self.bound
    }
}
