//! What a kernel needs before pages can be looked at: file systems, swap, a control group.

use crate::sys;
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt;

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

/// Where reclaim of the control group is asked for.
pub const RECLAIM: &str = "/groups/test/memory.reclaim";
/// Where its swap is limited.
pub const SWAP_MAX: &str = "/groups/test/memory.swap.max";

/// A control group for this process, so that reclaim can be asked for. What the process has by now is locked:
/// only the pages of cases are reclaimed, and use up its swap.
pub fn group() -> Result<(), String> {
    sys::lock_all().map_err(at("mlockall"))?;
    write("/groups/cgroup.subtree_control", "+memory")?;
    fs::create_dir_all("/groups/test").map_err(at("/groups/test"))?;
    write("/groups/test/cgroup.procs", "0")
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
