//! From text to a [`Document`].

use super::lexer::{Kind, Token, tokens};
use super::names::{is_put_in, nearest, steps};
use super::{Document, Field, FunctionText, Problem};
use model::Action;
use model::listing::{Doing, Node};
use std::ops::Range;

/// Words that are no function's name.
const KEYWORDS: [&str; 14] = [
    "if",
    "unless",
    "else",
    "each_page",
    "each_mapping",
    "next",
    "again",
    "return",
    "fail",
    "retry",
    "finish",
    "jump",
    "function",
    "version",
];
/// Blocks in blocks: more than anybody writes, and few enough for the stack.
const DEEPEST: usize = 64;

/// Reads a text.
///
/// # Errors
/// With everything that is wrong.
pub fn parse(text: &str) -> Result<Document, Vec<Problem>> {
    let mut parser = Parser::new(text);
    let document = parser.document();
    parser.done(document)
}

/// Reads the lines of a function's body.
///
/// # Errors
/// With everything that is wrong.
pub fn body(text: &str) -> Result<Vec<Node>, Vec<Problem>> {
    let mut parser = Parser::new(text);
    let nodes = parser.block(0, None);
    parser.done(nodes)
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    at: usize,
    places: Vec<Range<usize>>,
    loops: usize,
    problems: Vec<Problem>,
}

/// What makes no sense of what follows: the rest is not read.
struct Lost;

