//! What is said of a finding, in one place for every form of report: a headline, a few sentences, and the
//! words at the marked steps.
//!
//! All of it comes from the symptom and the cause ([`oracle::Diagnosis`]) and from the rows that they name.

use super::timeline::actor_name;
use corpus::Case;
use impls::Version;
use model::Flaw;
use oracle::{AtFault, Cause, CauseKind, Diagnosis, Finding, GivenUp, Revocation, Row, Rule, Symptom, Trace};

/// What is said at a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// The word for programs.
    pub code: &'static str,
    /// The words that are seen first.
    pub loud: &'static str,
    /// The rest; empty if there is none.
    pub rest: String,
}

impl Mark {
    fn new(code: &'static str, loud: &'static str, rest: impl Into<String>) -> Mark {
        Mark { code, loud, rest: rest.into() }
    }
}

impl std::fmt::Display for Mark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "<== {}", self.loud)?;
        if self.rest.is_empty() { Ok(()) } else { write!(f, ": {}", self.rest) }
    }
}

/// What a report says of a step; nothing of most.
pub(super) fn marks(case: &Case, trace: &Trace, row: &Row) -> Vec<Mark> {
    let Some(diagnosis) = trace.diagnosis else { return Vec::new() };
    let mut out = Vec::new();
    if let Some(cause) = diagnosis.cause {
        out.extend(cause_marks(case, trace, cause, row));
    }
    if diagnosis.store == Some(row.step) {
        out.extend(store_mark(&diagnosis));
    }
    if diagnosis.lost == Some(row.step) {
        out.push(Mark::new("data-lost", "DATA LOST", "the last copy of what was written is gone"));
    }
    if let Some(finding) = trace.finding.filter(|f| f.step() == row.step) {
        out.extend(finding_mark(&finding));
    }
    out
}

fn cause_marks(case: &Case, trace: &Trace, cause: Cause, row: &Row) -> Vec<Mark> {
    let step = row.step;
    let mut out = Vec::new();
    if let CauseKind::FlushOwed { cleared, cpu, .. } = cause.kind
        && cleared == step
    {
        let cpu = actor_name(case, cpu);
        out.push(Mark::new(
            "entry-cleared",
            "ENTRY CHANGED",
            format!("{cpu} still has the old translation cached"),
        ));
    }
    if cause.step != step {
        return out;
    }
    match cause.kind {
        CauseKind::DirtyBitDropped => out.push(Mark::new(
            "dirty-bit-lost",
            "DIRTY BIT LOST",
            "nothing records any more that the page was written",
        )),
        CauseKind::FlushOwed { given_up, cpu, .. } => {
            let rest =
                format!("{} while the flush of {} is owed", given_up_words(given_up), actor_name(case, cpu));
            out.push(Mark::new("flush-owed", "FLUSH OWED", rest));
        }
        CauseKind::StoredWithoutDirty => out.push(Mark::new(
            "stored-without-dirty",
            "D NOT SET",
            "a store through a clean translation that leaves D clear in the page table",
        )),
        CauseKind::DataDropped => out.push(Mark::new(
            "page-dropped",
            "PAGE DROPPED",
            "it is thrown away although it is known to be newer than its backing",
        )),
        CauseKind::HeldPageTaken => {
            out.push(Mark::new("held-page-taken", "HELD PAGE TAKEN", "a device holds the page for write"));
        }
        CauseKind::MappedAgain => {
            out.push(Mark::new("mapped-again", "MAPPED AGAIN", "what a call had taken away is back"));
        }
        CauseKind::StaleHold => {
            out.push(Mark::new("stale-hold", "STALE HOLD", "the page that is held is no longer mapped there"));
        }
        CauseKind::NotExcluded => out.push(Mark::new(
            "not-excluded",
            "NOT EXCLUDED",
            "a fault that saw the mapping as it was is still under way",
        )),
        CauseKind::NotCopied => {
            out.push(Mark::new("not-copied", "NOT COPIED", "this page does not hold what the old one held"));
        }
        CauseKind::NotInherited => {
            out.push(Mark::new("not-inherited", "NOT INHERITED", "the child does not get the page"));
        }
        CauseKind::NotRevoked => {
            out.push(Mark::new("not-revoked", "NOT REVOKED", "the entry still allows what the call takes away"))
        }
        CauseKind::SharedWritable => out.push(Mark::new(
            "shared-writable",
            "SHARED AND WRITABLE",
            "one process can store to a page that others have too",
        )),
        CauseKind::NotExclusive => out.push(Mark::new(
            "not-exclusive",
            "NOT ITS OWN",
            "the page counts as one process's own, and others have it or can get it",
        )),
        CauseKind::GoesRound { since } => {
            let rest = format!("the steps from {since} to here repeat for ever");
            out.push(Mark::new("goes-round", "GOES ROUND", rest));
        }
        // A finding that is about the rule says it itself.
        CauseKind::BrokeRule => {
            let broken = |flaw| rule_words(Rule::Flaw(flaw));
            if let Some((loud, rest)) = row.event.flaw.map(broken).filter(|_| !is_broken(trace)) {
                out.push(Mark::new("rule-broken", loud, rest));
            }
        }
    }
    out
}

