//! What judges excuse, one entry each: whom it serves, where it comes from, and what is missed while it holds.
//!
//! Nothing else excuses anything. An assumption is about those who are not under comparison: one that serves
//! the window in which somebody owes something is not in force where the functions under comparison open or
//! close that window (`impls::kernel::link`). `--no-assume` switches one off for everybody; what is found then
//! says so.

pub use model::{Assumption, Assumptions};

/// An entry of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Which.
    pub assumption: Assumption,
    /// Who excuses: the name of a judge, `differential`, or `program` for what the program may see, which
    /// every judge of data goes by.
    pub judge: &'static str,
    /// What is excused.
    pub excuses: &'static str,
    /// Who needs it.
    pub serves: &'static str,
    /// A manual page, a commit, a rule of the kernel, or that it is not modelled.
    pub source: &'static str,
    /// What is missed while it is in force.
    pub missed: &'static str,
}

macro_rules! table {
    ($( $name:ident, $judge:literal: $excuses:literal; serves $serves:literal; source $source:literal; missed $missed:literal; )*) => {
        /// The entry of an assumption.
        #[must_use]
        pub const fn entry(assumption: Assumption) -> Entry {
            match assumption {
                $( Assumption::$name => Entry {
                    assumption,
                    judge: $judge,
                    excuses: $excuses,
                    serves: $serves,
                    source: $source,
                    missed: $missed,
                } ),*
            }
        }
    };
}

