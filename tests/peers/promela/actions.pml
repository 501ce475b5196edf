/* What each action of the listings does, in Promela: one page, one address space, written by hand.
 *
 * The control flow around these is generated from the linked listings (src/promela). For an action X
 *   W_X  has to hold before the step can be taken (it waits), if defined;
 *   C_X  takes the listing's main way out, else the other one, if defined; otherwise the main way is the only one;
 *   T_X  is what the main way does, F_X what the other one does, if defined.
 * `me` is the number of the actor. Its registers are the local variables of its process. What the case decides comes as macros
 * from the generator: IS_WRITE, TO_DEVICE, MIGRATES, REFERENCES_IGNORED, VALUE, DRAINING, the folds over frames, words and CPUs,
 * and the kernel's knobs, K_*.
 */

/* Words of the page table: bits, a kind, and a frame or slot from bit 9 on. */
#define P 1
#define W 2
#define A 4
#define D 8
#define X 16
#define CARRIES_A 32
#define CARRIES_D 64
#define SWAP 128
#define MIGRATION 256
#define DEVICE 384
#define KIND (P | 384)
#define ADDRESS(word) ((word) >> 9)
#define IS_NONE(word) (((word) & ~(A | D)) == 0)
#define IS_PRESENT(word) (((word) & P) != 0)
#define IS_SWAP(word) (((word) & KIND) == SWAP)
#define IS_MIGRATION(word) (((word) & KIND) == MIGRATION)
#define IS_DEVICE(word) (((word) & KIND) == DEVICE)
#define IS_ZERO_PAGE(word) (IS_PRESENT(word) && ADDRESS(word) == ZERO)
#define NORMAL(word) (IS_PRESENT(word) && ADDRESS(word) != ZERO)

/* Entries of a TLB. */
#define VALID 1
#define TLB_W 2
#define TLB_D 4
#define TLB_FRAME(entry) ((entry) >> 3)

/* Flags of a folio. */
#define DIRTY 1
#define SWAPBACKED 2
#define SWAPCACHE 4
#define UPTODATE 8
#define EXCLUSIVE 16
#define LRU 32
#define ALLOCATED 64
#define FREEING 128
#define HAS(f, flag) ((flags[f] & (flag)) != 0)
#define SET(f, flag) flags[f] = flags[f] | (flag)
#define CLEAR(f, flag) flags[f] = flags[f] & ~(flag)
#define SET_EXCLUSIVE(f) flags[f] = (flags[f] & ~EXCLUSIVE) | (K_EXCLUSIVE -> EXCLUSIVE : 0)
#define IN_CACHE(f) (HAS(f, SWAPCACHE) -> 1 : 0)

/* The slot in the low half, the owner of the folio lock plus one in the high half. */
#define NO_SLOT 15
#define SLOT(f) (slot_lock[f] & 15)
#define SET_SLOT(f, s) slot_lock[f] = (slot_lock[f] & 240) | (s)
#define LOCKED(f) (slot_lock[f] > 15)
#define LOCK(f) slot_lock[f] = (slot_lock[f] & 15) | ((me + 1) << 4)
#define UNLOCK(f) slot_lock[f] = slot_lock[f] & 15

/* The stage of writeback in the low bits, the CPU of the lazyfree batch plus one above. */
#define WRITEBACK(f) (state[f] & 3)
#define SET_WRITEBACK(f, stage) state[f] = (state[f] & 252) | (stage)
#define LAZY(f) (state[f] >> 2)
#define SET_LAZY(f, n) state[f] = (state[f] & 3) | ((n) << 2)

/* How many entries name a slot in the low half, and whether a folio stands for it. */
#define SLOT_MAPS(s) (slots[s] & 15)
#define SLOT_CACHED(s) (slots[s] > 15)
#define SLOT_FREE(s) (slots[s] == 0)

