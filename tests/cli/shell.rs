//! Completions and manual pages.

use crate::common::{lostwrite, printed};
use std::process::Command;

#[test]
fn every_shell_has_completions() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = printed(&lostwrite(&["completions", shell]).success());
        assert!(script.contains("distinguish") && script.contains("hardware"), "{shell}: {script}");
    }
    lostwrite(&["completions", "tcsh"]).code(2);
}

/// In a bash of its own: it loads, and completes a subcommand, an option and a value.
#[test]
fn bash_completes() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("lostwrite.bash");
    std::fs::write(&path, printed(&lostwrite(&["completions", "bash"]).success())).expect("a file");
    let Ok(checked) = Command::new("bash").arg("-n").arg(&path).status() else { return };
    assert!(checked.success());
    for (words, expected) in [
        ("lostwrite dist", "distinguish"),
        ("lostwrite corpus st", "stats"),
        ("lostwrite matrix --hard", "--hardware"),
        ("lostwrite explain --format j", "json"),
    ] {
        let last = words.split(' ').count() - 1;
        let script = format!(
            "source '{}'; COMP_WORDS=({words}); COMP_CWORD={last}; COMP_LINE='{words}'; COMP_POINT={}; \
             _lostwrite lostwrite \"${{COMP_WORDS[{last}]}}\" \"${{COMP_WORDS[{}]}}\"; echo \"${{COMPREPLY[@]}}\"",
            path.display(),
            words.len(),
            last - 1
        );
        let output = Command::new("bash").args(["--norc", "-c", &script]).output().expect("bash is there");
        let reply = String::from_utf8_lossy(&output.stdout);
        assert_eq!(reply.trim(), expected, "{words}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn the_manual_has_a_page_for_each_subcommand() {
    let page = printed(&lostwrite(&["man"]).success());
    for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS"] {
        assert!(page.contains(&format!(".SH {section}")), "{section}: {page}");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("man1");
    lostwrite(&["man", "--out", &out.display().to_string()]).success().stdout("");
    for name in ["lostwrite.1", "lostwrite-replay.1", "lostwrite-corpus.1", "lostwrite-corpus-min.1"] {
        let path = out.join(name);
        let page = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(page.contains(".SH NAME"), "{name}: {page}");
        // Where there is a formatter, it has nothing to complain of.
        if let Ok(output) = Command::new("groff").args(["-man", "-Tascii", "-ww"]).arg(&path).output() {
            let complaints = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success() && complaints.is_empty(), "{name}: {complaints}");
            assert!(!output.stdout.is_empty());
        }
    }
}
