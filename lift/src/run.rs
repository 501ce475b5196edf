//! One path through a function: its statements, one after the other.
//!
//! Wherever the outcome is not known, a list of decisions says which way to go; [`crate::explore`] tries all.

use crate::marks::{Marked, Pending, shown};
use crate::notes::{Asked, Notes, Question};
use crate::parse::{Source, declared, pieces, type_name};
use crate::state::{Frame, State, Variable};
use crate::subject::Subject;
use crate::table::{Row, Table};
use crate::tree::{Atom, Event, Label, Place as Where, Term};
use crate::value::{Place, Value};
use impls::text::Problem;
use model::Action;
use model::listing::Doing;
use std::collections::BTreeMap;
use tree_sitter::Node;

/// Why a path goes no further.
#[derive(Debug)]
pub enum Stop {
    /// It cannot be lifted.
    Refused(Box<Problem>),
    /// It ends.
    End(Term, Where),
}

/// What comes of a piece of C.
pub type Run<T> = Result<T, Stop>;

/// Where control goes from a statement.
pub enum Flow {
    /// To the next one.
    On,
    /// Out of the loop.
    Break,
    /// To its next round.
    Continue,
    /// Out of the function.
    Return(Value, Where),
    /// To a label.
    Goto(String, Where),
}

/// Which part of a function is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// From its start to the loop over the pages, or to its end.
    Head,
    /// One round of the loop, and what follows if it is left.
    Round,
    /// What follows when the loop is over.
    Tail,
}

/// Statements on one path: more is a loop that does not end.
const LONGEST: usize = 1_500;
/// Rounds of a loop that is no loop over pages.
const ROUNDS: usize = 6;

/// One path as it runs.
pub struct Runner<'a> {
    /// The file.
    pub source: &'a Source,
    /// Its functions.
    pub functions: &'a BTreeMap<&'a str, Node<'a>>,
    /// The kernel's names.
    pub table: &'a Table,
    /// The function that is lifted.
    pub subject: &'a Subject,
    /// What is learned beside.
    pub notes: &'a mut Notes,
    /// The answers to what is not known.
    pub decisions: Vec<bool>,
    /// How many were used.
    pub asked: usize,
    /// What has happened.
    pub events: Vec<Event>,
    /// What is known.
    pub state: State,
    /// Which part runs.
    pub part: Part,
    /// The loop over the pages: where to go first, and what was there when it was reached.
    pub resume: Option<usize>,
    /// The loop, once it is known.
    pub the_loop: Option<usize>,
    /// Whether the word that a clear gives back is put somewhere.
    pub kept: bool,
    /// The statement that runs.
    pub statement: Where,
    /// The same and those around it.
    pub open: Vec<(usize, usize)>,
    /// What is taken as known, of what the expression that is read depends on.
    pub by_fact: Option<String>,
    /// The same of the branch that runs.
    pub under_fact: Option<String>,
    /// What a listing has no line for, as far as this path has come.
    pub pending: Vec<Pending>,
    /// How many have run.
    pub count: usize,
    /// Expressions with types for variables, by piece.
    pub canonical: &'a mut BTreeMap<usize, String>,
}

impl<'a> Runner<'a> {
    /// It cannot be lifted: what was found where, what was expected, what to do.
    pub fn refuse<T>(
        &self,
        node: Node<'_>,
        what: impl Into<String>,
        expected: &str,
        help: impl Into<String>,
    ) -> Run<T> {
        Err(Stop::Refused(Box::new(Problem::error(node.byte_range(), what, expected).help(help))))
    }

    /// Something happens here.
    pub fn emit(&mut self, label: Label, node: Node<'_>) {
        self.events.push(Event::Do(label, node.byte_range()));
        self.forget();
    }

    /// What others may have changed is not known any more.
    pub fn forget(&mut self) {
        let locked = self.subject.locked;
        let set = Label::Do(Doing::Step(Action::SetSwapBacked));
        let changed = matches!(self.events.last(), Some(Event::Do(label, _)) if *label == set);
        let stays = |atom: &Atom| match atom {
            Atom::Pure(Action::InSwapCache) => locked,
            // Isolated from the LRU, nobody else makes it lazyfree.
            Atom::Pure(Action::SwapBacked) => locked && !changed,
            Atom::Pure(action) => crate::bisim::lasts(*action),
            Atom::RefsExplained => false,
            _ => true,
        };
        self.state.known.retain(|(atom, _)| stays(atom));
    }

