//! An execution that goes on segment by segment.

use super::Why;
use crate::execution::STEP_BOUND;
use crate::guard::guarded;
use corpus::{Place, Segment, Until};
use model::{Action, Actor, ActorKind, Event, Machine, Op, Pc, Transition, World};

/// A machine, and what has moved so far.
#[derive(Clone)]
pub(super) struct Walk<'a, 'w> {
    world: &'a World<'w>,
    machine: Machine,
    pub taken: Vec<Transition>,
}

fn step(world: &World, machine: &mut Machine, who: Transition) -> (Event, Vec<Pc>) {
    let mut steps = Vec::new();
    let event = machine.step_with_places(world, who, |pc| steps.push(pc));
    steps.retain(|pc| !world.code.at(*pc).action.is_local());
    (event, steps)
}

impl<'a, 'w> Walk<'a, 'w> {
    pub fn new(world: &'a World<'w>) -> Self {
        Walk { world, machine: Machine::new(world.config), taken: Vec::new() }
    }

    /// Takes a transition; the places of the steps that an actor does with it, local ones left out.
    pub fn take(&mut self, who: Transition) -> (Event, Vec<Pc>) {
        self.taken.push(who);
        step(self.world, &mut self.machine, who)
    }

    /// Takes a transition of a schedule of runs, or what it is repaired to. Nothing if nothing can move.
    pub fn choose(&mut self, who: Transition) -> Option<Transition> {
        let who = if self.machine.can_take(self.world, who) {
            who
        } else {
            let enabled = self.machine.enabled(self.world);
            (!enabled.is_empty()).then(|| enabled.repair(who))?
        };
        self.take(who);
        Some(who)
    }

    /// The steps that an actor is about to do: what it does next, with the lock that it takes for that, or
    /// what it waits at.
    pub fn about(&self, actor: usize) -> Vec<Pc> {
        let who = Transition::run(actor);
        if !self.machine.can_take(self.world, who) {
            return self.stands(actor).into_iter().collect();
        }
        let mut next = self.machine;
        // What cannot be carried out is what the actor is about to do all the same.
        let Some((event, mut steps)) = guarded(|| step(self.world, &mut next, who)) else {
            return self.stands(actor).into_iter().collect();
        };
        // What rides along behind the step is not done next.
        steps.truncate(steps.iter().position(|pc| Some(*pc) == event.pc).map_or(0, |at| at + 1));
        steps
    }

    /// The instruction that an actor waits at.
    fn stands(&self, actor: usize) -> Option<Pc> {
        let registers = &self.machine.actors[actor];
        if registers.has(Actor::BEGUN) {
            return Some(registers.pc);
        }
        let op = self.world.op(&self.machine, actor)?;
        Some(self.world.code.entry(op.kind, self.world.programs.kinds[actor] == ActorKind::Kswapd))
    }

    /// The answer that an actor waits for and gets next, if it waits for one that can be given.
    pub fn answer(&self, actor: usize) -> Option<Transition> {
        if !self.waits_for_answers(actor) {
            return None;
        }
        let asked = self.machine.actors[actor].unanswered();
        (0..model::ACTORS)
            .filter(|cpu| asked & 1 << cpu != 0)
            .map(Transition::interrupt)
            .find(|who| self.machine.can_take(self.world, *who))
    }

    fn waits_for_answers(&self, actor: usize) -> bool {
        let waits = |pc| self.world.code.at(pc).action == Action::FlushWait;
        self.machine.actors[actor].unanswered() != 0 && self.stands(actor).is_some_and(waits)
    }

    /// The next step of an actor, after the answers that it waits for.
    pub fn advance(&mut self, actor: usize) -> Result<(Event, Vec<Pc>), Why> {
        let who = Transition::run(actor);
        while self.taken.len() < STEP_BOUND as usize {
            if self.machine.can_take(self.world, who) {
                return Ok(self.take(who));
            }
            let Some(answer) = self.answer(actor) else { return Err(self.blocked(actor)) };
            self.take(answer);
        }
        Err(Why::TooLong)
    }

    fn blocked(&self, actor: usize) -> Why {
        let place = self.stands(actor).and_then(|pc| self.named(pc));
        match place {
            Some(_) if self.waits_for_answers(actor) => Why::NoAnswer,
            Some(place) => Why::Waits(place),
            None => Why::Over,
        }
    }

    /// The step at a place in the code. Versions differ in what becomes of the word that a clear returns: the
    /// name of both is the same.
    pub fn named(&self, pc: Pc) -> Option<Place> {
        let action = match self.world.code.at(pc).action {
            Action::ClearPteIgnored => Action::ClearPte,
            action => action,
        };
        let function = self.world.code.function(pc);
        (!action.is_local()).then(|| Place { function: Some(function.into()), action, nth: 1 })
    }

