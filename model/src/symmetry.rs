//! Renaming actors and pages.
//!
//! A machine does not care what its actors and pages are called: if the programs stay the same under a
//! renaming, then what one machine can do its renamed twin can do too, with the names changed. Frames and
//! slots keep their names: who gets which depends on what is free, and not on who asks for which page.
//! `explore/tests/symmetry.rs` checks the claim step by step.
//!
//! Exempt are operations that go through several pages in the order of their numbers, those that invalidate
//! the device's mirror of a device-exclusive page with that of the page before it, and a CPU that several
//! initiators have asked for a shoot-down: it answers the one with the lowest number first.

use crate::{ACTORS, Actor, MMS, Machine, OpKind, PAGES, Transition, World};

/// New names: where each actor and each page goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Renaming {
    /// By actor.
    pub actors: [u8; ACTORS],
    /// By page.
    pub pages: [u8; PAGES],
}

impl Renaming {
    /// Every name stays.
    pub const NONE: Renaming = Renaming { actors: [0, 1, 2, 3], pages: [0, 1, 2] };

    /// A transition under its new name.
    #[must_use]
    pub fn transition(&self, transition: Transition) -> Transition {
        if let Some(actor) = transition.actor() {
            Transition::run(self.actor(actor))
        } else if let Some(cpu) = transition.cpu() {
            Transition::interrupt(self.actor(cpu))
        } else {
            transition
        }
    }

    fn actor(&self, actor: usize) -> usize {
        self.actors[actor] as usize
    }

    fn page(&self, page: usize) -> usize {
        self.pages[page] as usize
    }

    fn by_actor<T: Copy>(&self, old: [T; ACTORS]) -> [T; ACTORS] {
        let mut new = old;
        old.into_iter().enumerate().for_each(|(actor, value)| new[self.actor(actor)] = value);
        new
    }

    fn by_page<T: Copy>(&self, old: [T; PAGES]) -> [T; PAGES] {
        let mut new = old;
        old.into_iter().enumerate().for_each(|(page, value)| new[self.page(page)] = value);
        new
    }

    fn actor_bits(&self, bits: u8) -> u8 {
        (0..ACTORS).filter(|actor| bits & 1 << actor != 0).fold(0, |all, actor| all | 1 << self.actor(actor))
    }

    fn page_bits(&self, bits: u8) -> u8 {
        (0..PAGES).filter(|page| bits & 1 << page != 0).fold(0, |all, page| all | 1 << self.page(page))
    }

    /// Page bits in both halves of a byte; what else is in it stays.
    fn page_bits_twice(&self, bits: u8) -> u8 {
        let rest = bits & 0x88;
        rest | self.page_bits(bits & 7) | self.page_bits(bits >> 4 & 7) << 4
    }

    /// An actor's number plus one, or 0 for nobody.
    fn owner(&self, owner: u8) -> u8 {
        if owner == 0 { 0 } else { self.actor(owner as usize - 1) as u8 + 1 }
    }

    /// `migrates`: the operation under way, or the fault, moves pages.
    fn registers(&self, old: &Actor, migrates: bool) -> Actor {
        let mut new = *old;
        if old.has(Actor::BEGUN) {
            new.page = self.page(old.page as usize) as u8;
        }
        new.flush = self.page_bits(old.flush & 7) | old.flush & 8 | self.actor_bits(old.flush >> 4) << 4;
        new.src = self.by_page(old.src);
        // Elsewhere the first destination is the new page of a fault, whatever page that is for.
        if migrates || old.has(Actor::FAULT) {
            new.dst = self.by_page(old.dst);
        }
        new
    }
}

impl Machine {
    /// The machine with its actors and pages renamed.
    #[must_use]
    pub fn renamed(&self, world: &World, names: &Renaming) -> Machine {
        let mut new = *self;
        let migrates = |actor| {
            let kind = world.op(self, actor).map(|op| op.kind);
            kind.is_some_and(|kind| matches!(kind, OpKind::Migrate | OpKind::MigrateRange | OpKind::ToSystem))
        };
        new.actors = names.by_actor(std::array::from_fn(|n| names.registers(&self.actors[n], migrates(n))));
        new.tlb = names.by_actor(self.tlb.map(|tlb| tlb.map(|entries| names.by_page(entries))));
        new.pte = self.pte.map(|entries| names.by_page(entries));
        new.shadow.rename(
            |words| names.by_page(words.map(|words| names.by_actor(words))),
            |bits| names.actor_bits(bits),
        );
        new.shadow.rename_revoked(|frames| names.by_page(frames));
        for folio in &mut new.folios {
            folio.data = names.by_actor(folio.data);
            if let Some(owner) = folio.lock_owner() {
                folio.lock(names.actor(owner));
            }
            folio.set_lazyfree_batch(folio.lazyfree_batch().map(|cpu| names.actor(cpu)));
            if folio.allocated() {
                folio.set_page(names.page(folio.page()));
            }
        }
        for slot in &mut new.slots {
            slot.data = names.by_actor(slot.data);
        }
        for mm in 0..MMS {
            new.ptl[mm] = names.owner(self.ptl[mm]);
        }
        new.read_only = names.page_bits_twice(self.read_only);
        new.mlocked = names.page_bits(self.mlocked);
        new.holds = names.by_page(self.holds);
        new.hold_writes = names.page_bits_twice(self.hold_writes);
        new.loose_holds = names.page_bits_twice(self.loose_holds);
        new
    }

    /// Whether an initiator waits for a CPU.
    #[must_use]
    pub fn is_asked(&self, cpu: usize) -> bool {
        self.actors.iter().any(|actor| actor.unanswered() & 1 << cpu != 0)
    }

    /// Whether several initiators wait for the same CPU.
    #[must_use]
    pub fn asked_twice(&self) -> bool {
        let (mut once, mut twice) = (0, 0);
        for actor in &self.actors {
            twice |= once & actor.unanswered();
            once |= actor.unanswered();
        }
        twice != 0
    }
}
