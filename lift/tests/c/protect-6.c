/* C of our own in the shape of mprotect: present entries are taken out, edited and put back; others become readable. */

static long change_pte_range(struct mmu_gather *gather, struct vm_area_struct *area, pmd_t *dir, unsigned long at,
			     unsigned long to, pgprot_t wanted, unsigned long flags)
{
	struct mm_struct *space = area->vm_mm;
	spinlock_t *lock;
	long changed = 0;
	pte_t *slot;

	slot = pte_offset_map_lock(space, dir, at, &lock);
	flush_tlb_batched_pending(space);
	for (; at != to; slot++, at += PAGE_SIZE) {
		pte_t before = ptep_get(slot), after;
		swp_entry_t parked;

		if (pte_none(before))
			continue;
		if (pte_present(before)) {
			before = ptep_modify_prot_start(area, at, slot);
			after = pte_modify(before, wanted);
			if ((flags & MM_CP_TRY_CHANGE_WRITABLE) && !pte_write(after) &&
			    can_change_pte_writable(area, at, after))
				after = pte_mkwrite(after, area);
			ptep_modify_prot_commit(area, at, slot, before, after);
			if (pte_needs_flush(before, after))
				tlb_flush_pte_range(gather, at, PAGE_SIZE);
			changed++;
			continue;
		}
		parked = pte_to_swp_entry(before);
		after = before;
		if (is_writable_migration_entry(parked))
			after = swp_entry_to_pte(make_readable_exclusive_migration_entry(swp_offset(parked)));
		else if (is_writable_device_private_entry(parked))
			after = swp_entry_to_pte(make_readable_device_private_entry(swp_offset(parked)));
		else if (is_writable_device_exclusive_entry(parked))
			after = swp_entry_to_pte(make_readable_device_exclusive_entry(swp_offset(parked)));
		if (!pte_same(before, after)) {
			set_pte_at(space, at, slot, after);
			changed++;
		}
	}
	pte_unmap_unlock(slot - 1, lock);
	return changed;
}
