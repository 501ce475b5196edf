//! Listings: a kernel operation as an ordered list of steps with branches.
//!
//! A listing is data. It reads top to bottom like the kernel function that it stands for, it can be printed
//! and compared with another version's, and leaving a step out is an edit of a list. [`crate::Code`] links
//! the listings of a machine into flat code.
//!
//! The [`listing!`](crate::listing!) macro writes one down:
//!
//! ```
//! use model::listing;
//! let nodes = listing! {
//!     at "migrate_vma_collect_pmd";
//!     LockPtl;
//!     each_page {
//!         ReadPte;
//!         Collectable else { next; }
//!         if Exclusive { ClearPte; FlushPage; } else { ClearPte; }
//!     }
//!     UnlockPtl;
//! };
//! assert_eq!(nodes.len(), 4);
//! ```

use crate::Action;

/// One line of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// The kernel function that the following steps model.
    At(&'static str),
    /// A step; if it fails, the alternative runs first (and usually leaves the place).
    Do(Action, Vec<Node>),
    /// A branch on a condition, or on whether a step succeeds.
    If(Action, Vec<Node>, Vec<Node>),
    /// Why the step that follows is there (`lostwrite explain`).
    Why(&'static str),
    /// A loop over the pages of the operation's range.
    EachPage(Vec<Node>),
    /// A loop over the address spaces in which the folio under work may be mapped (the rmap walk).
    EachMapping(Vec<Node>),
    /// On to the next round of the enclosing loop.
    Next,
    /// The same round of the enclosing loop once more, from its top.
    Again,
    /// Leave this listing.
    Return,
    /// Start the operation again from its first step (a faulting access, a GUP).
    Retry,
    /// The operation is over.
    Finish,
    /// Go to the environment's listing of that name, and do not come back.
    Jump(&'static str),
    /// Run another listing in place.
    Call(&'static str),
}

impl Node {
    /// Whether it prints as more than one line.
    fn has_blocks(&self) -> bool {
        match self {
            Node::Do(_, other) => !other.is_empty(),
            Node::If(..) | Node::EachPage(_) | Node::EachMapping(_) => true,
            _ => false,
        }
    }
}

/// Writes a listing down; see the [module](crate::listing).
#[macro_export]
macro_rules! listing {
    (@ [$($out:tt)*]) => { vec![$($out)*] };
    (@ [$($out:tt)*] at $at:literal ; $($rest:tt)*) => {
        $crate::listing!(@ [$($out)* $crate::listing::Node::At($at),] $($rest)*)
    };
    (@ [$($out:tt)*] why $why:literal ; $($rest:tt)*) => {
        $crate::listing!(@ [$($out)* $crate::listing::Node::Why($why),] $($rest)*)
    };
    (@ [$($out:tt)*] again ; $($rest:tt)*) => {
        $crate::listing!(@ [$($out)* $crate::listing::Node::Again,] $($rest)*)
    };
    (@ [$($out:tt)*] next ; $($rest:tt)*) => {
        $crate::listing!(@ [$($out)* $crate::listing::Node::Next,] $($rest)*)
    };
    (@ [$($out:tt)*] return ; $($rest:tt)*) => {
        $crate::listing!(@ [$($out)* $crate::listing::Node::Return,] $($rest)*)
    };
    (@ [$($out:tt)*] retry ; $($rest:tt)*) => {
        $crate::listing!(@ [$($out)* $crate::listing::Node::Retry,] $($rest)*)
    };
    (@ [$($out:tt)*] finish ; $($rest:tt)*) => {
        $crate::listing!(@ [$($out)* $crate::listing::Node::Finish,] $($rest)*)
    };
    (@ [$($out:tt)*] jump $to:literal ; $($rest:tt)*) => {
        $crate::listing!(@ [$($out)* $crate::listing::Node::Jump($to),] $($rest)*)
    };
    (@ [$($out:tt)*] call $what:literal ; $($rest:tt)*) => {
        $crate::listing!(@ [$($out)* $crate::listing::Node::Call($what),] $($rest)*)
    };
    (@ [$($out:tt)*] each_page { $($body:tt)* } $($rest:tt)*) => {
        $crate::listing!(@ [$($out)* $crate::listing::Node::EachPage($crate::listing!($($body)*)),] $($rest)*)
    };
    (@ [$($out:tt)*] each_mapping { $($body:tt)* } $($rest:tt)*) => {
        $crate::listing!(@ [$($out)* $crate::listing::Node::EachMapping($crate::listing!($($body)*)),] $($rest)*)
    };
    (@ [$($out:tt)*] if $cond:ident { $($yes:tt)* } else { $($no:tt)* } $($rest:tt)*) => {
        $crate::listing!(@ [$($out)* $crate::listing::Node::If(
            $crate::Action::$cond, $crate::listing!($($yes)*), $crate::listing!($($no)*)),] $($rest)*)
    };
    (@ [$($out:tt)*] if $cond:ident { $($yes:tt)* } $($rest:tt)*) => {
        $crate::listing!(@ [$($out)* $crate::listing::Node::If(
            $crate::Action::$cond, $crate::listing!($($yes)*), Vec::new()),] $($rest)*)
    };
    (@ [$($out:tt)*] unless $cond:ident { $($no:tt)* } $($rest:tt)*) => {
        $crate::listing!(@ [$($out)* $crate::listing::Node::If(
            $crate::Action::$cond, Vec::new(), $crate::listing!($($no)*)),] $($rest)*)
    };
    (@ [$($out:tt)*] $step:ident else { $($no:tt)* } $($rest:tt)*) => {
        $crate::listing!(@ [$($out)* $crate::listing::Node::Do(
            $crate::Action::$step, $crate::listing!($($no)*)),] $($rest)*)
    };
    (@ [$($out:tt)*] $step:ident ; $($rest:tt)*) => {
        $crate::listing!(@ [$($out)* $crate::listing::Node::Do($crate::Action::$step, Vec::new()),] $($rest)*)
    };
    ($($body:tt)*) => { $crate::listing!(@ [] $($body)*) };
}

/// Prints a listing as indented lines of text, as `lostwrite diff` shows it.
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
            Node::At(function) => out.push(format!("{pad}# {function}")),
            Node::Do(action, other) if other.is_empty() => out.push(format!("{pad}{}", action.text())),
            Node::Do(action, other) => {
                out.push(format!("{pad}{}", action.text()));
                let mut alternative = Vec::new();
                write(other, 0, &mut alternative);
                if other.iter().any(Node::has_blocks) {
                    out.push(format!("{pad}    else"));
                    write(other, depth + 2, out);
                } else {
                    out.push(format!("{pad}    else {}", alternative.join(", ")));
                }
            }
            Node::If(action, yes, no) => {
                if yes.is_empty() {
                    out.push(format!("{pad}unless {}", action.text()));
                    write(no, depth + 1, out);
                } else {
                    out.push(format!("{pad}if {}", action.text()));
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
            Node::Why(_) => {}
            Node::Next => out.push(format!("{pad}next")),
            Node::Again => out.push(format!("{pad}again")),
            Node::Return => out.push(format!("{pad}return")),
            Node::Retry => out.push(format!("{pad}retry the access")),
            Node::Finish => out.push(format!("{pad}give up")),
            Node::Jump(name) => out.push(format!("{pad}continue in {name}")),
            Node::Call(name) => out.push(format!("{pad}{name}")),
        }
    }
}
