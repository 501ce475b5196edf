//! Kernels to boot: built from sources, minimal, and kept.
//!
//! The sources are those of a Debian package, or a tree of the user's. A tree is never written to: its build
//! folder is in the cache. What is built is kept under the sources' name, the release and what was changed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where sources come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A Debian package, such as `linux-source-6.1`.
    Debian(String),
    /// A tree.
    Tree(PathBuf),
}

/// What a kernel needs beyond `make tinyconfig`.
pub const CONFIG: &str = include_str!("../guest.config");

/// The folder of kernels and of what they are built from.
#[derive(Clone, Debug)]
pub struct Cache {
    folder: PathBuf,
}

/// Something that is done, before it is done: for who waits.
pub type Progress<'a> = &'a mut dyn FnMut(&str);

impl Cache {
    /// In this folder.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn new(folder: &Path) -> Result<Cache, String> {
        fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        let folder = folder.canonicalize().map_err(|e| format!("{}: {e}", folder.display()))?;
        Ok(Cache { folder })
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Builds a kernel, or finds it built. Returns its image.
    ///
    /// # Errors
    /// If a tool is missing, the sources cannot be had, or they do not build; with the end of what was said.
    pub fn image(&self, source: &Source, jobs: usize, progress: Progress) -> Result<PathBuf, String> {
        let (tree, name) = match source {
            Source::Debian(package) => (self.unpacked(package, progress)?, package.clone()),
            Source::Tree(tree) => {
                let tree = tree.canonicalize().map_err(|e| format!("{}: {e}", tree.display()))?;
                let name = format!("tree-{:08x}", number(&tree.to_string_lossy()));
                (tree, name)
            }
        };
        if !tree.join("mm/migrate_device.c").is_file() {
            return Err(format!(
                "{}: no mm/migrate_device.c; expected the sources of Linux 5.18 or newer",
                tree.display()
            ));
        }
        let build = self.folder.join("build").join(name);
        self.configure(&tree, &build, progress)?;
        progress("building the kernel: minutes for the first, seconds afterwards");
        make(&tree, &build, &[&format!("-j{jobs}"), "bzImage"])?;
        let image = build.join("arch/x86/boot/bzImage");
        if image.is_file() { Ok(image) } else { Err(format!("{}: make has left no image", image.display())) }
    }

    /// The sources of a package, fetched through apt and unpacked without being installed.
    fn unpacked(&self, package: &str, progress: Progress) -> Result<PathBuf, String> {
        let fine = |c: char| c.is_ascii_alphanumeric() || "-._+".contains(c);
        if !package.starts_with("linux-source-") || !package.chars().all(fine) {
            return Err(format!("'{package}' is no package of kernel sources; expected linux-source-VERSION"));
        }
        let sources = self.folder.join("sources");
        let tree = sources.join(package);
        if tree.join("Makefile").is_file() {
            return Ok(tree);
        }
        fs::create_dir_all(&sources).map_err(|e| format!("{}: {e}", sources.display()))?;
        let work = tempfile::tempdir_in(&sources).map_err(|e| format!("{}: {e}", sources.display()))?;
        progress(&format!("fetching {package}"));
        said(Command::new("apt-get").args(["download", package]).current_dir(&work), "apt-get download")?;
        let found = fs::read_dir(&work).map_err(|e| e.to_string())?.filter_map(Result::ok);
        let deb = found.map(|entry| entry.path()).find(|path| path.extension().is_some_and(|e| e == "deb"));
        let deb = deb.ok_or_else(|| format!("apt-get download {package} has brought no package"))?;
        progress(&format!("unpacking {package}"));
        said(Command::new("dpkg").arg("-x").arg(&deb).arg(&work.path().join("package")), "dpkg -x")?;
        let archive = work.path().join(format!("package/usr/src/{package}.tar.xz"));
        said(Command::new("tar").arg("xf").arg(&archive).arg("-C").arg(work.path()), "tar xf")?;
        // Whole or not at all.
        fs::rename(work.path().join(package), &tree).map_err(|e| format!("{}: {e}", tree.display()))?;
        Ok(tree)
    }

    /// A minimal configuration. An option that the kernel does not know is an error: a guest without it would
    /// tell something else than it is asked.
    fn configure(&self, tree: &Path, build: &Path, progress: Progress) -> Result<(), String> {
        let failed = |path: &Path, e: std::io::Error| format!("{}: {e}", path.display());
        let (config, made_from) = (build.join(".config"), build.join("guest.config"));
        if config.is_file() && fs::read_to_string(&made_from).is_ok_and(|text| text == CONFIG) {
            return Ok(());
        }
        progress("configuring the kernel");
        fs::create_dir_all(build).map_err(|e| failed(build, e))?;
        make(tree, build, &["tinyconfig"])?;
        let mut text = fs::read_to_string(&config).map_err(|e| failed(&config, e))?;
        text.push_str(CONFIG);
        fs::write(&config, text).map_err(|e| failed(&config, e))?;
        make(tree, build, &["olddefconfig"])?;
        let text = fs::read_to_string(&config).map_err(|e| failed(&config, e))?;
        let wanted = CONFIG.lines().filter(|line| line.starts_with("CONFIG_"));
        let missing: Vec<_> = wanted.filter(|line| !text.lines().any(|has| has == *line)).collect();
        if !missing.is_empty() {
            return Err(format!("{}: the kernel does not take {}", tree.display(), missing.join(", ")));
        }
        fs::write(&made_from, CONFIG).map_err(|e| failed(&made_from, e))
    }
}

/// A number for a name that is no file name.
fn number(name: &str) -> u32 {
    // FNV-1a.
    name.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

fn make(tree: &Path, build: &Path, targets: &[&str]) -> Result<(), String> {
    let mut command = Command::new("make");
    command.arg("-C").arg(tree).arg(format!("O={}", build.display())).args(targets);
    said(&mut command, &format!("make {}", targets.join(" ")))
}

/// Runs a command; what it says is told only if it fails.
fn said(command: &mut Command, name: &str) -> Result<(), String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|e| format!("{name}: {e}; `lostwrite kernel doctor` says what to install"))?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    let lines: Vec<_> = text.lines().filter(|line| !line.trim().is_empty()).take(20).collect();
    Err(format!("{name} failed:\n{}", lines.join("\n")))
}