#define NONE 14
#define ZERO 15
#define IS_DEV(f) ((f) >= SYSTEM && (f) < NONE)
#define MIGRATE 16
#define RESTORE 32
#define SOURCE (src & 15)

#define EACH_SYSTEM_FRAME(what) each = 0; do :: each < SYSTEM -> what; each++ :: else -> each = 0; break od
#define BIT(n) (1 << (n))
#define MINE BIT(me)

/* The allocator. Too few frames in this model are an error of the model. */
#define ALLOC(f) f = LOWEST_FREE_FRAME; assert(f != NONE); flags[f] = ALLOCATED; refs[f] = 1; maps[f] = 0; \
    slot_lock[f] = NO_SLOT; state[f] = 0
#define KEPT_FLAGS ((K_STICKY == 2 -> DIRTY : 0) | (K_STICKY >= 1 -> SWAPBACKED : 0))
#define FREE(f) \
    device_free = (IS_DEV(f) -> ((device_free << 2) | (f - SYSTEM)) & 255 : device_free); \
    flags[f] = (IS_DEV(f) -> flags[f] & KEPT_FLAGS : 0); \
    refs[f] = 0; maps[f] = 0; slot_lock[f] = 0; state[f] = 0
#define PUT(f) refs[f]--; if :: refs[f] == 0 -> FREE(f) :: else -> skip fi

/* Swap slots. */
#define CAN_FREE_SWAP(f) (HAS(f, SWAPCACHE) && WRITEBACK(f) == 0 && SLOT_MAPS(SLOT(f)) == 0)
#define LEAVE_SWAP_CACHE(f) slots[SLOT(f)] = slots[SLOT(f)] & 15; CLEAR(f, SWAPCACHE); SET_SLOT(f, NO_SLOT)
#define FREE_SWAP(f) LEAVE_SWAP_CACHE(f); SET(f, DIRTY); PUT(f)
#define FREE_SWAP_OF_UNMAPPED(f) \
    if \
    :: !LOCKED(f) && maps[f] == 0 && refs[f] > 0 && CAN_FREE_SWAP(f) -> FREE_SWAP(f) \
    :: else -> skip \
    fi

/* The one-bit registers of an actor. */
#define R_CLEARED 1
#define R_OWED 2
#define R_BATCH_DIRTY 4
#define R_FAULT 8
#define R_HOLDS_DIRTY 16
#define R_HOLDS_PTE 32
#define R_EXCLUSIVE 64
#define R_REFS_OK 128
#define R_ISOLATED 256
#define R_OOM 512
#define R_READ_IN 16384
#define R_MMAP_READ 1024
#define R_CACHED 2048
#define R_CARRY_YOUNG 4096
#define R_CARRY_DIRTY 8192

#define SETTLE registers = registers & ~(R_HOLDS_DIRTY | R_HOLDS_PTE)
#define RESET pte = 0; folio = NONE; src = NONE; dst = NONE; batch = 0; kept = 0; registers = 0; asked[me] = 0; \
    mid_access = mid_access & ~MINE; discarding = discarding & ~MINE; batched_by = batched_by & ~MINE

/* ---- the CPU ---- */
#define HIT ((tlb[me] & VALID) && (!IS_WRITE || ((tlb[me] & TLB_W) && (HW_SETS_DIRTY || (tlb[me] & TLB_D)))))
#define WALKS (IS_PRESENT(page_table) && \
    (!IS_WRITE || ((page_table & W) && (HW_SETS_DIRTY || (page_table & D)))))
#define C_Translate (HIT || WALKS)
#define T_Translate \
    if \
    :: HIT -> registers = registers | R_CACHED \
    :: else -> \
        registers = registers & ~R_CACHED; \
        page_table = page_table | A; \
        tlb[me] = VALID | ((page_table & W) -> TLB_W : 0) | ((page_table & D) -> TLB_D : 0) | (ADDRESS(page_table) << 3) \
    fi; \
    folio = TLB_FRAME(tlb[me]); \
    mid_access = mid_access | MINE
