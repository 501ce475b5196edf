//! Which of the known scenarios a loss is.
//!
//! A loss is named after what made it possible, which lies in the past of the load that shows it. [`History`]
//! is what has to be remembered of an execution for that: small and comparable, so that a search over states
//! can keep apart two pasts that lead to the same machine and deserve different names.

use crate::clean_means_equal::resting;
use crate::diagnosis::{CauseKind, Diagnosis, Symptom};
use crate::finding::{Finding, Judges};
use crate::owed::{Translations, drops_lock, is_recorded, stored, without_promise};
use crate::trace::Row;
use impls::Scenario;
use model::{ACTORS, Action, Event, Machine, OpKind, PAGES, Pc, World};

/// What is remembered of an execution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct History {
    pages: [Page; PAGES],
    translations: Translations,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Page {
    /// The last dirty word that collect took out of the page table.
    taken: Taken,
    /// Collect has taken a clean word since.
    clean: bool,
    /// A store went through a translation that the page table no longer had, after the last take.
    late_store: bool,
    /// The page-table lock was dropped for the split of another folio, after the last take.
    split: bool,
    /// A MADV_DONTNEED of the page returned after the last take.
    discarded: bool,
    /// The last step after which nothing said any more that the page was written was not collect's.
    unrecorded_elsewhere: bool,
    /// Why the dirty bit of each word was dropped, first since the word was stored.
    dropped: [Option<Drop>; ACTORS],
    /// Which translation the last store of each word went through.
    through: [Through; ACTORS],
}

/// The translation that a store went through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum Through {
    /// It was in order: the page table had it, or whoever took it out still kept others away.
    #[default]
    InOrder,
    /// Its flush was owed by somebody who no longer kept others away.
    Owed,
    /// ... by collect, the page table had another one, and a MADV_DONTNEED had returned.
    OwedAfterDiscard,
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
    /// sampled-dirty or sampled-restore, as soon as it is known what became of the word.
    Raced,
    Unknown,
}

