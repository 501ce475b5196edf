//! What each step needs, and what it makes of a path.

use super::contract::Sleep;
use super::state::{Debts, Entry, Folio, Kinds, Mmap, Pte, Ptl, State, Word};
use model::Action;

/// What became of a path at a step: where it goes on if the step succeeds, and if it fails.
pub struct Outcome {
    pub yes: Option<State>,
    pub no: Option<State>,
    /// What cannot be.
    pub errors: Vec<String>,
    /// What may lose data, or show old data.
    pub warnings: Vec<String>,
    /// What the step sleeps on.
    pub sleeps: Option<Sleep>,
}

impl Outcome {
    fn need(&mut self, fine: bool, otherwise: &str) {
        if !fine {
            self.errors.push(otherwise.to_owned());
        }
    }

    fn warn(&mut self, fine: bool, otherwise: &str) {
        if !fine {
            self.warnings.push(otherwise.to_owned());
        }
    }
}

/// Takes a step. `tells_exclusive`: the function asks for `Exclusive` somewhere.
pub fn take(action: Action, mut s: State, tells_exclusive: bool) -> Outcome {
    s.round.stepped |= !action.is_local();
    let mut out = Outcome {
        yes: Some(s),
        no: can_fail(action).then_some(s),
        errors: Vec::new(),
        warnings: Vec::new(),
        sleeps: None,
    };
    asked(action, &s, &mut out);
    accesses(action, &s, &mut out);
    locks(action, &s, &mut out);
    words(action, &s, &mut out);
    entries(action, &s, &mut out);
    installs(action, &s, &mut out, tells_exclusive);
    folios(action, &s, &mut out);
    flushes(action, &s, &mut out);
    reclaim(action, &s, &mut out);
    faults(action, &s, &mut out);
    migration(action, &s, &mut out);
    fork(action, &s, &mut out);
    references(action, &s, &mut out);
    if !out.errors.is_empty() {
        // What comes after a step that cannot be taken says nothing.
        (out.yes, out.no) = (None, None);
    }
    out
}

/// Whether a step has two ways out.
pub const fn can_fail(action: Action) -> bool {
    use Action as A;
    matches!(
        action,
        A::Translate
            | A::NeedsDirty
            | A::SetDirty
            | A::WalkerLoads
            | A::WalkerRead
            | A::OwesDirty
            | A::TrylockFolio
            | A::PteSame
            | A::PteNone
            | A::PtePresent
            | A::PteSwap
            | A::PteMigration
            | A::PteDevice
            | A::PteDeviceExclusive
            | A::PteDirty
            | A::PteWritable
            | A::PtePresentDirty
            | A::PteYoung
            | A::PteYoungOrDirty
            | A::PteZeroPage
            | A::IsStore
            | A::WriteForbidden
            | A::WriteProtected
            | A::AllocZeroed
            | A::Exclusive
            | A::TrylockSole
            | A::SoleOwner
            | A::Unsharing
            | A::LookupSwapCache
            | A::BypassesSwapCache
            | A::AllocBypass
            | A::AddSwapInFolio
            | A::OutOfMemory
            | A::StillSwapCache
            | A::Bypassing
            | A::FreeSwap
            | A::IsolateForReclaim
            | A::KeptSome
            | A::UnderWriteback
            | A::IgnoresReferences
            | A::SwapBacked
            | A::InSwapCache
            | A::MaybePinned
            | A::Mlocked
            | A::MoreToReclaim
            | A::StaysLazyFree
            | A::AddToSwap
            | A::Mapped
            | A::MapsFolio
            | A::DefersFlush
            | A::Discardable
            | A::ShareAnon
            | A::FolioDirty
            | A::PendingDirty
            | A::Freeable
            | A::ClearDirtyForIo
            | A::WritebackLater
            | A::FreezeRefs
            | A::CleanAfterFreeze
            | A::PendingFlush
            | A::SwapFull
            | A::VmaLocked
            | A::GatherOwesFlush
            | A::BatchPending
            | A::PageOutable
            | A::IsolateLru
            | A::Isolated
            | A::NormalPage
            | A::CachedOrDirty
            | A::MappedOnce
            | A::ChildExists
            | A::DupAnonRmap
            | A::BecomesWritable
            | A::Populated
            | A::TouchesClean
            | A::MirrorHolds
            | A::MirrorAccess
            | A::CollectHole
            | A::Collectable
            | A::LargeFolio
            | A::SplitFolio
            | A::AnyCleared
            | A::NothingCollected
            | A::SourcePage
            | A::DeviceSource
            | A::MapsSource
            | A::RefusesMapping
            | A::FreesSwap
            | A::CheckRefs
            | A::Restoring
            | A::Migrating
            | A::AllocDst
            | A::HasDst
            | A::MigrateMapping
            | A::Insertable
            | A::TakesFaultRef
            | A::HasFaultPage
            | A::Holding
            | A::GupPermitted
            | A::TryGetFolio
            | A::TryPinFolio
            | A::PteRecheck
            | A::PinAllowed
            | A::EndIo
            | A::DmaStore
            | A::HoldingPin
    )
}

