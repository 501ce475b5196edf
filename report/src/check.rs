//! What came of a check: in words, and for programs.

use super::command::replay_line;
use super::finding_json::finding_json;
use super::story::{cause_words, headline, symptom_code, symptom_words};
use super::timeline::effects;
use super::witness::{Side, Witness};
use explore::answers::check::{CheckOptions, Checked, Flagged, Round, Stage};
use impls::Version;
use impls::shell::quoted;
use model::{ActorKind, OpKind};
use oracle::{AtFault, Row};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// The number of the form; it changes when a field changes its meaning or goes away.
pub const CHECK_FORMAT: u32 = 1;

/// What is to be said of a check beside its verdict.
#[derive(Clone, Debug, Default)]
pub struct Caveats {
    /// What of a change is not looked at.
    pub unlooked: Vec<String>,
    /// What was taken from whoever asks: rows of a table, functions without effect.
    pub given: Vec<String>,
    /// What is found if an assumption does not hold.
    pub excused: Vec<String>,
}

impl Caveats {
    /// Those of another file too.
    pub fn extend(&mut self, other: Caveats) {
        self.unlooked.extend(other.unlooked);
        self.given.extend(other.given);
        self.excused.extend(other.excused);
    }

    /// All of them, a sentence each.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        let all = self.unlooked.iter().chain(&self.given).chain(&self.excused);
        all.flat_map(|text| text.lines())
    }
}

/// What was checked and how far, and in the end the verdict.
#[must_use]
pub fn check_text(options: &CheckOptions, checked: &Checked, witness: Option<&Witness>) -> String {
    let version = options.version;
    let mut out = format!("{}\n", question(options));
    let runs = letters(&checked.alphabet.runs.cpus);
    let kswapd = if checked.alphabet.runs.kswapd { ", kswapd" } else { "" };
    let _ = writeln!(out, "operations that run it: {runs}{kswapd}");
    for round in &checked.rounds {
        let _ = writeln!(out, "  {}", round_text(round));
    }
    if checked.corpus > 0 {
        let _ = writeln!(out, "  {} programs that come with lostwrite and run it", checked.corpus);
    }
    let Some((flagged, witness)) = checked.flagged.as_ref().zip(witness) else {
        let _ = writeln!(out, "\n{}: {}", version.name, nothing_found(checked));
        return out;
    };
    if flagged.released_too {
        let name = options.released.name;
        let _ = writeln!(out, "{name} as released shows the same; the step at fault is one of this version's.");
    }
    let trace = &witness.losing.trace;
    if let Some(what) = headline(trace) {
        let _ = writeln!(out, "\nwhat:    {what}");
    }
    if let Some(diagnosis) = trace.diagnosis {
        let _ = writeln!(out, "symptom: {}", symptom_code(diagnosis.symptom).replace('-', " "));
        let _ = writeln!(out, "cause:   {}", cause(version, witness));
    }
    if let Some((at, differs)) = differs(witness) {
        let _ = writeln!(out, "differs: {at}: {differs}");
    }
    let _ = writeln!(out, "case:    {}", flagged.case);
    let _ = writeln!(out, "{}", replay(version, flagged, witness));
    let _ = writeln!(out, "\n{}: {}", version.name, verdict(witness, flagged));
    out
}

/// `mine.listing: zap_pte_range of 6.0 replaced, against 6.0 as released`.
fn question(options: &CheckOptions) -> String {
    let version = options.version;
    let functions: Vec<_> = version.functions().iter().map(|b| b.function.name).collect();
    let kernel = options.environment.kernel.unwrap_or(version.kernel).name();
    let base = if options.against_base { "as it was before" } else { "as released" };
    format!(
        "{}: {} replaced in {kernel}, against {} {base}",
        version.name,
        functions.join(", "),
        options.released.name
    )
}

fn letters(kinds: &[OpKind]) -> String {
    kinds.iter().map(|kind| kind.letters()).collect::<Vec<_>>().join(" ")
}

