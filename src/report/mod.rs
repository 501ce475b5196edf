//! Writers: what a person reads.

mod beside;
mod changes;
mod conform;
mod distinguish;
mod finding_json;
mod junit;
mod matrix;
mod matrix_parts;
mod mutants;
mod night;
mod outcomes;
mod sarif;
mod shrinking;
mod table;
mod timeline;
mod witness;

pub use beside::side_by_side;
pub use conform::{conform_json, conform_text};
pub use distinguish::separation_text;
pub use finding_json::{FINDING_FORMAT, finding_json};
pub use junit::{Replayed, conform_junit, matrix_junit, night_junit, replay_junit};
pub use matrix::{FORMAT, matrix_json, matrix_markdown, matrix_text};
pub use matrix_parts::{join_matrices, matrix_part_json};
pub use mutants::{mutants_json, mutants_text, reason, stale_reasons};
pub use night::{finding_file, night_text};
pub use outcomes::{Column, outcomes_json, outcomes_text, percent, short};
pub use sarif::{Level, sarif, sarif_log};
pub use shrinking::{sizes, statistics_text};
pub use table::Table;
pub use timeline::{Detail, timeline};
pub use witness::{Alignment, Pair, Side, Witness, neighbour};
