//! Historical bugs, each at its own operation: versions that replace the functions that were wrong.
//!
//! A file in `impls/bugs/` is a version with one field more: `shows`, a case of which some interleaving shows
//! the bug.

use crate::{Version, file, kernel, text};
use std::sync::LazyLock;

/// A bug that a kernel had.
#[derive(Clone, Debug)]
pub struct Bug {
    /// The kernel with the functions as they were.
    pub version: Version,
    /// A case, as text; its programs are what counts.
    pub shows: &'static str,
}

static BUGS: LazyLock<Vec<Bug>> = LazyLock::new(|| {
    let bug = |(path, text, document): (&'static str, &'static str, text::Document)| Bug {
        shows: text::value(&document.fields, "shows").map_or("", |f| crate::kept(&f.value)),
        version: file::built_in(path, text, &document),
    };
    kernel::bug_files().map(bug).collect()
});

/// Every bug, by name.
#[must_use]
pub fn bugs() -> &'static [Bug] {
    &BUGS
}
