//! Kernel code as text: every function of the kernel that the model needs, and the versions under comparison.
//!
//! A [`Version`] is a kernel with functions replaced. Functions are listings in the vocabulary of
//! [`model::Action`], one file each: those of the [`kernel`], by release, in `impls/kernel/`, those of a
//! version in its own file in `impls/versions/`, those of historical bugs
//! in `impls/families/`. Two versions differ
//! exactly where their functions do. A new version is one file and its line in [`ORDER`].

mod edits;
mod expected;
mod families;
pub mod file;
pub mod kernel;
pub mod lint;
mod mutants;
mod scenario;
pub mod shell;
mod survivors;
pub mod text;
mod version;
mod vocabulary;

pub use edits::{Edit, edits};
pub use expected::{PERFECT, Row, expected_rows, read_expected};
pub use families::{Family, families, historical};
pub use kernel::{Body, Source};
pub use mutants::{Mutant, mutant, mutants};
pub use scenario::Scenario;
pub use survivors::{Survivor, read_survivors, survivors};
pub use version::{Loss, Provenance, Standing, Subject, Version};
pub use vocabulary::{Step, step, vocabulary};

use model::Profile;
use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// The versions, oldest first, each with its number. A number never changes, so that it can stand in a file;
/// a new version has the next one.
const ORDER: [(usize, &str); 14] = [
    (5, "5.18"),
    (0, "pre-fix"),
    (1, "v1"),
    (2, "v2"),
    (6, "v3.1"),
    (7, "v3.2"),
    (3, "v3"),
    (9, "DH+"),
    (8, "6.1"),
    (4, "6.1.192"),
    (10, "7.0-rc6"),
    (13, "7.2"),
    (11, "7.3"),
    (12, "7.3-closed"),
];

static REGISTRY: LazyLock<Vec<Version>> = LazyLock::new(|| {
    let mut read: Vec<_> = kernel::version_files()
        .map(|(path, text, document)| file::built_in(path, text, &document))
        .filter_map(|v| Some((ORDER.iter().find(|(_, name)| *name == v.name)?.0, v)))
        .collect();
    read.sort_by_key(|(number, _)| *number);
    read.into_iter().map(|(_, version)| version).collect()
});

/// Every version, by number.
#[must_use]
pub fn registry() -> &'static [Version] {
    &REGISTRY
}

/// Every version, oldest first.
#[must_use]
pub fn history() -> Vec<&'static Version> {
    ORDER.iter().filter_map(|(_, name)| find(name).ok()).collect()
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

static RELEASED: LazyLock<Vec<Version>> = LazyLock::new(|| {
    let of = |release: Profile| {
        let own = |v: &&Version| {
            let released =
                |b: &Arc<Body>| kernel::body(b.function.name, release).is_some_and(|r| Arc::ptr_eq(r, b));
            v.kernel == release && v.functions().iter().all(released)
        };
        let twin = registry().iter().find(own).unwrap_or_else(|| panic!("no version is {}", release.name()));
        if twin.name == release.name() {
            return twin.clone();
        }
        Version { name: release.name(), title: "the kernel as released", in_thread: false, ..twin.clone() }
    };
    Profile::ALL.map(of).into()
});

/// A release with nothing replaced. Where a version has its name, it is that version: all its functions are those
/// of the release.
#[must_use]
pub fn released(release: Profile) -> &'static Version {
    &RELEASED[release as usize]
}

/// A body of a function and the release that it belongs to, by `FUNCTION@RELEASE`. A body that only versions have
/// goes by its variant, and belongs to the release of the first of them.
///
/// # Errors
/// With the functions or the bodies that there are, or whose names are nearest.
pub fn function(name: &str) -> Result<(&'static Arc<Body>, Profile), String> {
    let (function, release) = name.split_once('@').unwrap_or((name, Profile::default().name()));
    let variants = kernel::variants(function);
    if variants.is_empty() {
        let near = text::nearest(function, kernel::library().iter().map(|b| b.function.name)).join(", ");
        return Err(format!(
            "there is no function '{function}'; the nearest are {near} (`lostwrite list functions` lists all)"
        ));
    }
    if let Some(release) = Profile::named(release) {
        let body = kernel::body(function, release).unwrap_or(&variants[0]);
        return Ok((body, release));
    }
    let of_versions = |body: &&'static Arc<Body>| {
        let version = registry().iter().find(|v| v.functions().iter().any(|b| Arc::ptr_eq(b, body)))?;
        Some((*body, version.kernel))
    };
    let body = variants.iter().find(|b| b.variant == release);
    body.as_ref().and_then(of_versions).ok_or_else(|| {
        let bodies = variants.iter().map(|b| b.variant).collect::<Vec<_>>().join(", ");
        let releases = Profile::ALL.map(Profile::name).join(", ");
        format!(
            "{function} has no body '{release}'; expected a release ({releases}) or one of its bodies ({bodies})"
        )
    })
}

/// A release with one of its own functions as the subject, by `FUNCTION@RELEASE`: what is asked of versions can be
/// asked of it, and its mutants are those of that function. Nothing is expected of it.
///
/// # Errors
/// If there is no such function or body.
pub fn subject(name: &str) -> Result<Version, String> {
    let (body, release) = function(name)?;
    Ok(Version {
        name: kept(name),
        title: "a function of the kernel as released",
        in_thread: false,
        standing: Standing::Own,
        subject: Arc::new(Subject::new(vec![Arc::clone(body)]).map_err(|e| e.to_string())?),
        ..released(release).clone()
    })
}

/// No version has that name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownVersion(
    /// The name that was asked for.
    pub String,
);

impl std::fmt::Display for UnknownVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "unknown implementation '{}'", self.0)
    }
}

impl std::error::Error for UnknownVersion {}

/// A text that stays in memory for good, as those of what is built in do: each once, however often it is read.
#[must_use]
pub fn kept(text: &str) -> &'static str {
    static TEXTS: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(kept) = texts.get(text) {
        return kept;
    }
    let new: &'static str = Box::leak(text.into());
    texts.insert(new);
    new
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_runs_its_own_body_of_every_function() {
        for release in Profile::ALL {
            let version = released(release);
            assert_eq!((version.name, version.kernel), (release.name(), release));
            for body in kernel::functions(release) {
                let name = body.function.name;
                assert!(version.body(name, release).is_some_and(|b| Arc::ptr_eq(b, body)), "{name}");
            }
            assert!(find(release.name()).is_err() || find(release.name()).is_ok_and(|v| v.kernel == release));
        }
    }

    #[test]
    fn every_file_of_a_version_has_its_number() {
        let numbers: Vec<_> = (0..ORDER.len()).collect();
        let mut given: Vec<_> = ORDER.iter().map(|(number, _)| *number).collect();
        given.sort_unstable();
        assert_eq!(given, numbers);
        assert_eq!(kernel::version_files().count(), ORDER.len(), "a file without a line in ORDER, or the reverse");
        for (number, name) in ORDER {
            assert_eq!(registry()[number].name, name);
        }
    }
}
