//! A finding as a mail: a subject, what happens in two sentences, where the version comes from, the timeline, the version
//! that does not lose beside it, and how to run it. Plain ASCII; prose is at most 72 columns wide, timelines 100.

use super::beside::side_by_side;
use super::timeline::{Detail, actor_name, grid, wrap};
use super::witness::Witness;
use corpus::Case;
use deunicode::deunicode;
use impls::Scenario;
use oracle::{Finding, Trace};
use std::fmt::Write as _;

const PROSE: usize = 72;

/// The mail, subject first; nothing if nothing was found.
#[must_use]
pub fn mail(witness: &Witness) -> Option<String> {
    let (version, trace, case) = (witness.losing.version, &witness.losing.trace, &witness.case);
    let finding = trace.finding?;
    let mut out = format!("Subject: {}\n\n", subject(witness)?);
    let mut prose = |text: String| {
        for line in wrap(&text, " ", PROSE) {
            let _ = writeln!(out, "{line}");
        }
        out.push('\n');
    };
    prose(sentence(case, trace)?);
    prose(format!(
        "Found on an executable model of the MMU and of the kernel around the operation (lostwrite {}), not on a running \
         kernel. A line of the timeline is one atomic step; steps that nobody else can see are left out.",
        env!("CARGO_PKG_VERSION")
    ));
    let mut facts = vec![
        ("Version", format!("{}: {}", version.name, version.title)),
        (
            "From",
            format!("{} ({}, {})", version.provenance.source, version.provenance.author, version.provenance.date),
        ),
    ];
    if let Some(beside) = &witness.beside {
        let other = beside.version;
        facts.push(("Silent on it", format!("{}: {}", other.name, other.title)));
        let from = &other.provenance;
        facts.push(("From", format!("{} ({}, {})", from.source, from.author, from.date)));
    }
    if let Some(scenario) = trace.scenario() {
        facts.push(("Scenario", format!("{}: {}", scenario.name(), scenario.title())));
    }
    let expected =
        if version.is_correct_on(&case.config) { "believed correct: unexpected" } else { "known to lose" };
    facts.push(("Judge", format!("{} ({} is {expected})", finding.judge().name(), version.name)));
    facts.push(("Case", case.to_string()));
    const NAME: usize = 15;
    for (name, text) in facts {
        // In ASCII a name may be longer.
        for (n, line) in wrap(&deunicode(&text), " ", super::timeline::WIDTH - NAME).into_iter().enumerate() {
            let name = if n == 0 { format!("{name}:") } else { String::new() };
            let _ = writeln!(out, "{name:<NAME$}{line}");
        }
    }
    let _ = write!(out, "\n{}", grid(case, trace, Detail::Telling));
    if let Some(text) = side_by_side(witness) {
        let _ = write!(out, "\n{text}");
    }
    let _ = write!(
        out,
        "\nTo run it, in a checkout of lostwrite:\n\n    cargo run --release -- replay {} --beside{} '{case}'\n",
        version.argument(),
        witness.beside.as_ref().map_or_else(String::new, |side| format!("={}", side.version.name)),
    );
    Some(deunicode(&out))
}

/// What goes behind `Subject:`, as short as a commit's; nothing if nothing was found.
#[must_use]
pub fn subject(witness: &Witness) -> Option<String> {
    let trace = &witness.losing.trace;
    let finding = trace.finding?;
    let what = match (trace.scenario(), finding) {
        (Some(scenario), _) => headline(scenario),
        (None, Finding::WrongValue { stale: false, .. }) => "a write is lost",
        (None, Finding::WrongValue { stale: true, .. }) => "a load returns a stale value",
        (None, Finding::CleanButNewer { .. }) => "a page is left clean that is newer than its backing",
        (None, Finding::Revoked { .. }) => "a CPU reaches what was taken from it",
        (None, Finding::Broken { rule, .. }) => rule.text(),
    };
    Some(format!("mm/migrate_device: {}: {what}", witness.losing.version.name))
}

/// [`Scenario::title`] in half a line.
fn headline(scenario: Scenario) -> &'static str {
    match scenario {
        Scenario::S1 => "dirty bit of a swap cache page dropped",
        Scenario::S1b => "dirty bit of a rewritten lazyfree page dropped",
        Scenario::S2a => "stale load after MADV_DONTNEED returned",
        Scenario::S2b => "store lost after MADV_DONTNEED returned",
        Scenario::S3 => "store between read and clear of the pte lost",
        Scenario::S3r => "store lost when the pte of a pinned page is restored",
        Scenario::S4 => "store through a clean TLB entry lost",
        Scenario::S6 => "stale load in the window of a folio split",
    }
}

/// What happens, with the steps at which it does; nothing if nothing was found.
#[must_use]
pub fn sentence(case: &Case, trace: &Trace) -> Option<String> {
    let child = |mm: usize| if mm == 0 { "" } else { " of the child" };
    Some(match trace.finding? {
        Finding::WrongValue { step, actor, mm, page, word, got, legal, stale: false } => {
            let mut parts = vec![format!(
                "The value {} that {} stored last to page {page}{} is lost",
                legal.last,
                actor_name(case, word),
                child(mm)
            )];
            if let Some(dropped) = trace.dropped {
                parts.push(format!("step {dropped} drops the dirty fact"));
            }
            if let Some(lost) = trace.lost {
                parts.push(format!("step {lost} gives the last copy of the data away"));
            }
            parts.push(format!("the load of {} at step {step} returns {got}", actor_name(case, actor)));
            let last = parts.pop().unwrap_or_default();
            let head = parts.remove(0);
            if parts.is_empty() {
                format!("{head}: {last}.")
            } else {
                format!("{head}: {}, and {last}.", parts.join(", "))
            }
        }
        Finding::WrongValue { step, actor, mm, page, got, legal, .. } => format!(
            "At step {step} {} loads page {page}{} through a translation that the page table no longer has, and gets {got}; {legal} \
             would be right. The call that took the page away has returned, and the flush for it is still owed.",
            actor_name(case, actor),
            child(mm)
        ),
        other => format!("At step {}: {other}.", other.step()),
    })
}