/// Whether the finding is that a rule is broken.
fn is_broken(trace: &Trace) -> bool {
    matches!(trace.finding, Some(Finding::Broken { .. }))
}

fn given_up_words(given_up: GivenUp) -> &'static str {
    match given_up {
        GivenUp::Lock => "the page-table lock is dropped",
        GivenUp::Gather => "the mmu gather ends",
        GivenUp::Call => "the call returns",
        GivenUp::Io => "the page is written out",
        GivenUp::Frame => "the page is freed",
        GivenUp::Map => "another page is mapped",
    }
}

/// A store that went where it should is no news.
fn store_mark(diagnosis: &Diagnosis) -> Option<Mark> {
    match diagnosis.symptom {
        Symptom::StaleStore => {
            Some(Mark::new("stale-store", "STALE STORE", "the page table no longer has this translation"))
        }
        Symptom::FreedWhileReachable => Some(Mark::new(
            "freed-store",
            "STORE TO A FREED PAGE",
            "the frame has been given back to the allocator",
        )),
        Symptom::SharedStore => {
            Some(Mark::new("shared-store", "STORE TO A SHARED PAGE", "the other process sees it too"))
        }
        _ => None,
    }
}

fn finding_mark(finding: &Finding) -> Option<Mark> {
    let mark = |loud, rest: String| Some(Mark::new("finding", loud, rest));
    match finding {
        Finding::WrongValue { got, legal, stale, .. } => {
            mark(if *stale { "STALE VALUE" } else { "WRONG VALUE" }, format!("{got}, expected {legal}"))
        }
        // The cause says it.
        Finding::CleanButNewer { .. } => None,
        Finding::Revoked { .. } => mark("REVOKED", "the call that took this away has returned".to_owned()),
        Finding::Broken { rule, .. } => {
            let (loud, rest) = rule_words(*rule);
            mark(loud, rest.to_owned())
        }
    }
}

/// A rule's number, or what it is if it has none, and the rest of it.
fn rule_words(rule: Rule) -> (&'static str, &'static str) {
    rule.text().split_once(": ").unwrap_or(("RULE BROKEN", rule.text()))
}

/// What a finding is, in half a line; nothing if nothing was found.
pub(super) fn headline(trace: &Trace) -> Option<String> {
    let diagnosis = trace.diagnosis?;
    let kind = diagnosis.cause.map(|cause| cause.kind);
    let owed = |given_up| match given_up {
        GivenUp::Lock => "TLB flush owed at the unlock of the page table",
        GivenUp::Gather => "TLB flush owed at the end of the mmu gather",
        GivenUp::Call => "TLB flush owed when the call returns",
        GivenUp::Io => "page written out before the TLB flush",
        GivenUp::Frame => "page freed before the TLB flush",
        GivenUp::Map => "another page mapped before the TLB flush",
    };
    let what = match (diagnosis.symptom, kind) {
        (Symptom::LostWrite, Some(CauseKind::DirtyBitDropped)) if raced(trace) => {
            "store between read and clear of the pte lost"
        }
        (Symptom::LostWrite, Some(CauseKind::DirtyBitDropped)) => "dirty bit dropped, a write is lost",
        (Symptom::LostWrite, Some(CauseKind::StoredWithoutDirty)) => "store through a clean TLB entry lost",
        (Symptom::LostWrite, Some(CauseKind::DataDropped)) => "dirty page thrown away, a write is lost",
        (Symptom::LostWrite, Some(CauseKind::FlushOwed { given_up, .. })) => {
            return Some(format!("write lost: {}", owed(given_up)));
        }
        (Symptom::LostWrite, Some(CauseKind::HeldPageTaken)) => "page taken from a device, a write is lost",
        (Symptom::LostWrite, Some(CauseKind::NotCopied)) => "page not copied, a write is lost",
        (Symptom::LostWrite, Some(CauseKind::NotInherited)) => "page not inherited by the child, a write is lost",
        (Symptom::LostWrite, _) => "a write is lost",
        (Symptom::StaleLoad, Some(CauseKind::FlushOwed { given_up, .. })) => {
            return Some(format!("stale load: {}", owed(given_up)));
        }
        (Symptom::StaleLoad, Some(CauseKind::MappedAgain)) => "discarded page mapped again",
        (Symptom::StaleLoad, Some(CauseKind::NotCopied)) => "page mapped that was never filled",
        (Symptom::StaleLoad, Some(CauseKind::NotRevoked)) => "page not discarded",
        (Symptom::StaleLoad, _) => "a load returns a stale value",
        (Symptom::StaleStore, Some(CauseKind::FlushOwed { given_up, .. })) => {
            return Some(format!("stale store: {}", owed(given_up)));
        }
        (Symptom::StaleStore, _) => "a store through a stale translation",
        (Symptom::Unrevoked, _) => "an access that a call should have taken away",
        (Symptom::FreedWhileReachable, _) => match trace.finding? {
            Finding::Broken { rule: Rule::Flaw(Flaw::FreedWhileReadable), .. } => {
                "page freed while a CPU can read it"
            }
            Finding::Broken { .. } => "page freed while a CPU can write to it",
            _ if diagnosis.store.is_some() => "store into a freed page",
            _ => "load from a freed page",
        },
        (Symptom::SharedStore, _) => "a store of one process shows in the other",
        (Symptom::DirtyBitLost, _) => "dirty bit dropped",
        (Symptom::RuleBroken(rule), _) => rule.text(),
    };
    Some(what.to_owned())
}

