//! An execution written down step by step, with the two steps that a report marks.

use crate::execution::{Chooser, End, Observer, Replay, Summary, execute};
use crate::finding::{Finding, Judge, Judges};
use crate::scenario::History;
use corpus::Case;
use impls::{Scenario, Version};
use model::{Action, Event, Happened, Machine, World};

/// One step.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its number, from 1.
    pub step: u32,
    /// What moved and what happened.
    pub event: Event,
    /// The words of the step in its listing; empty for an interrupt or the swap device.
    pub text: &'static str,
    /// The kernel function that the step models.
    pub function: &'static str,
    /// The machine before the step.
    pub before: Machine,
    /// The machine after it.
    pub after: Machine,
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
    /// The finding that the trace is about: a wrong load if there is one, else the first finding.
    pub finding: Option<Finding>,
    /// The step at which the dirty fact was dropped.
    pub dropped: Option<u32>,
    /// The step at which the last copy of the data stopped being what the page holds.
    pub lost: Option<u32>,
    scenario: Option<Scenario>,
}

struct Writer {
    rows: Vec<Row>,
    judges: Judges,
    history: History,
    scenario: Option<Scenario>,
    dropped: Vec<Finding>,
    last: Machine,
}

impl Observer for Writer {
    fn after(&mut self, world: &World, machine: &Machine, event: &Event, step: u32) {
        let mut now = Judges::default();
        now.after(world, machine, event, step);
        self.history.after(world, &self.last, event, machine, &now);
        if let (Some(wrong), None) = (now.of(Judge::LastWrite), self.judges.of(Judge::LastWrite)) {
            self.scenario = self.history.scenario(&wrong);
        }
        self.dropped.extend(now.of(Judge::CleanMeansEqual));
        self.judges.keep_first(&now);
        let (text, function) =
            event.pc.map_or(("", ""), |pc| (world.code.at(pc).action.text(), world.code.function(pc)));
        self.rows.push(Row { step, event: *event, text, function, before: self.last, after: *machine });
        self.last = *machine;
    }

    fn over(&mut self, machine: &Machine, step: u32, end: End) {
        self.judges.over(machine, step, end);
    }
}

/// Runs a case on a version and writes the execution down.
#[must_use]
pub fn trace(version: &Version, case: &Case) -> Trace {
    trace_with(version, case, &mut Replay(case.schedule.choices()))
}

fn trace_with<C: Chooser>(version: &Version, case: &Case, chooser: &mut C) -> Trace {
    let start = Machine::new(&case.config);
    let mut writer = Writer {
        rows: Vec::new(),
        judges: Judges::default(),
        history: History::default(),
        scenario: None,
        dropped: Vec::new(),
        last: start,
    };
    let summary = execute(version, &case.config, &case.programs, chooser, &mut writer);
    // The drain begins by emptying the TLBs, which is no step; show the first one of it from there.
    if let Some(row) = writer.rows.get_mut(summary.program_steps as usize) {
        row.before.start_drain();
    }
    let mut t = Trace {
        rows: writer.rows,
        judges: writer.judges,
        summary,
        finding: writer.judges.iter().next(),
        dropped: None,
        lost: None,
        scenario: writer.scenario,
    };
    t.mark(&writer.dropped);
    t
}

impl Trace {
    fn mark(&mut self, dropped: &[Finding]) {
        let Some(finding) = self.finding else { return };
        match finding {
            Finding::WrongValue { step, mm, page, word, legal, stale: false, .. } => {
                let stored = self.rows[..step as usize].iter().rev().find(|r| {
                    let by = r.event.transition.actor() == Some(word);
                    by && matches!(r.event.happened, Happened::Store { mm: m, page: p, .. } if p as usize == page && m as usize == mm)
                });
                let stored = stored.map_or(0, |r| r.step);
                let holds = |m: &Machine| m.content(mm, page)[word] == legal.last;
                self.lost = self.rows[stored as usize..step as usize]
                    .iter()
                    .rev()
                    .find(|r| holds(&r.before) && !holds(&r.after))
                    .map(|r| r.step);
                let end = self.lost.unwrap_or(step);
                // The last stretch over which the page stayed newer than it looked: later drops do not matter if
                // an earlier one was never made good, and an earlier one does not if it was.
                self.dropped = dropped
                    .iter()
                    .filter(|f| matches!(f, Finding::CleanButNewer { page: p, .. } if *p == page))
                    .map(Finding::step)
                    .find(|s| *s >= stored && *s <= end);
                // The judge speaks when it is sure; the fact was dropped by the operation under comparison: by the
                // clear itself if only the clear saw D, else where the word that had D was put aside.
                if let Some(clear) = self.dropped.and_then(|d| self.dropping_clear(page, d)) {
                    let fate = if self.raced(clear, page) { Some(clear) } else { self.fate(clear) };
                    self.dropped = fate.map(|r| r.step).or(self.dropped);
                }
            }
            Finding::CleanButNewer { step, .. } => self.dropped = Some(step),
            _ => {}
        }
    }

    /// How many steps show the finding: up to the wrong load.
    #[must_use]
    pub fn length(&self) -> u32 {
        self.finding.map_or(self.summary.steps, |f| f.step())
    }

    /// Which of the known scenarios this loss is.
    #[must_use]
    pub fn scenario(&self) -> Option<Scenario> {
        self.scenario
    }

    /// The last clear of a dirty entry of the page by the operation under comparison, up to a step.
    fn dropping_clear(&self, page: usize, until: u32) -> Option<&Row> {
        let clears = [Action::ClearPte.text(), Action::ClearPteIgnored.text()];
        self.rows[..until as usize].iter().rev().find(|r| {
            let of_page = r.event.transition.actor().is_some_and(|a| r.before.actors[a].page as usize == page);
            let collect = r.function == "migrate_vma_collect_pmd";
            of_page && collect && clears.contains(&r.text) && r.before.pte[0][page].dirty()
        })
    }

    /// What became of a cleared entry: restored, or replaced by a migration entry.
    fn fate(&self, clear: &Row) -> Option<&Row> {
        self.rows[clear.step as usize..].iter().find(|r| {
            let same = r.event.transition == clear.event.transition;
            same && [Action::RestorePte.text(), Action::InstallMigrationEntry.text()].contains(&r.text)
        })
    }

    /// Whether D was set after the listing had read the entry, so that only the clear itself saw it.
    fn raced(&self, clear: &Row, page: usize) -> bool {
        let read = clear.event.transition.actor().map(|a| clear.before.actors[a].pte);
        clear.before.pte[0][page].is_present() && read.is_some_and(|p| !p.dirty())
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
