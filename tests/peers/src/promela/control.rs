//! The control flow of an actor, from the linked listings: which step comes after which, and what rides along
//! with it.
//!
//! An actor rests at a label, one for each instruction that it can rest at, and one between two operations.
//! From there one `d_step` does what one transition of the machine does, and leaves in `next` where the actor
//! rests then.

use super::Outside;
use model::{Action, Code, Op, OpKind, Pc, World};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Where an actor rests between two operations.
const REST: &str = "end_0";
/// What `next` is there; other labels count from 1.
const REST_NUMBER: usize = 0;

/// The process of an actor.
pub fn process(world: &World, actor: usize, ops: &[Op], kswapd: bool, actions: &str) -> Result<String, Outside> {
    let name = format!("active proctype actor{actor}()");
    Flow::new(world, ops, kswapd, actions).write(&name, "")
}

/// The drain: actor 0 goes on when everything is over and no CPU caches anything.
pub fn drain(world: &World, ops: &[Op], actions: &str) -> Result<String, Outside> {
    let cpus = world.programs.actors as usize;
    let drop: Vec<_> =
        (0..cpus).filter(|c| world.cpus(0) & 1 << c != 0).map(|c| format!("tlb[{c}] = 0")).collect();
    let start = format!("    d_step {{ left == 0 -> left = {}; {} }};\n", ops.len(), drop.join("; "));
    Flow::new(world, ops, true, actions).write("active proctype drain()", &start)
}

/// A piece of code that a transition executes, and where it can lead.
type Exits = BTreeSet<usize>;

struct Flow<'a> {
    code: &'a Code,
    /// The operations by where they start.
    entries: BTreeMap<Pc, Vec<usize>>,
    macros: BTreeSet<&'a str>,
    /// The numbers of the places where the actor rests.
    labels: BTreeMap<Pc, usize>,
    /// Those of which nothing is written yet.
    open: Vec<Pc>,
    /// An action that has no Promela.
    missing: Option<Action>,
}

/// What has been done in a transition so far.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nothing but local work.
    Before,
    /// The step.
    After,
}

