//! System calls that the standard library does not have. The only module with unsafe code.
//!
//! Addresses are of pages that nothing of Rust lives in: what the kernel does to
//! them is what is being looked at.

#![allow(unsafe_code)]

use std::ffi::{CString, c_char, c_int, c_long, c_ulong, c_void};
use std::io::{Error, Result};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::sync::atomic::AtomicU32;

mod c {
    use super::*;

    #[repr(C)]
    pub struct Iovec {
        pub base: *mut c_void,
        pub len: usize,
    }

    unsafe extern "C" {
        pub fn mmap(a: *mut c_void, n: usize, prot: c_int, flags: c_int, fd: c_int, at: c_long) -> *mut c_void;
        pub fn munmap(addr: *mut c_void, len: usize) -> c_int;
        pub fn madvise(addr: *mut c_void, len: usize, advice: c_int) -> c_int;
        pub fn mprotect(addr: *mut c_void, len: usize, prot: c_int) -> c_int;
        pub fn mlock(addr: *const c_void, len: usize) -> c_int;
        pub fn munlock(addr: *const c_void, len: usize) -> c_int;
        pub fn mlockall(flags: c_int) -> c_int;
        pub fn ioctl(fd: c_int, request: c_ulong, ...) -> c_int;
        pub fn fork() -> c_int;
        pub fn waitpid(pid: c_int, status: *mut c_int, options: c_int) -> c_int;
        pub fn pipe(fds: *mut c_int) -> c_int;
        pub fn vmsplice(fd: c_int, iov: *const Iovec, n: usize, flags: u32) -> isize;
        pub fn swapon(path: *const c_char, flags: c_int) -> c_int;
        pub fn mount(
            source: *const c_char,
            target: *const c_char,
            kind: *const c_char,
            flags: c_ulong,
            data: *const c_void,
        ) -> c_int;
        pub fn reboot(what: c_int) -> c_int;
        pub fn sched_setaffinity(pid: c_int, size: usize, mask: *const c_ulong) -> c_int;
        pub fn _exit(status: c_int) -> !;
    }
}

/// The size of a page.
pub const PAGE: usize = 4096;

fn done(status: c_int) -> Result<()> {
    if status < 0 { Err(Error::last_os_error()) } else { Ok(()) }
}

fn text(s: &str) -> CString {
    CString::new(s).expect("no zero byte in it")
}

/// A page of the process under test: an address, and nothing that Rust knows of.
#[derive(Clone, Copy)]
pub struct Page(usize);

/// What `madvise` is told (`include/uapi/asm-generic/mman-common.h`).
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum Advice {
    /// MADV_DONTNEED.
    DontNeed = 4,
    /// MADV_FREE.
    Free = 8,
    /// MADV_NOHUGEPAGE.
    NoHugePage = 15,
    /// MADV_DONTDUMP: nothing but another flag of the VMA.
    DontDump = 16,
    /// MADV_PAGEOUT.
    PageOut = 21,
}

const PROT_READ: c_int = 1;
const PROT_WRITE: c_int = 2;
const MAP_PRIVATE_ANONYMOUS: c_int = 0x22;
const MAP_SHARED_ANONYMOUS: c_int = 0x21;
const MAP_FIXED: c_int = 0x10;

/// Maps pages afresh from an address on, private and anonymous.
pub fn map(addr: usize, pages: usize) -> Result<Vec<Page>> {
    map_as(MAP_PRIVATE_ANONYMOUS, addr, pages)
}

fn map_as(kind: c_int, addr: usize, pages: usize) -> Result<Vec<Page>> {
    let prot = PROT_READ | PROT_WRITE;
    // SAFETY: the range is below everything that the process has; see `pages::BASE`.
    let at = unsafe { c::mmap(addr as *mut c_void, pages * PAGE, prot, kind | MAP_FIXED, -1, 0) };
    if at as usize != addr {
        return Err(Error::last_os_error());
    }
    Ok((0..pages).map(|n| Page(addr + n * PAGE)).collect())
}

/// Maps pages somewhere.
pub fn map_anywhere(pages: usize) -> Result<Vec<Page>> {
    let prot = PROT_READ | PROT_WRITE;
    // SAFETY: a new range.
    let at = unsafe { c::mmap(std::ptr::null_mut(), pages * PAGE, prot, MAP_PRIVATE_ANONYMOUS, -1, 0) };
    if at as isize == -1 {
        return Err(Error::last_os_error());
    }
    Ok((0..pages).map(|n| Page(at as usize + n * PAGE)).collect())
}

