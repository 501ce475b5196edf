//! Steps of reclaim.

use super::Outcome;
use crate::lint::state::{Debts, State};
use model::Action;

pub fn reclaim(action: Action, s: &State, out: &mut Outcome) {
    use Action as A;
    let folio = s.round.folio;
    let Some(yes) = &mut out.yes else { return };
    let mine = &mut yes.round.folio;
    match action {
        A::IsolateForReclaim => (mine.isolated, mine.refs) = (true, 1),
        A::KeepIsolated => {
            mine.refs = 0;
            mine.isolated = false;
            yes.debts.set(Debts::KEPT, true);
            out.need(
                folio.isolated && folio.refs == 1,
                "only a folio with the one reference of its isolation can be kept; expected it isolated",
            );
            out.need(!folio.locked, "the folio is kept locked; expected UnlockFolio before");
            out.need(!folio.frozen, "the folio is kept frozen; expected Unfreeze before");
        }
        A::PutBackKept => yes.debts.set(Debts::KEPT, false),
        A::KeptSome => {
            if let Some(no) = &mut out.no {
                no.debts.set(Debts::KEPT, false);
            }
        }
        A::AddToSwap => {
            mine.swapcache = Some(true);
            out.need(folio.locked, "the folio is not locked; expected TrylockFolio before");
            out.need(
                folio.swapcache == Some(false),
                "the folio may be in the swap cache already; expected InSwapCache asked before",
            );
        }
        A::DupSlot => {
            mine.slot_dup = true;
            out.need(!folio.slot_dup, "the slot counts this entry already; expected DupSlot once");
            out.need(folio.swapcache == Some(true), "the folio may have no slot; expected it in the swap cache");
        }
        A::UndupSlot => {
            mine.slot_dup = false;
            out.need(folio.slot_dup, "the slot has no count of this path; expected DupSlot before");
        }
        A::SetSwapBacked => mine.swapbacked = Some(true),
        A::ReadRefs => mine.refs_read = true,
        A::Discardable => {
            mine.discardable = true;
            out.warn(folio.refs_read, "the references were not looked at; expected ReadRefs before");
        }
        A::ClearDirtyForIo => {
            for s in [&mut out.yes, &mut out.no].into_iter().flatten() {
                s.round.folio.taken_dirty = true;
            }
        }
        A::StartWriteback => {
            (mine.writeback, mine.locked, mine.taken_dirty, mine.written) = (true, false, false, false);
            out.need(folio.locked, "the folio is not locked; expected TrylockFolio before");
            out.need(
                folio.swapcache == Some(true),
                "the folio may have no slot to be written to; expected it in the swap cache",
            );
            out.need(!folio.writeback, "the folio is under writeback already; expected StartWriteback once");
            out.warn(
                !s.debts.has(Debts::BATCH_DIRTY),
                "the write begins with the flush of a dirty entry owed: later stores miss it; expected FlushPending before",
            );
        }
        A::WritebackLater => mine.writeback = false,
        A::WriteSlot => {
            mine.written = true;
            out.need(folio.writeback, "no writeback is under way; expected StartWriteback before");
        }
        A::EndWriteback => {
            mine.writeback = false;
            out.need(folio.writeback, "no writeback is under way; expected StartWriteback before");
            out.warn(folio.written, "the writeback ends, and nothing was written; expected WriteSlot before");
        }
        A::FreezeRefs => {
            mine.frozen = true;
            out.need(
                folio.isolated && folio.refs == 1 && folio.locked,
                "only an isolated, locked folio is frozen; expected both",
            );
            out.need(!folio.frozen, "the folio is frozen already; expected that once");
        }
        A::Freeable => mine.swapcache = Some(true),
        A::CleanAfterFreeze => {
            mine.tested_after_freeze = folio.frozen;
        }
        A::Unfreeze => {
            mine.frozen = false;
            out.need(folio.frozen, "the folio is not frozen; expected FreezeRefs before");
            out.need(
                folio.swapcache == Some(true),
                "this gives two references back, one of them the swap cache's; expected the folio in it",
            );
        }
        A::RemoveFromSwapCache => {
            mine.swapcache = Some(false);
            out.need(folio.frozen, "the folio is not frozen; expected FreezeRefs before");
            out.need(
                folio.swapcache == Some(true),
                "the folio may not be in the swap cache; expected InSwapCache asked before",
            );
            out.warn(folio.tested_after_freeze, "the folio leaves its slot, and nobody has looked whether it is clean; expected CleanAfterFreeze before");
        }
        A::QueueFree => {
            (mine.frozen, mine.isolated, mine.refs) = (false, false, 0);
            yes.debts.set(Debts::PAGES, true);
            out.need(folio.frozen, "the folio is not frozen, and others may have it; expected FreezeRefs before");
            out.need(!folio.locked, "the folio is freed while it is locked; expected UnlockFolio before");
            out.need(
                folio.swapcache == Some(false),
                "the folio may be in the swap cache; expected RemoveFromSwapCache before",
            );
        }
        _ => {}
    }
}