    /// Something is asked here, whether it is known or not.
    fn asks(&mut self, atom: &Atom, node: Node<'_>) {
        if let Some(asked) = Asked::of(atom) {
            let statement = self.open.last().copied().unwrap_or((node.start_byte(), node.end_byte()));
            let place = (node.start_byte(), node.end_byte());
            self.notes.asked.insert(Question { asked, statement, place });
        }
    }

    /// Asks what is not known.
    pub fn ask(&mut self, atom: Atom, node: Node<'_>) -> bool {
        self.asks(&atom, node);
        if let Some(answer) = self.state.answer(&atom) {
            return answer;
        }
        let answer = self.decide();
        self.events.push(Event::Ask(atom.clone(), answer, node.byte_range()));
        if atom == Atom::Pure(Action::Exclusive) {
            self.state.exclusive = Some(answer);
        }
        self.state.known.push((atom, answer));
        answer
    }

    /// The next decision: yes where none was made so far.
    pub fn decide(&mut self) -> bool {
        if self.asked == self.decisions.len() {
            self.decisions.push(true);
        }
        self.asked += 1;
        self.decisions[self.asked - 1]
    }

    /// Asks whether the entry is of some kinds.
    pub fn ask_kind(&mut self, set: u32, node: Node<'_>) -> bool {
        self.asks(&Atom::Kind(set), node);
        let (yes, no) = (self.state.kinds & set, self.state.kinds & !set);
        if yes == 0 || no == 0 {
            // The function sees no others.
            let all = self.subject.kinds;
            if all != 0 && (all & set == 0 || all & !set == 0) {
                let what = format!("{} has entries that are {}", self.subject.name, crate::kinds::words(all));
                self.by_fact.get_or_insert(what);
            }
            return yes != 0;
        }
        let answer = self.decide();
        self.events.push(Event::Ask(Atom::Kind(set), answer, node.byte_range()));
        self.state.kinds = if answer { yes } else { no };
        answer
    }

    /// The row of a name: of this function alone, or of all.
    pub fn row(&mut self, name: &str) -> Option<Row> {
        let own = format!("{}:{name}", self.subject.name);
        let row = self.table.get(&own).filter(|r| r.name == own).or_else(|| self.table.get(name))?;
        self.notes.used(row);
        Some(row.clone())
    }

    /// Runs a function from its first line.
    pub fn function(&mut self, function: Node<'a>) -> Run<Flow> {
        match function.child_by_field_name("body") {
            Some(body) => self.statement(body),
            None => {
                self.refuse(function, "a function without a body", "expected `{`", "give the file that defines it")
            }
        }
    }

    /// A statement, and what it did.
    pub fn statement(&mut self, node: Node<'a>) -> Run<Flow> {
        if self.resume.is_some() || !crate::notes::STATEMENTS.contains(&node.kind()) {
            return self.any_statement(node);
        }
        let (place, before) = ((node.start_byte(), node.end_byte()), self.events.len());
        self.open.push(place);
        self.by_fact = None;
        let flow = self.any_statement(node);
        self.open.pop();
        let effect = self.notes.effects.entry(place).or_default();
        effect.seen = true;
        for event in &self.events[before.min(self.events.len())..] {
            match event {
                Event::Do(..) | Event::Ask(Atom::Act(_), ..) => effect.does = true,
                Event::Ask(..) => effect.asks = true,
            }
        }
        effect.does |= !matches!(flow, Ok(Flow::On) | Err(_));
        flow
    }

    /// What sets a variable changes it.
    pub fn sets(&mut self) {
        for place in &self.open {
            self.notes.effects.entry(*place).or_default().sets = true;
        }
    }

