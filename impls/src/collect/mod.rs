//! `migrate_vma_collect_pmd`, version by version.
//!
//! Common to all: the page-table lock is held from the first to the last entry (from 7.0 on, except while a
//! folio is split); hardware and GUP-fast ignore it. The read of the entry and its clearing are two steps,
//! and so are the clearing and the flush.

pub mod dh_plus;
pub mod pre_fix;
pub mod v1;
pub mod v2;
pub mod v3;
pub mod v3_1;
pub mod v3_2;
pub mod v5_18;
pub mod v6_1;
pub mod v6_1_192;
pub mod v7_0_rc6;
pub mod v7_2;
pub mod v7_3;
pub mod v7_3_closed;
