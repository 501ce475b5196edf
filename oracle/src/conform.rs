//! Conformance: what real kernels did, against what the model does.
//!
//! Two formats are read, those of `corpus/ground-truth/`. A `.tsv` has a header whose columns name a kernel
//! (`fixed-6.1.192-nullb0`: variant, release, swap device), and a verdict per column and row: `ok`, `LOST`, or
//! `LOST@step:Rp=got!=want` for the first wrong read. A `.jsonl` has, per line, the state of the touched page after
//! every operation. `docs/conformance.md` says how what user space sees maps to the model's state.
//!
//! A `.tsv` that begins with `# scenario` has interleavings in words; the cases of `corpus/cases/interleavings.case` play them.
//!
//! Claims: agreement of verdict, failing step and wrong value, and of the states. Does not claim: anything about a row that is
//! told in words and has no case here; it is counted as skipped, never as agreeing.

use crate::finding::Finding;
use crate::last_write;
use impls::Version;
use model::{Code, Config, Machine, Op, Profile, Programs, PteKind, Swap, World, ZERO_FRAME};
use serde::Deserialize;
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
    /// Rows on which they do not agree, and which are listed as unexplained.
    pub unexplained: usize,
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

fn parse_ops(words: &[&str]) -> Result<Vec<Op>, String> {
    if words.len() > model::MAX_OPS {
        return Err(format!("at most {} operations, found {}", model::MAX_OPS, words.len()));
    }
    words.iter().map(|word| corpus::text::op(word, 1, 1).map_err(|e| e.what)).collect()
}

/// The releases that were recorded: the name in the files, the profile around it, and the version that shipped with it.
const RELEASES: [(&str, Profile, &str); 2] =
    [("6.1.192", Profile::V6_1_192, "6.1.192"), ("7.3.4", Profile::V7_3, "7.3")];

