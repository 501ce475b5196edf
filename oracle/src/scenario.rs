//! Which of the known scenarios a loss is.
//!
//! A loss is named after what made it possible, which lies in the past of the load that shows it. [`History`]
//! is what has to be remembered of an execution for that: small and comparable, so that a search over states
//! can keep apart two pasts that lead to the same machine and deserve different names.

use crate::finding::{Finding, Judges};
use impls::Scenario;
use model::{ACTORS, Action, Event, Happened, Machine, OpKind, PAGES, World};

/// What is remembered of an execution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct History {
    pages: [Page; PAGES],
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Page {
    /// The last dirty word that collect took out of the page table.
    taken: Taken,
    /// Collect has taken a clean word since.
    clean: bool,
    /// A store went through a translation that the page table no longer had, after the last take.
    late_store: bool,
    /// The same, ever, after a MADV_DONTNEED had returned behind the take.
    discarded_store: bool,
    /// A folio was split after the last take: the page-table lock was dropped for it.
    split: bool,
    /// A MADV_DONTNEED of the page returned after the last take.
    discarded: bool,
    /// Why the dirty bit of each word was dropped, first since the word was stored.
    dropped: [Option<Drop>; ACTORS],
}

/// A dirty word that collect took out of the page table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum Taken {
    #[default]
    Nothing,
    /// It was dirty when collect read it; the folio was in the swap cache.
    InSwapCache,
    /// It was dirty when collect read it; the folio was lazyfree, or waited in an LRU batch to become so.
    LazyFree,
    /// It was dirty when collect read it; the folio has no backing that could be taken for it.
    Elsewhere,
    /// D was set between the read and the clear, and what becomes of it is open.
    Raced,
    /// ... and the word of the read was put back.
    RacedAndRestored,
    /// ... and a migration entry took its place.
    RacedAndReplaced,
}

/// How a dirty bit was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Drop {
    As(Scenario),
    /// S3 or S3r, as soon as it is known what became of the word.
    Raced,
    Unknown,
}

impl History {
    /// Takes note of a step: the machine before and after it, and what the judges said of it.
    pub fn after(&mut self, world: &World, before: &Machine, event: &Event, machine: &Machine, judges: &Judges) {
        let by_cpu = event.op.is_some_and(|op| op.kind == OpKind::Write);
        if let (Happened::Store { mm: 0, page, frame, .. }, true) = (event.happened, by_cpu) {
            let pte = machine.pte[0][page as usize];
            let stale = !(pte.is_present() && pte.frame() == frame);
            let past = &mut self.pages[page as usize];
            past.late_store |= stale;
            past.discarded_store |= stale && past.discarded;
            if let Some(word) = event.transition.actor() {
                past.dropped[word] = None;
            }
        }
        if let Some(op) = event.op.filter(|op| event.returned && op.kind == OpKind::DontNeed) {
            let past = &mut self.pages[op.range().0];
            past.discarded = past.clean || past.taken != Taken::Nothing;
        }
        if let (Some(pc), Some(actor)) = (event.pc, event.transition.actor()) {
            let action = world.code.at(pc).action;
            let telling = matches!(
                action,
                Action::ClearPte
                    | Action::ClearPteIgnored
                    | Action::RestorePte
                    | Action::InstallMigrationEntry
                    | Action::SplitFolio
            );
            if telling && world.code.subject_step(pc).is_some() {
                self.collect(action, before, actor);
            }
        }
        for finding in judges.iter() {
            if let Finding::CleanButNewer { mm: 0, page, .. } = finding {
                let past = &mut self.pages[page];
                let drop = past.drop();
                for dropped in &mut past.dropped {
                    dropped.get_or_insert(drop);
                }
            }
        }
    }

    fn collect(&mut self, action: Action, before: &Machine, actor: usize) {
        let registers = &before.actors[actor];
        let page = registers.page as usize;
        if action == Action::SplitFolio {
            for (n, past) in self.pages.iter_mut().enumerate() {
                past.split |= n != page && (past.clean || past.taken != Taken::Nothing);
            }
            return;
        }
        let past = &mut self.pages[page];
        // A migration entry in the place of a present one takes the word too.
        let takes = match action {
            Action::ClearPte | Action::ClearPteIgnored => true,
            Action::InstallMigrationEntry => before.pte[0][page].is_present(),
            _ => false,
        };
        match action {
            _ if takes => {
                let word = before.pte[0][page];
                let folio = before.folios.get(word.frame() as usize);
                past.late_store = false;
                past.split = false;
                past.discarded = false;
                past.clean = !word.dirty();
                if word.dirty() {
                    past.taken = if word.is_present() && !registers.pte.dirty() {
                        Taken::Raced
                    } else if folio.is_some_and(|f| f.swapcache()) {
                        Taken::InSwapCache
                    } else if folio.is_some_and(|f| !f.swapbacked() || f.lazyfree_batch().is_some()) {
                        Taken::LazyFree
                    } else {
                        Taken::Elsewhere
                    };
                }
            }
            _ if past.taken == Taken::Raced && !past.clean => {
                let restored = action == Action::RestorePte;
                past.taken = if restored { Taken::RacedAndRestored } else { Taken::RacedAndReplaced };
                let known = past.drop();
                for dropped in past.dropped.iter_mut().flatten().filter(|d| **d == Drop::Raced) {
                    *dropped = known;
                }
            }
            _ => {}
        }
    }

    /// The scenario of a finding: of a wrong value, the way in which it became possible.
    #[must_use]
    pub fn scenario(&self, finding: &Finding) -> Option<Scenario> {
        let Finding::WrongValue { mm: 0, page, word, stale, .. } = *finding else { return None };
        let past = &self.pages[page];
        if stale {
            return past.discarded.then_some(if past.split { Scenario::S6 } else { Scenario::S2a });
        }
        match past.dropped[word] {
            Some(Drop::As(scenario)) => Some(scenario),
            Some(_) => None,
            // Nothing was dropped: was the lost value stored through a translation that was no longer there?
            None => past.discarded_store.then_some(Scenario::S2b),
        }
    }
}

impl Page {
    /// How a fact is dropped that is seen to be dropped now.
    fn drop(&self) -> Drop {
        // No walk set D in a word that nobody could see any more: the store did without.
        if self.clean && self.late_store {
            return Drop::As(Scenario::S4);
        }
        match self.taken {
            Taken::InSwapCache => Drop::As(Scenario::S1),
            Taken::LazyFree => Drop::As(Scenario::S1b),
            Taken::Raced => Drop::Raced,
            Taken::RacedAndRestored => Drop::As(Scenario::S3r),
            Taken::RacedAndReplaced => Drop::As(Scenario::S3),
            Taken::Elsewhere | Taken::Nothing => Drop::Unknown,
        }
    }
}
