//! The implementations under comparison: one file per version of `migrate_vma_collect_pmd`, and the registry.
//!
//! A version is a listing in the vocabulary of [`model::Action`], with its provenance and what is expected of
//! it. Two versions differ exactly where the patches differ. A new version is one file, its `mod` line in
//! `collect`, one line in [`registry`], its place in [`history`], and its file in [`source`].

mod collect;
mod edits;
mod expected;
pub mod file;
pub mod lint;
mod mutants;
pub mod shell;
pub mod source;
mod survivors;
mod version;
mod why;

pub use edits::{Edit, edits};
pub use expected::{PERFECT, Row, expected_rows, read_expected};
pub use mutants::{Mutant, mutant, mutants};
pub use source::{Source, source};
pub use survivors::{Survivor, read_survivors, survivors};
pub use version::{Loss, Provenance, Scenario, Standing, Version};
pub use why::{Note, note};

use std::sync::LazyLock;

static REGISTRY: LazyLock<Vec<Version>> = LazyLock::new(|| {
    vec![
        collect::pre_fix::version(),
        collect::v1::version(),
        collect::v2::version(),
        collect::v3::version(),
        collect::v6_1_192::version(),
        collect::v5_18::version(),
        collect::v3_1::version(),
        collect::v3_2::version(),
        collect::v6_1::version(),
        collect::dh_plus::version(),
        collect::v7_0_rc6::version(),
        collect::v7_3::version(),
        collect::v7_3_closed::version(),
        collect::v7_2::version(),
    ]
});

/// The order in which they came to be.
const HISTORY: [&str; 14] = [
    "5.18",
    "pre-fix",
    "v1",
    "v2",
    "v3.1",
    "v3.2",
    "v3",
    "DH+",
    "6.1",
    "6.1.192",
    "7.0-rc6",
    "7.2",
    "7.3",
    "7.3-closed",
];

/// Every version. The position of a version never changes, so that it can be a number in a file; new ones go
/// behind.
#[must_use]
pub fn registry() -> &'static [Version] {
    &REGISTRY
}

/// Every version, oldest first.
#[must_use]
pub fn history() -> Vec<&'static Version> {
    HISTORY.iter().filter_map(|name| find(name).ok()).collect()
}

/// The four versions of the mail thread of August 2022, which everything runs on unless told otherwise.
#[must_use]
pub fn thread() -> Vec<&'static Version> {
    registry().iter().filter(|v| v.in_thread).collect()
}

/// A version by name.
///
/// # Errors
/// With the names that exist, if there is none of that name.
pub fn find(name: &str) -> Result<&'static Version, UnknownVersion> {
    registry().iter().find(|v| v.name == name).ok_or_else(|| UnknownVersion(name.to_owned()))
}

/// No version has that name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownVersion(
    /// The name that was asked for.
    pub String,
);

impl std::fmt::Display for UnknownVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<_> = registry().iter().map(|v| v.name).collect();
        write!(f, "unknown implementation '{}'; known are {}", self.0, names.join(", "))
    }
}

impl std::error::Error for UnknownVersion {}
