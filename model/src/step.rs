//! Stepping: which transitions are enabled, and what one of them does.

use crate::code::Class;
use crate::exec::Ctx;
use crate::{
    ACTORS, Action, Actor, ActorKind, Assumptions, Child, Code, Config, Data, Folio, Frame, MMS, Machine, Mode,
    Op, OpKind, PAGES, Pc, Programs, Swap,
};

/// Everything about an execution that does not change while it runs.
#[derive(Clone, Copy, Debug)]
pub struct World<'a> {
    /// Knobs, hardware, swap device, initial pages.
    pub config: &'a Config,
    /// The programs.
    pub programs: &'a Programs,
    /// The environment linked with the version under test.
    pub code: &'a Code,
    /// The rules of the case's CPU.
    pub mode: Mode,
    /// What judges excuse, and what the record of what the program may see allows.
    pub assumed: Assumptions,
    cpus: [u8; MMS],
    drain: [Op; DRAIN_MAX],
    drain_len: u8,
}

const DRAIN_MAX: usize = PAGES * 10;

impl<'a> World<'a> {
    /// A world. The drain works on the pages that the programs name and on those that start mapped.
    #[must_use]
    pub fn new(config: &'a Config, programs: &'a Programs, code: &'a Code) -> World<'a> {
        let mut world = World {
            config,
            programs,
            code,
            mode: config.hardware.mode(),
            assumed: code.assumed(),
            cpus: [0; MMS],
            drain: [Op::default(); DRAIN_MAX],
            drain_len: 0,
        };
        for i in (0..programs.actors as usize).filter(|i| programs.kinds[*i] == ActorKind::Cpu) {
            let ops = programs.of(i);
            let child = ops.iter().any(|op| op.kind.mm() == 1);
            let parent = ops.is_empty() || ops.iter().any(|op| op.kind.mm() == 0);
            world.cpus[0] |= u8::from(parent) << i;
            world.cpus[1] |= u8::from(child) << i;
        }
        let kinds = programs.kinds_used();
        let any = |of: &[OpKind]| of.iter().any(|k| kinds.has(*k));
        let pages = programs.pages() | config.shared | config.large;
        for page in (0..PAGES).filter(|p| pages & 1 << p != 0) {
            for (kind, needed) in [
                (OpKind::Put, any(&[OpKind::Get, OpKind::GetWrite])),
                (OpKind::Unpin, any(&[OpKind::Pin, OpKind::PinWrite])),
                (OpKind::ToSystem, any(&[OpKind::Migrate, OpKind::MigrateRange])),
                // A page that belongs to the device comes back by a fault.
                (OpKind::Read, kinds.has(OpKind::DeviceExclusive)),
                (OpKind::PageOut, true),
                // On a disk the first pass starts the writeback, the second frees the clean page.
                (OpKind::PageOut, config.swap == Swap::Disk),
                (OpKind::Read, true),
                (OpKind::ChildRead, kinds.has(OpKind::Fork)),
            ] {
                if needed {
                    world.drain[world.drain_len as usize] = Op::new(kind, page as u8);
                    world.drain_len += 1;
                }
            }
        }
        world
    }

    /// The operation that an actor performs next or is performing: of its program, or of the drain.
    #[inline]
    #[must_use]
    pub fn op(&self, machine: &Machine, actor: usize) -> Option<Op> {
        let n = machine.actors[actor].op;
        if machine.draining {
            (actor == 0 && n < self.drain_len).then(|| self.drain[n as usize])
        } else {
            (n < self.programs.len[actor]).then(|| self.programs.ops[actor][n as usize])
        }
    }

    /// An operation of the drain: for each page, references are dropped, a device page is brought back, then
    /// the page is reclaimed and read back.
    #[must_use]
    pub fn drain_op(&self, n: usize) -> Option<Op> {
        (n < self.drain_len as usize).then(|| self.drain[n])
    }

    /// The CPUs that run user threads of an address space, a bit each (`mm_cpumask`).
    #[must_use]
    pub fn cpus(&self, mm: usize) -> u8 {
        self.cpus[mm]
    }

    fn entry(&self, machine: &Machine, actor: usize, op: Op) -> Pc {
        let kswapd = self.programs.kinds[actor] == ActorKind::Kswapd;
        // The drain reclaims as kswapd does, so that pages without a mapping go too.
        let reclaim = (kswapd || machine.draining) && op.kind.allowed_for(ActorKind::Kswapd);
        self.code.entry(op.kind, reclaim)
    }
}

/// What moves: an actor, the shoot-down interrupt of a CPU, or the swap device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Transition(u8);

impl Transition {
    /// How many transitions there are.
    pub const COUNT: u8 = 2 * ACTORS as u8 + 1;
    /// The swap device moves its lowest-numbered frame under writeback one stage on.
    pub const WRITEBACK: Transition = Transition(2 * ACTORS as u8);