impl History {
    /// Takes note of a step: the machine before and after it, and what the judges said of it.
    pub fn after(&mut self, world: &World, before: &Machine, event: &Event, machine: &Machine, judges: &Judges) {
        let by_cpu = event.op.is_some_and(|op| op.kind == OpKind::Write);
        if let (Some((cpu, page, frame)), true) = (stored(event), by_cpu) {
            let pte = machine.pte[0][page];
            let stale = !(pte.is_present() && pte.frame() == frame);
            let old = self.translations.of(cpu, page);
            let past = &mut self.pages[page];
            past.late_store |= stale;
            past.dropped[cpu] = None;
            // It came to where the page still was, and its record had been destroyed before: a flush in time
            // would not have saved it.
            let arrived = || {
                resting(machine, 0, page) == Some(frame)
                    && !is_recorded(world, &without_promise(machine, cpu), page)
            };
            past.through[cpu] = match old.let_go && !(old.unrecorded && arrived()) {
                true if stale && past.discarded && old.subject => Through::OwedAfterDiscard,
                true => Through::Owed,
                false => Through::InOrder,
            };
        }
        self.translations.after(world, before, event, machine);
        let by_subject = event.pc.is_some_and(|pc| world.code.function(pc) == Scenario::FUNCTION);
        for (page, past) in self.pages.iter_mut().enumerate() {
            if is_recorded(world, before, page) && !is_recorded(world, machine, page) {
                past.unrecorded_elsewhere = !by_subject;
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
                Action::ClearPte | Action::ClearPteIgnored | Action::RestorePte | Action::InstallMigrationEntry
            );
            if by_subject {
                if telling {
                    self.collect(action, before, actor);
                } else if drops_lock(before, machine, actor) && splits_next(world, pc) {
                    self.opens_split_window(before.actors[actor].page as usize);
                }
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

    /// Collect lets others in before it splits the folio of a page.
    fn opens_split_window(&mut self, page: usize) {
        for (n, past) in self.pages.iter_mut().enumerate() {
            past.split |= n != page && (past.clean || past.taken != Taken::Nothing);
        }
    }

    fn collect(&mut self, action: Action, before: &Machine, actor: usize) {
        let registers = &before.actors[actor];
        let page = registers.page as usize;
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
        let Finding::WrongValue { mm: 0, actor, page, word, stale, .. } = *finding else { return None };
        let past = &self.pages[page];
        if stale {
            let named = past.discarded && self.translations.of(actor, page).is_owed_by_subject();
            return named.then_some(if past.split { Scenario::SplitWindow } else { Scenario::StaleLoad });
        }
        match (past.through[word], past.dropped[word]) {
            // The store was lost because it went nowhere, whatever became of the dirty bit.
            (Through::OwedAfterDiscard, _) => Some(Scenario::StaleStore),
            (Through::InOrder, Some(Drop::As(scenario))) => Some(scenario),
            _ => None,
        }
    }
}

/// Whether a folio is split behind a place in the code before the page-table lock is taken again.
fn splits_next(world: &World, from: Pc) -> bool {
    let mut seen = vec![from];
    let mut next = 0;
    while let Some(&pc) = seen.get(next) {
        next += 1;
        let instr = world.code.at(pc);
        match instr.action {
            Action::SplitFolio => return true,
            Action::LockPtl | Action::EndOp | Action::Retry => continue,
            _ => {}
        }
        for way in [instr.next, instr.alt] {
            if !seen.contains(&way) {
                seen.push(way);
            }
        }
    }
    false
}

impl Page {
    /// How a fact is dropped that is seen to be dropped now.
    fn drop(&self) -> Drop {
        // No walk set D in a word that nobody could see any more: the store did without.
        if self.clean && self.late_store {
            return Drop::As(Scenario::BlindStore);
        }
        match self.taken {
            _ if self.unrecorded_elsewhere => Drop::Unknown,
            Taken::InSwapCache => Drop::As(Scenario::SwapcacheDirty),
            Taken::LazyFree => Drop::As(Scenario::LazyfreeDirty),
            Taken::Raced => Drop::Raced,
            Taken::RacedAndRestored => Drop::As(Scenario::SampledRestore),
            Taken::RacedAndReplaced => Drop::As(Scenario::SampledDirty),
            Taken::Elsewhere | Taken::Nothing => Drop::Unknown,
        }
    }
}

/// Whether symptom and cause of a finding are those of a scenario, and collect is to blame.
pub(crate) fn fits(scenario: Scenario, diagnosis: &Diagnosis, rows: &[Row]) -> bool {
    let by_subject = |step: u32| {
        rows.get((step as usize).wrapping_sub(1)).is_some_and(|row: &Row| row.function == Scenario::FUNCTION)
    };
    let kind = diagnosis.cause.map(|cause| cause.kind);
    let owed = matches!(kind, Some(CauseKind::FlushOwed { cleared, .. }) if by_subject(cleared));
    let dropped = diagnosis.cause.is_some_and(|c| c.kind == CauseKind::DirtyBitDropped && by_subject(c.step));
    let freed = diagnosis.symptom == Symptom::FreedWhileReachable;
    match scenario {
        Scenario::SwapcacheDirty | Scenario::LazyfreeDirty | Scenario::SampledDirty | Scenario::SampledRestore => {
            diagnosis.symptom == Symptom::LostWrite && dropped
        }
        Scenario::BlindStore => {
            diagnosis.symptom == Symptom::LostWrite && !matches!(kind, Some(CauseKind::FlushOwed { .. }))
        }
        Scenario::StaleLoad | Scenario::SplitWindow => (diagnosis.symptom == Symptom::StaleLoad || freed) && owed,
        Scenario::StaleStore => (diagnosis.symptom == Symptom::StaleStore || freed) && owed,
    }
}
