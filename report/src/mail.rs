//! A finding as a mail: a subject, what happens in two sentences, where the version comes from, the timeline,
//! the version that does not lose beside it, and how to run it. Plain ASCII but for the line that runs it,
//! which has the names that were given; prose is at most 72 columns wide, timelines 100.

use super::ascii::ascii;
use super::beside::side_by_side;
use super::course::turns;
use super::story::{headline, sentences};
use super::timeline::{Detail, grid, wrap};
use super::witness::Witness;
use crate::escape::shown;
use explore::released::is_its_own;
use impls::Version;
use impls::shell::quoted;
use model::Assumptions;
use std::fmt::Write as _;

const PROSE: usize = 72;

/// The mail, subject first; nothing if nothing was found.
#[must_use]
pub fn mail(witness: &Witness) -> Option<String> {
    let (version, trace, case) = (witness.losing.version, &witness.losing.trace, &witness.case);
    let finding = trace.finding?;
    let subject = subject(witness)?;
    let mut out = String::new();
    let mut prose = |text: String| {
        for line in wrap(&text, " ", PROSE) {
            let _ = writeln!(out, "{line}");
        }
        out.push('\n');
    };
    prose(sentences(version, case, trace)?);
    if let Some(turns) = turns(version, case) {
        prose(format!("How it runs: {turns}"));
    }
    if !is_its_own(version, case, &finding) {
        prose(format!(
            "Beware: {} as released shows the same in these programs, and no step of {} is at fault.",
            case.config.profile.name(),
            version.name
        ));
    }
    if let Some(stopped) = &trace.stopped {
        prose(format!("Beware: {stopped}."));
    }
    prose(format!(
        "Found on an executable model of the MMU and of the kernel around the operation (lostwrite {}){}. A line of the timeline is one atomic step; steps that nobody else can see are left out.",
        env!("CARGO_PKG_VERSION"),
        if witness.tried.is_some() { "" } else { ", not on a running kernel" }
    ));
    if let Some(tried) = &witness.tried {
        prose(tried.sentence());
    }
    let mut facts = vec![("Version", format!("{}: {}", version.name, version.title))];
    facts.extend(from(version));
    if let Some(beside) = &witness.beside {
        let other = beside.version;
        facts.push(("Silent on it", format!("{}: {}", other.name, other.title)));
        facts.extend(from(other));
    }
    if let Some(scenario) = trace.scenario() {
        facts.push(("Scenario", format!("{}: {}", scenario.name(), scenario.title())));
    }
    let expected = match (version.has_expectations(), version.is_correct_on(&case.config)) {
        (false, _) if version.assumed() != Assumptions::ALL => {
            "judged without an excuse: nothing was expected of it"
        }
        (false, _) => "no built-in version: nothing was expected of it",
        (true, true) => "believed correct: unexpected",
        (true, false) => "known to lose",
    };
    let judge = finding.judge().name();
    facts.push(("Judge", format!("{judge}{} ({} is {expected})", version.under(), version.name)));
    facts.push(("Case", case.to_string()));
    const NAME: usize = 15;
    for (name, text) in facts {
        // In ASCII a name may be longer.
        for (n, line) in wrap(&ascii(&text), " ", super::timeline::WIDTH - NAME).into_iter().enumerate() {
            let name = if n == 0 { format!("{name}:") } else { String::new() };
            let _ = writeln!(out, "{name:<NAME$}{line}");
        }
    }
    let _ = write!(out, "\n{}", grid(case, trace, Detail::Telling));
    if let Some(text) = side_by_side(witness) {
        let _ = write!(out, "\n{text}");
    }
    // What runs must be what was given, letter by letter; and names are said once as they are.
    let mut out = ascii(&out);
    let names: Vec<_> = std::iter::once(version)
        .chain(witness.beside.as_ref().map(|side| side.version))
        .map(|v| shown(v.name))
        .collect();
    let foreign: Vec<_> = names.iter().filter(|name| !name.is_ascii()).map(|name| &**name).collect();
    if !foreign.is_empty() {
        let _ = writeln!(out, "\nNames are spelled in ASCII above. As it is: {}", foreign.join(", "));
    }
    let _ = write!(
        out,
        "\nTo run it, in a checkout of lostwrite:\n\n    cargo run --release -- replay {}{} --beside{} '{case}'\n",
        version.argument(),
        trace.asked.map_or(String::new(), |judge| format!(" --judge {}", judge.name())),
        // One of one's own is in another file; the nearest that is silent will do.
        witness
            .beside
            .as_ref()
            .filter(|side| side.version.file.is_none())
            .map_or_else(String::new, |side| format!("={}", quoted(side.version.name))),
    );
    let kind = if out.is_ascii() { "" } else { UTF_8 };
    Some(format!("Subject: {}\n{kind}\n{out}", ascii(&subject)))
}

/// The headers of a mail that is not in ASCII.
const UTF_8: &str =
    "MIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n";

/// What goes behind `Subject:`, as short as a commit's; nothing if nothing was found.
#[must_use]
pub fn subject(witness: &Witness) -> Option<String> {
    let what = headline(&witness.losing.trace)?;
    Some(format!("{}: {}: {what}", area(witness), witness.losing.version.name))
}

/// The kernel's source file without its ending: that of the step at fault if the version replaces its function,
/// else of the first function that it replaces.
fn area(witness: &Witness) -> &'static str {
    let version = witness.losing.version;
    let at_fault = witness.losing.trace.at_fault.map_or("", |at| at.function);
    let body = version.functions().iter().find(|b| b.function.name == at_fault).or(version.functions().first());
    // A file of one's own need not say it.
    let file = body.map_or("", |body| match body.file {
        "" => impls::kernel::body(body.function.name, version.kernel).map_or("", |known| known.file),
        file => file,
    });
    file.strip_suffix(".c").unwrap_or("mm")
}

/// Where a version comes from, as far as it says so.
fn from(version: &Version) -> Option<(&'static str, String)> {
    let p = &version.provenance;
    let known = |text: &&str| !matches!(*text, "" | "-");
    let about: Vec<_> = [p.author, p.date].into_iter().filter(known).collect();
    let about = if about.is_empty() { String::new() } else { format!(" ({})", about.join(", ")) };
    known(&p.source).then(|| ("From", format!("{}{about}", p.source)))
}
