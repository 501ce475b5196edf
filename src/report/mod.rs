//! Writers: what a person reads.

mod changes;
mod matrix;
mod mutants;
mod table;
mod timeline;

pub use matrix::{JSON_VERSION, matrix_json, matrix_markdown, matrix_text};
pub use mutants::{mutants_json, mutants_text, reason, stale_reasons};
pub use table::Table;
pub use timeline::{Detail, timeline};
