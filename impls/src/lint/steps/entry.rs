//! What is cleared, put back and given up.

use super::{NO_FOLIO, NO_PTL, NOT_CURRENT, NOT_OF_ENTRY, Outcome};
use crate::lint::state::{Debts, Entry, Kinds, Ptl, State, Word};
use model::Action;

pub fn entries(action: Action, s: &State, out: &mut Outcome) {
    use Action as A;
    let pte = &s.round.pte;
    match action {
        A::ClearPte | A::ClearPteIgnored => {
            out.need(s.ptl != Ptl::None, NO_PTL);
            out.need(pte.entry == Entry::Found, "the entry is already cleared; expected that once");
            let looked = pte.word == Word::Current || pte.maps;
            out.need(
                looked,
                "nobody has looked at the entry under this lock; expected ReadPte, PteSame or a walk before",
            );
            if action == A::ClearPteIgnored {
                out.warn(
                    false,
                    "the word that comes back is thrown away, and with it a late D unless the folio is marked dirty in any case",
                );
                // A walk looks at the entry, and leaves the variable as it is.
                let has_word = pte.word == Word::Current || !looked;
                out.need(has_word, "the variable has no word of this entry; expected ReadPte before, or ClearPte");
            }
            if let Some(yes) = &mut out.yes {
                let kinds = if pte.maps && pte.word != Word::Current { Kinds::NORMAL } else { pte.kinds };
                let pte = &mut yes.round.pte;
                (pte.entry, pte.kinds, pte.word) = (Entry::Cleared, kinds, Word::Current);
                pte.unflushed = !kinds.and(Kinds::PRESENT).is_empty();
                if action == A::ClearPte {
                    pte.dirty = None;
                }
            }
        }
        A::RestorePte => {
            out.need(s.ptl != Ptl::None, NO_PTL);
            let fine = pte.entry == Entry::Cleared && !pte.unmapped;
            out.need(fine, "nothing to put back; expected a cleared entry whose mapping still counts");
            out.warn(!pte.shared, "the page is mapped again, maybe writable, and not exclusive any more");
            put_back(out);
        }
        A::SetPte => {
            out.need(s.ptl != Ptl::None, NO_PTL);
            let entry = matches!(pte.entry, Entry::Cleared | Entry::Found);
            let fine = entry && !pte.unmapped && pte.kinds.within(Kinds::PRESENT);
            out.need(
                fine,
                "this puts a present word back; expected the entry as it was found or cleared, and the word present",
            );
            out.warn(
                pte.entry == Entry::Cleared,
                "the entry is written over, and with it a D that a CPU sets meanwhile; expected ClearPte before",
            );
            put_back(out);
        }
        A::GatherPage => {
            if let Some(yes) = &mut out.yes {
                yes.round.pte.unflushed = false;
                yes.debts.set(Debts::GATHER_FLUSH, true);
            }
        }
        A::MkOld
        | A::MkClean
        | A::MkDirty
        | A::MkWrite
        | A::WrProtect
        | A::MkProtNone
        | A::UndoProtNone
        | A::Modify
        | A::SaveOrig => {
            out.need(pte.word != Word::Unread, "no word has been read yet; expected ReadPte before");
            out.warn(
                action != A::MkClean || s.discarding,
                "D is dropped, and the program has not given the content away; expected BeginDiscard before",
            );
            if let Some(yes) = &mut out.yes {
                let pte = &mut yes.round.pte;
                match action {
                    A::MkClean | A::MkDirty => pte.dirty = Some(action == A::MkDirty),
                    A::MkWrite | A::WrProtect => pte.writable = Some(action == A::MkWrite),
                    A::Modify => pte.writable = None,
                    _ => {}
                }
            }
        }
        A::UseOrig => {
            out.warn(false, "an older word takes the place of the variable, and with it a late D is forgotten");
            if let Some(yes) = &mut out.yes {
                (yes.round.pte.dirty, yes.round.pte.writable) = (None, None);
            }
        }
        A::ZapRmap | A::DropMapping => {
            out.need(s.ptl != Ptl::None, NO_PTL);
            let fine = pte.entry == Entry::Cleared && !pte.unmapped;
            out.need(
                fine,
                "the mapping goes, and the entry is still there or gone already; expected ClearPte before",
            );
            let zap = action == A::ZapRmap;
            if zap {
                out.need(
                    pte.kinds.within(Kinds::PRESENT),
                    "only a present entry has a page to queue; expected PtePresent asked before",
                );
            } else {
                out.need(s.folio_of_entry(), NOT_OF_ENTRY);
                out.warn(
                    s.round.folio.discardable,
                    "the page is discarded, and nobody has looked whether it may be; expected Discardable before",
                );
                let marked = s.round.folio.marked || pte.dirty == Some(false);
                out.warn(marked, "the word that was cleared may have D, and the folio is not marked dirty: the page is discarded with what was written to it");
            }
            if zap {
                out.warn(
                    !pte.unflushed,
                    "the page is queued, and nobody owes the flush of its entry; expected GatherPage or FlushPage before",
                );
            }
            if let Some(yes) = &mut out.yes {
                yes.round.pte.entry = Entry::Gone;
                yes.round.pte.unmapped = true;
                if zap {
                    yes.debts.set(Debts::PAGES.or(Debts::ZAPPED), true);
                    yes.round.pte.unflushed = false;
                }
            }
        }
        A::FreeSwapAndCache | A::ZapDevice => {
            let (kinds, what) = if action == A::ZapDevice {
                (
                    Kinds::DEVICE.or(Kinds::EXCLUSIVE),
                    "this is for a device entry; expected PteDevice or PteDeviceExclusive asked before",
                )
            } else {
                (Kinds::SWAP, "this is for a swap entry; expected PteSwap asked before")
            };
            out.need(pte.kinds.within(kinds), what);
            out.need(s.ptl != Ptl::None && pte.word == Word::Current, NOT_CURRENT);
            out.need(!pte.uncounted, "the count of this entry was dropped already; expected that once");
            if let Some(yes) = &mut out.yes {
                yes.round.pte.uncounted = true;
            }
        }
        A::ClearEntry => {
            out.need(s.ptl != Ptl::None, NO_PTL);
            out.need(pte.entry == Entry::Found && pte.word == Word::Current, NOT_CURRENT);
            let nothing = Kinds::NONE.or(Kinds::MIGRATION);
            out.need(pte.kinds.and(Kinds::PRESENT).is_empty(), "a present entry is cleared, and its page stays mapped for the books; expected PtePresent asked before");
            let counted = Kinds::SWAP.or(Kinds::DEVICE).or(Kinds::EXCLUSIVE);
            out.need(
                pte.uncounted || pte.kinds.and(counted).is_empty() || pte.kinds.within(nothing),
                "the entry goes, and what it counts on is still counted; expected FreeSwapAndCache or ZapDevice before",
            );
            if let Some(yes) = &mut out.yes {
                yes.round.pte.entry = Entry::Gone;
                yes.round.pte.unmapped = true;
            }
        }
        A::RemoveRmap | A::RemoveOldRmap | A::DropMapcount => {
            out.need(!pte.unmapped, "the mapping is already removed; expected it once");
            let fine = matches!(pte.entry, Entry::Cleared | Entry::Replaced);
            out.need(fine, "the entry still maps the page; expected it cleared or replaced before");
            out.need(s.round.folio.chosen && (s.round.folio.of_word || pte.maps), NOT_OF_ENTRY);
            if let Some(yes) = &mut out.yes {
                yes.round.pte.unmapped = true;
                if action == A::DropMapcount {
                    yes.round.folio.refs += 1;
                }
            }
        }
        A::ClearYoung
        | A::ProtectEntry
        | A::RestoreExclusiveEntry
        | A::RemoveMigrationPte
        | A::MirrorExclusive => {
            out.need(s.ptl != Ptl::None, NO_PTL);
        }
        _ => {}
    }
    match action {
        A::ClearYoung => out.need(s.round.folio.chosen, NO_FOLIO),
        A::ProtectEntry => {
            let fine = pte.word == Word::Current && pte.entry == Entry::Found;
            out.need(fine, NOT_CURRENT);
            out.need(
                pte.kinds.and(Kinds::PRESENT.or(Kinds::NONE)).is_empty(),
                "this is for an entry that is not present; expected PtePresent and PteNone asked before",
            );
        }
        A::RestoreExclusiveEntry => {
            out.need(pte.entry == Entry::Found, "the entry was changed already; expected it as it was found");
            out.need(
                s.round.folio.chosen && s.round.folio.locked,
                "the folio is mapped again without its lock; expected TrylockFolio or LockFolio before",
            );
            if let Some(yes) = &mut out.yes {
                yes.round.pte.entry = Entry::Filled;
                yes.round.pte.word = Word::Stale;
            }
        }
        A::MirrorExclusive => {
            out.need(
                pte.device_exclusive,
                "the mirror takes in what is not a device-exclusive entry; expected InstallExclusiveEntry before",
            );
        }
        _ => {}
    }
}

/// The entry maps what it did before.
fn put_back(out: &mut Outcome) {
    if let Some(yes) = &mut out.yes {
        let pte = &mut yes.round.pte;
        (pte.entry, pte.unflushed) = (Entry::Found, false);
    }
}
