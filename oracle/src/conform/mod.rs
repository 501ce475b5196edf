//! Conformance: what real kernels did, against what the model does.
//!
//! Two formats are read, those of `corpus/ground-truth/`. A `.tsv` has a header whose columns name a kernel
//! (`fixed-6.1.192-nullb0`: variant, release, swap device), and a verdict per column and row: `ok`, `LOST`,
//! or `LOST@step:Rp=got!=want` for the first wrong read. A `.jsonl` has, per line, the state of the touched
//! page after every operation. `docs/evidence.md` says how what user space sees maps to the model's state;
//! what the recordings did otherwise than their rows read is in [`recording`], each as a named rule.
//!
//! A `.tsv` that begins with `# scenario` has interleavings in words; the cases of
//! `corpus/cases/interleavings.case` play them.
//!
//! Claims: agreement of verdict, failing step and wrong value, and of the states. Does not claim: anything
//! about a row that is told in words and has no case here; it is counted as skipped, never as agreeing.

mod recording;
mod states;
mod verdicts;

use impls::Version;
use model::{Config, Profile, Swap};
use std::collections::BTreeMap;

/// A ground-truth file that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}, line {line}: {what}")]
pub struct ConformError {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What was found and what was expected.
    pub what: String,
}

/// A row on which model and kernel do not agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// The case's name.
    pub case: String,
    /// Its operations.
    pub ops: String,
    /// What the kernel did.
    pub kernel: String,
    /// What the model did.
    pub model: String,
}

/// One column's agreement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnReport {
    /// Rows on which model and kernel agree.
    pub agree: usize,
    /// States compared, in a `.jsonl`.
    pub states: usize,
    /// Rows with operations, or columns with kernels, that the model does not have.
    pub skipped: usize,
    /// Rows that were not run on that kernel.
    pub not_run: usize,
    /// Rows of states that agree up to a step that the model is known not to have, see
    /// [`recording::reclaims_in_passes`], [`recording::unlocks_device_exclusive`], [`recording::locks_zeroes`].
    pub aside: usize,
    /// Their names.
    pub aside_cases: Vec<String>,
    /// Rows on which they do not agree.
    pub disagree: Vec<Disagreement>,
}

/// A file's agreement, by column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conformance {
    /// By column name.
    pub columns: BTreeMap<String, ColumnReport>,
}

impl Conformance {
    /// Whether nothing disagrees.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.columns.values().all(|c| c.disagree.is_empty())
    }
}

/// The series of releases that were recorded, the profile around each, and the version that shipped with it.
/// 6.1.192 and 7.3.4 were recorded; another release of the series is taken for the same.
const RELEASES: [(&str, Profile, &str); 2] =
    [("6.1", Profile::V6_1_192, "6.1.192"), ("7.3", Profile::V7_3, "7.3")];

/// Whether a release is of a series: 6.1 and 6.1.192 are of 6.1, and 6.12 is not.
fn is_of(release: &str, series: &str) -> bool {
    release.strip_prefix(series).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The version and configuration of a kernel, as recordings name it: `fixed` or a mutant, the release, the swap
/// device. The driver is the test driver, which does not mark what its device wrote.
///
/// # Errors
/// If there is no model of it.
pub fn recorded_kernel(variant: &str, release: &str, swap: &str) -> Result<(&'static Version, Config), String> {
    let known: Vec<_> = RELEASES.iter().map(|r| r.0).collect();
    let (_, profile, shipped) = RELEASES
        .iter()
        .find(|r| is_of(release, r.0))
        .ok_or_else(|| format!("expected a release of {}, found '{release}'", known.join(" or ")))?;
    let swap = match swap {
        "nullb0" => Swap::NullBlk,
        "ram0" => Swap::RamDisk,
        _ => return Err(format!("expected swap device nullb0 or ram0, found '{swap}'")),
    };
    let version = if variant == "fixed" {
        impls::find(shipped).map_err(|e| e.to_string())?
    } else {
        // A version of the zoo is a function or two, with the rest of whatever kernel it is run in.
        let elsewhere =
            || impls::families().iter().flat_map(|family| &family.versions).find(|v| v.name == variant);
        match impls::mutant(shipped, variant) {
            Ok(mutant) => mutant,
            Err(e) => {
                elsewhere().ok_or_else(|| format!("expected fixed or a mutant, or a version of the zoo: {e}"))?
            }
        }
    };
    let mut config = Config { swap, ..Config::of(*profile) };
    config.knobs.driver_dirties = false;
    Ok((version, config))
}

/// `fixed-6.1.192-nullb0`, or `fixed-6.1.192` where all rows are of one device.
fn column_kernel(column: &str) -> Result<(&'static Version, Config), String> {
    let (variant, rest) = column.split_once('-').unwrap_or((column, ""));
    let (release, swap) = match rest.rsplit_once('-') {
        Some((release, swap)) => (release, swap),
        None => (rest, "nullb0"),
    };
    recorded_kernel(variant, release, swap).map_err(|e| format!("column '{column}': {e}"))
}

/// Reads a ground-truth file and runs the model on every row and column.
///
/// # Errors
/// If the text is not in the format that its name's ending says.
pub fn conform_file(name: &str, text: &str) -> Result<Conformance, ConformError> {
    if name.ends_with(".jsonl") {
        states::conform(name, text)
    } else if name.ends_with(".tsv") {
        verdicts::conform(name, text)
    } else {
        Err(fail(name, 1, "expected a .tsv of verdicts or a .jsonl of states".to_owned()))
    }
}

pub use states::columns as state_columns;

/// A version in the place of the release that it belongs to, against the recorded verdicts of that release;
/// nothing is compared where none was recorded.
///
/// # Errors
/// If the text is not in the format of a .tsv of verdicts.
pub fn conform_version(version: &'static Version, name: &str, text: &str) -> Result<ColumnReport, ConformError> {
    verdicts::of(version, name, text)
}

fn fail(name: &str, line: usize, what: String) -> ConformError {
    ConformError { file: name.to_owned(), line, what }
}
