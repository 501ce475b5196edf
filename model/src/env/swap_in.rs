//! Swap-in (mm/memory.c `do_swap_page`, mm/swap_state.c `read_swap_cache_async`; 6.0 and 6.1).
//!
//! A page read from swap stays in the swap cache with PG_dirty clear; from here until its slot is freed,
//! nothing in the slot records a later write: only PTE.D and PG_dirty do.

use crate::code::Named;
use crate::listing;

pub(super) fn listings() -> Vec<Named> {
    vec![(
        "swap_in",
        listing! {
            at "do_swap_page";
            unless LookupSwapCache {
                if BypassesSwapCache {
                    AllocBypass else {
                        if OutOfMemory { finish; }
                        retry;
                    }
                    at "swap_readpage";
                    ReadSlot;
                } else {
                    at "read_swap_cache_async";
                    AddSwapInFolio else {
                        if OutOfMemory { finish; }
                        retry;
                    }
                    at "swap_readpage";
                    ReadSlot;
                }
            }
            at "do_swap_page";
            unless Bypassing {
                LockFolio;
                StillSwapCache else { UnlockFolio; PutFolio; retry; }
            }
            LockPtl;
            PteSame else {
                UnlockPtl;
                if Bypassing { UnpinSlot; }
                UnlockFolio;
                PutFolio;
                retry;
            }
            SwapFree;
            MapSwappedIn;
            UnlockFolio;
            UnlockPtl;
            if Bypassing { UnpinSlot; }
            retry;
        },
    )]
}
