//! Writers: what a person reads.

mod changes;
mod junit;
mod matrix;
mod mutants;
mod night;
mod shrinking;
mod table;
mod timeline;

pub use junit::night_junit;
pub use matrix::{JSON_VERSION, matrix_json, matrix_markdown, matrix_text};
pub use mutants::{mutants_json, mutants_text, reason, stale_reasons};
pub use night::{finding_file, night_text};
pub use shrinking::{sizes, statistics_text};
pub use table::Table;
pub use timeline::{Detail, timeline};
