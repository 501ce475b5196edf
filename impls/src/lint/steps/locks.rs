//! Locks, and what sleeps.

use super::Outcome;
use crate::lint::contract::Sleep;
use crate::lint::state::{Debts, Entry, Mmap, Ptl, State, Word};
use model::Action;

pub fn locks(action: Action, s: &State, out: &mut Outcome) {
    use Action as A;
    let folio = &s.round.folio;
    let sleep = match action {
        A::MmapReadLock | A::MmapWriteLock => Some(Sleep::MmapLock),
        A::LockFolio | A::WaitFolio => Some(Sleep::FolioLock),
        A::LookupSwapCache => Some(Sleep::SwapCache),
        A::SplitFolio => Some(Sleep::Split),
        A::BeginExit => Some(Sleep::Child),
        _ => None,
    };
    if sleep.is_some() {
        out.sleeps = sleep;
        out.need(
            !s.translated,
            "a thread in the middle of an access cannot sleep; expected this before Translate",
        );
        let what = "this sleeps, and the page-table lock is held; expected UnlockPtl before";
        out.need(s.ptl == Ptl::None, what);
    }
    let listed = s.debts.has(Debts::SOURCES.or(Debts::DESTINATIONS));
    match action {
        A::MmapReadLock | A::MmapWriteLock => {
            let what = "the mmap lock is taken while a folio is locked, which is the wrong order; expected UnlockFolio before";
            out.need(!(folio.locked || listed), what);
            let write = action == A::MmapWriteLock;
            let held = matches!(s.mmap, Mmap::Read | Mmap::Write);
            // What populates a VMA finds it taken for write.
            let fine = !held || (!write && s.mmap == Mmap::Write);
            out.need(fine, "the mmap lock is already held: a deadlock as soon as somebody else waits for it; expected it once");
            if let Some(yes) = &mut out.yes {
                yes.mmap = if write || s.mmap == Mmap::Write { Mmap::Write } else { Mmap::Read };
            }
        }
        A::LockPtl | A::LockBothPtls => {
            out.need(!s.mid_access, "a lock is taken in the middle of an access; expected Access before");
            out.need(s.ptl == Ptl::None, "the page-table lock is already held: a deadlock; expected it once");
            if let Some(yes) = &mut out.yes {
                yes.ptl = if action == A::LockPtl { Ptl::One } else { Ptl::Both };
            }
        }
        A::UnlockPtl | A::UnlockBothPtls => {
            let (wanted, lock) = if action == A::UnlockPtl {
                (Ptl::One, "the page-table lock is not held; expected LockPtl before")
            } else {
                (Ptl::Both, "the page-table locks of parent and child are not held; expected LockBothPtls before")
            };
            if s.ptl == Ptl::Both && wanted == Ptl::One {
                out.need(false, "both page-table locks are held; expected UnlockBothPtls");
            }
            out.need(s.ptl != Ptl::None && (s.ptl == wanted || s.ptl == Ptl::Both), lock);
            unlocked(s, out);
            if let Some(yes) = &mut out.yes {
                let pte = &mut yes.round.pte;
                (yes.ptl, pte.maps) = (Ptl::None, false);
                pte.word = pte.word.min(Word::Stale);
            }
        }
        A::TrylockFolio | A::LockFolio => {
            out.need(!folio.locked, "the folio is already locked here; expected it unlocked");
            out.need(s.folio_kept(), "nothing keeps the folio while its lock is taken; expected a reference, or the page-table lock, first");
            if let Some(yes) = &mut out.yes {
                yes.round.folio.locked = true;
            }
        }
        A::UnlockFolio => {
            out.need(folio.locked, "the folio is not locked here; expected it locked before");
            unlocked_source(s, out);
            if let Some(yes) = &mut out.yes {
                yes.round.folio.locked = false;
            }
        }
        A::WaitFolio => {
            out.need(!folio.locked, "this waits for a folio lock, and one is held; expected UnlockFolio before");
        }
        A::BeginExit => {
            out.need(
                !folio.locked && !matches!(s.mmap, Mmap::Read | Mmap::Write),
                "this waits for the child, and a lock is held; expected none",
            );
        }
        _ => {}
    }
}

/// What others can see when the page-table lock is dropped.
fn unlocked(s: &State, out: &mut Outcome) {
    let pte = &s.round.pte;
    out.warn(
        pte.entry != Entry::Cleared,
        "the lock is dropped while the entry is empty: a fault maps a new page there",
    );
    let owed = s.debts.has(Debts::FLUSH) || (pte.unflushed && pte.entry != Entry::Found);
    out.warn(
        !owed,
        "the lock is dropped with the flush of cleared entries owed: MADV_DONTNEED can return meanwhile",
    );
}

/// A source is unlocked when no migration entry names it any more.
pub fn unlocked_source(s: &State, out: &mut Outcome) {
    let fine = !s.round.folio.listed || s.round.back;
    out.need(fine, "the source is unlocked while migration entries may name it; expected RemoveMigrationPte in each mapping before");
}
