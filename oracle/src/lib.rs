//! The judges: each a pure function over an execution, in a file of its own.
//!
//! A judge says in its first lines what it claims and what it does not. Nothing here generates or searches;
//! [`execution`] runs what it is given. Every judge has a seeded bug that it, and only it, catches
//! (`tests/judges.rs`).

pub mod assumptions;
mod clean_means_equal;
mod conform;
mod diagnosis;
mod differential;
mod exclusion;
mod execution;
mod finding;
mod goals;
pub mod guard;
mod judged;
mod last_write;
mod livelock;
mod owed;
mod places;
mod revoked;
mod scenario;
mod structural;
mod trace;

pub use conform::{
    ColumnReport, ConformError, Conformance, Disagreement, conform_file, conform_version, recorded_kernel,
    state_columns,
};
pub use diagnosis::{Cause, CauseKind, Diagnosis, GivenUp, Symptom};
pub use differential::{Comparison, Outcome, aligned, comparable, compare, outcome};
pub use execution::{Chooser, Drain, End, Observer, Replay, STEP_BOUND, Summary, execute, replay, wind_up};
pub use finding::{Finding, Judge, Judges, Legal, Revocation, Rule};
pub use goals::{Goal, Goals};
pub use judged::{Judged, Memory};
pub use livelock::{Cycle, livelock};
pub use places::{Leg, Resolved, Stopped, Why, a_step_later, by_place, counted, course, resolve};
pub use scenario::History;
pub use trace::{AtFault, Row, Trace, trace, trace_of};
