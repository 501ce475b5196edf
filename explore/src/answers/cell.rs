//! One question of the table of versions: can this version fail in this scenario?
//!
//! It is answered on the scenario's programs, by all interleavings of each, or by sampling where there are
//! too many. A loss counts if it is of the scenario, or, where there is none of it, of no scenario that is
//! known.

use crate::exhaust::{Answer, Exhaust, exhaust};
use crate::schedulers::{Recorder, SamplerKind, rng_for};
use crate::states::walks::{Walked, Walks};
use corpus::Case;
use impls::{Loss, Scenario, Version};
use model::World;
use oracle::{Finding, Goals, History, Judge, Judges, Memory, execute, trace};
use std::collections::BTreeSet;

/// How hard to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// How many states a program may have to be exhausted.
    pub budget: usize,
    /// How many executions are drawn of one that has more.
    pub samples: u64,
}

/// What was found, the gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// A load returned a value that the program never left there: data are lost, or shown after they were
    /// revoked.
    Wrong {
        /// The load went through a translation that the page table no longer had.
        stale: bool,
    },
    /// A structural rule is broken.
    Broken,
    /// A dirty bit is lost, and no load shows it.
    Dropped,
    /// No judge says anything.
    Silent,
}

/// A finding with the case that shows it.
#[derive(Clone, Debug)]
pub struct Shown {
    /// What was found.
    pub finding: Finding,
    /// Where.
    pub case: Case,
    /// The scenario, if it is a loss of a known one.
    pub scenario: Option<Scenario>,
}

impl Shown {
    /// Of a known scenario first, then shortest, then fewest switches between actors.
    fn rank(&self) -> (bool, u32, usize) {
        (self.scenario.is_none(), self.finding.step(), self.case.schedule.runs().len())
    }
}

/// The answer, and what stands behind it.
#[derive(Clone, Debug)]
pub struct Cell {
    /// The gravest that was found.
    pub verdict: Verdict,
    /// The shortest case of it.
    pub shown: Option<Shown>,
    /// Other scenarios' losses that these programs show.
    pub others: BTreeSet<Scenario>,
    /// How many programs the scenario has.
    pub programs: usize,
    /// How many states were looked at, over all programs.
    pub states: u64,
    /// How many transitions.
    pub transitions: u64,
    /// How many executions were drawn, of programs that were not exhausted.
    pub samples: u64,
    /// Whether nothing was left to sampling.
    pub exhausted: bool,
    /// What the programs reached.
    pub goals: Goals,
}

/// How a cell compares with the table of expected verdicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It is as the table says, or the table leaves the question open.
    AsExpected,
    /// Something was found that must not be there.
    NotExpected,
    /// What must be there was not found.
    NotFound,
    /// The table does not speak of the version, and something was found.
    Found,
    /// The table does not speak of the version, and nothing was found.
    Nothing,
}

impl Mark {
    /// Whether the cell is good news: as expected, or without a finding where nothing is expected.
    #[must_use]
    pub const fn is_fine(self) -> bool {
        matches!(self, Mark::AsExpected | Mark::Nothing)
    }
}

/// Answers the question on the scenario's programs.
#[must_use]
pub fn cell(version: &Version, scenario: Scenario, programs: &[Case], effort: Effort) -> Cell {
    let mut cell = Cell {
        verdict: Verdict::Silent,
        shown: None,
        others: BTreeSet::new(),
        programs: programs.len(),
        states: 0,
        transitions: 0,
        samples: 0,
        exhausted: true,
        goals: Goals::default(),
    };
    for program in programs {
        Question { version, scenario, program, effort }.answer(&mut cell);
    }
    cell
}

impl Cell {
    /// Whether these programs show anything, be it another scenario's loss.
    #[must_use]
    pub fn shows_anything(&self) -> bool {
        self.verdict != Verdict::Silent || !self.others.is_empty()
    }

    /// Whether what was found is a loss of no known scenario.
    #[must_use]
    pub fn is_unnamed(&self) -> bool {
        let unnamed = self.shown.as_ref().is_some_and(|shown| shown.scenario.is_none());
        unnamed && matches!(self.verdict, Verdict::Wrong { .. })
    }

    /// Compares with what is expected. `clean`: nothing at all is expected of the version on this hardware.
    #[must_use]
    pub fn mark(&self, expected: Option<Loss>, clean: bool) -> Mark {
        match (self.verdict, expected) {
            (Verdict::Broken, _) | (Verdict::Wrong { .. }, Some(Loss::Forbidden)) => Mark::NotExpected,
            (Verdict::Dropped, _) if clean => Mark::NotExpected,
            (Verdict::Dropped | Verdict::Silent, Some(Loss::Required)) => Mark::NotFound,
            _ => Mark::AsExpected,
        }
    }

    fn add(&mut self, verdict: Verdict, shown: Option<Shown>) {
        let wrong = |v| matches!(v, Verdict::Wrong { .. });
        // Of two wrong values the shorter one is shown, whatever its kind.
        let graver = !wrong(self.verdict) && verdict < self.verdict;
        let same = verdict == self.verdict || (wrong(verdict) && wrong(self.verdict));
        let shorter = match (&shown, &self.shown) {
            (Some(new), Some(old)) => new.rank() < old.rank(),
            _ => false,
        };
        if graver || (same && shorter) {
            self.verdict = verdict;
            self.shown = shown;
        }
    }
}

struct Question<'a> {
    version: &'a Version,
    scenario: Scenario,
    program: &'a Case,
    effort: Effort,
}