impl Page {
    /// Its number: the address without the place in the page.
    pub fn number(self) -> u64 {
        (self.0 / PAGE) as u64
    }

    /// Its address.
    pub fn address(self) -> u64 {
        self.0 as u64
    }

    /// Loads its first words.
    pub fn load<const N: usize>(self) -> [u64; N] {
        // SAFETY: it is mapped and readable, and nothing of Rust is in it.
        std::array::from_fn(|word| unsafe { std::ptr::read_volatile((self.0 as *const u64).add(word)) })
    }

    /// Stores to one of its first words.
    pub fn store(self, word: usize, value: u64) {
        // SAFETY: it is mapped and writable, and nothing of Rust is in it.
        unsafe { std::ptr::write_volatile((self.0 as *mut u64).add(word), value) }
    }

    /// Unmaps it.
    pub fn unmap(self) -> Result<()> {
        // SAFETY: nothing of Rust is in it.
        done(unsafe { c::munmap(self.0 as *mut c_void, PAGE) })
    }

    /// `madvise` of this page.
    pub fn advise(self, advice: Advice) -> Result<()> {
        // SAFETY: nothing of Rust is in it.
        done(unsafe { c::madvise(self.0 as *mut c_void, PAGE, advice as c_int) })
    }

    /// `mprotect` of this page.
    pub fn protect(self, writable: bool) -> Result<()> {
        let prot = if writable { PROT_READ | PROT_WRITE } else { PROT_READ };
        // SAFETY: nothing of Rust is in it.
        done(unsafe { c::mprotect(self.0 as *mut c_void, PAGE, prot) })
    }

    /// `mlock` or `munlock` of this page.
    pub fn lock(self, on: bool) -> Result<()> {
        let at = self.0 as *const c_void;
        // SAFETY: it changes no content.
        done(unsafe { if on { c::mlock(at, PAGE) } else { c::munlock(at, PAGE) } })
    }

    /// A reference on the page for as long as the pipe is there: `vmsplice`, FOLL_GET.
    pub fn splice_into(self, pipe: &OwnedFd) -> Result<()> {
        let iov = c::Iovec { base: self.0 as *mut c_void, len: PAGE };
        // SAFETY: the kernel reads the page only if somebody reads the pipe, which nobody does.
        let n = unsafe { c::vmsplice(pipe.as_raw_fd(), &iov, 1, 0) };
        if n == PAGE as isize { Ok(()) } else { Err(Error::last_os_error()) }
    }
}

/// Locks everything that is mapped now, and nothing that will be.
pub fn lock_all() -> Result<()> {
    const MCL_CURRENT: c_int = 1;
    // SAFETY: it changes no content.
    done(unsafe { c::mlockall(MCL_CURRENT) })
}

/// Both ends of a pipe: to read from, to write to.
pub fn pipe() -> Result<(OwnedFd, OwnedFd)> {
    let mut fds = [0; 2];
    // SAFETY: it writes two numbers; the descriptors are new, and nobody else's.
    unsafe {
        done(c::pipe(fds.as_mut_ptr()))?;
        Ok((OwnedFd::from_raw_fd(fds[0]), OwnedFd::from_raw_fd(fds[1])))
    }
}

/// The calling thread runs on that CPU and no other.
pub fn run_on(cpu: usize) -> Result<()> {
    let mask: c_ulong = 1 << cpu;
    // SAFETY: it reads eight bytes.
    done(unsafe { c::sched_setaffinity(0, size_of::<c_ulong>(), &mask) })
}

/// As many actors as a case may have.
pub const ACTORS: usize = 4;
/// Where the numbers are that say who may go on: behind the pages of a case, and known to whoever holds the
/// machine.
const CONTROL: usize = 0x40000;

/// The page of these numbers, mapped now.
pub fn control() -> Result<&'static [AtomicU32; 3 * ACTORS]> {
    // Shared, so that it is the same page whichever process has the CPU that it is looked at from.
    map_as(MAP_SHARED_ANONYMOUS, CONTROL, 1)?;
    // SAFETY: the page was mapped just now, is never unmapped, and has nothing else in it.
    let control = unsafe { &*(CONTROL as *const [AtomicU32; 3 * ACTORS]) };
    // Both sides write to it: it must be there.
    control.iter().for_each(|number| number.store(0, std::sync::atomic::Ordering::Release));
    Ok(control)
}

