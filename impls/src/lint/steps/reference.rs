//! References and pins that are kept beyond a call.

use super::Outcome;
use crate::lint::state::{Kinds, State, Word};
use model::Action;

pub fn references(action: Action, s: &State, out: &mut Outcome) {
    use Action as A;
    let folio = s.round.folio;
    let zero = s.round.pte.word != Word::Unread && s.round.pte.kinds.within(Kinds::ZERO);
    match action {
        A::UnpinFolio => out.need(folio.pinned, "no pin of this path is left; expected TryPinFolio before"),
        A::Hold => out.need(folio.refs == 1 || zero, "there is no reference to keep; expected TryGetFolio before"),
        A::HoldPin => out.need(folio.pinned || zero, "there is no pin to keep; expected TryPinFolio before"),
        A::Release | A::ReleasePin => {
            let twice = folio.chosen && !folio.io;
            out.need(!twice, "the reference is gone already; expected it dropped once");
        }
        A::PinAllowed => out.need(folio.pinned, "the check comes behind the pin; expected TryPinFolio before"),
        _ => {}
    }
    let Some(yes) = &mut out.yes else { return };
    let mine = &mut yes.round.folio;
    match action {
        A::TryGetFolio => mine.refs = 1,
        A::TryPinFolio => mine.pinned = true,
        A::UnpinFolio | A::HoldPin => mine.pinned = false,
        A::Hold => mine.refs = 0,
        A::EndIo => (mine.io, mine.refs) = (true, 1),
        A::Release | A::ReleasePin => {
            (mine.io, mine.refs, mine.put) = (false, 0, true);
            out.warn(
                !folio.io || folio.marked,
                "a page that was held for write is let go, and not marked dirty; expected MarkFolioDirty before",
            );
            out.need(!folio.locked, "the reference goes while the folio is locked; expected UnlockFolio before");
        }
        _ => {}
    }
}