/// What a pass over a program has seen.
#[derive(Default)]
struct Seen {
    dropped: bool,
    revoked: bool,
    broken: bool,
    /// A loss of no known scenario.
    unnamed: bool,
    others: BTreeSet<Scenario>,
}

impl Question<'_> {
    /// Without regard to the past first: there are fewer states, and if nothing is lost, that is the answer.
    fn answer(&self, cell: &mut Cell) {
        let mut seen = Seen::default();
        let first = self.pass::<()>(&mut seen, |_, _| Answer::Stop);
        let last = match first {
            Exhaust::Found { .. } => match self.named(&mut seen, Some(self.scenario)) {
                Exhaust::Exhausted { .. } if seen.unnamed => self.named(&mut seen, None),
                found => found,
            },
            other => other,
        };
        let (Exhaust::Exhausted { states, transitions, goals }
        | Exhaust::Found { states, transitions, goals, .. }
        | Exhaust::Budget { states, transitions, goals }) = last;
        cell.goals.join(goals);
        cell.states += states;
        cell.transitions += transitions;
        match last {
            Exhaust::Found { finding, case, scenario, .. } => {
                cell.add(verdict(&finding), Some(Shown { finding, case: *case, scenario }))
            }
            Exhaust::Exhausted { .. } => {}
            Exhaust::Budget { .. } => self.sample(cell, &mut seen),
        }
        // A fact that is dropped where another scenario's loss shows it is that scenario's.
        let dropped = seen.dropped && seen.others.is_empty();
        let wrong = matches!(cell.verdict, Verdict::Wrong { .. });
        let revoked = seen.revoked && !wrong && seen.others.is_empty();
        for (speaks, verdict, judge) in [
            (revoked, Verdict::Wrong { stale: true }, Judge::Revoked),
            (seen.broken, Verdict::Broken, Judge::Structural),
            (dropped, Verdict::Dropped, Judge::CleanMeansEqual),
        ] {
            if speaks && verdict <= cell.verdict {
                cell.add(verdict, self.shortest(judge));
            }
        }
        cell.others.extend(seen.others);
    }

    fn pass<M: Memory>(&self, seen: &mut Seen, wrong: impl Fn(&Finding, &M) -> Answer) -> Exhaust {
        exhaust::<M>(self.version, self.program, self.effort.budget, |finding, past| match finding.judge() {
            // What was revoked is a wrong value's twin: reported with it if a load shows it, and for itself
            // if none does.
            Judge::Revoked => {
                seen.revoked = true;
                Answer::Ignore
            }
            Judge::LastWrite => {
                let answer = wrong(finding, past);
                if answer == Answer::Ignore {
                    let scenario = past.scenario(finding);
                    seen.unnamed |= scenario.is_none();
                    seen.others.extend(scenario.filter(|s| *s != self.scenario));
                }
                answer
            }
            Judge::CleanMeansEqual => {
                seen.dropped = true;
                Answer::Ignore
            }
            Judge::Structural => {
                seen.broken = true;
                Answer::Ignore
            }
        })
    }

    /// Looks for a loss of a scenario, or of no known one.
    fn named(&self, seen: &mut Seen, scenario: Option<Scenario>) -> Exhaust {
        self.pass::<History>(seen, |finding, past| match past.scenario(finding) == scenario {
            true => Answer::Shortest,
            false => Answer::Ignore,
        })
    }

    /// The shortest case of a judge that has spoken.
    fn shortest(&self, judge: Judge) -> Option<Shown> {
        let wanted = |finding: &Finding, (): &()| match finding.judge() == judge {
            true => Answer::Shortest,
            false => Answer::Ignore,
        };
        match exhaust(self.version, self.program, self.effort.budget, wanted) {
            Exhaust::Found { finding, case, .. } => Some(Shown { finding, case: *case, scenario: None }),
            _ => None,
        }
    }

    fn sample(&self, cell: &mut Cell, seen: &mut Seen) {
        let Case { config, programs, .. } = self.program;
        let own = self.version.config(config);
        let world = World::new(&own, programs, self.version.code(own.profile));
        let mut walks = Walks::new(&world, Walks::MOST);
        for index in 0..self.effort.samples {
            let mut rng = rng_for(SEED, index);
            let kind = SamplerKind::draw(&mut rng);
            let mut sampler = Recorder::new(kind, rng);
            let Walked { judges, goals, .. } = walks.walk(&mut sampler);
            cell.goals.join(goals);
            seen.dropped |= judges.of(Judge::CleanMeansEqual).is_some();
            seen.revoked |= judges.of(Judge::Revoked).is_some();
            seen.broken |= judges.of(Judge::Structural).is_some();
            let Some(finding) = judges.of(Judge::LastWrite) else { continue };
            sampler.restart(true);
            execute(self.version, config, programs, &mut sampler, &mut Judges::default());
            let case = Case { schedule: sampler.schedule().clone(), ..self.program.clone() };
            match trace(self.version, &case).scenario() {
                Some(other) if other != self.scenario => {
                    seen.others.insert(other);
                }
                scenario => cell.add(verdict(&finding), Some(Shown { finding, case, scenario })),
            }
        }
        cell.samples += self.effort.samples;
        cell.exhausted = false;
    }
}

/// Any number: the same executions every time.
const SEED: u64 = 1;

/// What a finding is.
#[must_use]
pub fn verdict(finding: &Finding) -> Verdict {
    match finding {
        Finding::WrongValue { stale, .. } => Verdict::Wrong { stale: *stale },
        Finding::Revoked { .. } => Verdict::Wrong { stale: true },
        Finding::CleanButNewer { .. } => Verdict::Dropped,
        Finding::Broken { .. } => Verdict::Broken,
    }
}
