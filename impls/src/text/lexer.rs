//! Words, braces and comments.

use logos::Logos;
use std::ops::Range;

/// A piece of a listing.
#[derive(Logos, Clone, Copy, Debug, PartialEq, Eq)]
#[logos(skip r"[ \t\r]+")]
pub enum Kind {
    /// The end of a line.
    #[token("\n")]
    Newline,
    /// The end of a statement within a line.
    #[token(";")]
    Semicolon,
    /// `{`
    #[token("{")]
    Open,
    /// `}`
    #[token("}")]
    Close,
    /// `#` and the rest of the line.
    #[regex(r"#[^\n]*", allow_greedy = true)]
    Comment,
    /// Anything else up to a space.
    #[regex(r"[^ \t\r\n;{}#]+")]
    Word,
}

/// A piece, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Bytes of the text.
    pub place: Range<usize>,
}

/// The pieces of a text. Every text is one sequence of pieces.
pub fn tokens(text: &str) -> Vec<Token> {
    let pieces = Kind::lexer(text).spanned();
    pieces.map(|(kind, place)| Token { kind: kind.unwrap_or(Kind::Word), place }).collect()
}