fn others(round: &Round) -> Vec<&'static str> {
    let name = |kind: &ActorKind| match kind {
        ActorKind::Cpu => "cpu",
        ActorKind::Kswapd => "kswapd",
        ActorKind::Dma => "dma",
    };
    round.others.iter().map(name).collect()
}

fn plural(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

fn round_text(round: &Round) -> String {
    let starts = round.starts.iter().map(start).collect::<Vec<_>>().join(", ");
    let mut who = letters(&round.alphabet);
    for other in others(round) {
        let _ = write!(who, ", {other}");
    }
    let left_out = if round.too_large > 0 { format!("; {} too large", round.too_large) } else { String::new() };
    format!(
        "{} of at most {} actors on {} of {who}, from {starts}: {} programs, {} states{left_out}",
        plural(round.ops, "operation"),
        round.actors,
        plural(round.pages, "page"),
        round.programs,
        round.states
    )
}

/// The options of a case that starts there.
fn start(config: &model::Config) -> String {
    let text = corpus::Case { config: *config, ..corpus::Case::default() }.to_string();
    let options = text.split_whitespace().filter(|word| word.contains('=')).collect::<Vec<_>>().join(" ");
    format!("'{options}'")
}

/// How far was looked.
fn nothing_found(checked: &Checked) -> String {
    let most = checked.rounds.iter().map(|r| r.ops).max();
    let upto = most.map_or_else(String::new, |ops| format!(" of up to {} exhausted", plural(ops, "operation")));
    let left_out = match checked.too_large {
        0 => String::new(),
        n => format!(", {n} programs with too many left out"),
    };
    format!(
        "nothing found: {} programs{upto}, {} states{left_out}, {} random executions",
        checked.programs, checked.states, checked.executions
    )
}

/// The step at fault, with its line in the file if it is one of the version's.
fn cause(version: &Version, witness: &Witness) -> String {
    let trace = &witness.losing.trace;
    let Some((at, cause)) = trace.at_fault.zip(trace.diagnosis.and_then(|d| d.cause)) else {
        return "the steps do not tell".to_owned();
    };
    let place = place(version, at.function, at.text, at.listing_step);
    format!("step {}, {place}: {}", cause.step, cause_words(&witness.case, cause.kind))
}

/// `zap_pte_range: pte = clear (mine.listing:7)`.
fn place(version: &Version, function: &str, text: &str, step: Option<usize>) -> String {
    let line = step.and_then(|step| version.place(function, step));
    let line = line.map_or_else(String::new, |(file, line)| format!(" ({file}:{line})"));
    format!("{function}: {text}{line}")
}

/// The step at fault, if it is one of the functions that the version replaces.
fn own_fault(side: &Side) -> Option<AtFault> {
    let functions = side.version.functions();
    side.trace.at_fault.filter(|at| functions.iter().any(|b| b.function.name == at.function))
}

/// Where a version first does something else than the one beside it, and what; nothing where the step at fault
/// is one of its own functions, and says it better.
fn differs(witness: &Witness) -> Option<(String, String)> {
    let (losing, beside) = (&witness.losing, witness.beside.as_ref()?);
    if own_fault(losing).is_some() {
        return None;
    }
    let alignment = witness.alignment()?;
    let pair = alignment.pairs[alignment.first_difference?];
    let actors = witness.case.programs.actors as usize;
    let does = |row: &Row| match effects(row, actors).join(", ") {
        nothing if nothing.is_empty() => "changes nothing".to_owned(),
        text => text,
    };
    let (here, there) = (pair.left.map(|at| &losing.rows()[at]), pair.right.map(|at| &beside.rows()[at]));
    let row = here.or(there)?;
    let at = format!("step {}, {}", row.step, place(losing.version, row.function, row.text(), row.listing_step));
    let name = beside.version.name;
    Some(match (here, there) {
        (Some(here), Some(there)) => (at, format!("{}; {name}: {}", does(here), does(there))),
        (Some(_), None) => (at, format!("{name} does not take this step")),
        (None, _) => (
            format!("step {} of {name}, {}: {}", row.step, row.function, row.text()),
            format!("{} does not take this step", losing.version.name),
        ),
    })
}

/// The verdict in words: what the version does, and where.
fn verdict(witness: &Witness, flagged: &Flagged) -> String {
    let trace = &witness.losing.trace;
    let Some(diagnosis) = trace.diagnosis else { return flagged.loss.to_string() };
    let at = own_fault(&witness.losing).map_or_else(String::new, |at| format!(" by a step of {}", at.function));
    format!("{}{at}", symptom_words(diagnosis.symptom))
}

/// What is lost, in words.
#[must_use]
pub fn lost_by(flagged: &Flagged) -> String {
    flagged.loss.to_string()
}

/// The line that shows it again. What no single execution shows, such as a livelock, all interleavings do.
fn replay(version: &Version, flagged: &Flagged, witness: &Witness) -> String {
    if witness.finding().is_some() {
        let judge = witness.losing.trace.asked;
        return format!("replay:  {}", replay_line(version, &flagged.case, judge));
    }
    format!("replay:  lostwrite exhaust {} {}", version.argument(), quoted(&flagged.case.to_string()))
}

/// The check of a change that does nothing, for programs: what is said of a check that runs nothing.
#[must_use]
pub fn check_json_same(name: &str, kernel: &str, functions: &[&str], caveats: &Caveats) -> Value {
    json!({
        "format": CHECK_FORMAT,
        "version": name,
        "file": null,
        "kernel": kernel,
        "functions": functions,
        "run_by": [],
        "rounds": [],
        "corpus_programs": 0,
        "programs": 0,
        "states": 0,
        "too_large": 0,
        "executions": 0,
        "found": null,
        "not_looked_at": caveats.unlooked,
        "given": caveats.given,
        "excused": caveats.excused,
    })
}

/// The check for programs.
#[must_use]
pub fn check_json(
    options: &CheckOptions,
    checked: &Checked,
    witness: Option<&Witness>,
    caveats: &Caveats,
) -> Value {
    let version = options.version;
    let round = |round: &Round| {
        json!({
            "operations": round.ops,
            "actors": round.actors,
            "pages": round.pages,
            "alphabet": round.alphabet.iter().map(|k| k.letters()).collect::<Vec<_>>(),
            "others": others(round),
            "programs": round.programs,
            "states": round.states,
            "too_large": round.too_large,
        })
    };
    let found = checked.flagged.as_ref().zip(witness).map(|(flagged, witness)| {
        json!({
            "verdict": verdict(witness, flagged),
            "released_too": flagged.released_too,
            "found_by": match flagged.stage {
                Stage::Programs(_) => "programs",
                Stage::Corpus => "corpus",
                Stage::Hunt => "hunt",
            },
            "case": flagged.case.to_string(),
            "differs": differs(witness).map(|(at, what)| format!("{at}: {what}")),
            "finding": finding_json(witness),
        })
    });
    json!({
        "format": CHECK_FORMAT,
        "version": version.name,
        "file": version.file,
        "kernel": options.environment.kernel.unwrap_or(version.kernel).name(),
        "functions": version.functions().iter().map(|b| b.function.name).collect::<Vec<_>>(),
        "run_by": checked.alphabet.runs.cpus.iter().map(|k| k.letters()).collect::<Vec<_>>(),
        "rounds": checked.rounds.iter().map(round).collect::<Vec<_>>(),
        "corpus_programs": checked.corpus,
        "programs": checked.programs,
        "states": checked.states,
        "too_large": checked.too_large,
        "executions": checked.executions,
        "found": found,
        "not_looked_at": caveats.unlooked,
        "given": caveats.given,
        "excused": caveats.excused,
    })
}
