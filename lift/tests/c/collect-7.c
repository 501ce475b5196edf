/* C of our own in the shape of a collect that splits large folios on the way, with helpers. */

static int migrate_vma_split_folio(struct folio *whole, struct page *busy)
{
	int failed;

	folio_lock(whole);
	failed = split_folio(whole);
	folio_unlock(whole);
	folio_put(whole);
	return failed;
}

static softleaf_t replacement(struct page *found, pte_t seen, bool writable, bool alone)
{
	softleaf_t parked;

	if (writable)
		parked = make_writable_migration_entry(page_to_pfn(found));
	else if (alone)
		parked = make_readable_exclusive_migration_entry(page_to_pfn(found));
	else
		parked = make_readable_migration_entry(page_to_pfn(found));
	if (!pte_present(seen))
		return parked;
	if (pte_young(seen))
		parked = make_migration_entry_young(parked);
	if (pte_dirty(seen))
		parked = make_migration_entry_dirty(parked);
	return parked;
}

static int migrate_vma_collect_pmd(pmd_t *dir, unsigned long from, unsigned long to, struct mm_walk *job)
{
	struct migrate_vma *wanted = job->private;
	struct vm_area_struct *area = job->vma;
	unsigned long at = from, gone = 0;
	spinlock_t *lock;
	pte_t *slot;

restart:
	slot = pte_offset_map_lock(area->vm_mm, dir, from, &lock);
	if (!slot)
		goto restart;
	slot += (at - from) / PAGE_SIZE;
	lazy_mmu_mode_enable();

	for (; at < to; at += PAGE_SIZE, slot++) {
		unsigned long word = 0;
		struct folio *whole;
		struct page *found;
		bool writable, alone;
		pte_t seen = ptep_get(slot);

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
			whole = page_folio(found);
			if (folio_test_large(whole)) {
				int failed;

				folio_get(whole);
				lazy_mmu_mode_disable();
				pte_unmap_unlock(slot, lock);
				failed = migrate_vma_split_folio(whole, wanted->fault_page);
				if (failed) {
					if (gone)
						flush_tlb_range(area, from, to);
					return migrate_vma_collect_skip(at, to, job);
				}
				goto restart;
			}
			writable = pte_write(seen);
		} else {
			const softleaf_t parked = softleaf_from_pte(seen);

			if (!softleaf_is_device_private(parked) || !(wanted->flags & MIGRATE_VMA_SELECT_DEVICE_PRIVATE))
				goto done;
			found = softleaf_to_page(parked);
			whole = page_folio(found);
			writable = softleaf_is_device_private_write(parked);
		}

		folio_get(whole);
		if (!folio_trylock(whole)) {
			folio_put(whole);
			goto done;
		}
		alone = PageAnonExclusive(found);
		if (!alone) {
			seen = ptep_get_and_clear(area->vm_mm, at, slot);
		} else {
			seen = ptep_clear_flush(area, at, slot);
			if (folio_try_share_anon_rmap_pte(whole, found)) {
				set_pte_at(area->vm_mm, at, slot, seen);
				folio_unlock(whole);
				folio_put(whole);
				goto done;
			}
		}
		wanted->cpages++;
		word = migrate_pfn(page_to_pfn(found)) | MIGRATE_PFN_MIGRATE | (writable ? MIGRATE_PFN_WRITE : 0);
		if (pte_present(seen) && pte_dirty(seen))
			folio_mark_dirty(whole);
		set_pte_at(area->vm_mm, at, slot, swp_entry_to_pte(replacement(found, seen, writable, alone)));
		folio_remove_rmap_pte(whole, found, area);
		folio_put(whole);
		if (pte_present(seen))
			gone++;
done:
		wanted->dst[wanted->npages] = 0;
		wanted->src[wanted->npages++] = word;
	}

	if (gone)
		flush_tlb_range(area, from, to);
	lazy_mmu_mode_disable();
	pte_unmap_unlock(slot - 1, lock);
	return 0;
}
