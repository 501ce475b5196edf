//! Linking: functions become flat code that an actor's program counter walks.

use crate::listing::{Doing, Function, Node};
use crate::{Action, Assumptions, OpKind};

/// A place in the code.
pub type Pc = u16;

/// How an instruction takes part in stepping, worked out once when the code is linked: none of the bits is a
/// step that can always be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Class(u8);

impl Class {
    /// No step: rides along with the one before it.
    pub(crate) const LOCAL: Class = Class(1);
    /// No step either, but the end of the operation, or its beginning once more.
    pub(crate) const LEAVES: Class = Class(1 << 1);
    /// May have to wait.
    pub(crate) const WAITS: Class = Class(1 << 2);
    /// Takes a lock that others may hold: rides along with the step *after* it.
    pub(crate) const RIDES_BEFORE: Class = Class(1 << 3);
    /// The completion of a flush: rides along with the step before it if every CPU has answered.
    pub(crate) const RIDES_BEHIND: Class = Class(1 << 4);

    /// Whether it is of that kind.
    #[inline]
    pub(crate) const fn has(self, kind: Class) -> bool {
        self.0 & kind.0 != 0
    }

    fn of(action: Action) -> Class {
        match action {
            Action::FlushWait => Class(Class::WAITS.0 | Class::RIDES_BEHIND.0),
            Action::MmapReadLock | Action::MmapWriteLock => Class(Class::WAITS.0 | Class::RIDES_BEFORE.0),
            Action::EndOp | Action::Retry => Class::LEAVES,
            a if a.is_local() => Class::LOCAL,
            a if a.may_wait() => Class::WAITS,
            _ => Class(0),
        }
    }
}

/// One instruction: what to do, and where to go if it succeeds or fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instr {
    /// What to do.
    pub action: Action,
    /// How it takes part in stepping.
    pub(crate) class: Class,
    /// Where to go if it succeeds.
    pub next: Pc,
    /// Where to go if it fails.
    pub alt: Pc,
}

impl Instr {
    /// Where to go when it has succeeded or failed.
    #[inline]
    pub(crate) const fn after(self, ok: bool) -> Pc {
        if ok { self.next } else { self.alt }
    }
}

/// The functions of a kernel, linked.
#[derive(Clone, Debug)]
pub struct Code {
    instrs: Vec<Instr>,
    /// The step that each instruction belongs to.
    places: Vec<Place>,
    /// Where functions are called: each call is linked in for itself.
    calls: Vec<Place>,
    names: Vec<&'static str>,
    subjects: Vec<bool>,
    assumed: Assumptions,
    /// By instruction: put in for a function under comparison, or for what such a function calls.
    inside: Vec<bool>,
    entries: [Pc; OpKind::ALL.len()],
    reclaim: Pc,
    populate: Pc,
}

/// A step of a function: the function's number, and the step's, counted from 1 as the function's listing
/// reads; 0 for what the linker put in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    function: u16,
    step: u16,
    /// Which call put the function in, if one did: a number in `calls`, counted from 1.
    call: u16,
}

/// Where a kernel is entered.
pub struct Entries<'a> {
    /// The function that performs an operation.
    pub of: &'a dyn Fn(OpKind) -> &'static str,
    /// A reclaim pass of kswapd.
    pub reclaim: &'static str,
    /// Where an operation goes on that faults its pages in when its own work is done.
    pub populate: &'static str,
}

/// Why functions do not link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkError {
    /// A function calls or jumps to another that there is not.
    Unknown {
        /// The name that was asked for.
        name: &'static str,
        /// Who asks for it; empty for an entry of the kernel.
        by: &'static str,
    },
    /// A function calls itself, maybe through others.
    Recursion {
        /// The function.
        name: &'static str,
    },
    /// A function comes back to where it was without having done anything.
    Spins {
        /// The function.
        name: &'static str,
    },
    /// The code has more instructions than there are places.
    TooLong,
}

