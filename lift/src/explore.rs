//! All paths through a function.

use crate::kinds;
use crate::marks::{Marked, shown};
use crate::notes::Notes;
use crate::parse::Source;
use crate::run::{Flow, Part, Run, Runner, Stop, is_plain, parameters};
use crate::state::{Frame, State, Variable};
use crate::subject::{Subject, Success};
use crate::table::Table;
use crate::tree::{Event, Label, Path, Term};
use crate::value::{Place, Value};
use impls::text::Problem;
use model::Action;
use model::listing::Doing;
use std::collections::{BTreeMap, BTreeSet};
use tree_sitter::Node;

/// More paths than a function of the model's size has.
const MOST: usize = 8_000;

/// The paths of a function.
#[derive(Debug)]
pub struct Paths {
    /// From its start: to the loop over the pages, or to its end.
    pub head: Vec<Path>,
    /// One round of that loop.
    pub round: Vec<Path>,
    /// What follows it.
    pub tail: Vec<Path>,
    /// Of every path of a round: which counters it counted, and whether a present entry was replaced on it.
    pub counts: Vec<Count>,
    /// The variables that move with the page.
    pub moving: Vec<String>,
}

/// What a path of a round says of counters.
#[derive(Clone, Debug)]
pub struct Count {
    /// The variables that it counted.
    pub counted: Vec<String>,
    /// It installed a migration entry: for a present one surely, or perhaps.
    pub installed: Option<bool>,
    /// Where it ends.
    pub place: std::ops::Range<usize>,
}

/// One path, and what it leaves behind.
struct Ran {
    path: Path,
    state: State,
}

/// What all paths share.
pub struct Explorer<'a> {
    /// The file.
    pub source: &'a Source,
    /// Its functions.
    pub functions: &'a BTreeMap<&'a str, Node<'a>>,
    /// The kernel's names.
    pub table: &'a Table,
    /// The function.
    pub subject: Subject,
    /// What is learned beside.
    pub notes: Notes,
    /// What cannot be lifted, in the order of the places.
    pub problems: BTreeMap<(usize, usize), Problem>,
    canonical: BTreeMap<usize, String>,
    the_loop: Option<usize>,
}