type Read<T> = Result<T, Lost>;

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Parser<'a> {
        Parser { text, tokens: tokens(text), at: 0, places: Vec::new(), loops: 0, problems: Vec::new() }
    }

    fn done<T>(mut self, read: Read<T>) -> Result<T, Vec<Problem>> {
        match read {
            Ok(read) if self.problems.is_empty() => Ok(read),
            _ => {
                self.problems.sort_by_key(|p| p.start);
                Err(self.problems)
            }
        }
    }

    fn kind(&self) -> Option<Kind> {
        self.tokens.get(self.at).map(|t| t.kind)
    }

    /// Where the next piece stands; the end of the text if there is none.
    fn place(&self) -> Range<usize> {
        self.tokens.get(self.at).map_or(self.text.len()..self.text.len(), |t| t.place.clone())
    }

    /// Where the piece before ended.
    fn behind(&self) -> Range<usize> {
        let end = self.at.checked_sub(1).map_or(0, |n| self.tokens[n].place.end);
        end..end
    }

    fn word(&self) -> &'a str {
        &self.text[self.place()]
    }

    fn take(&mut self, kind: Kind) -> bool {
        let taken = self.kind() == Some(kind);
        self.at += usize::from(taken);
        taken
    }

    fn lost<T>(&mut self, problem: Problem) -> Read<T> {
        self.problems.push(problem);
        Err(Lost)
    }

    /// What stands here, in words.
    fn found(&self) -> String {
        match self.kind() {
            None => "the end of the text".to_owned(),
            Some(Kind::Newline) => "the end of the line".to_owned(),
            Some(Kind::Comment) => "a comment".to_owned(),
            Some(_) => format!("`{}`", shown(self.word())),
        }
    }

    /// A comment that stands here, without its sign.
    fn comment(&mut self) -> Option<String> {
        let place = self.place();
        self.take(Kind::Comment).then(|| uncommented(&self.text[place]).to_owned())
    }

    /// Comments on lines of their own, and empty lines, until something else comes.
    fn comments(&mut self) -> String {
        let mut lines = Vec::new();
        loop {
            if let Some(comment) = self.comment() {
                lines.push(comment);
                self.take(Kind::Newline);
            } else if !self.take(Kind::Newline) {
                return lines.join("\n");
            }
        }
    }

    fn document(&mut self) -> Read<Document> {
        let mut document = Document { comment: self.comments(), ..Document::default() };
        let mut pending = String::new();
        while self.kind().is_some() {
            if self.kind() != Some(Kind::Word) {
                if let Some(field) = document.fields.last().filter(|_| self.kind() == Some(Kind::Open)) {
                    let what = format!("a block behind the field `{}`", shown(&field.key));
                    return self.lost(
                        Problem::error(field.key_place.clone(), what, "expected `function NAME`")
                            .help("a block is the steps of a function: `function NAME { ... }`"),
                    );
                }
                let found = self.found();
                return self.lost(
                    Problem::error(self.place(), format!("found {found}"), "expected `function NAME` or a field")
                        .help("a file is the fields of a version, if it is one, and functions: `function NAME { ... }`"),
                );
            }
            if self.word() == "function" {
                let comment = match (document.functions.is_empty(), document.fields.is_empty()) {
                    // A file of one function has its comment at the top.
                    (true, true) => std::mem::take(&mut document.comment),
                    _ => std::mem::take(&mut pending),
                };
                document.functions.push(self.function(comment)?);
            } else if document.functions.is_empty() {
                let mut field = self.field()?;
                if !pending.is_empty() {
                    field.remark = [std::mem::take(&mut pending), field.remark].join(" ").trim().to_owned();
                }
                document.fields.push(field);
            } else {
                let word = shown(self.word());
                return self.lost(
                    Problem::error(self.place(), format!("`{word}` after a function"), "expected another `function NAME`")
                        .help("is a `}` missing or too much before it? The fields of a version stand before its functions"),
                );
            }
            pending = self.comments();
        }
        document.end = pending;
        Ok(document)
    }

    /// A word and the rest of the line.
    fn field(&mut self) -> Read<Field> {
        let place = self.place();
        let key = self.word().to_owned();
        self.at += 1;
        let start =
            self.place().start.min(self.text[place.end..].find('\n').map_or(self.text.len(), |n| place.end + n));
        let mut end = start;
        while !matches!(self.kind(), None | Some(Kind::Newline | Kind::Comment)) && !self.opens_the_body() {
            end = self.place().end;
            self.at += 1;
        }
        let value = self.text[start..end].trim().to_owned();
        let remark = self.comment().unwrap_or_default();
        let rest = if value.is_empty() { place.clone() } else { start..end };
        Ok(Field { key, value, remark, key_place: place, place: rest })
    }

    /// A brace that ends its line: the value of a field has none.
    fn opens_the_body(&self) -> bool {
        self.kind() == Some(Kind::Open)
            && matches!(self.tokens.get(self.at + 1).map(|t| t.kind), None | Some(Kind::Newline | Kind::Comment))
    }

    fn function(&mut self, comment: String) -> Read<FunctionText> {
        let name = self.field()?;
        if !is_name(&name.value) {
            let value = shown(&name.value);
            return self.lost(
                Problem::error(name.place, format!("a function named `{value}`"), "expected `function NAME`")
                    .help("the kernel's name for it: letters, digits and `_`, no capital first, and no word of the form"),
            );
        }
        let mut fields = Vec::new();
        loop {
            while self.take(Kind::Newline) {}
            match self.kind() {
                Some(Kind::Open) => break,
                Some(Kind::Word) if self.word() != "function" && !starts_upper(self.word()) => {
                    fields.push(self.field()?);
                }
                _ => {
                    let found = self.found();
                    let what = format!("found {found} in the head of {}", name.value);
                    return self.lost(
                        Problem::error(self.place(), what, "expected `{`")
                            .help("the steps of a function stand in braces"),
                    );
                }
            }
        }
        let open = self.place();
        self.at += 1;
        self.places.clear();
        let body = self.block(0, Some(open))?;
        let places = std::mem::take(&mut self.places);
        Ok(FunctionText { comment, name, fields, body, places })
    }

    /// Lines up to the closing brace of a block that opened at a place, or to the end of the text.
    fn block(&mut self, depth: usize, open: Option<Range<usize>>) -> Read<Vec<Node>> {
        let mut nodes: Vec<Node> = Vec::new();
        // Whether a comment stands behind something on its line.
        let mut behind = open.is_some();
        if depth > DEEPEST {
            let place = self.behind();
            return self.lost(Problem::error(place, format!("more than {DEEPEST} blocks in each other"), "here"));
        }
        loop {
            match self.kind() {
                None => {
                    let Some(open) = open else { return Ok(nodes) };
                    return self.lost(Problem::error(open, "this block is never closed", "expected a `}` for it"));
                }
                Some(Kind::Close) if open.is_some() => {
                    self.at += 1;
                    return Ok(nodes);
                }
                Some(Kind::Close) => {
                    return self.lost(Problem::error(
                        self.place(),
                        "a `}` that closes nothing",
                        "expected a step",
                    ));
                }
                Some(Kind::Newline) => {
                    self.at += 1;
                    behind = false;
                }
                Some(Kind::Semicolon) => self.at += 1,
                Some(Kind::Comment) => {
                    let text = self.comment().unwrap_or_default();
                    if behind {
                        nodes.push(Node::Remark(kept(&text)));
                    } else if let Some(Node::Why(before)) = nodes.last_mut() {
                        *before = kept(&format!("{before}\n{text}"));
                    } else {
                        nodes.push(Node::Why(kept(&text)));
                    }
                }
                Some(Kind::Open) => {
                    return self.lost(
                        Problem::error(self.place(), "a block without a condition", "expected a step before it")
                            .help("blocks stand behind `if C`, `unless C`, `Step else`, `each_page` and `each_mapping`"),
                    );
                }
                Some(Kind::Word) => {
                    let node = self.statement(depth)?;
                    nodes.push(node);
                    self.end_of_statement()?;
                    behind = true;
                }
            }
        }
    }

    /// After a statement comes the end of its line, a semicolon, a comment, or the end of its block; a closing
    /// brace ends it too.
    fn end_of_statement(&mut self) -> Read<()> {
        let closed = self.at.checked_sub(1).is_some_and(|n| self.tokens[n].kind == Kind::Close);
        match self.kind() {
            _ if closed => Ok(()),
            None | Some(Kind::Newline | Kind::Semicolon | Kind::Comment | Kind::Close) => Ok(()),
            _ => {
                let found = self.found();
                self.lost(
                    Problem::error(
                        self.place(),
                        format!("found {found} behind a statement"),
                        "expected the line's end",
                    )
                    .help("one statement a line, or `;` between them"),
                )
            }
        }
    }

    fn statement(&mut self, depth: usize) -> Read<Node> {
        let place = self.place();
        let word = self.word();
        self.at += 1;
        // Of a branch, the condition is the place to point at.
        let line = if matches!(word, "if" | "unless") { self.place() } else { place.clone() };
        self.places.push(line);
        Ok(match word {
            "if" => {
                let what = self.doing(word)?;
                let yes = self.inner(depth, "the branch")?;
                let no = if self.takes_else() { self.otherwise(depth)? } else { Vec::new() };
                if yes.iter().all(Node::is_comment) && !no.is_empty() {
                    let help = format!("write `unless {} {{ ... }}`", what.name());
                    self.problems
                        .push(Problem::error(place, "an `if` with nothing in it", "expected a step").help(help));
                }
                Node::If(what, yes, no)
            }
            "unless" => {
                let what = self.doing(word)?;
                let no = self.inner(depth, "the branch")?;
                if self.takes_else() {
                    let help = format!("write `if {} {{ ... }} else {{ ... }}`", what.name());
                    return self.lost(Problem::error(self.behind(), "`unless` with `else`", "here").help(help));
                }
                Node::If(what, Vec::new(), no)
            }
            "each_page" | "each_mapping" => {
                self.loops += 1;
                let body = self.inner(depth, "the loop");
                self.loops -= 1;
                if word == "each_page" { Node::EachPage(body?) } else { Node::EachMapping(body?) }
            }
            "next" | "again" => {
                if self.loops == 0 {
                    let what = format!("`{word}` outside a loop");
                    let problem = Problem::error(place, what, "expected it inside `each_page` or `each_mapping`");
                    self.problems.push(problem.help("`return` leaves the function"));
                }
                if word == "next" { Node::Next } else { Node::Again }
            }
            "return" => Node::Return,
            "fail" => Node::Fail,
            "retry" => Node::Retry,
            "finish" => Node::Finish,
            "jump" => {
                let to = self.place();
                let name = self.word();
                if self.kind() != Some(Kind::Word) || !is_name(name) {
                    let found = self.found();
                    return self.lost(Problem::error(
                        to,
                        format!("`jump` to {found}"),
                        "expected a function's name",
                    ));
                }
                self.at += 1;
                Node::Jump(kept(name))
            }
            "else" => {
                return self.lost(
                    Problem::error(place, "`else` without a step or an `if` before it", "expected a step")
                        .help("`else` stands on the line of the step, or of the `}` that closes the branch"),
                );
            }
            "function" | "version" => {
                return self.lost(
                    Problem::error(place, format!("`{word}` inside a function"), "expected a `}` before it")
                        .help("the body of the function before is not closed"),
                );
            }
            _ => {
                let what = self.named(word, place)?;
                let other = if self.takes_else() { self.otherwise(depth)? } else { Vec::new() };
                Node::Do(what, other)
            }
        })
    }

    /// `else`, maybe on the next line.
    fn takes_else(&mut self) -> bool {
        let mut ahead = self.at;
        while self.tokens.get(ahead).is_some_and(|t| t.kind == Kind::Newline) {
            ahead += 1;
        }
        let is_else =
            self.tokens.get(ahead).is_some_and(|t| t.kind == Kind::Word && &self.text[t.place.clone()] == "else");
        if is_else {
            self.at = ahead + 1;
        }
        is_else
    }

    /// What stands behind `else`: a block, or another `if`.
    fn otherwise(&mut self, depth: usize) -> Read<Vec<Node>> {
        if self.kind() == Some(Kind::Word) && matches!(self.word(), "if" | "unless") {
            if depth > DEEPEST {
                return self.inner(depth, "`else`");
            }
            return Ok(vec![self.statement(depth + 1)?]);
        }
        self.inner(depth, "`else`")
    }

    /// A block in braces.
    fn inner(&mut self, depth: usize, of: &str) -> Read<Vec<Node>> {
        while self.take(Kind::Newline) {}
        let open = self.place();
        if !self.take(Kind::Open) {
            let found = self.found();
            return self.lost(Problem::error(open, format!("found {found}"), format!("expected `{{` of {of}")));
        }
        self.block(depth + 1, Some(open))
    }

    /// What a condition asks.
    fn doing(&mut self, of: &str) -> Read<Doing> {
        let place = self.place();
        if self.kind() != Some(Kind::Word) {
            let found = self.found();
            return self.lost(Problem::error(
                place,
                format!("found {found} behind `{of}`"),
                "expected a condition",
            ));
        }
        let word = self.word();
        self.at += 1;
        if word == "not" || word.starts_with('!') {
            let help = "`unless C { ... }` does something if C does not hold";
            return self.lost(Problem::error(place, "a negated condition", "expected a condition").help(help));
        }
        self.named(word, place)
    }

    /// A step or a function by name.
    fn named(&mut self, word: &'a str, place: Range<usize>) -> Read<Doing> {
        if starts_upper(word) {
            let known = Action::ALL.iter().find(|a| a.name() == word);
            return match known {
                Some(action) if !is_put_in(*action) => Ok(Doing::Step(*action)),
                Some(_) => {
                    let what =
                        format!("`{word}` is put in by the linker, where loops, branches and flushes need it");
                    self.problems.push(Problem::error(place, what, "expected a step of a listing"));
                    Ok(Doing::Step(Action::Goto))
                }
                None => {
                    let near = nearest(word, steps()).join(", ");
                    let what = format!("there is no step `{}`", shown(word));
                    let problem = Problem::error(place, what, format!("the nearest names are {near}"));
                    self.problems.push(problem.help("`lostwrite steps WORD` finds steps by what they do"));
                    Ok(Doing::Step(Action::Goto))
                }
            };
        }
        if is_name(word) {
            return Ok(Doing::Call(kept(word)));
        }
        let what = format!("found `{}`", shown(word));
        let problem = Problem::error(place, what, "expected a step, a function's name, or a word of the form");
        self.lost(problem.help(format!("the words of the form are {}", KEYWORDS[..12].join(", "))))
    }
}

fn starts_upper(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_uppercase())
}

/// A function's name.
fn is_name(word: &str) -> bool {
    let fine = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let first = word.chars().next().is_some_and(|c| c.is_ascii_lowercase() || c == '_');
    first && word.len() <= 64 && word.chars().all(fine) && !KEYWORDS.contains(&word)
}

/// A word of a text in a message: not too long, and nothing that a terminal takes for a command.
fn shown(word: &str) -> String {
    let mut out: String = word.chars().take(40).flat_map(char::escape_debug).collect();
    if word.chars().count() > 40 {
        out.push_str("...");
    }
    out
}

/// The text of a comment: without its sign and the space behind.
fn uncommented(comment: &str) -> &str {
    let text = comment.strip_prefix('#').unwrap_or(comment).trim_end();
    text.strip_prefix(' ').unwrap_or(text)
}

/// Texts of listings stay in memory for good, as those of the built-in ones do.
fn kept(text: &str) -> &'static str {
    crate::kept(text)
}