impl core::fmt::Display for LinkError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            LinkError::Unknown { name, by: "" } => write!(f, "the kernel has no function {name}"),
            LinkError::Unknown { name, by } => {
                write!(f, "{by} calls {name}, and there is no function of that name")
            }
            LinkError::Recursion { name } => {
                write!(f, "{name} calls itself; a function is put in where it is called")
            }
            LinkError::Spins { name } => write!(f, "{name} jumps round and round, and no step comes in between"),
            LinkError::TooLong => write!(f, "more than {} instructions", Pc::MAX),
        }
    }
}

impl core::error::Error for LinkError {}

struct Linker<'a> {
    find: &'a dyn Fn(&str) -> Option<&'a Function>,
    subject: &'a dyn Fn(&str) -> bool,
    instrs: Vec<Instr>,
    places: Vec<Place>,
    calls: Vec<Place>,
    inside: Vec<bool>,
    names: Vec<&'static str>,
    /// The functions that are being put in, outermost first.
    open: Vec<&'static str>,
    /// The function and step that instructions are put in for.
    place: Place,
    /// How many steps of the function have been counted.
    steps: u16,
    jumps: Vec<(usize, &'static str)>,
    error: Option<LinkError>,
}

/// Where control goes from a block: the end of the enclosing function, its failing end, and the next round of
/// the enclosing loop.
#[derive(Clone, Copy)]
struct Scope {
    end: Pc,
    fail: Pc,
    next: Pc,
    again: Pc,
}

