//! The states of a case's programs on a version, as numbers of parts.
//!
//! A machine is kept in parts: each actor's registers, each CPU's TLB, each folio and so on (`model::part`).
//! Each value of a part that has come up has a number, so that a state is a few numbers side by side in two
//! words ([`Key`]; *collapse* in Holzmann, State Compression in SPIN, 1997). A part has far fewer values than
//! there are states, and a step changes few parts, so that a successor's key is made from its parent's by
//! looking up those.
//!
//! This is where states are remembered. Who explores them, in which order, is elsewhere.

pub mod graph;
pub(crate) mod hash;
mod key;
mod machines;
mod numbers;
mod parts;
mod table;
mod values;
pub mod walks;

pub(crate) use key::{Fields, Key};
pub(crate) use machines::Machines;
pub(crate) use numbers::Numbers;
pub(crate) use parts::Parts;
pub(crate) use table::{GROUP, Reached, States};
