//! Families of historical bugs: a folder each in `impls/families/`, with the functions as they were before a
//! fix, after a fix that was not enough, and after the one that was; programs that tell them apart, with what
//! is expected of each version; and the story.

use crate::{Standing, Version, file, kernel};
use std::sync::LazyLock;

/// A bug that kernels had, at its own operation.
#[derive(Clone, Debug)]
pub struct Family {
    /// The name: that of its folder.
    pub name: &'static str,
    /// The story, for somebody who does not know the bug.
    pub readme: &'static str,
    /// The programs, as a case file: what each version must do in all interleavings of them. `shipped` stands
    /// for the kernel of the case with nothing replaced.
    pub programs: &'static str,
    /// Kernels with the functions as they were.
    pub versions: Vec<Version>,
}

impl Family {
    /// The path of its programs, for errors.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{FOLDER}{}/programs.case", self.name)
    }

    /// The first line of the story, without its mark.
    #[must_use]
    pub fn title(&self) -> &'static str {
        self.readme.lines().next().unwrap_or_default().trim_start_matches("# ")
    }
}

const FOLDER: &str = "impls/families/";

static FAMILIES: LazyLock<Vec<Family>> = LazyLock::new(|| {
    let mut families: Vec<Family> = Vec::new();
    for (path, text, document) in kernel::family_files() {
        let folder = path.strip_prefix(FOLDER).and_then(|rest| rest.split('/').next()).unwrap_or_default();
        if families.last().is_none_or(|family| family.name != folder) {
            let text = |name: &str| {
                let wanted = format!("{FOLDER}{folder}/{name}");
                let found = kernel::family_texts().iter().find(|(path, _)| *path == wanted);
                found.unwrap_or_else(|| panic!("a family without {wanted}")).1
            };
            let (readme, programs) = (text("README.md"), text("programs.case"));
            families.push(Family { name: folder, readme, programs, versions: Vec::new() });
        }
        if let Some(family) = families.last_mut() {
            let version = file::built_in(path, text, &document);
            family.versions.push(Version { standing: Standing::Mutant, ..version });
        }
    }
    families
});

/// Every family, by name.
#[must_use]
pub fn families() -> &'static [Family] {
    &FAMILIES
}

/// The versions of all families.
pub fn historical() -> impl Iterator<Item = &'static Version> + Clone {
    families().iter().flat_map(|family| &family.versions)
}
