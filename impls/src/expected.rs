//! What is expected of each version on each hardware, scenario by scenario: the table `expected.tsv`.
//!
//! Tab-separated; the first line names the columns: `version`, `hardware`, then the scenarios. A cell is
//! `required` (some schedule must show the loss), `forbidden` (none may), `allowed`, or `-` where the
//! question does not arise: the version has no such step. `#` starts a comment line.

use crate::Scenario;
use crate::version::Loss;
use std::sync::LazyLock;

/// The hardware that does what the manuals ask for: the one for which a version is called correct or not.
pub const PERFECT: &str = "hw0";

/// One line of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The version's name.
    pub version: String,
    /// The hardware's name.
    pub hardware: String,
    /// What is expected, in the order of [`Scenario::ALL`]; `None` where the question does not arise.
    pub cells: [Option<Loss>; Scenario::ALL.len()],
}

static TABLE: LazyLock<Vec<Row>> = LazyLock::new(|| {
    read_expected(include_str!("../expected.tsv")).unwrap_or_else(|e| panic!("expected.tsv, {e}"))
});

/// The table, row by row.
#[must_use]
pub fn expected_rows() -> &'static [Row] {
    &TABLE
}

/// Reads a table.
///
/// # Errors
/// With the line, what was found there, and what was expected.
pub fn read_expected(text: &str) -> Result<Vec<Row>, String> {
    let mut lines = text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty() && !l.starts_with('#'));
    let names: Vec<_> = ["version", "hardware"].into_iter().chain(Scenario::ALL.map(Scenario::name)).collect();
    let (number, header) = lines.next().ok_or("line 1: expected a header line, found nothing")?;
    if header.split('\t').ne(names.iter().copied()) {
        return Err(format!("line {}: expected the columns {}, found '{header}'", number + 1, names.join(", ")));
    }
    let mut rows: Vec<Row> = Vec::new();
    for (number, line) in lines {
        let fail = |what: String| format!("line {}: {what}", number + 1);
        let fields: Vec<_> = line.split('\t').collect();
        if fields.len() != names.len() {
            return Err(fail(format!(
                "expected {} tab-separated fields, found {} in '{line}'",
                names.len(),
                fields.len()
            )));
        }
        let mut row =
            Row { version: fields[0].to_owned(), hardware: fields[1].to_owned(), cells: Default::default() };
        for (n, word) in fields[2..].iter().enumerate() {
            row.cells[n] = match *word {
                "-" => None,
                word => Some(
                    [Loss::Required, Loss::Forbidden, Loss::Allowed]
                        .into_iter()
                        .find(|l| l.word() == word)
                        .ok_or_else(|| {
                            fail(format!(
                                "expected required, forbidden, allowed or - in column {}, found '{word}'",
                                names[n + 2]
                            ))
                        })?,
                ),
            };
        }
        if rows.iter().any(|r| r.version == row.version && r.hardware == row.hardware) {
            return Err(fail(format!(
                "a second row for {} on {}; expected one row for each pair",
                row.version, row.hardware
            )));
        }
        rows.push(row);
    }
    Ok(rows)
}
