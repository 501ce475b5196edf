//! Reports, names and the bodies of the fuzz targets, for the command line and for the fuzzers.

pub mod named;
pub mod naming;
pub mod report;
pub mod schemas;
pub mod separation;
pub mod settings;
pub mod shown;
mod subject;
pub mod targets;

pub use subject::Subject;
