//! Text from outside, shown: what would move a cursor, change a title or turn words around is written out.
//!
//! Names, titles, reasons, messages and paths come from files that a stranger may have written. Everything
//! that is printed or written as text goes through [`shown`], whatever its form: an escape is that of a JSON
//! string, so that JSON stays what it was, and in a mail or on a page it can be read.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The text with control characters and invisible characters written out as `\u001b`. Line breaks and tabs
/// stay.
#[must_use]
pub fn shown(text: &str) -> Cow<'_, str> {
    if !text.contains(hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if hidden(c) { escape(&mut out, c) } else { out.push(c) }
    }
    Cow::Owned(out)
}

/// The same for what has to stay on one line: line breaks and tabs are written out too.
#[must_use]
pub fn on_one_line(text: &str) -> Cow<'_, str> {
    let breaks = |c: char| matches!(c, '\n' | '\t');
    if !text.contains(breaks) {
        return shown(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if breaks(c) || hidden(c) { escape(&mut out, c) } else { out.push(c) }
    }
    Cow::Owned(out)
}

/// Whether a text has something that [`shown`] writes out.
#[must_use]
pub fn has_hidden(text: &str) -> bool {
    text.contains(hidden)
}

fn escape(out: &mut String, c: char) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        let _ = write!(out, "\\u{unit:04x}");
    }
}

/// Whether a character does something else than stand where it is: control characters, what directs the
/// writing, and what cannot be seen.
fn hidden(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' => true,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => true,
        '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}' => true,
        c => c.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_the_cursor_or_turns_words_around_is_written_out() {
        for (text, expected) in [
            ("plain, für, 版本\n\ttext", "plain, für, 版本\n\ttext"),
            ("\u{1b}]0;title\u{7}\u{1b}[31m", r"\u001b]0;title\u0007\u001b[31m"),
            ("a\r\u{8}b\u{7f}\u{9b}31m\0", r"a\u000d\u0008b\u007f\u009b31m\u0000"),
            ("\u{202e}v3\u{2069}\u{200b}", r"\u202ev3\u2069\u200b"),
            ("\u{e0041}", r"\udb40\udc41"),
        ] {
            assert_eq!(shown(text), expected);
            assert_eq!(has_hidden(text), text != expected);
        }
        assert_eq!(on_one_line("a\nb\t\u{1b}"), r"a\u000ab\u0009\u001b");
        assert_eq!(on_one_line("\u{1b}"), r"\u001b");
    }

    /// JSON with such characters means the same afterwards.
    #[test]
    fn json_stays_what_it_was() {
        let value = serde_json::json!({ "name": "\u{1b}\u{202e}\u{7f}\u{85}\u{e0041}\u{2028}ü", "n": [1, 2] });
        for text in [value.to_string(), format!("{value:#}")] {
            let safe = shown(&text);
            assert!(!has_hidden(&safe) && safe != text.as_str());
            assert_eq!(serde_json::from_str::<serde_json::Value>(&safe).expect("JSON"), value);
        }
    }
}