impl Linker<'_> {
    fn emit(&mut self, action: Action) -> usize {
        let at = self.instrs.len();
        if at >= Pc::MAX as usize {
            self.error.get_or_insert(LinkError::TooLong);
            return at - 1;
        }
        let next = at as Pc + 1;
        self.instrs.push(Instr { action, class: Class::of(action), next, alt: next });
        self.places.push(self.place);
        self.inside.push(self.open.iter().any(|name| (self.subject)(name)));
        at
    }

    fn here(&self) -> Pc {
        self.instrs.len() as Pc
    }

    fn goto(&mut self, to: Pc) {
        let at = self.emit(Action::Goto);
        self.instrs[at].next = to;
    }

    /// A `Goto` placed before the code that it is to leave, so that its target can be filled in later.
    fn label(&mut self) -> usize {
        let skip = self.emit(Action::Goto);
        let label = self.emit(Action::Goto);
        self.instrs[skip].next = self.here();
        label
    }

    /// Emits an action, and what always follows it: the completion of a flush, the second half of the
    /// exclusive protocol. Returns its place, where it can fail, and that of its last part, where it has
    /// succeeded.
    fn action(&mut self, action: Action) -> (usize, usize) {
        self.steps += 1;
        self.place.step = self.steps;
        let at = self.emit(action);
        let last = if action.is_flush() {
            self.emit(Action::FlushWait);
            self.emit(Action::FlushAgain);
            self.emit(Action::FlushWait)
        } else if action == Action::ShareAnon {
            self.emit(Action::ClearExclusive)
        } else {
            at
        };
        self.place.step = 0;
        (at, last)
    }

    /// Puts a function in. Returns the label that its failing ways out go to, to be filled in, if it has any;
    /// where it succeeds it falls out of the end.
    fn call(&mut self, name: &'static str) -> usize {
        self.steps += 1;
        let end = self.label();
        let fail = self.label();
        match (self.find)(name) {
            None => {
                let by = self.open.last().copied().unwrap_or_default();
                self.error.get_or_insert(LinkError::Unknown { name, by });
            }
            Some(_) if self.open.contains(&name) => {
                self.error.get_or_insert(LinkError::Recursion { name });
            }
            // Functions that call each other many times over would take for ever to be too long.
            Some(_) if self.error.is_some() => {}
            Some(function) => {
                let (place, steps) = (self.place, std::mem::take(&mut self.steps));
                self.open.push(name);
                self.calls.push(Place { step: steps, ..place });
                self.place = Place { function: self.number(name), step: 0, call: self.calls.len() as u16 };
                let (end, fail) = (end as Pc, fail as Pc);
                self.block(&function.body, Scope { end, fail, next: end, again: end });
                (self.place, self.steps) = (place, steps);
                self.open.pop();
            }
        }
        self.instrs[end].next = self.here();
        fail
    }

    fn number(&mut self, name: &'static str) -> u16 {
        let known = self.names.iter().position(|n| *n == name);
        known.unwrap_or_else(|| {
            self.names.push(name);
            self.names.len() - 1
        }) as u16
    }

    /// Emits what a line does. Where it succeeds it falls out of the end; returned is the label that its
    /// failure goes to, if it is to be told apart.
    fn doing(&mut self, what: Doing, apart: bool) -> usize {
        match what {
            Doing::Call(name) => self.call(name),
            Doing::Step(action) => {
                let (at, last) = self.action(action);
                if apart {
                    let over = self.emit(Action::Goto);
                    let failed = self.emit(Action::Goto);
                    self.instrs[last].next = over as Pc;
                    self.instrs[last].alt = over as Pc;
                    self.instrs[at].alt = failed as Pc;
                    self.instrs[over].next = self.here();
                    failed
                } else {
                    let past = self.emit(Action::Goto);
                    self.instrs[at].alt = past as Pc;
                    past
                }
            }
        }
    }

    fn block(&mut self, nodes: &[Node], scope: Scope) {
        for node in nodes {
            match node {
                Node::Do(what, other) if other.is_empty() => {
                    let past = self.doing(*what, false);
                    self.instrs[past].next = self.here();
                }
                Node::Do(what, other) => {
                    let failed = self.doing(*what, true);
                    let over = self.emit(Action::Goto);
                    self.instrs[failed].next = self.here();
                    self.block(other, scope);
                    self.instrs[over].next = self.here();
                }
                Node::If(what, yes, no) => {
                    let failed = self.doing(*what, true);
                    self.block(yes, scope);
                    let over = self.emit(Action::Goto);
                    self.instrs[failed].next = self.here();
                    self.block(no, scope);
                    self.instrs[over].next = self.here();
                }
                Node::EachPage(body) => {
                    self.emit(Action::FirstPage);
                    let again = self.label();
                    let top = self.here();
                    self.block(body, Scope { next: again as Pc, again: top, ..scope });
                    self.instrs[again].next = self.here();
                    let more = self.emit(Action::MorePages);
                    self.instrs[more].next = top;
                    self.instrs[more].alt = self.here();
                }
                Node::EachMapping(body) => {
                    self.emit(Action::FirstMapping);
                    let again = self.label();
                    let leave = self.label();
                    let fail = self.label();
                    let top = self.here();
                    self.block(body, Scope { end: leave as Pc, fail: fail as Pc, next: again as Pc, again: top });
                    self.instrs[again].next = self.here();
                    let more = self.emit(Action::MoreMappings);
                    self.instrs[more].next = top;
                    let over = self.emit(Action::Goto);
                    self.instrs[more].alt = over as Pc;
                    // Leaving the function out of the loop ends the walk too.
                    for (label, to) in [(leave, scope.end), (fail, scope.fail)] {
                        self.instrs[label].next = self.here();
                        self.emit(Action::EndMappings);
                        self.goto(to);
                    }
                    self.instrs[over].next = self.here();
                }
                Node::Why(_) | Node::Remark(_) => {}
                Node::Again => self.goto(scope.again),
                Node::Next => self.goto(scope.next),
                Node::Return => self.goto(scope.end),
                Node::Fail => self.goto(scope.fail),
                Node::Retry => {
                    self.emit(Action::Retry);
                }
                Node::Finish => {
                    self.emit(Action::EndOp);
                }
                Node::Jump(name) => {
                    let at = self.emit(Action::Goto);
                    self.jumps.push((at, name));
                }
            }
        }
    }
}