    /// The next step of an actor.
    #[must_use]
    pub const fn run(actor: usize) -> Transition {
        Transition(actor as u8)
    }

    /// A CPU takes the shoot-down that it was sent.
    #[must_use]
    pub const fn interrupt(cpu: usize) -> Transition {
        Transition((ACTORS + cpu) as u8)
    }

    /// The transition of a number below [`Transition::COUNT`].
    #[must_use]
    pub const fn from_index(index: u8) -> Option<Transition> {
        if index < Self::COUNT { Some(Transition(index)) } else { None }
    }

    /// Its number.
    #[must_use]
    pub const fn index(self) -> u8 {
        self.0
    }

    /// The actor that takes a step, if it is one.
    #[must_use]
    pub const fn actor(self) -> Option<usize> {
        if (self.0 as usize) < ACTORS { Some(self.0 as usize) } else { None }
    }

    /// The CPU that takes an interrupt, if it is one.
    #[must_use]
    pub const fn cpu(self) -> Option<usize> {
        let n = self.0 as usize;
        if n >= ACTORS && n < 2 * ACTORS { Some(n - ACTORS) } else { None }
    }
}

impl core::fmt::Display for Transition {
    /// `0`, `i1`, `w`: as in the schedule of a case.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match (self.actor(), self.cpu()) {
            (Some(actor), _) => write!(f, "{actor}"),
            (_, Some(cpu)) => write!(f, "i{cpu}"),
            _ => f.write_str("w"),
        }
    }
}

/// A set of transitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enabled(pub u16);

impl Enabled {
    /// Whether nothing can move.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many transitions are in the set.
    #[must_use]
    pub const fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether a transition is in the set.
    #[must_use]
    pub const fn has(self, t: Transition) -> bool {
        self.0 & 1 << t.0 != 0
    }

    /// The `n`-th transition of the set, in numeric order, counted modulo its size.
    #[must_use]
    pub fn nth(self, n: u32) -> Transition {
        let mut left = n % self.len();
        let mut bits = self.0;
        while left > 0 {
            bits &= bits - 1;
            left -= 1;
        }
        Transition(bits.trailing_zeros() as u8)
    }

    /// The given transition if it is enabled, else the next enabled one in cyclic order: the repair that
    /// makes every schedule valid.
    #[must_use]
    pub const fn repair(self, t: Transition) -> Transition {
        let above = self.0 & !((1 << t.0) - 1);
        let bits = if above != 0 { above } else { self.0 };
        Transition(bits.trailing_zeros() as u8)
    }

    /// The transitions of the set in numeric order.
    pub fn iter(self) -> impl Iterator<Item = Transition> {
        (0..Transition::COUNT).map(Transition).filter(move |t| self.has(*t))
    }
}

/// Something that a step did and that no correct kernel does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Flaw {
    /// A frame went back to the allocator while some CPU had it mapped writable (I1).
    FreedWhileWritable,
    /// A frame went back to the allocator while some CPU could still load from it (I1).
    FreedWhileReadable,
    /// A page-table entry was written without the page-table lock (I6).
    PteWithoutLock,
    /// A reference, a mapping or a slot count was dropped that nobody held (I5).
    CountUnderflow,
    /// A reference was taken on a folio that has none: it is free, or about to be (I5).
    RefOfNobody,
    /// A frame went back to the allocator while locked.
    FreedWhileLocked,
    /// A lock was released by somebody who did not hold it.
    NotLockOwner,
}

/// What a step did that judges look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happened {
    /// Nothing but a change of state.
    Nothing,
    /// A load returned.
    Load {
        /// The address space.
        mm: u8,
        /// The page loaded from.
        page: u8,
        /// The frame that the translation named.
        frame: Frame,
        /// The bytes.
        data: Data,
    },
    /// A store was done.
    Store {
        /// The address space.
        mm: u8,
        /// The page stored to.
        page: u8,
        /// The frame that the translation named.
        frame: Frame,
        /// The value, into the actor's own word.
        value: u8,
    },
}