    /// A statement, or on the way to the loop nothing.
    fn any_statement(&mut self, node: Node<'a>) -> Run<Flow> {
        if let Some(target) = self.resume
            && !(node.start_byte() <= target && target < node.end_byte())
        {
            return Ok(Flow::On);
        }
        if self.resume.is_none() {
            self.count += 1;
            if self.count > LONGEST {
                return self.refuse(
                    node,
                    "a path without an end",
                    "a loop?",
                    "only the loop over the entries is lifted",
                );
            }
            self.notes.visited(node);
            if node.kind() != "compound_statement" {
                self.statement = node.byte_range();
            }
        }
        match node.kind() {
            "compound_statement" => self.block(node),
            "labeled_statement" => {
                let inner = pieces(node).into_iter().skip(1).next_back();
                inner.map_or(Ok(Flow::On), |inner| self.statement(inner))
            }
            "expression_statement" => {
                if let [expression] = pieces(node).as_slice() {
                    self.kept = false;
                    self.value(*expression)?;
                }
                Ok(Flow::On)
            }
            "declaration" => self.declaration(node),
            "if_statement" => self.branch(node),
            "for_statement" | "while_statement" | "do_statement" => self.any_loop(node),
            "goto_statement" => {
                let label = node.child_by_field_name("label").map_or("", |l| self.source.of(l));
                Ok(Flow::Goto(label.to_owned(), node.byte_range()))
            }
            "break_statement" => Ok(Flow::Break),
            "continue_statement" => Ok(Flow::Continue),
            "return_statement" => {
                self.kept = true;
                let value = match pieces(node).as_slice() {
                    [value] => self.value(*value)?,
                    _ => Value::Opaque("nothing".to_owned()),
                };
                Ok(Flow::Return(value, node.byte_range()))
            }
            "comment" | ";" => Ok(Flow::On),
            kind => self.refuse(
                node,
                format!("a {} cannot be lifted", kind.replace('_', " ")),
                "here",
                "write it with if, goto and the loop over the entries",
            ),
        }
    }

    /// Statements one after the other; a jump finds its label here, or goes on to the block around.
    fn block(&mut self, node: Node<'a>) -> Run<Flow> {
        let statements = pieces(node);
        let mark = self.state.frames.last().map_or(0, |f| f.variables.len());
        let resumed = self.resume.is_some();
        let mut at = 0;
        while at < statements.len() {
            let flow = self.statement(statements[at])?;
            at += 1;
            match flow {
                Flow::On => {}
                Flow::Goto(label, place) => match statements.iter().position(|s| self.has_label(*s, &label)) {
                    Some(there) => at = there,
                    None => return Ok(self.leave_block(mark, resumed, Flow::Goto(label, place))),
                },
                flow => return Ok(self.leave_block(mark, resumed, flow)),
            }
        }
        Ok(self.leave_block(mark, resumed, Flow::On))
    }

    fn leave_block(&mut self, mark: usize, resumed: bool, flow: Flow) -> Flow {
        // A block that was entered in its middle has variables from before.
        if !resumed && let Some(frame) = self.state.frames.last_mut() {
            frame.variables.truncate(mark);
        }
        flow
    }

    fn has_label(&self, node: Node<'_>, label: &str) -> bool {
        node.kind() == "labeled_statement"
            && (node.child_by_field_name("label").is_some_and(|l| self.source.of(l) == label)
                || pieces(node).into_iter().skip(1).any(|inner| self.has_label(inner, label)))
    }

    fn declaration(&mut self, node: Node<'a>) -> Run<Flow> {
        let of = type_name(self.source, node);
        let mut cursor = node.walk();
        let all: Vec<_> = node.children_by_field_name("declarator", &mut cursor).collect();
        for declarator in all {
            let (inner, value) = match declarator.kind() {
                "init_declarator" => {
                    (declarator.child_by_field_name("declarator"), declarator.child_by_field_name("value"))
                }
                _ => (Some(declarator), None),
            };
            let Some((name, pointer)) = inner.and_then(|d| declared(self.source, d)) else {
                return self.refuse(
                    declarator,
                    "a declaration that cannot be read",
                    "expected a variable, or a pointer to something that is no function",
                    "which function a pointer calls is not known",
                );
            };
            self.kept = true;
            // An array holds what nobody looks at.
            let array = inner.is_some_and(|d| d.kind() == "array_declarator");
            let unset = if array { Value::Opaque(of.clone()) } else { Value::Unset };
            let value = value.map_or(Ok(unset), |v| self.value(v))?;
            self.declare(name, &of, pointer, value);
        }
        Ok(Flow::On)
    }

