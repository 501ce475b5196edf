//! States: a page as user space sees it, after every operation.

use super::recording::{self, Sequence};
use super::{ConformError, Conformance, Disagreement, fail, recorded_kernel};
use model::{Machine, PteKind, ZERO_FRAME};
use rayon::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct StateRow {
    case: String,
    kernel: String,
    release: String,
    swap: String,
    ops: Vec<String>,
    after: Vec<Seen>,
}

/// A page as user space sees it through pagemap, kpageflags and smaps.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Seen {
    pte: String,
    #[serde(default)]
    pte_dirty: Option<u8>,
    #[serde(default)]
    exclusive: Option<u8>,
    #[serde(default)]
    mapcount: Option<u8>,
    #[serde(default)]
    folio_dirty: Option<u8>,
    #[serde(default)]
    swapcache: Option<u8>,
    #[serde(default)]
    swapbacked: Option<u8>,
    /// The pages behind page 0, after an operation on all of them: not in every recording.
    #[serde(default)]
    others: Vec<Seen>,
}

impl Seen {
    fn bare(pte: &str) -> Seen {
        Seen {
            pte: pte.to_owned(),
            pte_dirty: None,
            exclusive: None,
            mapcount: None,
            folio_dirty: None,
            swapcache: None,
            swapbacked: None,
            others: Vec::new(),
        }
    }

    /// What user space would see of a page of the model.
    fn of(machine: &Machine, page: usize) -> Seen {
        let pte = machine.pte[0][page];
        match pte.kind() {
            PteKind::None => Seen::bare("none"),
            PteKind::Swap | PteKind::DeviceExclusive => Seen::bare("swap"),
            PteKind::Device => Seen::bare("device"),
            PteKind::Migration => Seen::bare("migration"),
            PteKind::Present if pte.frame() == ZERO_FRAME => Seen {
                pte_dirty: Some(0),
                exclusive: Some(0),
                mapcount: Some(0),
                folio_dirty: Some(0),
                swapcache: Some(0),
                swapbacked: Some(0),
                ..Seen::bare("present")
            },
            PteKind::Present => {
                let folio = &machine.folios[pte.frame() as usize];
                Seen {
                    pte_dirty: (!folio.dirty()).then_some(u8::from(pte.dirty())),
                    // pagemap's "exclusively mapped" is not PG_anon_exclusive.
                    exclusive: Some(u8::from(folio.mapcount() == 1)),
                    mapcount: Some(folio.mapcount()),
                    folio_dirty: Some(u8::from(folio.dirty())),
                    swapcache: Some(u8::from(folio.swapcache())),
                    // Still in a CPU's batch: the flag changes at a moment that user space cannot know.
                    swapbacked: folio.lazyfree_batch().is_none().then_some(u8::from(folio.swapbacked())),
                    ..Seen::bare("present")
                }
            }
        }
    }

    /// The fields that differ, as kernel/model; PG_swapbacked only where the model knows it.
    fn differences(&self, model: &Seen) -> Vec<String> {
        let mut out = Vec::new();
        if self.pte != model.pte {
            return vec![format!("pte {}/{}", self.pte, model.pte)];
        }
        let show = |v: Option<u8>| v.map_or("?".to_owned(), |v| v.to_string());
        let mut compare = |name: &str, kernel: Option<u8>, model: Option<u8>| {
            if kernel != model {
                out.push(format!("{name} {}/{}", show(kernel), show(model)));
            }
        };
        compare("pte_dirty", self.pte_dirty, model.pte_dirty);
        compare("exclusive", self.exclusive, model.exclusive);
        compare("mapcount", self.mapcount, model.mapcount);
        compare("folio_dirty", self.folio_dirty, model.folio_dirty);
        compare("swapcache", self.swapcache, model.swapcache);
        if model.swapbacked.is_some() {
            compare("swapbacked", self.swapbacked, model.swapbacked);
        }
        out
    }
}

