//! Linking: listings become flat code that an actor's program counter walks.

use crate::listing::Node;
use crate::{Action, OpKind};

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

/// The environment's listings and one version's listing of the operation under comparison, linked.
#[derive(Clone, Debug)]
pub struct Code {
    instrs: Vec<Instr>,
    functions: Vec<&'static str>,
    subject_steps: Vec<u16>,
    entries: [Pc; OpKind::ALL.len()],
    reclaim: Pc,
    populate: Pc,
}

/// A named listing.
pub type Named = (&'static str, Vec<Node>);

/// The name under which the environment calls the operation under comparison.
pub const SUBJECT: &str = "collect";
/// The kernel function that the operation under comparison models, where its listing does not name it.
const SUBJECT_FUNCTION: &str = "migrate_vma_collect_pmd";

struct Linker<'a> {
    named: &'a [Named],
    subject: &'a [Node],
    instrs: Vec<Instr>,
    functions: Vec<&'static str>,
    function: &'static str,
    /// The step of the subject that each instruction belongs to; 0 for the environment and for loops.
    subject_steps: Vec<u16>,
    in_subject: bool,
    step: u16,
    steps: u16,
    jumps: Vec<(usize, &'static str)>,
}

/// Where control goes from a block: the end of the enclosing listing and the next round of the enclosing
/// loop.
#[derive(Clone, Copy)]
struct Scope {
    end: Pc,
    next: Pc,
    again: Pc,
}

impl Linker<'_> {
    fn emit(&mut self, action: Action) -> usize {
        let at = self.instrs.len();
        let next = at as Pc + 1;
        self.instrs.push(Instr { action, class: Class::of(action), next, alt: next });
        self.functions.push(self.function);
        self.subject_steps.push(self.step);
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
        if self.in_subject {
            self.steps += 1;
            self.step = self.steps;
        }
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
        self.step = 0;
        (at, last)
    }

    fn block(&mut self, nodes: &[Node], scope: Scope) {
        for node in nodes {
            match node {
                Node::At(function) => self.function = function,
                Node::Do(action, other) => {
                    let (at, last) = self.action(*action);
                    if other.is_empty() {
                        self.instrs[at].alt = self.here();
                    } else {
                        let over = self.emit(Action::Goto);
                        self.instrs[last].next = over as Pc;
                        self.instrs[last].alt = over as Pc;
                        self.instrs[at].alt = self.here();
                        self.block(other, scope);
                        self.instrs[over].next = self.here();
                    }
                }
                Node::If(action, yes, no) => {
                    let (at, _) = self.action(*action);
                    let otherwise = self.label_after(at);
                    self.block(yes, scope);
                    let over = self.emit(Action::Goto);
                    self.instrs[otherwise].next = self.here();
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
                    let top = self.here();
                    self.block(body, Scope { end: leave as Pc, next: again as Pc, again: top });
                    self.instrs[again].next = self.here();
                    let more = self.emit(Action::MoreMappings);
                    self.instrs[more].next = top;
                    let over = self.emit(Action::Goto);
                    self.instrs[more].alt = over as Pc;
                    // Leaving the listing out of the loop ends the walk too.
                    self.instrs[leave].next = self.here();
                    self.emit(Action::EndMappings);
                    self.goto(scope.end);
                    self.instrs[over].next = self.here();
                }
                Node::Why(_) => {}
                Node::Again => self.goto(scope.again),
                Node::Next => self.goto(scope.next),
                Node::Return => self.goto(scope.end),
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
                Node::Call(name) => {
                    let function = self.function;
                    let end = self.label();
                    let named = self.named;
                    let subject = self.subject;
                    let body = if *name == SUBJECT {
                        subject
                    } else {
                        &named.iter().find(|(n, _)| n == name).expect("a listing of that name").1
                    };
                    let outside = std::mem::replace(&mut self.in_subject, *name == SUBJECT);
                    if self.in_subject {
                        self.function = SUBJECT_FUNCTION;
                    }
                    self.block(body, Scope { end: end as Pc, ..scope });
                    self.in_subject = outside;
                    self.instrs[end].next = self.here();
                    self.function = function;
                }
            }
        }
    }

    /// The failing way out of the instruction at `at`, to be filled in later.
    fn label_after(&mut self, at: usize) -> usize {
        let label = self.label();
        self.instrs[at].alt = label as Pc;
        label
    }
}

