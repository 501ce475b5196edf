/* C of our own in the shape of a zap: what each kind of entry needs, then the entry goes. */

static void drop_device_page(struct folio *whole, struct page *one, struct vm_area_struct *area, bool mapped)
{
	if (mapped)
		folio_remove_rmap_pte(whole, one, area);
	folio_put(whole);
}

static unsigned long zap_pte_range(struct mmu_gather *gather, struct vm_area_struct *area, pmd_t *dir,
				   unsigned long at, unsigned long to, struct zap_details *how)
{
	struct mm_struct *space = gather->mm;
	int counts[NR_MM_COUNTERS];
	pte_t *first, *slot;
	spinlock_t *lock;

	tlb_change_page_size(gather, PAGE_SIZE);
	init_rss_vec(counts);
	first = slot = pte_offset_map_lock(space, dir, at, &lock);
	if (!first)
		return at;
	flush_tlb_batched_pending(space);
	do {
		pte_t word = ptep_get(slot);
		swp_entry_t parked;

		if (pte_none(word))
			continue;
		if (need_resched())
			break;
		if (pte_present(word)) {
			struct page *one = vm_normal_page(area, at, word);

			ptep_get_and_clear_full(space, at, slot, gather->fullmm);
			tlb_remove_tlb_entry(gather, slot, at);
			if (!one)
				continue;
			counts[MM_ANONPAGES]--;
			folio_remove_rmap_pte(page_folio(one), one, area);
			__tlb_remove_page(gather, one);
			continue;
		}
		parked = pte_to_swp_entry(word);
		if (is_device_private_entry(parked) || is_device_exclusive_entry(parked)) {
			struct page *one = pfn_swap_entry_to_page(parked);

			drop_device_page(page_folio(one), one, area, is_device_private_entry(parked));
		} else if (!non_swap_entry(parked)) {
			if (!free_swap_and_cache(parked))
				print_bad_pte(area, at, word, NULL);
		}
		pte_clear_not_present_full(space, at, slot, gather->fullmm);
	} while (slot++, at += PAGE_SIZE, at != to);
	add_mm_rss_vec(space, counts);
	pte_unmap_unlock(first, lock);
	return at;
}
