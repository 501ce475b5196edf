/* C of our own in the shape of the last check of reclaim: frozen, clean, out of the swap cache. */

static int __remove_mapping(struct address_space *where, struct folio *whole, bool reclaimed, struct mem_cgroup *group)
{
	int expected = 1 + folio_nr_pages(whole);
	int done = 0;

	if (!folio_test_swapcache(whole))
		spin_lock(&where->host->i_lock);
	xa_lock_irq(&where->i_pages);
	if (!folio_ref_freeze(whole, expected))
		goto out;
	if (folio_test_dirty(whole)) {
		folio_ref_unfreeze(whole, expected);
		goto out;
	}
	if (folio_test_swapcache(whole)) {
		swp_entry_t slot = whole->swap;

		__delete_from_swap_cache(whole, slot, NULL);
	}
	done = 1;
out:
	xa_unlock_irq(&where->i_pages);
	return done;
}