impl<'a> Explorer<'a> {
    /// Nothing is explored so far.
    pub fn new(
        source: &'a Source,
        functions: &'a BTreeMap<&'a str, Node<'a>>,
        table: &'a Table,
        subject: Subject,
    ) -> Explorer<'a> {
        let (notes, canonical) = (Notes::default(), BTreeMap::new());
        Explorer { source, functions, table, subject, notes, problems: BTreeMap::new(), canonical, the_loop: None }
    }

    /// Explores a function.
    ///
    /// # Errors
    /// With the first thing that cannot be lifted.
    pub fn paths(&mut self, function: Node<'a>) -> Result<Paths, Problem> {
        let head = self.all(function, Part::Head, &self.at_the_start(function))?;
        let mut out = Paths {
            head: Vec::new(),
            round: Vec::new(),
            tail: Vec::new(),
            counts: Vec::new(),
            moving: Vec::new(),
        };
        let reached = head.iter().find(|ran| ran.path.end == Term::Loop).map(|ran| ran.state.clone());
        out.head = head.iter().map(|ran| ran.path.clone()).collect();
        let Some(mut start) = reached else {
            // Nothing behind what cannot be lifted is looked at.
            return if self.problems.is_empty() { Ok(out) } else { Err(self.first()) };
        };
        for ran in head.iter().filter(|ran| ran.path.end == Term::Loop) {
            if let Some(differs) = differs(&start.frames, &ran.state.frames) {
                return Err(Problem::error(
                    ran.path.place.clone(),
                    "the loop begins with different values",
                    "on different paths",
                )
                .help(format!("{differs} depends on what was asked before the loop")));
            }
        }
        start.known.clear();
        start.kinds = self.subject.kinds;
        // What moves and what counts is found by looking, until nothing new is found.
        let round = loop {
            let before = self.problems.clone();
            let round = self.all(function, Part::Round, &start)?;
            if !self.settle(&mut start, &round) {
                break round;
            }
            self.problems = before;
        };
        let tail_start = self.behind(&start);
        let tail = self.all(function, Part::Tail, &tail_start)?;
        out.tail = tail.into_iter().map(|ran| ran.path).collect();
        out.counts = round.iter().map(count).collect();
        out.round = round.into_iter().map(|ran| ran.path).collect();
        out.moving = self.subject.moving.clone();
        if self.problems.is_empty() { Ok(out) } else { Err(self.first()) }
    }

    fn first(&self) -> Problem {
        self.problems.values().next().cloned().unwrap_or_else(|| Problem::error(0..0, "", ""))
    }

    fn at_the_start(&self, function: Node<'a>) -> State {
        let mut state = State::new(self.subject.kinds);
        let mut frame = Frame { function: self.subject.name.clone(), variables: Vec::new(), by_fact: None };
        let mut addresses = 0;
        for (name, of, pointer) in parameters(self.source, function) {
            let value = match of.as_str() {
                "folio" => Value::Folio,
                "page" => Value::Page,
                "pte_t" if pointer => Value::Entry(Place::HERE),
                _ if !pointer && is_unsigned_long(self.source, function, &name) => {
                    addresses += 1;
                    match addresses {
                        1 if self.subject.walk.is_some() => Value::Address(Place::HERE),
                        1 => Value::Address(Place::START),
                        2 => Value::End,
                        _ => Value::Opaque(of.clone()),
                    }
                }
                _ => Value::Opaque(of.clone()),
            };
            let of = crate::run::pointed(&of, pointer);
            frame.variables.push(Variable { name, of, value, set_by: (0, 0), by_fact: None });
        }
        state.frames.push(frame);
        state.words = usize::from(self.subject.has_word);
        state
    }

    /// Every path of a part, from a state.
    fn all(&mut self, function: Node<'a>, part: Part, start: &State) -> Result<Vec<Ran>, Problem> {
        let mut all = Vec::new();
        let mut decisions: Vec<bool> = Vec::new();
        loop {
            let mut runner = Runner {
                source: self.source,
                functions: self.functions,
                table: self.table,
                subject: &self.subject,
                notes: &mut self.notes,
                decisions: std::mem::take(&mut decisions),
                asked: 0,
                events: Vec::new(),
                state: start.clone(),
                part,
                resume: self.the_loop.filter(|_| part != Part::Head),
                the_loop: self.the_loop,
                kept: false,
                statement: function.byte_range(),
                open: Vec::new(),
                by_fact: None,
                under_fact: None,
                pending: Vec::new(),
                count: 0,
                canonical: &mut self.canonical,
            };
            let flow = runner.function(function);
            let refused = |problem: Problem| {
                let place = (problem.start, problem.end);
                (problem, (Term::Never, place.0..place.1))
            };
            let (problem, end) = match ended(&mut runner, flow, function) {
                Ok(end) => (None, end),
                Err(problem) => {
                    let (problem, end) = refused(problem);
                    (Some(problem), end)
                }
            };
            runner.notes.marks.path(std::mem::take(&mut runner.pending), &runner.events, &end.0);
            let (path, state) = (Path { events: runner.events, end: end.0, place: end.1 }, runner.state);
            let used = runner.asked;
            decisions = runner.decisions;
            self.the_loop = runner.the_loop;
            if let Some(problem) = problem {
                self.problems.entry((problem.start, problem.end)).or_insert(problem);
            }
            all.push(Ran { path, state });
            if all.len() > MOST {
                return Err(Problem::error(
                    function.byte_range(),
                    format!("more than {MOST} paths"),
                    "in this function",
                )
                .help("move a part of it into a function that has a row"));
            }
            decisions.truncate(used);
            while decisions.last() == Some(&false) {
                decisions.pop();
            }
            match decisions.last_mut() {
                Some(last) => *last = false,
                None => return Ok(all),
            }
        }
    }

    /// Looks at what the rounds leave behind. True if something new was found.
    fn settle(&mut self, start: &mut State, round: &[Ran]) -> bool {
        let mut found = false;
        for n in 0..start.frames[0].variables.len() {
            let variable = start.frames[0].variables[n].clone();
            if variable.value == Value::Unset {
                continue;
            }
            for ran in round.iter().filter(|ran| matches!(ran.path.end, Term::Next { .. } | Term::Again)) {
                let Some(after) = ran.state.frames[0].variables.get(n) else { continue };
                let moves = self.subject.moving.contains(&variable.name);
                if after.value == variable.value || moves {
                    continue;
                }
                let flushed = Event::Do(Label::Do(Doing::Step(Action::FlushRange)), 0..0);
                let becomes = match (&variable.value, &after.value) {
                    (Value::Address(_), Value::Address(_)) => {
                        self.subject.moving.push(variable.name.clone());
                        Value::Address(Place::HERE)
                    }
                    (Value::Entry(_), Value::Entry(_)) => {
                        self.subject.moving.push(variable.name.clone());
                        Value::Entry(Place::HERE)
                    }
                    // It counts from zero: then it tells whether anything was counted.
                    (Value::Int(0), _) if ran.state.counted.contains(&variable.name) => {
                        Value::Counter(variable.name.clone())
                    }
                    // What was counted is flushed, and counted from zero again: no flush is forgotten.
                    (Value::Counter(_), Value::Int(0))
                        if ran.path.events.iter().any(|e| does_the_same(e, &flushed)) =>
                    {
                        continue;
                    }
                    (Value::Carried(_), _) => continue,
                    _ => Value::Carried(variable.name.clone()),
                };
                start.frames[0].variables[n].value = becomes;
                found = true;
                break;
            }
        }
        found
    }

    /// Behind the loop: everything that moved stands at the end.
    fn behind(&self, start: &State) -> State {
        let mut state = start.clone();
        for variable in &mut state.frames[0].variables {
            if self.subject.moving.contains(&variable.name) && matches!(variable.value, Value::Address(_)) {
                variable.value = Value::End;
            }
        }
        state
    }
}

