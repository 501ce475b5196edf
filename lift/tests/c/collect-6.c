/* C of our own in the shape of a collect with the fix of 2022: the word of the clear, one flush under the lock. */

static int migrate_vma_collect_pmd(pmd_t *dir, unsigned long from, unsigned long to, struct mm_walk *job)
{
	struct migrate_vma *wanted = job->private;
	struct vm_area_struct *area = job->vma;
	struct mm_struct *space = area->vm_mm;
	unsigned long at = from, gone = 0;
	spinlock_t *lock;
	pte_t *slot;

	slot = pte_offset_map_lock(space, dir, at, &lock);
	arch_enter_lazy_mmu_mode();
	while (at < to) {
		unsigned long word = 0;
		struct folio *whole;
		struct page *found;
		swp_entry_t parked;
		pte_t seen, instead;
		bool alone;

		seen = *slot;
		if (pte_none(seen)) {
			word = MIGRATE_PFN_MIGRATE;
			wanted->cpages++;
			goto done;
		}
		if (pte_present(seen)) {
			if (is_zero_pfn(pte_pfn(seen)) && (wanted->flags & MIGRATE_VMA_SELECT_SYSTEM)) {
				word = MIGRATE_PFN_MIGRATE;
				wanted->cpages++;
				goto done;
			}
			found = vm_normal_page(area, at, seen);
			if (!found || !(wanted->flags & MIGRATE_VMA_SELECT_SYSTEM))
				goto done;
			word = migrate_pfn(pte_pfn(seen)) | MIGRATE_PFN_MIGRATE;
			if (pte_write(seen))
				word |= MIGRATE_PFN_WRITE;
		} else {
			parked = pte_to_swp_entry(seen);
			if (!is_device_private_entry(parked) || !(wanted->flags & MIGRATE_VMA_SELECT_DEVICE_PRIVATE))
				goto done;
			found = pfn_swap_entry_to_page(parked);
			word = migrate_pfn(page_to_pfn(found)) | MIGRATE_PFN_MIGRATE;
			if (is_writable_device_private_entry(parked))
				word |= MIGRATE_PFN_WRITE;
		}
		whole = page_folio(found);
		if (folio_test_large(whole)) {
			word = 0;
			goto done;
		}

		folio_get(whole);
		if (!folio_trylock(whole)) {
			folio_put(whole);
			word = 0;
			goto done;
		}
		alone = folio_test_anon(whole) && PageAnonExclusive(found);
		if (alone) {
			seen = ptep_clear_flush(area, at, slot);
			if (page_try_share_anon_rmap(found)) {
				set_pte_at(space, at, slot, seen);
				folio_unlock(whole);
				folio_put(whole);
				word = 0;
				goto done;
			}
		} else {
			seen = ptep_get_and_clear(space, at, slot);
		}
		wanted->cpages++;
		if (pte_dirty(seen))
			folio_mark_dirty(whole);

		if (word & MIGRATE_PFN_WRITE)
			parked = make_writable_migration_entry(page_to_pfn(found));
		else if (alone)
			parked = make_readable_exclusive_migration_entry(page_to_pfn(found));
		else
			parked = make_readable_migration_entry(page_to_pfn(found));
		instead = swp_entry_to_pte(parked);
		if (pte_present(seen) && pte_soft_dirty(seen))
			instead = pte_swp_mksoft_dirty(instead);
		set_pte_at(space, at, slot, instead);
		page_remove_rmap(found, area, false);
		folio_put(whole);
		if (pte_present(seen))
			gone++;
done:
		wanted->dst[wanted->npages] = 0;
		wanted->src[wanted->npages++] = word;
		at += PAGE_SIZE;
		slot++;
	}
	if (gone)
		flush_tlb_range(area, from, to);
	arch_leave_lazy_mmu_mode();
	pte_unmap_unlock(slot - 1, lock);
	return 0;
}
