//! Kernel C to listings.
//!
//! A function's C is run in the abstract, on every path ([`explore`]): values, not names of variables; the
//! kernel's names come from a table ([`table`]). The paths make a tree ([`tree`]), in which every use of a word
//! of the page table is given the word that it sees ([`words`]), and from which the lines of a listing are made
//! ([`shape`]). What was made is taken apart again ([`unroll`]) and compared with the paths of C ([`bisim`]): a
//! listing that does anything else is never printed. Where some body of the function that is built in does the
//! same, its layout is used, so that `lostwrite diff` shows what differs and nothing else.
//!
//! Nothing is guessed. What is not known is an error, with the place in C and the row that would make it known.

mod access;
mod arguments;
mod arithmetic;
mod bisim;
mod blame;
mod call;
mod condition;
mod config;
mod emit;
mod entry;
mod explore;
mod expression;
mod kinds;
mod known;
mod lifted;
mod marks;
mod near;
mod notes;
mod parse;
mod places;
mod preprocess;
mod print;
mod run;
mod shape;
mod simplify;
mod state;
mod steps;
mod store;
mod subject;
mod table;
mod tree;
mod unroll;
mod value;
mod words;

pub use blame::in_c;
pub use config::config_table;
pub use lifted::{Lifted, Note, Options, Refused, lift, liftable, profile, run_as};
pub use marks::{Around, Mark, Marked};
pub use notes::{Decided, Effect};
pub use parse::Source;
pub use print::{document, report};
pub use table::{Row, Table};
