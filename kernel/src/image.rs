//! Kernels to boot: built from sources, minimal, and kept.
//!
//! The sources are those of a Debian package, or a tree of the user's. Neither is written to: `make` runs in a
//! tree of links ([`crate::farm`]), with a build folder of its own for each source. Changes of it are built one
//! after the other in that folder, so that each costs seconds; the images are kept beside it.

use crate::farm::Farm;
use crate::patches::{Patch, named};
use crate::tool::{self, Progress};
use fs4::FileExt;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Where sources come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A Debian package, such as `linux-source-6.1`.
    Debian(String),
    /// A tree.
    Tree(PathBuf),
}

/// What to build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// From what.
    pub source: Source,
    /// A fault of [`crate::patches`] that is put in.
    pub variant: Option<String>,
    /// Further patches.
    pub patches: Vec<Patch>,
}

/// What was built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Built {
    /// The kernel.
    pub image: PathBuf,
    /// Where its functions are: `System.map`.
    pub symbols: PathBuf,
}

/// What a kernel needs beyond `make tinyconfig`.
pub const CONFIG: &str = include_str!("../guest.config");

/// Options that newer kernels have under another name; the configuration asks for both.
const RENAMED: [(&str, &str); 1] = [("CONFIG_PROC_SYSCTL=y", "CONFIG_SYSCTL=y")];

/// The folder of kernels and of what they are built from.
#[derive(Clone, Debug)]
pub struct Cache {
    folder: PathBuf,
}

fn failed(path: &Path) -> impl Fn(std::io::Error) -> String {
    move |e| format!("{}: {e}", path.display())
}

impl Cache {
    /// In this folder.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn new(folder: &Path) -> Result<Cache, String> {
        fs::create_dir_all(folder).map_err(failed(folder))?;
        Ok(Cache { folder: folder.canonicalize().map_err(failed(folder))? })
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Builds a kernel, or finds it built.
    ///
    /// # Errors
    /// If a tool is missing, the sources cannot be had, a patch does not apply, or it does not build; with what
    /// was said.
    pub fn image(&self, wanted: &Wanted, limit: Duration, progress: Progress) -> Result<Built, String> {
        let lock = self.folder.join("lock");
        let lock = File::create(&lock).map_err(failed(&lock))?;
        if FileExt::try_lock(&lock).is_err() {
            progress("waiting for another build in the same folder");
            FileExt::lock(&lock).map_err(|e| format!("{}: {e}", self.folder.display()))?;
        }
        let (sources, name) = match &wanted.source {
            Source::Debian(package) => (self.unpacked(package, limit, progress)?, package.clone()),
            Source::Tree(tree) => {
                let tree = tree.canonicalize().map_err(failed(tree))?;
                let name = format!("tree-{:08x}", number(tree.to_string_lossy().as_bytes()));
                (tree, name)
            }
        };
        if !sources.join("mm/migrate_device.c").is_file() {
            return Err(format!(
                "{}: no mm/migrate_device.c; expected the sources of Linux 5.18 or newer",
                sources.display()
            ));
        }
        let mut patches = wanted.patches.clone();
        if let Some(variant) = &wanted.variant {
            patches.insert(0, named(variant, &series(&sources)?)?);
        }
        let (kept, made_from) = self.kept(&name, &patches);
        let built = Built { image: kept.join("bzImage"), symbols: kept.join("System.map") };
        // A tree of the user's may have changed: `make` decides.
        let is_whole = fs::read_to_string(kept.join("made-from")).is_ok_and(|text| text == made_from);
        if matches!(wanted.source, Source::Debian(_)) && is_whole && built.image.is_file() {
            return Ok(built);
        }
        let farm = Farm::new(&sources, &self.folder.join("trees").join(&name), limit, progress)?;
        farm.set(&patches, limit, progress)?;
        let make = Make { tree: farm.tree(), build: &self.folder.join("build").join(&name), limit };
        make.configure(progress)?;
        progress("building the kernel: minutes for the first of a source, seconds for a change of it");
        let jobs = std::thread::available_parallelism().map_or(1, usize::from);
        make.run(&[&format!("-j{jobs}"), "bzImage"], progress)?;
        keep(make.build, &kept, &made_from)?;
        Ok(built)
    }

