//! Footprints: which shared objects a transition reads and writes.
//!
//! Two transitions of different movers whose footprints do not [conflict](Footprint::conflicts) commute:
//! either order leads to the same machine, each does the same in both, and neither keeps the other from
//! moving. A footprint may be larger than need be; one that is too small is a bug
//! (`explore/tests/footprints.rs` looks for it).
//!
//! An actor's registers are its own and no object, except for the few that somebody else looks at: what it
//! holds of the mmap lock, whether it is in the middle of an access, whom it has asked for a shoot-down. What
//! is known of a step before it is taken stands in the [table](touch): by action, made precise by the
//! registers. A transition is a step with the local work around it, so its footprint is worked out by taking
//! it on a copy of the machine.

mod difference;
mod objects;
mod parts;
mod prospect;
mod touch;

pub use objects::{Object, ObjectKind, Objects};
pub use prospect::Prospects;

use crate::step::Watch;
use crate::{ACTORS, Action, Actor, MMS, Machine, Op, OpKind, PAGES, SLOTS, Transition, World};
use touch::Touch;

/// What a transition reads and writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Footprint {
    /// What it looks at: what it does depends on nothing else that is shared.
    pub reads: Objects,
    /// What it may change.
    pub writes: Objects,
    /// What judges look at when they see it happen: of a load or store, what is legal and who owes a flush.
    /// What they look at in every state, whatever has happened, is not here.
    pub judged: Objects,
}

impl Footprint {
    /// Everything in it.
    #[must_use]
    pub fn touched(&self) -> Objects {
        self.reads | self.writes
    }

    /// The same footprint, judged by more.
    #[must_use]
    pub fn judged_by(self, more: Objects) -> Footprint {
        Footprint { judged: self.judged | more, ..self }
    }

    /// The same footprint without a lock that the actor holds: nobody else can take it or give it away.
    #[must_use]
    pub fn holding_ptl(mut self, machine: &Machine, actor: usize) -> Footprint {
        for mm in 0..MMS {
            if machine.ptl[mm] as usize == actor + 1 {
                self.reads.remove(Object::ptl(mm));
            }
        }
        self
    }

    /// Whether one of the two writes what the other one reads, writes or is judged by.
    #[must_use]
    pub fn conflicts(&self, other: &Footprint) -> bool {
        let of =
            |one: &Footprint, other: &Footprint| one.writes.intersects(other.writes | other.reads | other.judged);
        of(self, other) || of(other, self)
    }

    fn read(&mut self, object: Object) {
        self.reads.insert(object);
    }

    fn write(&mut self, object: Object) {
        self.writes.insert(object);
    }
}

impl Watch for Footprint {
    fn begins(&mut self, machine: &Machine, world: &World, actor: usize, op: Op) {
        Touch { m: machine, w: world, i: actor, f: self }.begins(op);
    }

    fn waits_for(&mut self, machine: &Machine, world: &World, actor: usize, action: Action) {
        Touch { m: machine, w: world, i: actor, f: self }.waits_for(action);
    }

    fn acts(&mut self, machine: &Machine, world: &World, actor: usize, action: Action) {
        Touch { m: machine, w: world, i: actor, f: self }.acts(action);
    }
}

impl Machine {
    /// What a transition touches if it is taken now; of one that cannot be taken, what it waits for.
    ///
    /// # Panics
    /// Where [`Machine::step`] would: a broken listing may ask for what the model cannot do.
    #[must_use]
    pub fn footprint(&self, world: &World, transition: Transition) -> Footprint {
        let mut footprint = Footprint::default();
        if let Some(actor) = transition.actor() {
            let mut copy = *self;
            copy.watched(world, actor, &mut footprint);
        } else if let Some(cpu) = transition.cpu() {
            self.interrupt_touches(cpu, &mut footprint);
        } else {
            self.writeback_touches(&mut footprint);
        }
        footprint
    }

    fn interrupt_touches(&self, cpu: usize, footprint: &mut Footprint) {
        footprint.read(Object::access(cpu));
        for actor in 0..ACTORS {
            footprint.read(Object::asked(actor, cpu));
        }
        let Some(n) = self.actors.iter().position(|a| a.unanswered() & 1 << cpu != 0) else { return };
        footprint.write(Object::asked(n, cpu));
        let asking = &self.actors[n];
        for mm in (0..MMS).filter(|mm| asking.flushes(*mm)) {
            for page in (0..PAGES).filter(|p| asking.flush & 1 << p != 0) {
                footprint.write(Object::tlb(cpu, mm, page));
            }
        }
    }

    fn writeback_touches(&self, footprint: &mut Footprint) {
        footprint.write(Object::WRITEBACK);
        let Some(frame) = self.folios.iter().position(|f| f.writeback() != 0) else { return };
        footprint.write(Object::folio(frame));
        let slot = self.folios[frame].slot() as usize;
        if self.folios[frame].writeback() == 1 && slot < SLOTS {
            for word in 0..ACTORS {
                footprint.read(Object::data(frame, word));
            }
            footprint.write(Object::slot_data(slot));
        }
    }
}

/// Whether somebody looks at the registers that an operation sets by beginning or drops by ending.
fn protects(op: Option<Op>) -> Option<usize> {
    op.filter(|op| op.kind == OpKind::Protect).map(|op| op.arg as usize)
}

/// The registers that others look at, each with its object.
fn visible(actor: usize) -> [(u32, Object); 5] {
    [
        (Actor::MMAP_READ, Object::mmap_reader(actor)),
        (Actor::MMAP_WRITE, Object::MMAP_WRITER),
        (Actor::IN_CHILD, Object::in_child(actor)),
        (Actor::MID_ACCESS, Object::access(actor)),
        (Actor::BATCH, Object::batch(actor)),
    ]
}