/// Whether the store came after the operation had read the entry: only the clear itself saw D, and its word
/// is not used.
fn raced(trace: &Trace) -> bool {
    let Some((row, actor)) = trace.cause().and_then(|row| Some((row, row.event.transition.actor()?))) else {
        return false;
    };
    let page = row.before.actors[actor].page as usize;
    let entry = row.before.pte[row.before.actors[actor].mm as usize][page];
    entry.is_present() && entry.dirty() && row.subject_step.is_some() && !row.before.actors[actor].pte.dirty()
}

/// What happens and why, with the steps at which it does; nothing if nothing was found.
pub(super) fn sentences(version: &Version, case: &Case, trace: &Trace) -> Option<String> {
    let diagnosis = trace.diagnosis?;
    let mut out = symptom(case, trace, &diagnosis)?;
    if let Some(text) = diagnosis.cause.and_then(|cause| cause_sentence(case, trace, cause)) {
        out.push(' ');
        out.push_str(&text);
        if let Some((file, line)) = trace.at_fault.and_then(|at| in_c(version, at)) {
            out.push_str(&format!(" In C it is {file}:{line}."));
        }
    }
    if let Some(lost) = diagnosis.lost.filter(|lost| diagnosis.cause.is_none_or(|c| c.step != *lost)) {
        out.push_str(&format!(" Step {lost} gives the last copy of the data away."));
    }
    Some(out)
}

/// Where a step stands in C, if it was lifted from there.
fn in_c(version: &Version, at: AtFault) -> Option<(&'static str, usize)> {
    let place = version.place(at.function, at.listing_step?)?;
    Some(place).filter(|(file, _)| file.ends_with(".c"))
}

const fn of_child(mm: usize) -> &'static str {
    if mm == 0 { "" } else { " of the child" }
}

