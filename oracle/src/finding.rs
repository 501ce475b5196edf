//! What a judge says, and all per-step judges together.

use crate::execution::{End, Observer};
use crate::{clean_means_equal, last_write, revoked, structural};
use corpus::Expect;
use model::{Actor, Event, Flaw, Happened, Machine, Pte, World};

/// Who says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Judge {
    /// P1: every load returns a legal value.
    LastWrite,
    /// I2: a clean folio's backing holds legal values.
    CleanMeansEqual,
    /// I1 and I3 to I6, deadlock and livelock.
    Structural,
    /// P2: nobody reaches what a call that has returned took away.
    Revoked,
}

impl Judge {
    /// All per-execution judges.
    pub const ALL: [Judge; 4] = [Judge::LastWrite, Judge::CleanMeansEqual, Judge::Structural, Judge::Revoked];

    /// What it finds, in the word of a case file.
    #[must_use]
    pub const fn verdict(self) -> Expect {
        match self {
            Judge::LastWrite => Expect::Lost,
            Judge::CleanMeansEqual => Expect::Dropped,
            Judge::Structural => Expect::Broken,
            Judge::Revoked => Expect::Revoked,
        }
    }

    /// The name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Judge::LastWrite => "last-write",
            Judge::CleanMeansEqual => "clean-means-equal",
            Judge::Structural => "structural",
            Judge::Revoked => "revoked",
        }
    }
}

/// The values that a word could legally have had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Legal {
    /// The last value stored.
    pub last: u8,
    /// Zero was legal too.
    pub or_zero: bool,
}

impl std::fmt::Display for Legal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.last)?;
        if self.or_zero && self.last != 0 {
            f.write_str(" or 0")?;
        }
        Ok(())
    }
}

/// A judge's finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// A load returned something that the program never left there.
    WrongValue {
        /// The step, from 1.
        step: u32,
        /// Who loaded.
        actor: usize,
        /// In which address space: 1 is the child's.
        mm: usize,
        /// Which page.
        page: usize,
        /// Which word: the actor that owns it.
        word: usize,
        /// What came back.
        got: u8,
        /// What could legally have come back.
        legal: Legal,
        /// The load went through a translation that the page table no longer has.
        stale: bool,
    },
    /// A folio is clean, and what would be read back in its place is not a legal value.
    CleanButNewer {
        /// The step, from 1.
        step: u32,
        /// In which address space: 1 is the child's.
        mm: usize,
        /// Which page.
        page: usize,
        /// Which word.
        word: usize,
        /// What the backing holds: the slot's value, or 0 for a page that would be discarded.
        backing: u8,
        /// What it should hold.
        legal: Legal,
    },
    /// A CPU reached something that a call had taken away before it returned.
    Revoked {
        /// The step, from 1.
        step: u32,
        /// Who reached it.
        actor: usize,
        /// Which page.
        page: usize,
        /// What was revoked.
        what: Revocation,
    },
    /// A structural rule is broken.
    Broken {
        /// The step, from 1.
        step: u32,
        /// Which rule.
        rule: Rule,
    },
}

/// What a call revokes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revocation {
    /// MADV_DONTNEED: the old page.
    Page,
    /// mprotect to read-only: stores.
    Stores,
}

/// A structural rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rule {
    /// The step itself did something that is never right.
    Flaw(Flaw),
    /// I3: a writable entry maps a page that is not exclusive.
    WritableNotExclusive,
    /// I4: a migration entry names a folio that is not locked or not referenced.
    MigrationEntryUnlocked,
    /// I5: fewer references than mappings and swap cache.
    TooFewReferences,
    /// I5, at the end: more references than mappings and swap cache, so that the page can never be freed.
    LeakedReference,
    /// Some program is not over, and nothing can move.
    Deadlock,
    /// Something can always move, and the end is never reached.
    Livelock,
    /// The model cannot carry the step out.
    Impossible,
}

impl Rule {
    /// The rule in words.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Rule::Flaw(Flaw::FreedWhileWritable) => "I1: a page was freed while a CPU had it mapped writable",
            Rule::Flaw(Flaw::FreedWhileReadable) => "I1: a page was freed while a CPU had it mapped",
            Rule::Flaw(Flaw::PteWithoutLock) => "I6: a page-table entry was written without the page-table lock",
            Rule::Flaw(Flaw::RefOfNobody) => "I5: a reference was taken on a folio that nobody held",
            Rule::Flaw(Flaw::CountUnderflow) => "I5: a count was dropped that nobody held",
            Rule::Flaw(Flaw::FreedWhileLocked) => "a page was freed while locked",
            Rule::Flaw(Flaw::NotLockOwner) => "a lock was released by somebody who did not hold it",
            Rule::WritableNotExclusive => "I3: a writable entry maps a page that is not exclusive",
            Rule::MigrationEntryUnlocked => "I4: a migration entry names an unlocked or unreferenced folio",
            Rule::TooFewReferences => "I5: fewer references than mappings and swap cache explain",
            Rule::LeakedReference => "I5: at the end a page has a reference that nobody will drop",
            Rule::Deadlock => "deadlock: nothing can move, and a program is not over",
            Rule::Livelock => "livelock: something can always move, and the end is never reached",
            Rule::Impossible => "a step that cannot be carried out: it works on something that does not exist",
        }
    }
}

impl Finding {
    /// Who found it.
    #[must_use]
    pub const fn judge(&self) -> Judge {
        match self {
            Finding::WrongValue { .. } => Judge::LastWrite,
            Finding::CleanButNewer { .. } => Judge::CleanMeansEqual,
            Finding::Broken { .. } => Judge::Structural,
            Finding::Revoked { .. } => Judge::Revoked,
        }
    }