/// `struct hmm_dmirror_cmd` of `lib/test_hmm_uapi.h`.
#[repr(C)]
struct MirrorCommand {
    addr: u64,
    buffer: u64,
    pages: u64,
    done: u64,
    faults: u64,
}

/// What the test driver is asked (`lib/test_hmm_uapi.h`): the number of its ioctl.
#[derive(Clone, Copy)]
#[repr(u32)]
pub enum Mirror {
    /// A load by the device.
    Read = 0,
    /// A store by the device.
    Write = 1,
    /// Migration to device memory.
    ToDevice = 2,
    /// Migration back.
    ToSystem = 3,
    /// A device-exclusive entry.
    Exclusive = 5,
}

/// Asks the test driver for something about a page, with a buffer of one page.
pub fn mirror(driver: &impl AsRawFd, what: Mirror, page: Page, buffer: &mut [u64; PAGE / 8]) -> Result<()> {
    let mut command =
        MirrorCommand { addr: page.address(), buffer: buffer.as_mut_ptr() as u64, pages: 1, done: 0, faults: 0 };
    let size = size_of::<MirrorCommand>() as u32;
    // _IOWR('H', what, struct hmm_dmirror_cmd)
    let request = (3 << 30) | (size << 16) | (u32::from(b'H') << 8) | what as u32;
    // SAFETY: the driver reads and writes the command and at most one page of the buffer.
    done(unsafe { c::ioctl(driver.as_raw_fd(), c_ulong::from(request), &mut command) })
}

/// No translation of line ends, no echo, on a serial line: `TCSETS` with everything off but its speed.
pub fn raw(line: &impl AsRawFd) -> Result<()> {
    const TCGETS: c_ulong = 0x5401;
    const TCSETS: c_ulong = 0x5402;
    // `struct termios` of the kernel: four flag words, a line discipline and 19 characters.
    let mut termios = [0u32; 9];
    // SAFETY: both take 36 bytes.
    unsafe {
        done(c::ioctl(line.as_raw_fd(), TCGETS, termios.as_mut_ptr()))?;
        (termios[0], termios[1], termios[3]) = (0, 0, 0);
        done(c::ioctl(line.as_raw_fd(), TCSETS, termios.as_mut_ptr()))
    }
}

/// Which side of a fork this is.
pub enum Side {
    /// The child.
    Child,
    /// The parent, with the child's number.
    Parent(i32),
}

/// `fork`.
pub fn fork() -> Result<Side> {
    // SAFETY: the child does nothing but system calls and what needs no lock of another thread.
    match unsafe { c::fork() } {
        0 => Ok(Side::Child),
        pid if pid > 0 => Ok(Side::Parent(pid)),
        _ => Err(Error::last_os_error()),
    }
}

/// Waits for a child to be gone.
pub fn wait(pid: i32) -> Result<()> {
    // SAFETY: no status is asked for.
    done(unsafe { c::waitpid(pid, std::ptr::null_mut(), 0) })
}

/// Ends the process at once.
pub fn exit() -> ! {
    // SAFETY: it does not return.
    unsafe { c::_exit(0) }
}

/// Mounts a file system without a device.
pub fn mount(kind: &str, target: &str) -> Result<()> {
    let (kind, target) = (text(kind), text(target));
    // SAFETY: texts that end with a zero.
    done(unsafe { c::mount(kind.as_ptr(), target.as_ptr(), kind.as_ptr(), 0, std::ptr::null()) })
}

/// Swaps to a device.
pub fn swapon(device: &str) -> Result<()> {
    let device = text(device);
    // SAFETY: a text that ends with a zero.
    done(unsafe { c::swapon(device.as_ptr(), 0) })
}

/// Stops the machine: QEMU ends, told not to start again.
pub fn reboot() -> ! {
    const RB_AUTOBOOT: c_int = 0x0123_4567;
    // SAFETY: it does not return, or says that it may not.
    unsafe {
        c::reboot(RB_AUTOBOOT);
        c::_exit(1)
    }
}
