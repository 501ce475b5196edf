//! Words for a shell, so that a line that is printed runs as it stands.

use std::fmt::Write as _;

/// A word in the quotes that it needs. Letters of any script stay as they are; what a terminal would not show
/// is written out in the way of bash, zsh and POSIX 2024 (`$'\x1b'`), byte by byte.
#[must_use]
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._+-@%=:,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    // What is not printable is what the debug form escapes.
    let odd = |c: char| !c.is_ascii() && c.escape_debug().len() > 1 || c.is_control();
    if !word.contains(odd) {
        return format!("'{}'", word.replace('\'', r"'\''"));
    }
    let mut out = String::from("$'");
    for c in word.chars() {
        match c {
            '\'' | '\\' => out.extend(['\\', c]),
            c if odd(c) => {
                for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                    // Octal has at most three digits: what follows is no part of it.
                    let _ = write!(out, "\\{byte:03o}");
                }
            }
            c => out.push(c),
        }
    }
    out.push('\'');
    out
}

/// An option with its value, which may begin with a dash.
#[must_use]
pub fn option(name: &str, value: &str) -> String {
    let between = if value.starts_with('-') { '=' } else { ' ' };
    format!("--{name}{between}{}", quoted(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_quoted_if_it_needs_to_be() {
        for (word, expected) in [
            ("v3", "v3"),
            ("DH+", "DH+"),
            ("für/ä-6.1.json", "für/ä-6.1.json"),
            ("v3/drop 12", "'v3/drop 12'"),
            ("it's", r"'it'\''s'"),
            ("$(reboot)", "'$(reboot)'"),
            ("", "''"),
            ("a\u{1b}1'\\", r"$'a\0331\'\\'"),
            ("\u{202e}x", r"$'\342\200\256x'"),
        ] {
            assert_eq!(quoted(word), expected);
        }
    }

    #[test]
    fn a_value_that_begins_with_a_dash_is_no_option() {
        assert_eq!(option("impl-file", "a b"), "--impl-file 'a b'");
        assert_eq!(option("impl-file", "-a.listing"), "--impl-file=-a.listing");
    }

    /// A shell takes it for the same word.
    #[test]
    #[cfg(unix)]
    fn bash_reads_the_word_back() {
        for word in ["it's", "a b", "für", "a\u{1b}]0;x\u{7}1", "\u{202e}x'\\", "\n", "$(true)", "!x", "#", "~"] {
            let script = format!("printf %s {}", quoted(word));
            let Ok(out) = std::process::Command::new("bash").args(["-c", &script]).output() else { return };
            assert_eq!(out.stdout, word.as_bytes(), "{script}");
        }
    }
}
