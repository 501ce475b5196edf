//! The agent, built for a guest: a static program, so that the guest needs nothing else.

use include_dir::{Dir, include_dir};
use std::path::{Path, PathBuf};
use std::process::Command;

static SOURCE: Dir = include_dir!("$CARGO_MANIFEST_DIR/agent/src");

/// Builds it in a folder, with the `rustc` of this machine, which need not be that of lostwrite.
///
/// # Errors
/// If there is no `rustc`, or it cannot link a static program.
pub fn build(folder: &Path) -> Result<PathBuf, String> {
    let source = folder.join("agent");
    std::fs::create_dir_all(&source)
        .and_then(|()| SOURCE.extract(&source))
        .map_err(|e| format!("{}: {e}", source.display()))?;
    let program = folder.join("init");
    let flags = ["target-feature=+crt-static", "relocation-model=static", "panic=abort", "strip=symbols"];
    let output = Command::new("rustc")
        .args(["--edition", "2024", "-O"])
        .args(flags.iter().flat_map(|flag| ["-C", flag]))
        .arg("-o")
        .arg(&program)
        .arg(source.join("main.rs"))
        .output()
        .map_err(|e| format!("rustc: {e}; expected a Rust compiler, which builds what runs in the guest"))?;
    if output.status.success() {
        return Ok(program);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("rustc cannot build what runs in the guest (does it have a static C library?): {said}"))
}
