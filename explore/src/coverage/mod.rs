//! Coverage of the model: what an execution has shown, in the model's own terms.
//!
//! Code coverage says little of a machine that interprets listings: after a few cases every line of it has
//! run. What counts is which steps met on the same object, what the judges had to consider, and what came of
//! it. The [features](Feature) are named after kernel functions, actions, objects, rules and versions, so
//! that they are the same on every machine, and a listing that gains a step changes no feature of another
//! one.

mod feature;
pub mod minimise;
mod observer;
mod profile;
pub mod statistics;
mod steps;

pub use feature::{Feature, Group, Said, Spoken};
pub use observer::Coverage;
pub use profile::{Profile, Profiler};
pub use steps::{Step, Steps};
