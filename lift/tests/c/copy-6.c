/* C of our own in the shape of the copy of a write fault. */

static vm_fault_t wp_page_copy(struct vm_fault *fault)
{
	const bool reading = fault->flags & FAULT_FLAG_UNSHARE;
	struct vm_area_struct *area = fault->vma;
	struct page *old = fault->page, *fresh;
	struct mmu_notifier_range told;
	bool copied = false;
	pte_t word;

	fresh = old ? alloc_page_vma(GFP_HIGHUSER_MOVABLE, area, fault->address) :
		      alloc_zeroed_user_highpage_movable(area, fault->address);
	if (!fresh) {
		if (old)
			put_page(old);
		return VM_FAULT_OOM;
	}
	if (old)
		__wp_page_copy_user(fresh, old, fault);
	__SetPageUptodate(fresh);
	mmu_notifier_range_init(&told, MMU_NOTIFY_CLEAR, 0, area->vm_mm, fault->address, fault->address + PAGE_SIZE);
	mmu_notifier_invalidate_range_start(&told);
	fault->pte = pte_offset_map_lock(area->vm_mm, fault->pmd, fault->address, &fault->ptl);
	if (pte_same(*fault->pte, fault->orig_pte)) {
		word = pte_sw_mkyoung(mk_pte(fresh, area->vm_page_prot));
		if (!reading)
			word = maybe_mkwrite(pte_mkdirty(word), area);
		ptep_clear_flush_notify(area, fault->address, fault->pte);
		page_add_new_anon_rmap(fresh, area, fault->address);
		lru_cache_add_inactive_or_unevictable(fresh, area);
		set_pte_at_notify(area->vm_mm, fault->address, fault->pte, word);
		if (old) {
			page_remove_rmap(old, area, false);
			put_page(old);
		}
		copied = true;
	}
	if (!copied)
		put_page(fresh);
	pte_unmap_unlock(fault->pte, fault->ptl);
	mmu_notifier_invalidate_range_only_end(&told);
	if (old) {
		if (copied)
			free_swap_cache(old);
		put_page(old);
	}
	return copied && !reading ? VM_FAULT_WRITE : 0;
}