fn symptom(case: &Case, trace: &Trace, diagnosis: &Diagnosis) -> Option<String> {
    let who = |actor: usize| actor_name(case, actor);
    let store = diagnosis.store.and_then(|step| trace.row(step));
    let stored = |row: &Row| match (row.event.happened, row.event.transition.actor()) {
        (model::Happened::Store { mm, page, value, .. }, Some(actor)) => {
            (who(actor), value, page, of_child(mm.into()))
        }
        _ => unreachable!("a store is an actor's"),
    };
    Some(match trace.finding? {
        Finding::WrongValue { step, actor, mm, page, word, got, legal, stale } => {
            let load =
                format!("the load of page {page}{} by {} at step {step} returns {got}", of_child(mm), who(actor));
            match (diagnosis.symptom, store) {
                (Symptom::SharedStore, Some(row)) => {
                    let (by, value, page, whose) = stored(row);
                    format!(
                        "{by} stores {value} to page {page}{whose} at step {}, and it shows in the other process: {load}; {legal} \
                         is right.",
                        row.step
                    )
                }
                (Symptom::FreedWhileReachable, Some(row)) if !stale => {
                    let (by, value, page, whose) = stored(row);
                    format!(
                        "At step {} {by} stores {value} to page {page}{whose} through a translation that the page table no longer \
                         has, into a page that has been freed. The store is lost: {load}; {legal} is right.",
                        row.step
                    )
                }
                (Symptom::StaleStore, Some(row)) => {
                    let (by, value, page, whose) = stored(row);
                    format!(
                        "At step {} {by} stores {value} to page {page}{whose} through a translation that the page table no longer \
                         has. The store is lost: {load}; {legal} is right.",
                        row.step
                    )
                }
                (Symptom::LostWrite, Some(row)) => {
                    let (by, value, page, whose) = stored(row);
                    format!(
                        "The value {value} that {by} stored to page {page}{whose} at step {} is lost: {load}; {legal} is right.",
                        row.step
                    )
                }
                (Symptom::LostWrite, None) => format!(
                    "The value {} with which the word of {} in page {page} begins is lost: {load}.",
                    legal.last,
                    who(word)
                ),
                (Symptom::FreedWhileReachable, _) => format!(
                    "At step {step} {} loads page {page}{} through a translation that the page table no longer has, from a page that \
                     has been freed, and gets {got}; {legal} is right.",
                    who(actor),
                    of_child(mm)
                ),
                _ if stale => format!(
                    "At step {step} {} loads page {page}{} through a translation that the page table no longer has, and gets {got}; \
                     {legal} is right.",
                    who(actor),
                    of_child(mm)
                ),
                _ if discarded(trace, page) => {
                    let kind = diagnosis.cause.map(|cause| cause.kind);
                    let took = if kind == Some(CauseKind::NotRevoked) { "should have taken" } else { "took" };
                    format!("A discard {took} the page away, and {load}; {legal} is right.")
                }
                _ => format!("{}; {legal} is right.", capital(&load)),
            }
        }
        Finding::CleanButNewer { .. } if store.is_some() && is_astray(diagnosis.symptom) => {
            let row = store?;
            let (by, value, page, whose) = stored(row);
            let through = "through a translation that the page table no longer has";
            let where_to = match diagnosis.symptom {
                Symptom::SharedStore => ", and it is in the other process's page too".to_owned(),
                Symptom::FreedWhileReachable => format!(" {through}, into a page that has been freed"),
                _ => format!(" {through}"),
            };
            format!(
                "At step {} {by} stores {value} to page {page}{whose}{where_to}. No load has shown it yet.",
                row.step
            )
        }
        Finding::CleanButNewer { step, mm, page, word, backing, legal } => format!(
            "From step {step} on page {page}{} looks clean, and its backing holds {backing} where {} was written by {}. No load has \
             shown it yet.",
            of_child(mm),
            legal.last,
            who(word)
        ),
        Finding::Revoked { step, actor, page, what } => {
            let does = if diagnosis.store.is_some() { "stores to" } else { "loads from" };
            let freed =
                if diagnosis.symptom == Symptom::FreedWhileReachable { ", which has been freed" } else { "" };
            match what {
                Revocation::Page => format!(
                    "At step {step} {} {does} the frame that was page {page} before MADV_DONTNEED returned{freed}.",
                    who(actor)
                ),
                Revocation::Stores => format!(
                    "At step {step} {} stores to page {page}, and the mprotect that made it read-only has returned.",
                    who(actor)
                ),
            }
        }
        Finding::Broken { step, rule } => format!("At step {step}: {}.", rule.text()),
    })
}

/// Whether the store went where it must not.
const fn is_astray(symptom: Symptom) -> bool {
    matches!(symptom, Symptom::StaleStore | Symptom::FreedWhileReachable | Symptom::SharedStore)
}

/// Whether a discard is to blame for what a page should not hold any more. A page that was never filled has
/// nothing to do with one.
fn discarded(trace: &Trace, page: usize) -> bool {
    let kind = trace.diagnosis.and_then(|d| d.cause).map(|cause| cause.kind);
    let discards = |op: model::Op| {
        matches!(op.kind, model::OpKind::DontNeed | model::OpKind::Free) && op.arg as usize == page
    };
    kind != Some(CauseKind::NotCopied) && trace.rows.iter().any(|row| row.event.op.is_some_and(discards))
}

/// The step at fault in words: its function, and what it does.
fn at_fault_words(trace: &Trace, row: &Row) -> String {
    match trace.at_fault {
        Some(at) => format!("step {} ({}: {})", row.step, at.function, at.text),
        None => step_words(row),
    }
}

