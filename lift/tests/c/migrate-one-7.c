/* C of our own in the shape of an unmap for migration that reads the entry first. */

static bool try_to_migrate_one(struct folio *whole, struct vm_area_struct *area, unsigned long at, void *how)
{
	DEFINE_FOLIO_VMA_WALK(walk, whole, area, at, 0);
	struct mm_struct *space = area->vm_mm;
	enum ttu_flags flags = (enum ttu_flags)(long)how;
	struct mmu_notifier_range told;
	bool alone, writable, fine = true;
	struct page *one;
	pte_t word;

	mmu_notifier_range_init(&told, MMU_NOTIFY_CLEAR, 0, space, at, at + PAGE_SIZE);
	mmu_notifier_invalidate_range_start(&told);
	while (page_vma_mapped_walk(&walk)) {
		softleaf_t parked;
		pte_t instead;

		at = walk.address;
		word = ptep_get(walk.pte);
		one = folio_page(whole, 0);
		alone = folio_test_anon(whole) && PageAnonExclusive(one);
		if (likely(pte_present(word))) {
			if (should_defer_flush(space, flags)) {
				word = ptep_get_and_clear(space, at, walk.pte);
				set_tlb_ubc_flush_pending(space, word, at, at + PAGE_SIZE);
			} else {
				word = ptep_clear_flush(area, at, walk.pte);
			}
			if (pte_dirty(word))
				folio_mark_dirty(whole);
			writable = pte_write(word);
		} else {
			pte_clear(space, at, walk.pte);
			writable = softleaf_is_device_private_write(softleaf_from_pte(word));
		}
		if (alone && folio_try_share_anon_rmap_pte(whole, one)) {
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
		instead = swp_entry_to_pte(parked);
		if (likely(pte_present(word))) {
			if (pte_young(word))
				parked = make_migration_entry_young(parked);
			if (pte_dirty(word))
				parked = make_migration_entry_dirty(parked);
			instead = swp_entry_to_pte(parked);
			if (pte_uffd(word))
				instead = pte_swp_mkuffd(instead);
		}
		set_pte_at(space, at, walk.pte, instead);
		folio_remove_rmap_pte(whole, one, area);
		folio_put(whole);
	}
	mmu_notifier_invalidate_range_end(&told);
	return fine;
}
