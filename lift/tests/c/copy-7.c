/* C of our own in the shape of the copy of a write fault: the lock is dropped in two places, the old page after it. */

static vm_fault_t wp_page_copy(struct vm_fault *fault)
{
	const bool reading = fault->flags & FAULT_FLAG_UNSHARE;
	struct vm_area_struct *area = fault->vma;
	struct folio *old = fault->page ? page_folio(fault->page) : NULL, *fresh;
	struct mmu_notifier_range told;
	bool copied = false;
	pte_t word;

	fresh = folio_prealloc(area->vm_mm, area, fault->address, !old);
	if (!fresh) {
		if (old)
			folio_put(old);
		return VM_FAULT_OOM;
	}
	if (old)
		__wp_page_copy_user(fresh, fault->page, fault);
	__folio_mark_uptodate(fresh);
	mmu_notifier_range_init(&told, MMU_NOTIFY_CLEAR, 0, area->vm_mm, fault->address, fault->address + PAGE_SIZE);
	mmu_notifier_invalidate_range_start(&told);
	fault->pte = pte_offset_map_lock(area->vm_mm, fault->pmd, fault->address, &fault->ptl);
	if (pte_same(ptep_get(fault->pte), fault->orig_pte)) {
		word = pte_sw_mkyoung(mk_pte(&fresh->page, area->vm_page_prot));
		if (!reading)
			word = maybe_mkwrite(pte_mkdirty(word), area);
		ptep_clear_flush(area, fault->address, fault->pte);
		folio_add_new_anon_rmap(fresh, area, fault->address, RMAP_EXCLUSIVE);
		folio_add_lru_vma(fresh, area);
		set_pte_at(area->vm_mm, fault->address, fault->pte, word);
		if (old)
			folio_remove_rmap_pte(old, fault->page, area);
		fresh = old;
		copied = true;
		pte_unmap_unlock(fault->pte, fault->ptl);
	} else {
		pte_unmap_unlock(fault->pte, fault->ptl);
	}
	mmu_notifier_invalidate_range_end(&told);
	if (fresh)
		folio_put(fresh);
	if (old) {
		if (copied)
			free_swap_cache(old);
		folio_put(old);
	}
	return 0;
}