/// The step of a row in words: its function, and what it does.
fn step_words(row: &Row) -> String {
    match row.event.transition.actor() {
        Some(_) if !row.function.is_empty() => format!("step {} ({}: {})", row.step, row.function, row.text()),
        _ => format!("step {}", row.step),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |c| c.to_uppercase().chain(letters).collect())
}

fn cause_sentence(case: &Case, trace: &Trace, cause: Cause) -> Option<String> {
    let row = trace.row(cause.step)?;
    let at = at_fault_words(trace, row);
    Some(match cause.kind {
        CauseKind::DirtyBitDropped => {
            format!("{} drops the dirty bit: nothing records any more that the page was written.", capital(&at))
        }
        CauseKind::FlushOwed { given_up, cpu, cleared } => {
            let first = step_words(trace.row(cleared)?);
            let cpu = actor_name(case, cpu);
            let lets_go = match given_up {
                GivenUp::Lock => "drops the page-table lock",
                GivenUp::Gather => "ends the mmu gather",
                GivenUp::Call => "returns",
                GivenUp::Io => "starts to write the page out",
                GivenUp::Frame => "frees the page",
                GivenUp::Map => "maps another page",
            };
            if cleared == cause.step {
                format!(
                    "{} changes the entry that {cpu} has cached, and {lets_go} with the flush still owed.",
                    capital(&at)
                )
            } else {
                format!(
                    "{} changes the entry that {cpu} has cached, and {at} {lets_go} with the flush still owed.",
                    capital(&first)
                )
            }
        }
        CauseKind::StoredWithoutDirty => format!(
            "The store of step {} goes through a clean translation, and the CPU does not set D in the page table.",
            cause.step
        ),
        CauseKind::DataDropped => {
            format!("{} throws the page away although it is known to be newer than its backing.", capital(&at))
        }
        CauseKind::HeldPageTaken => {
            format!("{} takes the page away while a device holds it for write.", capital(&at))
        }
        CauseKind::MappedAgain => format!("{} gives back what a call had taken away.", capital(&at)),
        CauseKind::StaleHold => format!("{} keeps a hold of a page that is no longer mapped there.", capital(&at)),
        CauseKind::NotExcluded => {
            format!(
                "{} changes what the mapping allows while a fault that saw the old state is still under way.",
                capital(&at)
            )
        }
        CauseKind::NotCopied if row.before.child == model::Child::Forking => {
            format!("{} gives the child a page that does not hold what the parent's holds.", capital(&at))
        }
        CauseKind::NotCopied => {
            format!("{} puts a page there that does not hold what the old one held.", capital(&at))
        }
        CauseKind::NotInherited => format!("{} lets the child go without the page.", capital(&at)),
        CauseKind::NotRevoked => format!("{} lets the entry stand that the call takes away.", capital(&at)),
        CauseKind::SharedWritable => {
            format!("{} lets one process store to a page that others have too.", capital(&at))
        }
        CauseKind::NotExclusive => {
            format!("{} leaves the page as one process's own, and others have it or can get it.", capital(&at))
        }
        CauseKind::GoesRound { since } => goes_round(case, trace, since),
        CauseKind::BrokeRule => match row.event.flaw {
            Some(flaw) if !is_broken(trace) => {
                format!("{} breaks a rule: {}.", capital(&at), Rule::Flaw(flaw).text())
            }
            _ => format!("It is {at}."),
        },
    })
}

/// Who goes round: the operations that begin again, each with the step that turns back, or who moves at all.
fn goes_round(case: &Case, trace: &Trace, since: u32) -> String {
    let Some(cycle) = trace.cycle else { return String::new() };
    let rows = || trace.rows.iter().filter(|row| row.step >= since);
    let mut who: Vec<String> = Vec::new();
    for row in rows().filter(|row| row.event.retried) {
        let Some((actor, op)) = row.event.transition.actor().zip(row.event.op) else { continue };
        let text = format!("{} begins {op} again at {}", actor_name(case, actor), step_words(row));
        // One operation may turn back several times in a round.
        let said = format!("{} begins {op} again", actor_name(case, actor));
        if !who.iter().any(|w| w.starts_with(&said)) {
            who.push(text);
        }
    }
    if who.is_empty() {
        let movers = rows().filter_map(|row| row.event.transition.actor());
        let movers: std::collections::BTreeSet<_> = movers.collect();
        who.extend(movers.into_iter().map(|actor| format!("{} goes on", actor_name(case, actor))));
    }
    let (last, rounds) = (cycle.end(), if cycle.round == 1 { "step repeats" } else { "steps repeat" });
    format!("The last {} {rounds} for ever, up to step {last}: {}.", cycle.round, who.join(", "))
}