#define F_Translate tlb[me] = 0
#define C_NeedsDirty (IS_WRITE && !(tlb[me] & TLB_D) && !(HW_BLIND && (registers & R_CACHED)))
#define C_SetDirty (IS_PRESENT(page_table) && (page_table & W) && ADDRESS(page_table) == folio)
#define T_SetDirty \
    page_table = page_table | A | D; \
    if :: tlb[me] & VALID -> tlb[me] = tlb[me] | TLB_D :: else -> skip fi
#define F_SetDirty tlb[me] = 0; mid_access = mid_access & ~MINE

/* A load that returns a value which is not legal ends its execution: in a model that counts there is no such step, in one that
 * judges it is an error. Someone else's unfinished flush excuses a stale translation. */
#define STALE (!(IS_PRESENT(page_table) && ADDRESS(page_table) == folio))
#define LEGAL (IS_WRITE || EVERY_WORD_LEGAL(folio) || (STALE && (discarding || batched_by)))
#ifdef JUDGE
#define W_Access true
#define LOOK assert(LEGAL);
#else
#define W_Access LEGAL
#define LOOK
#endif
#define T_Access \
    LOOK \
    mid_access = mid_access & ~MINE; \
    if :: IS_WRITE -> STORE(folio) :: else -> skip fi

/* ---- locks and references ---- */
#define T_MmapReadLock registers = registers | R_MMAP_READ
#define W_LockPtl (lock == 0)
#define T_LockPtl lock = me + 1
#define T_UnlockPtl lock = 0
#define C_TrylockFolio (!LOCKED(folio))
#define T_TrylockFolio LOCK(folio)
#define W_LockFolio (!LOCKED(folio))
#define T_LockFolio LOCK(folio)
#define T_UnlockFolio UNLOCK(folio)
#define W_WaitFolio (!LOCKED(ADDRESS(pte)))
#define T_GetFolio refs[folio]++
#define T_PutFolio PUT(folio)

/* ---- the page table ---- */
#define T_ReadPte pte = page_table
#define TAKEN registers = (registers & ~(R_CARRY_YOUNG | R_CARRY_DIRTY | R_HOLDS_DIRTY)) | R_HOLDS_PTE \
    | ((IS_PRESENT(pte) && (pte & D)) -> R_HOLDS_DIRTY : 0)
#define T_ClearPte pte = page_table; page_table = 0; TAKEN
#define T_ClearPteIgnored page_table = 0; TAKEN
#define T_RestorePte page_table = pte; SETTLE
#define T_SetPte page_table = pte; SETTLE
#define T_MkOld pte = pte & ~A
#define T_MkClean pte = pte & ~D
#define C_PteSame (page_table == pte)
#define C_PteNone IS_NONE(pte)
#define C_PtePresent IS_PRESENT(pte)
#define C_PteSwap IS_SWAP(pte)
#define C_PteMigration IS_MIGRATION(pte)
#define C_PteDevice IS_DEVICE(pte)
#define C_PteDirty ((pte & D) != 0)
#define C_PtePresentDirty (IS_PRESENT(pte) && (pte & D))
#define C_PteYoung ((pte & A) != 0)
#define C_PteYoungOrDirty ((pte & (A | D)) != 0)
#define C_PteZeroPage IS_ZERO_PAGE(pte)

/* ---- shoot-downs ---- */
#define FLUSH asked[me] = CPUS_THAT_CACHE; DROP_OWN
#define T_FlushPage FLUSH
#define T_FlushRange FLUSH
#define T_FlushMm flush_batched = 0; FLUSH
#define T_FlushPending FLUSH
#define W_FlushWait (asked[me] == 0)
#define T_FlushAgain skip
#define T_BatchFlush \
    flush_batched = 1; \
    batched_by = batched_by | MINE; \
    if :: pte & D -> registers = registers | R_BATCH_DIRTY :: else -> skip fi
