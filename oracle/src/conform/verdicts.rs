//! Verdicts: what a row's loads returned, by kernel; and interleavings in words.

use super::recording::Sequence;
use super::{ColumnReport, ConformError, Conformance, Disagreement, column_kernel, fail};
use crate::finding::Finding;
use impls::Version;
use model::{Config, Profile};
use rayon::prelude::*;

pub(super) fn conform(name: &str, text: &str) -> Result<Conformance, ConformError> {
    let fail = |line: usize, what: String| fail(name, line, what);
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
    let rows: Vec<_> = lines.filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#')).collect();
    let answers: Result<Vec<_>, _> = rows
        .par_iter()
        .map(|(n, line)| answers(&header, &kernels, line).map_err(|what| fail(n + 1, what)))
        .collect();
    let mut out = Conformance::default();
    for ((_, line), answers) in rows.iter().zip(answers?) {
        let fields: Vec<&str> = line.split('\t').collect();
        for ((column, told), model) in header[2..].iter().zip(&fields[2..]).zip(answers) {
            let report = out.columns.entry((*column).to_owned()).or_default();
            let Some(model) = model else {
                report.not_run += 1;
                continue;
            };
            let agrees = if *told == "LOST" { model.starts_with("LOST") } else { model == *told };
            if agrees {
                report.agree += 1;
            } else {
                report.disagree.push(Disagreement {
                    case: fields[0].to_owned(),
                    ops: fields[1].to_owned(),
                    kernel: (*told).to_owned(),
                    model,
                });
            }
        }
    }
    Ok(out)
}

/// A version in the place of the release that it belongs to, against what that release did; nothing is
/// compared if none of the columns is of it.
pub(super) fn of(version: &'static Version, name: &str, text: &str) -> Result<ColumnReport, ConformError> {
    let mut lines = text.lines().enumerate();
    let header: Vec<&str> = lines.next().map_or(Vec::new(), |(_, l)| l.split('\t').collect());
    let mut out = ColumnReport::default();
    if header.first() != Some(&"# case") {
        return Ok(out);
    }
    let own = |n: usize| {
        let (_, config) = header[n].starts_with("fixed-").then(|| column_kernel(header[n]).ok())??;
        (config.profile == version.kernel).then_some((n, config))
    };
    let columns: Vec<(usize, Config)> = (2..header.len()).filter_map(own).collect();
    let rows: Vec<_> = lines.filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#')).collect();
    let row = |(n, line): &(usize, &str)| -> Result<Vec<Result<(), Disagreement>>, ConformError> {
        let fields: Vec<&str> = line.split('\t').collect();
        let of = |at: usize| fields.get(at).copied().unwrap_or("-");
        let sequence = Sequence::parse(of(0), &of(1).split_whitespace().collect::<Vec<_>>());
        let sequence = sequence.map_err(|what| fail(name, n + 1, what))?;
        let ran = columns.iter().filter(|(at, _)| of(*at) != "-");
        let compared = ran.map(|(at, config)| {
            let model = verdict_of(version, config, &sequence);
            let agrees = if of(*at) == "LOST" { model.starts_with("LOST") } else { model == of(*at) };
            let (case, ops, kernel) = (of(0).to_owned(), of(1).to_owned(), of(*at).to_owned());
            if agrees { Ok(()) } else { Err(Disagreement { case, ops, kernel, model }) }
        });
        Ok(compared.collect())
    };
    let all: Result<Vec<_>, _> = rows.par_iter().map(row).collect();
    for compared in all?.into_iter().flatten() {
        match compared {
            Ok(()) => out.agree += 1,
            Err(disagreement) => out.disagree.push(disagreement),
        }
    }
    Ok(out)
}

/// What the model says of a row, by column; nothing where the kernel did not run it.
fn answers(
    header: &[&str],
    kernels: &[(&'static Version, Config)],
    line: &str,
) -> Result<Vec<Option<String>>, String> {
    let fields: Vec<&str> = line.split('\t').collect();
    if fields.len() != header.len() {
        return Err(format!("expected {} tab-separated fields, found {}", header.len(), fields.len()));
    }
    let words: Vec<&str> = fields[1].split_whitespace().collect();
    let sequence = Sequence::parse(fields[0], &words)?;
    let mut out = Vec::new();
    for (told, (version, config)) in fields[2..].iter().zip(kernels) {
        if !["ok", "LOST", "-"].contains(told) && !told.starts_with("LOST@") {
            return Err(format!("expected ok, LOST, LOST@... or -, found '{told}'"));
        }
        out.push((*told != "-").then(|| verdict_of(version, config, &sequence)));
    }
    Ok(out)
}

/// Interleavings forced inside a kernel. The rows tell them in words; `corpus/cases/interleavings.case` has
/// the programs and the schedule of each, in the order of the rows. A schedule counts steps, of which a
/// release may have more or fewer on the way to the same place: a case for another kernel behind a row's
/// first one stands for the row in the columns of that kernel. What the column's kernel did is the first word
/// of the field.
fn interleavings(
    name: &str,
    columns: &[&str],
    kernels: &[(&'static Version, Config)],
    text: &str,
) -> Result<Conformance, ConformError> {
    let fail = |line: usize, what: String| fail(name, line, what);
    let files = corpus::builtin();
    let entries = files.iter().find(|f| f.name == INTERLEAVINGS).map_or(&[][..], |f| &f.entries);
    let cases: Vec<_> = entries.chunk_by(|_, next| next.case.config.profile != Profile::V6_1_192).collect();
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
            let Some(of_row) = cases.get(row) else {
                report.skipped += 1;
                continue;
            };
            let own = of_row.iter().find(|e| e.case.config.profile == config.profile);
            let entry = own.unwrap_or(&of_row[0]);
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
fn verdict_of(version: &Version, config: &Config, sequence: &Sequence) -> String {
    let mut verdict = "ok".to_owned();
    let over = sequence.replay(version, config, |index, _, finding| {
        if let Some(Finding::WrongValue { page, got, legal, .. }) = finding {
            let letters = sequence.words[index].kind.letters();
            verdict = format!("LOST@{}:{letters}{page}={got}!={}", index + 1, legal.last);
            return false;
        }
        true
    });
    if over { verdict } else { "no end".to_owned() }
}