impl Code {
    /// Links functions: each is put in where it is called, from the entries on. `subject` tells the functions
    /// under comparison, `assumed` what judges excuse of the others.
    ///
    /// # Errors
    /// If a function is missing or recursive, or the code is too long.
    pub fn link<'a>(
        find: &'a dyn Fn(&str) -> Option<&'a Function>,
        entries: &Entries,
        subject: &'a dyn Fn(&str) -> bool,
        assumed: Assumptions,
    ) -> Result<Code, LinkError> {
        let mut linker = Linker {
            find,
            subject,
            instrs: Vec::new(),
            places: Vec::new(),
            calls: Vec::new(),
            inside: Vec::new(),
            names: Vec::new(),
            open: Vec::new(),
            place: Place { function: 0, step: 0, call: 0 },
            steps: 0,
            jumps: Vec::new(),
            error: None,
        };
        let roots = OpKind::ALL.map(|kind| (entries.of)(kind));
        let mut wanted: Vec<_> = roots.into_iter().chain([entries.reclaim, entries.populate]).collect();
        let mut starts: Vec<(&str, Pc)> = Vec::new();
        while let Some(name) = wanted.pop() {
            if starts.iter().any(|(n, _)| *n == name) {
                continue;
            }
            starts.push((name, linker.here()));
            let fail = linker.call(name);
            linker.instrs[fail].next = linker.here();
            linker.emit(Action::EndOp);
            wanted.extend(linker.jumps.iter().map(|(_, name)| *name));
            if let Some(error) = linker.error {
                return Err(error);
            }
        }
        let find = |name: &str| starts.iter().find(|(n, _)| *n == name).map_or(0, |(_, pc)| *pc);
        let jumps = std::mem::take(&mut linker.jumps);
        for (at, name) in &jumps {
            linker.instrs[*at].next = find(name);
        }
        if let Some(pc) = spins(&linker.instrs) {
            // Where it is a jump that leads back, its function; else the one that has the loop.
            let jump = jumps.iter().find(|(at, _)| *at == pc as usize);
            let own = || linker.names[linker.places[pc as usize].function as usize];
            return Err(LinkError::Spins { name: jump.map_or_else(own, |(_, name)| name) });
        }
        let instrs = thread_gotos(linker.instrs);
        let start = |name: &str| skip(&instrs, find(name));
        let subjects = linker.names.iter().map(|name| subject(name)).collect();
        Ok(Code {
            entries: roots.map(start),
            reclaim: start(entries.reclaim),
            populate: start(entries.populate),
            places: linker.places,
            calls: linker.calls,
            names: linker.names,
            subjects,
            assumed,
            inside: linker.inside,
            instrs,
        })
    }

    /// The instruction at a place.
    #[inline]
    #[must_use]
    pub fn at(&self, pc: Pc) -> Instr {
        self.instrs[pc as usize]
    }

    /// The kernel function that the instruction at a place belongs to.
    #[must_use]
    pub fn function(&self, pc: Pc) -> &'static str {
        self.names[self.places[pc as usize].function as usize]
    }

    /// The step of its function that the instruction at a place belongs to, counted from 1 as the listing
    /// reads: a step before what its failure leads to, a condition before what it guards. `None` for loops.
    #[must_use]
    pub fn step(&self, pc: Pc) -> Option<usize> {
        Some(self.places[pc as usize].step as usize).filter(|n| *n > 0)
    }

    /// The same for a step of the functions under comparison; `None` for what belongs to others.
    #[must_use]
    pub fn subject_step(&self, pc: Pc) -> Option<usize> {
        self.step(pc).filter(|_| self.subjects[self.places[pc as usize].function as usize])
    }

    /// The steps of the functions under comparison that the instruction at a place is part of: its own, and
    /// the calls that lead to it.
    pub fn subject_steps(&self, pc: Pc) -> impl Iterator<Item = usize> + '_ {
        let outside = |place: &Place| Some(self.calls[place.call.checked_sub(1)? as usize]);
        std::iter::successors(Some(self.places[pc as usize]), outside)
            .filter(|place| place.step > 0 && self.subjects[place.function as usize])
            .map(|place| place.step as usize)
    }

    /// What judges excuse.
    #[must_use]
    pub const fn assumed(&self) -> Assumptions {
        self.assumed
    }

    /// Every place that some execution may come to from these, as far as the code alone tells: each step may
    /// succeed and fail, except that some conditions `never` hold.
    #[must_use]
    pub fn reachable(&self, from: impl IntoIterator<Item = Pc>, never: &[Action]) -> Vec<bool> {
        let mut reached = vec![false; self.instrs.len()];
        let mut open: Vec<Pc> = from.into_iter().collect();
        while let Some(pc) = open.pop() {
            let Some(seen) = reached.get_mut(pc as usize).filter(|seen| !**seen) else { continue };
            *seen = true;
            let instr = self.at(pc);
            match instr.action {
                // The operation is over, or begins again where it has begun before.
                Action::EndOp | Action::Retry => {}
                Action::BeginPopulate => open.extend([instr.next, instr.alt, self.populate]),
                action if never.contains(&action) => open.push(instr.alt),
                _ => open.extend([instr.next, instr.alt]),
            }
        }
        reached
    }

    /// Whether the instruction at a place is one of a function under comparison, or of what such a function
    /// calls.
    #[must_use]
    pub fn in_subject(&self, pc: Pc) -> bool {
        self.inside[pc as usize]
    }

    /// Where an operation starts. kswapd's page-out is a reclaim pass, not a system call.
    #[inline]
    #[must_use]
    pub fn entry(&self, kind: OpKind, kswapd: bool) -> Pc {
        if kswapd { self.reclaim } else { self.entries[kind as usize] }
    }

    /// Where an operation goes on that faults its pages in when its own work is done.
    #[inline]
    #[must_use]
    pub fn populate(&self) -> Pc {
        self.populate
    }

    /// How many instructions there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.instrs.len()
    }

    /// Whether there is no instruction at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.instrs.is_empty()
    }
}