    /// A new variable. A pointer to an entry is of another type than the entry.
    pub fn declare(&mut self, name: &str, of: &str, pointer: bool, value: Value) {
        let of = pointed(of, pointer);
        let set_by = self.open.last().copied().unwrap_or_default();
        if value != Value::Unset {
            self.sets();
        }
        let by_fact = self.by_fact.clone().or(self.under_fact.clone()).filter(|_| is_plain(&value));
        if let Some(frame) = self.state.frames.last_mut() {
            frame.variables.push(Variable { name: name.to_owned(), of, value, set_by, by_fact });
        }
    }

    fn branch(&mut self, node: Node<'a>) -> Run<Flow> {
        let part = |name| node.child_by_field_name(name);
        if self.resume.is_some() {
            // The loop stands inside.
            let inside = part("consequence").into_iter().chain(part("alternative"));
            for inner in inside {
                self.statement(inner)?;
            }
            return Ok(Flow::On);
        }
        let Some(condition) = part("condition") else { return Ok(Flow::On) };
        self.kept = true;
        let before = self.events.len();
        let inner = if self.holds(condition)? {
            part("consequence")
        } else {
            part("alternative").and_then(|a| pieces(a).into_iter().next())
        };
        let decided = self.by_fact.clone().filter(|_| self.events.len() == before);
        let under = self.under_fact.clone();
        if self.events.len() == before {
            let (text, why) = (self.canonical(condition), decided.clone().unwrap_or_default());
            self.mark(Marked::Decided, "if", text, condition, &why, true);
        }
        if let Some(why) = &decided {
            self.under_fact.get_or_insert_with(|| why.clone());
            if let Some(frame) = self.state.frames.last_mut() {
                frame.by_fact.get_or_insert_with(|| why.clone());
            }
        }
        let flow = inner.map_or(Ok(Flow::On), |inner| self.statement(inner));
        self.under_fact = under;
        if decided.is_some() {
            self.notes.inside(condition, &self.events[before.min(self.events.len())..]);
        }
        flow
    }

    fn any_loop(&mut self, node: Node<'a>) -> Run<Flow> {
        let part = |name| node.child_by_field_name(name);
        if self.resume == Some(node.start_byte()) {
            self.resume = None;
            return match self.part {
                Part::Round => self.round(node),
                _ => Ok(Flow::On),
            };
        }
        if let Some(initializer) = part("initializer") {
            match initializer.kind() {
                "declaration" => _ = self.declaration(initializer)?,
                _ => _ = self.value(initializer)?,
            }
        }
        let condition = part("condition");
        if condition.is_some_and(|c| self.runs_over_the_range(c)) {
            return self.reached(node);
        }
        let first = node.kind() != "do_statement";
        for n in 0.. {
            if n == ROUNDS {
                return self.refuse(
                    node,
                    "a loop whose end is not known",
                    "how often?",
                    "only the loop over the entries is lifted",
                );
            }
            if (first || n > 0)
                && let Some(condition) = condition
            {
                self.kept = true;
                if !self.holds(condition)? {
                    break;
                }
            }
            match part("body").map_or(Ok(Flow::On), |body| self.statement(body))? {
                Flow::On | Flow::Continue => {}
                Flow::Break => break,
                flow => return Ok(flow),
            }
            if let Some(update) = part("update") {
                self.value(update)?;
            }
        }
        Ok(Flow::On)
    }

    /// Whether a condition compares an address with the end of the range.
    fn runs_over_the_range(&self, condition: Node<'_>) -> bool {
        let mut node = condition;
        while let ("parenthesized_expression" | "comma_expression", Some(last)) =
            (node.kind(), pieces(node).last())
        {
            node = *last;
        }
        let side = |name| {
            let side = node.child_by_field_name(name).filter(|s| s.kind() == "identifier")?;
            Some(&self.state.variable(self.source.of(side))?.value)
        };
        let operator = node.child_by_field_name("operator").map_or("", |o| self.source.of(o));
        node.kind() == "binary_expression"
            && match (side("left"), side("right")) {
                (Some(Value::Address(_)), Some(Value::End)) => ["!=", "<"].contains(&operator),
                (Some(Value::End), Some(Value::Address(_))) => ["!=", ">"].contains(&operator),
                _ => false,
            }
    }