#define C_PendingFlush ((batched_by & MINE) != 0)
#define C_PendingDirty (registers & R_BATCH_DIRTY)
#define C_BatchPending flush_batched
#define T_BatchDone batched_by = batched_by & ~MINE; registers = registers & ~R_BATCH_DIRTY

/* ---- faults ---- */
#define C_IsStore IS_WRITE
#define C_WriteProtected (IS_WRITE && !(pte & W))
#define T_AllocZeroed ALLOC(new); SET(new, UPTODATE); ZERO_FOLIO(new); registers = registers & ~R_OOM; dst = new
#define T_MapNewAnon \
    maps[dst]++; \
    SET(dst, SWAPBACKED | LRU); \
    SET_EXCLUSIVE(dst); \
    page_table = P | W | D | A | (dst << 9); \
    SETTLE
#define T_MapZeroPage page_table = P | A | (ZERO << 9)
#define T_PutNew new = dst; dst = NONE; PUT(new)
#define T_SetAccessFlags page_table = (pte & ~D) | A | ((IS_WRITE || (page_table & D)) -> D : 0)
#define C_Exclusive HAS(folio, EXCLUSIVE)
#define T_Exclusive registers = registers | R_EXCLUSIVE
#define F_Exclusive registers = registers & ~R_EXCLUSIVE
#define T_ReusePte page_table = pte | W | D | A
#define C_TrylockSole (refs[folio] <= 1 + IN_CACHE(folio) && !LOCKED(folio))
#define T_TrylockSole LOCK(folio)
#define C_SoleOwner (refs[folio] == 1)
#define T_MakeExclusive SET_EXCLUSIVE(folio)
#define T_CopyFolio COPY_FOLIO(dst, folio)
#define REMOVE_RMAP maps[folio]--; PUT(folio); SETTLE
#define T_RemoveOldRmap REMOVE_RMAP
#define T_RemoveRmap REMOVE_RMAP
#define T_DropMapping REMOVE_RMAP
#define T_DropMapcount maps[folio]--; SETTLE
#define C_NormalPage NORMAL(pte)
#define T_NormalPage folio = ADDRESS(pte)

/* ---- swap-in ---- */
#define CACHED (SLOT_CACHED(ADDRESS(pte)) -> FOLIO_OF_SLOT(ADDRESS(pte)) : NONE)
#define W_LookupSwapCache (CACHED == NONE || refs[CACHED] != 0)
#define C_LookupSwapCache (CACHED != NONE)
#define T_LookupSwapCache folio = CACHED; refs[folio]++
#define C_AddSwapInFolio (SLOT_MAPS(ADDRESS(pte)) != 0 && !SLOT_CACHED(ADDRESS(pte)))
#define T_AddSwapInFolio \
    ALLOC(new); \
    registers = registers & ~R_OOM; \
    SET(new, SWAPBACKED | LRU | SWAPCACHE); \
    SET_SLOT(new, ADDRESS(pte)); \
    LOCK(new); \
    refs[new] = 2; \
    slots[ADDRESS(pte)] = slots[ADDRESS(pte)] | 16; \
    registers = registers | R_READ_IN; \
    folio = new
#define F_AddSwapInFolio registers = registers & ~R_OOM
#define C_OutOfMemory (registers & R_OOM)
#define T_ReadSlot READ_SLOT(folio, ADDRESS(pte)); SET(folio, UPTODATE); UNLOCK(folio)
#define C_StillSwapCache (HAS(folio, SWAPCACHE) && SLOT(folio) == ADDRESS(pte))
#define T_SwapFree \
    slots[ADDRESS(pte)]--; \
    if \
    :: IS_WRITE && (K_WRITE_FREES_SLOT -> ((pte & X) != 0) : (refs[folio] == 2)) && CAN_FREE_SWAP(folio) -> FREE_SWAP(folio) \
    :: else -> skip \
    fi
