/* C of our own in the shape of MADV_FREE with batches of entries. */

static int madvise_free_pte_range(pmd_t *dir, unsigned long at, unsigned long to, struct mm_walk *job)
{
	const cydp_t bits = CYDP_CLEAR_YOUNG | CYDP_CLEAR_DIRTY;
	struct mmu_gather *gather = job->private;
	struct mm_struct *space = gather->mm;
	struct vm_area_struct *area = job->vma;
	pte_t *first, *slot, word;
	struct folio *whole;
	spinlock_t *lock;
	int many, most;

	first = slot = pte_offset_map_lock(space, dir, at, &lock);
	if (!first)
		return 0;
	flush_tlb_batched_pending(space);
	lazy_mmu_mode_enable();
	for (; at != to; slot += many, at += PAGE_SIZE * many) {
		many = 1;
		word = ptep_get(slot);
		if (pte_none(word))
			continue;
		if (!pte_present(word)) {
			softleaf_t parked = softleaf_from_pte(word);

			if (softleaf_is_swap(parked)) {
				most = (to - at) / PAGE_SIZE;
				many = swap_pte_batch(slot, most, word);
				swap_put_entries_direct(parked, many);
				clear_nonpresent_ptes(space, at, slot, many);
			}
			continue;
		}
		whole = vm_normal_folio(area, at, word);
		if (!whole || folio_is_zone_device(whole))
			continue;
		if (folio_test_swapcache(whole) || folio_test_dirty(whole)) {
			if (!folio_trylock(whole))
				continue;
			if (folio_mapcount(whole) != folio_nr_pages(whole))
				goto unlock;
			if (folio_test_swapcache(whole) && !folio_free_swap(whole))
				goto unlock;
			folio_clear_dirty(whole);
			folio_unlock(whole);
		}
		if (pte_young(word) || pte_dirty(word)) {
			clear_young_dirty_ptes(area, at, slot, many, bits);
			tlb_remove_tlb_entries(gather, slot, many, at);
		}
		folio_mark_lazyfree(whole);
		continue;
unlock:
		folio_unlock(whole);
	}
	lazy_mmu_mode_disable();
	pte_unmap_unlock(first, lock);
	return 0;
}