/// What a version does that has a symptom, as the end of a sentence.
pub(super) const fn symptom_words(symptom: Symptom) -> &'static str {
    match symptom {
        Symptom::LostWrite => "loses a store",
        Symptom::StaleLoad => "loads stale data",
        Symptom::StaleStore => "stores through a stale translation",
        Symptom::Unrevoked => "still allows what a call takes away",
        Symptom::FreedWhileReachable => "frees a page that can still be reached",
        Symptom::SharedStore => "shows a store of one process in another",
        Symptom::DirtyBitLost => "drops a dirty bit",
        Symptom::RuleBroken(Rule::Deadlock) => "can deadlock",
        Symptom::RuleBroken(Rule::Livelock) => "can go round for ever",
        Symptom::RuleBroken(_) => "breaks a rule of the kernel",
    }
}

/// What the step at fault did, as the end of a sentence.
pub(super) fn cause_words(case: &Case, kind: CauseKind) -> String {
    match kind {
        CauseKind::DirtyBitDropped => "nothing records any more that the page was written".to_owned(),
        CauseKind::FlushOwed { given_up, cpu, cleared } => format!(
            "{} with the flush of {} still owed since step {cleared}",
            given_up_words(given_up),
            actor_name(case, cpu)
        ),
        CauseKind::StoredWithoutDirty => "a store through a clean translation leaves D clear".to_owned(),
        CauseKind::DataDropped => "a page known to be newer than its backing is thrown away".to_owned(),
        CauseKind::HeldPageTaken => "the page is taken away while a device holds it for write".to_owned(),
        CauseKind::MappedAgain => "what a call had taken away is back".to_owned(),
        CauseKind::StaleHold => "the page that is held is no longer mapped there".to_owned(),
        CauseKind::NotExcluded => "a fault that saw the mapping as it was is still under way".to_owned(),
        CauseKind::NotCopied => "the page that is put there does not hold what the old one held".to_owned(),
        CauseKind::NotInherited => "the child does not get the page".to_owned(),
        CauseKind::NotRevoked => "the entry still allows what the call takes away".to_owned(),
        CauseKind::SharedWritable => "one process can store to a page that others have too".to_owned(),
        CauseKind::NotExclusive => "the page counts as one process's own, and is not".to_owned(),
        CauseKind::GoesRound { since } => format!("the steps since {since} repeat for ever"),
        CauseKind::BrokeRule => "the rule is broken here".to_owned(),
    }
}

/// The kind of a symptom, for programs.
pub(super) const fn symptom_code(symptom: Symptom) -> &'static str {
    match symptom {
        Symptom::LostWrite => "lost-write",
        Symptom::StaleLoad => "stale-load",
        Symptom::StaleStore => "stale-store",
        Symptom::Unrevoked => "unrevoked",
        Symptom::FreedWhileReachable => "freed-while-reachable",
        Symptom::SharedStore => "shared-store",
        Symptom::DirtyBitLost => "dirty-bit-lost",
        Symptom::RuleBroken(Rule::Deadlock) => "deadlock",
        Symptom::RuleBroken(Rule::Livelock) => "livelock",
        Symptom::RuleBroken(_) => "rule-broken",
    }
}