/// The record of one transition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// What moved.
    pub transition: Transition,
    /// The instruction that an actor executed, if it was an actor's step that executed one.
    pub pc: Option<Pc>,
    /// Whether the instruction succeeded (its main way out).
    pub ok: bool,
    /// The operation that the actor was performing.
    pub op: Option<Op>,
    /// Whether the operation returned with this step.
    pub returned: bool,
    /// Whether the operation went back to its first step: it waits for somebody without blocking.
    pub retried: bool,
    /// What happened.
    pub happened: Happened,
    /// What should not have happened.
    pub flaw: Option<Flaw>,
}

impl Event {
    /// A transition of which nothing is known yet.
    const fn of(transition: Transition) -> Event {
        Event {
            transition,
            pc: None,
            ok: true,
            op: None,
            returned: false,
            retried: false,
            happened: Happened::Nothing,
            flaw: None,
        }
    }
}

/// Sees what a transition is about to do, part by part. Nobody watches ([`Unwatched`]) when the machine is
/// stepped.
pub(crate) trait Watch {
    /// An operation begins, or turns out to be void.
    fn begins(&mut self, machine: &Machine, world: &World, actor: usize, op: Op);
    /// Whether the actor has to wait for an action is looked up.
    fn waits_for(&mut self, machine: &Machine, world: &World, actor: usize, action: Action);
    /// An action is done.
    fn acts(&mut self, machine: &Machine, world: &World, actor: usize, action: Action);
    /// It stands at this place in the code.
    #[inline]
    fn at(&mut self, _pc: Pc) {}
}

/// Sees where in the code each action is.
struct Places<F>(F);

impl<F: FnMut(Pc)> Watch for Places<F> {
    fn begins(&mut self, _: &Machine, _: &World, _: usize, _: Op) {}
    fn waits_for(&mut self, _: &Machine, _: &World, _: usize, _: Action) {}
    fn acts(&mut self, _: &Machine, _: &World, _: usize, _: Action) {}
    fn at(&mut self, pc: Pc) {
        (self.0)(pc);
    }
}

struct Unwatched;

impl Watch for Unwatched {
    #[inline]
    fn begins(&mut self, _: &Machine, _: &World, _: usize, _: Op) {}
    #[inline]
    fn waits_for(&mut self, _: &Machine, _: &World, _: usize, _: Action) {}
    #[inline]
    fn acts(&mut self, _: &Machine, _: &World, _: usize, _: Action) {}
}

/// More local work than any listing needs between two steps; a listing without a step in a loop stops here.
const LOCAL_BOUND: usize = 256;

impl Machine {
    /// The transitions that can be taken now. Empty: everything is over, or there is a deadlock.
    #[must_use]
    pub fn enabled(&self, world: &World) -> Enabled {
        let mut set = 0u16;
        let mut asked = 0u8;
        for i in 0..world.programs.actors as usize {
            asked |= self.actors[i].unanswered();
            set |= u16::from(self.moves(world, i)) << i;
        }
        if asked != 0 {
            for cpu in 0..ACTORS {
                if asked & 1 << cpu != 0 && self.takes_interrupt(world, cpu) {
                    set |= 1 << (ACTORS + cpu);
                }
            }
        }
        set |= u16::from(self.device_moves(world)) << Transition::WRITEBACK.0;
        Enabled(set)
    }

    /// Whether a transition can be taken now: what [`Machine::enabled`] says of it, without asking for the
    /// others.
    #[inline]
    #[must_use]
    pub fn can_take(&self, world: &World, transition: Transition) -> bool {
        if let Some(i) = transition.actor() {
            i < world.programs.actors as usize && self.moves(world, i)
        } else if let Some(cpu) = transition.cpu() {
            self.actors.iter().any(|a| a.unanswered() & 1 << cpu != 0) && self.takes_interrupt(world, cpu)
        } else {
            self.device_moves(world)
        }
    }

