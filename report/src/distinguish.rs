//! Versions told apart, or not: for people.

use super::{Detail, Table, timeline};
use crate::comparison::{Comparison, Question};
use corpus::Case;
use explore::answers::distinguish::{Answers, Difference};
use explore::answers::losses::Loss;
use impls::Version;
use oracle::trace;
use std::fmt::Write as _;

/// The answer to a question, whichever it is.
#[must_use]
pub fn separation_text(question: &Question, subject: &Comparison, answers: &Answers) -> String {
    let mut out = format!("{}{}\n\n", question.bounds_text(), subject.base.under());
    if question.ablates {
        out.push_str(&ablation(subject, answers));
    } else {
        out.push_str(&distinction(question, subject, answers));
    }
    if answers.too_large > 0 || answers.rivals.iter().any(|r| r.too_large > 0) {
        let worst = answers.rivals.iter().map(|r| r.too_large).max().unwrap_or(0);
        let _ = writeln!(
            out,
            "NOT EXHAUSTED: {worst} programs have more than {} states; --budget raises that",
            question.limits.budget
        );
    }
    if !answers.finished() {
        out.push_str("NOT FINISHED: this is what was found so far\n");
    }
    out
}

fn distinction(question: &Question, subject: &Comparison, answers: &Answers) -> String {
    let work = format!("{} programs, {} states", answers.programs, answers.states);
    let (base, rival) = (subject.base, &subject.rivals[0].version);
    let mut out = String::new();
    let Some(found) = &answers.rivals[0].difference else {
        let _ = writeln!(out, "{} and {}: none {}: {}", base.name, rival.name, question.size_text(), work);
        return out;
    };
    let _ =
        writeln!(out, "{} and {} differ, and on no smaller program: {}", base.name, rival.name, program_of(found));
    for (version, only) in [(base, &found.base_only), (rival, &found.rival_only)] {
        let _ = writeln!(out, "  only {}: {}", version.name, list(only));
    }
    let (shown_by, other) = if found.on_rival { (rival, base) } else { (base, rival) };
    let _ = writeln!(out, "{work}\n\n{}", shown(shown_by, found));
    let _ = writeln!(out, "{}", on_the_other(other, found));
    out
}

fn ablation(subject: &Comparison, answers: &Answers) -> String {
    let mut table = Table::new(["step", "without it", "smallest program that shows it"]);
    let mut replays = String::new();
    for (rival, told) in subject.rivals.iter().zip(&answers.rivals) {
        let name = rival.version.title.trim_start_matches("drop ");
        let (what, program) = match &told.difference {
            Some(found) => {
                let version = if found.on_rival { &rival.version } else { subject.base };
                let _ = writeln!(replays, "{}\n    {}", rival.version.name, replay(version, found));
                let what =
                    if found.on_rival { found.shows.to_string() } else { format!("no longer: {}", found.shows) };
                (what, program_of(found))
            }
            None if !told.finished => ("?".to_owned(), String::new()),
            None if told.reached == 0 => ("no program within these bounds gets there".to_owned(), String::new()),
            None => {
                (format!("not needed within these bounds: {} programs get there", told.reached), String::new())
            }
        };
        table.row([name.to_owned(), what, program]);
    }
    let needed = answers.rivals.iter().filter(|r| r.difference.is_some()).count();
    format!(
        "{table}\n{needed} of {} steps of {} are needed; {} programs, {} states\n\n{replays}",
        answers.rivals.len(),
        subject.base.name,
        answers.programs,
        answers.states
    )
}

fn list(losses: &[Loss]) -> String {
    if losses.is_empty() {
        return "nothing".to_owned();
    }
    losses.iter().map(Loss::to_string).collect::<Vec<_>>().join("; ")
}

/// The program without its schedule.
fn program_of(found: &Difference) -> String {
    let case: Case = found.case.parse().expect("a case that was printed");
    Case { schedule: Default::default(), ..case }.to_string()
}

fn replay(version: &Version, found: &Difference) -> String {
    format!("lostwrite replay {} '{}'", version.argument(), found.case)
}

/// What the version that does not show it does, taken to the same places.
fn on_the_other(version: &Version, found: &Difference) -> String {
    let case: Case = found.case.parse().expect("a case that was printed");
    let trace = trace(version, &case);
    let says = trace.finding.map_or("no judge says anything".to_owned(), |f| format!("{}: {f}", f.judge().name()));
    let stopped = trace.stopped.map_or(String::new(), |stopped| format!("; {stopped}"));
    format!("on {}, the same case: {says}{stopped}", version.name)
}

fn shown(version: &Version, found: &Difference) -> String {
    let case: Case = found.case.parse().expect("a case that was printed");
    timeline(version, &case, &trace(version, &case), Detail::Telling)
}
