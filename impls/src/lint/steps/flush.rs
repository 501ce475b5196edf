//! Flushes, and who owes them.

use super::Outcome;
use crate::lint::state::{Debts, Entry, State};
use model::Action;

pub fn flushes(action: Action, s: &State, out: &mut Outcome) {
    use Action as A;
    let Some(yes) = &mut out.yes else { return };
    match action {
        A::FlushPage => yes.round.pte.unflushed = false,
        A::FlushRange | A::FlushMm => {
            yes.round.pte.unflushed = false;
            yes.debts.set(Debts::FLUSH.or(Debts::GATHER_FLUSH).or(Debts::PROTECT_FLUSH), false);
        }
        A::FlushPending => {
            let noted = yes.debts.has(Debts::BATCH);
            yes.debts.set(Debts::BATCH.or(Debts::BATCH_DIRTY), false);
            yes.debts.set(Debts::BATCH_NOTE, noted || yes.debts.has(Debts::BATCH_NOTE));
        }
        A::BatchFlush => {
            yes.round.pte.unflushed = false;
            let dirty = s.round.pte.dirty != Some(false);
            yes.debts.set(Debts::BATCH, true);
            yes.debts.set(Debts::BATCH_DIRTY, dirty || s.debts.has(Debts::BATCH_DIRTY));
            let after = s.round.pte.entry != Entry::Found;
            out.warn(after, "the batch notes a word that was not cleared yet: a later D is not noted; expected ClearPte before");
        }
        A::BatchDone => {
            yes.debts.set(Debts::BATCH.or(Debts::BATCH_DIRTY).or(Debts::BATCH_NOTE), false);
            out.warn(
                !s.debts.has(Debts::BATCH),
                "the note of a batched flush is dropped, and the flush has not come; expected FlushPending before",
            );
        }
        A::PendingFlush => {
            // Only what was noted is pending.
            if let Some(no) = &mut out.no {
                no.debts.set(Debts::BATCH.or(Debts::BATCH_DIRTY).or(Debts::BATCH_NOTE), false);
            }
        }
        A::PendingDirty => {
            if let Some(no) = &mut out.no {
                no.debts.set(Debts::BATCH_DIRTY, false);
            }
        }
        // An entry counts once its migration entry is installed.
        A::AnyCleared => {
            if let Some(no) = &mut out.no {
                no.round.pte.unflushed &= !no.round.pte.collected;
                no.debts.set(Debts::FLUSH, false);
            }
        }
        A::GatherBegin => {
            yes.debts.set(Debts::GATHER, true);
            out.need(!s.debts.has(Debts::GATHER), "an mmu gather is open already; expected GatherEnd before");
        }
        A::GatherOwesFlush => {
            if let Some(no) = &mut out.no {
                no.debts.set(Debts::GATHER_FLUSH, false);
            }
        }
        A::GatherEnd => {
            yes.debts.set(Debts::GATHER, false);
            out.need(s.debts.has(Debts::GATHER), "no mmu gather is open; expected GatherBegin before");
            out.warn(
                !s.debts.has(Debts::GATHER_FLUSH),
                "the mmu gather ends with its flush owed: CPUs go on with old entries; expected FlushRange before",
            );
        }
        A::FreeBatch => {
            yes.debts.set(Debts::PAGES.or(Debts::ZAPPED), false);
            let zapped = s.debts.has(Debts::ZAPPED) && s.debts.has(Debts::GATHER_FLUSH);
            let batched = s.debts.has(Debts::PAGES) && s.debts.has(Debts::BATCH);
            out.warn(!zapped && !batched, "pages are freed with the flush of their entries owed: CPUs go on with them; expected the flush before");
        }
        _ => {}
    }
}