impl<'a> Flow<'a> {
    fn new(world: &'a World, ops: &[Op], kswapd: bool, actions: &'a str) -> Flow<'a> {
        let mut entries = BTreeMap::<Pc, Vec<usize>>::new();
        for (n, op) in ops.iter().enumerate() {
            let reclaim = kswapd && matches!(op.kind, OpKind::PageOut | OpKind::Reclaim);
            entries.entry(world.code.entry(op.kind, reclaim)).or_default().push(n);
        }
        let names = actions.lines().filter_map(|l| l.strip_prefix("#define "));
        let macros = names.filter_map(|l| l.split([' ', '(']).next()).collect();
        Flow { code: world.code, entries, macros, labels: BTreeMap::new(), open: Vec::new(), missing: None }
    }

    fn write(mut self, head: &str, start: &str) -> Result<String, Outside> {
        let mut text = format!("{head}\n{{\n{}{start}{REST}:\n    if\n", super::declare::REGISTERS);
        for (pc, ops) in self.entries.clone() {
            let begins = format!("{} && {}", self.is_one_of(&ops), self.waits(pc));
            let (body, exits) = self.before(pc, true, 2);
            text += &transition(&begins, &body, &exits);
        }
        if self.entries.is_empty() {
            text += "    :: false -> skip\n";
        }
        text += "    fi;\n";
        while let Some(pc) = self.open.pop() {
            let number = self.labels[&pc];
            writeln!(text, "L{number}: /* {}: {} */", self.code.function(pc), self.code.at(pc).action.name())
                .expect("a string");
            let guard = self.waits(pc);
            let (body, exits) = self.before(pc, true, 2);
            text += "    if\n";
            text += &transition(&guard, &body, &exits);
            text += "    fi;\n";
        }
        text += "}\n";
        // `next` is a short.
        if self.labels.len() > i16::MAX as usize {
            return Err(Outside(format!("{} places where an actor rests", self.labels.len())));
        }
        match self.missing {
            None => Ok(text),
            Some(action) => Err(Outside(format!("the action {}", action.name()))),
        }
    }

    /// The code of a transition that begins or goes on at an instruction. `ready`: it is known not to wait
    /// there.
    fn before(&mut self, pc: Pc, ready: bool, depth: usize) -> (String, Exits) {
        let action = self.code.at(pc).action;
        if action.is_local() && action != Action::FlushWait {
            return self.local(pc, Phase::Before, depth);
        }
        if matches!(action, Action::MmapReadLock | Action::MmapWriteLock) {
            return self.perform(pc, depth, |flow, to, depth| flow.before(to, false, depth));
        }
        let step = |flow: &mut Self, depth| flow.perform(pc, depth, |flow, to, depth| flow.after(to, depth));
        let guard = self.waits(pc);
        if ready || guard == "true" {
            return step(self, depth);
        }
        let (yes, mut exits) = step(self, depth + 1);
        let (no, others) = self.rest_at(pc, depth + 1);
        exits.extend(others);
        (branch(depth, &guard, &yes, &no), exits)
    }

    /// What rides along after the step.
    fn after(&mut self, pc: Pc, depth: usize) -> (String, Exits) {
        let action = self.code.at(pc).action;
        if action == Action::FlushWait {
            let (yes, mut exits) = self.perform(pc, depth + 1, |flow, to, depth| flow.after(to, depth));
            let (no, others) = self.rest_at(pc, depth + 1);
            exits.extend(others);
            return (branch(depth, "W_FlushWait", &yes, &no), exits);
        }
        if action.is_local() {
            return self.local(pc, Phase::After, depth);
        }
        self.rest_at(pc, depth)
    }

    fn local(&mut self, pc: Pc, phase: Phase, depth: usize) -> (String, Exits) {
        let indent = "    ".repeat(depth);
        match self.code.at(pc).action {
            Action::EndOp => {
                let over = "#ifdef JUDGE\nleft--;\n#endif\n";
                let text = format!("{indent}RESET; op++; next = {REST_NUMBER};\n{over}");
                (text, Exits::from([REST_NUMBER]))
            }
            Action::Retry if phase == Phase::After => {
                let (mut text, mut exits) = (format!("{indent}RESET;\n"), Exits::new());
                let entries: Vec<_> = self.entries.iter().map(|(pc, ops)| (*pc, ops.clone())).collect();
                let numbers: Vec<_> = entries.iter().map(|(pc, _)| self.label(*pc)).collect();
                exits.extend(&numbers);
                let mut rest = format!("{indent}next = {};\n", numbers[0]);
                for ((_, ops), number) in entries.iter().zip(&numbers).skip(1) {
                    let inner = format!("{}next = {number};\n", "    ".repeat(depth + 1));
                    rest = branch(depth, &self.is_one_of(ops), &inner, &rest);
                }
                text += &rest;
                (text, exits)
            }
            Action::Retry => unreachable!("an operation starts again without a step"),
            _ => self.perform(pc, depth, |flow, to, depth| match phase {
                Phase::Before => flow.before(to, false, depth),
                Phase::After => flow.after(to, depth),
            }),
        }
    }

    /// An action, and what follows on each of its ways out.
    fn perform(
        &mut self,
        pc: Pc,
        depth: usize,
        mut follow: impl FnMut(&mut Self, Pc, usize) -> (String, Exits),
    ) -> (String, Exits) {
        let instr = self.code.at(pc);
        let name = instr.action.name();
        let indent = "    ".repeat(depth);
        let has = |flow: &Self, prefix: &str| flow.macros.contains(format!("{prefix}_{name}").as_str());
        if let Some(always) = decided(instr.action) {
            return follow(self, if always { instr.next } else { instr.alt }, depth);
        }
        let effect = |flow: &Self, prefix: &str, depth: usize| match has(flow, prefix) {
            true => format!("{}{prefix}_{name};\n", "    ".repeat(depth)),
            false => String::new(),
        };
        if !["W", "C", "T"].iter().any(|prefix| has(self, prefix)) {
            self.missing.get_or_insert(instr.action);
            return (format!("{indent}skip;\n"), Exits::new());
        }
        if !has(self, "C") {
            let (rest, exits) = follow(self, instr.next, depth);
            return (effect(self, "T", depth) + &rest, exits);
        }
        let (yes, mut exits) = follow(self, instr.next, depth + 1);
        let (no, others) = follow(self, instr.alt, depth + 1);
        exits.extend(others);
        let yes = effect(self, "T", depth + 1) + &yes;
        let no = effect(self, "F", depth + 1) + &no;
        if yes == no {
            // Both ways are one: nothing to ask.
            let (rest, exits) = follow(self, instr.next, depth);
            return (effect(self, "T", depth) + &rest, exits);
        }
        (branch(depth, &format!("C_{name}"), &yes, &no), exits)
    }

    fn rest_at(&mut self, pc: Pc, depth: usize) -> (String, Exits) {
        let number = self.label(pc);
        (format!("{}next = {number};\n", "    ".repeat(depth)), Exits::from([number]))
    }

    fn label(&mut self, pc: Pc) -> usize {
        let number = self.labels.len() + 1;
        *self.labels.entry(pc).or_insert_with(|| {
            self.open.push(pc);
            number
        })
    }

    /// What has to hold so that an actor is not blocked at an instruction.
    fn waits(&self, pc: Pc) -> String {
        let guard = format!("W_{}", self.code.at(pc).action.name());
        if self.macros.contains(guard.as_str()) { guard } else { "true".to_owned() }
    }

    fn is_one_of(&self, ops: &[usize]) -> String {
        let terms: Vec<_> = ops.iter().map(|n| format!("op == {n}")).collect();
        format!("({})", terms.join(" || "))
    }
}