/// Whether a parameter is an address, by its type.
fn is_unsigned_long(source: &Source, function: Node<'_>, name: &str) -> bool {
    let list = crate::parse::declarator(function).and_then(|d| d.child_by_field_name("parameters"));
    list.map(crate::parse::pieces).unwrap_or_default().into_iter().any(|p| {
        let declared = p.child_by_field_name("declarator").and_then(|d| crate::parse::declared(source, d));
        declared.is_some_and(|(n, _)| n == name) && crate::parse::type_name(source, p) == "unsigned long"
    })
}

fn does_the_same(a: &Event, b: &Event) -> bool {
    matches!((a, b), (Event::Do(x, _), Event::Do(y, _)) if x == y)
}

fn differs(a: &[Frame], b: &[Frame]) -> Option<String> {
    let pairs = a[0].variables.iter().zip(&b[0].variables);
    pairs.into_iter().find(|(x, y)| x.value != y.value).map(|(x, _)| x.name.clone())
}

fn count(ran: &Ran) -> Count {
    let present = kinds::of(Action::PtePresent).unwrap_or(0);
    let installs = ran
        .path
        .events
        .iter()
        .any(|e| matches!(e, Event::Do(Label::Install(Action::InstallMigrationEntry, _), _)));
    let installed = match (installs, ran.state.kinds & present) {
        (false, _) => None,
        (true, 0) => Some(false),
        (true, _) => Some(true),
    };
    Count { counted: ran.state.counted.clone(), installed, place: ran.path.place.clone() }
}

/// How a path ended.
fn ended(
    runner: &mut Runner<'_>,
    flow: Run<Flow>,
    function: Node<'_>,
) -> Result<(Term, std::ops::Range<usize>), Problem> {
    let end = match flow {
        Err(Stop::Refused(problem)) => return Err(*problem),
        Err(Stop::End(term, place)) => (term, place),
        Ok(Flow::On) => (Term::Return, function.end_byte().saturating_sub(1)..function.end_byte()),
        Ok(Flow::Return(value, place)) => {
            if let Some(mut text) = shown(&value) {
                let node = function.descendant_for_byte_range(place.start, place.end).unwrap_or(function);
                // On a path that the model does not have another variable would hold something else.
                if let (false, [returned]) = (is_plain(&value), crate::parse::pieces(node).as_slice()) {
                    text = format!("{text} ({})", runner.canonical(*returned));
                }
                runner.mark(Marked::Returned, "return", text, node, "", true);
            }
            let term = match (runner.subject.success, &value) {
                (Success::Any, _) => Term::Return,
                (Success::Fault, Value::Flags(set)) if set.contains("VM_FAULT_OOM") => Term::Finish,
                (Success::Fault, Value::Flags(_) | Value::Int(0)) => Term::Retry,
                (Success::True, Value::Int(0)) | (Success::Zero, Value::Errno(_)) => Term::Fail,
                (Success::True, Value::Int(_)) | (Success::Zero, Value::Int(0)) => Term::Return,
                (Success::Zero, Value::Int(_)) => Term::Fail,
                _ => {
                    return Err(Problem::error(
                        place,
                        "whether the function succeeded is not known",
                        "what does it return?",
                    )
                    .help("return a number or a variable that holds one"));
                }
            };
            (term, place)
        }
        Ok(Flow::Goto(label, place)) => {
            return Err(Problem::error(place, format!("no label {label} on the way out"), "jumps to nowhere")
                .help("a label inside a block that the jump is not in cannot be reached here"));
        }
        Ok(Flow::Break | Flow::Continue) => {
            return Err(Problem::error(function.byte_range(), "a break out of nothing", "here"));
        }
    };
    // While it is not known what moves, nothing is known of rounds.
    if runner.subject.selects && runner.part == Part::Round && !runner.subject.moving.is_empty() {
        return selection(runner, end);
    }
    Ok(end)
}

