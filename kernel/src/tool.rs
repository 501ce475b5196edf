//! Programs of this machine that a kernel is built with: what they say is kept, they have a limit, and who waits
//! is told.

use std::fs::{self, File};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Something that is done, before it is done: for who waits.
pub type Progress<'a> = &'a mut dyn FnMut(&str);

/// How often a tool that runs is looked at.
const PULSE: Duration = Duration::from_millis(100);
/// How often who waits is told.
const WORD: Duration = Duration::from_secs(15);

/// Runs a program to its end. What it says is told only if it fails.
///
/// # Errors
/// If it cannot be started, fails, or takes longer than the limit; it is ended then.
pub fn run(command: &mut Command, name: &str, limit: Duration, progress: Progress) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|e| format!("a folder for what {name} says: {e}"))?;
    let path = folder.path().join("log");
    let log = File::create(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let both = log.try_clone().map_err(|e| format!("{}: {e}", path.display()))?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(both)
        .spawn()
        .map_err(|e| format!("{name}: {e}; `lostwrite kernel doctor` says what to install"))?;
    let (begun, mut told) = (Instant::now(), Duration::ZERO);
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(_)) => return Err(format!("{name} failed:\n{}", errors(&text(&path)))),
            Ok(None) if begun.elapsed() >= limit => {
                child.kill().and_then(|()| child.wait()).map_err(|e| format!("{name}: {e}"))?;
                return Err(format!("{name} did not end within {limit:?}; give it more with --build-limit"));
            }
            Ok(None) => sleep(PULSE),
            Err(e) => return Err(format!("{name}: {e}")),
        }
        if begun.elapsed() - told >= WORD {
            told = begun.elapsed();
            let lines = text(&path).lines().count();
            progress(&format!("{name}: {lines} lines after {} s", told.as_secs()));
        }
    }
}

fn text(path: &std::path::Path) -> String {
    String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()
}

/// The lines that tell of an error, or the last ones.
fn errors(text: &str) -> String {
    let lines: Vec<_> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let wrong = |line: &str| {
        let line = line.to_lowercase();
        ["error", "failed", "not found", "no such"].iter().any(|word| line.contains(word))
    };
    let found: Vec<_> = lines.iter().filter(|line| wrong(line)).take(20).copied().collect();
    if found.is_empty() { lines[lines.len().saturating_sub(10)..].join("\n") } else { found.join("\n") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, limit: u64) -> Result<(), String> {
        run(Command::new("sh").args(["-c", script]), "the tool", Duration::from_millis(limit), &mut |_| {})
    }

    #[test]
    fn a_tool_that_fails_or_hangs_is_told() {
        assert_eq!(shell("echo fine; exit 0", 60_000), Ok(()));
        let failed =
            shell("echo one; echo 'mm/x.c:3: error: no'; echo two; exit 1", 60_000).expect_err("it fails");
        assert_eq!(failed, "the tool failed:\nmm/x.c:3: error: no");
        assert_eq!(shell("echo one >&2; exit 1", 60_000), Err("the tool failed:\none".to_owned()));
        let late = shell("exec sleep 60", 300).expect_err("too late");
        assert!(late.contains("did not end within 300ms"), "{late}");
        let missing = run(&mut Command::new("no-such-tool"), "it", WORD, &mut |_| {}).expect_err("missing");
        assert!(missing.contains("kernel doctor"), "{missing}");
    }
}
