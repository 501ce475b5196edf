//! Search: who moves next, and which programs to run. One algorithm a file.
//!
//! Nothing here judges: the oracle does.

mod burst;
mod cell;
mod exhaust;
mod guard;
mod hash;
mod hunt;
mod matrix;
mod mutants;
pub mod nightly;
mod pct;
mod random_walk;
mod sampler;
mod shrink;

pub use burst::Burst;
pub use cell::{Cell, Effort, Mark, Shown, Verdict, cell};
pub use exhaust::{Answer, Cut, Exhaust, Measure, Memory, Options, Order, Outcome, exhaust, exhaust_with};
pub use hunt::{FirstLoss, Found, HuntOptions, HuntReport, Limit, Origin, first_losses, hunt};
pub use matrix::{Matrix, MatrixOptions, MatrixRow, Square, matrix, native};
pub use mutants::{Catch, Catcher, MutantReport, MutantsReport, count_mutants, mutants};
pub use pct::Pct;
pub use random_walk::RandomWalk;
pub use sampler::{Recorder, Sampler, SamplerKind, case_at, rng_for};
pub use shrink::{
    EXECUTIONS, Limits, Progress, Sample, Shrunk, Signature, Size, Surroundings, deletions, draw_losing, shrink,
    shrink_to, statistics,
};
