//! An execution written down step by step, with what is to be said of its finding.

use crate::diagnosis::{CauseKind, Diagnosis, diagnose};
use crate::execution::{End, Observer, Replay, Summary, execute};
use crate::finding::{Finding, Judge, Judges, Rule};
use crate::guard::{guarded, quietly};
use crate::judged::Judged;
use crate::livelock::{Cycle, cycle};
use crate::places::{Resolved, Stopped, resolve};
use crate::scenario::fits;
use corpus::Case;
use impls::{Scenario, Version};
use model::{Action, Event, Machine, Pc, World};

/// One step.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its number, from 1.
    pub step: u32,
    /// What moved and what happened.
    pub event: Event,
    /// What an actor did; `None` for an interrupt, the swap device, and a step that executed nothing.
    pub action: Option<Action>,
    /// The step of the operation under comparison that it is, as [`model::Code::subject_step`] counts.
    pub subject_step: Option<usize>,
    /// The step of its function that it is, of whichever function.
    pub listing_step: Option<usize>,
    /// The kernel function that the step models, to be shown; empty where nothing was executed.
    pub function: &'static str,
    /// The machine before the step.
    pub before: Machine,
    /// The machine after it.
    pub after: Machine,
}

impl Row {
    /// The words of the step in its listing; empty where nothing was executed.
    #[must_use]
    pub fn text(&self) -> &'static str {
        self.action.map_or("", Action::text)
    }
}

/// The step at fault, in the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AtFault {
    /// The kernel function.
    pub function: &'static str,
    /// The words of the step in its listing.
    pub text: &'static str,
    /// As [`Row::listing_step`].
    pub listing_step: Option<usize>,
    /// As [`Row::subject_step`].
    pub subject_step: Option<usize>,
}

/// An execution, step by step.
#[derive(Clone, Debug)]
pub struct Trace {
    /// The steps.
    pub rows: Vec<Row>,
    /// What the judges found.
    pub judges: Judges,
    /// How it ended.
    pub summary: Summary,
    /// The finding that the trace is about: that of the judge that was asked, else the gravest.
    pub finding: Option<Finding>,
    /// The judge that was asked, if another one has something graver to say.
    pub asked: Option<Judge>,
    /// Symptom and cause of it.
    pub diagnosis: Option<Diagnosis>,
    /// The step at fault, if the steps tell it. A local step has no row of its own: it is done in the row of
    /// the cause, behind the step that the row is named after.
    pub at_fault: Option<AtFault>,
    /// Where a schedule by place stopped matching, if it did.
    pub stopped: Option<Stopped>,
    /// What goes on for ever, if the finding is that. The rows end with the first round, and so does the
    /// finding.
    pub cycle: Option<Cycle>,
    scenario: Option<Scenario>,
}

struct Writer {
    rows: Vec<Row>,
    judged: Judged,
}

impl Observer for Writer {
    fn after(&mut self, world: &World, machine: &Machine, event: &Event, step: u32) {
        let before = *self.judged.machine();
        self.judged.after(world, machine, event, step);
        self.rows.push(Row {
            step,
            event: *event,
            action: event.pc.map(|pc| world.code.at(pc).action),
            subject_step: event.pc.and_then(|pc| world.code.subject_step(pc)),
            listing_step: event.pc.and_then(|pc| world.code.step(pc)),
            function: event.pc.map_or("", |pc| world.code.function(pc)),
            before,
            after: *machine,
        });
    }

    fn over(&mut self, machine: &Machine, step: u32, end: End) {
        self.judged.over(machine, step, end);
    }
}

/// Runs a case on a version and writes the execution down. It is about its gravest finding: a wrong load if
/// there is one.
#[must_use]
pub fn trace(version: &Version, case: &Case) -> Trace {
    trace_of(version, case, None)
}

