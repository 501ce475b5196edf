//! What other tools say of the state spaces that `explore` reports, and how fast they are at it.
//!
//! Two model checkers count the same graphs from outside: [`stateright`] steps the same machine with its own
//! search, and [`spin`] runs a [model](promela) of its own in its own language. What each comparison shows,
//! and what not, is in `docs/evidence.md`.

pub mod promela;
pub mod shuttle;
pub mod spin;
pub mod stateright;
pub mod subject;
