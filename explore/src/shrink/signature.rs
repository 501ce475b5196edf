//! What must stay the same while a case shrinks: which judge says what of which page, on which version.
//!
//! Does not claim: that the values are the same (they are numbered by the stores of a program), or the step.

use super::edits::Pages;
use corpus::Case;
use impls::{Scenario, Version};
use model::{Machine, Profile, World};
use oracle::guard::{guarded, quietly};
use oracle::{Finding, History, Judge, Judged, Judges, Revocation, Rule, replay, wind_up};

/// A verdict on a case, without what may change while the case shrinks.
#[derive(Clone, Copy, Debug)]
pub struct Signature<'a> {
    version: &'a Version,
    verdict: Verdict,
    /// The machine around the operation keeps the contract: it must go on doing so, or the loss would become
    /// the CPU's.
    contract: bool,
    /// The kernel that the case must stay on, if it must.
    release: Option<Profile>,
}

/// What a judge says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    WrongValue { mm: usize, page: usize, stale: bool, scenario: Option<Scenario> },
    CleanButNewer { mm: usize, page: usize },
    Revoked { page: usize, what: Revocation },
    Broken { rule: Rule },
}

impl Verdict {
    fn of(finding: &Finding, past: &History) -> Verdict {
        match *finding {
            Finding::WrongValue { mm, page, stale, .. } => {
                Verdict::WrongValue { mm, page, stale, scenario: past.scenario(finding) }
            }
            Finding::CleanButNewer { mm, page, .. } => Verdict::CleanButNewer { mm, page },
            Finding::Revoked { page, what, .. } => Verdict::Revoked { page, what },
            Finding::Broken { rule, .. } => Verdict::Broken { rule },
        }
    }

    const fn judge(&self) -> Judge {
        match self {
            Verdict::WrongValue { .. } => Judge::LastWrite,
            Verdict::CleanButNewer { .. } => Judge::CleanMeansEqual,
            Verdict::Revoked { .. } => Judge::Revoked,
            Verdict::Broken { .. } => Judge::Structural,
        }
    }

    fn page_mut(&mut self) -> Option<&mut usize> {
        match self {
            Verdict::WrongValue { page, .. }
            | Verdict::CleanButNewer { page, .. }
            | Verdict::Revoked { page, .. } => Some(page),
            Verdict::Broken { .. } => None,
        }
    }
}

/// What an execution of a case came to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ran {
    /// The verdict was the same.
    pub holds: bool,
    /// How many steps it took.
    pub steps: u32,
}

impl<'a> Signature<'a> {
    /// What a case shows on a version: one of each judge that says something, of its first finding.
    #[must_use]
    pub fn all(version: &'a Version, case: &Case) -> Vec<Signature<'a>> {
        let mut judged = Judged::new(&Machine::new(&case.config));
        let ran = quietly(|| guarded(|| replay(version, case, &mut judged)));
        if ran.is_none() {
            return Vec::new();
        }
        let contract = case.config.keeps_contract();
        let verdicts = judged.all().map(|(finding, past)| Verdict::of(&finding, &past));
        // What a function of one's own loses elsewhere is another question.
        let release = (!version.is_built_in()).then_some(case.config.profile);
        verdicts.map(|verdict| Signature { version, verdict, contract, release }).collect()
    }

    /// The version.
    #[must_use]
    pub const fn version(&self) -> &'a Version {
        self.version
    }

    /// The judge.
    #[must_use]
    pub const fn judge(&self) -> Judge {
        self.verdict.judge()
    }

    /// The page, if the judge speaks of one.
    #[must_use]
    pub fn page(&self) -> Option<usize> {
        let mut verdict = self.verdict;
        verdict.page_mut().copied()
    }

    /// The scenario, if it is a loss of a known one.
    #[must_use]
    pub const fn scenario(&self) -> Option<Scenario> {
        if let Verdict::WrongValue { scenario, .. } = self.verdict { scenario } else { None }
    }

    /// Whether a case shows it: the same version, judge and page, and of a wrong value the same scenario.
    #[must_use]
    pub fn holds(&self, case: &Case) -> bool {
        quietly(|| self.ran(case)).holds
    }