    /// Whether one of these places in the code is the place.
    pub fn is_at(&self, pcs: &[Pc], place: &Place) -> bool {
        pcs.iter().any(|pc| self.is(*pc, place))
    }

    fn is(&self, pc: Pc, place: &Place) -> bool {
        let code = self.world.code;
        let action = code.at(pc).action;
        let is = action == place.action || (action, place.action) == (Action::ClearPteIgnored, Action::ClearPte);
        is && place.function.as_deref().is_none_or(|f| f == code.function(pc))
    }

    /// Carries a segment out, as far as it can be.
    pub fn segment(&mut self, segment: &Segment) -> Result<(), Why> {
        match (&segment.until, segment.who.actor()) {
            (Until::Times(n), _) => self.times(segment.who, *n),
            (_, None) => Err(Why::CannotMove),
            (Until::Ops(n), Some(actor)) => (0..*n).try_for_each(|_| self.operation(actor)),
            (Until::End, Some(actor)) => {
                while !self.over(actor) {
                    self.operation(actor)?;
                }
                Ok(())
            }
            (Until::To(place), Some(actor)) => self.to(actor, place),
            (Until::Past(place), Some(actor)) => self.past(actor, place),
        }
    }

    fn times(&mut self, who: Transition, n: u16) -> Result<(), Why> {
        let mut ran = Ok(());
        for _ in 0..n {
            match self.choose(who) {
                None if who.actor().is_some_and(|actor| self.over(actor)) => return ran.and(Err(Why::Over)),
                None => return ran.and(Err(Why::CannotMove)),
                Some(moved) if moved != who => ran = ran.and(Err(Why::CannotMove)),
                Some(_) => {}
            }
        }
        ran
    }

    fn over(&self, actor: usize) -> bool {
        self.op(actor).is_none()
    }

    /// The operation that an actor is in, or that comes next.
    pub fn op(&self, actor: usize) -> Option<Op> {
        self.world.op(&self.machine, actor)
    }

    /// Which operation of its program that is.
    pub fn op_number(&self, actor: usize) -> usize {
        self.machine.actors[actor].op.into()
    }

    /// Whether it has begun.
    pub fn in_operation(&self, actor: usize) -> bool {
        self.machine.actors[actor].has(Actor::BEGUN)
    }

    /// Steps of an actor until one of them is the last wanted.
    fn until(
        &mut self,
        actor: usize,
        mut wanted: impl FnMut(&Self, &Event, &[Pc]) -> Result<bool, Why>,
    ) -> Result<(), Why> {
        // Where it has started an operation again: once more the same machine, and it does so for ever.
        let mut retried = Vec::new();
        loop {
            let (event, steps) = self.advance(actor)?;
            if wanted(self, &event, &steps)? {
                return Ok(());
            }
            if event.retried {
                if retried.contains(&self.machine) {
                    return Err(Why::GoesRound);
                }
                retried.push(self.machine);
            }
        }
    }

    fn operation(&mut self, actor: usize) -> Result<(), Why> {
        if self.over(actor) {
            return Err(Why::Over);
        }
        self.until(actor, |_, event, _| Ok(event.returned))
    }

    fn to(&mut self, actor: usize, place: &Place) -> Result<(), Why> {
        let mut left = place.nth;
        let mut there = |walk: &Self| {
            left -= u16::from(walk.is_at(&walk.about(actor), place));
            match left {
                0 => Ok(true),
                _ if walk.over(actor) => Err(walk.never(place)),
                _ => Ok(false),
            }
        };
        if there(self)? { Ok(()) } else { self.until(actor, |walk, _, _| there(walk)) }
    }

    fn past(&mut self, actor: usize, place: &Place) -> Result<(), Why> {
        if self.over(actor) {
            return Err(self.never(place));
        }
        let mut left = place.nth;
        self.until(actor, |walk, _, steps| {
            left -= u16::from(walk.is_at(steps, place));
            match left {
                0 => Ok(true),
                _ if walk.over(actor) => Err(walk.never(place)),
                _ => Ok(false),
            }
        })
    }

    /// Why a place was not come to.
    fn never(&self, place: &Place) -> Why {
        let code = self.world.code;
        let anywhere = |of: &dyn Fn(Pc) -> bool| (0..code.len() as Pc).any(of);
        match &place.function {
            Some(function) if !anywhere(&|pc| code.function(pc) == &**function) => Why::NoFunction,
            _ if !anywhere(&|pc| self.is(pc, place)) => Why::NoStep,
            _ => Why::Never,
        }
    }
}
