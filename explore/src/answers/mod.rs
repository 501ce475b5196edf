//! What users ask, one question a file.

pub mod cell;
pub mod check;
pub mod distinguish;
pub mod losses;
pub mod matrix;
pub mod mutants;
pub mod outcomes;
pub mod rediscovery;
pub mod zoo;