/// What a function that selects pages says of the page must be what happened to it.
fn selection(
    runner: &Runner<'_>,
    (term, place): (Term, std::ops::Range<usize>),
) -> Result<(Term, std::ops::Range<usize>), Problem> {
    let problem =
        |what: String, help: &str| Err(Problem::error(place.clone(), what, "at the end of this path").help(help));
    let state = &runner.state;
    let installed = runner.events.iter().any(|e| matches!(e, Event::Do(Label::Install(..), _)));
    match term {
        Term::Next { .. } => {}
        Term::Return if state.left => return Ok((term, place)),
        Term::Return => {
            return problem(
                "the loop is left, and what was selected of the rest of the range is not said".to_owned(),
                "migrate_vma_collect_skip() fills src and dst in",
            );
        }
        Term::Again if !installed && state.cells.values().all(|n| *n == 0) && state.selected.is_none() => {
            return Ok((term, place));
        }
        Term::Again => {
            return problem("a page is looked at again after something was selected".to_owned(), "select it once");
        }
        _ => return Ok((term, place)),
    }
    let cell = |name: &str| state.cells.get(name).copied().unwrap_or(0);
    if cell("npages") != 1 {
        return problem(
            format!("the round fills in {} entries of src", cell("npages")),
            "one page, one entry: npages++ once",
        );
    }
    let flags = match &state.selected {
        Some(Value::Flags(set)) => set.clone(),
        Some(Value::Int(0)) => BTreeSet::new(),
        _ => return problem("what src says of the page is not known".to_owned(), "zero, or flags"),
    };
    let (migrates, has_frame) = (flags.contains("MIGRATE_PFN_MIGRATE"), flags.contains("frame"));
    let hole = migrates && !has_frame;
    let holes = kinds::of(Action::CollectHole).unwrap_or(0);
    let collectable = kinds::of(Action::Collectable).unwrap_or(0);
    if migrates && has_frame && !installed {
        return problem(
            "src says that the page migrates, and no migration entry was installed".to_owned(),
            "the model takes a page as collected when its migration entry is installed",
        );
    }
    if installed && !(migrates && has_frame) {
        return problem(
            "a migration entry was installed, and src says that the page does not migrate".to_owned(),
            "nobody would remove it",
        );
    }
    if (cell("cpages") == 1) != migrates || cell("cpages") > 1 {
        return problem(
            format!(
                "cpages grows by {} for a page that is {}selected",
                cell("cpages"),
                if migrates { "" } else { "not " }
            ),
            "migrate_vma_setup() looks at cpages",
        );
    }
    let wrong = if hole { state.kinds & !holes } else { state.kinds & holes };
    if wrong != 0 {
        return problem(
            format!("an entry that is {} is {}a hole here", kinds::words(wrong), if hole { "" } else { "not " }),
            "CollectHole of the model is nothing, or the zero page on the way to the device: this needs a step of its own",
        );
    }
    if installed && state.kinds & !collectable != 0 {
        return problem(
            format!("an entry that is {} is collected here", kinds::words(state.kinds & !collectable)),
            "Collectable of the model is a normal page on the way to the device, or a device-private entry on the way back",
        );
    }
    // W of the entry goes to the driver too.
    let writable = state.known.iter().rev().find_map(|(atom, holds)| match atom {
        crate::tree::Atom::Bit(Action::PteWritable, _) => Some(*holds),
        _ => None,
    });
    if installed && writable != Some(flags.contains("MIGRATE_PFN_WRITE")) {
        return problem(
            "src says of W something else than the entry".to_owned(),
            "MIGRATE_PFN_WRITE where the entry has W",
        );
    }
    Ok((Term::Next { hole }, place))
}
