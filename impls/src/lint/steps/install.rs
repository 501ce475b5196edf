//! Entries of another kind.

use super::{NO_DST, NO_PTL, NOT_CURRENT, NOT_OF_ENTRY, Outcome};
use crate::lint::state::{Entry, Kinds, Ptl, State, Word};
use model::Action;

pub fn installs(action: Action, s: &State, out: &mut Outcome, tells_exclusive: bool) {
    use Action as A;
    let pte = &s.round.pte;
    let folio = &s.round.folio;
    let nonpresent = matches!(
        action,
        A::InstallMigrationEntry | A::InstallSwapEntry | A::ReplaceByMigrationEntry | A::InstallExclusiveEntry
    );
    let fills = matches!(
        action,
        A::MapNewAnon | A::MapZeroPage | A::MapSwappedIn | A::InsertPage | A::ReusePte | A::SetAccessFlags
    );
    if !nonpresent && !fills {
        return;
    }
    out.need(s.ptl != Ptl::None, NO_PTL);
    if nonpresent {
        out.need(pte.word != Word::Unread, "no word has been read yet; expected ReadPte before");
        out.need(s.folio_of_entry(), NOT_OF_ENTRY);
        out.need(matches!(pte.entry, Entry::Found | Entry::Cleared), "there is a new entry already; expected one");
        out.need(
            !pte.unmapped || folio.refs > 0 || folio.isolated,
            "the mapping is gone already, and its reference with it; expected RemoveRmap behind this, or a reference",
        );
        let normal = Kinds::NORMAL.or(Kinds::DEVICE);
        out.need(
            pte.kinds.within(normal) || pte.maps,
            "the entry may map no page; expected the word looked at before",
        );
        if action != A::InstallExclusiveEntry {
            out.need(
                pte.asked_exclusive || !tells_exclusive,
                "the entry's kind depends on Exclusive; expected it asked on every path to here, or on none",
            );
        }
        out.warn(
            folio.marked || pte.dirty == Some(false) || pte.kinds.and(Kinds::PRESENT).is_empty(),
            "the word that was cleared may have D, and the folio is not marked dirty yet: it has to be before the folio is unlocked",
        );
        out.warn(pte.entry == Entry::Cleared, "the entry is overwritten and its last word not looked at");
        if let Some(yes) = &mut out.yes {
            yes.round.back_here = false;
            let pte = &mut yes.round.pte;
            pte.entry = Entry::Replaced;
            pte.device_exclusive = action == A::InstallExclusiveEntry;
            pte.unmapped |= pte.device_exclusive;
        }
    }
    if fills {
        out.need(pte.word == Word::Current, NOT_CURRENT);
    }
    match action {
        A::InstallMigrationEntry => {
            out.need(s.begun, "no migration has begun; expected BeginMigrate before");
            out.need(
                folio.large == Some(false),
                "a page of a large folio cannot migrate by itself; expected LargeFolio asked on every path to here",
            );
            if let Some(yes) = &mut out.yes {
                yes.round.pte.collected = true;
            }
        }
        A::ReplaceByMigrationEntry => {
            out.need(folio.listed, "only a source gets migration entries here; expected SourcePage before");
        }
        A::InstallSwapEntry => {
            out.need(folio.slot_dup, "the slot does not count this entry; expected DupSlot before");
            out.need(folio.swapcache == Some(true), "the folio may have no slot; expected it in the swap cache");
            if let Some(yes) = &mut out.yes {
                yes.round.folio.slot_dup = false;
            }
        }
        A::InstallExclusiveEntry => {
            out.need(
                folio.locked && folio.refs > 0,
                "a device-exclusive entry needs the folio locked and referenced; expected both before",
            );
        }
        A::MapNewAnon | A::InsertPage | A::MapZeroPage => {
            let empty = pte.entry == Entry::Found && pte.kinds.within(Kinds::NONE);
            let cleared = pte.entry == Entry::Cleared;
            out.need(empty || cleared, "there may be an entry already, and its page stays mapped for the books; expected it empty or cleared");
            let was_page = !pte.kinds.within(Kinds::NONE.or(Kinds::ZERO));
            let unclear = was_page && !pte.kinds.and(Kinds::NONE.or(Kinds::ZERO)).is_empty();
            out.need(
                !unclear,
                "what was mapped may be the zero page, which has no mapping to remove; expected PteZeroPage asked",
            );
            let unflushed = pte.unflushed;
            out.warn(
                !unflushed,
                "a new page is mapped with the flush of the cleared entry owed: CPUs go on with the old page",
            );
            if action == A::MapNewAnon {
                out.need(s.round.new, "there is no new page; expected AllocZeroed before");
            }
            if action == A::InsertPage {
                out.need(s.round.dst == Some(true), NO_DST);
                out.need(!was_page, "only a hole gets a new page; expected Insertable before");
            }
            if let Some(yes) = &mut out.yes {
                yes.round.pte.entry = if was_page { Entry::Replaced } else { Entry::Filled };
                yes.round.new &= action != A::MapNewAnon;
            }
        }
        A::MapSwappedIn => {
            out.need(
                pte.entry == Entry::Found && pte.kinds.within(Kinds::SWAP),
                "only a swap entry gives way to a page from swap; expected the word of one",
            );
            out.need(folio.refs > 0, "the mapping takes a reference over, and there is none; expected one");
            out.need(folio.locked, "the folio is not locked; expected LockFolio before");
            out.warn(
                folio.still || s.round.bypass == Some(true),
                "the folio may not be the slot's any more; expected StillSwapCache before",
            );
            if let Some(yes) = &mut out.yes {
                yes.round.pte.entry = Entry::Filled;
                yes.round.pte.slot_counts = !pte.uncounted;
                yes.round.folio.refs -= yes.round.folio.refs.min(1);
            }
        }
        A::ReusePte => {
            out.need(
                pte.entry == Entry::Found && pte.kinds.within(Kinds::PRESENT),
                "only a present entry is reused; expected it as it was found",
            );
            out.warn(folio.exclusive == Some(true), "the entry becomes writable, and the page may not be exclusive; expected Exclusive or MakeExclusive before");
        }
        A::SetAccessFlags => {
            out.need(
                pte.entry == Entry::Found && pte.kinds.within(Kinds::PRESENT),
                "only a present entry has A and D; expected PtePresent asked before",
            );
        }
        _ => {}
    }
}