#define SOLE ((pte & X) || (refs[folio] == 1 && (IS_WRITE || !(registers & R_READ_IN))))
#define T_MapSwappedIn \
    maps[folio]++; \
    page_table = P | A | (folio << 9) \
        | ((IS_WRITE && SOLE) -> W | D : 0) | ((K_SWAP_IN_WRITABLE && (pte & X)) -> W : 0); \
    if :: SOLE -> SET_EXCLUSIVE(folio) :: else -> skip fi
#define C_FreeSwap CAN_FREE_SWAP(folio)
#define T_FreeSwap FREE_SWAP(folio)
#define T_FreeSwapOfUnmapped FREE_SWAP_OF_UNMAPPED(folio)

/* ---- reclaim ---- */
#define C_IsolateForReclaim (RECLAIMABLE_FRAME != NONE)
#define T_IsolateForReclaim folio = RECLAIMABLE_FRAME; CLEAR(folio, LRU); refs[folio]++; registers = registers | R_ISOLATED
#define C_MoreToReclaim (kept == 0 && batch == 0 && RECLAIMABLE_FRAME != NONE)
#define T_PutBackLru registers = registers & ~R_ISOLATED; SET(folio, LRU); PUT(folio)
#define T_KeepIsolated kept = kept | BIT(folio); registers = registers & ~R_ISOLATED
#define PUT_BACK(f) if :: kept & BIT(f) -> SET(f, LRU); PUT(f) :: else -> skip fi
#define T_PutBackKept EACH_SYSTEM_FRAME(PUT_BACK(each)); kept = 0
#define C_KeptSome (kept != 0)
#define C_UnderWriteback (WRITEBACK(folio) != 0)
#define C_IgnoresReferences REFERENCES_IGNORED
#define T_ClearYoung if :: C_MapsFolio -> page_table = page_table & ~A :: else -> skip fi
#define C_SwapBacked HAS(folio, SWAPBACKED)
#define C_InSwapCache HAS(folio, SWAPCACHE)
#define T_AddToSwap \
    new = LOWEST_FREE_SLOT; \
    assert(new != NONE); \
    slots[new] = 16; \
    SET(folio, SWAPCACHE | DIRTY); \
    SET_SLOT(folio, new); \
    refs[folio]++
#define C_Mapped (maps[folio] != 0)
#define C_MapsFolio (IS_PRESENT(page_table) && ADDRESS(page_table) == folio)
#define C_DefersFlush (OTHER_CPUS && (K_BATCH_ALL || !(registers & R_EXCLUSIVE)))
#define T_MarkFolioDirty SET(folio, DIRTY); registers = registers & ~R_HOLDS_DIRTY
#define T_ReadRefs registers = (registers & ~R_REFS_OK) | ((refs[folio] == 1 + maps[folio]) -> R_REFS_OK : 0)
#define C_Discardable ((registers & R_REFS_OK) && !HAS(folio, DIRTY))
#define C_StaysLazyFree (K_PINNED_STAYS_LAZYFREE && !HAS(folio, DIRTY))
#define T_SetSwapBacked SET(folio, SWAPBACKED)
#define T_DupSlot if :: SLOT(folio) != NO_SLOT -> slots[SLOT(folio)]++ :: else -> skip fi
#define T_UndupSlot if :: SLOT(folio) != NO_SLOT -> slots[SLOT(folio)]-- :: else -> skip fi
#define T_ShareAnon skip
#define T_ClearExclusive CLEAR(folio, EXCLUSIVE)
#define T_InstallSwapEntry page_table = SWAP | ((registers & R_EXCLUSIVE) -> X : 0) | (SLOT(folio) << 9); SETTLE
#define C_FolioDirty HAS(folio, DIRTY)
#define C_Freeable (HAS(folio, SWAPCACHE) && refs[folio] == 2)
#define C_ClearDirtyForIo HAS(folio, DIRTY)
#define T_ClearDirtyForIo CLEAR(folio, DIRTY); registers = registers | R_HOLDS_DIRTY
#define F_ClearDirtyForIo registers = registers & ~R_HOLDS_DIRTY
#define T_StartWriteback SET_WRITEBACK(folio, 1); registers = registers & ~R_HOLDS_DIRTY; UNLOCK(folio)
#define T_WriteSlot \
    if :: SLOT(folio) != NO_SLOT -> WRITE_SLOT(SLOT(folio), folio) :: else -> skip fi; \
    SET_WRITEBACK(folio, 2)
