//! A plain text table.

use impls::Scenario;
use std::fmt;

/// Rows of cells, the first row a header. A cell of the header may have several lines.
#[derive(Clone, Debug, Default)]
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with this header.
    #[must_use]
    pub fn new<S: Into<String>>(header: impl IntoIterator<Item = S>) -> Table {
        Table { rows: vec![header.into_iter().map(Into::into).collect()] }
    }

    /// Appends a row.
    pub fn row<S: Into<String>>(&mut self, cells: impl IntoIterator<Item = S>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }
}

/// The scenarios at the head of a table, each in lines that are not wider than what stands below.
pub fn scenarios() -> impl Iterator<Item = String> {
    Scenario::ALL.into_iter().map(|s| s.name().replace('-', "-\n"))
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let lines = |r: &'_ Vec<String>, c: usize| r.get(c).map_or(0, |s| s.lines().count());
        let width =
            |c: usize| self.rows.iter().filter_map(move |r| r.get(c)?.lines().map(|l| l.chars().count()).max());
        let widths: Vec<usize> = (0..columns).map(|c| width(c).max().unwrap_or(0)).collect();
        for (n, row) in self.rows.iter().enumerate() {
            let height = (0..columns).map(|c| lines(row, c)).max().unwrap_or(0);
            for line in 0..height {
                let cells = row.iter().zip(&widths).map(|(cell, w)| {
                    // The last lines stand side by side.
                    let above = height - cell.lines().count();
                    let text = line.checked_sub(above).and_then(|n| cell.lines().nth(n)).unwrap_or("");
                    format!("{text:<w$}")
                });
                writeln!(f, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
            }
            if n == 0 {
                let rules: Vec<_> = widths.iter().map(|w| "-".repeat(*w)).collect();
                writeln!(f, "{}", rules.join("  "))?;
            }
        }
        Ok(())
    }
}
