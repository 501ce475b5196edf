//! Which cached translations the page table no longer has, and whether those who took them out have let go.
//!
//! This is what a diagnosis finds by looking back over the rows of an execution, followed forward instead: small
//! and comparable, for a search over states that has no rows. `explore/tests/scenarios.rs` compares the two.
//!
//! Does not claim: anything of the child's translations.

use crate::clean_means_equal::{remembered, resting};
use impls::Scenario;
use model::{ACTORS, Action, Actor, Event, Frame, Happened, Machine, OpKind, PAGES, World};

/// Of every CPU and page of the parent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Translations {
    of: [[Old; PAGES]; ACTORS],
    /// The actors that have an mmu gather open, a bit each.
    gathers: u8,
}

/// A translation that a CPU has cached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Old {
    /// Who took it out of the page table, from 1; 0 if it is still there, or the CPU no longer has it.
    by: u8,
    /// The operation under comparison did.
    pub subject: bool,
    /// Whoever did has let others in, returned, or given the frame back.
    pub let_go: bool,
    /// An access was under way when they did, and nothing said that the page was written.
    pub unrecorded: bool,
}

impl Old {
    /// The operation under comparison owes the flush, and has let go.
    pub const fn is_owed_by_subject(self) -> bool {
        self.subject && self.let_go
    }
}

/// What a CPU can do through its translation of a page.
#[derive(Clone, Copy)]
struct Cached {
    frame: Frame,
    write: bool,
    dirty: bool,
}

impl Cached {
    /// The translation in the TLB, or the one of an access under way.
    fn of(machine: &Machine, cpu: usize, page: usize) -> Option<Cached> {
        let entry = machine.tlb[cpu][0][page];
        if entry.valid() {
            return Some(Cached { frame: entry.frame(), write: entry.write(), dirty: entry.dirty() });
        }
        let actor = &machine.actors[cpu];
        let mid_access = actor.has(Actor::MID_ACCESS) && actor.mm == 0 && actor.page as usize == page;
        mid_access.then_some(Cached { frame: actor.folio, write: false, dirty: false })
    }

    fn is_backed(self, machine: &Machine, page: usize) -> bool {
        let pte = machine.pte[0][page];
        let maps = pte.is_present() && pte.frame() == self.frame;
        maps && (!self.write || pte.write()) && (!self.dirty || pte.dirty())
    }
}

impl Translations {
    /// What is known of the translation that a CPU's access goes through.
    pub fn of(&self, cpu: usize, page: usize) -> Old {
        self.of[cpu][page]
    }

    /// Takes note of a step.
    pub fn after(&mut self, world: &World, before: &Machine, event: &Event, machine: &Machine) {
        if let (Some(actor), Some(pc)) = (event.transition.actor(), event.pc) {
            if world.code.at(pc).action == Action::GatherBegin {
                self.gathers |= 1 << actor;
            } else if event.returned || event.retried || ends_gather(world, event) {
                self.gathers &= !(1 << actor);
            }
        }
        let gathers = self.gathers;
        for cpu in 0..ACTORS {
            for page in 0..PAGES {
                let old = &mut self.of[cpu][page];
                let Some(cached) = Cached::of(machine, cpu, page) else {
                    *old = Old::default();
                    continue;
                };
                if cached.is_backed(machine, page) {
                    *old = Old::default();
                    continue;
                }
                let was = Cached::of(before, cpu, page).filter(|was| was.frame == cached.frame);
                let cleared = was.is_some_and(|was| was.is_backed(before, page));
                if let (true, Some(actor)) = (cleared, event.transition.actor()) {
                    let subject = event.pc.is_some_and(|pc| world.code.function(pc) == Scenario::FUNCTION);
                    *old = Old { by: actor as u8 + 1, subject, let_go: false, unrecorded: false };
                }
                old.unrecorded &= !(event.returned && event.transition.actor() == Some(cpu));
                let Some(by) = (old.by as usize).checked_sub(1).filter(|_| !old.let_go) else { continue };
                let told = is_told(before, by, gathers & 1 << by != 0);
                let freed = frees(before, machine, cached.frame);
                if freed || revokes(event, machine, page) || lets_go(world, before, event, machine, by, told) {
                    old.let_go = true;
                    let under_way = machine.actors[cpu].has(Actor::MID_ACCESS);
                    old.unrecorded = under_way
                        && !freed
                        && !before.actors[by].has(Actor::DISCARDING)
                        && !is_recorded(world, &without_promise(machine, cpu), page);
                }
            }
        }
    }
}

/// The machine without the D that a CPU which stores first and sets D later is going to set.
pub(crate) fn without_promise(machine: &Machine, cpu: usize) -> Machine {
    let mut machine = *machine;
    machine.actors[cpu].flags &= !Actor::OWES_DIRTY;
    machine
}

/// Whether anything says that a page of the parent is newer than its backing.
pub(crate) fn is_recorded(world: &World, machine: &Machine, page: usize) -> bool {
    resting(machine, 0, page)
        .is_some_and(|frame| machine.folios[frame as usize].dirty() || remembered(world, machine, frame))
}

/// Whether a step gives a frame back to the allocator.
fn frees(before: &Machine, after: &Machine, frame: Frame) -> bool {
    let allocated = |m: &Machine| m.folios.get(frame as usize).is_some_and(|f| f.allocated());
    allocated(before) && !allocated(after)
}

/// Whether others can tell that an actor is still to flush when it drops the page-table lock: by an mmu gather
/// that is open, by reclaim's batch, or because they wait for the mmap lock. Dropping the page-table lock is no
/// letting go then.
pub(crate) fn is_told(machine: &Machine, actor: usize, gathers: bool) -> bool {
    gathers || machine.actors[actor].has(Actor::BATCH | Actor::MMAP_WRITE)
}

/// Whether a call returns with a step that promises that nobody reaches the page, or stores to it, any more.
fn revokes(event: &Event, after: &Machine, page: usize) -> bool {
    event.op.is_some_and(|op| {
        let revokes = match op.kind {
            OpKind::DontNeed => true,
            OpKind::Protect => after.vma_read_only(0, page),
            _ => false,
        };
        event.returned && op.arg as usize == page && revokes
    })
}

fn ends_gather(world: &World, event: &Event) -> bool {
    event.pc.is_some_and(|pc| world.code.at(pc).action == Action::GatherEnd)
}

/// Whether a step of the actor gives up what keeps others out; `told` if they can tell that it is to flush.
fn lets_go(world: &World, before: &Machine, event: &Event, after: &Machine, actor: usize, told: bool) -> bool {
    event.transition.actor() == Some(actor)
        && (event.returned || ends_gather(world, event) || (drops_lock(before, after, actor) && !told))
}

/// Whether a step of the actor drops the page-table lock of the parent.
pub(crate) fn drops_lock(before: &Machine, after: &Machine, actor: usize) -> bool {
    before.ptl[0] as usize == actor + 1 && after.ptl[0] == 0
}

/// The CPU that stored to a page of the parent, and the frame that its translation named.
pub(crate) fn stored(event: &Event) -> Option<(usize, usize, Frame)> {
    match event.happened {
        Happened::Store { mm: 0, page, frame, .. } => Some((event.transition.actor()?, page as usize, frame)),
        _ => None,
    }
}