fn skip(instrs: &[Instr], mut pc: Pc) -> Pc {
    while instrs[pc as usize].action == Action::Goto {
        pc = instrs[pc as usize].next;
    }
    pc
}

/// A `Goto` that leads back to itself through nothing but others.
fn spins(instrs: &[Instr]) -> Option<Pc> {
    let goto = |pc: Pc| instrs.get(pc as usize).is_some_and(|i| i.action == Action::Goto);
    let mut seen = vec![0; instrs.len()];
    for from in 0..instrs.len() as Pc {
        let mut pc = from;
        while goto(pc) && seen[pc as usize] == 0 {
            seen[pc as usize] = from as usize + 1;
            pc = instrs[pc as usize].next;
        }
        if goto(pc) && seen[pc as usize] == from as usize + 1 {
            // Of those in the circle, the last: a jump stands behind what it leads to.
            let circle = std::iter::successors(Some(instrs[pc as usize].next), |at| {
                (*at != pc).then(|| instrs[*at as usize].next)
            });
            return circle.max();
        }
    }
    None
}

/// Points every way out past the `Goto`s, so that stepping never sees one.
fn thread_gotos(instrs: Vec<Instr>) -> Vec<Instr> {
    let n = instrs.len() as Pc;
    instrs
        .iter()
        .map(|i| Instr {
            next: if i.next < n { skip(&instrs, i.next) } else { i.next },
            alt: if i.alt < n { skip(&instrs, i.alt) } else { i.alt },
            ..*i
        })
        .collect()
}