    #[inline]
    fn moves(&self, world: &World, i: usize) -> bool {
        let actor = &self.actors[i];
        let (pc, mm) = if actor.has(Actor::BEGUN) {
            (actor.pc, actor.mm as usize)
        } else if let Some(op) = world.op(self, i) {
            if self.is_void(op) {
                return true;
            }
            (world.entry(self, i, op), op.kind.mm())
        } else {
            return false;
        };
        let instr = world.code.at(pc);
        !instr.class.has(Class::WAITS) || !self.blocked(i, mm, instr.action)
    }

    #[inline]
    fn device_moves(&self, world: &World) -> bool {
        world.config.swap == Swap::Disk && self.folios.iter().fold(false, |any, f| any | (f.writeback() != 0))
    }

    /// A CPU answers between two accesses; with late stores ([`crate::Hardware::LateStore`]) also in the
    /// middle of one, unless it is asked for the second time.
    fn takes_interrupt(&self, world: &World, cpu: usize) -> bool {
        if !self.actors[cpu].has(Actor::MID_ACCESS) {
            return true;
        }
        let asked = self.actors.iter().find(|a| a.unanswered() & 1 << cpu != 0);
        !world.mode.flush_waits_for_access && asked.is_some_and(|a| !a.has(Actor::SECOND_FLUSH))
    }

    /// An operation of a child that does not run does nothing.
    fn is_void(&self, op: Op) -> bool {
        op.kind.mm() == 1 && self.child != Child::Alive
    }

    #[inline]
    fn blocked(&self, i: usize, mm: usize, action: Action) -> bool {
        let actor = &self.actors[i];
        let others = |flag| {
            let flags = |n: usize| if n == i { 0 } else { self.actors[n].flags };
            (0..ACTORS).fold(0, |all, n| all | flags(n)) & flag != 0
        };
        // The zero page is no folio: what wants its lock does not wait, and cannot be carried out.
        let locked = |frame: Frame| self.folios.get(frame as usize).is_some_and(Folio::locked);
        match action {
            Action::LockPtl => self.ptl[mm] != 0,
            Action::LockBothPtls => self.ptl != [0; MMS],
            // Whoever works in the child's address space holds the child's lock, which nobody takes for
            // write.
            Action::MmapReadLock => mm == 0 && others(Actor::MMAP_WRITE),
            Action::MmapWriteLock => others(Actor::MMAP_READ | Actor::MMAP_WRITE),
            Action::BeginExit => others(Actor::IN_CHILD),
            Action::LockFolio => locked(actor.folio),
            Action::WaitFolio => locked(actor.pte.frame()),
            Action::FlushWait => actor.unanswered() != 0,
            Action::LookupSwapCache => {
                let slot = actor.pte.slot();
                self.slots[slot as usize].pinned()
                    || self.cached_folio(slot).is_some_and(|f| self.folios[f].refs == 0)
            }
            _ => false,
        }
    }

    /// Takes one transition, which must be [enabled](Machine::enabled).
    pub fn step(&mut self, world: &World, transition: Transition) -> Event {
        self.step_watched(world, transition, &mut Unwatched)
    }

    /// The same, and tells `done` the place in the code of every action that is done, local ones too.
    pub fn step_with_places(&mut self, world: &World, transition: Transition, done: impl FnMut(Pc)) -> Event {
        self.step_watched(world, transition, &mut Places(done))
    }

    #[inline]
    fn step_watched(&mut self, world: &World, transition: Transition, watch: &mut impl Watch) -> Event {
        let mut event = Event::of(transition);
        if let Some(i) = transition.actor() {
            self.run(world, i, &mut event, watch);
        } else if let Some(cpu) = transition.cpu() {
            self.interrupt(cpu);
        } else {
            self.writeback();
        }
        event
    }

    /// An actor's next step, watched.
    pub(crate) fn watched(&mut self, world: &World, actor: usize, watch: &mut impl Watch) {
        self.run(world, actor, &mut Event::of(Transition::run(actor)), watch);
    }

    #[inline]
    fn run(&mut self, world: &World, i: usize, event: &mut Event, watch: &mut impl Watch) {
        event.op = world.op(self, i);
        if !self.actors[i].has(Actor::BEGUN) {
            let Some(op) = event.op else { return };
            watch.begins(self, world, i, op);
            if self.is_void(op) {
                self.actors[i].op += 1;
                event.returned = true;
                return;
            }
            self.begin(world, i, op);
        }
        let op = event.op.unwrap_or_default();
        Ctx { m: self, w: world, i, op, event }.step(watch);
    }

