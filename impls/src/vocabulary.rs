//! The vocabulary of listings: what each step and condition means, and which kernel calls it stands for.
//!
//! The table is `impls/steps.tsv`: step, kernel calls, what it reads, what it writes, meaning.

use model::Action;
use std::sync::LazyLock;

/// What is known of a step or condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The step.
    pub action: Action,
    /// The kernel calls and expressions that it stands for, as 6.1 names them; `-` for the hardware's.
    pub calls: &'static str,
    /// What it reads; `-` if nothing.
    pub reads: &'static str,
    /// What it writes; `-` if nothing.
    pub writes: &'static str,
    /// What it does, when it holds or fails, and what its absence costs.
    pub meaning: &'static str,
}

static TABLE: LazyLock<Vec<Step>> = LazyLock::new(|| {
    let lines = include_str!("../steps.tsv").lines().skip(1);
    lines.map(|line| row(line).unwrap_or_else(|| panic!("steps.tsv: {line}"))).collect()
});

fn row(line: &'static str) -> Option<Step> {
    let mut columns = line.split('\t');
    let name = columns.next()?;
    let action = *Action::ALL.iter().find(|a| a.name() == name)?;
    let [calls, reads, writes, meaning] = [columns.next()?, columns.next()?, columns.next()?, columns.next()?];
    Some(Step { action, calls, reads, writes, meaning })
}

/// Every step and condition that a listing may name.
#[must_use]
pub fn vocabulary() -> &'static [Step] {
    &TABLE
}

/// What is known of one; `None` for what only the linker puts in.
#[must_use]
pub fn step(action: Action) -> Option<&'static Step> {
    vocabulary().iter().find(|s| s.action == action)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_that_a_listing_may_name_is_in_the_table_once() {
        for action in Action::ALL {
            let rows = vocabulary().iter().filter(|s| s.action == *action).count();
            assert_eq!(rows, usize::from(!crate::text::is_put_in(*action)), "{}", action.name());
        }
    }

    #[test]
    fn meanings_are_sentences() {
        for step in vocabulary() {
            let meaning = step.meaning;
            assert!(meaning.ends_with('.') && meaning.len() <= 240, "{}: {meaning}", step.action.name());
        }
    }
}
