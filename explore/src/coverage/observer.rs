//! Collects the features of an execution while it runs.

use super::feature::{Feature, Spoken};
use super::steps::{Step, Steps};
use model::{Actor, Event, Footprint, Frame, Happened, Machine, Object, PAGES, SYSTEM_FRAMES, Transition, World};
use oracle::{End, Goal, Goals, Judges, Observer};

/// Hands the features of an execution to `found`, each as often as it shows, the goals and what judges said
/// once, at the end.
pub struct Coverage<'a, F> {
    steps: &'a Steps,
    found: F,
    footprint: Footprint,
    objects: [Past; Object::COUNT],
    /// The judges' first findings.
    pub judges: Judges,
    /// The goals.
    pub goals: Goals,
}

/// Who took a step.
#[derive(Clone, Copy)]
struct Taken {
    step: Step,
    mover: Transition,
}

/// What an object remembers.
#[derive(Clone, Copy, Default)]
struct Past {
    /// The last that wrote it.
    writer: Option<Taken>,
    /// The last that read it since.
    reader: Option<Taken>,
}

impl<'a, F: FnMut(Feature)> Coverage<'a, F> {
    /// Collects for the version whose steps these are.
    pub fn new(steps: &'a Steps, found: F) -> Self {
        Coverage {
            steps,
            found,
            footprint: Footprint::default(),
            objects: [Past::default(); Object::COUNT],
            judges: Judges::default(),
            goals: Goals::default(),
        }
    }

    fn meets(&mut self, now: Taken) {
        for object in self.footprint.touched().iter() {
            let writes = self.footprint.writes.has(object);
            let past = &mut self.objects[object.index()];
            for earlier in [past.writer, past.reader.filter(|_| writes)].into_iter().flatten() {
                (self.found)(Feature::Pair {
                    object: object.kind(),
                    before: earlier.step,
                    after: now.step,
                    other: earlier.mover != now.mover,
                });
            }
            *past = if writes {
                Past { writer: Some(now), reader: None }
            } else {
                Past { reader: Some(now), ..*past }
            };
        }
    }
}

impl<F: FnMut(Feature)> Observer for Coverage<'_, F> {
    fn before(&mut self, world: &World, machine: &Machine, transition: Transition) {
        self.footprint = machine.footprint(world, transition);
    }

    fn after(&mut self, world: &World, machine: &Machine, event: &Event, step: u32) {
        let mover = event.transition;
        let taken = match event.pc {
            Some(pc) => self.steps.at(pc),
            None if mover.cpu().is_some() => Step::INTERRUPT,
            None if mover.actor().is_none() => Step::DEVICE,
            None => Step::LOCAL,
        };
        if event.pc.is_some() {
            (self.found)(Feature::Step { step: taken, ok: event.ok });
        }
        self.meets(Taken { step: taken, mover });
        if let Happened::Load { mm, page, .. } = event.happened {
            let words = machine.shadow.words[mm as usize][page as usize];
            let legal = words.iter().fold(0, |bits, word| bits | word.beside_last());
            (self.found)(Feature::Legal(legal));
        }
        if let Some(rests) = mover.actor().and_then(|actor| rests(machine, event, actor)) {
            (self.found)(Feature::Rests(rests));
        }
        self.judges.after(world, machine, event, step);
        self.goals.after(world, machine, event, step);
    }

    fn over(&mut self, machine: &Machine, step: u32, end: End) {
        self.judges.over(machine, step, end);
        for goal in Goal::ALL.iter().filter(|goal| self.goals.has(**goal)) {
            (self.found)(Feature::Goal(*goal));
        }
        for finding in self.judges.iter() {
            (self.found)(Feature::Spoken(Spoken::from(&finding)));
        }
    }
}

/// Where it rests that the page which a step worked on is newer than its backing, a bit each as in `RESTS`;
/// `None` if the page is nowhere in memory, or is no newer.
fn rests(machine: &Machine, event: &Event, actor: usize) -> Option<u8> {
    let registers = &machine.actors[actor];
    let begun = registers.has(Actor::BEGUN);
    let page = if begun { registers.page as usize } else { event.op?.range().0 };
    let mm = if begun { registers.mm as usize } else { event.op?.kind.mm() };
    let pte = machine.pte[mm][page];
    let frame = if pte.is_present() || pte.is_migration() {
        pte.frame()
    } else if pte.is_swap() {
        machine.cached_folio(pte.slot())? as Frame
    } else if registers.has(Actor::HOLDS_PTE) && registers.pte.is_present() {
        registers.pte.frame()
    } else {
        return None;
    };
    let folio = machine.folios.get(frame as usize).filter(|_| (frame as usize) < SYSTEM_FRAMES)?;
    let backing =
        if folio.swapcache() { machine.slots.get(folio.slot() as usize)?.data } else { Default::default() };
    if folio.data == backing {
        return None;
    }
    let any_pte =
        |test: fn(&model::Pte) -> bool| machine.pte.iter().flatten().any(|p| p.frame() == frame && test(p));
    let by_register = machine.actors.iter().any(|a| {
        let of = if a.has(Actor::HOLDS_PTE) { a.pte.frame() } else { a.folio };
        (a.has(Actor::HOLDS_DIRTY) && of == frame) || (a.has(Actor::OWES_DIRTY) && a.folio == frame)
    });
    let held = |page| {
        [false, true]
            .into_iter()
            .any(|pin| machine.held_for_write(page, pin) && machine.held(page, pin) == Some(frame))
    };
    let facts = [
        any_pte(|p| p.is_present() && p.dirty()),
        any_pte(|p| p.is_migration() && p.carries_dirty()),
        folio.dirty(),
        by_register,
        folio.writeback() != 0,
        (0..PAGES).any(held),
    ];
    Some(facts.iter().enumerate().fold(0, |bits, (n, fact)| bits | u8::from(*fact) << n))
}
