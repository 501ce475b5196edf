/* C of our own in the shape of an unmap for reclaim with helpers, and with a batch of entries of one. */

static bool let_go_of_lazyfree(struct vm_area_struct *area, struct folio *whole)
{
	int references, mappings;

	smp_mb();
	references = folio_ref_count(whole);
	mappings = folio_mapcount(whole);
	smp_rmb();
	if (folio_test_dirty(whole) && !(area->vm_flags & VM_DROPPABLE)) {
		folio_set_swapbacked(whole);
		return false;
	}
	return references == 1 + mappings;
}

static bool send_to_swap(struct vm_area_struct *area, struct folio *whole, struct page *one, unsigned long at,
			 pte_t *entry, pte_t word)
{
	const bool alone = PageAnonExclusive(one);
	swp_entry_t slot = page_swap_entry(one);
	pte_t instead = swp_entry_to_pte(slot);

	if (folio_dup_swap(whole, one) < 0)
		return false;
	if (alone && folio_try_share_anon_rmap_pte(whole, one)) {
		folio_put_swap(whole, one);
		return false;
	}
	if (alone)
		instead = pte_swp_mkexclusive(instead);
	set_pte_at(area->vm_mm, at, entry, instead);
	return true;
}

static bool try_to_unmap_one(struct folio *whole, struct vm_area_struct *area, unsigned long at, void *how)
{
	DEFINE_FOLIO_VMA_WALK(walk, whole, area, at, 0);
	struct mm_struct *space = area->vm_mm;
	struct mmu_notifier_range told;
	enum ttu_flags flags = (enum ttu_flags)(long)how;
	unsigned long many = 1, behind;
	bool fine = true, gone;
	pte_t word;

	mmu_notifier_range_init(&told, MMU_NOTIFY_CLEAR, 0, space, at, at + PAGE_SIZE);
	mmu_notifier_invalidate_range_start(&told);
	while (page_vma_mapped_walk(&walk)) {
		if (area->vm_flags & VM_LOCKED)
			goto stop;
		at = walk.address;
		behind = at + many * PAGE_SIZE;
		word = get_and_clear_ptes(space, at, walk.pte, many);
		if (should_defer_flush(space, flags))
			set_tlb_ubc_flush_pending(space, word, at, behind);
		else
			flush_tlb_range(area, at, behind);
		if (pte_dirty(word))
			folio_mark_dirty(whole);
		if (folio_test_swapbacked(whole))
			gone = send_to_swap(area, whole, &whole->page, at, walk.pte, word);
		else
			gone = let_go_of_lazyfree(area, whole);
		if (!gone) {
			set_ptes(space, at, walk.pte, word, many);
			goto stop;
		}
		folio_remove_rmap_ptes(whole, &whole->page, many, area);
		folio_put_refs(whole, many);
		continue;
stop:
		fine = false;
		page_vma_mapped_walk_done(&walk);
		break;
	}
	mmu_notifier_invalidate_range_end(&told);
	return fine;
}