    fn begin(&mut self, world: &World, i: usize, op: Op) {
        let pc = world.entry(self, i, op);
        let actor = &mut self.actors[i];
        *actor = Actor { pc, op: actor.op, ..Actor::beginning(op) };
    }

    /// A CPU drops what the lowest-numbered waiting initiator asked it to drop.
    fn interrupt(&mut self, cpu: usize) {
        let bit = 0x10 << cpu;
        if let Some(actor) = self.actors.iter_mut().find(|a| a.flush & bit != 0) {
            actor.flush &= !bit;
            let flushed = actor.flushed();
            self.drop_cached(cpu, flushed);
        }
    }

    /// The device first has the bytes, then says so.
    fn writeback(&mut self) {
        let Some(folio) = self.folios.iter_mut().find(|f| f.writeback() != 0) else {
            return;
        };
        if folio.writeback() == 1 {
            folio.set_writeback(2);
            self.slots[folio.slot() as usize].data = folio.data;
        } else {
            folio.set_writeback(0);
        }
    }
}

impl Ctx<'_, '_> {
    /// One step. Local work before it rides along, and so does taking a lock, which belongs to what comes
    /// after it. So does local work behind it, and the completion of a flush that no other CPU had to be
    /// asked for; otherwise completion is a step of its own.
    #[inline]
    fn step(&mut self, watch: &mut impl Watch) {
        let mut pc = self.me().pc;
        let (mut done, mut left) = (false, LOCAL_BOUND);
        loop {
            let instr = self.w.code.at(pc);
            if instr.class.has(Class::LOCAL) {
                if left == 0 {
                    break;
                }
                left -= 1;
                watch.acts(self.m, self.w, self.i, instr.action);
                watch.at(pc);
                pc = instr.after(self.exec(instr.action));
                continue;
            }
            if instr.class.has(Class::LEAVES) {
                watch.acts(self.m, self.w, self.i, instr.action);
                watch.at(pc);
                if instr.action == Action::EndOp {
                    return self.end_op();
                }
                pc = self.retry();
                if done {
                    break;
                }
                // What starts again takes its first step if it can, and does nothing else.
                left = 0;
                continue;
            }
            let with = if done { Class::RIDES_BEHIND } else { Class::RIDES_BEFORE };
            let rides = instr.class.has(with) && left != 0;
            if done && !rides {
                break;
            }
            if instr.class.has(Class::WAITS) {
                watch.waits_for(self.m, self.w, self.i, instr.action);
                if self.m.blocked(self.i, self.mm(), instr.action) {
                    break;
                }
            }
            watch.acts(self.m, self.w, self.i, instr.action);
            watch.at(pc);
            let ok = self.exec(instr.action);
            if rides {
                left -= 1;
            } else {
                (done, left) = (true, LOCAL_BOUND);
                (self.event.pc, self.event.ok) = (Some(pc), ok);
            }
            pc = instr.after(ok);
        }
        self.me_mut().pc = pc;
    }

    /// From the operation's first step on once more, or from that of what it faults in.
    #[inline(never)]
    fn retry(&mut self) -> Pc {
        let op = self.op;
        let populating = self.me().has(Actor::POPULATING);
        let pc = if populating { self.w.code.populate() } else { self.w.entry(self.m, self.i, op) };
        self.event.retried = true;
        let me = self.me_mut();
        let fresh = Actor::beginning(op);
        // mprotect populates under the mmap lock that it has; mlock takes it anew.
        let kept = Actor::OUTLIVES_FAULT | if op.kind == OpKind::Protect { Actor::MMAP_WRITE } else { 0 };
        *me = Actor { pc, op: me.op, flags: fresh.flags | me.flags & kept, ..fresh };
        pc
    }

    #[inline(never)]
    fn end_op(&mut self) {
        if let Some(op) = self.event.op
            && op.kind == OpKind::DontNeed
            && self.me().has(Actor::DISCARDING)
        {
            let doomed = self.me().doomed;
            self.m.shadow.dontneed_returns(op.arg as usize, self.i, u16::from(doomed));
        }
        self.event.returned = true;
        let me = self.me_mut();
        // A register left behind would tell otherwise equal machines apart.
        *me = Actor { op: me.op + 1, ..Actor::at_rest() };
    }
}