/// A question whose answer the path may already have, or learns.
fn asked(action: Action, s: &State, out: &mut Outcome) {
    use Action as A;
    type Fact = fn(&mut State) -> &mut Option<bool>;
    let fact: Fact = match action {
        A::PteDirty => |s| &mut s.round.pte.dirty,
        A::PteWritable => |s| &mut s.round.pte.writable,
        A::Exclusive => |s| &mut s.round.folio.exclusive,
        A::LargeFolio => |s| &mut s.round.folio.large,
        A::InSwapCache => |s| &mut s.round.folio.swapcache,
        A::SwapBacked => |s| &mut s.round.folio.swapbacked,
        A::Bypassing => |s| &mut s.round.bypass,
        A::DeviceSource => |s| &mut s.round.folio.device,
        A::HasDst => |s| &mut s.round.dst,
        A::IsStore => |s| &mut s.store,
        _ => return,
    };
    let known = *fact(&mut s.clone());
    match known {
        Some(true) => out.no = None,
        Some(false) => out.yes = None,
        None => {}
    }
    if let Some(s) = &mut out.yes {
        *fact(s) = Some(true);
    }
    if let Some(s) = &mut out.no {
        *fact(s) = Some(false);
    }
}

/// What the CPU does for a thread.
fn accesses(action: Action, s: &State, out: &mut Outcome) {
    use Action as A;
    let translated =
        matches!(action, A::NeedsDirty | A::SetDirty | A::WalkerRead | A::Access | A::OwesDirty | A::LateDirty);
    if translated {
        out.need(s.translated, "the CPU has no translation to go through; expected Translate before");
    }
    if action == A::Translate {
        out.need(
            s.ptl == Ptl::None,
            "user memory is accessed under the page-table lock, and may fault; expected UnlockPtl before",
        );
        if let Some(yes) = &mut out.yes {
            yes.translated = true;
        }
    }
}

