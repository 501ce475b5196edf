//! Which steps have a place in collect, and why the others have none.

use model::Action;

const fn has_a_place(action: Action) -> bool {
    use Action as A;
    matches!(
        action,
        A::LockPtl
            | A::UnlockPtl
            | A::GetFolio
            | A::PutFolio
            | A::TrylockFolio
            | A::LockFolio
            | A::UnlockFolio
            | A::ReadPte
            | A::CollectHole
            | A::Collectable
            | A::LargeFolio
            | A::SplitFolio
            | A::PteNone
            | A::PtePresent
            | A::PteSwap
            | A::PteMigration
            | A::PteDevice
            | A::PteZeroPage
            | A::PteSame
            | A::PteDirty
            | A::PtePresentDirty
            | A::PteYoung
            | A::PteYoungOrDirty
            | A::Exclusive
            | A::ClearPte
            | A::ClearPteIgnored
            | A::FlushPage
            | A::FlushRange
            | A::FlushMm
            | A::BatchPending
            | A::ShareAnon
            | A::RestorePte
            | A::MarkFolioDirty
            | A::CarryYoung
            | A::CarryDirty
            | A::SetPte
            | A::MkOld
            | A::MkClean
            | A::MkDirty
            | A::MkWrite
            | A::WrProtect
            | A::SaveOrig
            | A::UseOrig
            | A::OrigDirty
            | A::OrigPresent
            | A::OrigWritable
            | A::SameAsOrig
            | A::InstallMigrationEntry
            | A::RemoveRmap
            | A::AnyCleared
            | A::FolioDirty
            | A::SwapBacked
            | A::InSwapCache
            | A::MaybePinned
            | A::Mapped
            | A::MappedOnce
            | A::SoleOwner
    )
}

/// Why an action has no place in collect; `None` if it has one.
pub const fn refusal(action: Action) -> Option<&'static str> {
    use Action as A;
    if has_a_place(action) {
        return None;
    }
    Some(match action {
        A::Goto | A::FirstPage | A::MorePages | A::FirstMapping | A::MoreMappings | A::EndMappings => {
            "the linker puts it in where loops and branches need it"
        }
        A::FlushWait => "the linker puts it in after every flush",
        A::Retry | A::EndOp => "it ends or restarts the whole operation; collect ends with `return`",
        A::Translate | A::NeedsDirty | A::SetDirty | A::Access | A::IsStore | A::WriteProtected => {
            "it is a CPU's access to memory, and collect reads and writes no user memory"
        }
        A::FlushPending | A::BatchFlush | A::BatchDone | A::PendingFlush | A::PendingDirty | A::DefersFlush => {
            "it works on reclaim's own batch; collect flushes with FlushPage or FlushRange"
        }
        A::FreezeRefs
        | A::Unfreeze
        | A::CleanAfterFreeze
        | A::RemoveFromSwapCache
        | A::QueueFree
        | A::FreeBatch => "it is how reclaim frees a page, and a page under migration is not freed",
        A::BeginMigrate | A::NothingCollected | A::SourcePage | A::DeviceSource | A::CheckRefs => {
            "it belongs to what migrate_vma does before or after collect"
        }
        A::RemoveMigrationPte | A::AllocDst | A::CopyToDst | A::MigrateMapping | A::InsertPage => {
            "it belongs to what migrate_vma does after collect"
        }
        _ => "it works on what another operation (a fault, reclaim, madvise, GUP) keeps in its registers",
    })
}
