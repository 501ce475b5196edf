//! The vocabulary of the listings: every atomic step and every condition, by name.

macro_rules! actions {
    ($( $(#[$doc:meta])* $name:ident $class:ident $text:literal ),* $(,)?) => {
        /// A step (one atomic action on what others can observe) or a local condition that rides along with
        /// the step before it. What each does is in the `exec` folder of this crate.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Action {
            $( $(#[$doc])* #[doc = concat!("In listings and timelines: “", $text, "”.")] $name ),*
        }

        impl Action {
            /// Every action.
            pub const ALL: &'static [Action] = &[$(Action::$name),*];

            /// The name in listings given as data.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $( Action::$name => stringify!($name) ),* }
            }

            /// The words of listings and timelines.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $( Action::$name => $text ),* }
            }

            /// Whether the action is purely local to its actor, or reads only what a lock that the actor
            /// holds keeps stable; it then takes no step of its own.
            #[inline]
            #[must_use]
            pub const fn is_local(self) -> bool {
                match self { $( Action::$name => actions!(@ local $class) ),* }
            }

            /// Whether the action has two ways out: it is a condition, or a step that may not succeed.
            #[must_use]
            pub const fn can_fail(self) -> bool {
                match self { $( Action::$name => actions!(@ fails $class) ),* }
            }
        }
    };
    // A step that always succeeds, one that may fail; local work, a local condition.
    (@ local step) => { false };
    (@ local tries) => { false };
    (@ local local) => { true };
    (@ local asks) => { true };
    (@ fails step) => { false };
    (@ fails tries) => { true };
    (@ fails local) => { false };
    (@ fails asks) => { true };
}

actions! {
    // Control.
    /// Linker only: never executed.
    Goto local "goto",
    /// Starts a loop over the pages of the operation's range.
    FirstPage local "first page",
    /// The loop's test.
    MorePages local "more pages",
    /// Starts the walk over the folio's mappings.
    FirstMapping local "first mapping",
    /// The walk's test.
    MoreMappings local "more mappings",
    /// The walk is over; the operation's own address space again.
    EndMappings local "end of mappings",
    /// Starts the operation again.
    Retry local "retry",
    /// Ends the operation.
    EndOp local "done",

    // CPU access.
    /// TLB lookup; on a miss or a failed permission check one walk that sets A and fills the entry.
    Translate tries "translate",
    /// The store goes through an entry with D=0.
    NeedsDirty asks "store through a clean entry",
    /// The locked update of the page table that re-checks P and W and sets D (HW-0).
    SetDirty tries "set D after re-checking the pte",
    /// The CPU updates D by a plain load and a later plain store ([`crate::Hardware::PlainRmw`]).
    WalkerLoads asks "plain read-modify-write",
    WalkerRead tries "walker loads the pte",
    /// The load or store itself.
    Access step "access memory",
    /// The CPU still has to set D ([`crate::Hardware::LateDirty`]).
    OwesDirty asks "D not set yet",
    LateDirty step "set D in whatever the pte is",

    // Locks and references.
    /// The mmap lock for read, kept until the operation ends or starts again.
    MmapReadLock step "mmap lock (read)",
    /// The mmap lock for write, kept likewise.
    MmapWriteLock step "mmap lock (write)",
    /// The page-table locks of parent and child.
    LockBothPtls step "lock ptl of parent and child",
    UnlockBothPtls step "unlock both ptl",
    LockPtl step "lock ptl",
    UnlockPtl step "unlock ptl",
    TrylockFolio tries "trylock folio",
    /// Blocks until the lock is free.
    LockFolio step "lock folio",
    UnlockFolio step "unlock folio",
    /// Blocks until nobody holds the folio lock; takes nothing (`migration_entry_wait_on_locked`).
    WaitFolio step "wait for the folio lock",
    GetFolio step "get folio",
    PutFolio step "put folio",

    // The page-table entry of the current page. `pte` is the listing's local variable.
    /// Plain read into the local variable, and nothing else.
    ReadPte step "pte = read",
    /// Atomic exchange with zero; the local variable takes the word that the exchange returned.
    ClearPte step "pte = clear",
    /// Atomic exchange with zero; the returned word is thrown away.
    ClearPteIgnored step "clear (returned word ignored)",
    /// Writes the local variable back.
    RestorePte step "restore pte",
    /// `set_pte_at` of the local variable after an edit.
    SetPte step "set pte",
    /// `pte_mkold` of the local variable.
    MkOld local "pte = old",
    /// `pte_mkclean` of the local variable.
    MkClean local "pte = clean",
    /// `pte_mkdirty` of the local variable.
    MkDirty local "pte = dirty",
    /// `pte_mkwrite` of the local variable.
    MkWrite local "pte = writable",
    /// `pte_wrprotect` of the local variable.
    WrProtect local "pte = write-protected",
    /// `pte_modify` of the local variable to PROT_NONE: present for the kernel, not for the hardware.
    MkProtNone local "pte = prot-none",
    /// The protection of the VMA again.
    UndoProtNone local "pte = usable",
    /// `pte_modify` of the local variable: the protection of the VMA.
    Modify local "pte = with the vma's protection",
    /// Keeps the word of the local variable in a second one.
    SaveOrig local "orig = pte",
    /// The word that was kept.
    UseOrig local "pte = orig",
    OrigDirty asks "dirty(orig)",
    OrigPresent asks "orig present",
    OrigWritable asks "orig writable",
    SameAsOrig asks "pte is orig",
    /// `tlb_remove_tlb_entry`: the mmu gather owes the flush of this page.
    GatherPage local "gather owes the flush of this page",
    /// The entry still equals the local variable (`pte_same`), read under the page-table lock.
    PteSame asks "pte unchanged",
    PteNone asks "pte none",
    PtePresent asks "pte present",
    /// Present, and inaccessible to the hardware (`pte_protnone`).
    PteProtNone asks "pte prot-none",
    PteSwap asks "pte swap",
    PteMigration asks "pte migration",
    PteDevice asks "pte device",
    PteDeviceExclusive asks "pte device-exclusive",
    /// The local variable tests dirty, present or not.
    PteDirty asks "dirty(pte)",
    /// The local variable has W.
    PteWritable asks "writable(pte)",
    /// The local variable is present and dirty.
    PtePresentDirty asks "present(pte) and dirty(pte)",
    /// The local variable has A.
    PteYoung asks "young(pte)",
    /// The local variable has A or D.
    PteYoungOrDirty asks "young(pte) or dirty(pte)",
    /// The local variable maps the zero page.
    PteZeroPage asks "zero page",

    // TLB shoot-down.
    /// Drops the page on this CPU and asks every other CPU that caches it.
    FlushPage step "flush this page",
    /// The same for all pages of the operation's range.
    FlushRange step "flush range",
    /// The same for the address space (`flush_tlb_batched_pending`).
    FlushMm step "flush mm (batch was pending)",
    /// Reclaim's own batched flush (`try_to_unmap_flush`).
    FlushPending step "flush batched",
    /// This CPU alone drops the pages of the operation's range: nobody is asked.
    FlushLocal step "flush range on this CPU",
    /// A shoot-down of the first page of the operation's range, whatever the range.
    FlushFirst step "flush first page of the range",
    /// Completion: every CPU that was asked has dropped its entries.
    FlushWait step "flush complete",
    /// Where every flush is done twice: whoever is in the middle of an access is asked again.
    FlushAgain local "flush again",

    // Faults.
    IsStore asks "store",
    /// A store to a VMA that is mapped read-only: SIGSEGV or EFAULT.
    WriteForbidden asks "store to a read-only vma",
    /// A store to a present, read-only entry.
    WriteProtected asks "store to a read-only pte",
    /// Allocates a zeroed page as the new page of this fault.
    AllocZeroed tries "alloc zeroed folio",
    /// Maps the new page: exclusive, writable, dirty.
    MapNewAnon step "map new folio W,D",
    MapZeroPage step "map zero page",
    /// Drops the new page that was not needed.
    PutNew step "put new folio",
    /// `ptep_set_access_flags`: sets A, and D for a store.
    SetAccessFlags step "set A (and D for a store)",
    /// PG_anon_exclusive of the folio under work, stable under the page-table lock.
    Exclusive asks "exclusive",
    /// `wp_page_reuse`: W, D and A in one store of the whole word.
    ReusePte step "pte = W,D (reuse)",
    /// The early checks and the trylock of `do_wp_page` for a page that is not exclusive.
    TrylockSole tries "trylock folio if no other reference",
    /// Only our mapping references the folio.
    SoleOwner asks "sole owner",
    MakeExclusive local "mark exclusive",
    /// A read pin of a page that is not exclusive makes it so, without making the entry writable
    /// (FAULT_FLAG_UNSHARE).
    Unsharing asks "unsharing for a pin",
    CopyFolio step "copy old folio to new",
    /// After the copy is mapped: the old page's mapping goes.
    RemoveOldRmap step "remove old rmap",

    // Swap.
    /// Finds the slot's folio in the swap cache and takes a reference; waits while it is frozen or pinned.
    LookupSwapCache tries "look up swap cache",
    /// `SWP_SYNCHRONOUS_IO` and only one entry names the slot.
    BypassesSwapCache asks "swap cache bypassed",
    /// Allocates a locked folio beside the swap cache, pinning the slot (`swapcache_prepare`).
    AllocBypass tries "alloc folio, pin slot",
    /// Allocates a locked folio and inserts it into the swap cache.
    AddSwapInFolio tries "alloc folio into swap cache",
    OutOfMemory asks "out of memory",
    ReadSlot step "read slot",
    /// The folio still stands for the slot of the local variable.
    StillSwapCache asks "still the slot's folio",
    /// This swap-in bypasses the swap cache.
    Bypassing asks "bypassing",
    /// Drops the entry's count on the slot, and tries to free the slot where Linux does.
    SwapFree step "swap_free",
    /// Maps the swapped-in page.
    MapSwappedIn step "map swapped-in folio",
    UnpinSlot step "unpin slot",
    /// `folio_free_swap`: leaves the swap cache if nothing names the slot; marks the folio dirty.
    FreeSwap tries "free swap slot",
    /// `free_swap_cache`: the same for a page that nobody maps any more, if it can be locked.
    FreeSwapOfUnmapped step "free swap slot of unmapped folio",

    // Reclaim.
    /// Takes the page's folio off the LRU.
    IsolateForReclaim tries "isolate from lru",
    PutBackLru step "put back to lru",
    /// The folio stays isolated until the end of the batch (`ret_folios` of `shrink_folio_list`).
    KeepIsolated local "keep",
    /// After the flush: what was kept goes back to the LRU.
    PutBackKept step "put back kept folios to lru",
    KeptSome asks "something was kept",
    UnderWriteback asks "under writeback",
    /// MADV_PAGEOUT reclaims whatever the references say.
    IgnoresReferences asks "references ignored",
    /// The reference check of the rmap walk, which clears A without a flush.
    ClearYoung step "clear A",
    SwapBacked asks "swap-backed",
    InSwapCache asks "in swap cache",
    MaybePinned asks "maybe pinned",
    /// PG_mlocked: the entry of a locked VMA maps the folio.
    Mlocked asks "mlocked",
    /// Another folio of the page is on the LRU.
    MoreToReclaim asks "another folio of the page",
    /// A clean lazyfree page that somebody references stays lazyfree (7.0).
    StaysLazyFree asks "stays lazyfree",
    /// Allocates a slot, enters the swap cache, and marks the folio dirty unconditionally.
    AddToSwap tries "add to swap, mark folio dirty",
    Mapped asks "mapped",
    /// The entry maps the folio, read under the page-table lock.
    MapsFolio asks "pte maps the folio",
    /// `should_defer_flush`.
    DefersFlush asks "flush deferred",
    /// `set_tlb_ubc_flush_pending`.
    BatchFlush local "note pending flush",
    MarkFolioDirty step "mark folio dirty",
    /// Reads the reference count and the mapcount of a lazyfree folio.
    ReadRefs step "read refcount and mapcount",
    /// The references were the expected ones, and PG_dirty is not set.
    Discardable tries "only expected references, and clean",
    SetSwapBacked step "set swap-backed",
    /// Lazyfree: the entry stays empty, the mapping and its reference go.
    DropMapping step "discard: drop mapping",
    DupSlot step "swap_duplicate",
    UndupSlot step "swap_free",
    /// `page_try_share_anon_rmap`: fails for a folio that may be pinned (A2), else clears PG_anon_exclusive,
    /// as a step of its own.
    ShareAnon tries "share anon",
    /// The second half of [`Action::ShareAnon`] (A3).
    ClearExclusive step "clear exclusive",
    InstallSwapEntry step "install swap entry",
    /// Mapcount and the mapping's reference.
    RemoveRmap step "remove rmap",
    /// Mapcount alone: the mapping's reference is dropped by a step of its own.
    DropMapcount step "drop mapcount",
    FolioDirty asks "folio dirty",
    /// Reclaim unmapped a dirty entry whose flush is still batched.
    PendingDirty asks "batched flush of a dirty pte",
    /// `pageout`: the folio has a mapping (the swap cache), and only the isolation and the mapping hold
    /// references.
    Freeable tries "no extra reference",
    ClearDirtyForIo tries "test and clear folio dirty",
    StartWriteback step "start writeback",
    WritebackLater asks "writeback completes later",
    WriteSlot step "write folio to slot",
    EndWriteback step "end writeback",
    /// Freezes the reference count at its expected value.
    FreezeRefs tries "freeze refcount",
    /// The dirty test after the freeze.
    CleanAfterFreeze tries "folio clean",
    Unfreeze local "unfreeze",
    RemoveFromSwapCache step "remove from swap cache",
    QueueFree local "queue for freeing",
    PendingFlush asks "batched flush pending",
    BatchDone local "batch flushed",
    FreeBatch step "free pages",
    SwapFull asks "swap more than half full",

    // madvise.
    /// From here on the discard may take effect.
    BeginDiscard local "discard begins",
    /// The VMA is locked in memory: EINVAL.
    VmaLocked asks "vma locked",
    /// `lru_add_drain`: this CPU's batch of lazyfree pages takes effect.
    DrainLru step "drain lru batch",
    GatherBegin step "begin mmu gather",
    /// This gather owes a flush, or another one is active on the address space.
    GatherOwesFlush tries "flush owed or gather nested",
    GatherEnd step "end mmu gather",
    /// Reclaim's batched flush of the address space is pending.
    BatchPending asks "reclaim's batched flush pending",
    /// The local variable maps a normal page on the LRU with one mapping.
    PageOutable asks "page can be isolated",
    IsolateLru tries "isolate from lru",
    Isolated asks "isolated",
    /// The local variable maps a folio of system memory.
    NormalPage asks "normal page",
    CachedOrDirty asks "in swap cache or dirty",
    MappedOnce asks "mapped once",
    ClearFolioDirty step "clear folio dirty",
    /// Puts the folio into this CPU's lazyfree batch, with a reference.
    MarkLazyFree step "mark lazyfree (batched)",
    /// `free_swap_and_cache`.
    FreeSwapAndCache step "free swap and cache",
    ClearEntry step "clear non-present pte",
    /// Rmap removed, the page queued until after the flush.
    ZapRmap step "remove rmap, queue page",
    ZapDevice step "remove device rmap",

    // fork and exit.
    ChildExists asks "child exists",
    BeginFork step "new mm",
    /// `page_try_dup_anon_rmap`: fails for an exclusive folio that may be pinned, else the child's reference
    /// and mapping, and PG_anon_exclusive goes.
    DupAnonRmap tries "add child's mapping",
    /// One atomic clear of W in the parent's entry.
    WriteProtect step "write-protect pte",
    /// The child's entry: the word that was read, read-only and old.
    CopyPteToChild step "copy pte to child",
    /// The child's entry for a copy of a pinned page.
    MapCopyInChild step "map the copy in the child",
    DupSlotOfEntry step "swap_duplicate",
    /// The parent's entry loses its exclusive mark, and the child gets the same.
    CopySwapEntry step "copy swap entry to child",
    /// The parent's entry becomes readable, and the child gets the same.
    CopyMigrationEntry step "copy migration entry to child",
    DupDeviceRmap step "add child's mapping of the device folio",
    CopyDeviceEntry step "copy device entry to child",
    EndFork step "child runs",
    /// From here on in the child's page table.
    EnterChild local "child's page table",
    /// Waits until no thread of the child is in the kernel or in the middle of an access.
    BeginExit step "child stops",
    EndExit step "mm gone",

    // mprotect and mlock.
    ToggleProtection local "change protection of the vma",
    /// `vma->vm_flags & VM_WRITE`.
    VmaWritable asks "vma writable",
    /// `can_change_pte_writable`.
    CanChangeWritable asks "may become writable at once",
    /// A non-present entry becomes readable.
    ProtectEntry step "make entry readable",
    SetMlocked step "lock vma",
    ClearMlocked step "unlock vma",
    /// A locked VMA that has become writable: its pages are populated for write.
    BecomesWritable asks "locked vma becomes writable",
    /// What mlock has to do under the mmap lock is done; what it faults in comes next.
    BeginPopulate local "populate the vma",
    /// Present, and writable where the VMA is.
    Populated asks "populated",
    /// FOLL_TOUCH with FOLL_WRITE: neither the entry nor the folio is dirty.
    TouchesClean asks "for write, neither pte nor folio dirty",

    // The device's mirror of the page table, and device-exclusive access.
    /// The mmu notifier: the mirror forgets the page, and the test driver, whose range includes its end, the
    /// one behind it too.
    InvalidateMirror local "invalidate the mirror",
    /// A load of a device-exclusive page that the mirror has.
    MirrorHolds asks "in the mirror",
    /// The device has the page for itself and knows where it is.
    MirrorExclusive local "mirror the page for exclusive access",
    /// Re-checks the entry; a load or store of the device, and the driver's dirty mark.
    MirrorAccess tries "device access through the mirror",
    InstallExclusiveEntry step "install device-exclusive entry",
    /// The folio under work is the one that the local variable names.
    EntryFolio local "folio of the entry",
    /// The reference that keeps the folio while its lock is waited for.
    GetExclusiveFolio step "get folio of the entry",
    /// `restore_exclusive_pte`.
    RestoreExclusiveEntry step "replace device-exclusive entry",

    // migrate_vma.
    BeginMigrate local "select pages",
    /// The local variable is empty, or the zero page with system pages selected.
    CollectHole asks "hole",
    /// The local variable is of the kind that the caller selects.
    Collectable asks "selected page",
    /// A of the local variable goes into the migration entry, where the kernel has room for it.
    CarryYoung local "entry carries young",
    /// D of the local variable likewise.
    CarryDirty local "entry carries dirty",
    InstallMigrationEntry step "install migration entry",
    /// The folio under work has several pages.
    LargeFolio asks "large folio",
    /// `split_folio`, under the folio lock; fails on a reference that it cannot explain.
    SplitFolio tries "split folio",
    /// Some present entry was cleared.
    AnyCleared asks "anything was cleared",
    NothingCollected asks "nothing collected",
    SourcePage asks "source page",
    DeviceSource asks "device page",
    /// The entry maps the source, present or device-private, read under the page-table lock into the local
    /// variable.
    MapsSource asks "pte maps the source",
    /// `try_to_migrate_one`: the entry of another mapping becomes a migration entry.
    ReplaceByMigrationEntry step "install migration entry (other mapping)",
    /// The destination is device memory, and the source is in the swap cache.
    RefusesMapping asks "in swap cache, device target",
    /// The kernel tries to free the swap slot first.
    FreesSwap asks "tries to free the slot",
    /// The reference count is what the migration itself explains (`migrate_vma_check_page`).
    CheckRefs tries "no extra reference",
    MarkRestore local "not migrating",
    Restoring asks "to be restored",
    /// `remove_migration_pte`.
    RemoveMigrationPte step "replace migration entry",
    ForgetSource local "forget source",
    Migrating asks "migrating",
    AllocDst tries "alloc destination",
    CopyToDst step "copy source to destination",
    HasDst asks "has destination",
    ClearMigrate local "not migrating",
    /// `migrate_folio`: mapping and reference checks, then the flags move.
    MigrateMapping tries "move mapping and flags",
    /// The entry is still empty or the zero page, read under the page-table lock.
    Insertable asks "pte still none or zero page",
    InsertPage step "insert page",
    UnlockSrc step "unlock source",
    PutSrc step "put source",
    UnlockDst step "unlock destination",
    PutDst step "put destination",
    /// `do_swap_page` holds a reference on the device page for the driver (6.1).
    TakesFaultRef asks "fault holds a reference",
    GetFaultPage step "get device folio",
    HasFaultPage asks "called from a fault",
    PutFaultPage step "put device folio",

    // Extra references and pins.
    Holding asks "already held",
    /// B2 of GUP-fast, and what a mirror asks: for write, the entry has to be writable.
    GupPermitted asks "present and permitted",
    /// B3 of GUP-fast: the reference, if the folio still has any.
    TryGetFolio tries "try get folio",
    TryPinFolio tries "try pin folio",
    /// B4: the entry is the one that was read.
    PteRecheck tries "re-check pte",
    /// B5: a read-only entry must still map an exclusive page.
    PinAllowed tries "writable or exclusive",
    UnpinFolio step "unpin folio",
    Hold step "keep the reference",
    /// The reference or pin is held for write: the device stores no more through it.
    EndIo tries "end of i/o to the page",
    DmaStore tries "dma store",
    Release step "drop the reference",
    HoldPin step "keep the pin",
    ReleasePin step "drop the pin",
    HoldingPin asks "already pinned",
    SetSwapMax step "set swap limit",
}

impl Action {
    /// Whether an actor may have to wait before it can take the step.
    #[must_use]
    pub const fn may_wait(self) -> bool {
        matches!(
            self,
            Action::LockPtl
                | Action::LockBothPtls
                | Action::MmapReadLock
                | Action::MmapWriteLock
                | Action::BeginExit
                | Action::LockFolio
                | Action::WaitFolio
                | Action::FlushWait
                | Action::LookupSwapCache
        )
    }

    /// Whether the action starts a TLB shoot-down, which a completion step follows.
    #[inline]
    #[must_use]
    pub const fn is_flush(self) -> bool {
        matches!(
            self,
            Action::FlushPage | Action::FlushRange | Action::FlushMm | Action::FlushPending | Action::FlushFirst
        )
    }
}
