//! Why some mutants are not caught: the table `survivors.tsv`.
//!
//! Tab-separated, with the columns `version`, `mutant` (the key of an [`Edit`](crate::Edit)) and
//! `reason`. `#` starts a comment line.

use std::sync::LazyLock;

/// One line of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Survivor {
    /// The version's name.
    pub version: String,
    /// The mutant's key.
    pub mutant: String,
    /// Why it is not caught.
    pub reason: String,
}

const COLUMNS: [&str; 3] = ["version", "mutant", "reason"];

static TABLE: LazyLock<Vec<Survivor>> = LazyLock::new(|| {
    read_survivors(include_str!("../survivors.tsv")).unwrap_or_else(|e| panic!("survivors.tsv, {e}"))
});

/// The table, row by row.
#[must_use]
pub fn survivors() -> &'static [Survivor] {
    &TABLE
}

/// Reads a table.
///
/// # Errors
/// With the line, what was found there, and what was expected.
pub fn read_survivors(text: &str) -> Result<Vec<Survivor>, String> {
    let mut lines = text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty() && !l.starts_with('#'));
    let (number, header) = lines.next().ok_or("line 1: expected a header line, found nothing")?;
    if header.split('\t').ne(COLUMNS) {
        return Err(format!("line {}: expected the columns {}, found '{header}'", number + 1, COLUMNS.join(", ")));
    }
    let mut rows: Vec<Survivor> = Vec::new();
    for (number, line) in lines {
        let fields: Vec<_> = line.split('\t').collect();
        let [version, mutant, reason] = fields[..] else {
            return Err(format!(
                "line {}: expected 3 tab-separated fields, found {} in '{line}'",
                number + 1,
                fields.len()
            ));
        };
        if reason.trim().is_empty() {
            return Err(format!("line {}: expected a reason, found nothing in '{line}'", number + 1));
        }
        if rows.iter().any(|r| r.version == version && r.mutant == mutant) {
            return Err(format!("line {}: a second reason for {version}, {mutant}; expected one", number + 1));
        }
        rows.push(Survivor { version: version.into(), mutant: mutant.into(), reason: reason.into() });
    }
    Ok(rows)
}
