//! Search: who moves next, and which programs to run. Nothing here judges: the oracle does.
//!
//! * [`states`]: how the states of a program are kept, numbered and walked.
//! * [`exhaust`]: all interleavings of one program, every judge on every transition.
//! * [`schedulers`]: how one execution's interleaving is drawn, one scheduler a file.
//! * [`hunt`]: numbered random executions, the mutator of fuzzing engines, the first loss of one program.
//! * [`shrink`]: the smallest case with the same verdict.
//! * [`coverage`]: what an execution has shown in the model's own terms, and corpora that keep it.
//! * [`programs`]: every small program over an alphabet of operations.
//! * [`released`]: what is said of a version of one's own that is not said of its release.
//! * [`answers`]: the questions that users ask, put together from all of these.
//! * [`journal`]: how long work survives being killed.

pub mod answers;
pub mod coverage;
pub mod exhaust;
pub mod hunt;
pub mod journal;
pub mod programs;
pub mod released;
pub mod schedulers;
pub mod shrink;
pub mod states;
