//! Writers: what a person reads.

mod changes;
mod table;
mod timeline;

pub use table::Table;
pub use timeline::{Detail, timeline};
