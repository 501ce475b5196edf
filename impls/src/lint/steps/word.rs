//! Reads of the entry into the variable, and what is asked of the variable.

use super::{NO_FOLIO, NO_PTL, Outcome};
use crate::lint::state::{Entry, Kinds, Pte, Ptl, State, Word};
use model::Action;

pub fn words(action: Action, s: &State, out: &mut Outcome) {
    use Action as A;
    let pte = &s.round.pte;
    let read = if s.ptl == Ptl::None { Word::Stale } else { Word::Current };
    if let Some((yes, no)) = kinds(action, s) {
        if !matches!(action, A::MapsSource | A::Insertable) {
            out.need(pte.word != Word::Unread, "no word has been read yet; expected ReadPte before");
        }
        let asks_entry = matches!(action, A::MapsSource | A::Insertable);
        let from = if asks_entry { Kinds::ALL } else { pte.kinds };
        for (state, kinds) in [(&mut out.yes, yes), (&mut out.no, no)] {
            if let Some(s) = state {
                s.round.pte.kinds = from.and(kinds);
                if s.round.pte.kinds.is_empty() {
                    *state = None;
                }
            }
        }
    }
    match action {
        A::ReadPte => {
            let fine = matches!(pte.entry, Entry::Found | Entry::Filled) || pte.unmapped;
            out.need(
                fine,
                "the read takes the place of the word that was cleared; expected that word put in its place first",
            );
            if let Some(yes) = &mut out.yes {
                // Under the lock that is held since it was looked at, the entry can have got A and D, and
                // nothing else.
                let known = s.ptl != Ptl::None && (pte.word == Word::Current || pte.maps);
                if known && pte.entry == Entry::Found {
                    let kinds = if pte.word == Word::Current { pte.kinds } else { Kinds::NORMAL };
                    let pte = &mut yes.round.pte;
                    (pte.word, pte.kinds, pte.dirty) = (Word::Current, kinds, None);
                } else {
                    yes.round.folio.of_word = false;
                    yes.round.pte = Pte { word: read, ..Pte::default() };
                }
            }
        }
        A::MapsSource | A::Insertable => {
            out.need(s.ptl != Ptl::None, NO_PTL);
            for s in [&mut out.yes, &mut out.no].into_iter().flatten() {
                s.round.pte.word = Word::Current;
                (s.round.pte.dirty, s.round.pte.writable) = (None, None);
            }
            if let Some(yes) = out.yes.as_mut().filter(|_| action == A::MapsSource) {
                (yes.round.pte.maps, yes.round.folio.of_word) = (true, true);
            }
        }
        A::MapsFolio => {
            out.need(s.ptl != Ptl::None, NO_PTL);
            out.need(s.round.folio.chosen, NO_FOLIO);
            if let Some(yes) = &mut out.yes {
                yes.round.pte.maps = true;
            }
        }
        A::PteSame => {
            out.need(pte.word != Word::Unread, "no word has been read yet; expected ReadPte before");
            if let Some(yes) = out.yes.as_mut().filter(|_| s.ptl != Ptl::None) {
                yes.round.pte.word = Word::Current;
            }
        }
        A::PtePresentDirty | A::PteDirty => {
            let answered = |s: &mut State, holds| s.round.pte.dirty = Some(holds);
            if let Some(s) = &mut out.yes {
                answered(s, true);
            }
            if let Some(s) = &mut out.no {
                answered(s, false);
            }
        }
        A::WriteProtected | A::PteRecheck | A::PinAllowed | A::BatchFlush => {
            out.need(pte.word != Word::Unread, "no word has been read yet; expected ReadPte before");
        }
        _ => {}
    }
    for s in [&mut out.yes, &mut out.no].into_iter().flatten() {
        // Nobody else can make a migration entry of it while the lock is held.
        if s.ptl != Ptl::None && s.round.pte.word == Word::Current && s.round.pte.entry == Entry::Found {
            s.round.back_here |= s.round.pte.kinds.and(Kinds::MIGRATION).is_empty();
        }
        // A word that is not present owes no flush: no TLB has it.
        if s.round.pte.kinds.and(Kinds::PRESENT).is_empty() {
            s.round.pte.unflushed = false;
        }
    }
}

/// The kinds that a word can be of if a question is answered with yes, and with no.
fn kinds(action: Action, s: &State) -> Option<(Kinds, Kinds)> {
    use Action as A;
    let one = |k: Kinds| Some((k, k.not()));
    let some = |k: Kinds| Some((k, Kinds::ALL));
    match action {
        A::PteNone => one(Kinds::NONE),
        A::PtePresent => one(Kinds::PRESENT),
        A::PteSwap => one(Kinds::SWAP),
        A::PteMigration => one(Kinds::MIGRATION),
        A::PteDevice => one(Kinds::DEVICE),
        A::PteDeviceExclusive => one(Kinds::EXCLUSIVE),
        A::PteZeroPage => one(Kinds::ZERO),
        A::NormalPage => one(Kinds::NORMAL),
        A::PteDirty | A::PteYoung | A::PteYoungOrDirty => some(Kinds::NONE.not()),
        A::PteWritable => some(Kinds::NONE.or(Kinds::ZERO).not()),
        A::PteProtNone => some(Kinds::PRESENT),
        A::PtePresentDirty | A::PageOutable | A::TouchesClean => some(Kinds::NORMAL),
        A::Collectable => some(Kinds::NORMAL.or(Kinds::DEVICE)),
        A::CollectHole => Some((Kinds::NONE.or(Kinds::ZERO), Kinds::NONE.not())),
        A::Insertable => one(Kinds::NONE.or(Kinds::ZERO)),
        A::GupPermitted if s.store == Some(true) => some(Kinds::NORMAL),
        A::GupPermitted | A::Populated => some(Kinds::PRESENT),
        A::MapsSource => some(Kinds::NORMAL.or(Kinds::DEVICE)),
        A::MirrorHolds => some(Kinds::EXCLUSIVE),
        _ => None,
    }
}