    pub(super) fn ran(&self, case: &Case) -> Ran {
        if !self.allows(case) {
            return Ran { holds: false, steps: 0 };
        }
        // What came before is needed for the name of a loss alone, and costs as much as the execution.
        let names = matches!(self.verdict, Verdict::WrongValue { .. });
        let plain = guarded(|| {
            let mut judges = Judges::default();
            let summary = replay(self.version, case, &mut judges);
            let found = judges.of(self.judge());
            Ran { holds: found.is_some_and(|f| self.resembles(&f)), steps: summary.steps }
        });
        match plain {
            Some(ran) if ran.holds && names => {
                let mut judged = Judged::new(&Machine::new(&case.config));
                replay(self.version, case, &mut judged);
                Ran { holds: self.is(&judged), steps: 2 * ran.steps }
            }
            Some(ran) => ran,
            None => Ran { holds: false, steps: 0 },
        }
    }

    /// Whether the verdict may be the same on the machine around a case.
    pub(super) fn allows(&self, case: &Case) -> bool {
        (!self.contract || case.config.keeps_contract())
            && self.release.is_none_or(|release| case.config.profile == release)
    }

    /// Whether the drain of a machine shows it, and after how many steps it is over.
    pub(super) fn drained(&self, world: &World, past: &Judged, steps: u32) -> (bool, u32) {
        let mut judges = Judges::default();
        let summary = wind_up(world, *past.machine(), steps, &mut judges);
        let found = judges.of(self.judge()).is_some_and(|f| self.resembles(&f));
        let shows = found && {
            let mut judged = *past;
            wind_up(world, *past.machine(), steps, &mut judged);
            self.is(&judged)
        };
        (shows, summary.steps - steps)
    }

    /// What tells two pasts apart: only a loss is named after its history.
    pub(super) fn key<'w>(&self, judged: &'w Judged) -> (&'w Machine, Option<&'w History>) {
        (judged.machine(), matches!(self.verdict, Verdict::WrongValue { .. }).then_some(judged.memory()))
    }

    /// Whether a finding says the same, its scenario aside.
    fn resembles(&self, finding: &Finding) -> bool {
        match (Verdict::of(finding, &History::default()), self.verdict) {
            (
                Verdict::WrongValue { mm, page, stale, .. },
                Verdict::WrongValue { mm: m, page: p, stale: s, .. },
            ) => (mm, page, stale) == (m, p, s),
            (found, wanted) => found == wanted,
        }
    }

    /// The first thing that the judge said.
    fn said(&self, judged: &Judged) -> Option<Verdict> {
        judged.first(self.judge()).map(|(finding, past)| Verdict::of(&finding, &past))
    }

    /// Whether the first thing that the judge said is this.
    pub(super) fn is(&self, judged: &Judged) -> bool {
        self.said(judged) == Some(self.verdict)
    }

    /// Whether the judge said something, and then something else.
    pub(super) fn is_excluded(&self, judged: &Judged) -> bool {
        self.said(judged).is_some_and(|verdict| verdict != self.verdict)
    }

    /// The same of the page under its new number.
    pub(super) fn renumbered(mut self, to: Pages) -> Self {
        if let Some(page) = self.verdict.page_mut() {
            *page = to[*page];
        }
        self
    }
}

impl PartialEq for Signature<'_> {
    fn eq(&self, other: &Self) -> bool {
        (self.version.name, self.verdict, self.contract) == (other.version.name, other.verdict, other.contract)
    }
}

impl std::fmt::Display for Signature<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} on {}", self.judge().name(), self.version.name)?;
        let mm = match self.verdict {
            Verdict::WrongValue { mm, .. } | Verdict::CleanButNewer { mm, .. } => mm,
            _ => 0,
        };
        if let Some(page) = self.page() {
            write!(f, ", page {page}{}", if mm == 0 { "" } else { " of the child" })?;
        }
        match self.verdict {
            Verdict::WrongValue { stale, scenario, .. } => {
                f.write_str(if stale { ", through a stale translation" } else { "" })?;
                scenario.map_or(Ok(()), |s| write!(f, ", {}", s.name()))
            }
            Verdict::Revoked { what: Revocation::Page, .. } => f.write_str(", after MADV_DONTNEED"),
            Verdict::Revoked { what: Revocation::Stores, .. } => f.write_str(", after mprotect"),
            Verdict::Broken { rule } => write!(f, ", {}", rule.text()),
            Verdict::CleanButNewer { .. } => Ok(()),
        }
    }
}
