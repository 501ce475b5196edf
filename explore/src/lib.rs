//! Search: who moves next, and which programs to run. One algorithm a file.
//!
//! Nothing here judges: the oracle does.

mod burst;
mod cell;
mod check;
mod cover;
mod coverage;
mod distinguish;
mod exhaust;
mod graph;
mod hash;
mod hunt;
mod interleavings;
mod journal;
mod losses;
mod matrix;
mod mutants;
pub mod mutator;
pub mod nightly;
mod outcomes;
mod pct;
mod programs;
mod random_walk;
mod sample;
mod sampler;
mod shrink;
mod space;
mod statistics;
mod uniform;
mod walks;

pub use burst::Burst;
pub use cell::{Cell, Effort, Mark, Shown, Verdict, cell, verdict};
pub use check::{CheckOptions, CheckProgress, Checked, Flagged, Round, Stage, check};
pub use cover::{Candidate, cover, protect_losses};
pub use coverage::{Coverage, Feature, Group, Profile, Profiler, Said, Spoken, Step, Steps};
pub use distinguish::{Answers, CHUNK, Difference, Job, Record, Rival, RivalRecord, Shard, Told};
pub use exhaust::{Answer, Cut, Exhaust, Measure, Memory, Options, Order, Outcome, exhaust, exhaust_with};
pub use graph::{Edge, Graph, TooLarge, Visitor};
pub use hunt::{Alarm, Class, FirstLoss, Found, HuntOptions, HuntReport, Limit, Origin, first_losses, hunt};
pub use interleavings::Interleavings;
pub use journal::Journal;
pub use losses::{Loss, Losses, SubjectSteps, losses};
pub use matrix::{Matrix, MatrixOptions, MatrixRow, Square, matrix, matrix_part};
pub use mutants::{Catch, Catcher, MutantReport, MutantsReport, count_mutants, mutants};
pub use outcomes::{Ending, FinalMemory, Outcomes, Row, outcomes, stored_words};
pub use pct::Pct;
pub use programs::{Alphabet, Bounds, Enumeration, Runs};
pub use random_walk::RandomWalk;
pub use sample::{First, Scheduling, first_loss};
pub use sampler::{Recorder, Sampler, SamplerKind, case_at, rng_for};
pub use shrink::{
    EXECUTIONS, Limits, Progress, Sample, Shrunk, Signature, Size, Surroundings, deletions, draw_losing, shrink,
    shrink_to, statistics,
};
pub use statistics::Statistics;
pub use uniform::Uniform;
pub use walks::{Walked, Walks};
