//! Writers: what a person reads.

mod changes;
mod matrix;
mod table;
mod timeline;

pub use matrix::{JSON_VERSION, matrix_json, matrix_markdown, matrix_text};
pub use table::Table;
pub use timeline::{Detail, timeline};
