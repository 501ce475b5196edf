//! What a kernel is changed by: patches of the user's, and the faults of `patches/`, by name.

use include_dir::{Dir, include_dir};
use std::path::{Component, Path};

/// Texts under GPL-2.0 (`patches/README.md`).
static KNOWN: Dir = include_dir!("$CARGO_MANIFEST_DIR/patches");

/// A patch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patch {
    /// What it is called, for people.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// The faults that are known by name.
#[must_use]
pub fn names() -> Vec<&'static str> {
    let files = KNOWN.files().filter_map(|file| file.path().to_str()?.strip_suffix(".patch"));
    let of_a_release = |name: &str| name.starts_with(|c: char| c.is_ascii_digit());
    let plain = files.map(|name| match name.rsplit_once('-') {
        Some((name, release)) if of_a_release(release) => name,
        _ => name,
    });
    let mut names: Vec<_> = plain.collect();
    names.sort();
    names.dedup();
    names
}

/// A fault by its name, for a series of releases such as `6.1`.
///
/// # Errors
/// If there is none of that name, or none for that series.
pub fn named(name: &str, series: &str) -> Result<Patch, String> {
    let file = |file: &str| KNOWN.get_file(file).and_then(|file| file.contents_utf8());
    let text = file(&format!("{name}-{series}.patch")).or_else(|| file(&format!("{name}.patch")));
    match text {
        Some(text) => Ok(Patch { name: name.to_owned(), text: text.to_owned() }),
        None if names().contains(&name) => Err(format!("there is no patch that puts {name} into Linux {series}")),
        None => Err(format!("'{name}' is no known fault; expected {}", names().join(", "))),
    }
}

impl Patch {
    /// The files that it changes, in the kernel's tree.
    ///
    /// # Errors
    /// If it changes none, or one outside the tree.
    pub fn files(&self) -> Result<Vec<String>, String> {
        let mut files = Vec::new();
        let mut lines = self.text.lines().peekable();
        while let Some(line) = lines.next() {
            let (Some(old), Some(new)) =
                (line.strip_prefix("--- "), lines.peek().and_then(|line| line.strip_prefix("+++ ")))
            else {
                continue;
            };
            let name = |side: &str| side.split('\t').next().unwrap_or_default().trim().to_owned();
            let (old, new) = (name(old), name(new));
            let used = if new == "/dev/null" { old } else { new };
            let path = used.split_once('/').map_or("", |(_, path)| path);
            let inside = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
            if path.is_empty() || !inside {
                return Err(format!(
                    "{}: '{used}' is no file of a kernel tree; expected a/PATH and b/PATH",
                    self.name
                ));
            }
            files.push(path.to_owned());
        }
        if files.is_empty() {
            return Err(format!("{}: it changes nothing; expected a patch as `git diff` writes it", self.name));
        }
        files.sort();
        files.dedup();
        Ok(files)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_faults_say_what_they_are_and_where_they_are_put() {
        let readme = KNOWN.get_file("README.md").and_then(|file| file.contents_utf8()).expect("it is there");
        for name in names() {
            let patch = named(name, "6.1").expect("for 6.1");
            assert!(patch.text.starts_with("SPDX-License-Identifier: GPL-2.0\n"), "{name}");
            assert!(!patch.files().expect("files").is_empty(), "{name}");
            assert!(readme.contains(&format!("| `{name}` |")), "README.md says nothing of {name}");
            let in_the_model = oracle::recorded_kernel(name, "6.1.192", "nullb0");
            assert!(in_the_model.is_ok(), "{name} is nothing in the model");
        }
        assert_eq!(names().iter().filter(|name| name.starts_with("bug")).count(), 5);
        assert_ne!(named("bugD", "6.1"), named("bugD", "7.3"));
        assert!(named("bugD", "5.19").expect_err("none").contains("no patch that puts bugD into Linux 5.19"));
        assert!(named("bugZ", "6.1").expect_err("none").contains("bugA, bugB"));
    }

    #[test]
    fn a_patch_of_the_users_stays_in_the_tree() {
        let files = |text: &str| Patch { name: "mine".to_owned(), text: text.to_owned() }.files();
        assert_eq!(
            files("x\n--- a/mm/a.c\n+++ b/mm/a.c\n@@\n--- /dev/null\n+++ b/mm/b.c\n"),
            Ok(vec!["mm/a.c".to_owned(), "mm/b.c".to_owned()])
        );
        assert_eq!(files("--- a/mm/a.c\t2026\n+++ /dev/null\n"), Ok(vec!["mm/a.c".to_owned()]));
        for wrong in [
            "",
            "--- a/x\n",
            "--- a/../x\n+++ b/../x\n",
            "--- a/\n+++ b/\n",
            "--- x\n+++ x\n",
            "--- //x\n+++ //x\n",
        ] {
            assert!(files(wrong).is_err(), "{wrong:?}");
        }
    }
}
