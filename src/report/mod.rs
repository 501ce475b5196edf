//! Writers: what a person reads.

mod beside;
mod changes;
mod distinguish;
mod html;
mod junit;
mod mail;
mod matrix;
mod matrix_parts;
mod mutants;
mod night;
mod outcomes;
mod shrinking;
mod svg;
mod table;
mod timeline;
mod witness;

pub use beside::side_by_side;
pub use distinguish::separation_text;
pub use html::{finding_html, matrix_html, night_html};
pub use junit::night_junit;
pub use mail::{mail, sentence, subject};
pub use matrix::{JSON_VERSION, matrix_json, matrix_markdown, matrix_text};
pub use matrix_parts::{join_matrices, matrix_part_json};
pub use mutants::{mutants_json, mutants_text, reason, stale_reasons};
pub use night::{finding_file, night_text};
pub use outcomes::{Column, outcomes_json, outcomes_text, percent, short};
pub use shrinking::{sizes, statistics_text};
pub use svg::timeline_svg;
pub use table::Table;
pub use timeline::{Detail, timeline};
pub use witness::{Alignment, Pair, Side, Witness, neighbour};
