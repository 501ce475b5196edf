//! Steps of faults: new pages and swap-in.

use super::{NOT_CURRENT, Outcome};
use crate::lint::state::{Debts, Entry, Ptl, State, Word};
use model::Action;

pub fn faults(action: Action, s: &State, out: &mut Outcome) {
    use Action as A;
    let round = s.round;
    match action {
        A::AllocZeroed => out.need(!round.new, "there is a new page already; expected it mapped or put"),
        A::PutNew | A::CopyFolio => {
            out.need(round.new, "there is no new page; expected AllocZeroed before");
            if action == A::CopyFolio {
                out.need(
                    s.folio_kept(),
                    "the folio may be gone before it is copied; expected a reference, or the page-table lock",
                );
            }
        }
        A::AllocBypass | A::AddSwapInFolio => {
            out.need(!round.slot_pinned, "a slot is pinned already; expected UnpinSlot before")
        }
        A::UnpinSlot => out.need(round.slot_pinned, "no slot is pinned; expected AllocBypass before"),
        A::ReadSlot => out.need(round.folio.locked, "the folio is not locked; expected a new one of this swap-in"),
        A::StillSwapCache => out.need(
            round.folio.locked,
            "the folio is not locked, and may leave the swap cache; expected LockFolio before",
        ),
        A::SwapFree => {
            out.need(s.ptl != Ptl::None && round.pte.word == Word::Current, NOT_CURRENT);
            out.need(!round.pte.uncounted, "the count of this entry was dropped already; expected that once");
            out.need(round.folio.locked, "the folio is not locked; expected LockFolio before");
            let mapped = round.pte.entry == Entry::Filled;
            out.need(mapped || round.folio.refs > 0, "no reference keeps the folio; expected one");
        }
        A::GetExclusiveFolio | A::GetFaultPage => {
            out.need(s.ptl != Ptl::None && round.pte.word == Word::Current, NOT_CURRENT);
            out.need(
                action != A::GetFaultPage || !s.debts.has(Debts::FAULT_REF),
                "the fault holds a reference already; expected one",
            );
        }
        A::HasFaultPage => {
            out.need(
                s.told_fault,
                "no migration has begun that could work for a fault; expected BeginMigrate before",
            );
        }
        A::PutFaultPage => {
            out.need(
                s.debts.has(Debts::FAULT_REF),
                "the fault holds no reference; expected GetFaultPage, and this once",
            );
        }
        _ => {}
    }
    let Some(yes) = &mut out.yes else { return };
    match action {
        A::AllocZeroed => yes.round.new = true,
        A::PutNew => yes.round.new = false,
        A::LookupSwapCache => (yes.round.folio.refs, yes.round.bypass) = (1, Some(false)),
        A::AllocBypass | A::AddSwapInFolio => {
            (yes.round.folio.refs, yes.round.folio.locked) = (1, true);
            let bypass = action == A::AllocBypass;
            yes.round.folio.swapcache = Some(!bypass);
            (yes.round.bypass, yes.round.slot_pinned) = (Some(bypass), bypass);
        }
        A::UnpinSlot => yes.round.slot_pinned = false,
        A::ReadSlot => yes.round.folio.locked = round.bypass == Some(true),
        A::StillSwapCache => yes.round.folio.still = true,
        A::SwapFree => (yes.round.pte.uncounted, yes.round.pte.slot_counts) = (true, false),
        A::GetExclusiveFolio => yes.round.folio.refs = 1,
        A::GetFaultPage => yes.debts.set(Debts::FAULT_REF, true),
        A::PutFaultPage => yes.debts.set(Debts::FAULT_REF, false),
        A::HasFaultPage => {
            // A migration that works for no fault has no reference of one.
            if let Some(no) = &mut out.no {
                no.debts.set(Debts::FAULT_REF, false);
            }
        }
        _ => {}
    }
}
