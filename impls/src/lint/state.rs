//! A path in the abstract: what it holds and knows, and what each action makes of that.

use model::Action;

/// What became of the page-table entry in this round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Entry {
    /// As it was found, or put back.
    #[default]
    Mapped,
    Cleared,
    Migration,
}

/// Where a path is: what it holds, and what it knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct State {
    pub ptl: bool,
    /// Some entry of an earlier round was cleared, and no flush has come.
    pub owed: bool,
    pub round: Round,
}

/// The part of a state that a round begins anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Round {
    pub stepped: bool,
    pub read: bool,
    /// `Collectable` has chosen the folio under work.
    pub folio: bool,
    pub refs: u8,
    pub locked: bool,
    pub entry: Entry,
    pub unmapped: bool,
    /// `ShareAnon` has succeeded.
    pub shared: bool,
    pub unflushed: bool,
    pub marked: bool,
    pub dirty: Option<bool>,
    pub present: Option<bool>,
    pub exclusive: Option<bool>,
    pub large: Option<bool>,
}

/// The state after an action that succeeds.
pub fn after(action: Action, mut s: State) -> State {
    use Action as A;
    let r = &mut s.round;
    match action {
        A::LockPtl => s.ptl = true,
        A::UnlockPtl => s.ptl = false,
        A::GetFolio => r.refs = (r.refs + 1).min(3),
        A::PutFolio => r.refs = r.refs.saturating_sub(1),
        A::TrylockFolio | A::LockFolio => r.locked = true,
        A::UnlockFolio => r.locked = false,
        A::ReadPte => (r.read, r.dirty, r.present) = (true, None, None),
        A::Collectable => r.folio = true,
        A::ClearPte | A::ClearPteIgnored => {
            r.entry = Entry::Cleared;
            r.unflushed = r.present != Some(false);
            if action == A::ClearPte {
                (r.read, r.dirty) = (true, None);
            }
        }
        A::RestorePte => (r.entry, r.unflushed) = (Entry::Mapped, false),
        A::InstallMigrationEntry => r.entry = Entry::Migration,
        A::RemoveRmap => r.unmapped = true,
        A::FlushPage => r.unflushed = false,
        A::FlushRange | A::FlushMm => (r.unflushed, s.owed) = (false, false),
        A::MarkFolioDirty => r.marked = true,
        A::PteDirty => r.dirty = Some(true),
        A::PtePresentDirty => (r.dirty, r.present) = (Some(true), Some(true)),
        A::PtePresent => r.present = Some(true),
        A::Exclusive => r.exclusive = Some(true),
        A::ShareAnon => (r.shared, r.exclusive) = (true, Some(false)),
        A::LargeFolio => r.large = Some(true),
        A::SplitFolio => r.large = Some(false),
        _ => {}
    }
    s
}

/// The state after an action that fails.
pub fn after_failing(action: Action, mut s: State) -> State {
    use Action as A;
    let r = &mut s.round;
    match action {
        A::PteDirty | A::PtePresentDirty => r.dirty = Some(false),
        // No TLB has the entry.
        A::PtePresent => (r.present, r.unflushed) = (Some(false), false),
        A::Exclusive => r.exclusive = Some(false),
        A::LargeFolio => r.large = Some(false),
        // An entry counts once its migration entry is installed.
        A::AnyCleared => (r.unflushed, s.owed) = (r.unflushed && r.entry != Entry::Migration, false),
        _ => {}
    }
    s
}

/// The answer that the path already has.
pub fn known(action: Action, s: &State) -> Option<bool> {
    let r = s.round;
    match action {
        Action::PteDirty => r.dirty,
        Action::PtePresent => r.present,
        Action::Exclusive => r.exclusive,
        Action::LargeFolio => r.large,
        _ => None,
    }
}

/// Whether an action has two ways out.
pub fn can_fail(action: Action) -> bool {
    use Action as A;
    match action {
        A::TrylockFolio | A::ShareAnon | A::SplitFolio => true,
        A::CarryYoung | A::CarryDirty | A::MkOld | A::MkClean | A::MkDirty | A::MkWrite | A::WrProtect => false,
        A::Modify | A::SaveOrig | A::UseOrig | A::GatherPage => false,
        a => a.is_local(),
    }
}

/// About the range or the address space, not about one page.
pub fn of_the_range(action: Action) -> bool {
    use Action as A;
    matches!(action, A::LockPtl | A::UnlockPtl | A::FlushRange | A::FlushMm | A::AnyCleared | A::BatchPending)
}

/// Looks at the word that was read.
pub fn tests_word(action: Action) -> bool {
    use Action as A;
    matches!(
        action,
        A::CollectHole
            | A::Collectable
            | A::RestorePte
            | A::PteSame
            | A::PteNone
            | A::PtePresent
            | A::PteSwap
            | A::PteMigration
            | A::PteDevice
            | A::PteDirty
            | A::PtePresentDirty
            | A::PteYoung
            | A::PteYoungOrDirty
            | A::PteZeroPage
            | A::CarryYoung
            | A::CarryDirty
            | A::InstallMigrationEntry
    )
}

/// Works on the folio under work.
pub fn needs_folio(action: Action) -> bool {
    use Action as A;
    matches!(
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
            | A::InstallMigrationEntry
            | A::RemoveRmap
            | A::FolioDirty
            | A::SwapBacked
            | A::InSwapCache
            | A::MaybePinned
            | A::Mapped
            | A::MappedOnce
            | A::SoleOwner
    )
}