pub(super) fn conform(name: &str, text: &str) -> Result<Conformance, ConformError> {
    let lines: Vec<_> = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).collect();
    let rows: Result<Vec<_>, _> =
        lines.par_iter().map(|(n, line)| row(line).map_err(|what| fail(name, n + 1, what))).collect();
    let mut out = Conformance::default();
    for row in rows? {
        let report = out.columns.entry(row.column).or_default();
        report.states += row.states;
        match row.end {
            End::Agrees => report.agree += 1,
            End::Aside(case) => {
                report.aside += 1;
                report.aside_cases.push(case);
            }
            End::Differs(disagreement) => report.disagree.push(disagreement),
        }
    }
    Ok(out)
}

/// What came of a row.
struct Compared {
    column: String,
    states: usize,
    end: End,
}

enum End {
    Agrees,
    /// [`recording::reclaims_in_passes`], [`recording::unlocks_device_exclusive`], [`recording::locks_zeroes`].
    Aside(String),
    Differs(Disagreement),
}

impl std::fmt::Display for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.pte)?;
        let flags = [
            ("D", self.pte_dirty),
            ("mapped", self.mapcount),
            ("dirty", self.folio_dirty),
            ("swapcache", self.swapcache),
            ("swapbacked", self.swapbacked),
        ];
        for (name, value) in flags {
            if let Some(value) = value {
                write!(f, " {name}={value}")?;
            }
        }
        Ok(())
    }
}

/// A recorded row step by step: the operation, the page as the kernel had it, and as the model has it. It ends
/// where the model does.
///
/// # Errors
/// If the line is no row of states.
pub fn columns(line: &str) -> Result<Vec<[String; 3]>, String> {
    let row: StateRow = serde_json::from_str(line).map_err(|e| e.to_string())?;
    let words: Vec<&str> = row.ops.iter().map(String::as_str).collect();
    let sequence = Sequence::parse(&row.case, &words)?;
    let (version, config) = recorded_kernel(&row.kernel, &row.release, &row.swap)?;
    let mut columns = Vec::new();
    sequence.replay(version, &config, |index, machine, _| {
        let op = sequence.words[index];
        let page = if op.kind.one_page() { op.arg as usize } else { 0 };
        let told = row.after.get(index).map_or_else(String::new, Seen::to_string);
        columns.push([op.to_string(), told, Seen::of(machine, page).to_string()]);
        true
    });
    Ok(columns)
}

fn row(line: &str) -> Result<Compared, String> {
    let row: StateRow = serde_json::from_str(line).map_err(|e| e.to_string())?;
    if row.after.len() != row.ops.len() {
        return Err(format!(
            "expected a state for each of {} operations, found {}",
            row.ops.len(),
            row.after.len()
        ));
    }
    let words: Vec<&str> = row.ops.iter().map(String::as_str).collect();
    let sequence = Sequence::parse(&row.case, &words)?;
    let (version, config) = recorded_kernel(&row.kernel, &row.release, &row.swap)?;
    let differs = |kernel: String, model: String| {
        End::Differs(Disagreement { case: row.case.clone(), ops: row.ops.join(" "), kernel, model })
    };
    let (mut states, mut end) = (0, End::Agrees);
    // What may differ from here on.
    let mut known = false;
    let over = sequence.replay(version, &config, |index, machine, _| {
        let op = sequence.words[index];
        let page = if op.kind.one_page() { op.arg as usize } else { 0 };
        let told = &row.after[index];
        let others = told.others.iter().zip(1..model::PAGES);
        let pages: Vec<_> =
            std::iter::once((told, page)).chain(others).map(|(told, n)| (told, Seen::of(machine, n))).collect();
        if pages.iter().any(|(told, seen)| recording::reclaims_in_passes(op, &told.pte, &seen.pte)) {
            end = End::Aside(row.case.clone());
            return false;
        }
        states += pages.len();
        let differences: Vec<_> = pages.iter().flat_map(|(told, seen)| told.differences(seen)).collect();
        known |= recording::unlocks_device_exclusive(op, &config, machine)
            || recording::locks_zeroes(op, &config, machine);
        if !differences.is_empty() && known {
            end = End::Aside(row.case.clone());
            return false;
        }
        if !differences.is_empty() {
            end =
                differs(format!("step {}, {op}", index + 1), format!("kernel/model: {}", differences.join(", ")));
            return false;
        }
        true
    });
    if !over {
        end = differs(format!("after {states} operations"), "the model does not come to an end".to_owned());
    }
    Ok(Compared { column: format!("{}-{}-{}", row.kernel, row.release, row.swap), states, end })
}
