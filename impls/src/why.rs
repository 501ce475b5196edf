//! The vocabulary of `migrate_vma_collect_pmd`: for each step and condition, the kernel function behind it,
//! and why it is there. A listing's own `why` lines take precedence, where versions differ.

use model::Action;

/// What is known of a step or condition of collect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Note {
    /// The kernel function or expression that it models, as 6.0 names it (a later one as its release does).
    pub function: &'static str,
    /// Why it is there, or what its absence costs; empty if that is obvious.
    pub why: &'static str,
}

/// The note on an action; `None` if it has no meaning in collect.
#[must_use]
pub const fn note(action: Action) -> Option<Note> {
    use Action as A;
    let (function, why) = match action {
        A::LockPtl => (
            "pte_offset_map_lock",
            "Keeps everybody else's hands off these entries, except the hardware's and GUP-fast's.",
        ),
        A::UnlockPtl => ("pte_unmap_unlock", "Whoever waits for the entries goes on with them as they are now."),
        A::GetFolio => {
            ("get_page", "Keeps the folio when its mapping's reference goes, and until migration is over.")
        }
        A::PutFolio => ("put_page", ""),
        A::TrylockFolio => (
            "trylock_page",
            "Keeps faults and reclaim off the folio. Only tried: to wait for it under the page-table lock could \
             deadlock, and to migrate less is allowed.",
        ),
        A::LockFolio => ("folio_lock", "A folio is split under its lock. This sleeps."),
        A::UnlockFolio => ("unlock_page", ""),

        A::ReadPte => (
            "*ptep",
            "Good for choosing, not for keeping: the hardware can set A and D in the entry until it is cleared.",
        ),
        A::CollectHole => {
            ("pte_none", "Nothing is mapped, so nothing is copied: a new zero page will be inserted.")
        }
        A::Collectable => (
            "vm_normal_page",
            "Swapped-out pages, migration entries and pages of the kind that was not asked for stay where they are.",
        ),
        A::LargeFolio => ("PageTransCompound", "One entry of a large folio cannot migrate by itself."),
        A::SplitFolio => ("split_folio", "Fails if the folio has a reference that nothing explains."),
        A::PteNone => ("pte_none", ""),
        A::PtePresent => ("pte_present", "No TLB caches an entry that is not present."),
        A::PteSwap => ("is_swap_pte", ""),
        A::PteMigration => ("is_migration_entry", ""),
        A::PteDevice => ("is_device_private_entry", ""),
        A::PteZeroPage => ("is_zero_pfn", ""),
        A::PteSame => ("pte_same", "The entry is still the word of the read, the hardware's A and D included."),
        A::PteDirty => ("pte_dirty", ""),
        A::PtePresentDirty => (
            "pte_present, pte_dirty",
            "Only a present word has a D: on x86 a writable device-private word tests dirty by accident.",
        ),
        A::PteYoung => ("pte_young", ""),
        A::PteYoungOrDirty => ("pte_young, pte_dirty", ""),

        A::Exclusive => (
            "PageAnonExclusive",
            "Since 5.19 only an exclusive anonymous page is mapped writable. Stable under the page-table lock.",
        ),
        A::ClearPte => (
            "ptep_get_and_clear",
            "One atomic exchange: no D can be set in the entry after it, so the word that comes back is the last.",
        ),
        A::ClearPteIgnored => (
            "ptep_get_and_clear",
            "The word that comes back is thrown away, and with it a D that was set since the read (S3).",
        ),
        A::FlushPage => ("flush_tlb_page", "No store goes through an old entry of this page after this."),
        A::FlushRange => ("flush_tlb_range", "One shoot-down for all pages that were cleared."),
        A::FlushMm => ("flush_tlb_mm", "Pays what reclaim's batch still owes this address space."),
        A::BatchPending => {
            ("flush_tlb_batched_pending", "Reclaim may have cleared entries without a flush so far.")
        }
        A::ShareAnon => (
            "page_try_share_anon_rmap",
            "A page that may be pinned must stay. Otherwise it stops being exclusive, so that no new pin succeeds.",
        ),
        A::RestorePte => ("set_pte_at", "The page stays mapped, with the word that the listing last took."),

        A::MarkFolioDirty => (
            "folio_mark_dirty",
            "The folio remembers what the entry no longer can: without it reclaim trusts an old slot, or discards \
             a lazyfree page (S1, S1b).",
        ),
        A::CarryYoungDirty => (
            "make_migration_entry_dirty",
            "A and D come back with the page, if the architecture has room for them in the entry.",
        ),
        A::InstallMigrationEntry => (
            "set_pte_at",
            "Whoever needs the page waits here until migration is over. No TLB is filled from a migration entry, so \
             the flush can come later.",
        ),
        A::RemoveRmap => (
            "page_remove_rmap, put_page",
            "Safe before the flush: the reference and the lock taken above keep the folio.",
        ),
        A::AnyCleared => ("unmapped", "Holes and device pages owe no flush."),

        A::FolioDirty => ("folio_test_dirty", ""),
        A::SwapBacked => ("folio_test_swapbacked", "A folio that is not swap-backed is lazyfree (MADV_FREE)."),
        A::InSwapCache => ("folio_test_swapcache", ""),
        A::MaybePinned => ("folio_maybe_dma_pinned", ""),
        A::Mapped => ("folio_mapped", ""),
        A::MappedOnce => ("folio_mapcount", ""),
        A::SoleOwner => ("folio_ref_count", ""),
        _ => return None,
    };
    Some(Note { function, why })
}

/// Why an action has no place in collect.
#[must_use]
pub const fn refusal(action: Action) -> &'static str {
    use Action as A;
    match action {
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
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{mutants, registry};
    use model::listing::Node;

    fn actions(nodes: &[Node], out: &mut Vec<Action>) {
        for node in nodes {
            match node {
                Node::Do(action, body) => {
                    out.push(*action);
                    actions(body, out);
                }
                Node::If(action, yes, no) => {
                    out.push(*action);
                    actions(yes, out);
                    actions(no, out);
                }
                Node::EachPage(body) => actions(body, out),
                _ => {}
            }
        }
    }

    #[test]
    fn every_step_of_every_version_is_in_the_vocabulary() {
        let mut used = Vec::new();
        registry().iter().for_each(|v| actions(&v.listing, &mut used));
        mutants().iter().for_each(|m| actions(&m.version.listing, &mut used));
        for action in used {
            assert!(note(action).is_some_and(|n| !n.function.is_empty()), "{action:?}");
        }
    }

    /// A reason is a sentence: what it says ends with a full stop and fits a few lines.
    #[test]
    fn reasons_are_sentences() {
        for note in Action::ALL.iter().filter_map(|a| note(*a)).filter(|n| !n.why.is_empty()) {
            assert!(note.why.ends_with('.') || note.why.ends_with(')'), "{}", note.why);
            assert!(note.why.len() < 180 && !note.why.contains("  "), "{}", note.why);
        }
    }
}
