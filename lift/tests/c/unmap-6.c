/* C of our own in the shape of an unmap for reclaim: one function, jumps for what fails. */

static bool try_to_unmap_one(struct folio *whole, struct vm_area_struct *area, unsigned long at, void *how)
{
	DEFINE_FOLIO_VMA_WALK(walk, whole, area, at, 0);
	struct mm_struct *space = area->vm_mm;
	struct mmu_notifier_range told;
	enum ttu_flags flags = (enum ttu_flags)(long)how;
	bool fine = true;
	struct page *one;
	pte_t word;
	bool alone;

	mmu_notifier_range_init(&told, MMU_NOTIFY_CLEAR, 0, space, at, at + PAGE_SIZE);
	mmu_notifier_invalidate_range_start(&told);

	while (page_vma_mapped_walk(&walk)) {
		swp_entry_t slot;
		pte_t instead;

		if (area->vm_flags & VM_LOCKED)
			goto stop;
		at = walk.address;
		one = folio_page(whole, pte_pfn(ptep_get(walk.pte)) - folio_pfn(whole));
		alone = folio_test_anon(whole) && PageAnonExclusive(one);

		if (should_defer_flush(space, flags)) {
			word = ptep_get_and_clear(space, at, walk.pte);
			set_tlb_ubc_flush_pending(space, word, at);
		} else {
			word = ptep_clear_flush(area, at, walk.pte);
		}
		if (pte_dirty(word))
			folio_mark_dirty(whole);
		update_hiwater_rss(space);

		if (!folio_test_swapbacked(whole)) {
			int references, mappings;

			smp_mb();
			references = folio_ref_count(whole);
			mappings = folio_mapcount(whole);
			smp_rmb();
			if (references == 1 + mappings && !folio_test_dirty(whole)) {
				dec_mm_counter(space, MM_ANONPAGES);
				goto drop;
			}
			set_pte_at(space, at, walk.pte, word);
			folio_set_swapbacked(whole);
			goto stop;
		}

		slot = page_swap_entry(one);
		if (swap_duplicate(slot) < 0) {
			set_pte_at(space, at, walk.pte, word);
			goto stop;
		}
		if (alone && folio_try_share_anon_rmap_pte(whole, one)) {
			swap_free(slot);
			set_pte_at(space, at, walk.pte, word);
			goto stop;
		}
		dec_mm_counter(space, MM_ANONPAGES);
		inc_mm_counter(space, MM_SWAPENTS);
		instead = swp_entry_to_pte(slot);
		if (alone)
			instead = pte_swp_mkexclusive(instead);
		if (pte_soft_dirty(word))
			instead = pte_swp_mksoft_dirty(instead);
		set_pte_at(space, at, walk.pte, instead);
drop:
		folio_remove_rmap_pte(whole, one, area);
		folio_put(whole);
		continue;
stop:
		fine = false;
		page_vma_mapped_walk_done(&walk);
		break;
	}
	mmu_notifier_invalidate_range_end(&told);
	return fine;
}
