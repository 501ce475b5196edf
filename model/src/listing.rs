//! Listings: a kernel function as an ordered list of steps with branches.
//!
//! A listing is data. It reads top to bottom like the kernel function that it stands for, it can be printed
//! and compared with another version's, and leaving a step out is an edit of a list. [`crate::Code`] links
//! the functions of a kernel into flat code. How a listing is written down is no matter of this crate.

use crate::Action;

/// A kernel function, or one body of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name, as in the kernel.
    pub name: &'static str,
    /// What it does.
    pub body: Vec<Node>,
}

/// What a line of a listing does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// A step or a condition.
    Step(Action),
    /// Another function, by name. It succeeds if it returns, and fails if it leaves by [`Node::Fail`].
    Call(&'static str),
}

impl From<Action> for Doing {
    fn from(action: Action) -> Doing {
        Doing::Step(action)
    }
}

impl Doing {
    /// The step, if it is one.
    #[must_use]
    pub const fn action(self) -> Option<Action> {
        match self {
            Doing::Step(action) => Some(action),
            Doing::Call(_) => None,
        }
    }

    /// The words of listings and timelines: of a call, the function's name.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Doing::Step(action) => action.text(),
            Doing::Call(name) => name,
        }
    }

    /// The name in listings.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Doing::Step(action) => action.name(),
            Doing::Call(name) => name,
        }
    }
}

/// One line of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// A step or a call; if it fails, the alternative runs first (and usually leaves the place).
    Do(Doing, Vec<Node>),
    /// A branch on a condition, or on whether a step or a call succeeds.
    If(Doing, Vec<Node>, Vec<Node>),
    /// A comment on a line of its own: why the line that follows is there.
    Why(&'static str),
    /// A comment behind the line before it.
    Remark(&'static str),
    /// A loop over the pages of the operation's range.
    EachPage(Vec<Node>),
    /// A loop over the address spaces in which the folio under work may be mapped (the rmap walk).
    EachMapping(Vec<Node>),
    /// On to the next round of the enclosing loop.
    Next,
    /// The same round of the enclosing loop once more, from its top.
    Again,
    /// Leave this function.
    Return,
    /// Leave this function, and tell the caller that it failed.
    Fail,
    /// Start the operation again from its first step (a faulting access, a GUP).
    Retry,
    /// The operation is over.
    Finish,
    /// Go to that function, and do not come back.
    Jump(&'static str),
}

impl Node {
    /// Whether it is a comment.
    #[must_use]
    pub const fn is_comment(&self) -> bool {
        matches!(self, Node::Why(_) | Node::Remark(_))
    }

    /// What it does, if it is a step, a call, or a branch on one.
    #[must_use]
    pub const fn doing(&self) -> Option<Doing> {
        match self {
            Node::Do(what, _) | Node::If(what, _, _) => Some(*what),
            _ => None,
        }
    }

    /// The blocks inside, in the order in which they read.
    pub fn blocks(&self) -> impl Iterator<Item = &Vec<Node>> {
        let (one, other) = match self {
            Node::Do(_, other) => (Some(other), None),
            Node::If(_, yes, no) => (Some(yes), Some(no)),
            Node::EachPage(body) | Node::EachMapping(body) => (Some(body), None),
            _ => (None, None),
        };
        one.into_iter().chain(other)
    }

    /// The same node with each of its blocks replaced.
    #[must_use]
    pub fn with_blocks(&self, mut edit: impl FnMut(&[Node]) -> Vec<Node>) -> Node {
        match self {
            Node::Do(what, other) => Node::Do(*what, edit(other)),
            Node::If(what, yes, no) => Node::If(*what, edit(yes), edit(no)),
            Node::EachPage(body) => Node::EachPage(edit(body)),
            Node::EachMapping(body) => Node::EachMapping(edit(body)),
            other => other.clone(),
        }
    }

    /// Whether it prints as more than one line.
    fn has_blocks(&self) -> bool {
        match self {
            Node::Do(_, other) => !other.is_empty(),
            Node::If(..) | Node::EachPage(_) | Node::EachMapping(_) => true,
            _ => false,
        }
    }
}

/// The lines of a listing in the order in which they read, without comments.
#[must_use]
pub fn nodes(listing: &[Node]) -> Vec<&Node> {
    let mut out = Vec::new();
    for node in listing.iter().filter(|n| !n.is_comment()) {
        out.push(node);
        node.blocks().for_each(|block| out.extend(nodes(block)));
    }
    out
}

/// What the steps of a listing do, as they are numbered from 1: a step before what its failure leads to, a
/// condition before what it guards. A call counts as one step.
#[must_use]
pub fn steps(listing: &[Node]) -> Vec<Doing> {
    nodes(listing).into_iter().filter_map(Node::doing).collect()
}

/// Prints a listing as indented lines of text, in the words of timelines.
#[must_use]
pub fn lines(nodes: &[Node]) -> Vec<String> {
    let mut out = Vec::new();
    write(nodes, 0, &mut out);
    out
}

fn write(nodes: &[Node], depth: usize, out: &mut Vec<String>) {
    let pad = "    ".repeat(depth);
    for node in nodes {
        match node {
            Node::Do(what, other) if other.is_empty() => out.push(format!("{pad}{}", what.text())),
            Node::Do(what, other) => {
                out.push(format!("{pad}{}", what.text()));
                let mut alternative = Vec::new();
                write(other, 0, &mut alternative);
                if other.iter().any(Node::has_blocks) {
                    out.push(format!("{pad}    else"));
                    write(other, depth + 2, out);
                } else {
                    out.push(format!("{pad}    else {}", alternative.join(", ")));
                }
            }
            Node::If(what, yes, no) => {
                if yes.is_empty() {
                    out.push(format!("{pad}unless {}", what.text()));
                    write(no, depth + 1, out);
                } else {
                    out.push(format!("{pad}if {}", what.text()));
                    write(yes, depth + 1, out);
                    if !no.is_empty() {
                        out.push(format!("{pad}else"));
                        write(no, depth + 1, out);
                    }
                }
            }
            Node::EachPage(body) => {
                out.push(format!("{pad}each page of the range"));
                write(body, depth + 1, out);
            }
            Node::EachMapping(body) => {
                out.push(format!("{pad}each mapping of the folio"));
                write(body, depth + 1, out);
            }
            Node::Why(_) | Node::Remark(_) => {}
            Node::Next => out.push(format!("{pad}next")),
            Node::Again => out.push(format!("{pad}again")),
            Node::Return => out.push(format!("{pad}return")),
            Node::Fail => out.push(format!("{pad}fail")),
            Node::Retry => out.push(format!("{pad}retry the access")),
            Node::Finish => out.push(format!("{pad}give up")),
            Node::Jump(name) => out.push(format!("{pad}continue in {name}")),
        }
    }
}
/// The nodes without what is said about them.
#[must_use]
pub fn plain(nodes: &[Node]) -> Vec<Node> {
    nodes.iter().filter(|node| !node.is_comment()).map(|node| node.with_blocks(plain)).collect()
}
