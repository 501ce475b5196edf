//! Pages for a browser: one file each that needs no network and no script.
//!
//! A page is readable as it is; the script adds stepping through a timeline with keys and pointer.

mod finding;
mod listing;
mod matrix;
mod night;
mod page;
mod state;
mod steps;
#[cfg(test)]
mod tests;

pub use finding::{finding_html, finding_html_with};
pub(super) use finding::{sentence, title};
pub use matrix::matrix_html;
pub use night::night_html;