#define T_EndWriteback SET_WRITEBACK(folio, 0)
#define C_FreezeRefs (refs[folio] == 1 + IN_CACHE(folio))
#define T_FreezeRefs refs[folio] = 0
#define C_CleanAfterFreeze (!HAS(folio, DIRTY))
#define T_Unfreeze refs[folio] = 2
#define T_RemoveFromSwapCache LEAVE_SWAP_CACHE(folio)
#define T_QueueFree SET(folio, FREEING); batch = batch | BIT(folio); registers = registers & ~R_ISOLATED
#define FREE_ONE(f) \
    if \
    :: (batch & BIT(f)) && HAS(f, FREEING) -> FREE(f) \
    :: (batch & BIT(f)) && !HAS(f, FREEING) -> FREE_SWAP_OF_UNMAPPED(f); PUT(f) \
    :: else -> skip \
    fi
#define T_FreeBatch EACH_SYSTEM_FRAME(FREE_ONE(each)); batch = 0

/* ---- madvise ---- */
#define DRAIN_ONE(f) \
    if \
    :: LAZY(f) != 0 && (LAZY(f) == me + 1 || DRAINING) -> \
        SET_LAZY(f, 0); \
        if \
        :: HAS(f, LRU) && !HAS(f, SWAPCACHE) -> CLEAR(f, SWAPBACKED) \
        :: else -> skip \
        fi; \
        PUT(f) \
    :: else -> skip \
    fi
#define T_DrainLru EACH_SYSTEM_FRAME(DRAIN_ONE(each))
#define T_BeginDiscard discarding = discarding | MINE; ZERO_IS_LEGAL
#define T_GatherBegin gathers++
#define T_GatherEnd gathers--
#define C_GatherOwesFlush ((registers & R_OWED) || gathers > 1)
#define C_PageOutable (NORMAL(pte) && HAS(ADDRESS(pte), LRU) && maps[ADDRESS(pte)] == 1)
#define T_PageOutable folio = ADDRESS(pte)
#define F_PageOutable if :: NORMAL(pte) -> folio = ADDRESS(pte) :: else -> skip fi
#define T_GatherPage registers = registers | R_OWED
#define C_IsolateLru HAS(folio, LRU)
#define T_IsolateLru CLEAR(folio, LRU); refs[folio]++; registers = registers | R_ISOLATED
#define C_Isolated (registers & R_ISOLATED)
#define C_CachedOrDirty HAS(folio, SWAPCACHE | DIRTY)
#define C_MappedOnce (maps[folio] == 1)
#define T_ClearFolioDirty CLEAR(folio, DIRTY)
#define T_MarkLazyFree \
    if \
    :: HAS(folio, LRU) && HAS(folio, SWAPBACKED) && !HAS(folio, SWAPCACHE) && LAZY(folio) == 0 -> \
        SET_LAZY(folio, me + 1); \
        refs[folio]++ \
    :: else -> skip \
    fi
#define T_FreeSwapAndCache \
    hold_loose = 1; \
    slots[ADDRESS(pte)]--; \
    if \
    :: SLOT_MAPS(ADDRESS(pte)) == 0 && CACHED != NONE -> new = CACHED; FREE_SWAP_OF_UNMAPPED(new) \
    :: else -> skip \
    fi
