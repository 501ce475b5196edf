//! What can be lost: everything that judges say over all interleavings of a program, as a set.
//!
//! As in [`exhaust`](crate::exhaust::exhaust), an execution is followed up to its first load of a wrong value.

use crate::states::graph::{Graph, TooLarge, Visitor};
use corpus::Case;
use impls::Version;
use model::{Event, Machine, Pc, Transition, World};
use oracle::guard::guarded;
use oracle::{End, Finding, Judge, Judged, Judges, Observer, Rule, wind_up};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A way to lose something, the gravest first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// A load returns a value that the program never left in this word.
    Lost {
        /// In which address space: 1 is the child's.
        mm: usize,
        /// Which page.
        page: usize,
        /// Which word.
        word: usize,
    },
    /// A CPU reaches what a call that has returned took away, or reads a wrong value through a translation
    /// that the page table no longer has.
    Stale {
        /// Which page.
        page: usize,
    },
    /// A dirty bit is lost: the folio is clean, and its backing does not hold what was stored.
    Dropped {
        /// In which address space: 1 is the child's.
        mm: usize,
        /// Which page.
        page: usize,
        /// Which word.
        word: usize,
    },
    /// A structural rule is broken, in the words of [`Rule::text`].
    Broken(String),
    /// The model cannot carry a step out.
    Impossible,
}

impl Loss {
    /// The kind of a finding.
    #[must_use]
    pub fn of(finding: &Finding) -> Loss {
        match *finding {
            Finding::WrongValue { page, stale: true, .. } | Finding::Revoked { page, .. } => Loss::Stale { page },
            Finding::WrongValue { mm, page, word, .. } => Loss::Lost { mm, page, word },
            Finding::CleanButNewer { mm, page, word, .. } => Loss::Dropped { mm, page, word },
            Finding::Broken { rule: Rule::Impossible, .. } => Loss::Impossible,
            Finding::Broken { rule, .. } => Loss::Broken(rule.text().to_owned()),
        }
    }
}

impl std::fmt::Display for Loss {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let child = |mm: &usize| if *mm == 0 { "" } else { " of the child" };
        match self {
            Loss::Lost { mm, page, word } => {
                write!(f, "a store of actor {word} to page {page}{} is lost", child(mm))
            }
            Loss::Stale { page } => write!(f, "page {page} is reached, or read, through a stale translation"),
            Loss::Dropped { mm, page, word } => {
                write!(f, "the dirty bit of a store of actor {word} to page {page}{} is lost", child(mm))
            }
            Loss::Broken(rule) => f.write_str(rule),
            Loss::Impossible => f.write_str(Rule::Impossible.text()),
        }
    }
}

/// SubjectSteps of the operation under comparison, a bit each, by [`model::Code::subject_step`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubjectSteps(pub u64);

impl SubjectSteps {
    /// Whether a step is in the set. SubjectSteps beyond the 63rd always are: of these it is not known.
    #[must_use]
    pub const fn has(self, step: usize) -> bool {
        step >= 64 || self.0 & 1 << step != 0
    }
}

/// What the interleavings of a program show on a version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// What can be lost.
    pub losses: BTreeSet<Loss>,
    /// Which steps of the operation under comparison some interleaving takes, drain included.
    pub steps: SubjectSteps,
    /// How many states there are.
    pub states: u64,
}

/// Explores all interleavings of a case's programs (its schedule is ignored) on a version.
///
/// # Errors
/// If there are more than `budget` states.
pub fn losses(version: &Version, case: &Case, budget: usize) -> Result<Losses, TooLarge> {
    let mut watch = Watch { found: Losses::default() };
    let graph = Graph::explore(version, case, budget, &mut watch)?;
    let world = World::new(graph.config(), &case.programs, version.code(graph.config().profile));
    for state in (0..graph.len() as u32).filter(|s| graph.edges(*s).is_empty()) {
        let machine = graph.machine(state);
        if machine.programs_done(&case.programs) {
            let mut drain = Drain { watch: &mut watch, judged: Judged::new(&machine) };
            let ended = guarded(|| wind_up(&world, machine, 0, &mut drain)).is_some();
            let Drain { judged, .. } = drain;
            watch.found.losses.extend(judged.judges().iter().map(|f| Loss::of(&f)));
            if !ended {
                watch.impossible();
            }
        } else {
            watch.broken(Rule::Deadlock);
        }
    }
    if graph.has_livelock() {
        watch.broken(Rule::Livelock);
    }
    watch.found.states = graph.len() as u64;
    Ok(watch.found)
}

struct Watch {
    found: Losses,
}

impl Watch {
    fn broken(&mut self, rule: Rule) {
        self.found.losses.insert(Loss::Broken(rule.text().to_owned()));
    }
}

impl Visitor for Watch {
    fn place(&mut self, world: &World, pc: Pc) {
        for step in world.code.subject_steps(pc).filter(|n| *n < 64) {
            self.found.steps.0 |= 1 << step;
        }
    }

    fn after(&mut self, world: &World, event: &Event, machine: &Machine) -> bool {
        let judges = Judges::of_step(world, machine, event, 0);
        self.found.losses.extend(judges.iter().map(|f| Loss::of(&f)));
        judges.of(Judge::LastWrite).is_none()
    }

    fn impossible(&mut self) {
        self.found.losses.insert(Loss::Impossible);
    }
}

/// A drain: what each judge says first, up to the first load of a wrong value.
struct Drain<'a> {
    watch: &'a mut Watch,
    judged: Judged<()>,
}

impl Drain<'_> {
    fn is_over(&self) -> bool {
        self.judged.judges().of(Judge::LastWrite).is_some()
    }
}

impl Observer for Drain<'_> {
    fn before(&mut self, world: &World, machine: &Machine, transition: Transition) {
        if !self.is_over() {
            let mut copy = *machine;
            // What cannot be carried out is noticed when it is done in earnest.
            let _ = guarded(|| copy.step_with_places(world, transition, |pc| self.watch.place(world, pc)));
        }
    }

    fn after(&mut self, world: &World, machine: &Machine, event: &Event, step: u32) {
        if !self.is_over() {
            self.judged.after(world, machine, event, step);
        }
    }

    fn over(&mut self, machine: &Machine, step: u32, end: End) {
        if !self.is_over() {
            self.judged.over(machine, step, end);
        }
    }
}
