//! The state of a page as user space sees it.
//!
//! A letter for the entry: `n` none, `s` swap or another special entry, `d` device-private, `z` the zero page,
//! `p` present. Behind `p` come six characters: D in the entry (`?` where PG_dirty hides it), whether the page
//! is mapped by this process alone, how often it is mapped, PG_dirty, PG_swapcache, PG_swapbacked.

use crate::sys::Page;
use std::fs::File;
use std::os::unix::fs::FileExt;

/// What the entry of a page is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// Nothing.
    None,
    /// A swap entry, or another that is not present; the type of the slot.
    Special(u64),
    /// A frame.
    Present {
        /// Its number.
        frame: u64,
        /// No other process maps it.
        alone: bool,
    },
}

/// The files to look into.
pub struct Probe {
    pagemap: File,
    flags: File,
    counts: File,
    smaps: File,
    /// The type of a writable device-private entry; the read-only one is the next.
    device: u64,
}

fn open(path: &str) -> Result<File, String> {
    File::open(path).map_err(|e| format!("{path}: {e}"))
}

fn number(file: &File, at: u64) -> u64 {
    let mut bytes = [0; 8];
    match file.read_exact_at(&mut bytes, at * 8) {
        Ok(()) => u64::from_ne_bytes(bytes),
        Err(_) => 0,
    }
}

impl Probe {
    /// Of this process.
    pub fn new() -> Result<Probe, String> {
        Ok(Probe {
            pagemap: open("/proc/self/pagemap")?,
            flags: open("/proc/kpageflags")?,
            counts: open("/proc/kpagecount")?,
            smaps: open("/proc/self/smaps")?,
            device: u64::MAX,
        })
    }

    /// Learns from a page in device memory what its entry looks like: the numbers differ between kernels.
    pub fn learn_device(&mut self, page: Page) -> Result<(), String> {
        match self.entry(page) {
            Entry::Special(kind) => self.device = kind,
            _ => return Err("a page that was migrated to the device is not there".to_owned()),
        }
        Ok(())
    }

    /// The entry of a page (Documentation/admin-guide/mm/pagemap.rst).
    pub fn entry(&self, page: Page) -> Entry {
        let word = number(&self.pagemap, page.number());
        if word >> 63 & 1 == 1 {
            Entry::Present { frame: word & ((1 << 55) - 1), alone: word >> 56 & 1 == 1 }
        } else if word >> 62 & 1 == 1 {
            Entry::Special(word & 0x1f)
        } else {
            Entry::None
        }
    }

    /// Whether it is in device memory.
    pub fn is_on_device(&self, page: Page) -> bool {
        matches!(self.entry(page), Entry::Special(kind) if kind == self.device || kind == self.device + 1)
    }

    /// Appends the state of a page.
    pub fn tell(&self, page: Page, out: &mut String) {
        match self.entry(page) {
            Entry::None => out.push('n'),
            Entry::Special(_) if self.is_on_device(page) => out.push('d'),
            Entry::Special(_) => out.push('s'),
            Entry::Present { frame, alone } => self.tell_frame(page, frame, alone, out),
        }
    }

    fn tell_frame(&self, page: Page, frame: u64, alone: bool, out: &mut String) {
        // include/uapi/linux/kernel-page-flags.h
        let flags = number(&self.flags, frame);
        let has = |bit: u32| flags >> bit & 1 == 1;
        let (dirty, swapcache, swapbacked, zero) = (has(4), has(13), has(14), has(24));
        if zero {
            out.push('z');
            return;
        }
        let digit = |on: bool| if on { '1' } else { '0' };
        out.push('p');
        out.push(if dirty { '?' } else { digit(self.dirty_in_entry(page)) });
        out.push(digit(alone));
        let count = number(&self.counts, frame).min(9) as u32;
        out.push(char::from_digit(count, 10).unwrap_or('9'));
        out.extend([digit(dirty), digit(swapcache), digit(swapbacked)]);
    }

    /// Whether D is set in the entry: smaps counts a page as dirty if the entry or the folio is. The pages have
    /// the lowest addresses of the process, and a VMA each: the first piece of the file has them.
    fn dirty_in_entry(&self, page: Page) -> bool {
        let wanted = format!("{:08x}-", page.address());
        let mut text = [0; 1 << 13];
        let read = self.smaps.read_at(&mut text, 0).unwrap_or(0);
        let text = String::from_utf8_lossy(&text[..read]);
        let own = text.lines().skip_while(|line| !line.starts_with(&wanted)).skip(1);
        let fields = own.take_while(|line| !line.starts_with("VmFlags"));
        let mut dirty = fields.filter(|l| l.starts_with("Private_Dirty") || l.starts_with("Shared_Dirty"));
        dirty.any(|line| line.split_whitespace().nth(1) != Some("0"))
    }
}