/// The same about what a judge finds.
#[must_use]
pub fn trace_of(version: &Version, case: &Case, judge: Option<Judge>) -> Trace {
    let Resolved { case, stopped } = resolve(version, case);
    let start = Machine::new(&case.config);
    let mut writer = Writer { rows: Vec::new(), judged: Judged::new(&start) };
    let mut chooser = Replay(case.schedule.choices());
    let run = || execute(version, &case.config, &case.programs, &mut chooser, &mut writer);
    // A listing with a fault may ask for a step that cannot be carried out.
    let summary = quietly(|| guarded(run)).unwrap_or_else(|| {
        let steps = writer.rows.len() as u32;
        let machine = *writer.judged.machine();
        writer.over(&machine, steps + 1, End::Impossible);
        Summary { end: End::Impossible, steps: steps + 1, program_steps: steps, machine }
    });
    // The drain begins by emptying the TLBs, which is no step; show the first one of it from there.
    if let Some(row) = writer.rows.get_mut(summary.program_steps as usize) {
        row.before.start_drain();
    }
    let Writer { mut rows, judged } = writer;
    let judges = *judged.judges();
    let gravest = judges.iter().next();
    let mut finding = judge.map_or(gravest, |judge| judges.of(judge));
    let asked = judge.filter(|_| finding != gravest);
    let for_ever = matches!(finding, Some(Finding::Broken { rule: Rule::Livelock, .. }));
    // Once round is enough: nothing but the number of the step is different in the rounds that follow.
    let cycle = if for_ever { cycle(&rows) } else { None };
    if let Some(cycle) = cycle {
        rows.truncate(cycle.end() as usize);
        finding = Some(Finding::Broken { step: cycle.end(), rule: Rule::Livelock });
    }
    let config = version.config(&case.config);
    let world = World::new(&config, &case.programs, version.code(config.profile));
    let diagnosis = finding.map(|finding| diagnose(&world, &rows, &finding, cycle));
    let cause = diagnosis.and_then(|diagnosis| diagnosis.cause);
    let at_fault = cause.and_then(|cause| at_fault(&world, rows.get(cause.step as usize - 1)?, cause.kind));
    let wrong = finding.is_some_and(|finding| finding.judge() == Judge::LastWrite);
    let scenario = judged.scenario().filter(|s| wrong && diagnosis.is_some_and(|d| fits(*s, &d, &rows)));
    Trace { rows, judges, summary, finding, asked, diagnosis, at_fault, stopped, cycle, scenario }
}

/// Where the step of a row stands that did what a cause says.
fn at_fault(world: &World, row: &Row, kind: CauseKind) -> Option<AtFault> {
    let mut pc = row.event.pc?;
    let local = match kind {
        CauseKind::NotExclusive => Some(Action::MakeExclusive),
        CauseKind::NotExcluded => Some(Action::ToggleProtection),
        _ => None,
    };
    let is_local = |at: Pc| Some(world.code.at(at).action) == local;
    if local.is_some() && !is_local(pc) {
        let mut copy = row.before;
        let done = |at| {
            if is_local(at) {
                pc = at;
            }
        };
        copy.step_with_places(world, row.event.transition, done);
    }
    Some(AtFault {
        function: world.code.function(pc),
        text: world.code.at(pc).action.text(),
        listing_step: world.code.step(pc),
        subject_step: world.code.subject_step(pc),
    })
}

impl Trace {
    /// How many steps show the finding: up to the wrong load.
    #[must_use]
    pub fn length(&self) -> u32 {
        self.finding.map_or(self.summary.steps, |f| f.step())
    }

    /// Which of the known scenarios the finding is, if symptom and cause are those of the scenario.
    #[must_use]
    pub fn scenario(&self) -> Option<Scenario> {
        self.scenario
    }

    /// The row of a step.
    #[must_use]
    pub fn row(&self, step: u32) -> Option<&Row> {
        self.rows.get((step as usize).checked_sub(1)?)
    }

    /// The row of the step at fault.
    #[must_use]
    pub fn cause(&self) -> Option<&Row> {
        self.row(self.diagnosis?.cause?.step)
    }

    /// Whether the execution came to its end.
    #[must_use]
    pub fn complete(&self) -> bool {
        self.summary.end == End::Complete
    }

    /// Whether a load returned a wrong value.
    #[must_use]
    pub fn loses(&self) -> bool {
        self.judges.of(Judge::LastWrite).is_some()
    }
}