#define T_ClearEntry page_table = 0

/* ---- migrate_vma ---- */
#define GOES_TO_DEVICE (!(registers & R_FAULT) && TO_DEVICE)
#define T_BeginMigrate registers = (registers & ~R_FAULT) | (MIGRATES -> 0 : R_FAULT); src = NONE; dst = NONE
#define C_CollectHole (IS_NONE(pte) || (IS_ZERO_PAGE(pte) && GOES_TO_DEVICE))
#define T_CollectHole src = NONE | MIGRATE
#define C_Collectable (GOES_TO_DEVICE -> NORMAL(pte) : IS_DEVICE(pte))
#define T_Collectable folio = ADDRESS(pte)
#define T_CarryYoung registers = (registers & ~R_CARRY_YOUNG) | (K_CARRY -> R_CARRY_YOUNG : 0)
#define T_CarryDirty registers = (registers & ~R_CARRY_DIRTY) | (K_CARRY -> R_CARRY_DIRTY : 0)
#define CARRIED (((registers & R_CARRY_YOUNG) && (pte & A) -> CARRIES_A : 0) | \
    ((registers & R_CARRY_DIRTY) && (pte & D) -> CARRIES_D : 0))
#define ENTRY (MIGRATION | (pte & W -> W : ((registers & R_EXCLUSIVE) -> X : 0)) | (folio << 9))
#define T_InstallMigrationEntry \
    page_table = ENTRY | CARRIED; \
    SETTLE; \
    src = folio | MIGRATE; \
    if :: IS_PRESENT(pte) -> registers = registers | R_CLEARED :: else -> skip fi
#define C_MapsSource ((IS_PRESENT(page_table) || IS_DEVICE(page_table)) && ADDRESS(page_table) == folio)
#define T_MapsSource pte = page_table
#define F_MapsSource pte = page_table
#define T_ReplaceByMigrationEntry page_table = ENTRY | CARRIED; SETTLE
#define C_RefusesMapping (IS_DEV(dst) && HAS(folio, SWAPCACHE))
#define C_FreesSwap K_FREES_SWAP
#define C_AnyCleared (registers & R_CLEARED)
#define C_NothingCollected (src == NONE)
#define C_SourcePage (SOURCE != NONE)
#define T_SourcePage folio = SOURCE
#define C_DeviceSource IS_DEV(SOURCE)
#define FAULT_REF ((IS_DEV(folio) && (registers & R_FAULT) && K_FAULT_REF) -> 1 : 0)
#define C_CheckRefs (refs[folio] <= 1 + IN_CACHE(folio) + FAULT_REF + maps[folio])
#define T_MarkRestore src = (src & ~MIGRATE) | RESTORE
#define C_Restoring ((src & RESTORE) && SOURCE != NONE)
#define T_Restoring folio = SOURCE
#define MOVED ((src & MIGRATE) && dst != NONE)
#define GATE (K_CARRY == 1 -> HAS(new, DIRTY) : 1)
#define T_RemoveMigrationPte \
    if \
    :: IS_MIGRATION(page_table) && ADDRESS(page_table) == SOURCE -> \
        new = (MOVED -> dst : SOURCE); \
        refs[new]++; \
        maps[new]++; \
        if :: page_table & (W | X) -> SET_EXCLUSIVE(new) :: else -> skip fi; \
        if \
        :: IS_DEV(new) -> page_table = DEVICE | (page_table & W -> W | D : 0) | (new << 9) \
        :: else -> \
            page_table = P | (page_table & W) | (page_table & CARRIES_A -> A : 0) \
                | ((K_CARRY && (page_table & CARRIES_D) && GATE) -> D : 0) | (new << 9) \
        fi \
    :: else -> skip \
    fi
