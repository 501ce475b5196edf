//! Writing files: whole or not at all, where a file can be; straight through where it cannot.
//!
//! | what the path names | what is done |
//! |---|---|
//! | nothing, or a regular file | a temporary file in the same folder takes its place; the mode of the old file stays |
//! | a link | the same at its end, which need not be there yet; the link stays |
//! | a regular file with other names (hard links) | is written to, so that all of its names show it: not whole or not at all |
//! | a device, a pipe | is opened and written to |

use report::escape::shown;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{Error, ErrorKind, Result, Write as _};
use std::path::{Path, PathBuf};

/// Writes a text for people or programs, and says what was expected if it cannot.
pub fn text_or_tell(path: &Path, text: &str) -> std::result::Result<(), String> {
    write_or_tell(path, shown(text).as_bytes())
}

/// Writes a file, and says what was expected if it cannot.
pub fn write_or_tell(path: &Path, content: &[u8]) -> std::result::Result<(), String> {
    write(path, content).map_err(|e| {
        format!(
            "{}: {e}; expected a place for a file, in a folder that exists and may be written to",
            path.display()
        )
    })
}

/// Writes a file: see above.
pub fn write(path: &Path, content: &[u8]) -> Result<()> {
    match std::fs::metadata(path) {
        Ok(there) if there.is_dir() => Err(Error::new(ErrorKind::IsADirectory, "this is a folder")),
        Ok(there) if there.is_file() => {
            // A file that may not be written to is not replaced either.
            OpenOptions::new().write(true).open(path)?;
            match std::fs::canonicalize(path) {
                // Another file in its place would leave the other names with the old one.
                _ if has_other_names(&there) => {
                    through(OpenOptions::new().write(true).truncate(true).open(path)?, content)
                }
                Ok(target) => replace(&target, content, Some(&there)),
                // A file without a name, which only its descriptor leads to.
                Err(_) => through(OpenOptions::new().write(true).truncate(true).open(path)?, content),
            }
        }
        Ok(_) => through(OpenOptions::new().write(true).open(path)?, content),
        Err(e) if e.kind() == ErrorKind::NotFound => replace(&end_of(path)?, content, None),
        Err(e) => Err(e),
    }
}

/// Whether a file is in several folders, or in one under several names.
#[cfg(unix)]
fn has_other_names(file: &Metadata) -> bool {
    std::os::unix::fs::MetadataExt::nlink(file) > 1
}

#[cfg(not(unix))]
fn has_other_names(_file: &Metadata) -> bool {
    false
}

/// Writes to what is open.
fn through(mut file: File, content: &[u8]) -> Result<()> {
    file.write_all(content)?;
    file.flush()
}

/// Puts a new file in the place of the old one, if there is one.
fn replace(target: &Path, content: &[u8], old: Option<&Metadata>) -> Result<()> {
    let folder = target.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    if old.is_none() {
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666)); // less the umask
    }
    // The error is about the file that was asked for, not about the temporary one.
    let mut file = builder.tempfile_in(folder).map_err(|e| Error::from(e.kind()))?;
    file.write_all(content)?;
    file.flush()?;
    if let Some(old) = old {
        keep_owner(file.as_file(), old);
        file.as_file().set_permissions(old.permissions())?;
    }
    file.persist(target)?;
    Ok(())
}

/// Gives a file to whom the old one belonged, where that is somebody else and the system allows it.
#[cfg(unix)]
fn keep_owner(file: &File, old: &Metadata) {
    use std::os::unix::fs::MetadataExt as _;
    let same = file.metadata().is_ok_and(|new| (new.uid(), new.gid()) == (old.uid(), old.gid()));
    if !same {
        let _ = std::os::unix::fs::fchown(file, Some(old.uid()), Some(old.gid()));
    }
}

#[cfg(not(unix))]
fn keep_owner(_file: &File, _old: &Metadata) {}

/// More links than a system follows.
const LINKS: usize = 40;

/// Where a link leads, and a link there, and so on: to the place of a file that is not there yet.
fn end_of(path: &Path) -> Result<PathBuf> {
    let mut end = path.to_owned();
    for _ in 0..LINKS {
        match std::fs::read_link(&end) {
            Ok(next) => end = end.parent().unwrap_or(Path::new("")).join(next),
            Err(_) => return Ok(end),
        }
    }
    Err(Error::other("too many links, one to the next"))
}
