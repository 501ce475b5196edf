//! The families of historical bugs: whether each version does on the family's programs what is expected of
//! it.

use super::losses::{Loss, Losses, losses};
use corpus::{Case, CaseFile, Expect};
use impls::{Family, Subject, Version};
use rayon::prelude::*;
use std::sync::Arc;

/// The word for the kernel of a case with nothing replaced.
pub const SHIPPED: &str = "shipped";

/// A program on a version.
#[derive(Clone, Debug)]
pub struct Row {
    /// The version, or [`SHIPPED`].
    pub version: String,
    /// The program.
    pub case: Case,
    /// What is expected: the gravest over all interleavings.
    pub expected: Expect,
    /// What is so, with the number of states; `None` if there are more than the budget.
    pub found: Option<(Expect, u64)>,
}

impl Row {
    /// Whether it is as expected.
    #[must_use]
    pub fn is_fine(&self) -> bool {
        self.found.is_some_and(|(found, _)| found == self.expected)
    }
}

/// The programs of a family.
///
/// # Panics
/// If they cannot be read, which a test rules out.
#[must_use]
pub fn programs(family: &Family) -> CaseFile {
    corpus::load(&family.path(), family.programs.as_bytes()).unwrap_or_else(|e| panic!("{e}"))
}

/// A version of a family by its name, or the kernel of a case as shipped.
///
/// # Panics
/// If there is none, which a test rules out.
#[must_use]
pub fn version(family: &Family, name: &str, case: &Case) -> Version {
    if name == SHIPPED {
        let shipped = Arc::new(Subject::new(Vec::new()).expect("a kernel links"));
        let any = family.versions.first().expect("a family has a version");
        let (kernel, migration_entry) = (case.config.profile, None);
        return Version { name: SHIPPED, subject: shipped, kernel, migration_entry, ..any.clone() };
    }
    let found = family.versions.iter().find(|version| version.name == name);
    found.unwrap_or_else(|| panic!("{}: there is no version {name}", family.path())).clone()
}

/// The gravest that can be lost.
#[must_use]
pub fn gravest(found: &Losses) -> Expect {
    match found.losses.first() {
        None => Expect::Ok,
        Some(Loss::Lost { .. }) => Expect::Lost,
        Some(Loss::Stale { .. }) => Expect::Revoked,
        Some(Loss::Broken(_) | Loss::Impossible) => Expect::Broken,
        Some(Loss::Dropped { .. }) => Expect::Dropped,
    }
}

/// Runs every program of a family on each version of which something is expected.
#[must_use]
pub fn zoo(family: &Family, budget: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    for entry in programs(family).entries {
        for (name, expected) in &entry.expect {
            let version = version(family, name, &entry.case);
            let found = losses(&version, &entry.case, budget).ok().map(|all| (gravest(&all), all.states));
            rows.push(Row { version: name.clone(), case: entry.case.clone(), expected: *expected, found });
        }
    }
    rows
}

/// Runs some families on all cores.
#[must_use]
pub fn zoo_of(families: &[&'static Family], budget: usize) -> Vec<(&'static Family, Vec<Row>)> {
    families.par_iter().map(|family| (*family, zoo(family, budget))).collect()
}
