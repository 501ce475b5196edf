//! The language of test cases, and the cases themselves.
//!
//! A [`Case`] is an initial machine, one program per actor and a schedule. It has three forms that convert
//! into each other without loss: [text](text) for people and mails, [JSON](json) for programs, [bytes](bytes)
//! for fuzzers, which have no room for a schedule by [place](Schedule::by_place). [`generate`](generate())
//! draws random cases, [`mutate`](mutate()) and [`crossover`] work on operations and runs of the schedule;
//! nothing here judges.

pub mod bytes;
mod case;
mod files;
mod folder;
mod generate;
pub mod json;
mod knobs;
mod mutate;
mod place;
pub mod read;
mod scenarios;
pub mod text;

pub use case::{Case, MAX_RUN, MAX_RUNS, Run, Schedule};
pub use files::{
    CaseFile, Entry, Expect, FileError, REGRESSIONS_FOLDER, builtin, ground_truth, ground_truth_sequences, load,
};
pub use folder::{FolderFile, file_name, read_folder, seeds, treasured};
pub use generate::{Shape, generate};
pub use knobs::{KNOBS, Knob, SWAPS, knob};
pub use mutate::{crossover, mutate};
pub use place::{MAX_TIMES, Place, Segment, Until, WANTS_RUNS};
pub use scenarios::{Environment, Surface, mutant_programs, scenario_programs, surfaces};