/// Actions whose way out the domain of the model decides: one page, one address space, no pin, no child, no
/// device-exclusive page, a swap device that completes in the submitter's context.
fn decided(action: Action) -> Option<bool> {
    use Action as A;
    match action {
        A::Goto | A::FirstPage | A::FirstMapping | A::EndMappings | A::ShareAnon | A::InvalidateMirror => {
            Some(true)
        }
        A::MorePages
        | A::MoreMappings
        | A::WalkerLoads
        | A::OwesDirty
        | A::WriteForbidden
        | A::PteDeviceExclusive
        | A::Unsharing
        | A::BypassesSwapCache
        | A::Bypassing
        | A::MaybePinned
        | A::VmaLocked
        | A::Mlocked
        | A::SwapFull
        | A::WritebackLater
        | A::LargeFolio
        | A::EndIo => Some(false),
        _ => None,
    }
}

fn branch(depth: usize, guard: &str, yes: &str, no: &str) -> String {
    let indent = "    ".repeat(depth);
    format!("{indent}if\n{indent}:: {guard} ->\n{yes}{indent}:: else ->\n{no}{indent}fi;\n")
}

/// One atomic step, as an option, and the jump to where the actor rests then.
fn transition(guard: &str, body: &str, exits: &Exits) -> String {
    let name = |n: usize| if n == REST_NUMBER { REST.to_owned() } else { format!("L{n}") };
    let step = format!("d_step {{\n        {guard} ->\n{body}        skip\n    }};");
    match exits.iter().collect::<Vec<_>>()[..] {
        [only] => format!("    :: {step} goto {}\n", name(*only)),
        _ => {
            let ways: Vec<_> = exits.iter().map(|n| format!(":: next == {n} -> goto {}", name(*n))).collect();
            format!("    :: atomic {{ {step} if {} fi }}\n", ways.join(" "))
        }
    }
}
