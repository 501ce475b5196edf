/* C of our own in the shape of an unmap for migration: one mapping, present or in device memory. */

static bool try_to_migrate_one(struct folio *whole, struct vm_area_struct *area, unsigned long at, void *how)
{
	DEFINE_FOLIO_VMA_WALK(walk, whole, area, at, 0);
	struct mm_struct *space = area->vm_mm;
	struct mmu_notifier_range told;
	bool fine = true;

	mmu_notifier_range_init(&told, MMU_NOTIFY_CLEAR, 0, space, at, at + PAGE_SIZE);
	mmu_notifier_invalidate_range_start(&told);

	while (page_vma_mapped_walk(&walk)) {
		struct page *one = &whole->page;
		bool alone = PageAnonExclusive(one);
		bool writable;
		swp_entry_t parked;
		pte_t word, instead;

		at = walk.address;
		flush_cache_page(area, at, folio_pfn(whole));
		word = ptep_clear_flush(area, at, walk.pte);
		if (pte_dirty(word))
			folio_mark_dirty(whole);
		writable = folio_is_device_private(whole) ? is_writable_device_private_entry(pte_to_swp_entry(word)) : pte_write(word);

		if (alone && page_try_share_anon_rmap(one)) {
			set_pte_at(space, at, walk.pte, word);
			fine = false;
			page_vma_mapped_walk_done(&walk);
			break;
		}
		if (writable)
			parked = make_writable_migration_entry(page_to_pfn(one));
		else if (alone)
			parked = make_readable_exclusive_migration_entry(page_to_pfn(one));
		else
			parked = make_readable_migration_entry(page_to_pfn(one));
		if (!folio_is_device_private(whole)) {
			if (pte_young(word))
				parked = make_migration_entry_young(parked);
			if (pte_dirty(word))
				parked = make_migration_entry_dirty(parked);
		}
		instead = swp_entry_to_pte(parked);
		set_pte_at(space, at, walk.pte, instead);
		trace_set_migration_pte(at, pte_val(instead), 0);
		page_remove_rmap(one, area, false);
		folio_put(whole);
	}
	mmu_notifier_invalidate_range_end(&told);
	return fine;
}
