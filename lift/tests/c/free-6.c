/* C of our own in the shape of MADV_FREE: the entry is taken out, edited, and put back. */

static int madvise_free_pte_range(pmd_t *dir, unsigned long at, unsigned long to, struct mm_walk *job)
{
	struct mmu_gather *gather = job->private;
	struct mm_struct *space = gather->mm;
	struct vm_area_struct *area = job->vma;
	pte_t *first, *slot, word;
	struct folio *whole;
	struct page *found;
	spinlock_t *lock;
	int freed = 0;

	tlb_change_page_size(gather, PAGE_SIZE);
	first = slot = pte_offset_map_lock(space, dir, at, &lock);
	flush_tlb_batched_pending(space);
	for (; at != to; slot++, at += PAGE_SIZE) {
		word = ptep_get(slot);
		if (pte_none(word))
			continue;
		if (!pte_present(word)) {
			swp_entry_t parked = pte_to_swp_entry(word);

			if (non_swap_entry(parked))
				continue;
			freed--;
			free_swap_and_cache(parked);
			pte_clear_not_present_full(space, at, slot, gather->fullmm);
			continue;
		}
		found = vm_normal_page(area, at, word);
		if (!found)
			continue;
		whole = page_folio(found);
		if (folio_test_swapcache(whole) || folio_test_dirty(whole)) {
			if (!folio_trylock(whole))
				continue;
			if (folio_mapcount(whole) != 1) {
				folio_unlock(whole);
				continue;
			}
			if (folio_test_swapcache(whole) && !folio_free_swap(whole)) {
				folio_unlock(whole);
				continue;
			}
			folio_clear_dirty(whole);
			folio_unlock(whole);
		}
		if (pte_young(word) || pte_dirty(word)) {
			word = ptep_get_and_clear_full(space, at, slot, gather->fullmm);
			word = pte_mkold(word);
			word = pte_mkclean(word);
			set_pte_at(space, at, slot, word);
			tlb_remove_tlb_entry(gather, slot, at);
		}
		mark_page_lazyfree(&whole->page);
	}
	if (freed)
		add_mm_counter(space, MM_SWAPENTS, freed);
	pte_unmap_unlock(first, lock);
	cond_resched();
	return 0;
}