table! {
    ReclaimBatchOpen, "last-write":
        "a wrong value loaded through a stale translation while any actor's reclaim batch owes a flush, of whatever page";
        serves "reclaim, between try_to_unmap_one and try_to_unmap_flush; not where reclaim is under comparison";
        source "mm/rmap.c set_tlb_ubc_flush_pending: the page is freed only after the flush (72b252aed506)";
        missed "a stale load that is somebody else's fault and falls into the window";
    DiscardInFlight, "last-write":
        "a wrong value loaded through a stale translation while a discard of the page is under way";
        serves "the system call: it promises for its return, and flushes behind the page-table lock";
        source "madvise(2); mm/mmu_gather.c tlb_finish_mmu";
        missed "a stale load that is somebody else's fault and falls into the call";
    StoreDuringDiscard, "program":
        "a store that overlaps a discard of the page vanishes, unless another discard of it has begun since the first one had only its flush to do";
        serves "the system call and the store, which nobody orders";
        source "madvise(2); mm/mmu_gather.c tlb_finish_mmu: of two gathers the one that ends flushes for both (99baac21e458)";
        missed "a store that a discard must not have taken: off, every such store has to survive";
    LazyFreeReadsZero, "program":
        "a page given to MADV_FREE reads as zero until it is stored to again";
        serves "reclaim, which discards such a page if it is clean";
        source "madvise(2)";
        missed "nothing that a program can count on";
    LazyFreeChildReadsZero, "program":
        "the child's copy of a page that the parent gives to MADV_FREE reads as zero";
        serves "the folio that both share, which becomes lazyfree as a whole";
        source "not modelled: whether the child's data survive hangs on D in its entry alone (ff1712f953e2)";
        missed "the child's data";
    StoreDuringFork, "program":
        "the child sees a store of the parent that overlaps the fork";
        serves "fork, which copies entry by entry";
        source "fork(2): it names no moment of the copy";
        missed "a store that goes to a page already shared; off, the child must not see such a store";
    ReferenceDoesNotHold, "program":
        "a device's store through a plain reference misses the page after a fork, a copy, or a drop of its swap entry";
        serves "drivers that take FOLL_GET for write: fork and COW may move the process away from the page";
        source "Documentation/core-api/pin_user_pages.rst: FOLL_PIN is for that";
        missed "data that a device wrote through the wrong kind of hold";
    PinOfSharedPage, "program":
        "a device's store through a pin misses the page if that was not exclusive when the process forked";
        serves "pins for read of a shared page";
        source "mm/memory.c copy_present_pte copies exclusive pinned pages only (fb3d824d1a46)";
        missed "data that a device wrote through a pin of a page that was not exclusive";
    HoldOfDiscardedPage, "program":
        "a device's store through a reference or pin misses a page that has been discarded";
        serves "MADV_DONTNEED, which unmaps pinned pages too";
        source "madvise(2): the page that is held need no longer be the page that is mapped";
        missed "a discard that takes the wrong page";
    ExclusiveUntracked, "program":
        "a device's store through a reference or pin misses the page with exclusive=off";
        serves "kernels before 5.19: COW and swap-in may move the process away from a page under I/O";
        source "CVE-2020-29374 and its mirror image; 6c287605fd56 ended it";
        missed "every lost store of a device on such a kernel";
    HeldForWrite, "clean-means-equal":
        "a page is clean while a device may still write to it";
        serves "whoever holds it: it dirties the page when the device is done";
        source "Documentation/core-api/pin_user_pages.rst, set_page_dirty_lock";
        missed "nothing: the judge speaks when the hold is dropped";
    DirtyBitInHand, "clean-means-equal":
        "a page is clean while an actor holds its dirty word, or owes it a mark";
        serves "whoever has cleared an entry and is about to look at the word";
        source "mm/rmap.c try_to_unmap_one marks the folio behind the clear";
        missed "nothing: the judge speaks when the word is dropped";
    WritebackUnderWay, "clean-means-equal":
        "a page is clean, and newer than its slot, while it is being written there";
        serves "the swap device";
        source "mm/page_io.c: PG_writeback keeps the page until the bytes are out";
        missed "nothing: the judge speaks when the write is over";
    MendedUnderLock, "clean-means-equal, structural":
        "a page looks clean, counts are wrong, or an entry names an unlocked folio, under a lock whose holder mends it";
        serves "whoever keeps the others away with the folio lock or the page-table lock";
        source "nobody can act on what lies between (oracle/src/exclusion.rs runs the holder)";
        missed "nothing: where another interleaving does not mend it, the judge speaks when the lock is released";
    ExclusiveUnderLock, "structural":
        "a writable entry maps a page that is not exclusive, under the page-table lock";
        serves "fork, which clears the mark before it write-protects the entry";
        source "mm/memory.c copy_present_pte";
        missed "nothing: the judge speaks when the lock is released";
    ProtectInFlight, "revoked":
        "a store to a read-only page while an mprotect of it is under way";
        serves "the system call: it flushes behind the page-table lock";
        source "mprotect(2); mm/mprotect.c change_protection";
        missed "a store that somebody else let through and that falls into the call";
    DeviceAfterRevoke, "revoked":
        "a device reaches a page that MADV_DONTNEED took away, or stores to a read-only one";
        serves "devices: they reach the page through holds and mirrors of their own";
        source "mm/gup.c; MMU notifiers are one step with the entry here (not modelled)";
        missed "a mirror that outlives an invalidation";
    SchedulesNotAligned, "differential":
        "two versions do something else with several actors";
        serves "versions with different steps: the same schedule is another interleaving";
        source "not modelled: no interleaving means the same to both";
        missed "differences with legal values under several actors";
    DiskOnItsOwn, "differential":
        "two versions do something else with a disk as swap device";
        serves "the disk, which completes its writes between steps of its own choosing";
        source "not modelled: a write may end in another operation";
        missed "differences in where a page is left";
    LazyFreeTwoFates, "differential":
        "two versions leave other data in a page given to MADV_FREE";
        serves "reclaim: the old value and zero are both right";
        source "madvise(2)";
        missed "a version that never discards, or always does";
    LargeFolioBestEffort, "differential":
        "two versions leave a large folio in other places";
        serves "collect: since 7.0-rc6 it splits and migrates what was passed over before";
        source "mm/migrate_device.c; migration is best effort";
        missed "a version that does not split";
}

/// The table.
pub fn table() -> impl Iterator<Item = Entry> {
    Assumption::ALL.iter().map(|assumption| entry(*assumption))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Judge;

    #[test]
    fn an_entry_names_judges_that_there_are_and_says_everything() {
        let known: Vec<_> = Judge::ALL.iter().map(|j| j.name()).chain(["program", "differential"]).collect();
        for entry in table() {
            let id = entry.assumption.id();
            assert!(entry.judge.split(", ").all(|judge| known.contains(&judge)), "{id}: {}", entry.judge);
            assert!(id.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{id}");
            let words = [entry.excuses, entry.serves, entry.source, entry.missed];
            assert!(words.iter().all(|w| w.len() > 5 && !w.ends_with('.')), "{id}");
        }
        let mut ids: Vec<_> = table().map(|e| e.assumption.id()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), Assumption::ALL.len());
    }
}
