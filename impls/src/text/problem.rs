//! What is wrong with a listing, and where.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use std::fmt;
use std::ops::Range;

/// One thing that is wrong, or suspicious.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Whether the listing can be run all the same.
    pub warning: bool,
    /// What is wrong.
    pub what: String,
    /// Where: bytes of the text.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// What was expected, in a few words that stand beside the place.
    pub expected: String,
    /// What to do; empty if that is clear.
    pub help: String,
}

impl Problem {
    /// An error at a place.
    pub fn error(place: Range<usize>, what: impl Into<String>, expected: impl Into<String>) -> Problem {
        let (what, expected, help) = (what.into(), expected.into(), String::new());
        Problem { warning: false, what, start: place.start, end: place.end, expected, help }
    }

    /// What to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Problem {
        self.help = help.into();
        self
    }
}

/// Everything that is wrong with a listing: one problem after the other, each with its line, a caret under
/// the place, and what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems {
    /// The file, as it was named.
    pub file: String,
    /// What is in it.
    pub text: String,
    /// What is wrong, in the order of the places.
    pub all: Vec<Problem>,
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What a terminal takes for a command must not reach it; a tab would move the caret.
        let clean = |c: char| if c != '\n' && c.is_control() { ' ' } else { c };
        let text: String = self.text.chars().map(clean).collect();
        for (n, problem) in self.all.iter().enumerate() {
            let level = if problem.warning { Level::WARNING } else { Level::ERROR };
            let end = problem.end.max(problem.start).min(text.len());
            let place = problem.start.min(end)..end;
            let snippet = Snippet::source(text.as_str())
                .path(self.file.as_str())
                .annotation(AnnotationKind::Primary.span(place).label(problem.expected.as_str()));
            let mut groups = vec![level.primary_title(problem.what.as_str()).element(snippet)];
            if !problem.help.is_empty() {
                groups.push(Group::with_title(Level::HELP.secondary_title(problem.help.as_str())));
            }
            let separator = if n > 0 { "\n" } else { "" };
            write!(f, "{separator}{}", Renderer::plain().render(&groups))?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
