//! Everything about a finding, a table or a night that a person or a program reads, and the bodies of the fuzz
//! targets, which end in a report.
//!
//! A writer is a file; it prints values of `oracle`, `explore` and `night`, and decides nothing. What names
//! things by their text, versions of one's own included, is in [`known`] and [`lookup`].

mod ascii;
mod beside;
mod changes;
mod check;
mod command;
pub mod comparison;
mod conform;
mod course;
mod distinguish;
pub mod escape;
mod finding_json;
mod html;
mod junit;
pub mod known;
pub mod lookup;
mod mail;
mod matrix;
mod matrix_parts;
mod mutants;
mod night;
mod outcomes;
mod own;
mod sarif;
pub mod schemas;
mod shrinking;
mod story;
mod svg;
mod table;
pub mod targets;
mod timeline;
mod witness;

pub use beside::{finding_text, side_by_side};
pub use check::{CHECK_FORMAT, Caveats, check_json, check_json_same, check_text, lost_by};
pub use command::{replay_line, replay_line_of};
pub use conform::{conform_json, conform_text};
pub use distinguish::separation_text;
pub use finding_json::{FINDING_FORMAT, finding_json};
pub use html::{finding_html, finding_html_with, matrix_html, night_html};
pub use junit::{Replayed, check_junit, conform_junit, matrix_junit, night_junit, replay_junit};
pub use mail::{mail, subject};
use matrix::word;
pub use matrix::{FORMAT, matrix_json, matrix_markdown, matrix_text};
pub use matrix_parts::{check_matrix_part, join_matrices, matrix_part_json};
pub use mutants::{mutants_json, mutants_text, reason, stale_reasons};
pub use night::{finding_file, night_text};
pub use outcomes::{Column, outcomes_json, outcomes_text, percent, short};
pub use own::{FoundOn, found_on, off, standing};
pub use sarif::{Level, sarif, sarif_log, sarif_log_with};
pub use shrinking::{sizes, statistics_text};
pub use svg::timeline_svg;
pub use table::{Table, scenarios};
pub use timeline::{Detail, timeline};
pub use witness::{Alignment, Pair, Side, Tried, TriedResult, Witness, neighbour};
