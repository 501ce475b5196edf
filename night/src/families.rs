//! The families of historical bugs, once a night: each version must do on its programs what is expected of it.

use explore::answers::zoo::zoo_of;
use serde::{Deserialize, Serialize};

/// What came of the families.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FamiliesReport {
    /// How many programs were exhausted, each time on a version.
    pub programs: u64,
    /// Versions that did something else than is expected of them, a line each.
    pub unexpected: Vec<String>,
}

impl FamiliesReport {
    /// Goes through all of them; a program with more states than that counts as unexpected.
    #[must_use]
    pub(super) fn of(states: usize) -> FamiliesReport {
        let families: Vec<_> = impls::families().iter().collect();
        let rows: Vec<_> = zoo_of(&families, states).into_iter().flat_map(|(_, rows)| rows).collect();
        let unexpected = rows.iter().filter(|row| !row.is_fine()).map(|row| {
            let found = row.found.map_or("too large", |(found, _)| found.word());
            format!("{}: expected {}, found {found}: {}", row.version, row.expected.word(), row.case)
        });
        FamiliesReport { programs: rows.len() as u64, unexpected: unexpected.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_not_exhausted_is_told() {
        assert_eq!(FamiliesReport::of(1_000_000).unexpected, Vec::<String>::new());
        let small = FamiliesReport::of(100);
        assert!(small.unexpected.iter().any(|line| line.contains("found too large")));
        assert!((small.unexpected.len() as u64) < small.programs);
    }
}
