//! The table of CONFIG options, to be printed.

use crate::preprocess::CONFIG;

/// Each option, whether it is taken as set, and why.
#[must_use]
pub fn config_table() -> &'static str {
    CONFIG
}
