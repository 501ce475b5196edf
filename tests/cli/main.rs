//! The command, end to end: what it prints, and how it exits. One file per subject.

mod assumptions;
mod check;
mod common;
mod conform;
mod convert;
mod errors;
mod files;
mod formats;
mod help;
mod hunt;
mod lift;
mod listings;
mod matrix;
mod mutants;
mod own_versions;
mod patches;
mod places;
mod replay;
mod schemas;
mod shell;
mod terminal;
