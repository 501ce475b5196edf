//! The table of CONFIG options that comes with this crate.

/// Name, `y` or `n`, why.
pub const CONFIG: &str = include_str!("../config.tsv");

/// Each option, whether it is taken as set, and why.
#[must_use]
pub fn config_table() -> &'static str {
    CONFIG
}