    /// The same finding so many steps later.
    #[must_use]
    pub const fn later(mut self, by: u32) -> Finding {
        match &mut self {
            Finding::WrongValue { step, .. }
            | Finding::CleanButNewer { step, .. }
            | Finding::Revoked { step, .. }
            | Finding::Broken { step, .. } => *step += by,
        }
        self
    }

    /// At which step, from 1.
    #[must_use]
    pub const fn step(&self) -> u32 {
        match self {
            Finding::WrongValue { step, .. }
            | Finding::CleanButNewer { step, .. }
            | Finding::Revoked { step, .. }
            | Finding::Broken { step, .. } => *step,
        }
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Finding::WrongValue { step, actor, mm, page, word, got, legal, stale } => {
                let how = if *stale { " through a stale translation" } else { "" };
                write!(
                    f,
                    "step {step}: load of page {page}{} by actor {actor} returned {got}{how}, expected {legal}",
                    of_child(*mm)
                )?;
                if word != actor {
                    write!(f, " (the word of actor {word})")?;
                }
                Ok(())
            }
            Finding::CleanButNewer { step, mm, page, word, backing, legal } => write!(
                f,
                "step {step}: page {page}{} is clean, but its backing holds {backing} where {legal} was written (the word of actor {word})",
                of_child(*mm)
            ),
            Finding::Revoked { step, actor, page, what: Revocation::Page } => write!(
                f,
                "step {step}: actor {actor} reached the page that was page {page} before MADV_DONTNEED returned"
            ),
            Finding::Revoked { step, actor, page, what: Revocation::Stores } => {
                write!(f, "step {step}: actor {actor} stored to page {page} after mprotect had made it read-only")
            }
            Finding::Broken { step, rule } => write!(f, "step {step}: {}", rule.text()),
        }
    }
}

fn of_child(mm: usize) -> &'static str {
    if mm == 0 { "" } else { " of the child" }
}

/// Where an actor's step worked.
pub(crate) struct Place<'a> {
    pub(crate) actor: &'a Actor,
    pub(crate) mm: usize,
    pub(crate) page: usize,
    /// The entry that the step left there.
    pub(crate) pte: Pte,
}

impl Place<'_> {
    /// Nowhere, if it was no actor's step, or one of an actor that has nothing to do.
    #[inline]
    fn of<'a>(machine: &'a Machine, event: &Event) -> Option<Place<'a>> {
        let actor = &machine.actors[event.transition.actor()?];
        let (mm, page) = if actor.has(Actor::BEGUN) {
            (actor.mm as usize, actor.page as usize)
        } else {
            let op = event.op?;
            (op.kind.mm(), op.range().0)
        };
        Some(Place { actor, mm, page, pte: machine.pte[mm][page] })
    }
}

/// All per-step judges, each keeping its first finding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Judges {
    findings: [Option<Finding>; Judge::ALL.len()],
}

impl Judges {
    /// What the judges say of a step.
    #[inline]
    #[must_use]
    pub fn of_step(world: &World, machine: &Machine, event: &Event, step: u32) -> Judges {
        let mut now = Judges::default();
        now.after(world, machine, event, step);
        now
    }

    /// What the judges say of an end.
    #[must_use]
    pub fn of_end(machine: &Machine, step: u32, end: End) -> Judges {
        let mut now = Judges::default();
        now.over(machine, step, end);
        now
    }

    /// The first finding of a judge.
    #[must_use]
    pub fn of(&self, judge: Judge) -> Option<Finding> {
        self.findings[judge as usize]
    }

    /// The first finding of each judge that has one.
    pub fn iter(&self) -> impl Iterator<Item = Finding> + '_ {
        self.findings.iter().flatten().copied()
    }

    /// Whether no judge has found anything.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.findings.iter().all(Option::is_none)
    }

    /// The findings of some judges.
    #[must_use]
    pub fn among(&self, mut wanted: impl FnMut(Judge) -> bool) -> Judges {
        Judges { findings: self.findings.map(|finding| finding.filter(|f| wanted(f.judge()))) }
    }

    /// The gravest that was found, in the word of a case file.
    #[must_use]
    pub fn verdict(&self) -> Expect {
        let gravest = [Judge::LastWrite, Judge::Revoked, Judge::Structural, Judge::CleanMeansEqual];
        gravest.into_iter().find(|judge| self.of(*judge).is_some()).map_or(Expect::Ok, Judge::verdict)
    }

    /// Adds what judges found later.
    pub fn keep_first(&mut self, later: &Judges) {
        for finding in later.iter() {
            self.keep(Some(finding));
        }
    }

    /// The same findings so many steps later.
    #[must_use]
    pub fn later(&self, by: u32) -> Judges {
        Judges { findings: self.findings.map(|finding| finding.map(|f| f.later(by))) }
    }

    #[inline]
    fn keep(&mut self, finding: Option<Finding>) {
        if let Some(f) = finding {
            self.findings[f.judge() as usize].get_or_insert(f);
        }
    }
}

impl Observer for Judges {
    #[inline]
    fn after(&mut self, world: &World, machine: &Machine, event: &Event, step: u32) {
        if event.happened != Happened::Nothing {
            self.keep(last_write::judge(world, machine, event, step));
            self.keep(revoked::judge(world, machine, event, step));
        }
        if let Some(place) = Place::of(machine, event) {
            // A finding stays for a while, and it is not cheap to say that somebody is going to mend what is
            // broken.
            if self.of(Judge::CleanMeansEqual).is_none() {
                self.keep(clean_means_equal::judge(world, machine, &place, step));
            }
            self.keep(structural::judge(world, machine, event, &place, step));
        }
    }

    fn over(&mut self, machine: &Machine, step: u32, end: End) {
        self.keep(structural::judge_end(machine, step, end));
    }
}
