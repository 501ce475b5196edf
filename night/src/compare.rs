//! Tonight beside the night before: what is new, what is gone, what is still there.
//!
//! Each finding of the night before is replayed. A random search need not come upon the same timeline twice;
//! whether its case still shows it is a question with an answer.

use super::chunk::{Record, diverge};
use super::dedup::timeline_key;
use super::report::Report;
use corpus::Case;
use corpus::read::RECORDED;
use impls::Version;
use oracle::guard::{caught, quietly};
use oracle::{Judge, Judges, replay};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The night before.
#[derive(Clone, Debug)]
pub struct Previous {
    /// Its report.
    pub report: Report,
    /// Where it was read.
    pub place: String,
    /// For each finding, whether its case still shows it.
    pub still: Vec<bool>,
}

/// What became of the findings of the night before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    /// Where the report of the night before was read.
    pub with: String,
    /// Keys of findings that the night before did not have.
    pub new: Vec<String>,
    /// Keys of findings that both have, or that their case still shows.
    pub still: Vec<String>,
    /// Findings that their case does not show any more, and that were not found again.
    pub gone: Vec<Record>,
}

impl Previous {
    /// Reads the report of a night: the file, or the folder that it is in. Replays its findings.
    ///
    /// # Errors
    /// With the path, what was found and what was expected.
    pub fn read(path: &Path, versions: &[&'static Version]) -> Result<Previous, String> {
        let path = if path.is_dir() { path.join("report.json") } else { path.to_owned() };
        let place = path.display().to_string();
        let text = RECORDED
            .text(&path)
            .map_err(|e| format!("{place}: the report of the night before cannot be read: {e}"))?;
        let report = Report::read(&text).map_err(|e| format!("{place}: {e}"))?;
        let still = report.findings.iter().map(|f| shows(&f.record, versions)).collect();
        Ok(Previous { report, place, still })
    }

    /// Compares with the findings of tonight, by their keys.
    #[must_use]
    pub fn compare(&self, tonight: &[&str]) -> Compared {
        let before: Vec<&str> = self.report.findings.iter().map(|f| f.record.key.as_str()).collect();
        let mut out = Compared { with: self.place.clone(), ..Compared::default() };
        out.new = tonight.iter().filter(|k| !before.contains(k)).map(|k| (*k).to_owned()).collect();
        for (finding, still) in self.report.findings.iter().zip(&self.still) {
            let key = &finding.record.key;
            if *still || tonight.contains(&key.as_str()) {
                out.still.push(key.clone());
            } else {
                out.gone.push(finding.record.clone());
            }
        }
        out
    }
}

/// Whether a case still shows what was found.
fn shows(record: &Record, versions: &[&'static Version]) -> bool {
    let Ok(case) = record.case.parse::<Case>() else { return false };
    let Some(version) = versions.iter().find(|v| v.name == record.version) else { return false };
    let judge = Judge::ALL.into_iter().find(|j| Some(j.name()) == record.judge.as_deref());
    quietly(|| match (record.what.as_str(), judge) {
        ("panicked", _) => caught(|| replay(version, &case, &mut Judges::default())).is_err(),
        ("diverge", _) => versions.iter().any(|other| diverge(other, version, &case)),
        (_, Some(judge)) => caught(|| timeline_key(version, &case, judge)).is_ok_and(|key| key.is_some()),
        _ => false,
    })
}
