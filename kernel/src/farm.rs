//! A tree of kernel sources that may be changed, beside one that may not: links to every file of the sources,
//! and copies of the files that a patch has touched.
//!
//! `make` goes by times. A copy that has become equal to its source again stays a copy, with the time at which
//! it was written: what was built from the change is older, and is built again.

use crate::patches::Patch;
use crate::tool::{self, Progress};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The tree.
pub struct Farm {
    sources: PathBuf,
    tree: PathBuf,
    /// The files that are copies, a line each: written before the first of them is.
    copies: PathBuf,
}

fn failed(path: &Path) -> impl Fn(std::io::Error) -> String {
    move |e| format!("{}: {e}", path.display())
}

impl Farm {
    /// At a place, of sources; files that the sources have got since are linked too.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn new(sources: &Path, tree: &Path, limit: Duration, progress: Progress) -> Result<Farm, String> {
        let copies = tree.with_extension("copies");
        fs::create_dir_all(tree).map_err(failed(tree))?;
        let mut from = sources.as_os_str().to_owned();
        from.push("/.");
        progress("linking the sources");
        tool::run(Command::new("cp").arg("-asn").arg(from).arg(tree), "cp", limit, progress)?;
        Ok(Farm { sources: sources.to_owned(), tree: tree.to_owned(), copies })
    }

    /// The tree.
    pub fn tree(&self) -> &Path {
        &self.tree
    }

    /// The sources, with these patches and no others.
    ///
    /// # Errors
    /// If one does not apply; the tree is the sources' then.
    pub fn set(&self, patches: &[Patch], limit: Duration, progress: Progress) -> Result<(), String> {
        let mut copies: BTreeSet<String> = match fs::read_to_string(&self.copies) {
            Ok(text) => text.lines().map(str::to_owned).collect(),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => BTreeSet::new(),
            Err(e) => return Err(failed(&self.copies)(e)),
        };
        for patch in patches {
            copies.extend(patch.files()?);
        }
        let list: String = copies.iter().map(|file| format!("{file}\n")).collect();
        fs::write(&self.copies, list).map_err(failed(&self.copies))?;
        // Patched elsewhere first: a file that comes out as it was keeps its time.
        let work = tempfile::tempdir_in(self.tree.parent().unwrap_or(&self.tree)).map_err(failed(&self.tree))?;
        for file in &copies {
            let (from, to) = (self.sources.join(file), work.path().join(file));
            if from.is_file() {
                fs::create_dir_all(to.parent().unwrap_or(&to)).map_err(failed(&to))?;
                fs::copy(&from, &to).map_err(failed(&from))?;
            }
        }
        for (n, patch) in patches.iter().enumerate() {
            let text = work.path().join(format!("{n}.patch"));
            fs::write(&text, &patch.text).map_err(failed(&text))?;
            let mut command = Command::new("patch");
            command.args(["-p1", "--batch", "--no-backup-if-mismatch", "--reject-file=-", "-i"]).arg(&text);
            tool::run(command.arg("-d").arg(work.path()), &format!("patch < {}", patch.name), limit, progress)
                .map_err(|e| format!("{} does not apply to {}: {e}", patch.name, self.sources.display()))?;
        }
        for file in &copies {
            self.put(file, &work.path().join(file))?;
        }
        Ok(())
    }

    /// A file of the tree, as it is to be.
    fn put(&self, file: &str, wanted: &Path) -> Result<(), String> {
        let place = self.tree.join(file);
        let is_copy = fs::symlink_metadata(&place).is_ok_and(|known| known.is_file());
        if !wanted.is_file() {
            return match fs::remove_file(&place) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(failed(&place)(e)),
                _ => Ok(()),
            };
        }
        let text = fs::read(wanted).map_err(failed(wanted))?;
        if is_copy && fs::read(&place).is_ok_and(|has| has == text) {
            return Ok(());
        }
        fs::create_dir_all(place.parent().unwrap_or(&place)).map_err(failed(&place))?;
        // Never through a link: that would write to the sources.
        let new = tempfile::NamedTempFile::new_in(&self.tree).map_err(failed(&place))?;
        fs::write(new.path(), text).map_err(failed(&place))?;
        new.persist(&place).map_err(|e| format!("{}: {e}", place.display()))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(60);

    fn patch(from: &str, to: &str) -> Patch {
        let text = format!("--- a/mm/a.c\n+++ b/mm/a.c\n@@ -1,1 +1,1 @@\n-{from}\n+{to}\n");
        Patch { name: "mine".to_owned(), text }
    }

    #[test]
    fn the_sources_are_never_written_to() {
        let folder = tempfile::tempdir().expect("a folder");
        let sources = folder.path().join("sources");
        fs::create_dir_all(sources.join("mm")).expect("a folder");
        fs::write(sources.join("mm/a.c"), "one\n").expect("written");
        fs::write(sources.join("mm/b.c"), "other\n").expect("written");
        let tree = folder.path().join("tree");
        let farm = Farm::new(&sources, &tree, LIMIT, &mut |_| {}).expect("linked");
        let in_tree = |file: &str| fs::read_to_string(tree.join(file)).expect("it is there");
        assert!(tree.join("mm/a.c").is_symlink());
        farm.set(&[patch("one", "two")], LIMIT, &mut |_| {}).expect("it applies");
        assert_eq!((in_tree("mm/a.c").as_str(), in_tree("mm/b.c").as_str()), ("two\n", "other\n"));
        assert_eq!(fs::read_to_string(sources.join("mm/a.c")).expect("there"), "one\n");
        // The same again writes nothing; back to the sources is a change that `make` sees.
        let time = || fs::metadata(tree.join("mm/a.c")).and_then(|known| known.modified()).expect("a time");
        let before = time();
        farm.set(&[patch("one", "two")], LIMIT, &mut |_| {}).expect("it applies");
        assert_eq!(time(), before);
        let wrong = farm.set(&[patch("three", "two")], LIMIT, &mut |_| {}).expect_err("it does not apply");
        assert!(wrong.starts_with("mine does not apply to "), "{wrong}");
        let farm = Farm::new(&sources, &tree, LIMIT, &mut |_| {}).expect("linked");
        farm.set(&[], LIMIT, &mut |_| {}).expect("nothing to apply");
        assert!(in_tree("mm/a.c") == "one\n" && !tree.join("mm/a.c").is_symlink() && time() >= before);
        // A file of the patch's own goes with it.
        let text = "--- /dev/null\n+++ b/mm/new.c\n@@ -0,0 +1,1 @@\n+new\n".to_owned();
        farm.set(&[Patch { name: "new".to_owned(), text }], LIMIT, &mut |_| {}).expect("it applies");
        assert_eq!(in_tree("mm/new.c"), "new\n");
        farm.set(&[], LIMIT, &mut |_| {}).expect("nothing to apply");
        assert!(!tree.join("mm/new.c").exists() && !sources.join("mm/new.c").exists());
    }
}
