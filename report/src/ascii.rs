//! Text in ASCII, for mails and timelines.

use crate::escape::shown;
use deunicode::deunicode;

/// The text in ASCII: names are spelled with Latin letters, and what cannot be seen is written out. What is
/// ASCII already stays as it is, line breaks included.
pub(super) fn ascii(text: &str) -> String {
    let text = shown(text);
    let mut out = String::with_capacity(text.len());
    let mut rest = &*text;
    while !rest.is_empty() {
        let foreign = rest.find(|c: char| !c.is_ascii()).unwrap_or(rest.len());
        out.push_str(&rest[..foreign]);
        rest = &rest[foreign..];
        let plain = rest.find(|c: char| c.is_ascii()).unwrap_or(rest.len());
        // A letter may be spelled with several words, and some with a line break, but what it stands in is
        // one line.
        let spelled = deunicode(&rest[..plain]);
        out.extend(spelled.chars().map(|c| if c.is_ascii_control() { ' ' } else { c }));
        rest = &rest[plain..];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stay_lines() {
        for (text, expected) in [
            ("für\n\nzwei\tdrei\n", "fur\n\nzwei\tdrei\n"),
            ("plain\ntext", "plain\ntext"),
            ("…", "..."),
            ("\u{202e}\u{1b}[31mé", r"\u202e\u001b[31me"),
            ("", ""),
        ] {
            assert_eq!(ascii(text), expected);
        }
        assert!(ascii("版本 один").is_ascii());
    }
}
