//! Reading what comes from outside, up to a limit.
//!
//! Every command reads its files here: a file may come from a stranger, and a device has no end. Nothing is
//! read beyond the limit, and a file that is larger is an error that names it.

use std::fs::File;
use std::io::{Error, ErrorKind, Read as _};
use std::path::Path;

/// How much of a file is read, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(pub u64);

/// What people write: cases, versions, policies.
pub const WRITTEN: Limit = Limit(16 << 20);
/// What programs write: results that are joined or compared, recordings of kernels.
pub const RECORDED: Limit = Limit(256 << 20);
/// Journals, which grow as long as the work lasts.
pub const JOURNAL: Limit = Limit(1 << 30);

impl std::fmt::Display for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            n if n >= 1 << 30 && n % (1 << 30) == 0 => write!(f, "{} GiB", n >> 30),
            n if n >= 1 << 20 && n % (1 << 20) == 0 => write!(f, "{} MiB", n >> 20),
            n => write!(f, "{n} bytes"),
        }
    }
}

impl Limit {
    /// The content of a file.
    ///
    /// # Errors
    /// If it cannot be read, or is larger.
    pub fn read(self, path: &Path) -> std::io::Result<Vec<u8>> {
        self.rest(&mut File::open(path)?)
    }

    /// The same, of text.
    ///
    /// # Errors
    /// If it cannot be read, is larger, or is not UTF-8.
    pub fn text(self, path: &Path) -> std::io::Result<String> {
        let content = self.read(path)?;
        String::from_utf8(content)
            .map_err(|e| Error::new(ErrorKind::InvalidData, format!("not text: {}", e.utf8_error())))
    }

    /// What is left of a file that is open.
    ///
    /// # Errors
    /// If it cannot be read, or is larger.
    pub fn rest(self, file: &mut File) -> std::io::Result<Vec<u8>> {
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(Error::new(ErrorKind::IsADirectory, "this is a folder"));
        }
        let too_large = || {
            let what = format!("larger than {self}, and no more is read of such a file");
            Error::new(ErrorKind::FileTooLarge, what)
        };
        // A device or a pipe has no length, and a file may grow.
        if metadata.is_file() && metadata.len() > self.0 {
            return Err(too_large());
        }
        let mut content = Vec::new();
        file.take(self.0 + 1).read_to_end(&mut content)?;
        if content.len() as u64 > self.0 { Err(too_large()) } else { Ok(content) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_the_limit_and_not_beyond() {
        let path = std::env::temp_dir().join(format!("lostwrite-read-{}", std::process::id()));
        std::fs::write(&path, "1234567").expect("a file");
        assert_eq!(Limit(7).read(&path).expect("as long as the limit"), b"1234567");
        let e = Limit(6).read(&path).expect_err("one byte more");
        assert_eq!(e.kind(), ErrorKind::FileTooLarge);
        assert!(e.to_string().contains("larger than 6 bytes"), "{e}");
        std::fs::write(&path, [b'a', 0xff]).expect("a file");
        assert!(Limit(6).text(&path).expect_err("no text").to_string().contains("not text"));
        std::fs::remove_file(&path).expect("it is there");
    }

    #[test]
    fn a_folder_is_told_apart_from_a_file() {
        let e = WRITTEN.read(&std::env::temp_dir()).expect_err("a folder");
        assert!(e.to_string().contains("this is a folder"), "{e}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_device_without_an_end_is_left_at_the_limit() {
        let e = WRITTEN.read(Path::new("/dev/zero")).expect_err("no end");
        assert!(e.to_string().contains("larger than 16 MiB"), "{e}");
    }
}
