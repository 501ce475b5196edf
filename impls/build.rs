//! Lists the listings that are built in: every `*.listing` below `kernel/`, `versions/` and `families/`, and
//! what tells of a family beside them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?);
    let mut out = String::new();
    for (name, folder, extensions) in [
        ("KERNEL", "kernel", &["listing"][..]),
        ("VERSIONS", "versions", &["listing"]),
        ("FAMILIES", "families", &["listing"]),
        ("FAMILY_TEXTS", "families", &["md", "case"]),
    ] {
        let mut files = Vec::new();
        find(&root.join(folder), extensions, &mut files)?;
        // Folders are read in any order.
        files.sort();
        let _ = writeln!(out, "static {name}: &[(&str, &str)] = &[");
        for file in files {
            let below = file.strip_prefix(&root).map_err(io::Error::other)?;
            let path = below.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/");
            let _ = writeln!(
                out,
                "    ({:?}, include_str!({:?})),",
                format!("impls/{path}"),
                file.display().to_string()
            );
        }
        out.push_str("];\n");
    }
    let to = Path::new(&env::var("OUT_DIR").map_err(io::Error::other)?).join("listings.rs");
    fs::write(to, out)
}

fn find(folder: &Path, extensions: &[&str], files: &mut Vec<PathBuf>) -> io::Result<()> {
    println!("cargo:rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            find(&path, extensions, files)?;
        } else if path.extension().is_some_and(|e| extensions.iter().any(|known| e == *known)) {
            files.push(path);
        }
    }
    Ok(())
}