    /// The loop over the pages is reached: for the first time, or by a jump back.
    fn reached(&mut self, node: Node<'a>) -> Run<Flow> {
        if self.state.frames.len() > 1 {
            return self.refuse(
                node,
                "a loop over the range in a helper",
                "expected in the function itself",
                "lift that function",
            );
        }
        let place = self.statement.clone();
        if self.part == Part::Head {
            self.the_loop = Some(node.start_byte());
            return Err(Stop::End(Term::Loop, place));
        }
        if self.the_loop != Some(node.start_byte()) {
            return self.refuse(
                node,
                "a second loop over the range",
                "expected one",
                "a listing of this function has one loop",
            );
        }
        self.round_is_over(node)
    }

    fn round(&mut self, node: Node<'a>) -> Run<Flow> {
        let part = |name| node.child_by_field_name(name);
        self.statement = node.byte_range();
        match part("body").map_or(Ok(Flow::On), |body| self.statement(body))? {
            Flow::On | Flow::Continue => {}
            Flow::Break => return Ok(Flow::On),
            flow => return Ok(flow),
        }
        let update = match node.kind() {
            "do_statement" => part("condition"),
            _ => part("update"),
        };
        if let Some(update) = update {
            self.update(update)?;
        }
        self.round_is_over(node)
    }

    /// What moves on to the next page: all of a comma expression but a comparison.
    fn update(&mut self, node: Node<'a>) -> Run<()> {
        match node.kind() {
            "parenthesized_expression" | "comma_expression" => {
                pieces(node).into_iter().try_for_each(|inner| self.update(inner))
            }
            "binary_expression" => Ok(()),
            _ => self.value(node).map(|_| ()),
        }
    }

    /// Everything that moves has to have moved by one page, or by none.
    fn round_is_over(&mut self, node: Node<'a>) -> Run<Flow> {
        let lost = self.state.frames[0].variables.iter().find(|v| {
            self.subject.moving.contains(&v.name) && !matches!(v.value, Value::Address(_) | Value::Entry(_))
        });
        if let Some(lost) = lost {
            return self.refuse(
                node,
                format!("where {} stands at the end of the round is not known", lost.name),
                "expected the address and the entry one page on, or where they were",
                "a listing goes through the pages one by one, or repeats the page",
            );
        }
        let moving = self.state.frames[0].variables.iter().filter_map(|v| match v.value {
            Value::Address(place) | Value::Entry(place) => Some((v, place)),
            _ => None,
        });
        let moving: Vec<_> = moving.filter(|(v, _)| self.subject.moving.contains(&v.name)).collect();
        let first = moving.first().map(|(_, place)| *place);
        let together = moving.iter().all(|(_, place)| Some(*place) == first);
        let term = match first {
            Some(place) if together && place == Place::HERE => Term::Again,
            // A batch goes on by all its entries.
            Some(place) if together && place == Place { pages: 1, ..Place::HERE } && !self.state.batched => {
                Term::Next { hole: false }
            }
            Some(Place { round: true, pages: 0, batch: true }) if together && self.state.batched => {
                Term::Next { hole: false }
            }
            // The first look at a loop, to see what moves.
            Some(
                Place { round: false, pages: 1, batch: false } | Place { round: false, pages: 0, batch: true },
            )
            | None => Term::Next { hole: false },
            _ => {
                let names: Vec<_> = moving
                    .iter()
                    .map(|(v, p)| {
                        let batch = if p.batch { " and a batch" } else { "" };
                        format!("{} {}{:+}{batch}", v.name, if p.round { "" } else { "at the start " }, p.pages)
                    })
                    .collect();
                return self.refuse(
                    node,
                    format!("the round does not end at the next page: {}", names.join(", ")),
                    "expected the address and the entry one page or one batch on, or where they were",
                    "a listing goes through the pages one by one, or repeats the page",
                );
            }
        };
        Err(Stop::End(term, self.statement.clone()))
    }