#define T_ForgetSource src = NONE
#define C_Migrating ((src & MIGRATE) != 0)
#define C_AllocDst (GOES_TO_DEVICE -> (device_free & 3) != 3 : SOURCE != NONE)
#define T_AllocDst \
    if \
    :: GOES_TO_DEVICE -> \
        new = SYSTEM + (device_free & 3); \
        device_free = (device_free >> 2) | 192; \
        SET(new, ALLOCATED); \
        refs[new] = 1; \
        SET_SLOT(new, NO_SLOT) \
    :: else -> ALLOC(new) \
    fi; \
    LOCK(new); \
    registers = registers & ~R_OOM; \
    dst = new
#define F_AllocDst if :: GOES_TO_DEVICE -> registers = registers | R_OOM :: else -> skip fi
#define T_CopyToDst \
    if :: SOURCE == NONE -> ZERO_FOLIO(dst) :: else -> COPY_FOLIO(dst, SOURCE) fi; \
    SET(dst, UPTODATE)
#define C_HasDst (dst != NONE)
#define T_ClearMigrate src = src & ~MIGRATE
#define C_MigrateMapping (refs[folio] == 1 + IN_CACHE(folio) + FAULT_REF)
#define T_MigrateMapping SET(dst, flags[folio] & (SWAPBACKED | DIRTY))
#define C_Insertable (IS_NONE(page_table) || IS_ZERO_PAGE(page_table))
#define T_Insertable pte = page_table
#define F_Insertable pte = page_table
#define T_InsertPage \
    refs[dst]++; \
    maps[dst]++; \
    SET(dst, SWAPBACKED); \
    SET_EXCLUSIVE(dst); \
    page_table = (IS_DEV(dst) -> DEVICE | W | D : P | W | D | A) | (dst << 9); \
    SETTLE
#define PUT_MIGRATED(f) if :: IS_DEV(f) -> skip :: else -> SET(f, LRU) fi; PUT(f)
#define T_UnlockSrc UNLOCK(SOURCE)
#define T_PutSrc new = SOURCE; PUT_MIGRATED(new)
#define T_UnlockDst UNLOCK(dst)
#define T_PutDst new = dst; dst = NONE; PUT_MIGRATED(new)
#define C_TakesFaultRef K_FAULT_REF
#define T_GetFaultPage folio = ADDRESS(pte); refs[folio]++; batch = folio
#define C_HasFaultPage (registers & R_FAULT)
#define T_PutFaultPage if :: K_FAULT_REF -> new = batch; batch = 0; PUT(new) :: else -> skip fi

/* ---- an extra reference ---- */
#define C_Holding (hold != NONE)
#define C_GupPermitted (IS_PRESENT(pte) && ((pte & W) || !IS_WRITE))
#define C_TryGetFolio (refs[ADDRESS(pte)] != 0)
#define T_TryGetFolio folio = ADDRESS(pte); refs[folio]++
#define F_TryGetFolio folio = ADDRESS(pte)
#define C_PteRecheck (page_table == pte)
#define HELD (IS_ZERO_PAGE(pte) -> ZERO : folio)
#define IN_TABLE(f) ((IS_PRESENT(page_table) || IS_MIGRATION(page_table)) && ADDRESS(page_table) == (f))
#define IN_SLOT(f) (IS_SWAP(page_table) && SLOT_CACHED(ADDRESS(page_table)) && FOLIO_OF_SLOT(ADDRESS(page_table)) == (f))
#define T_Hold \
    if \
    :: hold == NONE -> \
        hold = HELD; \
        hold_loose = ((discarding || !(IN_TABLE(hold) || IN_SLOT(hold))) -> 1 : 0) \
    :: else -> if :: IS_ZERO_PAGE(pte) -> skip :: else -> PUT(folio) fi \
    fi
#define T_Release \
    new = hold; \
    hold = NONE; \
    hold_loose = 0; \
    if :: new != NONE && new != ZERO -> PUT(new) :: else -> skip fi
