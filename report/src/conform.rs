//! The model beside real kernels, as text and as JSON.

use super::{FORMAT, Table};
use oracle::Conformance;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// The agreement of a file, by column, and the first disagreements of each.
#[must_use]
pub fn conform_text(name: &str, result: &Conformance, show: usize) -> String {
    let mut table = Table::new(["column", "agree", "states", "disagree", "aside", "skipped", "not run"]);
    for (column, r) in &result.columns {
        let cells = [r.agree, r.states, r.disagree.len(), r.aside, r.skipped, r.not_run].map(|n| n.to_string());
        table.row(std::iter::once(column.clone()).chain(cells));
    }
    let mut out = format!("{name}\n{table}\n");
    for (column, r) in &result.columns {
        for d in r.disagree.iter().take(show) {
            let _ = writeln!(
                out,
                "{column}: {}: {}\n    kernel: {}\n    model:  {}",
                d.case, d.ops, d.kernel, d.model
            );
        }
        if r.disagree.len() > show {
            let _ = writeln!(out, "{column}: and {} more", r.disagree.len() - show);
        }
    }
    out
}

/// The same for programs, with every disagreement.
#[must_use]
pub fn conform_json(files: &[(String, Conformance)]) -> Value {
    let file = |(name, result): &(String, Conformance)| {
        let columns = result.columns.iter().map(|(column, r)| {
            let disagree = r
                .disagree
                .iter()
                .map(|d| json!({ "case": d.case, "operations": d.ops, "kernel": d.kernel, "model": d.model }));
            json!({
                "column": column,
                "agree": r.agree,
                "states": r.states,
                "aside": r.aside,
                "skipped": r.skipped,
                "not_run": r.not_run,
                "disagree": disagree.collect::<Vec<_>>(),
            })
        });
        json!({ "file": name, "agrees": result.agrees(), "columns": columns.collect::<Vec<_>>() })
    };
    json!({ "format": FORMAT, "files": files.iter().map(file).collect::<Vec<_>>() })
}
