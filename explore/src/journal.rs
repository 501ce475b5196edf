//! Journals: one JSON line for each thing that is over, each with a checksum, only ever appended to.
//!
//! A line is `{"sum":"<16 hex digits>","body":<JSON>}`, the sum being the first digits of the SHA-256 of the
//! body's bytes. What a kill or a full disk leaves of a line has no such sum: it is left out when the journal
//! is read again, and what it stood for is done again. A line is on the disk before the work goes on. A file
//! that is no journal is not appended to.

use corpus::read::JOURNAL;
use fs4::FileExt;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Write};
use std::path::{Path, PathBuf};

const BEFORE: &str = "{\"sum\":\"";
const BETWEEN: &str = "\",\"body\":";
const DIGITS: usize = 16;

/// The first `digits` hexadecimal digits of a text's SHA-256: the same everywhere and in every release.
#[must_use]
pub fn digest(text: &str, digits: usize) -> String {
    let bytes = Sha256::digest(text.as_bytes());
    let mut out: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
    out.truncate(digits);
    out
}

/// A line, with its line break.
fn sealed(body: &str) -> String {
    format!("{BEFORE}{}{BETWEEN}{body}}}\n", digest(body, DIGITS))
}

/// The body of a line, if its sum is right.
fn opened(line: &[u8]) -> Option<&str> {
    let line = std::str::from_utf8(line).ok()?.strip_prefix(BEFORE)?;
    let (sum, rest) = line.split_at_checked(DIGITS)?;
    let body = rest.strip_prefix(BETWEEN)?.strip_suffix('}')?;
    (digest(body, DIGITS) == sum).then_some(body)
}

/// Whether a file holds something else than a journal: not one line has a valid sum, and it is not the rest
/// of a first line either.
fn is_foreign(content: &[u8]) -> bool {
    let before = BEFORE.as_bytes();
    let begun = content.starts_with(before) || before.starts_with(content);
    !begun && !content.split(|b| *b == b'\n').any(|line| opened(line).is_some())
}

/// Opens a file to read and append to; nothing of it has changed then.
fn open_file(path: &Path) -> std::io::Result<File> {
    let file = OpenOptions::new().create(true).read(true).append(true).open(path)?;
    if file.metadata()?.is_file() {
        return Ok(file);
    }
    Err(Error::new(ErrorKind::InvalidInput, "this is no regular file"))
}

/// What an open journal holds.
fn content(file: &mut File) -> std::io::Result<Vec<u8>> {
    let content = JOURNAL.rest(file)?;
    if is_foreign(&content) {
        let what = "this is something else than a journal; expected a new file, or one that lostwrite has begun";
        return Err(Error::new(ErrorKind::InvalidData, what));
    }
    Ok(content)
}

/// What a journal holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// The bodies of the lines that are whole, each with the number of its line, from 1.
    whole: Vec<(usize, String)>,
    /// How many are not.
    pub torn: u64,
}

impl Lines {
    fn of(content: &[u8]) -> Lines {
        let mut lines = Lines::default();
        for (n, line) in content.split(|b| *b == b'\n').enumerate().filter(|(_, line)| !line.is_empty()) {
            match opened(line) {
                Some(body) => lines.whole.push((n + 1, body.to_owned())),
                None => lines.torn += 1,
            }
        }
        lines
    }

    /// Whether nothing was ever written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.whole.is_empty() && self.torn == 0
    }

    /// The lines that are whole, each with its number.
    ///
    /// # Errors
    /// If one means nothing: it has a valid sum, so that nobody wrote it by accident.
    pub fn read<L: DeserializeOwned>(&self) -> Result<Vec<(usize, L)>, String> {
        let read = |(n, body): &(usize, String)| {
            let line = serde_json::from_str(body).map_err(|e| format!("line {n} of the journal: {e}"))?;
            Ok((*n, line))
        };
        self.whole.iter().map(read).collect()
    }
}

/// An open journal, which nobody else can open.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    resume: &'static str,
}

