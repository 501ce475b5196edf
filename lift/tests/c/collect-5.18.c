/* C of our own in the shape of a collect as it was up to 5.18: pages, no exclusive mark, one late flush. */

static int migrate_vma_collect_pmd(pmd_t *dir, unsigned long from, unsigned long to, struct mm_walk *job)
{
	struct migrate_vma *wanted = job->private;
	struct vm_area_struct *area = job->vma;
	unsigned long at, gone = 0;
	spinlock_t *lock;
	pte_t *slot;

	if (pmd_none(*dir))
		return migrate_vma_collect_hole(from, to, -1, job);

	slot = pte_offset_map_lock(area->vm_mm, dir, from, &lock);
	for (at = from; at < to; at += PAGE_SIZE, slot++) {
		unsigned long word = 0;
		struct page *found = NULL;
		swp_entry_t parked;
		pte_t seen = *slot;

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
			if (!(wanted->flags & MIGRATE_VMA_SELECT_SYSTEM))
				found = NULL;
			if (found && pte_write(seen))
				word = MIGRATE_PFN_WRITE;
		} else {
			parked = pte_to_swp_entry(seen);
			if (is_device_private_entry(parked) && (wanted->flags & MIGRATE_VMA_SELECT_DEVICE_PRIVATE)) {
				found = pfn_swap_entry_to_page(parked);
				if (is_writable_device_private_entry(parked))
					word = MIGRATE_PFN_WRITE;
			}
		}
		if (!found || PageTransCompound(found)) {
			word = 0;
			goto done;
		}
		get_page(found);
		if (!trylock_page(found)) {
			put_page(found);
			word = 0;
			goto done;
		}
		wanted->cpages++;
		ptep_get_and_clear(area->vm_mm, at, slot);
		if (word & MIGRATE_PFN_WRITE)
			parked = make_writable_migration_entry(page_to_pfn(found));
		else
			parked = make_readable_migration_entry(page_to_pfn(found));
		set_pte_at(area->vm_mm, at, slot, swp_entry_to_pte(parked));
		page_remove_rmap(found, false);
		put_page(found);
		if (pte_present(seen))
			gone++;
		word |= migrate_pfn(page_to_pfn(found)) | MIGRATE_PFN_MIGRATE;
done:
		wanted->dst[wanted->npages] = 0;
		wanted->src[wanted->npages++] = word;
	}
	pte_unmap_unlock(slot - 1, lock);
	if (gone)
		flush_tlb_range(area, from, to);
	return 0;
}