impl Code {
    /// Links the environment with a version's listing of the operation under comparison.
    ///
    /// # Panics
    /// If a listing calls or jumps to a name that is not in `environment`.
    #[must_use]
    pub fn link(environment: &[Named], subject: &[Node]) -> Code {
        let mut linker = Linker {
            named: environment,
            subject,
            instrs: Vec::new(),
            functions: Vec::new(),
            function: "",
            subject_steps: Vec::new(),
            in_subject: false,
            step: 0,
            steps: 0,
            jumps: Vec::new(),
        };
        let mut starts = Vec::new();
        for (name, nodes) in environment {
            linker.function = name;
            starts.push((*name, linker.here()));
            let end = linker.label();
            linker.block(nodes, Scope { end: end as Pc, next: end as Pc, again: end as Pc });
            linker.instrs[end].next = linker.here();
            linker.emit(Action::EndOp);
        }
        let find = |name: &str| {
            starts.iter().find(|(n, _)| *n == name).unwrap_or_else(|| panic!("no listing is named {name}")).1
        };
        for (at, name) in std::mem::take(&mut linker.jumps) {
            linker.instrs[at].next = find(name);
        }
        let instrs = thread_gotos(linker.instrs);
        let entries = OpKind::ALL.map(|kind| {
            skip(
                &instrs,
                find(match kind {
                    OpKind::Read | OpKind::Write => "access",
                    OpKind::PageOut => "pageout",
                    OpKind::Migrate | OpKind::MigrateRange | OpKind::ToSystem => "migrate",
                    OpKind::Get => "get",
                    OpKind::Put => "put",
                    OpKind::Pin => "pin",
                    OpKind::Unpin => "unpin",
                    OpKind::Free => "free",
                    OpKind::DontNeed => "dontneed",
                    OpKind::Reclaim => "reclaim",
                    OpKind::SwapMax => "swapmax",
                    OpKind::Fork => "fork",
                    OpKind::Exit => "exit",
                    OpKind::ChildRead | OpKind::ChildWrite => "access",
                    OpKind::ChildPageOut => "pageout",
                    OpKind::Protect => "protect",
                    OpKind::Lock => "mlock",
                    OpKind::DeviceExclusive => "device_exclusive",
                    OpKind::DeviceRead | OpKind::DeviceWrite => "device_access",
                    OpKind::GetWrite => "get",
                    OpKind::PinWrite => "pin",
                    OpKind::Dma => "dma",
                }),
            )
        });
        let reclaim = skip(&instrs, find("reclaim"));
        let populate = skip(&instrs, find("populate"));
        Code {
            instrs,
            functions: linker.functions,
            subject_steps: linker.subject_steps,
            entries,
            reclaim,
            populate,
        }
    }

    /// The instruction at a place.
    #[inline]
    #[must_use]
    pub fn at(&self, pc: Pc) -> Instr {
        self.instrs[pc as usize]
    }

    /// The kernel function that the instruction at a place models.
    #[must_use]
    pub fn function(&self, pc: Pc) -> &'static str {
        self.functions[pc as usize]
    }

    /// The step of the operation under comparison that the instruction at a place belongs to, counted from 1
    /// as its listing reads: a step before what its failure leads to, a condition before what it guards.
    /// `None` for what belongs to the environment.
    #[must_use]
    pub fn subject_step(&self, pc: Pc) -> Option<usize> {
        Some(self.subject_steps[pc as usize] as usize).filter(|n| *n > 0)
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