impl Journal {
    /// Opens a journal, which may be new, and reads what it holds. `resume` says in an error how the work
    /// goes on when there is room again.
    ///
    /// # Errors
    /// If it cannot be opened or read, or is open elsewhere.
    pub fn open(path: &Path, resume: &'static str) -> Result<(Journal, Lines), String> {
        let fail = |what: &str, e: &dyn std::fmt::Display| {
            format!("{}: the journal cannot be {what}: {e}", path.display())
        };
        let mut file = open_file(path).map_err(|e| fail("opened", &e))?;
        if FileExt::try_lock(&file).is_err() {
            return Err(format!(
                "{}: another job is writing this journal; wait for it, or choose another file",
                path.display()
            ));
        }
        let content = content(&mut file).map_err(|e| fail("read", &e))?;
        let lines = Lines::of(&content);
        let mut journal = Journal { path: path.to_owned(), file, resume };
        // What is left of a torn line stays a line of its own.
        if content.last().is_some_and(|b| *b != b'\n') {
            journal.write(b"\n")?;
        }
        Ok((journal, lines))
    }

    /// Appends a line, and returns when it is on the disk.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn put(&mut self, line: &impl Serialize) -> Result<(), String> {
        self.append(line)?;
        self.sync()
    }

    /// Appends a line, and leaves it to the system when it reaches the disk.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn append(&mut self, line: &impl Serialize) -> Result<(), String> {
        let body = serde_json::to_string(line).map_err(|e| format!("{}: {e}", self.path.display()))?;
        self.write(sealed(&body).as_bytes())
    }

    /// Returns when everything is on the disk.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn sync(&mut self) -> Result<(), String> {
        self.file.sync_data().map_err(|e| self.full(&e))
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.file.write_all(bytes).map_err(|e| self.full(&e))
    }

    fn full(&self, e: &Error) -> String {
        format!(
            "{}: a line of the journal cannot be written: {e}. What is in it is safe: make room, then {}",
            self.path.display(),
            self.resume
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(path: &Path) -> Result<(Journal, Lines), String> {
        Journal::open(path, "go on")
    }

    fn numbers(lines: &Lines) -> Vec<u32> {
        lines.read().expect("numbers").into_iter().map(|(_, n)| n).collect()
    }

    #[test]
    fn what_was_cut_is_left_out_and_what_comes_after_it_is_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("journal");
        let (mut journal, lines) = open(&path).expect("new");
        assert!(lines.is_empty());
        for n in 0..3u32 {
            journal.put(&n).expect("written");
        }
        drop(journal);
        let whole = std::fs::read(&path).expect("it is there");
        let last = whole.len() - sealed("2").len();
        for cut in last..whole.len() - 1 {
            std::fs::write(&path, &whole[..cut]).expect("cut");
            let (mut journal, lines) = open(&path).expect("torn");
            assert_eq!((numbers(&lines), lines.torn), (vec![0, 1], u64::from(cut > last)), "cut at {cut}");
            journal.put(&7u32).expect("written");
            drop(journal);
            let (_, lines) = open(&path).expect("whole again");
            assert_eq!(numbers(&lines), [0, 1, 7], "cut at {cut}");
        }
    }

    #[test]
    fn a_bit_that_flips_costs_its_line() {
        let line = sealed("12345");
        let bytes = line.trim_end().as_bytes();
        assert_eq!(opened(bytes), Some("12345"));
        for at in 0..bytes.len() {
            let mut bad = bytes.to_vec();
            bad[at] ^= 1;
            assert_eq!(opened(&bad), None, "byte {at}");
        }
    }

    #[test]
    fn another_file_is_refused_and_stays_as_it_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("notes.txt");
        for text in ["my notes\n", "{}\n{}\n", "\0\0\0"] {
            std::fs::write(&path, text).expect("a file");
            let e = open(&path).expect_err("no journal");
            assert!(e.contains("notes.txt") && e.contains("something else than a journal"), "{e}");
            assert_eq!(std::fs::read_to_string(&path).expect("it is there"), text);
        }
        std::fs::write(&path, sealed("\"text\"")).expect("a file");
        let (_, lines) = open(&path).expect("a journal");
        let e = lines.read::<u32>().expect_err("no number");
        assert!(e.contains("line 1 of the journal: ") && e.contains("expected u32"), "{e}");
    }

    #[test]
    fn a_journal_is_locked_as_long_as_it_is_open() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("journal");
        let (first, _) = open(&path).expect("new");
        assert!(open(&path).expect_err("locked").contains("another job"));
        drop(first);
        assert!(open(&path).is_ok());
    }
}