/// The version and configuration of a kernel. The driver is the test driver, which does not mark what its device wrote.
fn kernel(variant: &str, release: &str, swap: &str) -> Result<(&'static Version, Config), String> {
    let known: Vec<_> = RELEASES.iter().map(|r| r.0).collect();
    let (_, profile, shipped) = RELEASES
        .iter()
        .find(|r| r.0 == release)
        .ok_or_else(|| format!("expected release {}, found '{release}'", known.join(" or ")))?;
    let swap = match swap {
        "nullb0" => Swap::NullBlk,
        "ram0" => Swap::RamDisk,
        _ => return Err(format!("expected swap device nullb0 or ram0, found '{swap}'")),
    };
    let version = if variant == "fixed" {
        impls::find(shipped).map_err(|e| e.to_string())?
    } else {
        impls::mutant(shipped, variant).map_err(|e| format!("expected fixed or a mutant: {e}"))?
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
    kernel(variant, release, swap).map_err(|e| format!("column '{column}': {e}"))
}

/// Reads a ground-truth file and runs the model on every row and column.
///
/// # Errors
/// If the text is not in the format that its name's ending says.
pub fn conform_file(name: &str, text: &str) -> Result<Conformance, ConformError> {
    let mut result = if name.ends_with(".jsonl") {
        jsonl(name, text)
    } else if name.ends_with(".tsv") {
        tsv(name, text)
    } else {
        Err(ConformError {
            file: name.to_owned(),
            line: 1,
            what: "expected a .tsv of verdicts or a .jsonl of states".to_owned(),
        })
    }?;
    let file = name.rsplit('/').next().unwrap_or(name);
    let listed: Vec<_> = corpus::unexplained().into_iter().filter(|(f, _)| *f == file).collect();
    for report in result.columns.values_mut() {
        let before = report.disagree.len();
        report.disagree.retain(|d| !listed.iter().any(|(_, case)| *case == d.case));
        report.unexplained = before - report.disagree.len();
    }
    Ok(result)
}

fn tsv(name: &str, text: &str) -> Result<Conformance, ConformError> {
    let fail = |line: usize, what: String| ConformError { file: name.to_owned(), line, what };
    let mut lines = text.lines().enumerate();
    let header: Vec<&str> = lines.next().map_or(Vec::new(), |(_, l)| l.split('\t').collect());
    let kernels = |columns: &[&str]| -> Result<Vec<_>, ConformError> {
        columns.iter().map(|column| column_kernel(column).map_err(|what| fail(1, what))).collect()
    };
    if header.first() == Some(&"# scenario") {
        return interleavings(name, &header[1..], &kernels(&header[1..])?, text);
    }
    if header.len() < 3 || header[0] != "# case" || header[1] != "ops" {
        return Err(fail(
            1,
            "expected a header '# case<TAB>ops<TAB>KERNEL-RELEASE-SWAP...', or '# scenario...'".to_owned(),
        ));
    }
    let kernels = kernels(&header[2..])?;
    let mut out = Conformance::default();
    for (n, line) in lines {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let fields: Vec<&str> = line.split('\t').collect();
        if fields.len() != header.len() {
            return Err(fail(
                n + 1,
                format!("expected {} tab-separated fields, found {}", header.len(), fields.len()),
            ));
        }
        let words: Vec<&str> = fields[1].split_whitespace().collect();
        let ops = parse_ops(&words).map_err(|what| fail(n + 1, what))?;
        for (i, kernel) in kernels.iter().enumerate() {
            let report = out.columns.entry(header[i + 2].to_owned()).or_default();
            let verdict = fields[i + 2];
            let known = ["ok", "LOST", "-"].contains(&verdict) || verdict.starts_with("LOST@");
            if !known {
                return Err(fail(n + 1, format!("expected ok, LOST, LOST@... or -, found '{verdict}'")));
            }
            let (version, config) = kernel;
            if verdict == "-" {
                report.not_run += 1;
                continue;
            }
            let model = verdict_of(version, config, &ops);
            let agrees = if verdict == "LOST" { model.starts_with("LOST") } else { model == verdict };
            if agrees {
                report.agree += 1;
            } else {
                report.disagree.push(Disagreement {
                    case: fields[0].to_owned(),
                    ops: fields[1].to_owned(),
                    kernel: verdict.to_owned(),
                    model,
                });
            }
        }
    }
    Ok(out)
}

/// Interleavings forced inside a kernel. The rows tell them in words; `corpus/cases/interleavings.case` has the programs and the
/// schedule of each, in the order of the rows. What the column's kernel did is the first word of the field.
fn interleavings(
    name: &str,
    columns: &[&str],
    kernels: &[(&'static Version, Config)],
    text: &str,
) -> Result<Conformance, ConformError> {
    let fail = |line: usize, what: String| ConformError { file: name.to_owned(), line, what };
    let files = corpus::builtin();
    let cases = files.iter().find(|f| f.name == INTERLEAVINGS).map_or(&[][..], |f| &f.entries);
    let mut out = Conformance::default();
    let rows = text.lines().enumerate().skip(1).filter(|(_, l)| !l.trim().is_empty() && !l.starts_with('#'));
    for (row, (n, line)) in rows.enumerate() {
        let fields: Vec<&str> = line.split('\t').collect();
        if fields.len() != columns.len() + 1 {
            return Err(fail(
                n + 1,
                format!("expected {} tab-separated fields, found {}", columns.len() + 1, fields.len()),
            ));
        }
        for ((column, (version, config)), told) in columns.iter().zip(kernels).zip(&fields[1..]) {
            let report = out.columns.entry((*column).to_owned()).or_default();
            let verdict = told.split([':', ' ']).next().unwrap_or("");
            if !["ok", "LOST", "STALE", "-"].contains(&verdict) {
                return Err(fail(n + 1, format!("expected ok, LOST, STALE or -, found '{told}'")));
            }
            let Some(entry) = cases.get(row) else {
                report.skipped += 1;
                continue;
            };
            if verdict == "-" {
                report.not_run += 1;
                continue;
            }
            let case = corpus::Case {
                config: Config { shared: entry.case.config.shared, ..*config },
                ..entry.case.clone()
            };
            let model = match crate::trace(version, &case).judges.of(crate::Judge::LastWrite) {
                Some(Finding::WrongValue { stale: true, .. }) => "STALE",
                Some(_) => "LOST",
                None => "ok",
            };
            if model == verdict {
                report.agree += 1;
            } else {
                report.disagree.push(Disagreement {
                    case: format!("row {}", row + 1),
                    ops: case.to_string(),
                    kernel: (*told).to_owned(),
                    model: model.to_owned(),
                });
            }
        }
    }
    Ok(out)
}

const INTERLEAVINGS: &str = "interleavings.case";

/// `ok`, or the first wrong read as the ground truth writes it.
fn verdict_of(version: &Version, config: &Config, ops: &[Op]) -> String {
    let mut verdict = "ok".to_owned();
    let over = run_ops(version, config, ops, |index, _, finding| {
        if let Some(Finding::WrongValue { page, got, legal, .. }) = finding {
            verdict = format!("LOST@{}:{}{page}={got}!={}", index + 1, ops[index].kind.letters(), legal.last);
            return false;
        }
        true
    });
    if over { verdict } else { "no end".to_owned() }
}

/// Runs a sequence on one CPU; after each operation the callback gets its index, the machine, and the first wrong
/// load, and says whether to go on. False if an operation does not come to its end.
fn run_ops(
    version: &Version,
    config: &Config,
    ops: &[Op],
    mut after: impl FnMut(usize, &Machine, Option<Finding>) -> bool,
) -> bool {
    let mut programs = Programs::default();
    for op in ops {
        programs.push(0, *op);
    }
    let config = version.config(config);
    let code: &Code = &version.code;
    let world = World::new(&config, &programs, code);
    let mut machine = Machine::new(&config);
    let mut wrong = None;
    let mut step = 0;
    for index in 0..ops.len() {
        loop {
            let enabled = machine.enabled(&world);
            if enabled.is_empty() || step >= crate::STEP_BOUND {
                return false;
            }
            let event = machine.step(&world, enabled.nth(0));
            step += 1;
            wrong = wrong.or_else(|| last_write::judge(&world, &machine, &event, step));
            if event.returned {
                break;
            }
        }
        if !after(index, &machine, wrong.take()) {
            break;
        }
    }
    true
}

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

    /// The fields that differ, `kernel/model`; PG_swapbacked only where the model knows it.
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

fn jsonl(name: &str, text: &str) -> Result<Conformance, ConformError> {
    let fail = |line: usize, what: String| ConformError { file: name.to_owned(), line, what };
    let mut out = Conformance::default();
    for (n, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let row: StateRow = serde_json::from_str(line).map_err(|e| fail(n + 1, e.to_string()))?;
        if row.after.len() != row.ops.len() {
            let what =
                format!("expected a state for each of {} operations, found {}", row.ops.len(), row.after.len());
            return Err(fail(n + 1, what));
        }
        let column = format!("{}-{}-{}", row.kernel, row.release, row.swap);
        let report = out.columns.entry(column).or_default();
        let words: Vec<&str> = row.ops.iter().map(String::as_str).collect();
        let ops = parse_ops(&words).map_err(|what| fail(n + 1, what))?;
        let (version, config) = kernel(&row.kernel, &row.release, &row.swap).map_err(|what| fail(n + 1, what))?;
        let mut first = None;
        let mut states = 0;
        let over = run_ops(version, &config, &ops, |index, machine, _| {
            let page = if ops[index].kind.one_page() { ops[index].arg as usize } else { 0 };
            let differences = row.after[index].differences(&Seen::of(machine, page));
            states += 1;
            if !differences.is_empty() {
                let at = format!("step {}, {}", index + 1, ops[index]);
                first = Some((at, differences.join(", ")));
            }
            first.is_none()
        });
        report.states += states;
        if !over {
            first = Some((format!("after {states} operations"), "the model does not come to an end".to_owned()));
        }
        match first {
            None => report.agree += 1,
            Some((at, differences)) => report.disagree.push(Disagreement {
                case: row.case,
                ops: row.ops.join(" "),
                kernel: at,
                model: format!("kernel/model: {differences}"),
            }),
        }
    }
    Ok(out)
}
