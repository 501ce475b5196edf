//! The folio under work: which it is, and what is asked and changed of it.

use super::{NO_FOLIO, Outcome};
use crate::lint::state::{Entry, Folio, Kinds, State, Word};
use model::Action;

pub fn folios(action: Action, s: &State, out: &mut Outcome) {
    use Action as A;
    let folio = &s.round.folio;
    let of_word = matches!(
        action,
        A::Collectable
            | A::NormalPage
            | A::PageOutable
            | A::TouchesClean
            | A::EntryFolio
            | A::GetExclusiveFolio
            | A::TryGetFolio
            | A::TryPinFolio
            | A::DupAnonRmap
            | A::DupDeviceRmap
            | A::ZapRmap
            | A::ZapDevice
            | A::GetFaultPage
    );
    let of_others = matches!(
        action,
        A::LookupSwapCache
            | A::AllocBypass
            | A::AddSwapInFolio
            | A::IsolateForReclaim
            | A::EndIo
            | A::SourcePage
            | A::Restoring
    );
    if of_word || of_others {
        let same = matches!(action, A::SourcePage | A::Restoring) && folio.listed
            || matches!(action, A::NormalPage | A::TouchesClean | A::PageOutable) && folio.of_word;
        let free = !folio.locked && folio.refs == 0 && !folio.pinned && !folio.frozen;
        out.need(same || free, "another folio comes under work, and the one before is still locked or referenced; expected it given back");
        if of_word {
            out.need(s.round.pte.word != Word::Unread, "no word has been read yet; expected ReadPte before");
        }
        if let Some(yes) = out.yes.as_mut().filter(|_| !same) {
            yes.round.folio = Folio { chosen: true, of_word, ..Folio::default() };
        }
        // The register changes whether or not the rest of the question holds.
        if matches!(action, A::TryGetFolio | A::TryPinFolio | A::DupAnonRmap | A::PageOutable | A::TouchesClean)
            && let Some(no) = out.no.as_mut().filter(|_| !same)
        {
            no.round.folio =
                Folio { chosen: action == A::DupAnonRmap, of_word: action == A::DupAnonRmap, ..Folio::default() };
        }
    }
    let kinds = match action {
        A::EntryFolio => Some((
            Kinds::NORMAL.or(Kinds::DEVICE).or(Kinds::EXCLUSIVE).or(Kinds::MIGRATION),
            "an entry with a folio",
        )),
        A::GetExclusiveFolio => Some((Kinds::EXCLUSIVE, "a device-exclusive entry")),
        A::TryGetFolio | A::TryPinFolio => Some((Kinds::NORMAL, "a page other than the zero page")),
        A::DupAnonRmap => Some((Kinds::NORMAL, "a page other than the zero page")),
        A::GetFaultPage | A::DupDeviceRmap => Some((Kinds::DEVICE, "a device-private entry")),
        A::WaitFolio => Some((Kinds::MIGRATION, "a migration entry")),
        A::LookupSwapCache
        | A::BypassesSwapCache
        | A::AllocBypass
        | A::AddSwapInFolio
        | A::ReadSlot
        | A::StillSwapCache
        | A::SwapFree
        | A::UnpinSlot
        | A::DupSlotOfEntry
        | A::CopySwapEntry => Some((Kinds::SWAP, "a swap entry")),
        A::CopyMigrationEntry => Some((Kinds::MIGRATION, "a migration entry")),
        A::CopyDeviceEntry => Some((Kinds::DEVICE, "a device-private entry")),
        A::WriteProtect | A::MirrorAccess => Some((Kinds::PRESENT.or(Kinds::EXCLUSIVE), "a present entry")),
        _ => None,
    };
    if let Some((kinds, what)) = kinds {
        let fine = s.round.pte.word != Word::Unread && s.round.pte.kinds.within(kinds);
        out.need(fine, &format!("this is for {what}; expected the word read, and its kind asked, before"));
    }
    let needs = matches!(
        action,
        A::GetFolio
            | A::PutFolio
            | A::TrylockFolio
            | A::LockFolio
            | A::UnlockFolio
            | A::LargeFolio
            | A::SplitFolio
            | A::Exclusive
            | A::ShareAnon
            | A::MarkFolioDirty
            | A::FolioDirty
            | A::SwapBacked
            | A::InSwapCache
            | A::MaybePinned
            | A::Mapped
            | A::MappedOnce
            | A::SoleOwner
            | A::TrylockSole
            | A::MakeExclusive
            | A::CopyFolio
            | A::StillSwapCache
            | A::ReadSlot
            | A::SwapFree
            | A::FreeSwap
            | A::FreeSwapOfUnmapped
            | A::PutBackLru
            | A::KeepIsolated
            | A::UnderWriteback
            | A::Mlocked
            | A::AddToSwap
            | A::DefersFlush
            | A::ReadRefs
            | A::Discardable
            | A::SetSwapBacked
            | A::DupSlot
            | A::UndupSlot
            | A::Freeable
            | A::ClearDirtyForIo
            | A::StartWriteback
            | A::WriteSlot
            | A::EndWriteback
            | A::FreezeRefs
            | A::CleanAfterFreeze
            | A::Unfreeze
            | A::RemoveFromSwapCache
            | A::QueueFree
            | A::IsolateLru
            | A::CachedOrDirty
            | A::ClearFolioDirty
            | A::MarkLazyFree
            | A::RefusesMapping
            | A::CheckRefs
            | A::MigrateMapping
            | A::PinAllowed
            | A::StaysLazyFree
    );
    if needs && action != A::DefersFlush {
        out.need(folio.chosen, NO_FOLIO);
    }
    match action {
        A::GetFolio => {
            out.warn(s.folio_kept(), "a reference is taken while nothing keeps the folio: it may be freed before; expected the page-table lock, or a reference");
            if let Some(yes) = &mut out.yes {
                let folio = &mut yes.round.folio;
                one_more(folio, &mut out.errors);
            }
        }
        A::PutFolio => {
            out.need(folio.refs > 0, "no reference of this path is left; expected GetFolio before");
            let last = folio.refs == 1;
            out.need(
                !last || !folio.locked || folio.listed || s.folio_of_entry(),
                "the last reference goes while the folio is locked; expected UnlockFolio before",
            );
            if let Some(yes) = &mut out.yes {
                yes.round.folio.refs -= yes.round.folio.refs.min(1);
                yes.round.folio.isolated &= !last;
                yes.round.folio.io = false;
                yes.round.folio.put = last;
            }
        }
        A::Exclusive => {
            for s in [&mut out.yes, &mut out.no].into_iter().flatten() {
                s.round.pte.asked_exclusive = true;
            }
        }
        A::MakeExclusive => {
            if let Some(yes) = &mut out.yes {
                yes.round.folio.exclusive = Some(true);
            }
        }
        A::ShareAnon => {
            out.warn(
                s.round.pte.entry == Entry::Cleared,
                "the page stops being exclusive while it is mapped: a pin can come until the entry is cleared",
            );
            if let Some(yes) = &mut out.yes {
                (yes.round.pte.shared, yes.round.folio.exclusive) = (true, Some(false));
            }
        }
        A::MarkFolioDirty => {
            out.warn(!folio.put || s.folio_kept(), "the folio is marked dirty behind its last reference: it may be freed, or written, before; expected the mark first");
            if let Some(yes) = &mut out.yes {
                (yes.round.folio.marked, yes.round.folio.taken_dirty) = (true, false);
            }
        }
        A::SplitFolio => {
            out.need(folio.locked, "expected the folio locked for the split");
            if let Some(yes) = &mut out.yes {
                yes.round.folio.large = Some(false);
            }
        }
        A::FreeSwap => {
            out.need(folio.locked, "the folio is not locked; expected its lock before it leaves the swap cache");
            if let Some(yes) = &mut out.yes {
                (yes.round.folio.swapcache, yes.round.folio.taken_dirty) = (Some(false), false);
            }
        }
        A::TrylockSole => {
            out.need(!folio.locked, "the folio is already locked here; expected it unlocked");
            out.need(s.folio_kept(), "nothing keeps the folio; expected the page-table lock before");
            if let Some(yes) = &mut out.yes {
                yes.round.folio.locked = true;
            }
        }
        A::IsolateLru => {
            out.need(
                s.folio_kept(),
                "nothing keeps the folio; expected the page-table lock, or a reference, before",
            );
            out.need(!folio.isolated, "the folio is isolated already; expected that once");
            if let Some(yes) = &mut out.yes {
                yes.round.folio.isolated = true;
                one_more(&mut yes.round.folio, &mut out.errors);
            }
        }
        A::Isolated => {
            if folio.isolated {
                out.no = None;
            } else {
                out.yes = None;
            }
        }
        A::PutBackLru => {
            out.need(
                folio.isolated && folio.refs > 0,
                "the folio was not taken off the LRU; expected IsolateLru before",
            );
            if let Some(yes) = &mut out.yes {
                yes.round.folio.isolated = false;
                yes.round.folio.refs -= yes.round.folio.refs.min(1);
            }
        }
        A::MarkLazyFree | A::ClearFolioDirty => {
            out.warn(
                s.discarding,
                "the folio may be dropped unwritten, and the program has not given the content away; expected BeginDiscard before",
            );
            out.need(
                s.folio_kept(),
                "nothing keeps the folio; expected the page-table lock, or a reference, before",
            );
        }
        _ => {}
    }
}

/// One reference more. Three are more than any function takes.
pub fn one_more(folio: &mut Folio, errors: &mut Vec<String>) {
    if folio.refs >= 3 {
        errors.push("more references than any path gives back; expected PutFolio for each".to_owned());
    }
    folio.refs += 1;
}
