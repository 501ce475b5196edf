//! Files of every version of the byte form decode to the cases that they were written for.
//!
//! `formats/vN/NAME.bin` was written by the program when its version was N, `NAME.case` is the line that the
//! same program printed for it. `wild-*.bin` are strings as a fuzzer makes them, which no encoder wrote.
//! Files are added, never changed.

use corpus::bytes::{DecodeError, VERSION, decode, encode};
use std::path::{Path, PathBuf};

fn files(version: u8) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/formats/v{version}"));
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut files: Vec<_> = entries.map(|e| e.expect("an entry").path()).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "bin"));
    files.sort();
    files
}

#[test]
fn files_of_every_version_decode_to_the_same_cases() {
    for version in 1..=VERSION {
        let files = files(version);
        assert!(files.len() >= 10, "version {version} has {} files", files.len());
        for file in files {
            let at = file.display();
            let content = std::fs::read(&file).unwrap_or_else(|e| panic!("{at}: {e}"));
            assert_eq!(content.first(), Some(&version), "{at}");
            let text =
                std::fs::read_to_string(file.with_extension("case")).unwrap_or_else(|e| panic!("{at}: {e}"));
            let expected = corpus::text::parse(&text, 1).unwrap_or_else(|e| panic!("{at}: {e}"));
            let case = decode(&content).unwrap_or_else(|e| panic!("{at}: {e}"));
            assert_eq!(case, expected, "{at}");
            // Any file is read as what it is, and comes out in the form of today.
            let loaded = corpus::load("file", &content).unwrap_or_else(|e| panic!("{at}: {e}"));
            assert_eq!(loaded.entries[0].case, expected, "{at}");
            assert_eq!(decode(&encode(&case)).as_ref(), Ok(&case), "{at}");
            let wild = file.file_stem().is_some_and(|s| s.to_string_lossy().starts_with("wild"));
            if version == VERSION && !wild {
                assert_eq!(
                    encode(&case),
                    content,
                    "{at}: the encoder writes other bytes than when this file was made"
                );
            }
        }
    }
}

/// A file of a version to come is refused by name, not taken for something else.
#[test]
fn a_version_that_is_not_known_is_named() {
    for version in (0..=u8::MAX).filter(|v| *v == 0 || *v > VERSION) {
        let mut content = std::fs::read(&files(VERSION)[0]).expect("a file");
        content[0] = version;
        assert_eq!(decode(&content), Err(DecodeError::UnknownVersion(version)));
        let said = decode(&content).expect_err("unknown").to_string();
        assert_eq!(said, format!("unknown format version {version}: this program reads versions 1 to {VERSION}"));
    }
    let mut content = std::fs::read(&files(VERSION)[0]).expect("a file");
    content[0] = VERSION + 1;
    let said = corpus::load("from-the-future", &content).expect_err("unknown").to_string();
    assert!(said.starts_with("from-the-future: unknown format version"), "{said}");
}