fn locks(action: Action, s: &State, out: &mut Outcome) {
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
fn unlocked_source(s: &State, out: &mut Outcome) {
    let fine = !s.round.folio.listed || s.round.back;
    out.need(fine, "the source is unlocked while migration entries may name it; expected RemoveMigrationPte in each mapping before");
}

/// Reads of the entry into the variable, and what is asked of the variable.
fn words(action: Action, s: &State, out: &mut Outcome) {
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
                let folio = &mut yes.round.folio;
                folio.of_word = false;
                yes.round.pte = Pte { word: read, ..Pte::default() };
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
    // A word that is not present owes no flush: no TLB has it.
    for s in [&mut out.yes, &mut out.no].into_iter().flatten() {
        if s.round.pte.kinds.and(Kinds::PRESENT).is_empty() {
            s.round.pte.unflushed = false;
        }
    }
}

const NO_PTL: &str = "the entry is used without the page-table lock; expected LockPtl before";
const NO_FOLIO: &str = "no folio has been chosen yet; expected it looked up before";

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

/// What is cleared, put back, and given up.
fn entries(action: Action, s: &State, out: &mut Outcome) {
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
                out.need(
                    pte.word == Word::Current,
                    "the variable has no word of this entry; expected ReadPte before, or ClearPte",
                );
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
            put_back(out, false);
        }
        A::SetOld | A::SetOldClean | A::SetProtection => {
            out.need(s.ptl != Ptl::None, NO_PTL);
            let fine = pte.entry == Entry::Cleared && !pte.unmapped && pte.kinds.within(Kinds::PRESENT);
            out.need(
                fine,
                "this puts a present word back; expected the entry cleared before, and the word present",
            );
            put_back(out, pte.unflushed);
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
            if let Some(yes) = &mut out.yes {
                let unflushed = yes.round.pte.unflushed;
                yes.round.pte.entry = Entry::Gone;
                yes.round.pte.unmapped = true;
                if zap {
                    yes.debts.set(Debts::PAGES.or(Debts::ZAPPED), true);
                    yes.debts.set(Debts::GATHER_FLUSH, unflushed || yes.debts.has(Debts::GATHER_FLUSH));
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
        A::RemoveRmap | A::RemoveOldRmap => {
            out.need(!pte.unmapped, "the mapping is already removed; expected it once");
            let fine = matches!(pte.entry, Entry::Cleared | Entry::Replaced);
            out.need(fine, "the entry still maps the page; expected it cleared or replaced before");
            out.need(s.round.folio.chosen && (s.round.folio.of_word || pte.maps), NOT_OF_ENTRY);
            if let Some(yes) = &mut out.yes {
                yes.round.pte.unmapped = true;
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

const NOT_OF_ENTRY: &str =
    "the folio under work is not known to be the entry's; expected it looked up from the word, or MapsFolio";
const NOT_CURRENT: &str =
    "the entry may have changed since the word was read; expected ReadPte or PteSame under the page-table lock";

fn put_back(out: &mut Outcome, gather: bool) {
    if let Some(yes) = &mut out.yes {
        let pte = &mut yes.round.pte;
        (pte.entry, pte.unflushed) = (Entry::Found, false);
        yes.debts.set(Debts::GATHER_FLUSH, gather || yes.debts.has(Debts::GATHER_FLUSH));
    }
}

/// Steps that install an entry of another kind.
fn installs(action: Action, s: &State, out: &mut Outcome, tells_exclusive: bool) {
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
        out.need(!pte.unmapped, "the mapping is gone already; expected RemoveRmap behind this");
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
            let pte = &mut yes.round.pte;
            pte.entry = Entry::Replaced;
            pte.device_exclusive = action == A::InstallExclusiveEntry;
            pte.unmapped = pte.device_exclusive;
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
            out.need(pte.uncounted, "the slot still counts the entry that goes; expected SwapFree before");
            out.need(folio.refs > 0, "the mapping takes a reference over, and there is none; expected one");
            out.need(folio.locked, "the folio is not locked; expected LockFolio before");
            out.warn(
                folio.still || s.round.bypass == Some(true),
                "the folio may not be the slot's any more; expected StillSwapCache before",
            );
            if let Some(yes) = &mut out.yes {
                yes.round.pte.entry = Entry::Filled;
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

const NO_DST: &str = "the page may have no destination; expected AllocDst or HasDst before";

/// The folio under work: which it is, and what is asked and changed of it.
fn folios(action: Action, s: &State, out: &mut Outcome) {
    use Action as A;
    let folio = &s.round.folio;
    let chooses = matches!(
        action,
        A::Collectable
            | A::NormalPage
            | A::PageOutable
            | A::TouchesClean
            | A::EntryFolio
            | A::GetExclusiveFolio
            | A::TryGetFolio
            | A::TryPinFolio
            | A::LookupSwapCache
            | A::AllocBypass
            | A::AddSwapInFolio
            | A::IsolateForReclaim
            | A::DupAnonRmap
            | A::DupDeviceRmap
            | A::ZapRmap
            | A::ZapDevice
            | A::GetFaultPage
            | A::EndIo
            | A::SourcePage
            | A::Restoring
    );
    if chooses {
        let same = matches!(action, A::SourcePage | A::Restoring) && folio.listed
            || matches!(action, A::NormalPage | A::TouchesClean | A::PageOutable) && folio.of_word;
        let free = !folio.locked && folio.refs == 0 && !folio.pinned && !folio.frozen;
        out.need(same || free, "another folio comes under work, and the one before is still locked or referenced; expected it given back");
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
                out_refs(folio, &mut out.errors);
            }
        }
        A::PutFolio => {
            out.need(folio.refs > 0, "no reference of this path is left; expected GetFolio before");
            let last = folio.refs == 1;
            out.need(
                !(last && folio.locked && !folio.listed && !s.folio_of_entry()),
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
                out_refs(&mut yes.round.folio, &mut out.errors);
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
            out.need(
                s.folio_kept(),
                "nothing keeps the folio; expected the page-table lock, or a reference, before",
            );
        }
        _ => {}
    }
}

/// One reference more. Three are more than any function takes.
fn out_refs(folio: &mut Folio, errors: &mut Vec<String>) {
    if folio.refs >= 3 {
        errors.push("more references than any path gives back; expected PutFolio for each".to_owned());
    }
    folio.refs += 1;
}

fn flushes(action: Action, s: &State, out: &mut Outcome) {
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

fn reclaim(action: Action, s: &State, out: &mut Outcome) {
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

fn faults(action: Action, s: &State, out: &mut Outcome) {
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
            out.need(round.folio.refs > 0, "no reference keeps the folio; expected one");
        }
        A::GetExclusiveFolio | A::GetFaultPage => {
            out.need(s.ptl != Ptl::None && round.pte.word == Word::Current, NOT_CURRENT);
            out.need(
                action != A::GetFaultPage || !s.debts.has(Debts::FAULT_REF),
                "the fault holds a reference already; expected one",
            );
        }
        A::PutFaultPage => {
            out.need(s.debts.has(Debts::FAULT_REF), "the fault holds no reference; expected GetFaultPage, and this once");
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
        A::SwapFree => yes.round.pte.uncounted = true,
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

fn migration(action: Action, s: &State, out: &mut Outcome) {
    use Action as A;
    let round = s.round;
    let lists = matches!(
        action,
        A::CollectHole
            | A::Collectable
            | A::NothingCollected
            | A::SourcePage
            | A::Restoring
            | A::Migrating
            | A::HasDst
            | A::AllocDst
            | A::MarkRestore
            | A::ClearMigrate
            | A::AnyCleared
    );
    // Outside a migration nothing is selected, and what asks finds the lists empty.
    let source = matches!(
        action,
        A::DeviceSource
            | A::MarkRestore
            | A::RemoveMigrationPte
            | A::ForgetSource
            | A::UnlockSrc
            | A::PutSrc
            | A::MapsSource
    );
    let dst = matches!(action, A::CopyToDst | A::MigrateMapping | A::RefusesMapping | A::UnlockDst | A::PutDst);
    if lists && action != A::AnyCleared {
        out.need(s.begun, "no migration has begun; expected BeginMigrate before");
    }
    if source {
        let fine = round.folio.listed && round.source == Some(true);
        out.need(fine, "the page may have no source; expected SourcePage, or Restoring, before");
    }
    if dst {
        out.need(round.dst == Some(true), NO_DST);
    }
    match action {
        A::BeginMigrate => out.need(
            !s.debts.has(Debts::SOURCES.or(Debts::DESTINATIONS)),
            "folios of the migration before are still locked; expected them let go",
        ),
        A::AllocDst => out.need(round.dst != Some(true), "the page has a destination already; expected one"),
        A::UnlockSrc => {
            out.need(round.folio.locked, "the source is not locked; expected UnlockSrc once");
            unlocked_source(s, out);
        }
        A::PutSrc => out.need(
            round.folio.refs > 0 && !round.folio.locked,
            "the source is put once, behind UnlockSrc; expected that before",
        ),
        A::UnlockDst => out.need(!round.dst_unlocked, "the destination is unlocked already; expected that once"),
        A::PutDst => {
            out.need(round.dst_unlocked, "the destination is put while it is locked; expected UnlockDst before")
        }
        A::ForgetSource => out.need(!round.forgotten, "the source is forgotten already; expected that once"),
        _ => {}
    }
    if matches!(action, A::CollectHole | A::Collectable | A::InstallMigrationEntry) {
        out.need(!s.collected, "pages were collected already, and their sources would be forgotten; expected one loop that collects");
    }
    if action == A::AllocDst {
        let fine = !s.allocated || round.dst == Some(false);
        out.need(fine, "destinations were allocated already, and would be forgotten; expected HasDst asked before");
    }
    if action == A::NothingCollected
        && let Some(yes) = &mut out.yes
    {
        yes.debts.set(Debts::SOURCES, false);
    }
    if matches!(action, A::SourcePage | A::Restoring) {
        if round.source == Some(false) || !s.debts.has(Debts::SOURCES) {
            out.yes = None;
        }
        if action == A::SourcePage {
            if round.source == Some(true) {
                out.no = None;
            }
            if let Some(no) = &mut out.no {
                no.round.source = Some(false);
            }
        }
        if let Some(yes) = out.yes.as_mut().filter(|_| !round.folio.listed) {
            yes.round.source = Some(true);
            let folio = &mut yes.round.folio;
            (folio.listed, folio.locked, folio.refs) = (true, true, 1);
        }
    }
    let Some(yes) = &mut out.yes else { return };
    match action {
        A::BeginMigrate => (yes.begun, yes.collected, yes.allocated) = (true, false, false),
        A::AllocDst => {
            yes.round.dst = Some(true);
            yes.debts.set(Debts::DESTINATIONS, true);
        }
        A::UnlockSrc => yes.round.folio.locked = false,
        A::PutSrc => yes.round.folio.refs -= yes.round.folio.refs.min(1),
        A::UnlockDst => yes.round.dst_unlocked = true,
        A::PutDst => (yes.round.dst, yes.round.dst_unlocked) = (Some(false), false),
        A::ForgetSource => yes.round.forgotten = true,
        A::RemoveMigrationPte => yes.round.back_here = true,
        _ => {}
    }
}

fn fork(action: Action, s: &State, out: &mut Outcome) {
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
    if child {
        out.need(
            s.ptl == Ptl::Both,
            "the child's page table is used without its lock; expected LockBothPtls before",
        );
        out.need(pte.word == Word::Current, NOT_CURRENT);
        out.need(!pte.child_set, "the child has an entry already; expected one");
    }
    if action == A::WriteProtect {
        out.need(s.ptl != Ptl::None, NO_PTL);
    }
    let copies = matches!(action, A::CopyPteToChild | A::CopySwapEntry | A::CopyDeviceEntry);
    if copies {
        let fine = pte.dup || (action == A::CopyPteToChild && pte.kinds.within(Kinds::ZERO));
        out.need(fine, "the child's entry is counted nowhere; expected its mapping or slot counted before");
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
        A::DupAnonRmap => (mine.dup, yes.round.folio.exclusive) = (true, Some(false)),
        A::DupSlotOfEntry | A::DupDeviceRmap => mine.dup = true,
        A::CopyPteToChild | A::CopySwapEntry | A::CopyDeviceEntry | A::CopyMigrationEntry => {
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
        A::ChildExists => {
            // There is one only while none is being made.
            if s.debts.has(Debts::FORKING) {
                out.yes = None;
            }
        }
        _ => {}
    }
}

fn references(action: Action, s: &State, out: &mut Outcome) {
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
