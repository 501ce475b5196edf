//! An initial file system for a kernel: a cpio archive in the form `newc`
//! (Documentation/driver-api/early-userspace/buffer-format.rst).

use std::fmt::Write as _;

/// An archive that grows.
#[derive(Default)]
pub struct Archive {
    bytes: Vec<u8>,
    inode: u32,
}

const FOLDER: u32 = 0o040_755;
const PROGRAM: u32 = 0o100_755;
const TEXT: u32 = 0o100_644;
const CHARACTER_DEVICE: u32 = 0o020_600;

impl Archive {
    /// A folder.
    pub fn folder(&mut self, name: &str) {
        self.entry(name, FOLDER, (0, 0), &[]);
    }

    /// A file that can be run.
    pub fn program(&mut self, name: &str, content: &[u8]) {
        self.entry(name, PROGRAM, (0, 0), content);
    }

    /// A file.
    pub fn file(&mut self, name: &str, content: &[u8]) {
        self.entry(name, TEXT, (0, 0), content);
    }

    /// A character device, by its numbers.
    pub fn device(&mut self, name: &str, numbers: (u32, u32)) {
        self.entry(name, CHARACTER_DEVICE, numbers, &[]);
    }

    /// The archive, whole.
    pub fn finish(mut self) -> Vec<u8> {
        self.entry("TRAILER!!!", 0, (0, 0), &[]);
        self.bytes
    }

    fn entry(&mut self, name: &str, mode: u32, (major, minor): (u32, u32), content: &[u8]) {
        self.inode += 1;
        let (size, length) = (content.len() as u32, name.len() as u32 + 1);
        let mut head = "070701".to_owned();
        // Inode, mode, owner, group, links, time, size, device, its numbers, length of the name, checksum.
        for field in [self.inode, mode, 0, 0, 1, 0, size, 0, 0, major, minor, length, 0] {
            write!(head, "{field:08x}").expect("a text grows");
        }
        self.bytes.extend(head.bytes().chain(name.bytes()).chain([0]));
        self.align();
        self.bytes.extend(content);
        self.align();
    }

    fn align(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_stand_at_multiples_of_four() {
        let mut archive = Archive::default();
        archive.folder("dev");
        archive.device("dev/console", (5, 1));
        archive.file("cases", b"12345");
        let bytes = archive.finish();
        let heads: Vec<_> = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(b"070701")).collect();
        assert_eq!(heads.len(), 4);
        assert!(heads.iter().all(|at| at % 4 == 0) && bytes.len() % 4 == 0);
        let size = std::str::from_utf8(&bytes[heads[2] + 54..heads[2] + 62]).expect("digits");
        assert_eq!(u32::from_str_radix(size, 16), Ok(5));
    }
}