/// The kind of a cause, for programs.
pub(super) const fn cause_code(kind: CauseKind) -> &'static str {
    match kind {
        CauseKind::DirtyBitDropped => "dirty-bit-dropped",
        CauseKind::FlushOwed { .. } => "flush-owed",
        CauseKind::StoredWithoutDirty => "stored-without-dirty",
        CauseKind::DataDropped => "page-dropped",
        CauseKind::HeldPageTaken => "held-page-taken",
        CauseKind::MappedAgain => "mapped-again",
        CauseKind::StaleHold => "stale-hold",
        CauseKind::NotExcluded => "not-excluded",
        CauseKind::NotCopied => "not-copied",
        CauseKind::NotInherited => "not-inherited",
        CauseKind::NotRevoked => "not-revoked",
        CauseKind::SharedWritable => "shared-writable",
        CauseKind::NotExclusive => "not-exclusive",
        CauseKind::GoesRound { .. } => "goes-round",
        CauseKind::BrokeRule => "broke-rule",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Witness, finding_html, mail};
    use model::{Happened, OpKind};
    use oracle::{Judge, trace_of};
    use std::collections::BTreeSet;

    /// Every finding of every judge, of all versions and mutants on all cases that come with lostwrite.
    fn every_finding(mut check: impl FnMut(&'static impls::Version, &Case, Judge, &Trace)) -> usize {
        let mutants = impls::mutants().iter().map(|m| &m.version);
        let versions: Vec<&'static impls::Version> = impls::registry().iter().chain(mutants).collect();
        let cases: Vec<Case> = corpus::builtin().into_iter().flat_map(|f| f.entries).map(|e| e.case).collect();
        let mut found = 0;
        for version in versions {
            for case in &cases {
                let gravest = trace_of(version, case, None);
                for finding in gravest.judges.iter() {
                    let judge = finding.judge();
                    check(version, case, judge, &trace_of(version, case, Some(judge)));
                    found += 1;
                }
            }
        }
        found
    }

    /// The numbers that follow a word.
    fn numbers_after<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
        text.match_indices(word).filter_map(move |(at, _)| {
            let digits: String = text[at + word.len()..].chars().take_while(char::is_ascii_digit).collect();
            digits.parse().ok()
        })
    }

    /// Each sentence's facts are those of the trace.
    #[test]
    fn what_is_said_of_every_finding_is_so() {
        let mut symptoms = BTreeSet::new();
        let mut causes = BTreeSet::new();
        let found = every_finding(|version, case, judge, trace| {
            let finding = trace.finding.expect("the judge has spoken");
            let diagnosis = trace.diagnosis.expect("a finding has one");
            assert_eq!(finding.judge(), judge);
            symptoms.insert(symptom_code(diagnosis.symptom));
            causes.insert(diagnosis.cause.map_or("none", |c| cause_code(c.kind)));
            let text = sentences(version, case, trace).expect("a finding has sentences");
            let at = format!("{} on {case}: {text}", version.name);
            assert!(text.ends_with('.') && !text.contains("  ") && !text.contains(".."), "{at}");
            // Every step that is named exists, up to the one that shows the finding, and is named once in a
            // sentence.
            for step in numbers_after(&text.to_lowercase(), "step ") {
                let last = if matches!(finding, Finding::Broken { .. }) { u32::MAX } else { finding.step() };
                assert!(step >= 1 && step as u32 <= last, "{at}");
            }
            for sentence in text.split_inclusive(". ") {
                let mut steps: Vec<_> = numbers_after(sentence, "step ").collect();
                let all = steps.len();
                steps.dedup();
                assert_eq!(steps.len(), all, "{at}");
            }
            stores_and_loads(case, trace, &text, &at);
            functions(trace, &text, &at);
            // A call is named only if the program makes it and it has returned.
            for (word, kind) in [("MADV_DONTNEED", OpKind::DontNeed), ("mprotect", OpKind::Protect)] {
                let returned = |r: &Row| r.event.returned && r.event.op.is_some_and(|op| op.kind == kind);
                assert!(!text.contains(word) || trace.rows.iter().any(returned), "{at}");
            }
            let lazyfree = ["lazyfree", "MADV_FREE"].iter().any(|word| text.contains(word));
            assert!(!lazyfree || case.programs.kinds_used().has(OpKind::Free), "{at}");
            marks_are_so(case, trace, &diagnosis, &at);
        });
        println!("{found} findings; symptoms {symptoms:?}; causes {causes:?}");
        assert!(found > 500, "only {found}");
        for wanted in ["lost-write", "stale-load", "stale-store", "dirty-bit-lost", "rule-broken"] {
            assert!(symptoms.contains(wanted), "no {wanted} in {symptoms:?}");
        }
        for wanted in ["dirty-bit-dropped", "flush-owed", "stored-without-dirty", "broke-rule"] {
            assert!(causes.contains(wanted), "no {wanted} in {causes:?}");
        }
    }

    fn stores_and_loads(case: &Case, trace: &Trace, text: &str, at: &str) {
        let actor = |row: &Row| row.event.transition.actor().map(|a| actor_name(case, a)).unwrap_or_default();
        let diagnosis = trace.diagnosis.expect("a finding has one");
        if let Some(row) = diagnosis.store.and_then(|step| trace.row(step)) {
            let Happened::Store { page, value, .. } = row.event.happened else { panic!("{at}") };
            let said = match trace.finding {
                Some(Finding::WrongValue { .. }) => {
                    let (by, step) = (actor(row), row.step);
                    text.contains(&format!("{by} stores {value} to page {page}"))
                        || (text.contains(&format!("The value {value} that {by} stored to page {page}"))
                            && text.contains(&format!("at step {step} is lost")))
                }
                _ => true,
            };
            assert!(said, "{at}");
        }
        if let Some(Finding::WrongValue { step, page, word, got, .. }) = trace.finding {
            let row = trace.row(step).expect("the load");
            let Happened::Load { page: loaded, data, .. } = row.event.happened else { panic!("{at}") };
            assert_eq!((loaded as usize, data[word]), (page, got), "{at}");
            assert!(text.contains(&format!("step {step}")) && text.contains(&actor(row)), "{at}");
        }
    }

    /// Each `step N (function: words)` is that step.
    fn functions(trace: &Trace, text: &str, at: &str) {
        for (start, _) in text.to_lowercase().match_indices("step ") {
            let rest = &text[start + 5..];
            let Some((number, rest)) = rest.split_once(" (") else { continue };
            let Ok(step) = number.parse::<u32>() else { continue };
            let row = trace.row(step).unwrap_or_else(|| panic!("{at}"));
            let is_fault = |f: AtFault| {
                trace.diagnosis.and_then(|d| d.cause).is_some_and(|c| c.step == step)
                    && rest.starts_with(&format!("{}: {})", f.function, f.text))
            };
            let is_row = rest.starts_with(&format!("{}: {})", row.function, row.text()));
            assert!(is_row || trace.at_fault.is_some_and(is_fault), "{at}");
        }
    }

    fn marks_are_so(case: &Case, trace: &Trace, diagnosis: &Diagnosis, at: &str) {
        for row in &trace.rows {
            for mark in marks(case, trace, row) {
                let page = |r: &Row| r.event.transition.actor().map(|a| r.before.actors[a].page);
                match mark.code {
                    "dirty-bit-lost" | "flush-owed" | "page-dropped" | "held-page-taken" | "mapped-again"
                    | "stale-hold" | "not-excluded" | "not-copied" | "not-inherited" | "not-revoked"
                    | "rule-broken" | "goes-round" | "shared-writable" | "not-exclusive" => {
                        assert_eq!(diagnosis.cause.map(|c| c.step), Some(row.step), "{at}");
                    }
                    "entry-cleared" => {
                        let page = page(row).expect("an actor") as usize;
                        assert!((0..2).any(|mm| row.before.pte[mm][page] != row.after.pte[mm][page]), "{at}");
                    }
                    "stale-store" | "freed-store" | "shared-store" => {
                        assert!(matches!(row.event.happened, Happened::Store { .. }), "{at}");
                    }
                    "stored-without-dirty" => {
                        assert!(!case.config.keeps_contract(), "{at}");
                        let Happened::Store { mm, page, .. } = row.event.happened else { panic!("{at}") };
                        assert!(!row.after.pte[mm as usize][page as usize].dirty(), "{at}");
                    }
                    "data-lost" => assert_eq!(diagnosis.lost, Some(row.step), "{at}"),
                    "finding" => assert_eq!(trace.finding.map(|f| f.step()), Some(row.step), "{at}"),
                    other => panic!("{at}: {other}"),
                }
            }
        }
    }

    /// What is marked in the timeline of a page stands in its key too; a mail has a subject, all its facts,
    /// and no empty ones.
    #[test]
    fn mails_and_pages_say_what_the_sentences_say() {
        let mut n = 0;
        every_finding(|version, case, judge, trace| {
            // Pages are large: of each version every seventh.
            n += 1;
            if n % 7 != 0 {
                return;
            }
            let witness = Witness::of(version, case, Some(judge));
            let at = format!("{} on {case}", version.name);
            let mail = mail(&witness).expect("a finding");
            let folded: String = mail.split_whitespace().collect::<Vec<_>>().join(" ");
            let text = sentences(version, case, trace).expect("a finding");
            assert!(folded.contains(&deunicode::deunicode(&text)), "{at}: {mail}");
            for empty in ["(, )", "From: \n", "takes nothing", ": step", "()"] {
                assert!(!folded.contains(empty), "{at}: {empty}: {mail}");
            }
            let page = finding_html(&witness);
            assert!(!page.contains("takes nothing"), "{at}");
            let (key, _) = page.split_once("id=\"timeline\"").expect("a timeline");
            for row in witness.losing.rows() {
                for mark in marks(case, trace, row) {
                    assert!(key.contains(&format!("<strong>{}</strong>", mark.loud)), "{at}: {mark}");
                    assert!(mail.contains(&mark.to_string()), "{at}: {mark}");
                }
            }
        });
    }
}