    /// Where an image is kept, and what it is made from.
    fn kept(&self, name: &str, patches: &[Patch]) -> (PathBuf, String) {
        let mut made_from = CONFIG.to_owned();
        let mut kept = name.to_owned();
        for patch in patches {
            let plain: String = patch.name.chars().filter(char::is_ascii_alphanumeric).take(24).collect();
            kept += &format!("+{plain}-{:08x}", number(patch.text.as_bytes()));
            made_from += &patch.text;
        }
        (self.folder.join("images").join(kept), made_from)
    }

    /// The sources of a package, fetched through apt and unpacked without being installed.
    fn unpacked(&self, package: &str, limit: Duration, progress: Progress) -> Result<PathBuf, String> {
        let fine = |c: char| c.is_ascii_alphanumeric() || "-._+".contains(c);
        if !package.starts_with("linux-source-") || !package.chars().all(fine) {
            return Err(format!("'{package}' is no package of kernel sources; expected linux-source-VERSION"));
        }
        let sources = self.folder.join("sources");
        let tree = sources.join(package);
        if tree.join("Makefile").is_file() {
            return Ok(tree);
        }
        fs::create_dir_all(&sources).map_err(failed(&sources))?;
        let work = tempfile::tempdir_in(&sources).map_err(failed(&sources))?;
        progress(&format!("fetching {package}"));
        let mut fetch = Command::new("apt-get");
        tool::run(fetch.args(["download", package]).current_dir(&work), "apt-get download", limit, progress)?;
        let found = fs::read_dir(&work).map_err(|e| e.to_string())?.filter_map(Result::ok);
        let deb = found.map(|entry| entry.path()).find(|path| path.extension().is_some_and(|e| e == "deb"));
        let deb = deb.ok_or_else(|| format!("apt-get download {package} has brought no package"))?;
        progress(&format!("unpacking {package}"));
        let inside = work.path().join("package");
        tool::run(Command::new("dpkg").arg("-x").arg(&deb).arg(&inside), "dpkg -x", limit, progress)?;
        let archive = inside.join(format!("usr/src/{package}.tar.xz"));
        tool::run(
            Command::new("tar").arg("xf").arg(&archive).arg("-C").arg(work.path()),
            "tar xf",
            limit,
            progress,
        )?;
        // Whole or not at all.
        fs::rename(work.path().join(package), &tree).map_err(failed(&tree))?;
        Ok(tree)
    }
}

/// The two numbers that a release begins with.
fn series(sources: &Path) -> Result<String, String> {
    let path = sources.join("Makefile");
    let text = fs::read_to_string(&path).map_err(failed(&path))?;
    let release = release_in(&text).ok_or_else(|| {
        format!("{}: it says no VERSION and PATCHLEVEL; expected that of a kernel", path.display())
    })?;
    Ok(release.split('.').take(2).collect::<Vec<_>>().join("."))
}

/// The release that the text of a kernel's Makefile says, such as `6.1.192`.
#[must_use]
pub fn release_in(makefile: &str) -> Option<String> {
    let of = |name: &str| {
        let line = makefile.lines().find_map(|line| line.strip_prefix(name)?.trim_start().strip_prefix('='))?;
        Some(line.trim().to_owned()).filter(|value| !value.is_empty())
    };
    let parts = [Some(of("VERSION")?), Some(of("PATCHLEVEL")?), of("SUBLEVEL")];
    Some(parts.into_iter().flatten().collect::<Vec<_>>().join("."))
}

/// The release of an image (`kernel_version` in Documentation/arch/x86/boot.rst).
///
/// # Errors
/// If it is no `bzImage`.
pub fn release(image: &Path) -> Result<String, String> {
    let bytes = fs::read(image).map_err(failed(image))?;
    let no_image = || format!("{}: no kernel; expected a bzImage", image.display());
    if bytes.get(0x202..0x206) != Some(b"HdrS") {
        return Err(no_image());
    }
    let at = 0x200 + usize::from(u16::from_le_bytes([bytes[0x20e], bytes[0x20f]]));
    let text = bytes.get(at..).ok_or_else(no_image)?;
    let text: String =
        text.iter().take_while(|byte| byte.is_ascii_graphic()).map(|byte| char::from(*byte)).collect();
    if text.starts_with(|c: char| c.is_ascii_digit()) { Ok(text) } else { Err(no_image()) }
}

