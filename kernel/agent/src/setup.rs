//! What a kernel needs before pages can be looked at: file systems, swap, a control group.

use crate::sys;
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

fn at(path: &str) -> impl Fn(std::io::Error) -> String {
    move |e| format!("{path}: {e}")
}

fn write(path: &str, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(at(path))
}

/// proc, sysfs, devtmpfs and the control groups.
pub fn mounts() -> Result<(), String> {
    for (kind, target) in [("proc", "/proc"), ("sysfs", "/sys"), ("devtmpfs", "/dev"), ("cgroup2", GROUPS)] {
        fs::create_dir_all(target).map_err(at(target))?;
        sys::mount(kind, target).map_err(at(target))?;
    }
    Ok(())
}

const GROUPS: &str = "/groups";

/// A control group for this process, in which reclaim can be asked for and swap be limited.
pub struct Group(AtomicU32);

impl Group {
    /// The first one. What the process has by now is locked: only the pages of cases are reclaimed, and use up
    /// the group's swap.
    pub fn start() -> Result<Group, String> {
        sys::lock_all().map_err(at("mlockall"))?;
        write(&format!("{GROUPS}/cgroup.subtree_control"), "+memory")?;
        let group = Group(AtomicU32::new(0));
        group.enter()?;
        Ok(group)
    }

    fn file(&self, name: &str) -> String {
        format!("{GROUPS}/{}/{name}", self.0.load(Relaxed))
    }

    fn enter(&self) -> Result<(), String> {
        let folder = self.file("");
        fs::create_dir_all(&folder).map_err(at(&folder))?;
        write(&self.file("cgroup.procs"), "0")
    }

    /// Another one, if pages that nobody has any more still use swap of this one: a page that is let go of
    /// while somebody else holds it stays in the swap cache until reclaim comes by.
    pub fn with_no_swap_used(&self) -> Result<(), String> {
        let path = self.file("memory.swap.current");
        if fs::read_to_string(&path).map_err(at(&path))?.trim() == "0" {
            return Ok(());
        }
        self.0.fetch_add(1, Relaxed);
        self.enter()
    }

    /// `memory.reclaim` says that it has not got all even where it has got what there was: it is asked a few
    /// times.
    pub fn reclaim(&self) {
        for _ in 0..3 {
            if fs::write(self.file("memory.reclaim"), "4M").is_ok() {
                return;
            }
        }
    }

    /// Limits swap to so many pages; 0 for no limit.
    pub fn limit_swap(&self, pages: usize) -> Result<(), String> {
        let limit = if pages == 0 { "max".to_owned() } else { (pages * sys::PAGE).to_string() };
        write(&self.file("memory.swap.max"), &limit)
    }
}

/// As many slots as are used of a device. With fewer than 320 free ones for each CPU the kernel keeps no cache
/// of slots (`check_cache_active`, up to 6.14), and a slot that is freed is uncharged at once: `memory.swap.max`
/// then counts what is in use. A case needs few; more than half used would have the kernel free slots early.
const SLOTS: u64 = 300;

/// Swaps to a device of `/dev`: one page at a time, so that a swap-in brings no neighbour.
pub fn swap(device: &str) -> Result<(), String> {
    write("/proc/sys/vm/page-cluster", "0")?;
    write("/proc/sys/vm/swappiness", "100")?;
    let path = format!("/dev/{device}");
    let bytes: u64 = fs::read_to_string(format!("/sys/block/{device}/size"))
        .map_err(at(&path))?
        .trim()
        .parse::<u64>()
        .map_err(|e| format!("{path}: {e}"))?
        * 512;
    // `union swap_header` of include/linux/swap.h.
    let mut header = [0u8; sys::PAGE];
    let last = (bytes / sys::PAGE as u64 - 1).min(SLOTS) as u32;
    header[1024..1028].copy_from_slice(&1u32.to_ne_bytes());
    header[1028..1032].copy_from_slice(&last.to_ne_bytes());
    header[sys::PAGE - 10..].copy_from_slice(b"SWAPSPACE2");
    let file = OpenOptions::new().write(true).open(&path).map_err(at(&path))?;
    file.write_all_at(&header, 0).map_err(at(&path))?;
    file.sync_all().map_err(at(&path))?;
    drop(file);
    sys::swapon(&path).map_err(at(&path))
}

/// The serial line that the answers go to.
pub fn answers() -> Result<File, String> {
    let path = "/dev/ttyS1";
    let file = OpenOptions::new().write(true).read(true).open(path).map_err(at(path))?;
    sys::raw(&file).map_err(at(path))?;
    Ok(file)
}

/// What the kernel calls itself.
pub fn release() -> Result<String, String> {
    let path = "/proc/sys/kernel/osrelease";
    Ok(fs::read_to_string(path).map_err(at(path))?.trim().to_owned())
}

/// How many CPUs are up: a machine table that the kernel does not understand leaves it with one.
pub fn cpus() -> Result<usize, String> {
    let path = "/proc/cpuinfo";
    let text = fs::read_to_string(path).map_err(at(path))?;
    Ok(text.lines().filter(|line| line.starts_with("processor")).count())
}