    /// A function of the file that is read through.
    pub fn inline(&mut self, name: &str, call: Node<'a>, arguments: &[Node<'a>]) -> Run<Value> {
        let function = self.functions[name];
        if self.state.frames.iter().any(|f| f.function == name) {
            return self.refuse(call, format!("{name}() calls itself"), "here", "a listing has no recursion");
        }
        if let Some(problem) = self.source.broken(function) {
            return Err(Stop::Refused(Box::new(problem)));
        }
        let mut frame = Frame { function: name.to_owned(), variables: Vec::new(), by_fact: None };
        let parameters = parameters(self.source, function);
        if parameters.len() != arguments.len() {
            return self.refuse(
                call,
                format!("{name}() with {} arguments", arguments.len()),
                "here",
                "expected as many as it has parameters",
            );
        }
        for ((parameter, of, pointer), argument) in parameters.into_iter().zip(arguments) {
            self.kept = true;
            let outer = self.by_fact.take();
            let value = self.value(*argument)?;
            // On a path that the model does not have the helper may look at it.
            if of.contains('#')
                && let Some(told) = shown(&value)
            {
                let why = "a number that no step here depends on";
                self.mark(Marked::Told, name, format!("{of}: {told}"), *argument, why, true);
            }
            let of = pointed(&of, pointer);
            let set_by = self.open.last().copied().unwrap_or_default();
            let by_fact = self.by_fact.take().filter(|_| is_plain(&value));
            self.by_fact = outer;
            frame.variables.push(Variable { name: parameter, of, value, set_by, by_fact });
        }
        self.state.frames.push(frame);
        let (statement, outer, under) = (self.statement.clone(), self.by_fact.take(), self.under_fact.take());
        let flow = self.function(function)?;
        (self.statement, self.under_fact) = (statement, under);
        let decided = self.state.frames.pop().and_then(|frame| frame.by_fact);
        self.by_fact = outer.or(self.by_fact.take()).or(decided);
        match flow {
            Flow::Return(value, _) => Ok(value),
            Flow::On => Ok(Value::Opaque(format!("{name}()"))),
            Flow::Goto(label, _) => {
                self.refuse(call, format!("{name}() jumps to {label}"), "there is no such label", "here")
            }
            Flow::Break | Flow::Continue => {
                self.refuse(call, format!("{name}() breaks out of nothing"), "here", "")
            }
        }
    }
}

/// A value that decides where a path goes, and says nothing else.
pub const fn is_plain(value: &Value) -> bool {
    matches!(value, Value::Int(_) | Value::Null | Value::Errno(_) | Value::Flags(_))
}

/// The types of numbers and truth values.
const NUMBERS: [&str; 5] = ["int", "bool", "long", "unsigned long", "unsigned int"];

/// A pointer to a number or to an entry is of another type than what it points to; one to a struct goes by the
/// name of the struct.
pub fn pointed(of: &str, pointer: bool) -> String {
    let number = NUMBERS.contains(&of);
    if pointer && (number || of.ends_with("_t")) { format!("{of}*") } else { of.to_owned() }
}

/// The parameters of a function: name, type, whether it is a pointer.
///
/// A number or a truth value goes by the function and the number of the parameter, as `change_pte_range#7`.
pub fn parameters(source: &Source, function: Node<'_>) -> Vec<(String, String, bool)> {
    let named = crate::parse::declarator(function).and_then(|d| d.child_by_field_name("declarator"));
    let name = named.map_or("", |n| source.of(n));
    let list = crate::parse::declarator(function).and_then(|d| d.child_by_field_name("parameters"));
    let all = list.map(pieces).unwrap_or_default();
    let read = |(n, p): (usize, Node<'_>)| {
        let (parameter, pointer) = declared(source, p.child_by_field_name("declarator")?)?;
        let of = type_name(source, p);
        let of = if !pointer && NUMBERS.contains(&of.as_str()) { format!("{name}#{}", n + 1) } else { of };
        Some((parameter.to_owned(), of, pointer))
    };
    all.into_iter().enumerate().filter_map(read).collect()
}
