//! fork and exit.

use super::{NO_PTL, NOT_CURRENT, Outcome};
use crate::lint::state::{Debts, Kinds, Ptl, State, Word};
use model::Action;

pub fn fork(action: Action, s: &State, out: &mut Outcome) {
    use Action as A;
    let pte = &s.round.pte;
    let child = matches!(
        action,
        A::DupAnonRmap
            | A::CopyPteToChild
            | A::MapCopyInChild
            | A::DupSlotOfEntry
            | A::CopySwapEntry
            | A::CopyMigrationEntry
            | A::DupDeviceRmap
            | A::CopyDeviceEntry
    );
    let counts = matches!(action, A::DupAnonRmap | A::DupSlotOfEntry | A::DupDeviceRmap);
    if child {
        out.need(
            s.ptl == Ptl::Both,
            "the child's page table is used without its lock; expected LockBothPtls before",
        );
        out.need(pte.word == Word::Current, NOT_CURRENT);
        out.need(!pte.child_set || counts && pte.child_uncounted, "the child has an entry already; expected one");
    }
    if action == A::WriteProtect {
        out.need(s.ptl != Ptl::None, NO_PTL);
    }
    match action {
        A::DupAnonRmap | A::DupSlotOfEntry | A::DupDeviceRmap => {
            out.need(!pte.dup, "the child's mapping is counted already; expected that once")
        }
        A::CopyPteToChild => {
            out.need(
                pte.kinds.within(Kinds::PRESENT),
                "this copies a present word; expected PtePresent asked before",
            );
            let fine = pte.write_protected || pte.writable == Some(false) || pte.kinds.within(Kinds::ZERO);
            out.warn(fine, "the child gets the page, and the parent's entry may still be writable; expected WriteProtect before");
        }
        A::MapCopyInChild => out.need(s.round.new, "there is no new page; expected AllocZeroed before"),
        A::EndFork => out.need(s.debts.has(Debts::FORKING), "no child is being made; expected BeginFork before"),
        A::EndExit => {
            out.need(
                s.debts.has(Debts::FORKING.or(Debts::EXITING)),
                "no child is ending; expected BeginExit before",
            );
            out.need(
                s.rounds.gone,
                "entries of the child may still be there; expected each of them zapped before",
            );
            out.need(!s.debts.has(Debts::PAGES), "pages of the child are still queued; expected FreeBatch before");
        }
        A::BeginFork => {
            out.need(!s.debts.has(Debts::FORKING), "a child is being made already; expected that once")
        }
        A::BeginExit => out.need(!s.debts.has(Debts::EXITING), "the child is stopped already; expected that once"),
        A::EnterChild => {
            out.need(s.debts.has(Debts::FORKING), "no child is being made; expected BeginFork before");
            out.need(s.ptl == Ptl::None, "the page-table lock of the parent is held; expected it dropped before");
        }
        _ => {}
    }
    let Some(yes) = &mut out.yes else { return };
    let mine = &mut yes.round.pte;
    match action {
        A::DupAnonRmap | A::DupSlotOfEntry | A::DupDeviceRmap => {
            (mine.dup, mine.child_uncounted) = (!pte.child_set, false);
            if action == A::DupAnonRmap {
                yes.round.folio.exclusive = Some(false);
            }
        }
        A::CopyPteToChild | A::CopySwapEntry | A::CopyDeviceEntry | A::CopyMigrationEntry => {
            let no_books = action == A::CopyMigrationEntry || pte.kinds.within(Kinds::ZERO);
            mine.child_uncounted = !pte.dup && !no_books;
            (mine.dup, mine.child_set) = (false, true);
        }
        A::MapCopyInChild => (mine.child_set, yes.round.new) = (true, false),
        A::WriteProtect => {
            mine.write_protected = true;
            yes.debts.set(Debts::PROTECT_FLUSH, true);
        }
        A::BeginFork => yes.debts.set(Debts::FORKING, true),
        A::BeginExit => yes.debts.set(Debts::EXITING, true),
        A::EndFork => {
            yes.debts.set(Debts::FORKING, false);
            out.warn(!s.debts.has(Debts::PROTECT_FLUSH), "the child runs with the flush of write-protected entries owed: the parent's stores reach its pages; expected FlushMm before");
        }
        A::EndExit => yes.debts.set(Debts::FORKING.or(Debts::EXITING).or(Debts::GATHER_FLUSH), false),
        // There is one only while none is being made.
        A::ChildExists if s.debts.has(Debts::FORKING) => out.yes = None,
        _ => {}
    }
}
