//! Reports and the bodies of the fuzz targets, for the command line and for the fuzzers.

pub mod report;
pub mod targets;