/// Puts what was built where it is kept: whole, or not at all.
fn keep(build: &Path, kept: &Path, made_from: &str) -> Result<(), String> {
    let images = kept.parent().unwrap_or(kept);
    fs::create_dir_all(images).map_err(failed(images))?;
    let work = tempfile::tempdir_in(images).map_err(failed(images))?;
    for (from, to) in [("arch/x86/boot/bzImage", "bzImage"), ("System.map", "System.map")] {
        let from = build.join(from);
        fs::copy(&from, work.path().join(to)).map_err(failed(&from))?;
    }
    fs::write(work.path().join("made-from"), made_from).map_err(failed(kept))?;
    if kept.exists() {
        fs::remove_dir_all(kept).map_err(failed(kept))?;
    }
    fs::rename(work.keep(), kept).map_err(failed(kept))
}

/// How `make` is called.
struct Make<'a> {
    tree: &'a Path,
    build: &'a Path,
    limit: Duration,
}

impl Make<'_> {
    fn run(&self, targets: &[&str], progress: Progress) -> Result<(), String> {
        let mut command = Command::new("make");
        command.arg("-C").arg(self.tree).arg(format!("O={}", self.build.display())).args(targets);
        // An image tells nothing of the machine that it was built on.
        let said = [("TIMESTAMP", "@0"), ("USER", "lostwrite"), ("HOST", "lostwrite")];
        command.envs(said.map(|(what, value)| (format!("KBUILD_BUILD_{what}"), value)));
        tool::run(&mut command, &format!("make {}", targets.join(" ")), self.limit, progress)
    }

    /// A minimal configuration. An option that the kernel does not know is an error: a guest without it would
    /// tell something else than it is asked.
    fn configure(&self, progress: Progress) -> Result<(), String> {
        let (config, made_from) = (self.build.join(".config"), self.build.join("guest.config"));
        if config.is_file() && fs::read_to_string(&made_from).is_ok_and(|text| text == CONFIG) {
            return Ok(());
        }
        progress("configuring the kernel");
        fs::create_dir_all(self.build).map_err(failed(self.build))?;
        self.run(&["tinyconfig"], progress)?;
        let mut text = fs::read_to_string(&config).map_err(failed(&config))?;
        text.push_str(CONFIG);
        fs::write(&config, text).map_err(failed(&config))?;
        self.run(&["olddefconfig"], progress)?;
        let text = fs::read_to_string(&config).map_err(failed(&config))?;
        let wanted = CONFIG.lines().filter(|line| line.starts_with("CONFIG_"));
        let has = |line: &str| text.lines().any(|has| has == line);
        let by_another_name = |line: &str| RENAMED.iter().any(|(old, new)| *old == line && has(new));
        let missing: Vec<_> = wanted.filter(|line| !has(line) && !by_another_name(line)).collect();
        if !missing.is_empty() {
            return Err(format!("{}: the kernel does not take {}", self.tree.display(), missing.join(", ")));
        }
        fs::write(&made_from, CONFIG).map_err(failed(&made_from))
    }
}

/// A number for what is no file name.
fn number(name: &[u8]) -> u32 {
    // FNV-1a.
    name.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(source: Source) -> String {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Cache::new(folder.path()).expect("it can be written");
        let wanted = Wanted { source, variant: None, patches: Vec::new() };
        cache.image(&wanted, Duration::from_secs(60), &mut |_| {}).expect_err("nothing to build from")
    }

    #[test]
    fn what_is_no_source_is_refused_before_anything_is_built() {
        for name in ["bash", "linux-source-6.1;ls", "linux-source-../x"] {
            assert!(error(Source::Debian(name.to_owned())).contains("expected linux-source-VERSION"), "{name}");
        }
        let folder = tempfile::tempdir().expect("a folder");
        let said = error(Source::Tree(folder.path().to_owned()));
        assert!(said.contains("no mm/migrate_device.c"), "{said}");
        assert!(error(Source::Tree("/no-such-tree".into())).starts_with("/no-such-tree: "));
    }

    #[test]
    fn images_of_different_changes_are_kept_apart() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Cache::new(folder.path()).expect("it can be written");
        let patch = |name: &str, text: &str| Patch { name: name.to_owned(), text: text.to_owned() };
        let kept = |patches: &[Patch]| cache.kept("linux-source-6.1", patches).0;
        let plain = kept(&[]);
        assert!(plain.ends_with("images/linux-source-6.1"));
        let one = kept(&[patch("../my patch", "one")]);
        assert!(one.parent() == plain.parent() && one != plain && one != kept(&[patch("../my patch", "two")]));
        fs::write(folder.path().join("Makefile"), "# x\nVERSION = 6\nPATCHLEVEL = 1\n").expect("written");
        assert_eq!(series(folder.path()), Ok("6.1".to_owned()));
    }
}
